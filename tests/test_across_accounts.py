"""Queries of all accounts: a tree of five accounts, one of them suspended, queried at once and by a loop over ``under()``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from mirrored import statements

from twilio_orm import (
    Account,
    AvailablePhoneNumber,
    AvailablePhoneNumberCountry,
    BadValue,
    Balance,
    Call,
    Connection,
    Count,
    IncomingPhoneNumber,
    Message,
    NotCovered,
    NotFound,
    Notification,
    NotLoaded,
    Participant,
    Q,
    QueryError,
    Recording,
    Sum,
    Token,
    UsageRecord,
    connect,
)
from twilio_orm.resources.usage import PERIODS
from twilio_orm.testing import FakeTwilio

SUSPENDED = "Child 3"


@pytest.fixture
def tree(fake: FakeTwilio, connection: Connection) -> list[str]:
    """The SIDs of the four active accounts of the tree, the main account's first."""
    fake.populate(calls=60, messages=40, numbers=8, recordings=20, applications=3, days=10, subaccounts=4, seed=3)
    children = {row["friendly_name"]: row["sid"] for row in fake.accounts if row["sid"] != fake.account_sid}
    fake.accounts.change(children.pop(SUSPENDED), status="suspended")
    return [fake.account_sid, *children.values()]


def each(connection: Connection, sids: list[str], model: Any) -> list[Any]:
    """Its query set on a connection to each account."""
    return [model.using(connection if sid == connection.account_sid else connection.under(sid)) for sid in sids]


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "live": lambda found: found,
    "cached": lambda found: found.cached(),
    "offline": lambda found: found.offline(),
    "as of now": lambda found: found.at(timedelta(0)),
}


@pytest.mark.parametrize("answered", ANSWERS.values(), ids=list(ANSWERS))
def test_the_totals_are_those_of_a_loop(tree: list[str], connection: Connection, answered: Callable[[Any], Any]) -> None:
    for model in (Call, Message, Recording, IncomingPhoneNumber):
        model.sync(all_accounts=True)
        found = answered(model.across_accounts())
        parts = [answered(one) for one in each(connection, tree, model)]
        assert sorted(record.sid for record in found) == sorted(record.sid for part in parts for record in part)
        assert found.count() == sum(part.count() for part in parts) > 10 and found.exists()
        by_account = dict(found.values_list("account_sid").annotate(n=Count()))
        assert by_account == {sid: part.count() for sid, part in zip(tree, parts, strict=True)}
        assert [one[1:] for one in found.skipped] == [(SUSPENDED, "suspended")]
        if model is not IncomingPhoneNumber:
            cost = sum((part.aggregate(x=Sum("price"))["x"]["USD"] for part in parts), Decimal(0))
            assert found.aggregate(x=Sum("price"))["x"]["USD"] == cost


@pytest.mark.parametrize("answered", ANSWERS.values(), ids=list(ANSWERS))
def test_order_slices_and_pages_are_of_all_accounts(
    tree: list[str], connection: Connection, answered: Callable[[Any], Any]
) -> None:
    Call.sync(all_accounts=True)
    found = answered(Call.across_accounts().order_by("-start_time", "sid"))
    times = [(call.start_time, call.sid) for call in found]
    assert [at for at, _ in times] == sorted((at for at, _ in times), key=lambda at: (at is not None, at), reverse=True)
    assert len({call.account_sid for call in found[:40]}) > 1
    sids = [sid for _, sid in times]
    assert [call.sid for call in found[5:20]] == sids[5:20]
    assert list(found.values_list("sid", flat=True)[5:20]) == sids[5:20]
    assert found[7].sid == sids[7] and found.first().sid == sids[0] and found.last().sid == sids[-1]
    assert [[call.sid for call in page] for page in found.pages(50)] == [sids[:50], sids[50:]]
    unordered = answered(Call.across_accounts())
    assert len(list(unordered[:70])) == 70 == unordered[:70].count() and unordered[70:].count() == len(sids) - 70
    assert unordered[3:3].count() == 0 and not unordered.none().exists()
    assert found.in_bulk([sids[50], sids[0], "CA" + "9" * 32]).keys() == {sids[50], sids[0]}
    assert found.contains(found.get(sids[60])) and found.get(sids[60]).sid == sids[60]
    with pytest.raises(Call.DoesNotExist):
        found.get("CA" + "9" * 32)


