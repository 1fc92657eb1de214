"""One record again and again, by its SID: from memory, from the mirror, by many threads."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from typing import Any

import twilio_orm
from twilio_orm import Call
from twilio_orm.testing import FakeTwilio


def test_what_is_in_memory_is_as_old_as_what_it_was_recalled_from() -> None:
    """A record that the mirror heard of 50 minutes ago is not new because somebody asked for it."""
    fake = FakeTwilio()
    sid = fake.calls.add(status="busy", caller_name="old")["sid"]
    hour = timedelta(hours=1)
    with twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock
    ) as connection:
        Call.sync()
        fake.tick(60)
        fake.calls.change(sid, caller_name="new")
        fake.tick(3000)
        asked = Call.cached(hour).filter(sid=sid)
        assert next(iter(asked)).caller_name == Call.cached(hour).get(sid).caller_name == "old"
        assert asked.as_of == fake.clock - timedelta(seconds=3060)
        fake.tick(3000)
        assert Call.cached(hour).get(sid).caller_name == "new"
    connection.close()


def test_a_list_that_lacks_a_record_says_something_of_it() -> None:
    """One that was recently missed is asked for by its SID, however recently a list would have shown it."""
    fake = FakeTwilio()
    sid = fake.calls.add(status="completed", price="-0.01")["sid"]
    with twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock
    ) as connection:
        completed = Call.cached(timedelta(minutes=10)).filter(status="completed")
        assert completed.count() == 1
        fake.calls.remove(sid)
        fake.tick(3000)
        assert completed.count() == 0
        fake.tick(60)
        assert Call.cached(timedelta(minutes=30)).get_or_none(sid) is None
        assert Call.offline(partial=True).with_gone().get(sid).sid == sid
    connection.close()


def test_eight_threads_ask_for_records_by_their_sids() -> None:
    """Nobody gets an error, somebody else's instance, or another account's record."""
    fake = FakeTwilio()
    child = fake.accounts.add(friendly_name="child")["sid"]
    owners = {
        fake.calls.add(account=account, status="busy")["sid"]: account for account in (fake.account_sid, child) for _ in range(20)
    }
    root = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock)
    found: list[tuple[str, Any]] = []
    errors: list[BaseException] = []

    def ask(number: int) -> None:
        chance = random.Random(number)
        try:
            for _ in range(150):
                sid = chance.choice(list(owners))
                with root if owners[sid] == fake.account_sid else root.under(child):
                    found.append((sid, Call.cached(timedelta(seconds=chance.choice((0, 60)))).get(sid)))
                    other = Call.cached().using(root.under(child) if owners[sid] == fake.account_sid else root)
                    assert other.get_or_none(sid) is None
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len(found) == 8 * 150
    assert all(call.sid == sid and call.account_sid == owners[sid] for sid, call in found)
    assert len({id(call) for _, call in found}) == len(found)
