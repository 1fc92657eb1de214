"""Former public names: each is the same thing as the name that replaced it. ``CHANGELOG.md`` lists them."""

from __future__ import annotations

from datetime import timedelta

import pytest

import twilio_orm
from twilio_orm import Call, Change, Connection, Queue, Report
from twilio_orm.testing import FakeTwilio


@pytest.mark.parametrize(
    ("former", "now"),
    [
        (twilio_orm.forget, twilio_orm.redact),
        (twilio_orm.Forgotten, twilio_orm.Redaction),
        (Change.told, Change.describe),
        (Connection.drop_memory, Connection.clear_row_cache),
        (twilio_orm.QuerySet.with_gone, twilio_orm.QuerySet.with_deleted),
    ],
)
def test_a_former_name_is_the_same_object(former: object, now: object) -> None:
    assert former is now


def test_former_attributes_of_a_report() -> None:
    report = Report("Call", complete=True, deleted=2, expired=3)
    assert (report.whole, report.gone, report.settled) == (report.complete, report.deleted, report.expired) == (True, 2, 3)


def test_former_attributes_of_a_status_and_a_receipt(fake: FakeTwilio, connection: Connection) -> None:
    Queue.sync()
    status = connection.status()
    assert status.heard == status.fetched and status.fetched.keys() == {"queue"}
    plan = twilio_orm.erase("+14155550177")
    receipt = plan.apply()
    unerased = connection.mirror.database.unerased  # a receipt says this, too, where the engine cannot erase bytes
    assert plan.unsought == plan.not_searched != ()
    assert receipt.unsought == receipt.not_searched == (*plan.not_searched, *filter(None, [unerased]))
    assert receipt.forgotten is receipt.redacted_rows


def test_former_parameters(fake: FakeTwilio) -> None:
    fake.calls.add(status="in-progress")
    connection = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", leave_out={"Call": ["to"]}
    )
    with connection:
        assert Call.sync(settle_for=timedelta(days=1)).complete
        assert connection.sql('SELECT "to" FROM call') == [(None,)]


def test_former_attributes_of_freshness(fake: FakeTwilio, connection: Connection) -> None:
    assert Queue.all().freshness().whole is Queue.all().freshness().complete is False
    Queue.sync()
    assert Queue.all().freshness().whole is Queue.all().freshness().complete is True
