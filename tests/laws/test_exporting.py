"""Whatever JSON is mirrored, an export says of it what the records say."""

from __future__ import annotations

import importlib.util
import io
import json
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import pytest
from cases import cases
from exported import blank, expected, read_csv, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from test_fidelity import ACCOUNT, bodies, given_of

import twilio_orm
from twilio_orm import Call, Message, QueryError, Recording
from twilio_orm.schema.exact_json import dumps
from twilio_orm.schema.resource_schema import ResourceSchema
from twilio_orm.schema.text_fields import Json
from twilio_orm.testing import FakeTwilio


@pytest.mark.law
@settings(
    max_examples=cases(30, thorough=2000, few=10), deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(data=some.data())
def test_whatever_is_mirrored_is_exported_as_its_records_tell(data: some.DataObject) -> None:
    """Any JSON at any key: records, CSV and JSON lines say what the records say."""
    model = data.draw(some.sampled_from([Call, Message, Recording, twilio_orm.IncomingPhoneNumber, twilio_orm.UsageRecord]))
    schema = model.api_schema
    connection = twilio_orm.connect(ACCOUNT, "t" * 32, transport=FakeTwilio().send, mirror=":memory:")
    try:
        rows = {}
        for body in data.draw(some.lists(bodies(schema), max_size=4)):
            row = schema.codec.read(body, given_of(schema))
            rows[schema.codec.identity(row)] = row
        connection.mirror.absorb(schema, list(rows.values()), 0)
        query = model.all().using(connection).offline(partial=True)
        absent = {name for row in rows.values() for name in schema.codec.absent(row)}
        names = [
            name for name, one in schema.columns.items()
            if name not in absent and not one.unlisted and getattr(one, "unit", "") not in absent  # a price takes its unit along
        ]  # fmt: skip
        wanted = expected(query, names)
        assert query.to_records(columns=names) == wanted
        text, lines = io.StringIO(), io.BytesIO()
        assert query.to_csv(text, columns=names) == query.to_ndjson(lines, columns=names) == len(wanted)
        columns = query.values(*names).result_columns()
        if "\0" not in text.getvalue():
            assert [told(columns, row) for row in read_csv(text.getvalue())] == blank(wanted)
        money = [name for name in names if name in schema.numbers]
        found = [json.loads(line) for line in lines.getvalue().decode().splitlines()]
        assert [[row[name] for name in names if name not in schema.numbers and isinstance(row[name], str)] for row in wanted] == [
            [row[name] for name in names if name not in schema.numbers and isinstance(was[name], str)]
            for row, was in zip(found, wanted, strict=True)
        ]
        for name in money:  # exact to the last digit
            assert [None if row[name] is None else Decimal(row[name]) for row in found] == [row[name] for row in wanted]
        if importlib.util.find_spec("pyarrow"):
            exact = query.to_arrow(columns=names, decimals="text").to_pylist()
            assert [plain(row, schema) for row in exact] == [plain(row, schema) for row in wanted]
            small = all(fits(row[name]) for row in wanted for name in money)
            with nullcontext() if small else pytest.raises(QueryError, match="does not fit decimal128"):
                found = query.to_arrow(columns=names).to_pylist()
                assert [plain(row, schema) for row in found] == [plain(row, schema) for row in wanted]
    finally:
        connection.close()


def plain(row: dict[str, Any], schema: ResourceSchema) -> dict[str, Any]:
    """A row with decimals as numbers and JSON as texts."""
    return {
        name: None if value is None else Decimal(value) if name in schema.numbers
        else dumps(value) if isinstance(schema.column(name), Json) and not isinstance(value, str) else value
        for name, value in row.items()
    }  # fmt: skip


def fits(value: Decimal | None) -> bool:
    """Whether a decimal has at most 29 digits before the point and 9 behind it."""
    if not value:
        return True
    whole, _, decimals = format(value, "f").lstrip("-").partition(".")
    return len(whole.lstrip("0")) <= 29 and len(decimals.rstrip("0")) <= 9
