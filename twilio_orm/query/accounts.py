"""Which accounts a query is about: what its conditions on ``account_sid`` say. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import BadValue
from .ast import And, Condition, Node, Not, Or, Query, Ref, Related
from .lookups import LOOKUPS

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema

FIELD = "account_sid"
"""The field that says which account a record belongs to."""


def check_own_account(schema: ResourceSchema, nodes: Iterable[Node], account: str) -> None:
    """Check that a conjunction does not want another account's records, which this account's connection never returns.

    :param account: the SID of the connection's account.
    :raises BadValue: it wants them.
    """
    for other in _unlisted(schema, nodes, (account,)):
        under = f"connection.under({other!r})" if other else "connection.under(sid)"
        raise BadValue(
            f"account_sid: this connection returns records of {account} only; for those of another account use {under}, for"
            f" those of all accounts {schema.name}.across_accounts(); on the command line --account-sid or --all-accounts"
        )


def check_tree(schema: ResourceSchema, nodes: Iterable[Node], accounts: Collection[str], main: str) -> None:
    """Check that a conjunction does not want records of an account that is not in the tree.

    :param accounts: the SIDs of the accounts of the tree.
    :param main: the SID of the account that the tree is below.
    :raises BadValue: it wants them.
    """
    for other in _unlisted(schema, nodes, accounts):
        named = f"{other} is not one of the accounts" if other else "the condition fits none of the accounts"
        raise BadValue(f"account_sid: {named} of {main}, which across_accounts() reads; Account.all() lists them")


def _unlisted(
    schema: ResourceSchema, nodes: Iterable[Node], accounts: Collection[str], field: str = FIELD, wanted: bool = True
) -> Iterator[str]:
    """Return the accounts that a conjunction wants records of and that are not listed; "" for a condition that fits none.

    :param field: the field that holds the account's SID.
    :param wanted: False within a negation: to exclude the records of another account is no mistake.
    """
    for node in nodes:
        if isinstance(node, Not):
            yield from _unlisted(schema, (node.node,), accounts, field, not wanted)
        elif isinstance(node, (And, Or)):
            yield from _unlisted(schema, node.nodes, accounts, field, wanted)
        elif isinstance(node, Related):
            if node.kind != "below":  # records below an account belong to many accounts
                inner = node.remote_field if node.local_field == FIELD else FIELD
                yield from _unlisted(node.other, node.nodes, accounts, inner, wanted)
        elif isinstance(node, Condition) and wanted and node.field == field and not isinstance(node.value, Ref):
            if node.lookup in ("exact", "in"):
                values = node.value if node.lookup == "in" else (node.value,)
                yield from (one for one in values if one not in accounts)
            elif node.lookup != "isnull" and not any(_fits(node, one) for one in accounts):
                yield node.value if node.lookup == "iexact" else ""


def _fits(node: Condition, account: str) -> bool:
    """Tell whether a condition on a field is true of an account's SID."""
    return LOOKUPS[node.lookup].python(account, node.value)


def may_be_about(nodes: Iterable[Node], account: str) -> bool:
    """Tell whether records of an account may satisfy a conjunction, as far as its conditions on ``account_sid`` say."""
    return _known(And(tuple(nodes)), account) is not False


def _known(node: Node, account: str) -> bool | None:
    """Whether a node is true of the records of an account; None where that depends on the record."""
    if isinstance(node, Condition):
        return _fits(node, account) if node.field == FIELD and not isinstance(node.value, Ref) else None
    if isinstance(node, Not):
        inner = _known(node.node, account)
        return None if inner is None else not inner
    if isinstance(node, (And, Or)):
        decisive = isinstance(node, Or)
        found = [_known(one, account) for one in node.nodes]
        return decisive if decisive in found else None if None in found else not decisive
    return None


def joined(parts: Collection[tuple[str, Query]]) -> Query:
    """Return one query for the records that answer some accounts' queries, which :func:`by_account` takes apart again.

    :param parts: at least one account, and the query for its records without a condition on the account.
    """
    (_, query), *_ = parts
    if all(one.where == query.where for _, one in parts):
        return replace(query, where=(Condition(FIELD, "in", tuple(account for account, _ in parts)), *query.where))
    sides = tuple(And((Condition(FIELD, "exact", account), *one.where)) for account, one in parts)
    return replace(query, where=(Or(sides),))


def by_account(query: Query) -> tuple[tuple[str, Query], ...]:
    """Return the accounts that the first condition of a query names, each with the query for its records; none if there is one.

    A record answers the query if it answers the part for its account.
    """
    first = query.where[0] if query.where else None
    if isinstance(first, Condition) and first.field == FIELD and first.lookup == "in":
        rest = query.where[1:]
        return tuple((one, replace(query, where=(Condition(FIELD, "exact", one), *rest))) for one in first.value)
    if not isinstance(first, Or) or len(query.where) > 1:
        return ()
    parts = {_account_of(one): one for one in first.nodes}
    if "" in parts or len(parts) < len(first.nodes):
        return ()
    return tuple((account, replace(query, where=(part,))) for account, part in parts.items())


def _account_of(node: Node) -> str:
    """The account that the first condition of an "and" names, "" if it names none."""
    first = node.nodes[0] if isinstance(node, And) and node.nodes else None
    named = isinstance(first, Condition) and first.field == FIELD and first.lookup == "exact" and not isinstance(first.value, Ref)
    return first.value if named else ""  # type: ignore[union-attr]
