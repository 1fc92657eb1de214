"""A query of all accounts has one answer: live, offline, cached, as of now, and by a loop over the accounts."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from asking import OWN, WHOLE, Asker, Question, ask, complaint, connected, shrink
from cases import cases
from growth import READINGS, SHELVES, grow, invent
from plain import Payload, Tree, answer

import twilio_orm
from twilio_orm.testing import FakeTwilio

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("few_tables")]

HISTORIES = cases(3, thorough=30)
QUESTIONS = cases(40, thorough=120)
RESOURCES = tuple(OWN.keys() - {"Account"})
measured: Counter[str] = Counter()


class Family:
    """A tree of accounts, each with a history of its own, and the plain loop over it.

    ``active`` are the SIDs of the accounts that are queried, ``skipped`` those of the others.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(f"family {seed}")
        self.fake = grow(seed, READINGS[seed % len(READINGS)], size=24)
        for at, account in enumerate(list(self.fake.accounts)):
            if account["sid"] == self.fake.account_sid:
                continue
            self.fake.accounts.change(account["sid"], status=("active", "suspended", "active", "active", "closed")[at % 5])
            for resource in RESOURCES:
                for _ in range(self.chance.choice((0, 3, 8))):
                    self.shelf(resource).add(account=account["sid"], **invent(self.chance, resource))
        accounts = {one["sid"]: one["status"] for one in self.fake.accounts}
        self.active = [sid for sid, status in accounts.items() if status == "active"]
        self.skipped = [sid for sid in accounts if sid not in self.active]
        self.asker = Asker(self.fake, self.chance, WHOLE - {"combine"})
        for resource, deleted in self.asker.rows:  # values of all accounts' records are asked about
            if resource != "Account":
                self.asker.rows[resource, deleted] = [row for sid in self.active for row in self.rows(resource, sid, deleted)]
        self.asker.world.update({resource: self.asker.rows[resource, False] for resource in RESOURCES})

    def shelf(self, resource: str, fake: FakeTwilio | None = None) -> Any:
        return getattr(fake or self.fake, SHELVES.get(resource, resource.lower() + "s"))

    def rows(self, resource: str, account: str, deleted: bool = False) -> list[Payload]:
        found = list(self.shelf(resource).of(account))
        return [row for row in found if deleted or resource != "Recording" or row["status"] != "deleted"]

    def question(self) -> Question:
        """A question about all accounts, whose conditions may name some of them."""
        question = self.asker.question(self.chance.choice(RESOURCES))
        chance, some = self.chance, self.chance.sample(self.active, self.chance.choice((1, 2, len(self.active))))
        named: tuple[tuple[str, Any], ...] = (("account_sid", some[0]),) if len(some) == 1 else (("account_sid__in", some),)
        if chance.random() < 0.2:
            other = Tree(
                "and", words=self.asker.words(question.resource, chance.choice(self.asker.rows[question.resource, False]))
            )
            named = (("", Tree("or", (Tree("and", words=named), other))),)
        if chance.random() < 0.4:
            step = ("exclude" if chance.random() < 0.4 else "filter", named)
            question = replace(question, steps=(*question.steps, step))
        return question

    def expected(self, question: Question) -> list[Payload]:
        """The plain loop's answer: that of each account, whose records are related to one another."""
        found: list[Payload] = []
        for sid in self.active:
            world = {resource: self.rows(resource, sid) for resource in RESOURCES}
            rows = self.rows(question.resource, sid, question.deleted)
            found += replace(question, order=(), backwards=False).told(rows, world)
        found = answer(question.resource, found, (), question.order)
        return found[::-1] if question.backwards else found


def put(question: Question, connection: Any) -> Any:
    """The query set of a question about all accounts, without the slice."""
    with connection:
        found = getattr(twilio_orm, question.resource).across_accounts()
    return question.applied(found, connection)


def judge(question: Question, expected: list[Payload], found: Any, where: str) -> str | None:
    try:
        said = complaint(question, ask(question, found), expected)
    except Exception as error:  # whatever it is, it is no answer
        said = f"{type(error).__name__}: {error}"
    return said and f"{where}: {said}"


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_all_accounts_have_one_answer(seed: int) -> None:
    family = Family(seed)
    fake, size = family.fake, family.chance.choice((3, 7, 50, 1000))
    with connected(fake, size) as whole, connected(fake, size) as other:
        for resource in RESOURCES:
            report = put(Question(resource), whole).sync()
            assert report.complete and len(report.skipped) == len(family.skipped)
        put(Question("Recording", deleted=True), whole).sync()

        def wrong(question: Question) -> str | None:
            expected = family.expected(question)
            said = judge(question, expected, put(question, other), "live")
            with fake.expects_requests(0):
                said = said or judge(question, expected, put(question, whole).offline(), "offline")
                said = said or judge(question, expected, put(question, whole).at(whole.now()), "as of now")
            return said or judge(question, expected, put(question, other).cached(), "cached")

        for _ in range(QUESTIONS):
            question = family.question()
            measured["asked"] += 1
            measured["telling"] += (
                0 < len(family.expected(question)) < sum(len(family.rows(question.resource, sid)) for sid in family.active)
            )
            if wrong(question):
                smallest, said = shrink(question, wrong)
                pytest.fail(f"\n  {smallest!r}\n  {said}\n  family {seed}, pages of {size}", pytrace=False)
    assert fake.violations == []


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_all_accounts_are_each_account(seed: int) -> None:
    """The records and the totals are those of a loop over the accounts, each on its own connection."""
    family = Family(seed)
    with connected(family.fake) as connection:
        for _ in range(QUESTIONS // 4):
            question = family.asker.question(family.chance.choice(RESOURCES), endings=False)
            if "account_sid" in repr(question):  # only one account fits
                continue
            everything = put(question, connection)
            each = [question.put(connection.under(sid)) for sid in family.active]
            for answered in (lambda one: one, lambda one: one.cached(), lambda one: one.offline()):
                records = list(answered(everything))
                assert {one.sid for one in records} == {one.sid for part in each for one in answered(part)}, question
                assert len(records) == sum(answered(part).count() for part in each) == answered(everything).count()
                assert all(one.bound_connection().account_sid == one.account_sid for one in records)
            assert {one.sid for one in everything.skipped} == set(family.skipped)


@pytest.mark.slow
def test_the_questions_are_worth_asking() -> None:
    """Two in five have an answer that is neither empty nor everything."""
    if measured["asked"] < HISTORIES * QUESTIONS:
        pytest.skip("the questions above did not all run")
    assert measured["telling"] >= 0.4 * measured["asked"], measured
