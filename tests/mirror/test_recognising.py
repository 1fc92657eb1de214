"""A page that is recognised, in part or whole, leaves the mirror as one that is read whole does, and costs little."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timezone
from typing import Any
from unittest import mock

import pytest
from bodies import account, call, rows, sid
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twilio_orm import Call
from twilio_orm.mirror.coverage import page_cache
from twilio_orm.mirror.coverage.absence import key_numbers
from twilio_orm.mirror.coverage.page_cache import PageCache, RecognisedRows
from twilio_orm.mirror.store import Mirror
from twilio_orm.query.ast import Condition
from twilio_orm.schema.row_layout import Row
from twilio_orm.sync import decoder, splitter
from twilio_orm.sync.page_parser import PageParser, ParsedPage

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
    page = PageParser(schema, cache, with_blocks=rows == "summary").page(text, told)
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
    """Lists, tombstones, replies to writes, erasures and late answers in any order; with blocks of a record or two."""
    schema, heard = Call.api_schema, list[bytes]()
    with closing(fresh()) as quick, closing(fresh()) as plain, mock.patch.object(splitter, "BORDER", (b"1", b"2", b"4", b"6")):
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


# ---------------------------------------------------------------- blocks


def parser(mirror: Mirror) -> PageParser:
    cache = mirror.page_cache(Call.api_schema, full_rows=False, summary=True)
    return PageParser(Call.api_schema, cache, with_blocks=True)


def store(mirror: Mirror, page: ParsedPage) -> None:
    marks = [page.fingerprint] if page.fingerprint is not None else []
    mirror.absorb(Call.api_schema, page.fresh, mirror.revision(), AT, fingerprints=page.fingerprints, pages=marks)


def page_of(numbers: Sequence[int], **changes: Any) -> bytes:
    """A page of these calls; of those in ``changed`` the price is another one."""
    changed = changes.pop("changed", ())
    made = [call(at, ACCOUNT, **(changes | {"price": "-9.0"} if at in changed else changes)) for at in numbers]
    return json.dumps({"calls": made}, separators=(",", ":")).encode()


@pytest.mark.law
@LIKELY
@given(st.lists(st.integers(0, 600), unique=True, min_size=2, max_size=80), st.integers(0, 40), st.integers(1, 80))
def test_the_same_records_make_the_same_blocks_wherever_they_are(order: list[int], start: int, size: int) -> None:
    """Each block of a part of a list is one of the list, but for those at the part's ends."""

    def found(part: list[int]) -> list[tuple[int, ...]]:
        page = splitter.split(page_of(part), "calls")
        assert page is not None
        keys = splitter.record_keys(page.texts, b':"', 34)
        assert [key.decode() for key in keys] == list(map(sid, part))
        return [
            (one.fingerprint, *part[one.start : one.end])
            for one in splitter.blocks(keys, splitter.RecordTexts(page, keys, b"", ()).hashes, b"")
        ]

    whole, part = found(order), order[start : start + size]
    borders = [number for number in part if number % 16 == 0]
    of_part = found(part) if part else []
    assert [numbers[0] for _, *numbers in of_part] == borders[:-1] and {*of_part} <= {*whole}


KNOWN = range(1000)


@pytest.fixture
def blocky() -> Iterator[Mirror]:
    """A mirror that holds two pages of calls."""
    with closing(fresh()) as mirror:
        for half in (KNOWN[:500], KNOWN[500:]):
            page = parser(mirror).page(page_of(half), {})
            assert page is not None
            store(mirror, page)
        yield mirror


