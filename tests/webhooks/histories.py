"""A random history of an account and of its subaccount, each of whose records has a URL for its callbacks."""

from __future__ import annotations

import base64
import random
from datetime import datetime, timedelta
from typing import Any

from twilio_orm.http.messages import Request
from twilio_orm.testing import FakeTwilio

PUBLIC = "https://app.example.com"
HOOK = f"{PUBLIC}/hooks/it's+a%20b?x=1"
"""A URL that nobody may decode and encode again."""
THEIRS = "+14155550177"
CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
LONG_CALL = '<Response><Pause length="90"/><Say>Good-bye</Say></Response>'


class History:
    """What happens. The main account and a subaccount live side by side.

    :param seed: which history.
    :param clock: when it begins.
    """

    def __init__(self, seed: int, clock: datetime) -> None:
        self.chance = random.Random(f"history {seed}")
        self.fake = FakeTwilio(clock=clock)
        child = self.fake.accounts.add(friendly_name="child")
        self.tokens = {self.fake.account_sid: self.fake.auth_token, child["sid"]: child["auth_token"]}
        self.numbers = dict(zip(self.tokens, ("+14155550100", "+14155550101"), strict=True))
        for account, number in self.numbers.items():
            self.fake.numbers.of(account).add(
                phone_number=number, sms_url=HOOK, voice_url=HOOK, voice_method="GET", status_callback=HOOK
            )

    @property
    def child(self) -> str:
        """The SID of the subaccount."""
        return list(self.tokens)[1]

    def live(self, callbacks: int) -> None:
        """Go on until so many callbacks were sent or wait; then all lives come to their ends."""
        while len(self.fake.deliveries) < callbacks:
            for _ in range(self.chance.choice((1, 5, 20))):
                account = self.chance.choice(list(self.tokens))
                word = self.chance.choice(("message", "message", "call", "call", "recording", "room", "steer", "alter"))
                getattr(self, word)(account)
            self.fake.advance(timedelta(seconds=self.chance.choice((1, 20, 300, 4000))))
        for account in self.tokens:
            for row in [row for row in self.fake.recordings.of(account) if row["status"] == "in-progress"]:
                self.request("POST", account, f"Calls/{row['call_sid']}/Recordings/{row['sid']}", Status="stopped")
        self.fake.advance(timedelta(hours=3))  # and lists show everything
        for account in self.tokens:  # but that some are still in a conference
            self.room(account)
        self.fake.advance(timedelta(seconds=30))
        self.steer(self.fake.account_sid)

    def request(self, method: str, account: str, path: str, **form: Any) -> dict[str, Any]:
        """A request of somebody's. Returns the payload, or the error."""
        pairs = [(name, one) for name, value in form.items() for one in (value if isinstance(value, tuple) else (value,))]
        words = base64.b64encode(f"{account}:{self.tokens[account]}".encode()).decode()
        target = f"/2010-04-01/Accounts/{account}/{path}.json"
        response = self.fake.send(Request(method, target, tuple(pairs), (("Authorization", f"Basic {words}"),)))
        return response.json() if response.body else {}

    def message(self, account: str) -> None:
        """A message goes out or comes in."""
        ours = self.numbers[account]
        if self.chance.random() < 0.2:
            self.fake.messages.receive(to=ours, from_=THEIRS, body="it's + é & so on")
        else:
            self.request("POST", account, "Messages", To=THEIRS, From=ours, Body="hello", StatusCallback=HOOK)

    def call(self, account: str) -> None:
        """A call goes out or comes in."""
        ours = self.numbers[account]
        if self.chance.random() < 0.2:
            self.fake.calls.receive(to=ours, from_=THEIRS)
            return
        what = {"Twiml": LONG_CALL} if self.chance.random() < 0.7 else {"Url": HOOK}
        events = CALL_EVENTS if self.chance.random() < 0.8 else CALL_EVENTS[3:]
        self.request(
            "POST", account, "Calls", To=THEIRS, From=ours, StatusCallback=HOOK, StatusCallbackEvent=events, Record="true", **what
        )

    def recording(self, account: str) -> None:
        """The recording of a call begins."""
        if (sid := self.pick(self.fake.calls, account, "in-progress")) is not None:
            events = ("in-progress", "completed", "absent")
            self.request(
                "POST", account, f"Calls/{sid}/Recordings", RecordingStatusCallback=HOOK, RecordingStatusCallbackEvent=events
            )

    def room(self, account: str) -> None:
        """Somebody joins a conference."""
        name = self.chance.choice(("Room", "Hall"))
        self.request(
            "POST", account, f"Conferences/{name}/Participants", To=THEIRS, From=self.numbers[account],
            ConferenceStatusCallback=HOOK, ConferenceStatusCallbackEvent="start end join leave mute hold modify",
            StatusCallback=HOOK, StatusCallbackEvent=CALL_EVENTS, EndConferenceOnExit="true",
        )  # fmt: skip

    def steer(self, account: str) -> None:
        """Somebody mutes or holds a participant, or it leaves: it hangs up, is thrown out, or the conference ends."""
        several = [row for row in self.fake.participants.of(account) if row["status"] == "connected"]
        if not several:
            return
        one = self.chance.choice(several)
        path = f"Conferences/{one['conference_sid']}/Participants/{one['call_sid']}"
        word = self.chance.choice(("Muted", "Muted", "Hold", "Hold", "hang up", "throw out", "end"))
        if word == "hang up":
            self.request("POST", account, f"Calls/{one['call_sid']}", Status="completed")
        elif word == "throw out":
            self.request("DELETE", account, path)
        elif word == "end":
            self.request("POST", account, f"Conferences/{one['conference_sid']}", Status="completed")
        else:
            self.request("POST", account, path, **{word: "false" if one[word.lower()] else "true"})

    def alter(self, account: str) -> None:
        """Somebody ends or deletes a record."""
        if self.chance.random() < 0.5 and (sid := self.pick(self.fake.calls, account, "in-progress")) is not None:
            self.request("POST", account, f"Calls/{sid}", Status="completed")
        elif (sid := self.pick(self.fake.messages, account, "delivered")) is not None:
            self.request("DELETE", account, f"Messages/{sid}")

    def pick(self, several: Any, account: str, status: str) -> str | None:
        """Some record in a status."""
        found = [row["sid"] for row in several.of(account) if row["status"] == status]
        return self.chance.choice(found) if found else None
