"""A row that the engine refuses is left out, and the others of its transaction are stored."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from twilio_orm import Call
from twilio_orm.mirror.callbacks import CallbackStore
from twilio_orm.mirror.store import Mirror
from twilio_orm.schema.row_layout import Row

NOW = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)
SCHEMA = Call.api_schema


def row(number: int, duration: int | str) -> Row:
    """A call that lacks all but its key, account and duration."""
    values: list[Any] = [None] * (len(SCHEMA.columns) + 4)
    for name, value in {"sid": f"CA{number:032x}", "account_sid": "AC1", "duration": duration}.items():
        values[SCHEMA.index[name]] = value
    return tuple(values)


@pytest.mark.parametrize("refused", [{1}, {0, 3}, {0, 1, 2, 3}, set()])
def test_a_row_that_is_refused_fails_alone(refused: set[int]) -> None:
    rows = [row(number, 2**70 if number in refused else number) for number in range(4)]
    found = {SCHEMA.codec.identity(one): one for one in rows}
    mirror = Mirror(":memory:", [SCHEMA], "api.twilio.com", "us1")
    why = CallbackStore(mirror).unit(NOW, lambda transaction: transaction.store({SCHEMA: found}))
    assert why.keys() == {(SCHEMA.name, SCHEMA.codec.identity(rows[number])) for number in refused}
    assert mirror.find(SCHEMA, found).keys() == {SCHEMA.codec.identity(rows[number]) for number in {*range(4)} - refused}
    assert mirror.revision() == (1 if len(refused) < 4 else 0)
    mirror.close()
