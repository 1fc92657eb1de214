"""What webhooks do not say of a record is unknown: in ``values()``, exports, aggregates and reports, and on the command line."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named

import twilio_orm
from twilio_orm import BadValue, Call, Connection, Count, F, Message, NotCovered, NotLoaded, Recording, Sum
from twilio_orm.mcp_server.reading import MirrorReading
from twilio_orm.reports import spend, timeline, trace
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks.absorbing import absorb
from twilio_orm.webhooks.bodies import Callback, kind_of

CA = "CA" + "1" * 32
ALICE, OURS = "+14155550177", "+15005550006"
COUNT = itertools.count()


def say(connection: Connection, at: datetime, **parameters: str) -> None:
    found = tuple({"AccountSid": connection.account_sid, **parameters}.items())
    [outcome] = absorb(connection, [Callback(connection.account_sid, kind_of(found), found, f"u{next(COUNT)}", at)])
    assert outcome.changes


@pytest.fixture
def ended(fake: FakeTwilio, connection: Connection) -> Iterator[str]:
    """The SID of a call that the mirror knew in progress, and that a webhook has ended; another one it only has by a webhook."""
    fake.populate(calls=40, messages=10, days=10, seed=1)
    sid = fake.calls.add(status="in-progress", start_time=fake.clock, direction="inbound", from_=ALICE, to=OURS)["sid"]
    with connection:
        Call.sync(), Message.sync()
        say(connection, fake.clock, CallSid=sid, CallStatus="completed", CallDuration="9", From=ALICE, To=OURS)
        say(
            connection,
            fake.clock,
            CallSid=CA,
            CallStatus="completed",
            CallDuration="61",
            From=ALICE,
            To=OURS,
            Direction="inbound",
        )
        yield sid


READERS: dict[str, Any] = {
    "values": lambda query: list(query.values("sid", "price")),
    "values_list": lambda query: list(query.values_list("price", flat=True)),
    "distinct": lambda query: list(query.values_list("price", "sid").distinct()),
    "expression": lambda query: list(query.values(double=F("price") * 2)),
    "to_records": lambda query: query.to_records(columns=["sid", "price"]),
    "to_csv": lambda query: query.to_csv(io.StringIO(), columns=["sid", "price"]),
    "order": lambda query: list(query.order_by("-price").values("price")),
}


@pytest.mark.parametrize("name", READERS)
def test_an_unknown_value_raises_and_says_what_to_do(name: str, ended: str, fake: FakeTwilio) -> None:
    with fake.expects_requests(0), pytest.raises(NotLoaded) as caught:
        READERS[name](Call.offline())
    assert caught.value.syncs == ("Call.sync()",)
    assert str(caught.value).removeprefix("price").removeprefix(", price_unit") == (  # an export has the unit beside the price
        " of 2 of the Call records that match is not known: a webhook made or changed them, and Call.sync() reads the rest"
        " from Twilio; offline(unknown='null') has None for them"
    )
    READERS[name](Call.offline().filter(sid__lt=min(ended, CA)))  # the others are known


@pytest.mark.parametrize("name", READERS)
def test_or_it_is_null_and_counted(name: str, ended: str) -> None:
    query = Call.offline(unknown="null")
    found = READERS[name](query)
    assert (found if isinstance(found, int) else len(found)) == Call.offline().count()
    rows = query.values("sid", "price")
    assert {row["sid"] for row in rows if row["price"] is None} >= {ended, CA} and rows.unknown_records == 2
    assert len(list(query.values("sid", "duration"))) == rows.count() and query.values("sid").unknown_records == 0
    assert len(list(query.values("price")[:0])) == 0


def test_parts_of_unknown_times_are_unknown(ended: str) -> None:
    assert [*Call.offline(unknown="null").filter(sid=ended).values_list("end_time__date", flat=True)] == [None]
    with pytest.raises(NotLoaded, match="end_time of 1 Call record that matches is not known: a webhook made or changed it"):
        list(Call.offline().filter(sid=ended).values_list("end_time__date"))


def test_after_a_sync_everything_is_known(ended: str, fake: FakeTwilio) -> None:
    fake.calls.change(ended, status="completed", duration="9", end_time=fake.clock, price="-0.01300")
    fake.calls.add(sid=CA, status="completed", duration="61", start_time=fake.clock, price="-0.01300")
    assert Call.offline().freshness().unconfirmed == 2
    Call.sync()
    found = Call.offline(unknown="null")
    assert found.to_records() == Call.offline().to_records() and found.unknown_records == 0
    assert found.freshness().unconfirmed == 0


def test_an_export_of_all_fields_names_some_of_them(ended: str) -> None:
    with pytest.raises(NotLoaded, match=r"^end_time, price, \w+ and \d+ other fields of 2 of the Call records"):
        Call.offline().to_records()


def test_a_single_record_says_why(ended: str) -> None:
    with pytest.raises(NotLoaded, match=r"^price is not known, since a webhook made or changed this Call: refresh\(\) reads it"):
        _ = Call.offline().get(ended).price


def test_an_earlier_moment_is_not_mended_by_a_sync(ended: str, fake: FakeTwilio) -> None:
    then, earlier = fake.clock, Call.offline().filter(sid=ended)
    fake.tick(60)
    fake.calls.change(ended, status="completed", end_time=fake.clock, price="-0.01300")
    Call.sync()
    with pytest.raises(NotLoaded, match="price of 1 Call record that matches was not known at that moment") as caught:
        list(earlier.at(then).values("price"))
    assert caught.value.syncs == ()
    assert [*earlier.offline(unknown="null").at(then).values_list("price", flat=True)] == [None]


def test_all_accounts_need_the_sync_of_all(ended: str, fake: FakeTwilio) -> None:
    twilio_orm.Account.sync()
    with pytest.raises(NotLoaded) as caught:
        list(Call.offline().across_accounts().values("price"))
    assert caught.value.syncs == ("Call.sync(all_accounts=True)",)
    found = Call.offline(unknown="null").across_accounts()
    assert len(list(found.values("price"))) == found.count() and found.freshness().unconfirmed == 2


def test_what_was_redacted_stays_an_error(ended: str) -> None:
    message = Message.offline().filter(body__isnull=False).first()
    assert message is not None
    twilio_orm.redact(message.sid)
    with pytest.raises(NotCovered, match="redacted"):
        list(Message.offline(unknown="null").values("body"))


def test_aggregates_take_it_for_null(ended: str) -> None:
    """As documented: amounts count the records without one, and freshness() says how many are not confirmed."""
    found = Call.offline().filter(sid__in=[ended, CA])
    assert found.aggregate(n=Count(), cost=Sum("price"), seconds=Sum("duration"))["cost"].missing == 2
    assert found.freshness().unconfirmed == 2


def test_mistakes(fake: FakeTwilio, connection: Connection) -> None:
    with connection, fake.expects_requests(0):
        for wrong in ("nul", True, None):
            with pytest.raises(BadValue, match=r"offline\(unknown=…\) is 'error' or 'null', not "):
                Call.offline(unknown=wrong)  # type: ignore[arg-type]


# ---------------------------------------------------------------- reports


def test_a_trace_shows_what_is_unknown(ended: str, fake: FakeTwilio) -> None:
    for sid, parts in ((ended, [f"{ALICE} to {OURS}", "completed", "9 s", "price unknown"]), (CA, ["61 s", "price unknown"])):
        report = trace(sid, partial=True)
        summary = report.rows[0][2]
        assert all(part in summary for part in parts), summary
        [caveat] = [one for one in report.caveats if one.startswith(f"unknown of the Call {sid}: ")]
        assert "price" in caveat and "refresh() or a sync reads it" in caveat
    assert "parent_call_sid" in caveat  # of the call that only a webhook told of
    recorded = "RE" + "1" * 32
    say(Call.offline().bound_connection(), fake.clock, RecordingSid=recorded, CallSid=CA, RecordingStatus="completed")
    report = trace(CA, partial=True)
    [row] = [row for row in report.rows if row[3] == recorded]
    assert row[1] is None and "duration unknown" in row[2]
    assert Recording.offline(partial=True).get(recorded).status == "completed"


def test_reports_say_how_many_records_are_not_confirmed(ended: str, fake: FakeTwilio) -> None:
    start = fake.clock - timedelta(days=2)
    contact = timeline(ALICE, start)
    assert (row := next(row for row in contact.rows if row[7] == ended))[1] == "in" and row[6] == "9 s"
    costs = spend(fake.clock.strftime("%Y-%m"), partial=True)
    for report in (contact, costs):
        [caveat] = [one for one in report.caveats if "webhooks made or changed" in one]
        assert caveat.startswith("webhooks made or changed 2 Call records of AC") and caveat.endswith("Call.sync() reads them")
    fake.calls.change(ended, status="completed", end_time=fake.clock, price="-0.01300")
    fake.calls.add(sid=CA, status="completed", start_time=fake.clock, price="-0.01300")
    Call.sync()
    assert not [one for one in timeline(ALICE, start).caveats if "webhooks" in one]


# ---------------------------------------------------------------- on the command line


def test_an_export_fails_with_the_command_or_counts(
    run: Run, ended: str, fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Call.offline().bound_connection().close()
    with named(fake, monkeypatch, tmp_path):
        run("sync", "calls")
        with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send) as own:
            again = fake.calls.add(status="in-progress", start_time=fake.clock)["sid"]
            with own:
                Call.sync()
                say(own, fake.clock, CallSid=again, CallStatus="completed", CallDuration="9")
            answer = MirrorReading(own).query("Call", {"sid": again}, fields=["sid", "price"])  # for agents
            assert answer.data["rows"] == [[again, None]]
            assert [one.partition(" that ")[0] for one in answer.caveats] == ["webhooks made or changed 1 Call records"]
            own.close()
        said = run("export", "calls", "--offline", "--columns", "sid,price")
        assert said.code != 0 and "price of 1 Call record that matches" in said.err
        assert "on the command line: `twilio-orm sync Call` or --unknown null" in said.err
        for more in (("--offline",), ("--partial",), ("--changed-since", "2000-01-01"), ("--changed-since", "last")):
            said = run("export", "calls", *more, "--columns", "sid,price", "--unknown", "null")
            found = {row["sid"]: row["price"] for row in csv.DictReader(io.StringIO(said.out))}
            assert said.code == 0 and found[again] == "", said.err
            assert "1 record with null for what is not known: `twilio-orm sync Call` reads it" in said.err
        folder = tmp_path / "parts"
        said = run("export", "calls", "--offline", "--by", "month", "-O", str(folder), "--unknown", "null")
        assert said.code == 0 and "1 record with null for what is not known" in said.err
        said = run("export", "calls", "--unknown", "null")
        assert said.code == 2 and "--unknown goes with --offline, --partial and --changed-since" in said.err
