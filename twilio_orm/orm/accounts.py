"""The executors of ``across_accounts()``: Twilio, the mirror, and the mirror after its gaps were fetched, for every account.

Twilio is sent each account's requests; the mirror answers in one statement. Each record has a connection to its own account.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ..errors import NotFound, QueryError
from ..mirror.select import MirrorReader, not_covered
from ..query.accounts import FIELD, joined
from ..query.ast import And, Condition, Or, Query
from ..query.constraints import conditions, query_constraints
from ..query.planner import MOST_REQUESTS
from ..sync.scan import check_mirrored
from .account_tree import Tree, account_tree, own_context, without_subaccounts
from .executor import Context, Executor, HiddenRow, row_order
from .executors import LiveExecutor, MirrorExecutor, ReadThroughExecutor
from .related_filters import OfflineQuery

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

Found = tuple["Row", dict[str, Any] | None, "Connection"]
"""A row, its fields that are never stored, and the connection to its account."""


class ManyAccounts(Executor):
    """Merges the answers of an executor for each account."""

    is_live = True

    def parts(self, query: Query) -> tuple[Query, list[Executor]]:
        """The query for each account, and an executor for each. Calls Twilio for the list of accounts."""
        LiveExecutor(own_context(self.context, self.connection)).check(without_subaccounts(query))
        tree = account_tree(self.context, query)
        return tree.query, [LiveExecutor(own_context(self.context, own)) for own in tree.connections]

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:
        """The rows of all accounts, one account after the other, or merged in order. Calls Twilio as they are read."""
        return ((row, hidden) for row, hidden, _ in self._found(query, names))

    def records(self, query: Query, names: Collection[str] = ()) -> Iterator[Any]:
        """The records of all accounts, each with a connection to its own. See ``rows``."""
        make, parent_path = self.model.from_row, query.parent_path
        for row, hidden, own in self._found(query, names):
            yield make(row, own, hidden, parent_path)

    def _found(self, query: Query, names: Collection[str]) -> Iterator[Found]:
        if query.high is not None and query.high <= query.low:
            return iter(())
        each, executors = self.parts(query)
        each, absent = replace(each, low=0), list[NotFound]()
        if query.order:
            order: Any = row_order(query)  # it looks at the row alone
            found: Iterator[Found] = heapq.merge(*(_answer(one, each, names, absent) for one in executors), key=order)
        else:
            found = _in_turn(each, executors, names, absent)
        return islice(_unless_absent(found, executors, absent), query.low, query.high)


class MirrorAccounts(MirrorExecutor):
    """Answers for all accounts from the mirror, in one statement. Reads the disk; sends nothing."""

    def resolve(self, query: Query, reader: MirrorReader | None = None) -> tuple[MirrorReader, Query]:
        """A snapshot of the mirror, and the query to put to it. Reads the disk.

        :param query: the query.
        :param reader: the snapshot, if there is one already.
        :raises NotCovered: the mirror has not fetched the accounts, or this query of one of them; the error names it.
        """
        if self._resolved is not None:
            return super().resolve(query, reader)
        check_mirrored(query.schema)
        _check_no_account(query.schema)
        reader, partial, answer = reader or self.reader(), self.source.partial, self.context.answer
        answer.as_of = None
        tree = account_tree(self.context, query, reader)
        since, parts, missing, plan = [tree.since], list[tuple[str, Query]](), dict[str, list[Any]](), None
        tables = list[tuple[str, list[Any]]]()
        with reader.reading():
            for own in tree.connections:
                offline = OfflineQuery(
                    self.model.complete_query(tree.query), own, reader, partial, with_deleted=self.source.deleted
                )
                at, lacking, requests = offline.covered(own.account_sid)
                if lacking:
                    missing[own.account_sid], plan = lacking, requests
                since += [at, *offline.since]
                parts.append((own.account_sid, offline.query))
                tables.append((own.account_sid, offline.tables))
        if missing and not partial:
            raise not_covered(plan, [one for some in missing.values() for one in some], tuple(missing))  # type: ignore[arg-type]
        answer.as_of = _earliest(since)
        scoped = _joined(tree, parts)
        if query.schema.related:
            from ..mirror.related_tables import RelatedMirror  # few queries have values of related records

            reader = RelatedMirror(reader, _joined_tables(tables) if tables else _empty_tables(query.schema))
        return reader, reader.checked_query(scoped, partial=partial)

    def records(self, query: Query, names: Collection[str] = ()) -> Iterator[Any]:  # noqa: ARG002
        """The records of all accounts, each with a connection to its own. Reads the disk."""
        with self.resolved(query) as (reader, resolved):
            found = reader.select_lists(resolved, with_deleted=self.source.deleted, unread=self.context.unread)
        root, own, account_of = self.connection, dict[str, Any](), itemgetter(query.schema.index[FIELD])
        for account, some in chain.from_iterable(groupby(rows, account_of) for rows in found):
            if account not in own:
                own[account] = root if account == root.account_sid else root.under(account)
            yield from self.model.from_rows(list(some), own[account], query.parent_path)

    def find(self, query: Query, key: str) -> Any:  # noqa: ARG002
        """None: a record's SID does not say which account's it is."""
        return None


class ReadThroughAccounts(ReadThroughExecutor):
    """Fetches what the mirror has not fetched recently enough of each account; then the mirror answers, or Twilio."""

    def filled(self, query: Query, names: Collection[str] = ()) -> Executor:
        """Fetch the gaps of each account, and return the executor that answers. Calls Twilio unless the mirror covers all."""
        tree = account_tree(self.context, query)
        whole = replace(tree.query, low=0)
        parts, since, absent = list[Executor](), [tree.since], list[NotFound]()
        for own in tree.connections:
            context = own_context(self.context, own)
            try:
                parts.append(ReadThroughExecutor(context).filled(whole, names))
            except NotFound as error:
                if not _is_below(whole):
                    raise
                absent.append(error)
            else:
                since.append(context.answer.as_of)
        if absent and not parts:
            raise absent[0]
        self.context.answer.as_of = _earliest(since)
        if not all(isinstance(one, MirrorExecutor) for one in parts):
            return _Filled(self.context, whole, parts)
        resolved = [(one.connection.account_sid, one.resolve(whole)[1]) for one in parts if isinstance(one, MirrorExecutor)]
        unscoped = [(account, replace(one, where=one.where[1:])) for account, one in resolved]  # the first is the account
        return MirrorAccounts(self.context, replace(_joined(tree, unscoped), low=query.low, high=query.high))

    def find(self, query: Query, key: str) -> Any:  # noqa: ARG002
        """None: a record's SID does not say which account's it is."""
        return None


class _Filled(ManyAccounts):
    """Merges the answers of executors whose gaps were fetched, where Twilio has to answer for an account."""

    def __init__(self, context: Context, query: Query, executors: list[Executor]) -> None:
        super().__init__(context)
        self._query, self._executors = query, executors

    def parts(self, query: Query) -> tuple[Query, list[Executor]]:  # noqa: ARG002
        """The query and the executors whose gaps were fetched. Sends nothing."""
        return self._query, self._executors


def across(context: Context) -> Executor:
    """Return the executor that answers for all accounts as the source's executor does for one."""
    kind = context.source.executor
    if issubclass(kind, MirrorExecutor):
        return MirrorAccounts(context)
    return ReadThroughAccounts(context) if issubclass(kind, ReadThroughExecutor) else ManyAccounts(context)


