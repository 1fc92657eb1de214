"""Failures, top errors, the funnel and opt-outs: against loops over the account's own messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

import pytest
from known import BERLIN, NEW_YORK, OURS, PARIS, active, at, cost, covered, grouped, rows, run_named_syncs, time

from twilio_orm import Account, BadValue, Connection, Message, NotCovered, Notification, reports
from twilio_orm.testing import FakeTwilio

SINCE = at("2026-06-01T04:00:00")
"""The first of June in New York."""


@pytest.fixture
def failing(fake: FakeTwilio, connection: Connection) -> FakeTwilio:
    """The account with failures at the edges of the window, some of messages that were never sent."""
    for number, (moment, code) in enumerate(
        (moment, code)
        for moment in (SINCE - timedelta(seconds=1), SINCE, SINCE + timedelta(days=3))
        for code in (30003, 30007, 21610, None)
    ):
        sent = None if code == 21610 else moment
        fake.messages.add(
            status="failed" if code == 21610 else "undelivered", error_code=code, direction="outbound-api",
            to=BERLIN if number % 2 else PARIS, date_sent=sent, date_created=moment, price=None if sent is None else "-0.05",
            price_unit="EUR" if number % 3 else "USD", num_segments="1", **{"from": OURS},
        )  # fmt: skip
        fake.messages.add(
            status="delivered", direction="outbound-reply", to=PARIS, date_sent=moment, date_created=moment,
            date_updated=moment + timedelta(seconds=number * number), price="-0.05", price_unit="USD", **{"from": OURS},
        )  # fmt: skip
        fake.notifications.add(error_code=11200 if number % 3 else 12100, log="0", message_date=moment, date_created=moment)
    return fake


def sent_in_window(
    fake: FakeTwilio, accounts: list[str] | None = None, until: datetime | None = None, dated: bool = False
) -> Iterator[Any]:
    """The outbound messages since the first of June, by the time they were sent or, if they never were, created."""
    for row in rows(fake, "messages", accounts):
        moment = time(row, "date_sent") or (None if dated else time(row, "date_created"))
        if row["direction"] != "inbound" and moment is not None and moment >= SINCE and (until is None or moment < until):
            yield row


def country(row: Any) -> str:
    return {"+49": "DE", "+33": "FR"}.get(row["to"][:3], "elsewhere")


def percent(part: int, whole: int) -> Decimal:
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"))


@pytest.mark.parametrize(("across", "until"), [(False, None), (True, "2026-06-04")])
def test_failures_are_what_a_loop_finds(failing: FakeTwilio, across: bool, until: str | None) -> None:
    report = covered(reports.failures, "2026-06-01", until, ["error", "number"], tz=NEW_YORK, all_accounts=across)
    end = None if until is None else at("2026-06-04T04:00:00")
    everything = list(sent_in_window(failing, active(failing) if across else None, end))
    bad = [row for row in everything if row["status"] in ("failed", "undelivered")]
    sent = grouped(everything, lambda row: row["from"])
    expected = {
        (code, number): (
            sum(row["status"] == "failed" for row in found), sum(row["status"] == "undelivered" for row in found),
            len(sent[number]), percent(len(found), len(sent[number])), cost(found),
        )
        for (code, number), found in grouped(bad, lambda row: (row["error_code"], row["from"])).items()
    }  # fmt: skip
    assert {row[:2]: row[2:7] for row in report.rows} == expected and len(expected) >= 4
    counts = [row[2] + row[3] for row in report.rows]
    assert counts == sorted(counts, reverse=True)
    assert report.totals["failed"] + report.totals["undelivered"] == len(bad)
    assert report.totals["messages"] == len(everything) and report.totals["rate"] == percent(len(bad), len(everything))
    assert report.totals["cost"] == cost(bad) and report.complete
    assert {row["error"]: bool(row["meaning"]) for row in report}[21610]


def test_every_grouping_of_failures_adds_up_to_the_same(failing: FakeTwilio) -> None:
    Account.sync()
    bad = [row for row in sent_in_window(failing, active(failing)) if row["status"] in ("failed", "undelivered")]
    for by in ([], ["error"], ["country"], ["error", "country"], ["account", "error"], ["number", "country"]):
        report = covered(reports.failures, SINCE, by=by, all_accounts=True)
        assert report.totals["failed"] == sum(row["status"] == "failed" for row in bad) > 0
        assert report.totals["undelivered"] == sum(row["status"] == "undelivered" for row in bad) > 0
        assert report.totals["cost"] == cost(bad)


def test_messages_that_were_never_sent_need_the_whole_list(failing: FakeTwilio) -> None:
    Message.sync("2026-05-20")
    with pytest.raises(NotCovered, match=r"run Message\.sync\(\)\.") as error:
        reports.failures(SINCE)
    partial = reports.failures(SINCE, by=[], partial=True)
    assert not partial.complete and partial.totals["failed"] < 2
    run_named_syncs(error.value)
    assert reports.failures(SINCE, by=[]).totals["failed"] == sum(row["status"] == "failed" for row in sent_in_window(failing))


def test_live_says_that_it_does_not_count_them(failing: FakeTwilio) -> None:
    live = reports.failures(SINCE, by=["country"], live=True)
    bad = [row for row in sent_in_window(failing, dated=True) if row["status"] in ("failed", "undelivered")]
    assert live.totals["failed"] + live.totals["undelivered"] == len(bad)
    assert not live.complete and any("records without date_sent" in one for one in live.caveats)


def test_top_errors_are_what_a_loop_finds(failing: FakeTwilio) -> None:
    report = covered(reports.top_errors, SINCE)
    texts = [
        row
        for row in rows(failing, "messages")
        if row["error_code"] and (time(row, "date_sent") or time(row, "date_created") or SINCE) >= SINCE
    ]
    calls = [row for row in rows(failing, "notifications") if (time(row, "message_date") or SINCE) >= SINCE]
    groups = grouped([*texts, *calls], lambda row: (int(row["error_code"]), "message" if "body" in row else "call"))
    expected = {
        key: (len(found), min(time(row, "date_created") for row in found), max(time(row, "date_created") for row in found))  # type: ignore[type-var]
        for key, found in groups.items()
    }
    assert {row[:2]: row[2:5] for row in report.rows} == expected and len(expected) >= 5
    assert report.totals["errors"] == len(texts) + len(calls)
    few = reports.top_errors(SINCE, limit=2)
    assert few.rows == report.rows[:2] and few.totals == report.totals
    rest = sum(row[2] for row in report.rows[2:])
    assert f"{len(report) - 2} more error codes with {rest} errors are not listed: limit={len(report)} lists all" in few.caveats
    alone = reports.top_errors(SINCE, notifications=False)
    assert alone.rows == tuple(row for row in report.rows if row[1] == "message")


def test_top_errors_name_each_sync(failing: FakeTwilio) -> None:
    with pytest.raises(NotCovered, match=r"run Message\.sync\(\); Notification\.sync\(\)\. It"):
        reports.top_errors("14d")
    Message.sync(), Notification.sync()
    assert reports.top_errors("14d").complete


def test_the_funnel_is_what_a_loop_finds(failing: FakeTwilio) -> None:
    report = covered(reports.funnel, SINCE)
    everything = list(sent_in_window(failing))
    groups = grouped(everything, lambda row: row["status"])
    assert {row["status"]: (row["messages"], row["share"]) for row in report} == {
        status: (len(found), percent(len(found), len(everything))) for status, found in groups.items()
    }
    taken = [
        (time(row, "date_updated") - time(row, "date_sent")).total_seconds()  # type: ignore[operator]
        for row in groups["delivered"]
    ]
    (delivered,) = [row for row in report if row["status"] == "delivered"]
    ranked = sorted(taken)
    nearest = {ranked[-(-len(ranked) // 2) - 1], ranked[len(ranked) // 2], median(ranked)}
    assert float(delivered["median"]) in nearest and max(ranked) > 0
    assert ranked[-1] >= float(delivered["p95"]) >= ranked[int(len(ranked) * 0.9)]
    assert all(row["median"] is None for row in report if row["status"] != "delivered")
    assert report.totals == {"messages": len(everything), "share": 100}
    statuses = [row["status"] for row in report]
    assert statuses.index("delivered") < statuses.index("undelivered") < statuses.index("failed")


def test_wrong_times_are_refused(fake: FakeTwilio, connection: Connection) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"since": "yesterday"}, "since"),
        ({"since": timedelta(days=-1)}, "positive timedelta"),
        ({"since": "7d", "until": "8d"}, "until has to be after since"),
        ({"since": "7d", "by": "reason"}, "failures\\(\\) is grouped by"),
    ]
    for arguments, says in wrong:
        with fake.expects_requests(0), pytest.raises(BadValue, match=says):
            reports.failures(**arguments)
    with pytest.raises(BadValue, match="limit"):
        reports.top_errors("7d", limit=0)


# ---------------------------------------------------------------- opt-outs

OTHER = "+14155550111"


def correspond(fake: FakeTwilio, *steps: tuple[float, str, str, str]) -> list[str]:
    """Add messages: days ago, the text (of theirs, or "" of ours), their number, our number. The SIDs of ours."""
    sids = []
    for days, body, theirs, ours in steps:
        moment = fake.clock - timedelta(days=days)
        inbound = bool(body)
        row = fake.messages.add(
            body=body or "news", direction="inbound" if inbound else "outbound-api", status="received" if inbound else "sent",
            date_sent=moment, date_created=moment, to=ours if inbound else theirs, error_code=None,
            **{"from": theirs if inbound else ours},
        )  # fmt: skip
        sids += [] if inbound else [row["sid"]]
    return sids


def test_messages_after_an_opt_out_are_found(fake: FakeTwilio, connection: Connection) -> None:
    before, after, again, other, restarted = correspond(
        fake,
        (20, "", BERLIN, OURS), (19, " Stop. ", BERLIN, OURS), (18, "", BERLIN, OURS), (17, "UNSUBSCRIBE", BERLIN, OURS),
        (16, "", BERLIN, OURS), (15, "", BERLIN, OTHER), (14, "Start", BERLIN, OURS), (13, "", BERLIN, OURS),
    )  # fmt: skip
    correspond(
        fake, (12, "please stop it", PARIS, OURS), (11, "", PARIS, OURS), (10, "stopped", PARIS, OURS), (9, "", PARIS, OURS)
    )
    report = covered(reports.opt_outs)
    assert [row["sid"] for row in report] == [after, again, other]
    first = fake.clock - timedelta(days=19)
    assert {row["opted_out"] for row in report} == {first} and {row["recipient"] for row in report} == {BERLIN}
    assert [(row["sender"], row["opted_out_of"]) for row in report] == [(OURS, OURS), (OURS, OURS), (OTHER, OURS)]
    assert any("opt-outs before 2026-03-17 are not known here" in one for one in report.caveats)
    assert before not in report.to_json() and restarted not in report.to_json()
    assert reports.opt_outs(live=True).rows == report.rows


def test_an_opt_out_of_two_numbers_ends_with_each(fake: FakeTwilio, connection: Connection) -> None:
    _, still, own = correspond(
        fake, (9, "stop", BERLIN, OURS), (8, "quit", BERLIN, OTHER), (7.5, "", BERLIN, OURS), (7, "unstop", BERLIN, OURS),
        (6, "", BERLIN, OURS), (5, "", BERLIN, OTHER),
    )  # fmt: skip
    report = covered(reports.opt_outs, 30)
    found = {row["sid"]: row["opted_out_of"] for row in report}
    assert len(found) == 3 and found[still] == OTHER and found[own] == OTHER


def test_a_message_at_the_moment_of_an_opt_out_is_not_after_it(fake: FakeTwilio, connection: Connection) -> None:
    first, second = correspond(
        fake, (9, "stop", BERLIN, OURS), (9, "", BERLIN, OURS), (8, "stop", BERLIN, OURS), (8, "", BERLIN, OURS)
    )  # fmt: skip
    report = covered(reports.opt_outs, 30)
    assert [row["sid"] for row in report] == [second] and first not in report.to_json()
    assert report.rows[0][1] == fake.clock - timedelta(days=9)


def test_opt_outs_of_several_recipients_are_read_in_parts(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twilio_orm.reports.optouts.CHUNK", 2)
    people = [f"+1415555{number:04}" for number in range(3000, 3005)]
    expected = [correspond(fake, (9, "STOP", one, OURS), (8, "", one, OURS))[0] for one in people]
    assert sorted(row["sid"] for row in covered(reports.opt_outs, 30)) == sorted(expected)


def test_opt_outs_need_the_texts_of_messages(fake: FakeTwilio, connection: Connection) -> None:
    import twilio_orm

    with twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock,
        exclude_fields={"Message": ["body"]},
    ):  # fmt: skip
        Message.sync()
        with pytest.raises(NotCovered, match="body"):
            reports.opt_outs()
