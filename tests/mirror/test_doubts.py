"""What a list that lacks a record says of it: a doubt, a tombstone, or nothing; and what follows for answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from itertools import product
from typing import Any

import pytest
from bodies import SCHEMA, account, row, rows, sid

from twilio_orm.mirror.coverage import absence
from twilio_orm.mirror.coverage.absence import Absences, CompleteListing, key_number, key_numbers
from twilio_orm.mirror.coverage.checkpoints import Checkpoint
from twilio_orm.mirror.store import Mirror
from twilio_orm.query import sql
from twilio_orm.query.ast import And, Condition, Or, Query
from twilio_orm.query.constraints import Constraints
from twilio_orm.schema.registry import SCHEMAS

OWNER = account(7)
NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
SCOPE = (Condition("account_sid", "exact", OWNER),)
DAY = timedelta(days=1)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    """Calls 1 to 3 of the first minutes of May, heard of at noon."""
    made = Mirror(":memory:", SCHEMAS, "api.twilio.com", "us1")
    made.absorb(SCHEMA, rows(1, 3, OWNER), 0, NOON)
    yield made
    made.close()


def raw(mirror: Mirror, text: str, *values: Any) -> list[tuple[Any, ...]]:
    with mirror.open().reading() as connection:
        return connection.execute(text, values).fetchall()


def end(
    mirror: Mirror, shown: list[int], began: datetime, constraints: Constraints | None = None, **more: Any
) -> tuple[set[int], set[int]]:
    """A list that shows these calls ended: those that were missed, and those that are gone."""
    keys = key_numbers((sid(number),) for number in shown)
    revision = more.pop("revision", mirror.revision())
    one = CompleteListing(constraints or Constraints(), SCOPE, keys, revision, began, began + timedelta(seconds=5), **more)
    judged = mirror.finish_listing(OWNER, SCHEMA, one)
    return {int(key[2:], 16) for (key,) in judged.suspect}, {int(key[2:], 16) for (key,) in judged.deleted}


def excluded(mirror: Mirror, *constraints: Constraints, since: datetime | None = None) -> set[int]:
    """The calls that an answer to a query of these sides leaves out."""
    with mirror.open().reading() as connection:
        where = (
            (Or(tuple(And(one.nodes()) for one in constraints)),)
            if len(constraints) > 1
            else constraints[0].nodes()
            if constraints
            else ()
        )
        asked, bound, _ = sql.where(connection.dialect, SCHEMA, where)
        text, values = absence.exclude_suspects(
            connection,
            Query(SCHEMA, where),
            lambda one: sql.where(connection.dialect, one.schema, one.where)[:2],
            lambda: (since, mirror.revision() + 9, []),
        )
        found = connection.execute(f"SELECT sid FROM call WHERE ({asked}) AND {text or 'TRUE'}", [*bound, *values]).fetchall()
    return {1, 2, 3} - {int(key[2:], 16) for (key,) in found}


# ---------------------------------------------------------------- numbers for keys


def test_a_number_is_most_of_a_sids_random_digits() -> None:
    assert key_number(("CA" + "f" * 17 + "123456789abcdef",)) == 0x123456789ABCDEF
    assert list(key_numbers([(sid(1),), (sid(2),)])) == [1, 2]


def test_other_keys_have_numbers_too() -> None:
    """Several names, or one that is no SID; among SIDs as well."""
    fingerprint = int.from_bytes(blake2b(b"a/7", digest_size=7).digest(), "big")
    assert key_number(("a", 7)) == fingerprint
    assert list(key_numbers([("a", 7), ("b", None)])) == [fingerprint, key_number(("b", None))]
    assert list(key_numbers([(sid(1),), ("no sid",)])) == [1, key_number(("no sid",))]
    assert key_number((12,)) == 0x12
    assert list(key_numbers([(sid(3),), (5,)])) == [3, 5]
    assert list(key_numbers([])) == []


# ---------------------------------------------------------------- one list, and another


def test_one_list_is_a_doubt_and_two_firm_ones_are_a_tombstone(mirror: Mirror) -> None:
    assert end(mirror, [1, 2, 3], NOON + DAY, proves_deletion=True) == (set(), set())
    assert end(mirror, [1, 3], NOON + DAY, proves_deletion=True) == ({2}, set())
    assert end(mirror, [1, 3], NOON + DAY, proves_deletion=True) == ({2}, set()), "the same listing, repeated"
    assert end(mirror, [1, 3], NOON + 2 * DAY, proves_deletion=True) == (set(), {2})
    assert raw(mirror, "SELECT sid FROM call WHERE mirror_gone IS NOT NULL") == [(sid(2),)]
    assert end(mirror, [1, 3], NOON + 3 * DAY, proves_deletion=True) == (set(), set())
    assert raw(mirror, "SELECT 1 FROM mirror_missed") == []


@pytest.mark.parametrize("ends", [True, False], ids=["lists", "conditions"])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_deleted_together_is_told_in_the_order_of_its_rows(seed: int, ends: bool) -> None:
    """Whatever their times, and in whatever order they changed meanwhile: engines find rows in orders of their own."""
    chance, numbers = random.Random(f"deleted {seed}"), list(range(1, 13))
    made = Mirror(":memory:", SCHEMAS, "api.twilio.com", "us1")
    stored, changed = chance.sample(numbers, 12), chance.sample(numbers, 12)
    made.absorb(SCHEMA, [row(number, OWNER) for number in stored], 0, NOON)
    for number in changed:
        made.absorb(SCHEMA, [row(number, OWNER, status="busy")], made.revision(), NOON)
    if ends:
        shown = key_numbers((sid(number),) for number in numbers[:3])
        for days in (1, 2):
            began = NOON + days * DAY
            one = CompleteListing(Constraints(), SCOPE, shown, made.revision(), began, began, proves_deletion=True)
            judged = made.finish_listing(OWNER, SCHEMA, one)
            assert (judged.suspect if days == 1 else judged.deleted) == tuple((sid(number),) for number in stored if number > 3)
    else:
        made.tombstone(SCHEMA, SCOPE, keep=[(sid(number),) for number in numbers[:3]], now=NOON + DAY)
    told = [after[0] for _, (_, _, after) in made.changes(SCHEMA, None, None) if after[SCHEMA.codec.deleted_slot]]
    assert told == [sid(number) for number in stored if number > 3]
    made.close()


def test_lists_of_what_may_change_make_no_tombstone(mirror: Mirror) -> None:
    """However often; nor do two of which one is such a list."""
    for number in range(1, 4):
        assert end(mirror, [1, 3], NOON + number * DAY, Constraints({"status": "completed"})) == ({2}, set())
    assert end(mirror, [1, 3], NOON + 4 * DAY, proves_deletion=True) == ({2}, set())
    assert end(mirror, [1, 3], NOON + 5 * DAY, proves_deletion=True) == (set(), {2})


def test_before_the_first_revision_nothing_is_missed(mirror: Mirror) -> None:
    assert end(mirror, [], NOON + DAY, revision=0, proves_deletion=True) == (set(), set())


def test_what_came_after_the_list_was_asked_for_is_not_missed(mirror: Mirror) -> None:
    revision = mirror.revision()
    mirror.absorb(SCHEMA, [row(2, OWNER, status="busy")], revision, NOON + timedelta(hours=1))
    assert end(mirror, [1, 3], NOON + DAY, revision=revision) == (set(), set())
    assert end(mirror, [1, 3], NOON + DAY) == ({2}, set())


def test_what_a_reply_brought_lately_may_be_missing(mirror: Mirror) -> None:
    """Ten minutes; what a list brought is in lists."""
    mirror.open().unit(lambda unit: unit.connection.execute("UPDATE mirror_revisions SET kind = 'reply'"))
    for seconds, missed in ((599, set()), (600, {2})):
        assert end(mirror, [1, 3], NOON + timedelta(seconds=seconds)) == (missed, set())


@pytest.mark.parametrize(("age", "gone"), [(timedelta(hours=24), {2}), (timedelta(hours=24) - timedelta(seconds=1), set())])
def test_only_a_record_that_is_a_day_old_goes(mirror: Mirror, age: timedelta, gone: set[int]) -> None:
    began = datetime(2026, 5, 1, 0, 2, tzinfo=timezone.utc)  # of the second call
    mirror.open().unit(lambda unit: unit.connection.execute("UPDATE mirror_revisions SET at = '2026-04-01 00:00:00'"))
    end(mirror, [1, 3], began + age - timedelta(hours=1), proves_deletion=True)
    assert end(mirror, [1, 3], began + age, proves_deletion=True)[1] == gone


def test_only_what_fits_a_list_is_missed_by_it(mirror: Mirror) -> None:
    window = Constraints({}, {"start_time": ("2026-05-01 00:00:00", "2026-05-01 00:03:00")})
    assert end(mirror, [], NOON + DAY, window) == ({1, 2}, set())
    assert end(mirror, [], NOON + DAY, Constraints({"status": "busy"})) == (set(), set())


def test_what_lies_beyond_the_horizon_is_not_missed(mirror: Mirror) -> None:
    assert end(mirror, [], NOON + DAY, horizon="2026-05-01 00:02:00") == ({2, 3}, set())


@pytest.mark.parametrize(
    ("status", "firm", "missed"), [("queued", False, {2}), ("queued", True, set()), ("completed", False, set())]
)
def test_of_what_has_aged_out_a_list_of_a_status_misses_what_may_have_another_by_now(
    mirror: Mirror, status: str, firm: bool, missed: set[int]
) -> None:
    mirror.absorb(SCHEMA, [row(2, OWNER, status="queued")], mirror.revision(), NOON)
    listed = Constraints({"status": status})
    assert end(mirror, [], NOON + DAY, listed, horizon="2026-05-02 00:00:00", proves_deletion=firm) == (missed, set())


def test_the_days_of_what_a_list_lacks(mirror: Mirror) -> None:
    mirror.absorb(SCHEMA, [row(4, OWNER, start_time=None, date_created=None), *rows(3000, 2, OWNER)], 1, NOON)
    mirror.absorb(SCHEMA, rows(1500, 1, OWNER), mirror.revision(), NOON)
    one = CompleteListing(Constraints(), SCOPE, key_numbers([(sid(1),)]), mirror.revision(), NOON + DAY, NOON + DAY)
    assert mirror.missing_days(SCHEMA, one) == ["2026-05-01", "2026-05-02", "2026-05-03", "2026-06-01"]


# ---------------------------------------------------------------- what follows for answers


def test_a_doubt_is_about_the_questions_that_imply_its_list(mirror: Mirror) -> None:
    done, busy = Constraints({"status": "completed"}), Constraints({"status": "busy"})
    assert excluded(mirror, done) == set()
    end(mirror, [1, 3], NOON + DAY, done)
    assert excluded(mirror, done) == {2}
    assert excluded(mirror, Constraints({"status": "completed", "direction": "outbound-api"})) == {2}
    assert excluded(mirror, Constraints()) == excluded(mirror) == set()
    assert excluded(mirror, busy) == {1, 2, 3}
    assert excluded(mirror, done, busy) == {2}
    assert excluded(mirror, done, Constraints()) == set(), "one part that it fits has no doubt"


def test_a_doubt_of_a_window_is_one_of_all_times(mirror: Mirror) -> None:
    """A record's time never changes."""
    end(mirror, [1], NOON + DAY, Constraints({}, {"start_time": ("2026-05-01 00:00:00", "2026-05-01 00:03:00")}))
    assert excluded(mirror, Constraints()) == {2}
    missed = raw(mirror, "SELECT record, equal, others, firm, at FROM mirror_missed")
    assert missed == [(2, "[{},[]]", "{}", 0, "2026-06-02 12:00:00")]


