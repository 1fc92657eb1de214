"""Questions about related records, answered first: live by asking for them, offline within the mirror's own SQL.

Live, ``call__status="completed"`` becomes ``call_sid__in`` of the calls that Twilio says are completed. Offline it stays one
statement; here it is only told whose records it is about, what their resource leaves unsaid, and whether all that was heard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import MissingScope, QueryError
from ..mirror.select import MirrorReader, not_covered
from ..query.ast import And, Condition, Node, Or, Query, Related, related_nodes, replace_related
from ..query.explain import explain_plan
from ..query.planner import Plan, check_supported, offline_plan, plan
from ..schema.registry import CLASSES
from ..sync.storing import scope

if TYPE_CHECKING:
    from ..connection import Connection

LATER = "…"
"""Stands for values that are known once the question about the related records was asked."""


def _inner(node: Related) -> Query:
    """The question about the related records, with what their resource leaves unsaid."""
    return CLASSES[node.other.name].complete_query(Query(node.other, node.nodes))  # type: ignore[no-any-return]


# ---------------------------------------------------------------- live


def resolved(query: Query, connection: Connection) -> Query:
    """A question with the related records' values in place of what was said of them. Touches the network where there are any.

    :raises QueryError, MissingScope: before anything is sent.
    """
    if not any(True for _ in related_nodes(query.where)):
        return query
    outlined(query, connection)
    return replace(query, where=replace_related(query.where, lambda node: _values(node, connection)))


def _values(node: Related, connection: Connection) -> Condition:
    model = CLASSES[node.other.name]
    found = model.using(connection).with_query(Query(node.other, node.nodes))
    values = dict.fromkeys(node.other.codec.stored(row, node.remote_field) for row, _ in found.executor().rows(found.query))
    return Condition(node.local_field, "in", tuple(value for value in values if value is not None))


def outlined(query: Query, connection: Connection) -> tuple[Plan, list[str]]:
    """The plan of a question as far as it can be known before, and the requests that come first. Asks nothing.

    :raises MissingScope: of this question, or of one about related records.
    :raises QueryError: it asks about accounts by what lies below them, which Twilio is not asked in one question.
    """
    lines: list[str] = []
    for node in related_nodes(query.where):
        if node.kind == "below":
            raise QueryError(
                f"{query.schema.name}s by their {node.name}: every account would have to be asked; ask the mirror, .offline()"
            )
        first, before = outlined(_inner(node), connection)
        check_supported(first.query, first.requests)
        lines += [*before, *(f"GET {one.target(None)}".replace("%E2%80%A6", LATER) for one in first.requests)]
    where = replace_related(query.where, lambda node: Condition(node.local_field, "in", (LATER,)))
    return plan(replace(query, where=where), connection.account_sid), lines


def explained(query: Query, connection: Connection, covered: list[str] | None = None) -> str:
    """What would be asked, in English, the questions about related records first. Asks nothing."""
    found, first = outlined(query, connection)
    text = explain_plan(replace(found, residual=query.where), first, covered or [])
    return text.replace("%E2%80%A6", LATER)


# ---------------------------------------------------------------- offline


class OfflineQuery:
    """A question as it is put to the mirror: ``query``; what of the related records' was ``since`` heard.

    :param mirror: as it is, or as it was. :param partial: whether what there is will do.
    :raises NotCovered: a question about related records was not heard whole.
    """

    def __init__(
        self, query: Query, connection: Connection, mirror: MirrorReader, partial: bool, accounts: tuple[str, ...] = ()
    ) -> None:
        self._connection, self._mirror, self._partial = connection, mirror, partial
        self._accounts = accounts or (connection.account_sid,)
        self.since: list[datetime] = []
        self.related = any(True for _ in related_nodes(query.where))
        self.query = replace(query, where=replace_related(query.where, self._owned)) if self.related else query

    def _owned(self, node: Related) -> Related:
        """The node, told whose records it is about, once all of them are known to be heard."""
        accounts = self._below() if node.kind == "below" else self._accounts
        if not node.other.mirrored:
            raise QueryError(f"{node.other.name} is not mirrored: nothing about a {node.name} can be known offline")
        inner = OfflineQuery(_inner(node), self._connection, self._mirror, self._partial, accounts)
        for account in accounts:
            self._note(inner, account)
        self.since += inner.since
        whose: tuple[Node, ...] = scope(node.other, accounts[0]) if accounts else ()
        if node.kind == "below" or len(accounts) > 1:
            whose = (Or(tuple(And(scope(node.other, account)) for account in accounts)),)
        return replace(node, nodes=(*whose, *inner.query.where))

    def _below(self) -> tuple[str, ...]:
        """The accounts that the mirror knows of below this one, itself included."""
        schema = CLASSES["Account"].api_schema
        mine = scope(schema, self._connection.account_sid)
        found = [row[schema.index["sid"]] for row in self._mirror.select(Query(schema, mine))]
        return tuple(dict.fromkeys((self._connection.account_sid, *found)))

    def _note(self, inner: OfflineQuery, account: str) -> None:
        since, missing, offline = inner.covered(account)
        if missing and not self._partial:
            raise not_covered(offline, missing)
        self.since += [since] if since is not None else []

    def covered(self, account: str) -> tuple[datetime | None, list[Any], Any]:
        """Since when the question was heard whole, what was not, and the plan of it: as it is, or with the values.

        A pass that asked for the records of the values alone heard those, and that is enough.
        """
        queries: list[Callable[[Query], Query]] = [
            lambda query: query,
            *([self._mirror.with_related_values] if self.related else []),
        ]
        scopeless: MissingScope | None = None
        found: tuple[datetime | None, list[Any], Any] | None = None
        for make in queries:
            try:
                offline = offline_plan(make(self.query), account)
            except MissingScope as error:
                scopeless = error
                continue
            found = (*self._mirror.plan_coverage(account, offline), offline)
            if not found[1]:
                break
        if found is None:
            if not self._partial:
                raise scopeless or MissingScope("a parent is not named")
            return None, [], None
        return found
