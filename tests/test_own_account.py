"""A question about another account's records is refused and told where it is answered, rather than answered by nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from commandline import Run, named
from hypothesis import given
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import (
    Account,
    BadValue,
    Balance,
    Call,
    Connection,
    F,
    IncomingPhoneNumber,
    Key,
    Message,
    Q,
    Recording,
    UsageRecord,
)
from twilio_orm.query.accounts import check_own_account
from twilio_orm.query.ast import And, Condition, Not, Or
from twilio_orm.schema.registry import CLASSES
from twilio_orm.testing import FakeTwilio

CHILD = "AC" + "c" * 32


@pytest.fixture
def family(fake: FakeTwilio, connection: Connection) -> tuple[str, str]:
    """The accounts of a parent and its child, each with a call in the one mirror."""
    child = fake.accounts.add(friendly_name="child")["sid"]
    fake.calls.add(to="parent's")
    fake.numbers.of(child).add(phone_number="+15550000002")
    with connection.under(child):
        Call.create(to="+15550000001", from_="+15550000002", url="https://example.com/")
        Call.sync()
    Call.sync()
    return fake.account_sid, child


FOREIGN: tuple[Callable[[str, str], Any], ...] = (
    lambda own, child: Call.filter(account_sid=child),
    lambda own, child: Call.filter(account=child),
    lambda own, child: Call.filter(account_sid__exact=child),
    lambda own, child: Call.filter(account_sid__in=[child]),
    lambda own, child: Call.filter(account_sid__in=[own, child]),
    lambda own, child: Call.filter(account_sid__iexact=child),
    lambda own, child: Call.filter(account__sid=child),
    lambda own, child: Call.filter(Q(account_sid=child) | Q(to="+1")),
    lambda own, child: Call.exclude(~Q(account_sid=child)),
    lambda own, child: Call.filter(to="+1").filter(account_sid=child),
    lambda own, child: Call.offline().filter(account_sid=child),
    lambda own, child: Call.cached().filter(account_sid=child),
    lambda own, child: Call.offline(partial=True).filter(account_sid=child),
    lambda own, child: Call.as_of("2026-01-01").filter(account_sid=child),
    lambda own, child: Call.get(account_sid=child),
    lambda own, child: Call.get("CA" + "0" * 32, account_sid=child),
    lambda own, child: Call.get_or_none(Q(account_sid=child)),
    lambda own, child: Recording.filter(call__account_sid=child),
    lambda own, child: Recording.filter(call__account__sid=child),
    lambda own, child: Call.filter(recordings__account_sid__in=[child]),
    lambda own, child: UsageRecord.daily.filter(account_sid=child),
    lambda own, child: Balance.filter(account_sid=child),
    lambda own, child: Key.filter(account_sid=child),
    lambda own, child: IncomingPhoneNumber.filter(account_sid=child),
    lambda own, child: Message.filter(account_sid=child).explain(),
)


@pytest.mark.parametrize("ask", FOREIGN)
def test_another_accounts_records_are_asked_for_there(fake: FakeTwilio, family: tuple[str, str], ask: Callable[..., Any]) -> None:
    with fake.expects_requests(0), pytest.raises(BadValue, match=r"connection\.under\('AC.*--account-sid"):
        ask(*family)


def test_every_resource_of_an_account_refuses_it(fake: FakeTwilio, connection: Connection) -> None:
    owned = [model for model in CLASSES.values() if "account_sid" in model.api_schema.columns]
    assert len(owned) > 40
    with fake.expects_requests(0):
        for model in owned:
            with pytest.raises(BadValue, match=rf"connection\.under\('{CHILD}'\)"):
                model.filter(account_sid=CHILD)
            model.filter(account_sid=fake.account_sid)


def test_ones_own_account_may_be_named(family: tuple[str, str], connection: Connection) -> None:
    """On each connection its own, and what leaves others out says nothing new."""
    own, child = family
    for account in (connection, connection.under(child)):
        mine, other = (own, child) if account is connection else (child, own)
        with account:
            everything = sorted(one.sid for one in Call.all())
            assert len(everything) == 1
            for asked in (
                Call.filter(account_sid=mine), Call.filter(account_sid__in=[mine]), Call.filter(account=mine),
                Call.filter(account__sid=mine), Call.exclude(account_sid=other), Call.exclude(account_sid__in=[other]),
                Call.filter(account_sid__startswith="AC"), Call.filter(~Q(account_sid=other)),
                Call.filter(account_sid__isnull=False), Call.filter(account_sid=F("account_sid")),
                Call.filter(Q(account_sid=mine) | Q(to="+1")), Call.filter(account_sid__gte=mine),
            ):  # fmt: skip
                assert sorted(one.sid for one in asked) == everything == sorted(one.sid for one in asked.offline()), asked.query
            for nothing in (Call.exclude(account_sid=mine), Call.exclude(account_sid__in=[mine, other])):  # the complement
                assert list(nothing) == list(nothing.offline()) == []
            assert Call.get(everything[0]).refresh().account_sid == mine
            with pytest.raises(BadValue, match=r"under\("):
                Call.filter(account_sid=other)


def test_a_question_that_is_taken_to_another_connection(family: tuple[str, str], connection: Connection) -> None:
    own, child = family
    mine = Call.filter(account_sid=own)
    with pytest.raises(BadValue, match=rf"connection\.under\('{own}'\)"):
        mine.using(connection.under(child))
    assert mine.using(connection).count() == 1
    everywhere = {call.account_sid for one in Account.all() for call in one.calls}
    assert (
        everywhere
        == {own, child}
        == {one.sid for one in Account.filter(calls__account_sid__in=[own, child]).offline(partial=True)}
    )


def test_accounts_are_asked_about_as_ever(family: tuple[str, str]) -> None:
    own, child = family
    assert Account.get(child).owner_account_sid == own
    assert {one.sid for one in Account.filter(owner_account_sid=own)} == {own, child}
    assert Account.filter(sid__in=[own, child]).count() == 2 and Account.exclude(sid=own).count() == 1


def test_a_question_made_before_there_is_a_connection(fake: FakeTwilio) -> None:
    """It is refused where it is first put to one."""
    asked = Call.filter(account_sid=CHILD)
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:"):
        for word in (asked.count, asked.exists, lambda: list(asked), asked.explain, lambda: asked.offline().count(), asked.sync):
            with fake.expects_requests(0), pytest.raises(BadValue, match=r"under\("):
                word()


def test_a_number_that_moved_is_the_other_accounts(fake: FakeTwilio, connection: Connection) -> None:
    child = fake.accounts.add(friendly_name="child")["sid"]
    fake.numbers.add(phone_number="+14155550100")
    number = IncomingPhoneNumber.get_number("+14155550100")
    assert number is not None and number.transfer(child).account_sid == child
    assert number.refresh().account_sid == child and IncomingPhoneNumber.all().count() == 0
    with pytest.raises(BadValue, match=rf"under\('{child}'\)"):
        IncomingPhoneNumber.filter(account_sid=child)
    with connection.under(child):
        assert IncomingPhoneNumber.filter(account_sid=child).count() == 1


def test_the_command_line_names_its_option(run: Run, fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    with named(fake, monkeypatch, tmp_path):
        said = run("ls", "calls", f"account_sid={CHILD}")
        assert said.code == 2 and "--account-sid" in said.err and said.out == ""
        assert run("ls", "calls", f"account_sid={fake.account_sid}").code == 0


OWN = "AC" + "0" * 32
_LEAVES = st.one_of(
    st.sampled_from([OWN, CHILD]).map(lambda sid: Condition("account_sid", "exact", sid)),
    st.lists(st.sampled_from([OWN, CHILD]), unique=True).map(lambda sids: Condition("account_sid", "in", tuple(sids))),
    st.just(Condition("to", "exact", "+1")),
)
_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(lambda nodes: And(tuple(nodes))),
        st.lists(inner, min_size=1, max_size=3).map(lambda nodes: Or(tuple(nodes))),
    ),  # fmt: skip
    max_leaves=6,
)


def _fits(node: Any, account: str, to: bool) -> bool:
    """The plain answer for a record of an account, whose ``to`` is that number or not."""
    if isinstance(node, Not):
        return not _fits(node.node, account, to)
    if isinstance(node, And):
        return all(_fits(one, account, to) for one in node.nodes)
    if isinstance(node, Or):
        return any(_fits(one, account, to) for one in node.nodes)
    if node.field == "to":
        return to
    return account in node.value if node.lookup == "in" else account == node.value


@given(_TREES)
def test_what_passes_asks_for_no_other_account(node: Any) -> None:
    """Of any tree of conditions: where a record answers since it is of the account that was named, it is refused."""
    try:
        check_own_account(Call.api_schema, (node,), OWN)
    except BadValue:
        return
    for to in (True, False):  # another account's record answers only where that of an account which nobody named does
        assert not _fits(node, CHILD, to) or _fits(node, "AC" + "d" * 32, to), node