def test_what_was_missed_by_then_is_in_no_list_of_the_question(mirror: Mirror) -> None:
    end(mirror, [1, 3], NOON + DAY, Constraints({"status": "completed"}))
    for seconds, out in ((-1, set()), (0, {2}), (9, {2})):
        assert excluded(mirror, Constraints(), since=NOON + DAY + timedelta(seconds=seconds)) == out
    assert excluded(mirror, Constraints({"status": "completed"}), since=NOON) == {2}


def test_a_record_that_is_read_again_is_out_of_doubt(mirror: Mirror) -> None:
    end(mirror, [1], NOON + DAY)
    with mirror.open().reading() as connection:
        assert absence.has_suspects(connection, SCHEMA) and not absence.has_suspects(connection, SCHEMAS[-1])
        assert absence.any_suspect(connection, SCHEMA, "sid = ?", [sid(2)]) and not absence.any_suspect(
            connection, SCHEMA, "sid = ?", [sid(1)]
        )
        assert absence.accounts_of_suspects(connection, SCHEMA) == {OWNER}
        assert absence.accounts_of_suspects(connection, SCHEMAS[-1]) == set()
    mirror.absorb(SCHEMA, rows(2, 1, OWNER), mirror.revision(), NOON + 2 * DAY)
    assert excluded(mirror, Constraints()) == {3}
    mirror.absorb(SCHEMA, [row(3, OWNER, status="busy")], mirror.revision(), NOON + 2 * DAY)
    assert raw(mirror, "SELECT 1 FROM mirror_missed") == []