def test_requests_are_those_of_each_account_and_no_more_than_are_read(
    fake: FakeTwilio, tree: list[str], connection: Connection
) -> None:
    with fake.expects_requests(5):  # the accounts, and a list of each
        assert len(list(Call.across_accounts().filter(status="completed"))) > 40
    with fake.expects_requests(2):
        assert Call.across_accounts().exists()
    with fake.expects_requests(2):
        assert len(list(Call.across_accounts()[:10])) == 10
    with fake.expects_requests(2):
        Call.across_accounts().filter(account_sid=tree[2]).count()
    with fake.expects_requests(3):
        Call.across_accounts().filter(account_sid__in=tree[1:3]).count()
    sid = next(iter(fake.calls.of(tree[1])))["sid"]
    with fake.expects_requests(3):  # the main account does not have it, the next one does, and nobody else is asked
        assert Call.across_accounts().get(sid).account_sid == tree[1]


def test_offline_is_one_statement(tree: list[str], connection: Connection) -> None:
    Call.sync(all_accounts=True)
    with statements(connection.mirror) as texts:
        assert list(Call.across_accounts().offline().values("account_sid").annotate(n=Count()))
    assert len([one for one in texts if 'FROM "call"' in one and "RECURSIVE" not in one]) == 1


def test_a_records_methods_are_sent_to_its_own_account(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    IncomingPhoneNumber.sync(all_accounts=True)
    for answered in ANSWERS.values():
        for number in answered(IncomingPhoneNumber.across_accounts()):
            assert number.bound_connection().account_sid == number.account_sid
    number = IncomingPhoneNumber.across_accounts().offline().filter(account_sid=tree[1]).first()
    assert number is not None
    number.update(friendly_name="renamed")
    assert fake.requests[-1].path.startswith(f"/2010-04-01/Accounts/{tree[1]}/IncomingPhoneNumbers/")


# ------------------------------------------------------------ what the mirror has


def test_an_account_that_was_not_fetched_is_named(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    everything = Call.across_accounts().offline()
    with fake.expects_requests(0):
        with pytest.raises(NotCovered, match=r"list of accounts.*Account\.sync\(\)"):
            everything.count()
        assert everything.offline(partial=True).count() == 0
    Account.sync()
    for one in each(connection, tree, Call)[:3]:
        one.sync()
    with fake.expects_requests(0):
        with pytest.raises(NotCovered, match=rf"of {tree[3]}: run Call\.sync\(all_accounts=True\)") as error:
            everything.count()
        assert not any(sid in str(error.value) for sid in tree[:3])
        partial = Call.across_accounts().offline(partial=True)
        assert partial.count() == sum(len(fake.calls.of(sid)) for sid in tree[:3]) and partial.as_of is None
        assert everything.filter(account_sid__in=tree[:3]).count() == partial.count()
        assert everything.exclude(account_sid=tree[3]).count() == partial.count()
        missing = everything.freshness().missing
        assert len(missing) == 1 and tree[3] in missing[0] and len(everything.coverage()) == 3
    assert Call.across_accounts().sync().complete
    assert everything.count() == sum(len(fake.calls.of(sid)) for sid in tree)
    assert everything.as_of is not None and everything.freshness().complete


def test_only_what_is_missing_is_fetched(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    Account.sync()
    for one in each(connection, tree, Call)[:3]:
        one.sync()
    with fake.expects_requests(1):
        assert Call.across_accounts().cached().count() == sum(len(fake.calls.of(sid)) for sid in tree)
    with fake.expects_requests(0):
        assert Call.across_accounts().cached().order_by("start_time").first() is not None


def test_the_accounts_are_those_of_the_moment(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    """An account that was suspended later was active then."""
    Call.sync(all_accounts=True)
    before, count = connection.now(), Call.across_accounts().offline().count()
    fake.advance(timedelta(hours=1))
    fake.accounts.change(tree[1], status="closed")
    Account.sync()
    now = Call.across_accounts().offline()
    assert now.count() == count - len(fake.calls.of(tree[1]))
    assert sorted(one.status for one in now.skipped) == ["closed", "suspended"]
    then = Call.across_accounts().at(before)
    assert then.count() == count and [one.status for one in then.skipped] == ["suspended"]


def test_an_accounts_listings_judge_its_own_records_alone(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    """A record that its account's list does not show any more is in no answer, whenever the others were listed."""
    for model in (Recording, Call):
        model.sync(all_accounts=True)
    victim = next(iter(fake.calls.of(tree[2])))["sid"]
    fake.advance(timedelta(hours=1))
    fake.calls.of(tree[2]).remove(victim)
    Call.using(connection.under(tree[2])).sync()
    found = Call.across_accounts().offline()
    assert victim not in {one.sid for one in found} and found.count() == sum(len(fake.calls.of(sid)) for sid in tree)
    assert found.filter(recordings__isnull=True).count() == len([1 for one in found if not one.recordings.offline(True).exists()])


def test_listings_of_one_account_say_nothing_of_another(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    """A record that is in none of the lists which cover a query of its account is in no answer about all accounts either."""
    Call.sync(all_accounts=True)
    statuses = ["completed", "busy"]
    for at, sid in enumerate(tree):
        fake.calls.of(sid).add(sid=f"CA{at:032x}", status="busy")
    Call.sync(all_accounts=True)
    for at, sid in enumerate(tree[:2]):
        fake.advance(timedelta(hours=1))
        fake.calls.of(sid).remove(f"CA{at:032x}")
        Call.using(connection.under(sid)).filter(status__in=statuses).sync()
    found = Call.across_accounts().offline().filter(status__in=statuses)
    parts = [one.offline().filter(status__in=statuses) for one in each(connection, tree, Call)]
    assert {one.sid for one in found} == {one.sid for part in parts for one in part}
    assert found.count() == sum(1 for sid in tree for one in fake.calls.of(sid) if one["status"] in statuses)


def test_slices_of_what_is_partly_fetched(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    """For a slice without an order nothing is fetched that Twilio's own pages do not show."""
    total = sum(len(fake.calls.of(sid)) for sid in tree)
    for one in each(connection, tree, Call)[::2]:
        one.sync()
    found = Call.across_accounts().cached()
    assert [len(list(found[low:high])) for low, high in ((0, 5), (7, 70), (61, 64), (70, None))] == [5, 63, 3, total - 70]
    assert found[65:70].count() == 5 and len({one.sid for one in found[2:]}) == total - 2


def test_a_record_that_another_account_has_is_not_deleted(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    """That this account answers 404 for it says nothing about that of the account which has it."""
    Call.sync(all_accounts=True)
    fake.advance(timedelta(days=2))
    there = Call.across_accounts().offline().filter(account_sid=tree[1]).first()
    assert there is not None
    with pytest.raises(Call.DoesNotExist):
        Call.get(there.sid)
    assert Call.using(connection.under(tree[1])).offline().get(there.sid) == there


# ------------------------------------------------------------ conditions on the account


def test_conditions_on_the_account_narrow(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    Call.sync(all_accounts=True)
    everything, main, child = Call.across_accounts(), *tree[:2]
    sizes = {sid: len(fake.calls.of(sid)) for sid in tree}
    for answered in ANSWERS.values():
        found = answered(everything)
        assert found.filter(account_sid=child).count() == sizes[child]
        assert found.filter(account_sid__in=[main, child]).count() == sizes[main] + sizes[child]
        assert found.exclude(account_sid=main).count() == sum(sizes.values()) - sizes[main]
        assert found.exclude(account_sid__in=tree).count() == 0
        assert found.filter(account_sid__startswith=child[:9]).count() == sizes[child]
        assert found.filter(Q(account_sid=child) | Q(status="busy", account_sid=main)).count() == sizes[child] + len(
            [one for one in fake.calls if one["status"] == "busy"]
        )
        assert found.filter(account__friendly_name="Child 1").count() in sizes.values()
        assert (found.filter(account_sid=main) | found.filter(account_sid=child)).count() == sizes[main] + sizes[child]
        assert found.filter(account_sid=found.skipped[0].sid if found.skipped else main).count() in (0, sizes[main])
        with pytest.raises(BadValue, match=f"AC{'9' * 32} is not one of the accounts"):
            found.filter(account_sid="AC" + "9" * 32).count()
        with pytest.raises(BadValue, match="fits none"):
            found.filter(account_sid__startswith="AC" + "z" * 9).count()


def test_one_account_says_how_to_reach_the_others(tree: list[str], connection: Connection) -> None:
    for words in ({"account_sid": tree[1]}, {"account_sid__startswith": tree[1][:20]}, {"account_sid__gt": "AD"}):
        with pytest.raises(BadValue, match=r"under\(.*Call\.across_accounts\(\)"):
            Call.filter(**words)


def test_what_is_related_is_of_the_same_account(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    for model in (Call, Recording):
        model.sync(all_accounts=True)
    for answered in ANSWERS.values():
        found = answered(Recording.across_accounts().filter(call__status="completed"))
        parts = [answered(one.filter(call__status="completed")) for one in each(connection, tree, Recording)]
        assert sorted(one.sid for one in found) == sorted(one.sid for part in parts for one in part)
        calls = list(answered(Call.across_accounts()).prefetch("recordings", "account").order_by("sid"))
        assert sum(len(list(call.recordings)) for call in calls) > 10
        with fake.expects_requests(0):
            assert all(one.account_sid == call.account_sid for call in calls for one in call.recordings)
            assert {one.sid for call in calls for one in call.account} == set(tree)


# ------------------------------------------------------------ usage, and what is no list of an account


def test_usage_counts_nothing_twice(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    UsageRecord.sync(all_accounts=True)
    for answered in (lambda found: found, lambda found: found.cached(), lambda found: found.offline()):
        for period in PERIODS:
            found = {(one.account_sid, one.start_date, one.category): one.count for one in answered(
                UsageRecord.across_accounts().filter(period=period) if period != "total" else UsageRecord.across_accounts()
            )}  # fmt: skip
            parts = [
                answered(one.filter(include_subaccounts=False, **({"period": period} if period != "total" else {})))
                for one in each(connection, tree, UsageRecord)
            ]
            assert found == {(one.account_sid, one.start_date, one.category): one.count for part in parts for one in part}
    live = UsageRecord.across_accounts().filter(category="calls")
    everywhere = UsageRecord.filter(category="calls").get().count
    (skipped,) = Account.filter(status="suspended")
    assert live.aggregate(n=Sum("count"))["n"] + skipped.usage_records.filter(category="calls").get().count == everywhere
    assert all(one.include_subaccounts is False for one in live)
    for wrong in (
        live.filter(include_subaccounts=True),
        live.exclude(include_subaccounts=False),
        live.filter(include_subaccounts__in=[True, False]),
    ):
        with fake.expects_requests(0), pytest.raises(QueryError, match="twice"):
            wrong.count()


def test_what_is_no_list_of_an_account_says_so(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    with fake.expects_requests(0):
        for model, why in (
            (Balance, "Balance.get"),
            (Participant, "conference_sid"),
            (AvailablePhoneNumber, "no such list"),
            (Token, "no such list"),
        ):
            with pytest.raises(QueryError, match=why):
                model.across_accounts()
    assert Account.across_accounts().count() == 5 and Account.across_accounts().skipped == ()
    assert {one.account_sid for one in AvailablePhoneNumberCountry.across_accounts()} == set(tree)


def test_a_list_below_a_record_is_its_accounts(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    call = next(iter(fake.calls.of(tree[1])))["sid"]
    fake.notifications.of(tree[1]).add(call_sid=call)
    found = Notification.across_accounts().filter(call_sid=call)
    for answered in (found, found.order_by("sid"), found.cached(), found.cached().order_by("sid")):
        assert [one.account_sid for one in answered] == [tree[1]]
    nobodys = Notification.across_accounts().filter(call_sid="CA" + "9" * 32)
    for answered in (nobodys, nobodys.order_by("sid"), nobodys.cached()):
        with pytest.raises(NotFound):
            list(answered)


@pytest.mark.parametrize("method", [
    lambda found: found.update(confirm=True, friendly_name="x"),
    lambda found: found.delete(confirm=True),
    lambda found: found.plan_update(friendly_name="x"),
    lambda found: found.plan_delete(),
    lambda found: found.create(phone_number="+14155550100"),
    lambda found: found.ref("PN" + "0" * 32),
    lambda found: found.diff(),
    lambda found: found.diff(since=timedelta(days=1)),
])  # fmt: skip
def test_methods_for_one_account_say_so(
    fake: FakeTwilio, tree: list[str], connection: Connection, method: Callable[[Any], Any]
) -> None:
    with fake.expects_requests(0), pytest.raises(QueryError, match=r"one account.*under\(sid\)"):
        method(IncomingPhoneNumber.across_accounts())


# ------------------------------------------------------------ query sets


def test_a_query_set_of_all_accounts(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    everything = Call.across_accounts()
    assert everything == Call.all().across_accounts() == everything.across_accounts() != Call.all()
    assert repr(everything) == "<QuerySet[Call], live, across accounts>"
    assert repr(everything.offline(partial=True)) == "<QuerySet[Call], partial, across accounts>"
    assert everything.offline().cached() == everything.cached() and everything.using(connection) == everything
    assert everything.skipped == () and everything.count() and len(everything.skipped) == 1
    with pytest.raises(QueryError, match="across accounts"):
        everything | Call.all()
    names = Call.across_accounts().values("account_sid", "status")
    assert names.annotate(n=Count()).offline().across_accounts().count() if Call.sync(all_accounts=True) else True
    assert names.skipped == ()
    text = everything.filter(status="busy").explain()
    assert all(sid in text for sid in tree) and "Status=busy" in text


def test_only_some_fields_are_read(tree: list[str], connection: Connection) -> None:
    Call.sync(all_accounts=True)
    for answered in ANSWERS.values():
        for found in (answered(Call.across_accounts().only("status")), answered(Call.across_accounts()).defer("to")):
            records = list(found.order_by("sid"))
            assert {one.bound_connection().account_sid for one in records} == set(tree) and all(one.status for one in records)
            with pytest.raises(NotLoaded):
                _ = records[0].to


def test_strict_is_said_before_anything_is_sent(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    with fake.expects_requests(0), pytest.raises(QueryError, match="reads every Call"):
        list(Call.across_accounts().strict())
    with fake.expects_requests(5):
        list(Call.across_accounts().filter(status="busy").strict())
    strict = connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", strict=True)
    with strict:  # the list of accounts is no list that the caller reads
        assert Call.sync(all_accounts=True).complete and Call.across_accounts().filter(status="busy").count()
    strict.close()


def test_from_a_subaccount_it_is_that_account(fake: FakeTwilio, tree: list[str], connection: Connection) -> None:
    with connection.under(tree[1]):
        assert {one.account_sid for one in Call.across_accounts()} == {tree[1]}
        with pytest.raises(BadValue, match="not one of the accounts"):
            Call.across_accounts().filter(account_sid=tree[0]).count()
