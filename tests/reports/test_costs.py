"""Usage, spend and whether they agree: against loops over the account's own records."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from cases import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from known import NEW_YORK, active, added, cost, covered, day, fill, grouped, in_month, rows, run_named_syncs
from mirrored import statements

import twilio_orm
from twilio_orm import Account, Amounts, BadValue, Call, Connection, Message, NotCovered, UsageRecord, reports
from twilio_orm.http.messages import Request, Response
from twilio_orm.reports import categories
from twilio_orm.testing import FakeTwilio

# ---------------------------------------------------------------- spend


def expected_spend(fake: FakeTwilio, month: str, zone: str, accounts: list[str], names: tuple[str, ...]) -> dict[Any, Any]:
    """By a loop: for each group its calls, minutes, messages, segments, cost and unpriced."""

    def key(kind: str, row: Any) -> tuple[Any, ...]:
        inward = row["direction"] == "inbound"
        other = row["from" if inward else "to"]
        found = {
            "account": row["account_sid"],
            "kind": kind,
            "number": row["to" if inward else "from"],
            "direction": row["direction"],
            "country": {"+49": "DE", "+33": "FR"}.get(other[:3], "elsewhere"),
            "day": day(row, "start_time" if kind == "call" else "date_sent", zone),
        }
        return tuple(found[name] for name in names)

    calls = grouped(in_month(rows(fake, "calls", accounts), "start_time", month, zone), lambda row: key("call", row))
    texts = grouped(in_month(rows(fake, "messages", accounts), "date_sent", month, zone), lambda row: key("message", row))
    return {
        group: (
            len(calls.get(group, [])),
            sum(-(-int(row["duration"] or 0) // 60) for row in calls.get(group, [])),
            len(texts.get(group, [])),
            sum(int(row["num_segments"]) for row in texts.get(group, [])),
            cost([*calls.get(group, []), *texts.get(group, [])]),
            sum(row["price"] is None for row in [*calls.get(group, []), *texts.get(group, [])]),
        )
        for group in calls.keys() | texts.keys()
    }


@pytest.mark.parametrize(("month", "zone"), [("2026-05", "UTC"), ("2026-05", NEW_YORK), ("2026-06", NEW_YORK)])
def test_spend_is_what_a_loop_finds(fake: FakeTwilio, connection: Connection, month: str, zone: str) -> None:
    Account.sync()
    for names in (("number", "direction"), ("day",), ("account", "kind"), ("country",), ()):
        report = covered(reports.spend, month, by=names, tz=zone, all_accounts=True)
        expected = expected_spend(fake, month, zone, active(fake), names)
        found: dict[Any, Any] = {}
        for row in report.rows:
            key = tuple(
                value if name != "country" or value in ("DE", "FR") else "elsewhere"
                for name, value in zip(names, row, strict=False)
            )
            there = found.setdefault(key, (0, 0, 0, 0, Amounts({}), 0))
            found[key] = tuple(one + other for one, other in zip(there, row[len(names) :], strict=True))
        assert found == expected, names
        assert report.totals["cost"] == added(Amounts(one[4]) for one in expected.values())
        assert report.totals["cost"].keys() == {"EUR", "USD"}
        assert report.totals["unpriced"] == sum(one[5] for one in expected.values())
        assert report.complete and report.as_of == fake.clock
        assert any("is not included: it is suspended" in one for one in report.caveats)


def test_live_and_offline_agree_and_live_stores_nothing_new(fake: FakeTwilio, connection: Connection) -> None:
    live = reports.spend("2026-05", by="number,country,day", tz=NEW_YORK, all_accounts=True, live=True)
    offline = covered(reports.spend, "2026-05", by="number,country,day", tz=NEW_YORK, all_accounts=True)
    assert live.rows == offline.rows and live.totals == offline.totals and live.caveats == offline.caveats
    assert {one.source for one in live.coverage} == {"Twilio"} and {one.source for one in offline.coverage} == {"mirror"}


def test_every_grouping_of_spend_adds_up_to_the_same(fake: FakeTwilio, connection: Connection) -> None:
    Account.sync(), Call.sync(all_accounts=True), Message.sync(all_accounts=True)
    names = ("account", "kind", "number", "direction", "country", "day")
    totals = [
        reports.spend("2026-05", by=some, tz=NEW_YORK, all_accounts=True).totals
        for size in (0, 1, 2, 6)
        for some in combinations(names, size)
    ]
    assert len(totals) == 23 and all(one == totals[0] for one in totals) and totals[0]["calls"] > 50


def test_an_offline_spend_reads_two_groupings_and_no_records(fake: FakeTwilio, connection: Connection) -> None:
    Call.sync(), Message.sync()
    with fake.expects_requests(0), statements(connection.mirror) as texts:
        reports.spend("2026-05", by=["number", "day"])
    read = [one for one in texts if 'FROM "call"' in one or 'FROM "message"' in one]
    assert len([one for one in read if "GROUP BY" in one]) == 2


def test_unpriced_records_are_counted_and_told_apart(fake: FakeTwilio, connection: Connection) -> None:
    report = covered(reports.spend, "2026-05", by=[], tz=NEW_YORK)
    found = [
        *in_month(rows(fake, "calls"), "start_time", "2026-05", NEW_YORK),
        *in_month(rows(fake, "messages"), "date_sent", "2026-05", NEW_YORK),
    ]
    unpriced = [row for row in found if row["price"] is None]
    never = ("busy", "failed", "no-answer", "canceled")
    pending = [row for row in unpriced if row["status"] not in never]
    assert 0 < len(pending) < len(unpriced) < len(found)
    assert report.totals["unpriced"] == len(unpriced)
    said = f"of {len(found)} records {len(unpriced)} without a price, which cost nothing here; "
    assert f"{said}{len(pending)} of them may still get one" in report.caveats


def test_a_month_that_is_not_over_says_so(fake: FakeTwilio, connection: Connection) -> None:
    report = covered(reports.spend, "2026-06", by=[])
    assert "June 2026 is not over: later records are not in the report" in report.caveats
    assert not any("not over" in one for one in covered(reports.spend, "2026-05", by=[]).caveats)


def test_other_accounts_of_the_mirror_are_mentioned(fake: FakeTwilio, connection: Connection) -> None:
    report = covered(reports.spend, "2026-05")
    assert not any("other account" in one for one in report.caveats)  # the mirror knows of none
    Account.sync()
    report = reports.spend("2026-05")
    assert "3 other accounts of the mirror not included: all_accounts=True includes them" in report.caveats
    child = connection.under(active(fake)[1])
    assert not any("other account" in one for one in reports.spend("2026-05", partial=True, connection=child).caveats)


def test_the_error_names_what_each_account_lacks(fake: FakeTwilio, connection: Connection) -> None:
    Account.sync()
    with pytest.raises(NotCovered) as error:
        reports.spend("2026-05", all_accounts=True)
    listed = [sid for sid in active(fake) if f"Call of {sid}: GET" in str(error.value)]
    assert len(listed) == 3 and str(error.value).count("Call.sync(") == 1
    assert " and 3 more. live=True" in str(error.value)


# ---------------------------------------------------------------- what the mirror has not fetched


@pytest.mark.parametrize("across", [False, True])
def test_it_refuses_and_names_the_syncs_that_suffice(fake: FakeTwilio, connection: Connection, across: bool) -> None:
    with fake.expects_requests(0), pytest.raises(NotCovered) as error:
        reports.spend("2026-05", tz=NEW_YORK, all_accounts=across)
    tail = ", all_accounts=True" * across
    ends = "'2026-05-01T04:00:00Z', '2026-06-01T04:00:00Z'"
    assert f"Call.sync({ends}{tail}); Message.sync({ends}{tail}). It lacks" in str(error.value)
    assert ("Account.sync()" in str(error.value)) is across
    for _ in range(2):  # the list of accounts first says which there are
        try:
            report = reports.spend("2026-05", tz=NEW_YORK, all_accounts=across)
        except NotCovered as again:
            run_named_syncs(again)
    assert report.complete
    with pytest.raises(NotCovered):
        reports.spend("2026-04", tz=NEW_YORK, all_accounts=across)


def test_partial_reports_what_is_there_and_says_what_is_missing(fake: FakeTwilio, connection: Connection) -> None:
    Message.sync("2026-05-01", "2026-06-01")
    with fake.expects_requests(0):
        report = reports.spend("2026-05", by="kind", partial=True)
    assert [row["kind"] for row in report] == ["message"] and not report.complete and report.as_of is None
    assert [one.resource for one in report.coverage if one.complete] == ["Message"]
    assert any(one.startswith(f"Call of {fake.account_sid}: the mirror lacks GET ") for one in report.caveats)
    assert "never: the mirror has not fetched all of it" in report.text()


def test_a_month_fetched_before_it_was_over_is_not_covered_after_it(fake: FakeTwilio, connection: Connection) -> None:
    Call.sync(), Message.sync()
    assert reports.spend("2026-06").complete
    fake.advance(timedelta(days=20))
    with pytest.raises(NotCovered, match="what came after 2026-06-15T12:00:00Z") as error:
        reports.spend("2026-06")
    partial = reports.spend("2026-06", partial=True)
    assert not partial.complete and any("what came after 2026-06-15T12:00:00Z" in one for one in partial.caveats)
    run_named_syncs(error.value)
    assert reports.spend("2026-06").complete
    assert reports.spend("2026-06").totals == reports.spend("2026-06", live=True).totals


def test_an_incremental_sync_of_the_rest_covers_a_month(fake: FakeTwilio, connection: Connection) -> None:
    Call.sync(), Message.sync()
    fake.advance(timedelta(days=20))
    fake.calls.add(status="completed", start_time=fake.clock - timedelta(days=9), price="-7.00", price_unit="USD")
    Call.sync(), Message.sync()
    assert reports.spend("2026-06", by=[]).totals == reports.spend("2026-06", by=[], live=True).totals


def test_a_window_that_begins_after_the_last_sync_is_not_covered(fake: FakeTwilio, connection: Connection) -> None:
    """A mirror of last month knows nothing of the last seven days, though each list in it was fetched completely."""
    Call.sync(), Message.sync()
    fake.advance(timedelta(days=6))
    assert reports.funnel("7d").complete
    fake.advance(timedelta(days=14))
    for report in (lambda: reports.funnel("7d"), lambda: reports.dispositions("7d"), lambda: reports.failures("7d")):
        with pytest.raises(NotCovered, match="what came after 2026-06-15T12:00:00Z"):
            report()
    Call.sync(), Message.sync()
    assert reports.funnel("7d").complete
    assert reports.spend("2026-08", partial=True).rows == ()


# ---------------------------------------------------------------- usage


def test_usage_lists_what_has_no_parts_and_adds_up_to_the_total(fake: FakeTwilio, connection: Connection) -> None:
    report = covered(reports.usage, "2026-05")
    listed = {row["category"]: row for row in report}
    assert set(listed) == {"calls-inbound", "calls-outbound", "sms-inbound", "sms-outbound", "recordings"}
    accounts = [row["sid"] for row in fake.accounts]
    calls = [row for row in in_month(rows(fake, "calls", accounts), "start_time", "2026-05") if row["status"] == "completed"]
    inbound = [row for row in calls if row["direction"] == "inbound"]
    assert listed["calls-inbound"]["count"] == len(inbound)
    assert listed["calls-inbound"]["usage"] == sum(-(-int(row["duration"]) // 60) for row in inbound)
    assert listed["calls-inbound"]["cost"]["USD"] == cost(inbound)["USD"]
    total = UsageRecord.monthly.between("2026-05-01", "2026-05-31").get(category="totalprice")
    assert report.totals["cost"] == {"USD": total.price} == added(row["cost"] for row in report)


def test_every_grouping_of_usage_adds_up_to_the_total(fake: FakeTwilio, connection: Connection) -> None:
    fake.accounts.change(next(row["sid"] for row in fake.accounts if row["status"] == "suspended"), status="active")
    Account.sync()
    total = UsageRecord.monthly.between("2026-05-01", "2026-05-31").get(category="totalprice").price
    for by in ("category", "day", "category,day", "account", "account,category", "account,day,category", ""):
        report = covered(reports.usage, "2026-05", [name for name in by.split(",") if name])
        assert report.totals["cost"] == {"USD": total} and report.complete
        assert ("day" in by) is (len({row.get("day") for row in report}) > 10)


def test_usage_of_the_account_alone(fake: FakeTwilio, connection: Connection) -> None:
    own = covered(reports.usage, "2026-05", all_accounts=False)
    calls = [row for row in in_month(rows(fake, "calls"), "start_time", "2026-05") if row["status"] == "completed"]
    listed = {row["category"]: row["count"] for row in own}
    assert listed["calls-inbound"] + listed["calls-outbound"] == len(calls)
    assert own.totals["cost"] < covered(reports.usage, "2026-05").totals["cost"]
    with pytest.raises(BadValue, match="all accounts"):
        reports.usage("2026-05", "account", all_accounts=False)


def test_live_usage_is_one_request(fake: FakeTwilio, connection: Connection) -> None:
    with fake.expects_requests(1):
        live = reports.usage("2026-05", live=True)
    assert live.rows == covered(reports.usage, "2026-05").rows


def test_what_no_part_contains_is_a_row(fake: FakeTwilio) -> None:
    """Twilio's answer, with a call fee that no part of ``calls`` contains, and a total with a monthly fee."""
    fill(fake)

    def send(request: Request) -> Response:
        response = fake.send(request)
        if "/Usage/Records" not in request.path or response.status != 200:
            return response
        document = json.loads(response.body)
        for row in document["usage_records"]:
            more = {"calls": "1.5", "totalprice": "3.75"}.get(row["category"], "0")
            row["price"] = str(Decimal(row["price"]) + Decimal(more))
        return Response(200, response.headers, json.dumps(document).encode())

    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:", clock=lambda: fake.clock):
        report = covered(reports.usage, "2026-05")
        total = UsageRecord.monthly.offline().between("2026-05-01", "2026-05-31").get(category="totalprice").price
        rests = {row["category"]: row["cost"] for row in report if row["category"].endswith(("other", "(other)"))}
        assert rests == {"calls (other)": {"USD": Decimal("1.5")}, "other": {"USD": Decimal("2.25")}}
        assert report.totals["cost"] == {"USD": total}
        lines = {row["line"]: row for row in covered(reports.reconcile, "2026-05")}
        assert lines["other"]["gap"]["USD"] > Decimal("3.75")