def test_nothing_judged_is_nothing() -> None:
    assert Absences() == Absences((), ())


# ---------------------------------------------------------------- lists that broke off


WINDOW = Constraints({"to": "+1"}, {"start_time": ("2026-05-01 00:00:00", None)}, (("deleted", 1),))


def put(mirror: Mirror, *places: Checkpoint) -> None:
    mirror.absorb(SCHEMA, [], mirror.revision(), NOON, checkpoints=[(OWNER, one) for one in places])


def at(owner: str, page: int, former: str = "", constraints: Constraints = WINDOW, began: datetime = NOON) -> Checkpoint:
    """Where a reading stands after a page, which showed one record of the page's number."""
    return Checkpoint(constraints, f"/{owner}{page + 1}", began, 5, key_numbers([(sid(page),)]), owner, page, former, "")


def stands(mirror: Mirror) -> dict[str, tuple[str, list[int]]]:
    """Each checkpoint's owner, with its next page and the pages whose records it holds."""
    number = {int(sid(page)[-15:], 16): page for page in range(20)}
    return {one.owner: (one.target, sorted(number[mark] for mark in one.shown)) for one in mirror.checkpoints(OWNER, SCHEMA)}


def test_a_checkpoint_moves_and_gathers_what_was_shown(mirror: Mirror) -> None:
    put(mirror, at("a", 1))
    put(mirror, at("a", 2), at("x", 1, constraints=Constraints()))
    assert stands(mirror) == {"a": ("/a3", [1, 2]), "x": ("/x2", [1])}
    [other, moved] = mirror.checkpoints(OWNER, SCHEMA)
    assert (moved.constraints, moved.began, moved.revision, moved.pages, moved.former) == (WINDOW, NOON, 5, 2, "")
    assert mirror.checkpoints(account(8), SCHEMA) == []
    mirror.drop_checkpoint("a")
    assert mirror.checkpoints(OWNER, SCHEMA) == [other]
    assert raw(mirror, "SELECT count(*) FROM mirror_cursor_pages") == [(1,)]