def _earliest(since: Iterable[Any]) -> Any:
    """The earliest of some moments; None if one of them is not known."""
    several = list(since)
    return None if None in several else min(several)


def _joined(tree: Tree, parts: list[tuple[str, Query]]) -> Query:
    """One query to the mirror for the records of all accounts."""
    return joined(parts) if parts else replace(tree.query, where=(Condition(FIELD, "in", ()),))


def _joined_tables(tables: list[tuple[str, list[Any]]]) -> list[Any]:
    """The fields that are values of related records, each with one query for the related records of all accounts.

    :param tables: by account, the same fields with the queries for its own.
    """
    found = []
    for several in zip(*(fields for _, fields in tables), strict=True):
        (field, query), schema = several[0], several[0][1].schema
        if FIELD in schema.columns and not schema.rooted:  # the first condition of each query is the account
            accounts = [account for account, _ in tables]
            own = [(one, replace(of, where=of.where[1:])) for one, (_, of) in zip(accounts, several, strict=True)]
            query = joined(own)
        else:
            query = replace(query, where=(Or(tuple(And(of.where) for _, of in several)),))
        found.append((field, query))
    return found


def _check_no_account(schema: ResourceSchema) -> None:
    """Refuse values of the account of each record: the mirror has one list of accounts, the main account's. Raises QueryError."""
    for name in schema.related:
        field: Any = schema.computed[name]
        if field.node.other.rooted:
            raise QueryError(
                f"{name} of all accounts is not possible offline: read account_sid, and the accounts by"
                " Account.offline().in_bulk()"
            )


