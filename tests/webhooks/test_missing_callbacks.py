"""The control of callbacks: worlds that drop callbacks; exactly the records about which none came are found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from histories import PUBLIC, History

import twilio_orm
from twilio_orm import Audit, BadValue, Call, Connection, Message, Recording, audit, connect
from twilio_orm.audits.callbacks import JUDGED
from twilio_orm.audits.findings import Finding
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks import Receiver

AT = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)
MODELS: tuple[Any, ...] = (Call, Message, Recording)
OURS, THEIRS = "+14155550100", "+14155550177"


def find(**arguments: Any) -> Audit:
    return audit(["callbacks-missing"], **arguments)


def messages(**limits: Any) -> list[Finding]:
    """The findings about messages."""
    return list(find(thresholds={"callbacks-missing": {"resources": ["Message"], **limits}}))


def only(findings: Iterable[Finding]) -> Finding:
    [one] = findings
    return one


@pytest.fixture
def world(fake: FakeTwilio, connection: Connection) -> FakeTwilio:
    """An account with a number, whose callbacks a receiver stores in the mirror."""
    fake.numbers.add(phone_number=OURS)
    fake.deliver(to=Receiver(connection, PUBLIC).wsgi)
    return fake


def send(count: int = 1, *, callback: bool = True) -> list[str]:
    """Send messages, with a status callback or without. Returns their SIDs."""
    more: dict[str, Any] = {"status_callback": f"{PUBLIC}/status"} if callback else {}
    return [str(Message.send(OURS, THEIRS, "hello", **more).sid) for _ in range(count)]


def live(fake: FakeTwilio, hours: float = 2) -> None:
    """Let time pass; the messages of a minute ago are delivered."""
    fake.advance(timedelta(minutes=1))
    for row in list(fake.messages):
        if row["status"] in ("sent", "undelivered"):
            fake.messages.change(row["sid"], status="delivered")
    fake.advance(timedelta(hours=hours) - timedelta(minutes=1))


# ---------------------------------------------------------------- worlds


def expected(history: History, connection: Connection, account: str, days: float = 7) -> dict[tuple[str, str | None], set[str]]:
    """By a plain loop over records and deliveries: the records of each direction about which none was delivered."""
    fake = history.fake
    came: dict[str, datetime] = {}
    for one in fake.deliveries:
        if one.outcome == "delivered" and one.sent_at is not None:
            came[one.sid] = min(one.sent_at, came.get(one.sid, one.sent_at))
    out: dict[tuple[str, str | None], set[str]] = {}
    for judged in JUDGED:
        rows = list(judged.model.using(connection.under(account) if account != connection.account_sid else connection).offline())
        for group in {getattr(row, judged.group) if judged.group else None for row in rows}:
            some = [row for row in rows if not judged.group or getattr(row, judged.group) == group]
            if (first := min((came[row.sid] for row in some if row.sid in came), default=None)) is None:
                continue
            out[judged.name, group] = {
                row.sid
                for row in some
                if row.status in judged.final
                and getattr(row, judged.time)
                and getattr(row, judged.time) >= max(first, fake.clock - timedelta(days=days))
                and row.sid not in came
            }
    return out


@pytest.mark.parametrize("drop", [0.0, 0.5])
@pytest.mark.parametrize("seed", [1, 2])
def test_exactly_the_records_whose_callbacks_were_dropped_are_found(seed: int, drop: float) -> None:
    """The accounts of a tree, each judged by its own callbacks."""
    history = History(seed, AT)
    fake = history.fake
    with connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock
    ) as connection:
        fake.deliver(to=Receiver(connection, PUBLIC).wsgi, drop=drop, seed=seed, shuffle=seed, duplicate=0.1)
        history.live(400)
        twilio_orm.Account.sync()
        for model in MODELS:
            for own in (connection, connection.under(history.child)):
                with own:
                    model.sync()
        found = find(all_accounts=True)
        many = 0
        for account in history.tokens:
            wanted = expected(history, connection, account)
            assert wanted.keys() >= {("Message", "outbound-api"), ("Call", "outbound-api")}
            alarms = {key: len(sids) for key, sids in wanted.items() if sids}
            many += sum(count for (name, _), count in alarms.items() if name != "Recording")  # some of which have no URL
            own_findings = [one for one in found if one.account_sid == account]
            got: dict[tuple[str, str | None], int] = {}
            for one in own_findings:
                if one.status == "alarm":
                    count, group = re.match(r"no callback came about (\d+) of \d+ (?:(\S+) )?\w+s from", one.reason).groups()  # type: ignore[union-attr]
                    got[one.resource, group] = int(count)
                    sids = re.findall(r"\b[A-Z]{2}[0-9a-f]{32}\b", one.reason)
                    assert len(sids) == min(5, int(count)) and {*sids} <= wanted[one.resource, group]
            assert got == alarms
            assert {(one.resource) for one in own_findings if one.status == "ok"} >= {
                name for (name, _), sids in wanted.items() if not sids
            }
        assert (many > 1) == (drop > 0)


# ---------------------------------------------------------------- what is found


def test_a_sound_account_has_no_alarm(world: FakeTwilio) -> None:
    send()
    live(world)
    send(10)
    live(world)
    Message.sync()
    with world.expects_requests(0):
        one = only(messages())
    assert (one.status, one.resource, one.sid, one.as_of) == ("ok", "Message", None, world.clock)
    assert one.reason == (
        "callbacks came about 10 of 10 outbound-api messages from 2026-06-15 12:00:01Z to 2026-06-15 15:00:00Z that ended"
    )


def test_what_an_alarm_says(world: FakeTwilio) -> None:
    send()
    live(world)
    sids = send(7, callback=False)
    live(world)
    Message.sync()
    alarm = only(messages())
    assert (alarm.status, alarm.sid, alarm.repair) == ("alarm", None, None)
    named = re.findall("SM[0-9a-f]{32}", alarm.reason)
    assert len(named) == 5 and {*named} < {*sids}
    assert re.sub("SM[0-9a-f]{32}", "SM…", alarm.reason) == (
        "no callback came about 7 of 7 outbound-api messages from 2026-06-15 12:00:01Z to 2026-06-15 15:00:00Z that ended:"
        " SM…, SM…, SM…, SM…, SM… and 2 more; Twilio does not tell which of them were created without a callback URL"
    )
    [shorter] = messages(ignore=sids[:6])
    assert "about 1 of 1 " in shorter.reason and sids[6] in shorter.reason


def test_the_grace_time(world: FakeTwilio) -> None:
    """A callback that is late is not missing yet."""
    send()
    live(world)
    send(callback=False)
    live(world, 0.5)
    Message.sync()
    assert only(messages()).status == "ok"
    assert only(messages(grace_minutes=1)).status == "alarm"
    live(world, 1)
    assert only(messages()).status == "alarm"  # it ended when the mirror read it, and since then an hour has passed
    assert only(messages(grace_minutes=600)).status == "ok"


def test_only_what_came_after_the_first_callback_and_in_the_last_days_is_judged(world: FakeTwilio) -> None:
    send(3, callback=False)
    live(world)
    send()
    live(world)
    Message.sync()
    assert only(messages()).status == "ok"
    send(callback=False)
    live(world)
    Message.sync()
    assert "about 1 of 1 " in only(messages()).reason
    live(world, 24 * 8)
    Message.sync()
    assert only(messages()).status == "ok"
    assert "about 1 of 1 " in only(messages(days=30)).reason


def test_records_that_have_not_ended_are_not_judged(world: FakeTwilio) -> None:
    send()
    live(world)
    for status in ("queued", "canceled", "scheduled"):
        world.messages.add(status=status, direction="outbound-api", date_created=world.clock, date_sent=None)
    live(world)
    Message.sync()
    assert only(messages()).status == "ok"
    world.messages.add(status="failed", direction="outbound-api", date_created=world.clock - timedelta(hours=2), date_sent=None)
    Message.sync(full=True)
    assert only(messages()).status == "ok", "its date_updated is now"
    live(world)
    assert only(messages()).status == "alarm"


def test_a_direction_without_callbacks_is_a_skip(world: FakeTwilio) -> None:
    """Nothing says whether callbacks were wanted there."""
    send()
    live(world)
    send()
    for direction, count in (("outbound-reply", 2), ("inbound", 1)):
        for _ in range(count):
            world.messages.add(
                status="delivered" if count > 1 else "received",
                direction=direction,
                date_created=world.clock,
                date_sent=world.clock,
            )
    live(world)
    Message.sync()
    assert [(one.status, one.reason) for one in messages() if one.status != "ok"] == [
        ("skip", "no callback about any inbound message is stored, and 1 ended"),
        ("skip", "no callback about any outbound-reply message is stored, and 2 ended"),
    ]
    assert [one.status for one in messages(directions=["outbound-api"])] == ["ok"]
    assert [one.status for one in messages(directions=["outbound-api", "inbound"])] == ["skip", "ok"]


def test_a_failed_callback_came(world: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot be processed is stored with its record. Where even that is not known, nothing is judged."""
    send()
    live(world)

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("twilio_orm.webhooks.absorbing.merge", broken)
        send()
        live(world)
    Message.sync()
    assert only(messages()).status == "ok"
    with monkeypatch.context() as patch:
        patch.setattr("twilio_orm.webhooks.absorbing.read_statement", broken)
        send()
        live(world)
    Message.sync()
    skip = only(messages())
    assert skip.status == "skip" and re.fullmatch(
        r"\d callbacks could not be processed, and may be about any message: `twilio-orm callbacks --failed --replay`",
        skip.reason,
    )
    twilio_orm.webhooks.absorbing.replay(connection)
    assert only(messages()).status == "ok"


