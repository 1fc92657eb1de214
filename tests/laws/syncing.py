"""A world in which syncs happen: an account that lives and changes, a mirror of it, and steps as values that can be replayed.

Each step carries its own chance as a number, so that it means something also where the steps before it were left out.
"""

from __future__ import annotations

import base64
import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from asking import ParentPath

import twilio_orm
from twilio_orm import Call, Conference, Message, Recording
from twilio_orm.http.messages import Request, Response
from twilio_orm.schema.times import UTC
from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.definitions.times import seconds
from twilio_orm.testing.world.lifecycle import price_delay

MODELS: tuple[Any, ...] = (Call, Message, Conference, Recording)
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
MESSAGE_DAYS = 400
FINAL = {
    "Call": ("completed", "busy", "failed", "no-answer", "canceled"),
    "Message": ("delivered", "undelivered", "failed", "received", "read", "canceled"),
    "Conference": ("completed",),
    "Recording": ("completed", "absent", "deleted"),
}
BILLED = ("completed", "delivered", "undelivered", "received", "read")
WINDOW = {"Call": "start_time", "Message": "date_sent", "Conference": "date_created", "Recording": "date_created"}
NEVER = 10**9
Payload = dict[str, Any]
Step = tuple[Any, ...]


class Crash(KeyboardInterrupt):
    """The process was interrupted here."""


def began(name: str, payload: Payload) -> float:
    """When a record began, by which it ages."""
    return seconds(payload[WINDOW[name]] or payload["date_created"]) or 0


def at_rest(name: str, payload: Payload, before: datetime) -> bool:
    """Whether a sync is right never to look at a record again that it holds like this: final, or begun ``before``."""
    if payload["status"] in FINAL[name]:
        return name == "Conference" or payload["status"] not in BILLED or payload["price"] is not None
    began = seconds(payload[WINDOW[name]] or payload["date_created"])
    return began is not None and began < before.timestamp()


def same(held: Payload, state: Payload | None) -> bool:
    """Whether a record is held in this state. What follows from a number is filled in after the state was written down."""
    if state is None:
        return False
    return all(held[field] == state[field] for field in held.keys() & state.keys() if not field.endswith("_formatted"))


OURS = "+15005550006"