@pytest.mark.parametrize("stored", list(product((False, True), repeat=4)))
def test_a_checkpoint_that_moves_over_several_pages_is_the_same(mirror: Mirror, stored: tuple[bool, ...]) -> None:
    """Pages that wait move it together with the next one that is stored, also in a reading that goes on with another's."""
    several, pages = Mirror(":memory:", SCHEMAS, "api.twilio.com", "us1"), len(stored)
    for owner, former, first in (("a", "", 1), ("b", "a", pages + 1)):
        waiting: Checkpoint | None = None
        for page, now in enumerate((*stored[:-1], True), first):
            following = at(owner, page, former if page == first else "")
            put(mirror, following)
            waiting = following if waiting is None else waiting.followed_by(following)
            if now:
                put(several, waiting)
                waiting = None
                assert stands(several) == stands(mirror)
    assert stands(mirror) == {"b": (f"/b{2 * pages + 1}", list(range(1, 2 * pages + 1)))}
    several.close()


def test_each_reading_of_a_list_has_a_checkpoint_of_its_own(mirror: Mirror) -> None:
    put(mirror, at("a", 1), at("b", 1), at("a", 2), at("b", 2), at("b", 3))
    assert stands(mirror) == {"a": ("/a3", [1, 2]), "b": ("/b4", [1, 2, 3])}
    assert [one.owner for one in mirror.checkpoints(OWNER, SCHEMA)] == ["a", "b"], "the one that has come farthest is last"