# ---------------------------------------------------------------- skips


def test_without_callbacks_nothing_is_judged(fake: FakeTwilio, connection: Connection) -> None:
    fake.messages.add(status="delivered", date_sent=fake.clock)
    Message.sync()
    one = only(find())
    assert (one.status, one.reason) == ("skip", "no callback is stored: `twilio-orm receive` stores them")


def test_callbacks_of_another_kind_or_account_do_not_count(world: FakeTwilio, connection: Connection) -> None:
    send()
    live(world)
    child = world.accounts.add(friendly_name="Child")["sid"]
    with connection.under(child):
        assert only(find()).reason.startswith("no callback is stored")
    found = {one.resource: (one.status, one.reason) for one in find()}
    assert found["Call"] == ("skip", "no callback about a call is stored")
    assert found["Recording"] == ("skip", "no callback about a recording is stored")


def test_what_the_mirror_has_not_fetched_is_a_skip_that_names_the_sync(world: FakeTwilio) -> None:
    send()
    live(world)
    send(callback=False)
    live(world)
    one = only(messages())
    assert one.status == "skip" and one.as_of is None
    assert "`twilio-orm sync Message`" in one.reason
    Message.sync(since=timedelta(days=9))
    assert only(messages()).status == "skip"  # a message that was never sent is in no window
    Message.sync()
    assert only(messages()).status == "alarm"


