"""A world whose conferences have participants: they join, are muted and held, leave, and are thrown out.

Its ``history`` has the participants, too, by the SID of the conference and that of the call. ``order`` has all states of all
records in the order in which they were reached, which is the order of Twilio's numbers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from syncing import OURS, Payload, World

from twilio_orm.http.messages import Response

LEFT = "complete"
"""The status of a participant that has left, which no list shows."""
JOINING = {"To": "+15005550001", "From": OURS}
TOGGLES = ("muted", "hold", "coaching", "end_conference_on_exit")


class Rooms(World):
    """A world with participants."""

    def _watch(self) -> None:
        super()._watch()
        self.order: list[tuple[str, int]] = []
        self.rooms: set[str] = set()
        state = self.fake.state
        changed, add, remove = state.on_change, state.add, state.remove

        def noted(row: Any) -> None:
            self.order.append((row.key, len(self.history[row.key]) - 1))

        def on_change(_: Any, row: Any) -> None:
            self.history.setdefault(row.key, [])
            self.order.append((row.key, len(self.history[row.key])))  # what it causes comes after it
            changed(_, row)

        def added(account: str, shelf: str, given: Payload) -> Any:
            row = add(account, shelf, given)
            noted(row)
            return row

        def removed(row: Any) -> None:
            self.history.setdefault(row.key, [])
            self.order.append((row.key, len(self.history[row.key])))
            remove(row)

        state.on_change, state.add, state.remove = on_change, added, removed  # type: ignore[method-assign]

    def participants(self) -> dict[str, Payload]:
        """Those that Twilio would list, by their keys in the history."""
        return {row["conference_sid"] + row["call_sid"]: row for row in self.fake.participants}

    def join(self, at: float) -> None:
        """Somebody joins a conference, or is called for it."""
        sid = self.room(at)
        if at < 0.5:
            self.post("POST", f"Conferences/{sid}/Participants", **JOINING, EndConferenceOnExit="false" if at < 0.4 else "true")
            return
        call = self.fake.calls.add(status="in-progress", start_time=self.fake.clock)["sid"]
        now = {"date_created": self.fake.clock, "date_updated": self.fake.clock}
        self.fake.participants.add(conference_sid=sid, call_sid=call, muted=at < 0.7, label="one" if at > 0.8 else None, **now)

    def room(self, at: float) -> str:
        """A conference of today: a call lasts a day at most, so that nobody is in an older one. It ends within three hours."""
        rows, now = self.fake.conferences, self.fake.clock
        several = [row["sid"] for row in rows if row["status"] == "in-progress" and row["sid"] in self.rooms]
        if several and at < 0.9:
            return str(several[int(len(several) * at)])
        row = rows.find(rows.add(status="in-progress")["sid"])
        self.fake.state.schedule(row, [(now + timedelta(hours=3 * at), {"status": "completed"})])
        self.rooms.add(row.key)
        return row.key

    def steer(self, verb: str, at: float) -> None:
        """Somebody mutes, holds or advises, or a participant leaves: it hangs up, is thrown out, or the conference ends."""
        several = list(self.participants().values())
        if not several:
            return
        row = several[int(len(several) * at)]
        path = f"Conferences/{row['conference_sid']}/Participants/{row['call_sid']}"
        if verb == "toggle":
            name = TOGGLES[int(at * 97) % len(TOGGLES)]
            coached = {"CallSidToCoach": "CA" + "1" * 32} if name == "coaching" else {}
            wire = "".join(word.capitalize() for word in name.split("_"))
            self.post("POST", path, **{wire: "false" if row[name] else "true"}, **coached)
        elif at < 0.5:
            self.post("POST", f"Calls/{row['call_sid']}", Status="completed")
        elif at < 0.8:
            self.post("DELETE", path)
        else:
            self.post("POST", f"Conferences/{row['conference_sid']}", Status="completed")

    def post(self, method: str, path: str, **form: str) -> Response:
        """A request of somebody else's. The calls of participants that are thrown out end without further ado."""
        response = super().post(method, path, **form)
        for call in self.fake.calls:
            states = self.history[call["sid"]]
            if states[-1][1] is not None and states[-1][1]["status"] != call["status"]:
                self.order.append((call["sid"], len(states)))
                states.append((self.fake.clock, dict(self.fake.calls.find(call["sid"]).payload)))
        return response