class World:
    """An account and its mirror. ``history`` holds every state that each record ever had, with since when.

    :param short: whether Twilio may keep records for a short time only, the same for all of a resource.
    """

    def __init__(self, seed: int, folder: Any = None, *, short: bool = False) -> None:
        chance = self.chance = random.Random(f"world {seed}")
        now = NOW + timedelta(hours=chance.choice((0, 0, 11.8)))  # before midnight, too: lists are asked for by days
        hides = chance.random() < 0.2
        self.days = {"Message": MESSAGE_DAYS}
        if short:
            ages = random.Random(f"ages {seed}")
            self.days["Message"] = ages.choice((MESSAGE_DAYS, MESSAGE_DAYS, 9, 30))
            self.days |= {name: ages.choice((9, 30)) for name in ("Call", "Conference", "Recording") if ages.random() < 0.5}
        kept = {f"{name.lower()}s": days for name, days in self.days.items()}
        self.fake = FakeTwilio(clock=now, retention=kept, deletion_hides=hides)
        self.fake.numbers.add(phone_number=OURS)  # from which requests call and send
        self.fake.settings.list_lag = timedelta(seconds=chance.choice((0, 0, 0, 40, 600, 3000)))
        self.history: dict[str, list[tuple[datetime, Payload | None]]] = {}
        self.hidden = 0
        self.size, self.page = chance.choice((5, 7, 20)), chance.choice((5, 7, 20, 1000))
        self.drift = chance.choice((0, 0, 0, 1, 20, 200))
        self._watch()
        self._seed()
        self.requests, self._crash = 0, NEVER
        self._beside: Step = ()
        self._mirror = ":memory:" if folder is None or chance.random() < 0.8 else str(folder / f"{seed}.db")
        self.connection = self._connect()

    # ------------------------------------------------------------ the account

    def _watch(self) -> None:
        """Write down every state."""
        state, after, add, remove = self.fake.state, self.fake.state.on_change, self.fake.state.add, self.fake.state.remove

        def note(row: Any, payload: Payload | None) -> None:
            self.history.setdefault(row.key, []).append((state.now, payload))

        def changed(_: Any, row: Any) -> None:
            note(row, dict(row.payload))
            after(state, row)

        def added(account: str, shelf: str, given: Payload) -> Any:
            row = add(account, shelf, given)
            note(row, dict(row.payload))
            return row

        def removed(row: Any) -> None:
            note(row, None)
            remove(row)

        state.on_change, state.add, state.remove = changed, added, removed  # type: ignore[method-assign]

    def _seed(self) -> None:
        """A past: mostly final, some on the way, some that will never be."""
        for number in range(self.chance.choice((0, 3, 30, 60))):
            days = self.chance.choice((0, 1, 1, 2, 5, 9, 30, 100))
            at = NOW - timedelta(days=days, hours=1, seconds=self.chance.randrange(80000))
            done = self.chance.random() < 0.85
            price = {"price": "-0.0130"} if done else {}
            dates = {"date_created": at, "date_updated": at}
            end = {"end_time": at + timedelta(seconds=60)} if done else {}
            self.fake.calls.add(start_time=at, status="completed" if done else "in-progress", **end, **dates, **price)
            old = timedelta(days=self.days["Message"] - 8 + number % 9) if number % 5 == 0 else timedelta(0)
            sent = {"date_sent": at - old, "date_created": at - old, "date_updated": at - old}
            self.fake.messages.add(status="delivered" if done else "sent", **price, **sent)
            if number % 7 == 0:
                self.timeless("Call", number / 60, date_created=at)
                self.timeless("Message", number / 60, date_created=at)
            if number % 3 == 0:
                self.fake.conferences.add(status="completed" if done else "in-progress", **dates)
                self.fake.recordings.add(status="completed" if done else "processing", call_sid="CA" + "0" * 32, **price, **dates)

    def timeless(self, name: str, at: float, **dates: Any) -> None:
        """Somebody's record that is final, in whatever status, and never got its window's time."""
        final = FINAL[name]
        self.rows(name).add(
            **{"status": final[int(at * len(final)) % len(final)], WINDOW[name]: None, "price": "-0.0130", **dates}
        )

    def rows(self, name: str) -> Any:
        return getattr(self.fake, name.lower() + "s")

    def account(self, name: str, soon: timedelta = timedelta(0)) -> dict[str, Payload]:
        """What Twilio would list: neither what is hidden nor what it does not keep any longer, or not for ``soon``."""
        rows = [row for row in self.rows(name) if row["status"] != "deleted"]
        if name in self.days:
            kept = (self.fake.clock + soon - timedelta(days=self.days[name])).replace(hour=0, minute=0, second=0)
            rows = [row for row in rows if began(name, row) >= kept.timestamp()]
        return {row["sid"]: row for row in rows}

    def doubtful(self, name: str) -> float:
        """What began before this and is not listed may have been deleted, or not be kept any more: nobody can know.

        That is seven days ago, or as long ago as something is listed: a window's list tells it by asking for what lies before
        whole days.
        """
        least = (self.fake.clock - timedelta(days=7)).timestamp()
        oldest = min((began(name, row) + 2 * 86400 for row in self.account(name).values()), default=least)
        if name == "Message" and self.days:  # Twilio refuses days that it does not keep; of the first one a part may be gone
            oldest = min(oldest, (self.fake.clock - timedelta(days=self.days[name] - 2)).timestamp())
        return min(least, oldest)

    def post(self, method: str, path: str, **form: str) -> Response:
        """A request of somebody else's."""
        token = base64.b64encode(f"{self.fake.account_sid}:{self.fake.auth_token}".encode()).decode()
        target = f"/2010-04-01/Accounts/{self.fake.account_sid}/{path}.json"
        return self.fake.send(Request(method, target, tuple(form.items()), (("Authorization", f"Basic {token}"),)))

    def pick(self, name: str, at: float, **wanted: Any) -> str | None:
        """Some record, the newest more often."""
        found = [row["sid"] for row in self.rows(name) if all(row[field] == value for field, value in wanted.items())]
        return found[int(len(found) * at * at)] if found else None

    def create(self, name: str, at: float) -> None:
        plan, now = self.fake.state.schedule, self.fake.clock
        if name in ("Call", "Message") and at < 0.3:
            self.timeless(name, at / 0.3)
        elif name == "Call":
            self.post("POST", "Calls", To="+15005550001", From=OURS, Url="https://example.com")
        elif name == "Message":
            self.post("POST", "Messages", To="+15005550001", From=OURS, Body="x")
        elif name == "Conference":
            row = self.rows(name).find(self.rows(name).add(status="init")["sid"])
            begins, ends = now + timedelta(seconds=30 * at), now + timedelta(minutes=20 * at)
            plan(row, [(begins, {"status": "in-progress"}), (ends, {"status": "completed"})])
        elif (call := self.pick("Call", at, status="in-progress")) and at < 0.6:
            self.post("POST", f"Calls/{call}/Recordings")
        else:
            row = self.rows(name).find(self.rows(name).add(status="processing", call_sid="CA" + "1" * 32)["sid"])
            done = now + timedelta(minutes=10 * at)
            plan(row, [(done, {"status": "completed"}), (done + price_delay(row), {"price": "-0.0025"})])

    def alter(self, verb: str, name: str, at: float) -> None:
        """Somebody ends, deletes, edits or removes a record."""
        plural = name + "s"
        sid = self.pick(name, at, **({"status": "queued"} if verb == "cancel" and at < 0.7 else {}))
        if sid is None:
            return
        if verb == "cancel":
            call = self.rows(name).get(sid).get("call_sid") if name == "Recording" else None
            path = f"Calls/{call}/Recordings/{sid}" if call else f"{plural}/{sid}"
            self.post("POST", path, Status={"Recording": "stopped", "Conference": "completed"}.get(name, "canceled"))
        elif verb == "delete" and name != "Conference":  # which nobody can delete
            self.post("DELETE", f"{plural}/{sid}")
        elif verb in ("delete", "remove"):
            self.rows(name).remove(sid)
        else:
            field = {"Call": "caller_name", "Message": "body", "Conference": "friendly_name", "Recording": "duration"}[name]
            self.rows(name).change(sid, **{field: f"{int(at * 1000)}"})

    # ------------------------------------------------------------ the mirror

    def _connect(self, mirror: Any = None) -> Any:
        made = twilio_orm.connect(
            self.fake.account_sid, self.fake.auth_token, transport=self._send, mirror=self._mirror, clock=lambda: self.fake.clock
        )
        made.transport._sleep = lambda _: None
        if mirror is not None and self._mirror == ":memory:":
            made.mirror = mirror
        return made

    def _send(self, request: Request) -> Response:
        self.requests += 1
        if self._beside and self.requests >= self._beside[0]:
            _, what = self._beside
            self._beside = ()
            self.beside(*what)
        if self.requests == self._crash:
            raise Crash
        if self.drift:
            self.fake.advance(timedelta(seconds=self.drift))
        answer = ParentPath(self.fake, self.page)(request)
        if -self.requests == self._crash:
            raise Crash
        return answer

    def beside(self, name: str, how: dict[str, Any]) -> None:
        """A sync of another process, from its beginning to its end, while one of ours may be under way."""
        other = self._connect(self.connection.mirror)
        with other:
            next(model for model in MODELS if model.__name__ == name).sync(**how)
        if self._mirror != ":memory:":
            other.close()

    def reconnect(self) -> None:
        """Another process, as it were: the same mirror on a new connection."""
        mirror, old = self.connection.mirror, self.connection
        self.connection = self._connect(mirror)
        old.close()  # a mirror in memory stays open: the new connection has it too

    def sync(self, name: str, how: dict[str, Any], trouble: Step) -> str | None:
        """One sync, with trouble. What it says where it does other than end, or break off as it was made to."""
        model = next(model for model in MODELS if model.__name__ == name)
        self.requests, crashed = 0, False
        with self.connection, self._troubled(trouble):
            try:
                model.sync(**how)
            except Crash:
                crashed = True
            except (twilio_orm.ApiError, twilio_orm.Unreachable):
                if trouble[0] not in ("429", "500", "reset_before", "reset_after", "cut_json", "html_error"):
                    raise
        if crashed:
            self.reconnect()
        return None

    @contextmanager
    def _troubled(self, trouble: Step) -> Iterator[None]:
        """Trouble for a while: ``(kind, when, how often or what)``."""
        kind, when, what = trouble
        mirror, saved = self.connection.mirror, {}
        if kind in ("absorb", "finish_listing", "record_sweep", "drop_checkpoint"):
            saved[kind] = getattr(mirror, kind)
            setattr(mirror, kind, crashing(saved[kind], when, bool(what)))
        elif kind == "crash":
            self._crash = when if what else -when
        elif kind == "beside":
            self._beside = (when, what)
        elif kind == "underneath":
            self.fake.fail_next("changes_underneath", 1, match=after(when), callback=lambda: self.underneath(what))
        elif kind:
            self.fake.fail_next(kind, what, match=after(when), retry_after=1 if kind == "429" else None)
        try:
            yield
        finally:
            self.fake.faults, self._crash, self._beside = [], NEVER, ()
            for word in saved:
                delattr(mirror, word)

    def underneath(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            self.hidden += self.fake.settings.deletion_hides and step[0] in ("delete", "remove")
            self.do(step)

    def calm(self) -> None:
        """All trouble and all lives come to their ends."""
        self.drift, self.fake.settings.deletion_hides = 0, False
        for row in self.rows("Recording"):
            if row["status"] == "in-progress":
                self.post("POST", f"Calls/{row['call_sid']}/Recordings/{row['sid']}", Status="stopped")
        self.fake.advance(timedelta(hours=3))

    def do(self, step: Step) -> None:
        """One step of a schedule."""
        if step[0] == "advance":
            self.fake.advance(timedelta(seconds=step[1]))
        elif step[0] == "create":
            self.create(*step[1:])
        elif step[0] == "sync":
            self.sync(*step[1:])
        elif step[0] == "ours":
            with self.connection:
                Call.create(to="+15005550001", from_=OURS, url="https://example.com")
        else:
            self.alter(*step)


def after(skipped: int) -> Callable[[Request], bool]:
    """Matches from the request after so many on."""
    seen = itertools.count()
    return lambda _: next(seen) >= skipped


def crashing(work: Callable[..., Any], when: int, late: bool) -> Callable[..., Any]:
    """The same, but that it is interrupted once, before or after it was done."""
    turns = itertools.count(1)

    def crash(*args: Any, **words: Any) -> Any:
        now = next(turns) == when
        if now and not late:
            raise Crash
        done = work(*args, **words)
        if now:
            raise Crash
        return done

    return crash