def test_a_window_of_calls_is_enough(world: FakeTwilio) -> None:
    def call(**more: Any) -> None:
        Call.create(to=THEIRS, from_=OURS, twiml="<Response/>", **more)

    limits = {"callbacks-missing": {"resources": ["Call"]}}
    call(status_callback=f"{PUBLIC}/status")
    live(world)
    call()
    live(world)
    assert "`twilio-orm sync Call --since 8d`" in only(find(thresholds=limits)).reason
    Call.sync(since=timedelta(days=8))
    assert only(find(thresholds=limits)).status == "alarm"


def test_a_list_that_was_read_before_the_first_callback_is_a_skip(world: FakeTwilio) -> None:
    Message.sync()
    live(world)
    send()
    live(world)
    one = only(messages())
    assert one.status == "skip" and one.reason.startswith(
        "the list was last read before the first callback came, 2026-06-15 14:00"
    )


def test_live_is_a_skip(world: FakeTwilio) -> None:
    send()
    live(world)
    with world.expects_requests(0):
        assert only(find(live=True)).reason == "callbacks are compared with the records of the mirror: audit without live"


def test_pruned_callbacks_are_not_missed(world: FakeTwilio, connection: Connection) -> None:
    send(3)
    live(world, 24)
    connection.prune(timedelta(hours=20))
    Message.sync()
    one = only(find())
    assert one.reason == "no callback is stored; those before 2026-06-15 16:00:00Z were pruned: `twilio-orm receive` stores them"
    send()
    live(world)
    send(callback=False)
    live(world)
    Message.sync()
    assert "about 1 of 1 " in only(messages()).reason  # the first three are before the first callback that is left


