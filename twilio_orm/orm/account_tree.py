"""The accounts that a query of ``across_accounts()`` is about. The list of accounts is answered as the query itself is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import NotCovered, QueryError
from ..query.accounts import FIELD, check_tree, may_be_about
from ..query.ast import Condition, Node, Query, Related, named_fields, replace_related
from ..query.constraints import query_constraints
from ..schema.registry import CLASSES

if TYPE_CHECKING:
    from ..connection import Connection
    from ..mirror.select import MirrorReader
    from ..schema.row_layout import Row
    from .executor import Context, Source

SUMMED = "include_subaccounts"
"""The field of sums that says whether they include those of subaccounts."""


class SkippedAccount(NamedTuple):
    """An account that a query of all accounts skipped, because it is not active."""

    sid: str
    friendly_name: str | None
    status: str | None


class Tree(NamedTuple):
    """The accounts that answer a query.

    :param query: the query for each account.
    :param connections: a connection to each of them, the main account's first.
    :param skipped: those that are not active.
    :param since: the moment from which the list of accounts is known to be complete; None where Twilio gave it.
    """

    query: Query
    connections: list[Connection]
    skipped: tuple[SkippedAccount, ...]
    since: datetime | None


def check_model(model: Any) -> None:
    """Refuse a resource that is not listed for each account. Pure.

    :raises QueryError: it says why.
    """
    schema = model.api_schema
    name, parents = schema.name, schema.urls.parents()
    if not schema.lists or not schema.mirrored or FIELD not in schema.columns:
        raise QueryError(f"across_accounts() is for lists of an account's records, and Twilio has no such list of {name}")
    if parents:
        raise QueryError(
            f"across_accounts() is for lists of an account, and Twilio lists {name} below one record ({', '.join(parents)}),"
            f" which belongs to one account: use the relation of that record, or {name}.using(connection.under(sid))"
        )
    if schema.singleton:
        raise QueryError(f"{name} is the main account's, and subaccounts have none of their own: {name}.get()")


def account_tree(context: Context, query: Query, reader: MirrorReader | None = None) -> Tree:
    """Return the accounts that a query is about. Calls Twilio for the list of accounts, unless the mirror has to answer.

    :param context: the context of the executor; its answer names the skipped accounts from now on.
    :param query: the query, whose conditions on ``account_sid`` say which accounts are needed.
    :param reader: the snapshot of the mirror that answers; None where the mirror alone does not answer.
    :raises BadValue: the query names an account that is not in the tree.
    :raises NotCovered: the mirror has not fetched the list of accounts.
    """
    query, root = without_subaccounts(query), context.connection
    source = replace(context.source, across=False, deleted=False, moment=None, reader=reader, newer=None)
    accounts = _accounts(root, source)
    try:
        rows = list(accounts.rows(store=context.store))
    except NotCovered as error:
        raise NotCovered(f"across_accounts() needs the list of accounts: {error}", syncs=error.syncs) from None
    found = {one.sid: one for one in map(_account, rows)}
    main = found.pop(root.account_sid, SkippedAccount(root.account_sid, None, "active"))
    found = {main.sid: main, **found, **(_unlisted(root, found) if context.source.partial else {})}
    check_tree(query.schema, query.where, found, root.account_sid)
    query = replace(query, where=replace_related(query.where, lambda node: _resolved(node, root, source)))
    wanted = [one for one in found.values() if may_be_about(query.where, one.sid)]
    skipped = tuple(one for one in wanted if one.status != "active")
    context.answer.skipped = skipped
    connections = [root if one is main else root.under(one.sid) for one in wanted if one not in skipped]
    return Tree(query, connections, skipped, accounts.as_of)


def without_subaccounts(query: Query) -> Query:
    """Return a query of sums for those of each account alone, so that nothing counts twice. Pure.

    :raises QueryError: it is about sums that include subaccounts.
    """
    if SUMMED not in query.schema.columns:
        return query
    if SUMMED not in named_fields(query.where):
        return replace(query, where=(*query.where, Condition(SUMMED, "exact", 0)))
    if query_constraints(query).equal.get(SUMMED) != 0:
        raise QueryError(
            f"{SUMMED}=True of all accounts counts subaccounts twice: the main account's {query.schema.name}.all() includes them;"
            f" across_accounts() gives each account's own"
        )
    return query


def _accounts(root: Connection, source: Source, *nodes: Node) -> Any:
    """The query set of the accounts below a connection's account, itself included."""
    model = CLASSES["Account"]
    return model.query_set_class(model, Query(model.api_schema, nodes), root, source).strict(False)


def _account(row: Row) -> SkippedAccount:
    index = CLASSES["Account"].api_schema.index
    return SkippedAccount(*(row[index[name]] for name in ("sid", "friendly_name", "status")))


def _unlisted(root: Connection, found: dict[str, SkippedAccount]) -> dict[str, SkippedAccount]:
    """The accounts with records in the mirror that are not among its accounts. Reads the disk."""
    known = root.mirror.accounts()
    below = [sid for sid, main in known.items() if main == root.account_sid and sid not in (*found, root.account_sid)]
    return {sid: SkippedAccount(sid, None, "active") for sid in below}


def _resolved(node: Related, root: Connection, source: Source) -> Node:
    """A condition on the account of a record, as one on its SID; other related records are each account's own."""
    if not node.other.rooted or node.local_field != FIELD:
        return node
    index = node.other.index[node.remote_field]
    return Condition(FIELD, "in", tuple(row[index] for row in _accounts(root, source, *node.nodes).rows()))


def own_context(context: Context, own: Connection) -> Context:
    """Return the context of an executor for one account.

    :param own: the connection to it.
    """
    return context.of(replace(context.source, across=False), own)
