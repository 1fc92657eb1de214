"""Conditions on related records: live they are fetched first, offline they are part of the SQL.

Live, ``call__status="completed"`` becomes ``call_sid__in`` with the SIDs of the calls that Twilio lists as completed. What Twilio
lists below each record only, such as the media of a message, is fetched for each record that the other conditions do not decide
(:mod:`twilio_orm.orm.lists_below`). Offline the query stays one SQL statement; the accounts and the implicit filters of the
related records are added to it, and their coverage is checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import MissingScope, NotCovered, QueryError
from ..mirror.select import MirrorReader, not_covered
from ..query.ast import And, Condition, Node, Or, Query, Related, related_nodes, replace_related
from ..query.constraints import conjuncts
from ..query.explain import explain_plan
from ..query.planner import Plan, check_supported, offline_plan, plan
from ..schema.registry import CLASSES
from ..sync.storing import scope

if TYPE_CHECKING:
    from ..connection import Connection

LATER = "…"
"""Stands for values that are known once the related records were fetched."""


def _related_query(node: Related) -> Query:
    """The query for the related records, with the implicit filters of their resource."""
    return CLASSES[node.other.name].complete_query(Query(node.other, node.nodes))  # type: ignore[no-any-return]


def own_values(query: Query) -> Query:
    """The query without values of related records, which only a statement about these can read. Pure."""
    if not query.schema.related:
        return query
    from ..query.related_fields import split  # few queries have values of related records

    return split(query)[0]


# ---------------------------------------------------------------- live


Everything = Callable[[Any], Any]
"""Takes the class of related records, and returns the query set that answers for them."""


def resolved(query: Query, connection: Connection, everything: Everything | None = None) -> Query:
    """A query whose conditions on related records are replaced by their values. Calls Twilio if there are any.

    :param query: the query.
    :param connection: the connection.
    :param everything: the query set that answers for related records; a live one by default.
    :raises QueryError: the condition cannot be sent to Twilio; nothing was sent.
    :raises MissingScope: a parent is not named; nothing was sent.
    """
    if not any(True for _ in related_nodes(query.where)):
        return query
    check(query, connection)
    return replace(query, where=_resolved(query, connection, everything or (lambda model: model.using(connection))))


def check(query: Query, connection: Connection) -> Plan:
    """Raise what makes a query impossible at Twilio, as far as its conditions on related records say. Sends nothing.

    :param query: the query.
    :param connection: the connection.
    :returns: the plan of :func:`outlined`.
    :raises QueryError: a condition cannot be sent, or is about what Twilio lists no more.
    :raises MissingScope: a parent is not named.
    """
    if any(True for _ in related_nodes(query.where)):
        from . import lists_below  # loaded only for conditions on related records

        lists_below.check_lasting(query)
    return outlined(query, connection)[0]


def _resolved(query: Query, connection: Connection, everything: Everything) -> tuple[Node, ...]:
    """The conjunction of a query, with what is known of related records. Calls Twilio."""
    from . import lists_below  # loaded only for conditions on related records

    def known(node: Related) -> Node:
        if not lists_below.is_below(node):
            return _values(node, everything)
        inner = replace(node, nodes=_resolved(Query(node.other, node.nodes), connection, everything))
        return lists_below.fetched_later(query.schema, inner, connection)

    return lists_below.fetched_last(replace_related(query.where, known))


def _values(node: Related, everything: Everything) -> Condition:
    """The condition on this query's own field with the values of the related records. Calls Twilio."""
    rows = everything(CLASSES[node.other.name]).executor().rows(Query(node.other, node.nodes), [node.remote_field])
    values = dict.fromkeys(node.other.codec.stored(row, node.remote_field) for row, _ in rows)
    return Condition(node.local_field, "in", tuple(value for value in values if value is not None))


def outlined(query: Query, connection: Connection) -> tuple[Plan, list[str]]:
    """The plan of a query with ``LATER`` for the values of related records, and the requests for those. Sends nothing.

    :param query: the query.
    :param connection: the connection.
    :raises MissingScope: a parent is not named, of this query or of one for related records.
    :raises QueryError: a condition on the records below accounts: every account would need requests of its own.
    """
    related, lines = list(related_nodes(query.where)), list[str]()
    if not related:
        return plan(query, connection.account_sid), lines
    from . import lists_below  # loaded only for conditions on related records

    for node in related:
        if node.kind == "below":
            raise QueryError(
                f"{query.schema.name}s by their {node.name}: each account would need requests of its own; use .offline()"
            )
        below = lists_below.is_below(node)
        inner = replace(node, nodes=(*lists_below.parents_of(node, LATER), *node.nodes)) if below else node
        first, before = outlined(_related_query(inner), connection)
        check_supported(first.query, first.requests)
        each = lists_below.each_text(query.schema, node.other) if below else ""
        lines += [*before, *(f"GET {one.target(None)}".replace("%E2%80%A6", LATER) + each for one in first.requests)]
    where = replace_related(
        query.where, lambda node: node if lists_below.is_below(node) else Condition(node.local_field, "in", (LATER,))
    )
    return plan(replace(query, where=where), connection.account_sid), lines


def explained(query: Query, connection: Connection, covered: list[str] | None = None) -> str:
    """The plan of a query in English, the requests for related records first. Sends nothing.

    :param query: the query.
    :param connection: the connection.
    :param covered: lines about the mirror's coverage.
    """
    found, first = outlined(query, connection)
    text = explain_plan(replace(found, residual=query.where), first, covered or [])
    return text.replace("%E2%80%A6", LATER)


# ---------------------------------------------------------------- offline