@pytest.mark.parametrize("remove", ["redact", "message", "number"])
def test_removed_callbacks_are_not_missing(world: FakeTwilio, remove: str) -> None:
    """What removes callbacks about records that stay says so."""
    send()
    live(world)
    [sid] = send()
    other = str(Message.send(OURS, "+14155550178", "hello", status_callback=f"{PUBLIC}/status").sid)
    live(world)
    Message.sync()
    before = only(messages())
    removed: Callable[[], object] = {
        "redact": lambda: twilio_orm.redact(other),
        "message": lambda: Message.get(other).redact(),
        "number": lambda: twilio_orm.redact("+14155550178"),
    }[remove]
    removed()
    live(world)
    Message.sync()
    ok, skip = messages()
    assert before.status == ok.status == "ok" and "came about 1 of 2 " in ok.reason
    assert (skip.status, skip.reason) == (
        "skip", "the callbacks about 1 of the outbound-api messages were removed by redacting or erasing: these are not judged",
    )  # fmt: skip
    Message.get(sid).delete()
    Message.get(other).delete()
    assert [one.status for one in messages()] == ["ok"]


def test_an_excluded_field_is_a_skip(fake: FakeTwilio) -> None:
    options: Any = {"transport": fake.send, "clock": lambda: fake.clock, "mirror": ":memory:"}
    fake.numbers.add(phone_number=OURS)
    with connect(fake.account_sid, fake.auth_token, exclude_fields={"Message": ["direction"]}, **options) as connection:
        fake.deliver(to=Receiver(connection, PUBLIC).wsgi)
        send()
        live(fake)
        Message.sync()
        assert "excluded" in only(messages()).reason
    with connect(fake.account_sid, fake.auth_token, exclude_fields={"Message": ["body", "to"]}, **options) as connection:
        fake.deliver(to=Receiver(connection, PUBLIC).wsgi)
        send()
        live(fake)
        Message.sync()
        assert only(messages()).status == "ok"


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"directions": ["outbound"]}, "directions takes directions of calls and messages: inbound, "),
        ({"resources": ["Conference"]}, "resources takes Call, Message and Recording"),
        ({"grace_minutes": 0}, "a number above 0"),
        ({"days": "7"}, "a number above 0"),
    ],
)
def test_bad_thresholds(connection: Connection, limits: Any, text: str) -> None:
    with pytest.raises(BadValue, match=text):
        messages(**limits)


@pytest.mark.sqlite("query plans")
def test_rows_are_counted_in_sql(world: FakeTwilio, connection: Connection) -> None:
    """The index of callbacks by their record finds them: no table is read once for each record."""
    send()
    live(world)
    send(30, callback=False)
    live(world)
    Message.sync()
    statements: list[str] = []
    with connection.mirror.reading() as file:
        file.set_trace_callback(statements.append)
    messages()
    with connection.mirror.reading() as file:
        file.set_trace_callback(None)
        [counting] = [one for one in statements if "AND NOT EXISTS (SELECT 1 FROM mirror_callbacks c" in one]
        plan = [str(row[-1]) for row in file.execute(f"EXPLAIN QUERY PLAN {counting}")]
    assert any("mirror_callbacks_record" in one for one in plan), plan
