"""A record of a day file gives the row of the same record in Twilio's API, however many are read together."""

from __future__ import annotations

from typing import Any

import pytest
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_fidelity import SCHEMAS, bodies, letter
from test_listing import DECODERS, decoded_by

from twilio_orm.errors import BadValue
from twilio_orm.schema.day_records import DayRecordReader
from twilio_orm.schema.exact_json import dumps
from twilio_orm.schema.resource_schema import ResourceSchema
from twilio_orm.schema.times import instant, instant_text, iso_texts, parse_time, rfc2822
from twilio_orm.sync.day_file import MISSING, DayFile, LineBlock, RecordDecoder
from twilio_orm.sync.day_records import EXPORTED

pytestmark = pytest.mark.law

RULES = settings(
    max_examples=cases(40, thorough=2000, few=5), deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
TIMES = st.datetimes().map(lambda at: instant_text(at.replace(microsecond=0)))


@st.composite
def usual_bodies(draw: st.DrawFn, schema: ResourceSchema, lacks: frozenset[str]) -> dict[str, Any]:
    """A body as files have them: texts or null at each key, but for some that all bodies of a file lack, and few more."""
    text, number = (
        st.one_of(st.none(), st.sampled_from(["", "1", "-0.00750", "é", "+15550001111"])),
        st.sampled_from([None, 30003]),
    )
    body: dict[str, Any] = {}
    for name, column in schema.columns.items():
        kinds = {"datetime": TIMES.map(lambda at: at.replace(" ", "T") + "Z"), "bool": st.sampled_from([None, True, False])}
        usual = number if column.kind == "int" and not getattr(column, "as_text", False) else kinds.get(column.kind, text)
        if name.rstrip("_") not in lacks and (name in schema.key or draw(st.integers(0, 9))):
            body[name.rstrip("_")] = draw(usual)
    return body | {
        name: getattr(schema.columns[name], "prefixes", ("XX",))[0] + f"{draw(st.integers(0, 3)):032x}" for name in schema.key
    }


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("name", EXPORTED)
@RULES
@given(data=st.data())
def test_read_together_and_one_by_one(name: str, decoder: str, data: st.DataObject) -> None:
    schema = SCHEMAS[name]
    lacks = frozenset(data.draw(st.sets(st.sampled_from([*schema.wires]), max_size=4))) - {*schema.key}
    found = data.draw(st.lists(st.one_of(usual_bodies(schema, lacks), usual_bodies(schema, lacks), bodies(schema)), max_size=6))
    lines = [dumps(body).encode() for body in found]
    with decoded_by(decoder):
        made = RecordDecoder(schema, DayFile("x"))
        rows, numbers = made.rows(LineBlock(b"\n".join(lines), 7, len(lines)))
    one_by_one = [DayRecordReader(schema, MISSING).row(body) for body in found]
    assert letter([list(row) for row in rows]) == letter([list(row) for row in one_by_one])
    assert list(numbers) == list(range(7, 7 + len(lines)))


@pytest.mark.parametrize("name", EXPORTED)
@RULES
@given(data=st.data())
def test_times_are_those_of_the_api(name: str, data: st.DataObject) -> None:
    """The row is that of a body which spells times as the API does."""
    schema = SCHEMAS[name]
    body = data.draw(usual_bodies(schema, frozenset()))
    times = {wire for wire, field in schema.wires.items() if field in schema.columns and schema.columns[field].kind == "datetime"}
    as_listed = {
        wire: rfc2822(value[:-1].replace("T", " ")) if value and wire in times else value for wire, value in body.items()
    }
    assert DayRecordReader(schema, MISSING).row(body) == schema.codec.read(as_listed, {})


@RULES
@given(found=st.lists(st.one_of(st.none(), TIMES, st.text(max_size=25), st.datetimes().map(str)), max_size=5))
def test_the_quick_way_to_read_times_is_exact(found: list[str | None]) -> None:
    for spelled in (
        found,
        [one and one.replace(" ", "T") + "Z" for one in found],
        [one and one.replace(" ", "T") + ".000Z" for one in found],
    ):
        texts = iso_texts(spelled)
        for text, stored in zip(spelled, texts or [], strict=texts is not None):
            at = None if text is None else parse_time(text)
            assert stored == (None if at is None else instant_text(at))
            assert stored is None or instant(stored).tzinfo is not None


@RULES
@given(
    text=st.lists(
        st.sampled_from([b'{"sid": "SM1"}', b"{", b"}", b"[]", b"", b" ", b"1", b"\r", b'{"a": 1', b'"b": 2}', b"\xff"]),
        max_size=6,
    )
)
def test_lines_are_records_or_refused(text: list[bytes]) -> None:
    """With and without the library, alike; no two lines are read as one."""
    said = []
    for name in DECODERS:
        with decoded_by(name):
            try:
                rows, numbers = RecordDecoder(SCHEMAS["Message"], DayFile("x")).rows(LineBlock(b"\n".join(text), 1, len(text)))
                said.append(f"{len(rows)} {list(numbers)}")
                assert [text[number - 1] for number in numbers] == [b'{"sid": "SM1"}'] * len(rows)
            except BadValue as error:
                said.append(str(error))
    assert len({*said}) == 1
