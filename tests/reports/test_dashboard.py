"""The dashboard: a page that loads nothing, with the numbers of the reports, and none where the mirror lacks something."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named
from known import NEW_YORK, UTC, at, cost, fill, in_month, rows, time
from pages import Page

import twilio_orm
from twilio_orm import Account, Audit, BadValue, Call, Connection, Finding, IncomingPhoneNumber, Message, UsageRecord, reports
from twilio_orm.cli.bars import bar, sparkline
from twilio_orm.dashboard.checks import Last, audits, last_of, value_text
from twilio_orm.dashboard.frame import frame_of
from twilio_orm.dashboard.page import Dashboard, dashboard
from twilio_orm.reports.formats import grid
from twilio_orm.testing import FakeTwilio

HOSTILE = '"><script src=//evil.example>alert(1)</script>\x1b[31m\u202e'
DAYS = ("2026-05-17", "2026-06-15")
"""The days of a window of 30 days."""
KEYS = ["spend", "billed", "delivery", "failures", "hours", "idle", "drift", "audit"]


def sync_all() -> None:
    """Fetch what a dashboard of 30 days needs."""
    for model in (Account, IncomingPhoneNumber, Call, Message):
        model.sync()
    UsageRecord.daily.between(*DAYS).sync()


@pytest.fixture
def synced(connection: Connection) -> Connection:
    """The connection, whose mirror covers a dashboard of 30 days."""
    sync_all()
    return connection


def section(found: Dashboard, key: str) -> Any:
    """A section of a dashboard."""
    return next(one for one in found.sections if one.key == key)


# ---------------------------------------------------------------- the page


LOADING = {
    "script",
    "link",
    "img",
    "iframe",
    "object",
    "embed",
    "form",
    "a",
    "image",
    "use",
    "base",
    "foreignobject",
    "video",
    "audio",
}
"""Tags that load something, or lead elsewhere."""


def check_page(html: str) -> Page:
    """Check what holds for every page, and return it."""
    page = Page(html)
    names = Counter(tag for tag, _ in page.tags)
    assert not names.keys() & LOADING
    assert names["h1"] == names["main"] == 1
    for _, attributes in page.tags:
        assert not {
            name for name in attributes if name.startswith("on") or name in ("src", "href", "xlink:href", "style", "action")
        }
        assert not any("url(" in str(value) or re.search(r"https?:", str(value)) for value in attributes.values())
    assert not re.search(r"url\(|@import|https?:|javascript:", html)
    ids = [str(attributes["id"]) for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        assert {*str(attributes.get("aria-labelledby", "")).split()} <= set(ids)
    assert names["table"] == names["caption"] == len(page.tables) == names["thead"]
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.tags if tag == "th")
    assert all("role" in attributes or "aria-hidden" in attributes for tag, attributes in page.tags if tag == "svg")
    assert ("html", {"lang": "en"}) in page.tags
    return page


def test_the_page_is_well_formed_and_loads_nothing(synced: Connection, fake: FakeTwilio) -> None:
    before = len(fake.requests)
    found = dashboard()
    assert len(fake.requests) == before
    page = check_page(found.html)
    assert (
        found.html.startswith("<!DOCTYPE html>")
        and "default-src &#x27;none&#x27;; style-src &#x27;unsafe-inline&#x27;" in found.html
    )
    assert [one.key for one in found.sections] == KEYS
    assert all(f'<section id="{key}"' in found.html for key in ["coverage", *KEYS])
    assert page.text.index("Coverage and freshness") < page.text.index("Spend by day")
    assert dashboard().html == found.html
    assert fake.account_sid not in repr(found)


def test_hostile_texts_are_escaped(connection: Connection, fake: FakeTwilio) -> None:
    fake.accounts.change(fake.account_sid, friendly_name=HOSTILE)
    fake.numbers.add(phone_number="+14155550777", friendly_name=HOSTILE)
    sync_all()
    first = dashboard()
    number = next(iter(fake.numbers))["sid"]
    fake.numbers.change(number, friendly_name=HOSTILE, voice_url="https://user:secret@hook.example/voice?token=hidden")
    IncomingPhoneNumber.sync()
    html = dashboard(last=last_of(first.html)).html
    page = Page(html)
    assert "<script" not in html and "\x1b" not in html and "\u202e" not in html
    assert "&lt;script src=//evil.example&gt;" in html and f"Twilio account {HOSTILE[:20]}" in page.text
    assert "hook.example/voice (query not shown)" in html and "secret" not in html and "hidden)" not in html
    assert not any(tag == "script" for tag, _ in page.tags)


def test_no_body_of_a_message_is_in_the_page(connection: Connection, fake: FakeTwilio) -> None:
    moment, sides = at("2026-06-10T10:00:00"), {"to": "+14155550199", "from": "+14155550100"}
    fake.messages.add(
        status="failed", direction="outbound-api", body="the words", error_code=30003, date_sent=moment, date_created=moment,
        price=None, **sides,
    )  # fmt: skip
    sync_all()
    html = dashboard().html
    assert "the words" not in html and "+14155550199" not in html and "30003" in html
    assert not any(str(row["body"]) in html for row in rows(fake, "messages") if row["body"])


# ---------------------------------------------------------------- numbers


def test_money_and_counts_are_those_of_the_account(synced: Connection, fake: FakeTwilio) -> None:
    page, since = Page(dashboard().html), at("2026-05-17T00:00:00")
    calls = [row for row in rows(fake, "calls") if (time(row, "start_time") or since - timedelta(1)) >= since]
    texts = [row for row in rows(fake, "messages") if (time(row, "date_sent") or since - timedelta(1)) >= since]
    found = {row[0]: row[1:] for row in page.body("Spend by kind and direction")}
    header = page.tables["Spend by kind and direction"][0]
    for name, records in (("calls", calls), ("messages", texts)):
        for side in ("inbound", "outbound"):
            own = [row for row in records if row["direction"].startswith("inbound") == (side == "inbound")]
            line = found[f"{name} {side}"]
            assert int(line[0]) == len(own) and int(line[-1]) == sum(row["price"] is None for row in own)
            for unit, amount in cost(own).items():
                assert Decimal(line[header.index(f"cost {unit}") - 1] or 0) == amount
    total = cost([*calls, *texts])
    shown: dict[str, Decimal] = {}
    for title in [one for key, titles in page.titles.items() if key.startswith("spend-") for one in titles]:
        _, amount, unit = title.rsplit(" ", 2)
        shown[unit] = shown.get(unit, Decimal(0)) + Decimal(amount)
    assert shown == total and total.keys() == {"USD", "EUR"}


@pytest.mark.parametrize("zone", [None, NEW_YORK])
def test_calls_by_hour_are_those_of_a_loop(synced: Connection, fake: FakeTwilio, zone: str | None) -> None:
    from zoneinfo import ZoneInfo

    clock = ZoneInfo(zone or "UTC")
    start = datetime(2026, 5, 17, tzinfo=clock)
    wanted: Counter[tuple[int, bool]] = Counter()
    for row in rows(fake, "calls"):
        moment = time(row, "start_time")
        if moment is not None and moment >= start:
            wanted[moment.astimezone(clock).hour, row["direction"].startswith("inbound")] += 1
    body = Page(dashboard(tz=zone).html).body("Calls by hour: the numbers of the chart")
    assert len(body) == 25 and body[24][0] == "total"
    for row in body[:24]:
        hour, outbound, inbound, both = map(int, row)
        assert (outbound, inbound, both) == (wanted[hour, False], wanted[hour, True], outbound + inbound)
    assert int(body[24][3]) == sum(wanted.values()) > 20


def without(table: list[list[str]], at: int) -> list[list[str]]:
    """The cells of a table without one column, such as that of bars."""
    return [[*row[:at], *row[at + 1 :]] for row in table]


def test_delivery_failures_and_idle_numbers_are_those_of_the_reports(synced: Connection, fake: FakeTwilio) -> None:
    fake.numbers.add(phone_number="+14155550888", friendly_name="Unused", date_created=at("2026-01-01T00:00:00"))
    IncomingPhoneNumber.sync()
    page, since = Page(dashboard().html), at("2026-05-17T00:00:00")
    funnel = grid(reports.funnel(since))
    caption = "Outbound messages by status, with the seconds from date_sent to delivery"
    assert without(page.tables[caption], 1) == [funnel.header, *funnel.rows, funnel.totals]
    failures = grid(reports.failures(since))
    shown = without(page.body("Failed messages by error code and country"), 2)
    assert shown[:-1] == [[row[0] or "–", *row[1:]] for row in failures.rows] and shown
    idle = reports.idle(30)
    assert [row[0] for row in page.body(idle.title)] == [row["number"] for row in idle] == ["+14155550888"]


def test_billed_usage_adds_up_to_the_total_of_the_days(synced: Connection) -> None:
    page = Page(dashboard().html)
    total = sum((one.price for one in UsageRecord.daily.between(*DAYS).offline().filter(category="totalprice")), Decimal(0))
    assert Decimal(page.tables["Billed usage by category"][-1][2]) == total > 0
    assert Decimal(page.tables["Billed usage by day: the numbers of the chart"][-1][-1]) == total
    assert sum(Decimal(one.rsplit(" ", 2)[1]) for one in page.titles["billed-0"]) == total


def test_a_window_begins_with_a_day_of_the_zone_and_all_accounts_are_read(synced: Connection, fake: FakeTwilio) -> None:
    for model in (IncomingPhoneNumber, Call, Message):
        model.sync(all_accounts=True)
    found = dashboard(15, tz=NEW_YORK, all_accounts=True)
    wanted = reports.failures(date(2026, 6, 1), tz=NEW_YORK, all_accounts=True).totals["messages"]
    assert f"{wanted}" in Page(found.html).tables["Failed messages by error code and country"][-1]
    whole = [row for sid in (one["sid"] for one in fake.accounts if one["status"] == "active") for row in fake.calls.of(sid)]
    june = list(in_month(whole, "start_time", "2026-06", NEW_YORK))
    assert ("Calls", f"{len(june):,}") in section(found, "spend").figures


# ---------------------------------------------------------------- coverage


def test_what_is_not_covered_shows_no_numbers_and_names_the_sync(connection: Connection) -> None:
    IncomingPhoneNumber.sync()
    found = dashboard()
    page = check_page(found.html)
    reported = [one for one in found.sections if one.key not in ("drift", "audit")]
    assert not found.complete and not page.titles
    for one in reported:
        assert one.state == "not covered" and one.syncs and not one.shown, one.key
        assert "Not covered" in one.content and "<table" not in one.content and "<svg" not in one.content
        assert all(not value for _, value in one.figures)
    assert page.text.count("not covered") >= len(reported)
    for call in found.syncs:
        assert re.fullmatch(r"[A-Z]\w+(\.\w+\([^()]*\)|\.\w+)+", call) and call in page.text.replace("\n", " "), call
        eval(call, vars(twilio_orm).copy())
    after = dashboard()
    assert all(one.covered for one in after.sections if one.key != "audit") and not after.syncs


def test_a_mirror_that_has_all_makes_a_complete_dashboard(run: Run, fake: FakeTwilio, tmp_path: Path, monkeypatch: Any) -> None:
    """The audit runs the controls that need neither probes nor thresholds; of the others it says nothing."""
    fake.add_sound_records()
    fake.clock = datetime.now(UTC)  # that of a command without the network
    with named(fake, monkeypatch, tmp_path):
        lists = "accounts,numbers,applications,sip_domains,keys,usage_triggers,balance,calls,messages,recordings"
        assert run("sync", lists, "-q").code == 0
        assert run("sync", "SipAuthCallsCredentialListMapping,SipAuthCallsIpAccessControlListMapping", "-q").code == 0
        assert run("sync", "usage", "--since", "31d", "-q").code == 0
        said = run("dashboard")
        assert (said.code, said.err) == (0, "") and "Audit  (complete)" in said.out
        fake.numbers.add(phone_number="12345", voice_url="https://example.com/a", sms_url="https://example.com/a")
        run("sync", "numbers", "-q")
        said = run("dashboard")  # its country is not known, and no sync would tell
        assert said.code == 0 and "Audit  (1 finding skipped)" in said.out


@pytest.mark.parametrize(("alarms", "skips"), [(0, 0), (1, 2), (2, 1), (25, 0)])
def test_findings_are_counted_in_their_captions(connection: Connection, alarms: int, skips: int) -> None:
    """In the plural unless there is one."""
    sid = connection.account_sid
    findings = [Finding("balance", status, sid, "Balance", sid, "why") for status in ["alarm"] * alarms + ["skip"] * skips]
    found = audits(frame_of(connection, 7, None, all_accounts=False, partial=False), Audit(tuple(findings)))
    captions = re.findall(r"<caption>(.*?)</caption>", found.content)
    one, two = {1: "1 alarm"}.get(alarms, f"{alarms} alarms"), {1: "1 skipped finding"}.get(skips, f"{skips} skipped findings")
    assert captions == [text for text, count in ((one, alarms), (two, skips)) if count]
    assert ("No alarm." in found.content) == (alarms == 0)


def test_partial_shows_what_there_is_and_says_that_it_is_incomplete(connection: Connection) -> None:
    Call.sync("2026-06-01")
    found = dashboard(partial=True)
    hours = section(found, "hours")
    assert not hours.covered and hours.shown and "incomplete" in hours.content and hours.state.startswith("in part")
    page = check_page(found.html)
    assert "the mirror lacks" in page.text and page.titles["hours"]
    marked = sum(len(one.figures) for one in found.sections if one.key != "drift")
    assert found.html.count('<dd class="none">incomplete</dd>') == marked


def test_the_age_is_that_of_the_oldest_records(synced: Connection, fake: FakeTwilio) -> None:
    fake.advance(timedelta(hours=5))
    Call.sync(full=True)
    table = Page(dashboard().html).body("Coverage and freshness of each section")
    ages = {row[0]: row[-1] for row in table}
    assert ages["Calls by hour"] == "0 min" and ages["Delivery of messages"] == "5 h" == ages["Spend on calls and messages"]


@pytest.mark.parametrize(
    ("given", "says"), [({"days": 0}, "days"), ({"days": True}, "days"), ({"days": 367}, "366"), ({"tz": "Mars"}, "Mars")]
)
def test_wrong_arguments(connection: Connection, given: dict[str, Any], says: str) -> None:
    with pytest.raises(BadValue, match=says):
        dashboard(**given)


# ---------------------------------------------------------------- drift


def test_drift_is_what_changed_after_the_last_dashboard(synced: Connection, fake: FakeTwilio) -> None:
    first = dashboard()
    last = last_of(first.html)
    assert last is not None and (last.account_sid, last.at) == (fake.account_sid, fake.clock)
    assert "first dashboard" in section(first, "drift").state
    assert "recorded no change" in section(dashboard(last=last), "drift").content
    number = next(iter(fake.numbers))["sid"]
    fake.numbers.change(number, friendly_name="Renamed")
    IncomingPhoneNumber.sync()  # at the very moment of the last dashboard
    found = dashboard(last=last)
    (row,) = [
        row for caption, table in Page(found.html).tables.items() if caption.startswith("1 change since") for row in table[1:]
    ]
    assert row[1:4] == [f"IncomingPhoneNumber {number}", "changed", "friendly_name"] and row[5] == "Renamed"
    assert "recorded no change" in section(dashboard(last=last_of(found.html)), "drift").content
    other = Last("AC" + "0" * 32, last.at, last.revision)
    assert section(dashboard(last=other), "drift").state == "first dashboard"
    rebuilt = Last(fake.account_sid, last.at - timedelta(minutes=1), 10**9)
    assert "Renamed" in section(dashboard(last=rebuilt), "drift").content


def test_what_is_no_dashboard_has_no_last_one() -> None:
    own = Last("AC" + "1" * 32, datetime(2026, 6, 1, 12, 30, tzinfo=UTC), 17)
    text = f'<meta name="twilio-orm-dashboard" content="{own}">'
    assert last_of(f"<head>{text}</head>") == own
    for wrong in (
        "",
        text.replace("17", "x"),
        text.replace("2026-06", "2026-16"),
        text.replace("+00:00", ""),
        text.replace("AC", "AX"),
    ):
        assert last_of(wrong) is None, wrong


def test_an_address_is_shown_without_its_secrets() -> None:
    assert value_text("https://u:p@host.example:8443/path?a=secret#part") == "https://host.example:8443/path (query not shown)"
    assert value_text(None) == "empty" and value_text("http://[") == "an address that cannot be read"
    assert value_text("x" * 200) == f"{'x' * 120}… (200 characters)" and value_text(3) == "3"


# ---------------------------------------------------------------- the command


@pytest.fixture
def served(fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    """The account of the environment; commands need no credentials to read its mirror."""
    fill(fake)
    with named(fake, monkeypatch, tmp_path) as fake:
        yield fake


def test_the_command_writes_a_page_and_replaces_it(run: Run, served: FakeTwilio, tmp_path: Path) -> None:
    run("sync", "accounts,numbers,calls,messages", "-q")
    path, requests = tmp_path / "report.html", len(served.requests)
    said = run("dashboard", "-O", str(path), "--days", "7")
    assert said.code == 1 and said.out == "" and f"wrote {path}" in said.err and "`twilio-orm sync usage --since " in said.err
    first = path.read_text()
    check_page(first)
    assert "This is the first dashboard" in first and len(served.requests) == requests
    run("dashboard", "-O", str(path), "--days", "7", "-q")
    assert "recorded no change" in path.read_text() and [one.name for one in tmp_path.glob("*.html")] == ["report.html"]
    path.write_text("something else")
    run("dashboard", "-O", str(path), "--days", "7", "-q")
    assert "This is the first dashboard" in path.read_text()


def test_the_command_prints_bars_and_sparklines(run: Run, served: FakeTwilio) -> None:
    run("sync", "accounts,numbers,calls,messages", "-q")
    said = run("dashboard", "--days", "366")
    assert said.code == 1 and "Billed by Twilio  (not covered)" in said.out
    spend = next(line for line in said.out.splitlines() if "spend by day, USD" in line)
    assert set(spend) & set("▁▂▃▄▅▆▇█") and spend.endswith(" USD")
    assert any("█" in line and "·" in line and "delivered" in line for line in said.out.splitlines())


WRONG = [
    ("--days 0", "--days"),
    ("--tz Mars", "Mars"),
    ("-O missing/x.html", "missing"),
    ("-o json", "-O"),
]


def test_wrong_arguments_end_with_two(run: Run, served: FakeTwilio) -> None:
    run("sync", "numbers", "-q")
    for arguments, says in WRONG:
        said = run("dashboard", *arguments.split())
        assert said.code == 2 and says in said.err and said.out == "", arguments


def test_bars_and_sparklines() -> None:
    assert sparkline([0, 1, 8, 4, -2]) == " ▂█▅ " and sparkline([0, 0]) == "  " and sparkline([]) == ""
    assert sparkline([Decimal("0.5"), Decimal("0.0001")]) == "█▁"
    assert sparkline([1, 8, 4], blocks=False) == ":@+" and bar(1, 2, blocks=False) == "#" * 15 + "." * 15
    assert bar(1, 2) == "█" * 15 + "·" * 15 and bar(0, 0) == "·" * 30 and bar(-1, 2) == "·" * 30
    assert bar(1, 2, width=4) == "██··"