def money(text: str) -> Amounts:
    return Amounts({"USD": Decimal(text)})


def test_what_the_parts_of_a_category_do_not_contain_is_a_part_of_its_own() -> None:
    prices = {
        "totalprice": money("10"), "calls": money("6"), "calls-inbound": money("4"), "calls-inbound-local": money("3"),
        "calls-inbound-mobile": money("1"), "sms": money("2"), "sms-messages-carrierfees": money("0.5"),
        "phonenumbers": money("1"),
    }  # fmt: skip
    tree = categories.children(prices)
    assert tree == {
        "totalprice": ["calls", "phonenumbers", "sms", "sms-messages-carrierfees"],
        "calls": ["calls-inbound"],
        "calls-inbound": ["calls-inbound-local", "calls-inbound-mobile"],
    }
    rests = categories.rests(prices, tree)
    assert rests == {"totalprice": money("0.5"), "calls": money("2")}
    leaves = added(price for name, price in prices.items() if name not in tree)
    assert leaves + added(rests.values()) == prices["totalprice"]


NAMES = [
    "totalprice", "calls", "calls-inbound", "calls-inbound-local", "calls-inbound-tollfree", "calls-outbound", "sms",
    "sms-inbound", "sms-messages-carrierfees", "mms-messages-carrierfees", "phonenumbers-local", "recordings", "callsids",
]  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.dictionaries(st.sampled_from(["USD", "EUR"]), st.decimals(-99, 99, places=5), max_size=2).map(Amounts),
    )
)
@settings(max_examples=cases(60, thorough=2000), deadline=None)
def test_leaves_and_rests_add_up_to_each_category(prices: dict[str, Amounts]) -> None:
    """Whatever the categories cost, and whichever of them there are."""
    tree = categories.children(prices)
    rests = categories.rests(prices, tree)

    def leaves(name: str) -> Amounts:
        below = added(map(leaves, tree[name])) if name in tree else prices.get(name, Amounts({}))
        return below + rests.get(name, Amounts({}))

    for name, price in prices.items():
        assert categories.minus(leaves(name), price) == {}
    assert all(sum(one in parts for parts in tree.values()) == 1 for one in prices if one != "totalprice")


