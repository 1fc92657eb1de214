"""The account that reports are about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from known import fill

import twilio_orm
from twilio_orm import Connection
from twilio_orm.testing import FakeTwilio


@pytest.fixture
def connection(fake: FakeTwilio) -> Iterator[Connection]:
    """A current connection to the account, whose mirror is empty."""
    fill(fake)
    made = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock)
    with made:
        yield made
