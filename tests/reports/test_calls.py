"""How calls ended, and everything about one call: against loops over the account's own records."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from known import BERLIN, NEW_YORK, OURS, active, at, cost, covered, grouped, rows, run_named_syncs, time

from twilio_orm import BadValue, Call, Conference, Connection, NotCovered, Participant, reports
from twilio_orm.testing import FakeTwilio

SINCE = at("2026-05-20T04:00:00")


@pytest.mark.parametrize("across", [False, True])
def test_dispositions_are_what_a_loop_finds(fake: FakeTwilio, connection: Connection, across: bool) -> None:
    for number, answered in enumerate(("human", "machine_start", None, "human", "fax")):
        begin = SINCE + timedelta(days=number - 1)
        fake.calls.add(
            status="completed" if number else "busy", answered_by=answered, direction="outbound-dial", to=BERLIN,
            start_time=begin, date_created=begin, duration=str(59 + number),
            price=f"-0.0{number}", price_unit="EUR", **{"from": OURS},
        )  # fmt: skip
    fake.calls.add(
        status="queued", direction="outbound-api", to=BERLIN, start_time=None, date_created=SINCE, duration=None, price=None
    )
    report = covered(reports.dispositions, "2026-05-20", tz=NEW_YORK, all_accounts=across)
    found = [
        row
        for row in rows(fake, "calls", active(fake) if across else None)
        if row["direction"] != "inbound" and (time(row, "start_time") or time(row, "date_created") or SINCE) >= SINCE
    ]
    groups = grouped(found, lambda row: (row["status"], row["answered_by"]))
    durations = {key: [int(row["duration"]) for row in some if row["duration"] is not None] for key, some in groups.items()}
    assert {row[:2]: (row[2], row[3], row[5], row[6]) for row in report.rows} == {
        key: (
            len(some),
            (Decimal(len(some)) * 100 / len(found)).quantize(Decimal("0.1")),
            sum(-(-one // 60) for one in durations[key]),
            cost(some),
        )
        for key, some in groups.items()
    }
    for row in report:
        known = durations[row["status"], row["answered_by"]]
        assert row["mean_duration"] == (round(Decimal(sum(known)) / len(known), 1) if known else None)
    assert {("completed", "human"), ("completed", "fax"), ("queued", None)} <= groups.keys()
    assert report.totals == {
        "calls": len(found),
        "minutes": sum(row["minutes"] for row in report),
        "cost": cost(found),
        "share": 100,
    }


def test_calls_that_were_never_dialled_need_the_whole_list(fake: FakeTwilio, connection: Connection) -> None:
    Call.sync("2026-05-01")
    with pytest.raises(NotCovered, match=r"run Call\.sync\(\)\."):
        reports.dispositions("2026-05-20")
    live = reports.dispositions("2026-05-20", live=True)
    assert not live.complete and live.totals["calls"] > 10


# ---------------------------------------------------------------- one call


@pytest.fixture
def call(fake: FakeTwilio, connection: Connection) -> dict[str, str]:
    """The SIDs of a call with two legs, one of which has a leg, a recording with a transcription, and troubles."""
    moment = at("2026-06-02T10:00:00")

    def add(status: str, minutes: int, **more: object) -> str:
        begin = moment + timedelta(minutes=minutes)
        values = {"to": BERLIN, "from": OURS, "price": "-0.10", "price_unit": "USD", "duration": "60", **more}
        return str(fake.calls.add(status=status, start_time=begin, date_created=begin, **values)["sid"])

    root = add("completed", 0)
    later = add("busy", 3, parent_call_sid=root, price=None)
    first = add("completed", 1, parent_call_sid=root)
    inner = add("no-answer", 2, parent_call_sid=first)
    recording = fake.recordings.add(call_sid=root, status="completed", duration="50", date_created=moment + timedelta(minutes=2))
    text = fake.transcriptions.add(recording_sid=recording["sid"], status="failed", date_created=moment)
    trouble = fake.notifications.add(call_sid=inner, error_code=11200, log="0", message_date=moment + timedelta(minutes=9))
    request = {"method": "POST", "url": "https://user:pass@example.com/voice?token=secret", "parameters": {"To": "x"}}
    fake.call_events.add(call_sid=root, request=request, response={"response_code": 502})
    fake.calls.add(status="completed", start_time=moment, date_created=moment, parent_call_sid="CA" + "1" * 32)
    return {
        "root": root, "later": later, "first": first, "inner": inner, "recording": recording["sid"], "text": text["sid"],
        "trouble": trouble["sid"],
    }  # fmt: skip


def test_a_trace_is_a_tree_in_the_order_of_time(fake: FakeTwilio, connection: Connection, call: dict[str, str]) -> None:
    report = reports.trace(call["inner"], live=True)
    assert [(row["record"], row["sid"]) for row in report] == [
        ("call", call["root"]),
        ("  leg", call["first"]),
        ("    leg", call["inner"]),
        ("      notification", call["trouble"]),
        ("  recording", call["recording"]),
        ("    transcription", call["text"]),
        ("  leg", call["later"]),
        ("  event", None),
    ]
    summaries = [row["summary"] for row in report]
    assert summaries[0] == f"{OURS} to {BERLIN}, outbound-api, completed, 60 s, 0.10 USD"
    assert summaries[6].endswith("busy, 60 s, no price") and summaries[5] == "failed"
    assert summaries[3].startswith("error, 11200, ") and summaries[4].startswith("completed, 50 s")
    assert summaries[7] == "POST example.com/voice, answered 502"
    assert "secret" not in report.to_json() and "pass" not in report.to_json()


def test_a_trace_offline_is_the_same_once_the_named_syncs_were_run(
    fake: FakeTwilio, connection: Connection, call: dict[str, str]
) -> None:
    named = []
    for _ in range(12):
        try:
            with fake.expects_requests(0):
                report = reports.trace(call["inner"])
            break
        except NotCovered as error:
            named += run_named_syncs(error)
    assert report.complete and len(named) == len(set(named)) > 10
    assert report.rows == reports.trace(call["root"], live=True).rows
    assert len({(one.resource, one.account_sid) for one in report.coverage}) == len(report.coverage) == 5


def test_a_live_trace_fills_the_mirror(fake: FakeTwilio, connection: Connection, call: dict[str, str]) -> None:
    live = reports.trace(call["root"], live=True)
    with fake.expects_requests(0):
        assert reports.trace(call["root"]).rows == live.rows


def test_a_trace_shows_the_conferences_that_the_mirror_knows(
    fake: FakeTwilio, connection: Connection, call: dict[str, str]
) -> None:
    held = fake.conferences.add(friendly_name="Room", status="completed", date_created=at("2026-06-02T10:00:30"))["sid"]
    fake.participants.add(conference_sid=held, call_sid=call["first"], status="complete")
    assert held not in reports.trace(call["root"], live=True).to_json()
    Conference.sync(), Participant.sync()
    for report in (reports.trace(call["root"], live=True), reports.trace(call["root"])):
        assert [row["sid"] for row in report][:3] == [call["root"], call["first"], held]
        assert report.rows[2][0] == "    conference" and report.rows[2][2] == "Room, completed"
        assert "conferences are shown if the mirror has their participants" in report.caveats


def test_a_partial_trace_says_what_it_lacks(fake: FakeTwilio, connection: Connection, call: dict[str, str]) -> None:
    with pytest.raises(NotCovered, match=f"Call.filter\\(sid='{call['root']}'\\).sync\\(\\)"):
        reports.trace(call["root"], partial=True)
    Call.sync()
    report = reports.trace(call["root"], partial=True)
    assert [row["sid"] for row in report] == [call["root"], call["first"], call["inner"], call["later"]]
    assert not report.complete and any("Recording of" in one for one in report.caveats)


def test_a_call_that_does_not_exist_and_a_parent_that_does_not(fake: FakeTwilio, connection: Connection) -> None:
    for given in ({"live": True}, {}):
        if not given:
            Call.sync()
        with pytest.raises(Call.DoesNotExist):
            reports.trace("CA" + "2" * 32, **given)  # type: ignore[arg-type]
    orphan = fake.calls.add(status="busy", parent_call_sid="CA" + "1" * 32)["sid"]
    report = reports.trace(orphan, live=True)
    assert report.rows[0][3] == orphan and any("does not exist any more" in one for one in report.caveats)


def test_a_trace_takes_the_sid_of_a_call(fake: FakeTwilio, connection: Connection) -> None:
    for sid in ("", "CA1", None, "SM" + "1" * 32, "+14155550100"):
        with fake.expects_requests(0), pytest.raises(BadValue, match="takes the SID of a call"):
            reports.trace(sid)  # type: ignore[arg-type]