class OfflineQuery:
    """A query as it is put to the mirror.

    ``query`` has the accounts and the implicit filters of related records; ``since`` the moments since when those are covered;
    ``tables`` the fields that are values of related records, each with the query for these.

    :param query: the query.
    :param connection: the connection.
    :param mirror: a snapshot of the mirror.
    :param partial: whether the mirror answers with what it has.
    :param accounts: the accounts whose records the query is for; the connection's account if none.
    :param with_deleted: whether deleted records are part of the answer.
    :raises NotCovered: the mirror has not fetched the related records completely.
    """

    def __init__(
        self,
        query: Query,
        connection: Connection,
        mirror: MirrorReader,
        partial: bool,
        accounts: tuple[str, ...] = (),
        *,
        with_deleted: bool = False,
    ) -> None:
        self._connection, self._mirror, self._partial, self._with_deleted = connection, mirror, partial, with_deleted
        self._given = query
        self._accounts = accounts or (connection.account_sid,)
        self.since: list[datetime] = []
        self.tables: list[tuple[Any, Query]] = []
        self.related = any(True for _ in related_nodes(query.where))
        self.query = replace(query, where=replace_related(query.where, self._scoped)) if self.related else query
        for name in query.schema.related:
            field: Any = query.schema.computed[name]
            self.tables.append((field, Query(field.node.other, self._scoped(field.node).nodes)))

    def _scoped(self, node: Related) -> Related:
        """A condition on related records with the accounts that they belong to. Raises NotCovered."""
        accounts = self._accounts_below() if node.kind == "below" else self._accounts
        if not node.other.mirrored:
            raise QueryError(f"{node.other.name} is not mirrored: offline, no condition on a {node.name} is possible")
        inner = OfflineQuery(_related_query(node), self._connection, self._mirror, self._partial, accounts)
        for account in accounts:
            self._check_covered(node, inner, account)
        self.since += inner.since
        self.tables += inner.tables
        owners: tuple[Node, ...] = scope(node.other, accounts[0]) if accounts else ()
        if node.kind == "below" or len(accounts) > 1:
            owners = (Or(tuple(And(scope(node.other, account)) for account in accounts)),)
        return replace(node, nodes=(*owners, *inner.query.where))

    def _accounts_below(self) -> tuple[str, ...]:
        """The accounts in the mirror that are below the connection's, itself included. Reads the disk."""
        schema = CLASSES["Account"].api_schema
        own = scope(schema, self._connection.account_sid)
        found = [row[schema.index["sid"]] for row in self._mirror.select(Query(schema, own))]
        return tuple(dict.fromkeys((self._connection.account_sid, *found)))

    def _check_covered(self, node: Related, inner: OfflineQuery, account: str) -> None:
        """Note since when the query for related records is covered. Raises NotCovered."""
        from . import lists_below, parent_coverage  # loaded only for conditions on related records

        if lists_below.is_below(node):
            if not self._partial:
                parents = own_values(replace(self._given, order=(), low=0, high=None))
                alone = tuple(one for one in conjuncts(parents.where) if not any(True for _ in related_nodes((one,))))
                parents = replace(parents, where=alone)
                self.since += parent_coverage.lists_since(self._mirror, account, parents, inner.query)
            return
        since, missing, offline = inner.covered(account)
        if missing and not self._partial:
            raise not_covered(offline, missing)
        self.since += [since] if since is not None else []

    def covered(self, account: str) -> tuple[datetime | None, list[Any], Any]:
        """The moment since when the query is covered, the requests that are not, and its plan. Reads the disk.

        If the query is not covered as it is, the one with the values of the related records may be: a live query fetched that. It
        does not do so for what is listed below each record, of which the mirror has only what is below the records that it has.

        :param account: the account's SID.
        :raises MissingScope: a parent is not named.
        """
        rewrites: list[Callable[[Query], Query]] = [lambda query: query]
        if self.related:
            from . import lists_below  # loaded only for conditions on related records

            if not any(map(lists_below.is_below, related_nodes(self._given.where))):
                rewrites.append(self._mirror.with_related_values)
        missing_scope: MissingScope | None = None
        found: tuple[datetime | None, list[Any], Any] | None = None
        for rewrite in rewrites:
            try:
                offline = offline_plan(rewrite(self.query), account)
            except MissingScope as error:
                missing_scope = error
                continue
            found = (*self._mirror.plan_coverage(account, offline), offline)
            if not found[1]:
                break
        if found is None:
            if self._partial:
                return None, [], None
            if missing_scope is not None and not self.query.schema.lists:
                raise missing_scope
            return self._below_each_parent(account), [], None
        return found

    def _below_each_parent(self, account: str) -> datetime | None:
        """The moment since when the list below each parent is covered. Reads the disk.

        :param account: the account's SID.
        :raises NotCovered: the mirror has not fetched the parents completely, or the list below one of them.
        """
        from . import parent_coverage  # loaded only for queries that name no parent

        schema = self.query.schema
        above = OfflineQuery(parent_coverage.parents_query(self.query), self._connection, self._mirror, False, (account,))
        since, missing, _ = above.covered(account)
        if missing:
            raise NotCovered(
                f"the mirror has not fetched every {above.query.schema.name}, below which {schema.name} records are listed: run"
                f" {above.query.schema.name}.sync(), then {schema.name}.sync(); or name one, {schema.name}.offline().filter("
                f"{schema.urls.parents()[-1]}=…); offline(partial=True) returns the records that the mirror has",
                syncs=(f"{above.query.schema.name}.sync()", f"{schema.name}.sync()"),
            )
        lists = parent_coverage.lists_since(self._mirror, account, above.query, self.query)
        if not self._with_deleted:
            self.query = replace(self.query, where=(*self.query.where, parent_coverage.parent_exists(schema, account)))
        return min([*([since] if since is not None else []), *above.since, *lists], default=None)