def test_a_checkpoint_is_not_made_in_the_middle_of_a_list(mirror: Mirror) -> None:
    put(mirror, at("a", 1), at("b", 1))
    end(mirror, range(9), NOON, WINDOW)
    put(mirror, at("b", 2), at("b", 3))
    assert stands(mirror) == {}
    put(mirror, at("c", 1), at("c", 3))  # a page between them was not stored
    assert stands(mirror) == {"c": ("/c2", [1])}


def test_whoever_goes_on_with_a_list_takes_its_checkpoint_over(mirror: Mirror) -> None:
    """Of several that would, and the owner itself, the first to store a page has it; each of the others has none."""
    put(mirror, at("a", 1), at("a", 2))
    put(mirror, at("b", 3, "a"), at("c", 3, "a"), at("a", 3), at("c", 4), at("a", 4))
    assert stands(mirror) == {"b": ("/b4", [1, 2, 3])}
    put(mirror, at("b", 4))
    assert stands(mirror) == {"b": ("/b5", [1, 2, 3, 4])}


def test_a_page_that_is_not_known_any_more_is_no_place_to_go_on_from(mirror: Mirror) -> None:
    put(mirror, at("a", 1), at("a", 2), at("b", 1, "a"))
    assert stands(mirror) == {"b": ("/b2", [1])}


def test_what_is_cut_into_windows_is_not_gone_on_with(mirror: Mirror) -> None:
    put(mirror, at("a", 1), Checkpoint(WINDOW, "", NOON, 5, key_numbers([]), "a", 2, "", ""))
    assert stands(mirror) == {} and raw(mirror, "SELECT count(*) FROM mirror_cursor_pages") == [(0,)]


def test_a_list_that_ends_leaves_the_checkpoints_of_those_that_began_later(mirror: Mirror) -> None:
    put(mirror, at("a", 1, began=NOON - DAY), at("b", 1), at("c", 1, began=NOON + DAY))
    end(mirror, range(9), NOON, WINDOW)
    assert stands(mirror).keys() == {"c"}


def test_numbers_that_are_given_again_bring_nothing_along(mirror: Mirror) -> None:
    put(mirror, at("a", 1), at("a", 2))
    mirror.open().unit(lambda unit: unit.connection.execute("DELETE FROM mirror_cursors"))
    put(mirror, at("b", 1))
    assert stands(mirror) == {"b": ("/b2", [1])}
