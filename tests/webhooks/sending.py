"""What tests of real servers share: callbacks sent by several threads, and a mirror compared with one of a sync alone."""

from __future__ import annotations

import http.client
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from histories import History
from mirrored import difference, rows

import twilio_orm
from twilio_orm import Call, Conference, Message, Participant, Recording
from twilio_orm.testing import CallbackReply, CallbackRequest
from twilio_orm.testing.callbacks.receivers import receiver as sender_to

MODELS: tuple[Any, ...] = (Call, Message, Conference, Recording)
SENDERS = 4


def connect(history: History, mirror: object) -> twilio_orm.Connection:
    fake = history.fake
    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=mirror, clock=lambda: fake.clock)


def check_synced(history: History, path: Path) -> None:
    """After a sync of each resource, the file holds the same as a mirror that knows of no callbacks."""
    with connect(history, path) as held, connect(history, ":memory:") as plain:
        for model in MODELS:
            for connection in (held, plain):
                for own in (connection, connection.under(history.child)):
                    with own:
                        model.sync()
            assert difference(held, plain, model) == []
            accounts = {row[list(model.api_schema.columns).index("account_sid")] for row in rows(plain, model)}
            assert accounts == {*history.tokens}, model
            if model is Conference:
                check_participants(history, held, plain)
        assert {*held.sql("SELECT track FROM recording WHERE track IS NOT NULL")} <= {("both",)}  # which lists do not tell
        held.close()
        plain.close()
    assert history.fake.violations == []


def check_participants(history: History, held: twilio_orm.Connection, plain: twilio_orm.Connection) -> None:
    """Those that are in a conference are as a sync alone has them; of all others callbacks said that they left."""
    for connection in (held, plain):
        for own in (connection, connection.under(history.child)):
            with own:
                Participant.sync()
    there = [f"{row['conference_sid']}/{row['call_sid']}" for one in history.tokens for row in history.fake.participants.of(one)]
    assert {line.partition(" ")[0] for line in difference(held, plain, Participant)}.isdisjoint(there)
    assert there and plain.sql("SELECT count(*) FROM participant") == [(len(there),)]
    told = held.sql("SELECT conference_sid || '/' || call_sid, status FROM participant")
    assert {status for key, status in told if key not in there} <= {"complete", "failed"}


class Senders:
    """Send callbacks from several threads, until all are sent or the receiver is gone.

    :param requests: the requests, in the order of sending.
    :param url: where they go.
    """

    def __init__(self, requests: Sequence[CallbackRequest], url: str) -> None:
        self._left = deque(requests)
        self._deliver = sender_to(url, 30)
        self._changed = threading.Condition()
        self.answered: list[CallbackRequest] = []
        self.lost: list[CallbackRequest] = []
        self.refused: list[CallbackReply] = []
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for one in self._threads:
            one.start()

    def _send(self) -> None:
        while True:
            try:
                request = self._left.popleft()
            except IndexError:
                return
            try:
                reply = self._deliver(request)
            except (OSError, http.client.HTTPException):
                self.lost.append(request)
                continue
            with self._changed:
                (self.answered if reply.status in (200, 204) else self.lost).append(request)
                self.refused += [reply] if reply.status not in (200, 204) else []
                self._changed.notify_all()

    def wait(self, answers: int) -> None:
        """Wait for so many responses."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.answered) >= answers or self.refused, 60)

    def join(self) -> None:
        """Wait for the end."""
        for one in self._threads:
            one.join()


def token(request: CallbackRequest) -> str:
    found = request.header("I-Twilio-Idempotency-Token")
    assert found is not None
    return found
