"""The front desk: one request in, one answer out. It knows paths, credentials and parameters; others know
behaviour.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from twilio_orm.wire import Request, Response

from . import acts, filters, lives, media, paging, params, pool, usage
from .language import Param, View
from .paths import ROOT, Route
from .refusals import Refusal, absent, answer, unauthorized, unknown
from .state import Payload, Row, State
from .tables import ACCOUNTS, STORED, shelf_of


@dataclass(frozen=True)
class Caller:
    """Whose credentials came with a request; ``full`` is false for keys that may not touch accounts."""

    account: str
    full: bool = True


class Desk:
    """Answers requests from a :class:`~.state.State`. Not thread-safe by itself; raises Refusal for every
    no.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.strict = True
        self.date_bounds = "documented"
        self.conferences_all = False
        self.deletion_hides = False
        self.message_days: int | None = None
        self.list_lag = timedelta(0)
        self.violation: Callable[[str], None] = lambda _why: None

    # ------------------------------------------------------------ who

    def identify(self, headers: Iterable[tuple[str, str]]) -> Caller:
        """The caller that HTTP Basic names. Raises 401/20003."""
        text = next((value for name, value in headers if name.lower() == "authorization"), "")
        try:
            user, _, secret = base64.b64decode(text.removeprefix("Basic ").encode(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise unauthorized() from None
        row = self.state.accounts.rows.get(user)
        if row is not None:
            account, expected, full = user, str(row.payload["auth_token"]), True
        elif user in self.state.keys:
            account, expected, full = self.state.keys[user]
        else:
            raise unauthorized()
        if not text.startswith("Basic ") or not hmac.compare_digest(secret.encode(), expected.encode()):
            raise unauthorized()
        if self.state.accounts.rows[account].status == "closed":
            raise unauthorized()
        return Caller(account, full)

    def admit(self, caller: Caller, at: Route, method: str) -> None:
        """Whether the caller may go there. Raises 401, 403 or 404."""
        rows = self.state.accounts.rows
        founding = at.view is ACCOUNTS and at.key is None and method != "GET"
        if (at.view is ACCOUNTS and not caller.full) or (founding and caller.account != self.state.main):
            raise unauthorized()
        if at.account and at.account not in rows:
            raise absent(at.account)
        if at.account and caller.account not in (self.state.main, at.account):
            raise unauthorized()
        if rows[caller.account].status == "suspended" or (
            method != "GET" and at.view is not ACCOUNTS and rows[at.account].status != "active"
        ):
            raise Refusal(403, 10001, "Account is not active")

    # ------------------------------------------------------------ what

    def serve(self, request: Request, caller: Caller, at: Route) -> Response:
        """The answer to an admitted request."""
        words = {"GET": "L", "POST": "C"} if at.key is None else {"GET": "F", "POST": "U", "DELETE": "D"}
        wanted = words.get(request.method)
        if wanted is None or wanted not in at.view.ops:
            raise Refusal(405, 20004, f"Method {request.method} is not allowed here", violation=True)
        self._parents(at, opens=wanted == "C" and at.view.key == "participants")
        if wanted == "L":
            return answer(200, self._list(request, caller, at))
        modes = {name: at.view.query[name] for name in at.view.modes if name != "Beta" and wanted == "F"}
        asked = self._values(request.query, modes)
        if wanted == "C":
            given = self._values(request.form, at.view.creating)
            row = acts.create(self.state, at.view, at.account, at.scope, given)
            row.born = self.state.now
            return answer(at.view.created, self.show(at.view, row))
        row = self._row(at, deleted=asked.get("IncludeSoftDeleted") is True)
        if wanted == "D":
            acts.delete(self.state, row)
            return Response(204)
        if wanted == "U":
            acts.update(self.state, at.view, row, self._values(request.form, at.view.updating))
        if at.sound is not None:
            sound = media.sound(row.key, at.sound, int(row.payload["channels"] or 1))
            return Response(200, {"content-type": media.KINDS[at.sound]}, sound)
        return answer(200, self.show(at.view, row))

    def _parents(self, at: Route, *, opens: bool) -> None:
        """Find the parents that the path names; a conference may be named by its friendly name.

        ``opens``: a name that no conference has yet makes one, as adding a participant does.
        """
        shelves = {"call_sid": "calls", "conference_sid": "conferences"}
        for name, sid in at.scope.items():
            if name not in shelves or sid in self.state.shelf(at.account, shelves[name]).rows:
                continue
            room = self._room(at.account, sid) if name == "conference_sid" else None
            if room is None and opens and not re.fullmatch(r"CF[0-9a-f]{32}", sid):
                room = self.state.add(at.account, "conferences", {"friendly_name": sid}).key
            if room is None:
                raise absent(sid)
            at.scope[name] = room

    def _room(self, account: str, friendly_name: str) -> str | None:
        rows = self.state.shelf(account, "conferences").newest_first()
        live = (row.key for row in rows if row.payload["friendly_name"] == friendly_name and row.status != "completed")
        return next(live, None)

    def _row(self, at: Route, deleted: bool) -> Row:
        shelf = self.state.shelf(at.account, shelf_of(at.view))
        key = str(at.key)
        if at.view.key == "participants":
            here = lives.participants(self.state, at.account, conference_sid=at.scope["conference_sid"])
            row = next((one for one in here if key in (one.payload["call_sid"], one.payload["label"])), None)
        else:
            row = shelf.rows.get(key)
        scope = {**at.view.scope, **at.scope}
        if row is None or any(row.payload[name] != value for name, value in scope.items()):
            raise absent(key)
        if row.shelf == "recordings" and row.status == "deleted" and not deleted:
            raise absent(key)
        return row

    def _values(self, pairs: Iterable[tuple[str, str]], known: Mapping[str, Param]) -> dict[str, Any]:
        return params.values(pairs, known, self.state.now.date(), self._refuse)

    def _refuse(self, why: str) -> None:
        if self.strict:
            raise unknown(why)
        self.violation(why)

    # ------------------------------------------------------------ lists

    def _list(self, request: Request, caller: Caller, at: Route) -> Payload:
        query = request.query
        pages = dict(pair for pair in query if pair[0] in paging.PAGING)
        asked = self._values([pair for pair in query if pair[0] not in paging.PAGING], at.view.query)
        size = self._size(pages.get("PageSize"))
        number, token = self._number(pages), pages.get("PageToken")
        if at.view.key == "available_phone_numbers":
            texts = {name: filters.text(value) for name, value in asked.items()}
            found = pool.search(self.state, at.scope["country"], at.view.scope["type"], texts)
            return {at.view.key: found[:size], "uri": request.path}
        if at.view.key == "usage_records":
            return self._usage(request, at, asked, size, number, token)
        page = self._turn(caller, at, asked, size, token)
        items = [self.show(at.view, row) for row in page.rows]
        return paging.envelope(request.path, query, at.view.key, items, size, number, page.after, page.before)

    def _size(self, text: str | None) -> int:
        if text is None:
            return paging.DEFAULT_SIZE
        if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= paging.MAX_SIZE:
            raise unknown(f"PageSize={text} is not between 1 and {paging.MAX_SIZE}")
        return int(text)

    def _number(self, pages: dict[str, str]) -> int:
        text = pages.get("Page", "0")
        if not re.fullmatch(r"\d{1,9}", text):
            raise unknown(f"Page={text} is no page number")
        if int(text) and "PageToken" not in pages:
            raise unknown("Page number out of range: Page needs a PageToken")
        return int(text)

    def _turn(self, caller: Caller, at: Route, asked: dict[str, Any], size: int, token: str | None) -> paging.Page:
        shelf = self.state.shelf(at.account, shelf_of(at.view))
        tests: list[filters.Test] = []
        since, until = paging.EVER
        for name, value in asked.items():
            stem = name.rstrip("<>")
            param = at.view.query[stem]
            if param.range:
                sign = name[len(stem) :]
                tests.append(filters.date_test(at.view, stem, sign, value, self.date_bounds))
                if param.field == shelf.view.sort[0]:  # a day to spare: some lists cut times to days
                    since = max(since, value.start - 86400) if sign != "<" else since
                    until = min(until, value.end + 86400) if sign != ">" else until
            elif stem in at.view.patterns:
                tests.append(filters.pattern_test(param, value))
            elif stem not in at.view.modes:
                tests.append(filters.equal_test(param, filters.text(value)))
        tests += self._modes(caller, at, asked)
        if at.view.key == "messages" and self.message_days is not None:
            since = max(since, self._horizon(asked, self.message_days))
        newest = self.state.now - self.list_lag

        def wanted(row: Row) -> bool:
            return (row.born is None or row.born <= newest) and all(test(row.payload) for test in tests)

        return paging.turn(shelf, size, token, wanted, (since, until), self.deletion_hides)

    def _horizon(self, asked: dict[str, Any], days: int) -> float:
        """The first instant of which messages are still kept. Raises 400/20004 where a window reaches before it."""
        first = (self.state.now - timedelta(days=days)).replace(hour=0, minute=0, second=0).timestamp()
        if any(asked[name].start < first for name in ("DateSent", "DateSent>") if name in asked):
            raise Refusal(400, 20004, f"DateSent lies before what is kept, {days} days")
        return first

    def _modes(self, caller: Caller, at: Route, asked: dict[str, Any]) -> Iterable[filters.Test]:
        """What a list shows without being asked."""
        for name, value in {**at.scope, **at.view.scope}.items():
            yield lambda payload, name=name, value=value: payload[name] == value  # type: ignore[misc]
        if at.view is ACCOUNTS and caller.account != self.state.main:
            yield lambda payload: payload["sid"] == caller.account
        if at.view.key == "recordings" and not asked.get("IncludeSoftDeleted"):
            yield lambda payload: payload["status"] != "deleted"
        if at.view.key == "conferences" and "Status" not in asked and not self.conferences_all:
            yield lambda payload: payload["status"] == "in-progress"
        if asked.get("Beta") is False:
            yield lambda payload: not payload["beta"]

    def _usage(self, request: Request, at: Route, asked: dict[str, Any], size: int, number: int, token: str | None) -> Payload:
        whole = asked.get("IncludeSubaccounts", True) and at.account == self.state.main
        start, end = (asked.get(name) for name in ("StartDate", "EndDate"))
        bounds: tuple[date | None, date | None] = (start, end)
        accounts = list(self.state.accounts.rows) if whole else [at.account]
        found = usage.records(self.state, at.account, accounts, at.view.scope["period"], *bounds, asked.get("Category"))
        first = 0 if token is None else paging.counted(token)
        after = paging.count(first + size) if len(found) > first + size else None
        before = paging.count(max(0, first - size)) if first else None
        items = found[first : first + size]
        return paging.envelope(request.path, request.query, at.view.key, items, size, number, after, before)

    # ------------------------------------------------------------ showing

    def show(self, view: View, row: Row) -> Payload:
        """A row as a view's payload: the fields it knows in order, its addresses, and whatever nobody
        knows.
        """
        payload = row.payload
        base = f"{ROOT}/{row.account}"
        if view is not ACCOUNTS:
            path = "/".join(str(payload[part[1:-1]]) if part[0] == "{" else part for part in view.segments)
            if view.shelf == "incoming_phone_numbers" or view.key == "incoming_phone_numbers":
                path = "IncomingPhoneNumbers"
            base = f"{base}/{path}/{payload[view.identity]}"
        derived: Payload = {
            "uri": f"{base}.json",
            "subresource_uris": {name: f"{base}/{tail}.json" for name, tail in view.links.items()},
            "media_url": f"https://api.twilio.com{base}",
        }
        shown = {name: derived[name] if name in derived else payload[name] for name in view.names}
        if len(payload) > len(STORED[row.shelf]):
            shown.update((name, value) for name, value in payload.items() if name not in STORED[row.shelf])
        return shown