def test_a_part_that_costs_more_than_the_whole_is_taken_back() -> None:
    prices = {"totalprice": money("5"), "calls": money("5"), "calls-sip": money("6")}
    assert categories.rests(prices, categories.children(prices)) == {"calls": money("-1")}


# ---------------------------------------------------------------- arguments


def test_wrong_arguments_are_refused_before_anything_is_read(fake: FakeTwilio, connection: Connection) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"month": "May"}, 'month takes a month such as "2026-10"'),
        ({"month": "2026-13"}, "month takes"),
        ({"month": "0000-01"}, "month takes"),
        ({"month": 202605}, "month takes"),
        ({"month": fake.clock}, "month takes"),
        ({"month": "2026-05", "by": ["numbers"]}, "did you mean 'number'"),
        ({"month": "2026-05", "by": [7]}, "not by 7"),
        ({"month": "2026-05", "by": "day,day"}, "each grouping once"),
        ({"month": "2026-05", "tz": "Berlin"}, "tz takes the name of a time zone"),
        ({"month": "2026-05", "live": True, "partial": True}, "not both"),
    ]
    for arguments, says in wrong:
        with fake.expects_requests(0), pytest.raises(BadValue, match=says):
            reports.spend(**arguments)


def test_a_month_without_records_is_a_report_without_rows(fake: FakeTwilio, connection: Connection) -> None:
    for report in (covered(reports.spend, "2025-02"), covered(reports.usage, "2025-02")):
        assert report.rows == () and report.totals["cost"] == {} and "(no rows)" in report.text()
        assert report.to_html() and report.to_markdown() and report.complete