def _empty_tables(schema: ResourceSchema) -> list[Any]:
    """The fields that are values of related records, none of which counts."""
    fields: list[Any] = [schema.computed[name] for name in schema.related]
    others = [one for field in fields for one in _empty_tables(field.node.other)]
    return [*((one, Query(one.node.other, (Condition(one.node.remote_field, "in", ()),))) for one in fields), *others]


def _in_turn(query: Query, executors: list[Executor], names: Collection[str], absent: list[NotFound]) -> Iterator[Found]:
    """The rows of one account after the other, until there are enough, or each record that is named by its SID was found."""
    schema, left, wanted = query.schema, query.high, _named_records(query)
    for executor in executors:
        some = query if left is None else replace(query, high=left)
        if wanted is not None:  # a SID is one record's: further accounts need not look for it
            some = replace(some, where=(*some.where, Condition(schema.key[0], "in", tuple(wanted))))
        for found in _answer(executor, some, names, absent):
            yield found
            left = None if left is None else left - 1
            if wanted is not None:
                wanted.pop(found[0][schema.index[schema.key[0]]], None)
        if (left is not None and left <= 0) or wanted == {}:
            return


def _named_records(query: Query) -> dict[str, None] | None:
    """The SIDs that a query names, if they are so few that each record is fetched by its own; else None."""
    schema = query.schema
    key = schema.key[0]
    if len(schema.key) > 1 or not schema.keyed:
        return None
    named = [node for node in conditions(query.where) if node.field == key and node.lookup in ("exact", "in")]
    values = [node.value if node.lookup == "in" else (node.value,) for node in named]
    shortest = min(values, key=len, default=None)
    return None if shortest is None or len(shortest) > MOST_REQUESTS else dict.fromkeys(shortest)


def _answer(executor: Executor, query: Query, names: Collection[str], absent: list[NotFound]) -> Iterator[Found]:
    """The rows of one account. The list below a record that another account has is noted as absent.

    :param absent: the errors so far.
    """
    try:
        for row, hidden in executor.rows(query, names):
            yield row, hidden, executor.connection
    except NotFound as error:
        if not _is_below(query):
            raise
        absent.append(error)


def _is_below(query: Query) -> bool:
    """Whether the list is below a record, which is one account's."""
    return not query.schema.parent_paths.keys().isdisjoint(query_constraints(query).equal)


def _unless_absent(found: Iterator[Found], executors: list[Executor], absent: list[NotFound]) -> Iterator[Found]:
    """The rows. Raises NotFound if no account has the record below which they are listed."""
    yield from found
    if absent and len(absent) == len(executors):
        raise absent[0]
