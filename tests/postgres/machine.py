"""Another machine, as a program: it takes commands from stdin and answers each on stdout, both in JSON, one a line.

    python machine.py BASE_URL ACCOUNT TOKEN MIRROR MINUTES

It has a clock of its own, which is that of the command's time, wrong by some minutes.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from datetime import datetime, timedelta
from typing import Any

import twilio_orm
from twilio_orm import Call, IncomingPhoneNumber, WritePlan, connecting
from twilio_orm.http import messages, transport
from twilio_orm.mirror import revisions
from twilio_orm.mirror.postgres import units
from twilio_orm.schema import clocks
from twilio_orm.webhooks.absorbing import absorb
from twilio_orm.webhooks.bodies import Callback


class LocalClock(datetime):
    """The clock of this machine."""

    at = datetime.min

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # noqa: ARG003
        return cls.at


def callbacks(account: str, numbers: list[int], at: datetime) -> list[Callback]:
    """Callbacks that two machines get likewise."""
    found = []
    for number in numbers:
        said = {"AccountSid": account, "CallSid": f"CA{number:032x}", "CallStatus": "completed", "CallDuration": "9"}
        said |= {"From": "+14155550000", "To": "+14155550001", "Direction": "inbound"}
        found.append(Callback(account, "call", tuple(said.items()), f"token {number}", at))
    return found


class Machine:
    """What a machine does.

    :param connect: arguments of ``connect``.
    """

    def __init__(self, **connect: Any) -> None:
        self.connection = twilio_orm.connect(**connect)
        self.slept = 0.0
        self.connection.transport._sleep = self._sleep

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds

    def about(self) -> Any:
        """Where this is."""
        return [os.path.dirname(twilio_orm.__file__), os.getcwd(), os.path.expanduser("~"), time.strftime("%z")]

    def sync(self) -> Any:
        """Sync calls."""
        with self.connection:
            report = Call.sync(workers=1)
        return [report.new, report.changed, report.complete]

    def held(self) -> Any:
        """The calls that are there."""
        with self.connection:
            return sorted(call.sid for call in Call.offline(partial=True))

    def store(self, number: int) -> Any:
        """Read one record from the account, which stores it."""
        with self.connection:
            return IncomingPhoneNumber.get(f"PN{number:032x}").voice_url

    def voice_url(self, number: int) -> Any:
        """What the mirror says of a number."""
        with self.connection:
            return [one.voice_url for one in IncomingPhoneNumber.offline(partial=True).filter(sid=f"PN{number:032x}")]

    def apply(self, plan: str) -> Any:
        """Apply a plan."""
        with self.connection:
            done = WritePlan.load(plan).apply(workers=1)
        return [len(done.ok), len(done.skipped), len(done.failed)]

    def absorb(self, numbers: list[int], at: str) -> Any:
        """Take callbacks."""
        several = callbacks(self.connection.account_sid, numbers, datetime.fromisoformat(at))
        return [one.duplicate for one in absorb(self.connection, several)]


def few_tables() -> None:
    """Have mirrors of this process hold calls and numbers only, in pages of a few."""
    connecting.SCHEMAS = [Call.api_schema, IncomingPhoneNumber.api_schema]
    Call.api_schema.page_size = 5


def main(url: str, account: str, token: str, mirror: str, minutes: str) -> None:
    """Take commands until there are no more."""
    warnings.simplefilter("ignore")
    few_tables()
    for module in (clocks, revisions, units, messages):
        module.datetime = LocalClock  # type: ignore[attr-defined]
    transport.FIRST_PAUSE = 0.0
    machine = Machine(account_sid=account, auth_token=token, base_url=url, mirror=mirror)
    for line in sys.stdin:
        now, name, arguments = json.loads(line)
        LocalClock.at = datetime.fromisoformat(now) + timedelta(minutes=float(minutes))
        try:
            said: Any = ["done", getattr(machine, name)(*arguments)]
        except twilio_orm.TwilioOrmError as error:
            said = [type(error).__name__, str(error)]
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