def test_a_day_names_its_month(fake: FakeTwilio, connection: Connection) -> None:
    Call.sync(), Message.sync()
    assert reports.spend(date(2026, 5, 17)) == reports.spend("2026-05")


def test_a_report_is_about_the_connection_that_is_named(fake: FakeTwilio, connection: Connection) -> None:
    child = active(fake)[1]
    with connection.under(child):
        Call.sync(), Message.sync()
        expected = reports.spend("2026-05")
    assert reports.spend("2026-05", connection=connection.under(child)) == expected
    with pytest.raises(NotCovered, match=connection.account_sid):
        reports.spend("2026-05")
    assert twilio_orm.current() is connection


# ---------------------------------------------------------------- usage against logs


@pytest.mark.parametrize("across", [False, True])
def test_reconcile_is_what_a_loop_finds(fake: FakeTwilio, connection: Connection, across: bool) -> None:
    if across:
        Account.sync()
    report = covered(reports.reconcile, "2026-05", all_accounts=across)
    accounts = active(fake) if across else None
    calls = [row for row in in_month(rows(fake, "calls", accounts), "start_time", "2026-05") if row["status"] == "completed"]
    texts = [*in_month(rows(fake, "messages", accounts), "date_sent", "2026-05")]
    lines = {row["line"]: row for row in report}
    for line, found in (("calls", calls), ("messages", texts)):
        for way in ("inbound", "outbound"):
            some = [row for row in found if (row["direction"] == "inbound") is (way == "inbound")]
            row = lines[f"{line} {way}"]
            assert row["logs"] == cost(some) and row["billed"] == len(some)
            assert row["usage"]["USD"] == cost(some)["USD"]  # the simulated account bills what the logs say, in dollars
    recordings = cost(in_month(rows(fake, "recordings", accounts), "date_created", "2026-05"))
    assert lines["other"]["gap"] == recordings and "no log has their prices" in lines["other"]["likely_reason"]
    for row in report:
        assert categories.minus(row["usage"], row["logs"]) == row["gap"]
        assert bool(row["likely_reason"]) is bool(row["gap"])
    assert "prices in EUR, in which Twilio does not bill" in lines["calls outbound"]["likely_reason"]
    assert (
        report.totals["usage"]
        == covered(reports.usage, "2026-05", "account" if across else [], all_accounts=across).totals["cost"]
    )


def test_reconcile_says_what_may_explain_a_gap(fake: FakeTwilio, connection: Connection) -> None:
    Call.sync(), Message.sync()
    gone = next(
        row for row in in_month(rows(fake, "calls"), "start_time", "2026-05") if row["direction"] == "inbound" and row["price"]
    )
    price = Decimal(gone["price"])
    late = next(row for row in in_month(rows(fake, "messages"), "date_sent", "2026-05") if row["direction"] == "inbound")
    UsageRecord.monthly.between("2026-05-01", "2026-05-31").filter(include_subaccounts=False).sync()
    fake.calls.remove(gone["sid"])
    fake.messages.change(late["sid"], price=None)
    for row in (gone, late):
        (Call if row is gone else Message).filter(sid=row["sid"]).sync()
    lines = {row["line"]: row for row in reports.reconcile("2026-05")}
    assert lines["calls inbound"]["gap"] == {"USD": -price}
    assert lines["calls inbound"]["likely_reason"] == "1 record billed and not in the logs: deleted, or of another account"
    assert lines["messages inbound"]["likely_reason"] == "1 record without a price yet"
    assert lines["messages inbound"]["gap"] == {"USD": -Decimal(late["price"])}
