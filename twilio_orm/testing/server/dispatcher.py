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
from datetime import timedelta
from typing import Any

from twilio_orm.http.messages import Request, Response

from ..definitions import filters
from ..definitions.catalog import ACCOUNTS, home, parents_of, shelf_of
from ..definitions.endpoint import Param
from ..definitions.error_responses import Refusal, absent, answer, failure, unauthorized, unknown
from ..handlers import actions as acts
from ..handlers import computed_lists as computed
from ..world import lifecycle as lives
from ..world import media
from ..world.serializer import members, show
from ..world.state import Payload, Row, State, key_of
from . import paging
from . import parameters as params
from .routes import Route, nowhere

_LIST = {"GET": "L", "POST": "C"}
_INSTANCE = {"GET": "F", "POST": "U", "DELETE": "D"}


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
        self.retention: dict[str, int] = {}
        self.list_lag = timedelta(0)
        self.usage_page_limit: int | None = None
        self.legacy = False
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
            key = self.state.keys[user]
            account, expected, full = key.account, str(key.payload["secret"]), bool(key.payload["main"])
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
        if (at.view.guarded and not caller.full) or (founding and caller.account != self.state.main):
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
        view = at.view
        if view.legacy and not self.legacy:
            raise nowhere(request.path)
        wanted = self._wanted(request.method, at)
        self._parents(at, opens=wanted == "C" and view.key == "participants")
        if wanted == "L":
            return answer(200, self._list(request, caller, at))
        modes = {name: param for name, param in view.query.items() if param.mode and name != "Beta" and wanted == "F"}
        asked = self._values(request.query, modes)
        if wanted == "C":
            row = acts.create(self.state, view, at.account, at.scope, self._values(request.form, view.creating))
            row.born = self.state.now
            return answer(view.code("C"), show(self.state, view, row))
        if view.key == "countries":
            return answer(200, computed.country(self.state, at.account, str(at.key)))
        row = self._row(at, deleted=asked.get("IncludeSoftDeleted") is True)
        if wanted == "D":
            acts.delete(self.state, row)
            return Response(204)
        if at.file is not None:
            return media.file(row, at.file)
        if wanted == "U":
            acts.update(self.state, view, row, self._values(request.form, view.updating))
        body = show(self.state, view, row)
        return answer(view.code(wanted), body, {"location": body["redirect_to"]} if "redirect_to" in body else None)

    def _wanted(self, method: str, at: Route) -> str:
        """The letter of what is asked for. Raises 405 where the documentation knows nothing like it."""
        words = _INSTANCE if at.key is not None else _LIST
        if at.view.single:
            there = self.state.shelf(at.account, shelf_of(at.view)).rows.keys() & set(at.scope.values())
            words = {**_INSTANCE, "POST": "U" if there and "U" in at.view.ops else "C"}
        wanted = words.get(method)
        if wanted is None or wanted not in at.view.ops or (at.file is not None and wanted != "F"):
            raise Refusal(405, 20004, f"Method {method} is not allowed here", violation=True)
        return wanted

    def _parents(self, at: Route, *, opens: bool) -> None:
        """Find the parents that the path names; a conference may be named by its friendly name.

        ``opens``: a name that no conference has yet makes one, as adding a participant does.
        """
        for name, parent in parents_of(at.view).items():
            sid = at.scope[name]
            if parent.key == "countries":
                continue
            row = self.state.shelf(at.account, shelf_of(parent)).rows.get(sid)
            if row is None and parent.key == "conferences":
                row = self._room(at.account, sid)
                if row is None and opens and not re.fullmatch(r"CF[0-9a-f]{32}", sid):
                    row = self.state.add(at.account, "conferences", {"friendly_name": sid})
            if (
                row is None
                or not self._is_kept(row)
                or row.status == "deleted"
                or any(row.payload[above] != at.scope[above] for above in parent.parents)
            ):
                raise absent(sid)
            at.scope[name] = row.key

    def _room(self, account: str, friendly_name: str) -> Row | None:
        rows = self.state.shelf(account, "conferences").newest_first()
        live = (row for row in rows if row.payload["friendly_name"] == friendly_name and row.status != "completed")
        return next(live, None)

    def _row(self, at: Route, deleted: bool) -> Row:
        name, key = shelf_of(at.view), str(at.key)
        shelf = self.state.shelf(at.account, name)
        scope = {**at.view.scope, **at.scope}
        row: Row | None
        if at.view.single:
            key, scope = at.scope.get(at.view.identity, at.account), {}
            row = shelf.rows.get(key)
        elif name == "participants":
            here = lives.participants(self.state, at.account, conference_sid=at.scope["conference_sid"])
            row = next((one for one in here if key in (one.payload["call_sid"], one.payload["label"])), None)
        elif name == "queue_members" and key == "Front":
            row = next(iter(members(self.state, at.account, at.scope["queue_sid"])), None)
        else:
            row = shelf.rows.get(key_of(home(name), {**scope, home(name).identity: key}))
        if row is None or not self._is_kept(row) or any(row.payload[part] != value for part, value in scope.items()):
            raise absent(key)
        if name == "recordings" and row.status == "deleted" and not deleted:
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
        if at.view.key == "usage_records" and self.usage_page_limit is not None and size > self.usage_page_limit:
            raise failure()
        if computed.is_computed(at):
            return computed.listing(self.state, request, at, asked, size, number, token)
        page = self._turn(caller, at, asked, size, token)
        items = [show(self.state, at.view, row, listed=True) for row in page.rows]
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
                if param.field == shelf.view.order[0]:  # a day to spare: some lists cut times to days
                    since = max(since, value.start - 86400) if sign != "<" else since
                    until = min(until, value.end + 86400) if sign != ">" else until
            elif param.pattern:
                tests.append(filters.pattern_test(param, value))
            elif not param.mode:
                tests.append(filters.equal_test(param, filters.text(value)))
        tests += self._modes(caller, at, asked)
        kept = self._kept_since(shelf_of(at.view))
        if at.view.key == "messages" and any(asked[name].start < kept for name in ("DateSent", "DateSent>") if name in asked):
            raise Refusal(400, 20004, f"DateSent lies before what is kept, {self.retention['messages']} days")
        newest = self.state.now - self.list_lag

        def wanted(row: Row) -> bool:
            born = row.born is None or row.born <= newest
            return born and row.order[0] >= kept and all(test(row.payload) for test in tests)

        return paging.turn(shelf, size, token, wanted, (since, until), self.deletion_hides)

    @property
    def message_days(self) -> int | None:
        """For how many days messages are kept; None for ever."""
        return self.retention.get("messages")

    @message_days.setter
    def message_days(self, days: int | None) -> None:
        self.retention.pop("messages", None)
        self.retention.update({} if days is None else {"messages": days})

    def _is_kept(self, row: Row) -> bool:
        return row.order[0] >= self._kept_since(row.shelf)

    def _kept_since(self, shelf: str) -> float:
        """The first instant of which a shelf's rows are still kept."""
        if shelf not in self.retention:
            return float("-inf")
        return (self.state.now - timedelta(days=self.retention[shelf])).replace(hour=0, minute=0, second=0).timestamp()

    def _modes(self, caller: Caller, at: Route, asked: dict[str, Any]) -> Iterable[filters.Test]:
        """What a list shows without being asked."""
        if at.view.key == "dependent_phone_numbers":
            address = at.scope["address_sid"]
            yield lambda payload: address in (payload["address_sid"], payload["emergency_address_sid"])
            return
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