def looked_up(mirror: Mirror, text: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[ParsedPage, list[str]]:
    """A page that is parsed, and the keys of the records that were looked up one by one."""
    keys: list[str] = []
    records = PageCache.records

    def counted(self: PageCache, some: Sequence[str], names: frozenset[str]) -> Any:
        keys.extend(some)
        return records(self, some, names)

    with monkeypatch.context() as patch:
        patch.setattr(PageCache, "records", counted)
        page = parser(mirror).page(text, {})
    assert page is not None
    return page, keys


def test_of_a_shifted_page_the_records_at_its_ends_are_looked_up(blocky: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the block that the end of its former page cut, and the next sync knows the page as a whole."""
    numbers = [2000, *KNOWN[:499]]
    page, keys = looked_up(blocky, page_of(numbers), monkeypatch)
    assert [*map(sid, numbers[:1])] == [row[0] for row in page.fresh] and len(keys) <= 1 + 16 + 16
    assert list(map(essential, page.rows)) == [essential(row(number)) for number in numbers]
    store(blocky, page)
    again, keys = looked_up(blocky, page_of(numbers), monkeypatch)
    assert not keys and not again.fresh and again.fingerprint is None and len(again.rows) == 500


def row(number: int) -> Row:
    return Call.api_schema.codec.read(call(number, ACCOUNT), {})


def test_a_block_is_known_again_once_its_changed_record_is_stored(blocky: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    text = page_of(KNOWN[:500], changed=(40, 41, 300))
    page, keys = looked_up(blocky, text, monkeypatch)
    assert [row[0] for row in page.fresh] == [sid(40), sid(41), sid(300)] and len(keys) == 2 * 16 + 500 % 16
    store(blocky, page)
    shifted = page_of([2000, *KNOWN[:499]], changed=(40, 41, 300))
    page, keys = looked_up(blocky, shifted, monkeypatch)
    assert len(page.fresh) == 1 and len(keys) <= 1 + 16 + 16


@pytest.mark.parametrize("what", ["price", "gone", "suspect", "redacted"])
def test_a_block_whose_row_was_written_is_not_known(blocky: Mirror, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Its records are looked up one by one, as those of all blocks are while any record is suspect."""
    schema, shifted = Call.api_schema, page_of([2000, *KNOWN[:499]])
    if what == "price":
        blocky.absorb(schema, rows(40, 1, ACCOUNT, price="-7"), blocky.revision(), AT)
    elif what == "gone":
        blocky.tombstone(schema, (Condition("sid", "exact", sid(40)),), now=AT)
    elif what == "redacted":
        blocky.redact_records(schema, {"sid": sid(40)})
    else:
        blocky.open().unit(lambda unit: unit.connection.execute(
            "INSERT INTO mirror_missed VALUES ('call', 1, '', '', 0, '2026-06-01 00:00:00', 1)"
        ))  # fmt: skip
    page, keys = looked_up(blocky, shifted, monkeypatch)
    assert sid(40) in keys and (len(keys) == 500 if what == "suspect" else len(keys) <= 1 + 16 + 16 + 16)
    assert list(map(essential, page.rows)) == [essential(row(number)) for number in [2000, *KNOWN[:499]]]


def test_blocks_with_records_that_may_change_are_not_stored_nor_those_of_other_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A request that says more of its records has blocks of its own."""
    with closing(fresh()) as mirror:
        page = parser(mirror).page(page_of(KNOWN[:100], status="in-progress"), {})
        assert page is not None and page.fingerprint is not None and page.fingerprint.blocks == ()
        page = parser(mirror).page(page_of(KNOWN[:100]), {})
        assert page is not None
        store(mirror, page)
        _, keys = looked_up(mirror, page_of(KNOWN[1:100]), monkeypatch)
        assert len(keys) == 15 + 100 % 16
        found = parser(mirror)
        with mock.patch.object(PageCache, "blocks", side_effect=PageCache.blocks, autospec=True) as asked:
            other = found.page(page_of(KNOWN[1:100]), {"account_sid": ACCOUNT})
        assert other is not None and asked.called and not isinstance(other.rows, RecognisedRows)


def test_a_table_has_no_more_blocks_than_rows_with_a_border(blocky: Mirror) -> None:
    for number in range(30):
        page = parser(blocky).page(page_of([*range(3000, 3000 + number), *KNOWN[: 500 - number]], changed=range(number)), {})
        assert page is not None
        store(blocky, page)
    with blocky.open().reading() as connection:
        [[count]] = connection.execute("SELECT count(*) FROM mirror_blocks").fetchall()
    assert count <= 1030 / 16
