"""A page that is recognised, in part or whole, leaves the mirror as one that is read whole does, and costs little."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timezone
from typing import Any

import pytest
from bodies import account, call, rows, sid
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twilio_orm import Call
from twilio_orm.mirror.coverage import page_cache
from twilio_orm.mirror.coverage.absence import key_numbers
from twilio_orm.mirror.coverage.page_cache import RecognisedRows
from twilio_orm.mirror.store import Mirror
from twilio_orm.query.ast import Condition
from twilio_orm.schema.row_layout import Row
from twilio_orm.sync import decoder
from twilio_orm.sync.page_parser import PageParser

ACCOUNT = account(7)
AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
LIKELY = settings(
    max_examples=cases(60, thorough=2000), deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(params=["msgspec", "json"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the library that is optional, and without."""
    if request.param == "msgspec" and decoder._msgspec() is None:
        pytest.skip("msgspec is not installed")
    if request.param == "json":
        monkeypatch.setattr(decoder, "_msgspec", lambda: None)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("spaces", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("first", ["sid", "account_sid", "uri"])
def test_a_page_as_twilio_sends_it_is_read_by_its_texts(spaces: tuple[str, str], first: str) -> None:
    """Whatever key comes first, and whatever blanks there are."""
    made = [call(number, ACCOUNT) for number in range(5)]
    made = [{first: body[first], **body} for body in made]
    text = json.dumps({"calls": made, "next_page_uri": "/x"}, separators=spaces).encode()
    found = PageParser(Call.api_schema).page(text, {"account_sid": ACCOUNT})
    assert found is not None and found.fingerprint is not None
    assert found.rows == [Call.api_schema.codec.read(body, {}) for body in made] and found.envelope["next_page_uri"] == "/x"


# ---------------------------------------------------------------- the same mirror

numbers = st.integers(0, 7)
listed = st.lists(st.tuples(numbers, st.sampled_from(["completed", "busy"])), max_size=6, unique_by=lambda one: one[0])
deeds = st.one_of(
    st.tuples(st.just("list"), listed, st.sampled_from([(",", ":"), (", ", ": ")])),
    st.tuples(st.just("again"), st.integers(0, 5)),
    st.tuples(st.just("gone"), numbers),
    st.tuples(st.just("reply"), numbers, st.sampled_from(["completed", "busy"])),
    st.tuples(st.just("forget"), numbers),
    st.tuples(st.just("late"), listed, numbers),
)


def listing(found: list[tuple[int, str]], spaces: tuple[str, str] = (",", ":")) -> bytes:
    return json.dumps({"calls": [call(n, ACCOUNT, status=status) for n, status in found]}, separators=spaces).encode()


def hear(mirror: Mirror, text: bytes, seen: int, *, recognising: bool, rows: str = "whole") -> Sequence[Row]:
    """A page enters the mirror; what it said, the mirror's own columns aside."""
    schema = Call.api_schema
    told = {"account_sid": ACCOUNT}
    if not recognising:
        found = [schema.codec.read(body, told) for body in json.loads(text)["calls"]]
        mirror.absorb(schema, found, seen, AT)
        return found
    cache = mirror.page_cache(schema, full_rows=rows == "whole", summary=rows == "summary")
    page = PageParser(schema, cache).page(text, told)
    if page is None:
        assert not json.loads(text)["calls"]
        return []
    if page.summary is not None:
        found = [schema.codec.read(body, told) for body in json.loads(text)["calls"]]
        assert page.summary.keys == key_numbers(schema.codec.identities(found)) and len(page.rows) == len(found)
        assert page.summary.mutable == tuple(row[0] for row in schema.mutable(found))
        assert essential(page.rows[-1:][0]) == essential(page.summary.last) == essential(found[-1])
    marks = [page.fingerprint] if page.fingerprint is not None else []
    mirror.absorb(schema, page.fresh, seen, AT, fingerprints=page.fingerprints, pages=marks)
    return page.rows


def essential(row: Row) -> list[Any]:
    """The values of a row that a sync needs; of its price, whether there is one."""
    schema = Call.api_schema
    return [
        row[at] if name != "price" else row[at] is None for name, at in schema.index.items() if name in schema.essential_columns
    ]


def fresh() -> Mirror:
    return Mirror(":memory:", [Call.api_schema], "api.twilio.com", "us1")


def table(mirror: Mirror) -> list[Any]:
    schema = Call.api_schema
    with mirror.open().reading() as connection:
        names = ", ".join(f'"{name}"' for name in (*(one.column_name for one in schema.columns.values()), "mirror_extras"))
        return connection.execute(
            f"SELECT {names}, mirror_absent, mirror_revision, mirror_gone FROM call ORDER BY sid"
        ).fetchall()


@pytest.mark.law
@pytest.mark.parametrize("rows_read", ["whole", "essential", "summary"])
@LIKELY
@given(story=st.lists(deeds, max_size=14))
def test_a_mirror_that_recognises_holds_what_one_that_reads_all_holds(story: list[tuple[Any, ...]], rows_read: str) -> None:
    """Lists, tombstones, replies to writes, erasures and late answers in any order."""
    schema, heard = Call.api_schema, list[bytes]()
    with closing(fresh()) as quick, closing(fresh()) as plain:
        for what, *words in story:
            seen = (quick.revision(), plain.revision())
            assert seen[0] == seen[1]
            if what in ("list", "again", "late"):
                if what == "again" and not heard:
                    continue
                text = (
                    heard[words[0] % len(heard)] if what == "again" else listing(words[0], *(words[1:] if what == "list" else ()))
                )
                heard.append(text)
                if what == "late":  # a write comes between the request and its answer
                    for mirror in (quick, plain):
                        mirror.absorb(schema, rows(words[1], 1, ACCOUNT, status="failed"), mirror.revision(), AT, reply=True)
                ours = hear(quick, text, seen[0], recognising=True, rows=rows_read)
                theirs = hear(plain, text, seen[1], recognising=False)
                shown = essential if rows_read != "whole" else lambda row: row[: schema.codec.revision_slot]
                assert list(map(shown, ours)) == list(map(shown, theirs))
            for mirror in (quick, plain):
                if what == "gone":
                    mirror.tombstone(schema, (Condition("sid", "exact", sid(words[0])),), now=AT)
                elif what == "reply":
                    mirror.absorb(schema, rows(words[0], 1, ACCOUNT, status=words[1]), mirror.revision(), AT, reply=True)
                elif what == "forget":
                    mirror.redact_records(schema, {"sid": sid(words[0])})
            assert table(quick) == table(plain)


# ---------------------------------------------------------------- what is not as it seems


def test_an_address_below_another_account_is_kept_as_it_came() -> None:
    """The text of its addresses is that of the first record's, but they do not follow from its own account."""
    ours, theirs = call(1, ACCOUNT), call(2, ACCOUNT)
    theirs["account_sid"] = account(8)
    found = PageParser(Call.api_schema).page(json.dumps({"calls": [ours, theirs]}).encode(), {})
    assert found is not None
    assert found.rows == [Call.api_schema.codec.read(ours, {}), Call.api_schema.codec.read(theirs, {})]
    assert Call.api_schema.codec.body(found.rows[1]) == theirs


def test_what_only_looks_like_records_is_not_taken_for_them() -> None:
    """One record's list of objects is cut, and another record, which begins with another key, is not: the numbers agree."""
    nested = {**call(1, ACCOUNT), "novelty": [{"sid": sid(8)}, {"sid": sid(9)}]}
    other = {"account_sid": ACCOUNT, **call(2, ACCOUNT)}
    for seeming in ([call(3, ACCOUNT), nested, other], [nested, other], [nested]):
        assert PageParser(Call.api_schema).page(json.dumps({"calls": seeming}).encode(), {}) is None


def heard_again(first: bytes, then: bytes, told: dict[str, Any], before: bytes = b"") -> list[Row]:
    """What the second of two pages says, by a mirror that stored the first; rows whole."""
    schema = Call.api_schema
    with closing(fresh()) as mirror:
        for text, words in ((before, {}), (first, {})):
            page = PageParser(schema, mirror.page_cache(schema, full_rows=True)).page(text, words) if text else None
            if page is not None:
                marks = [page.fingerprint] if page.fingerprint is not None else []
                mirror.absorb(schema, page.fresh, mirror.revision(), AT, fingerprints=page.fingerprints, pages=marks)
        again = PageParser(schema, mirror.page_cache(schema, full_rows=True)).page(then, told)
    assert again is not None
    return again.rows


def test_what_a_request_says_beyond_the_text_is_not_forgotten_over_it() -> None:
    """A list below a parent says whose its records are, even where they were heard of before and do not say so."""
    text = json.dumps({"calls": [call(1, ACCOUNT), call(2, ACCOUNT)]}).encode()
    told = {"parent_call_sid": sid(77)}
    rows = heard_again(text, text, told)
    assert rows == [Call.api_schema.codec.read(call(number, ACCOUNT), told) for number in (1, 2)]
    assert rows[0][Call.api_schema.index["parent_call_sid"]] == sid(77)


def test_a_row_that_keeps_what_its_text_lacks_is_not_known_by_that_text() -> None:
    """The mirror keeps it, and whoever reads the page live sees what the page says."""
    whole = json.dumps({"calls": [call(1, ACCOUNT, caller_name="ANNA")]}).encode()
    part = json.dumps({"calls": [{name: value for name, value in call(1, ACCOUNT).items() if name != "caller_name"}]}).encode()
    rows = heard_again(part, part, {}, before=whole)
    assert rows == [Call.api_schema.codec.read(json.loads(part)["calls"][0], {})]


@pytest.mark.parametrize("changed", [None, "price", "gone", "suspect", "text"])
def test_the_facts_of_a_page_are_used_while_all_of_its_rows_are_as_they_were(changed: str | None) -> None:
    """Whatever writes a row has the page parsed again; so does a request that says more of its records than their texts."""
    schema = Call.api_schema
    text = json.dumps({"calls": [call(number, ACCOUNT, status="completed") for number in range(5)]}).encode()
    with closing(fresh()) as mirror:
        hear(mirror, text, 0, recognising=True, rows="summary")
        parser = PageParser(schema, mirror.page_cache(schema, full_rows=False, summary=True))
        if changed == "price":
            mirror.absorb(schema, rows(2, 1, ACCOUNT, price="-7"), mirror.revision(), AT)
        elif changed == "gone":
            mirror.tombstone(schema, (Condition("sid", "exact", sid(2)),), now=AT)
        elif changed == "suspect":
            mirror.open().unit(lambda unit: unit.connection.execute(
                "INSERT INTO mirror_missed VALUES ('call', 1, '', '', 0, '2026-06-01 00:00:00', 1)"
            ))  # fmt: skip
        elif changed == "text":
            text = text.replace(b"completed", b"canceled", 1)
        page = parser.page(text, {"account_sid": ACCOUNT})
        assert page is not None and isinstance(page.rows, RecognisedRows) is (changed is None)
        further = parser.page(text, {"account_sid": ACCOUNT, "parent_call_sid": sid(77)})
        assert further is not None and not isinstance(further.rows, RecognisedRows)


def test_a_page_with_many_records_that_may_change_has_its_rows_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "MUTABLE", 2)
    for number, of_summary in ((2, True), (3, False)):
        bodies = [call(at, ACCOUNT, status="in-progress" if at < number else "completed") for at in range(5)]
        text = json.dumps({"calls": bodies}).encode()
        with closing(fresh()) as mirror:
            hear(mirror, text, 0, recognising=True, rows="summary")
            page = PageParser(Call.api_schema, mirror.page_cache(Call.api_schema, full_rows=False, summary=True)).page(text, {})
            assert page is not None and page.fresh == [] and len(page.rows) == 5
            assert isinstance(page.rows, RecognisedRows) is of_summary
