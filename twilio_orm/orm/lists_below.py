"""Related records that Twilio lists below each record only: the media of a message, the mappings of a SIP domain.

A condition on them takes one request for each record that the other conditions do not decide, and none for a record whose count
says that it has none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import NotFound
from ..query.ast import And, Condition, Node, Not, Or, Query, Related, related_nodes
from ..query.constraints import conditions
from ..schema.registry import CLASSES

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row


def is_below(node: Related) -> bool:
    """Whether Twilio lists the related records below each record only, and the condition names no parent. Pure."""
    if node.kind != "many" or node.remote_field not in node.other.urls.parents():
        return False
    return not any(one.field == node.remote_field and one.lookup in ("exact", "in") for one in conditions(node.nodes))


def parents_of(node: Related, value: str) -> tuple[Node, ...]:
    """The conditions that name the parents of the related records, each with this value. Pure."""
    return tuple(Condition(name, "exact", value) for name in node.other.urls.parents())


def each_text(schema: ResourceSchema, other: ResourceSchema) -> str:
    """For which records a list of related ones is requested, in English. Pure."""
    return f" for each {schema.name}" + (f" whose {other.counted} is not 0" if other.counted else "")


def fetched_later(schema: ResourceSchema, node: Related, connection: Connection) -> Related:
    """The node with the function that requests the related records of a row. Sends nothing yet.

    :param schema: the resource of the row.
    :param node: the condition, whose own conditions on related records are resolved.
    :param connection: the connection.
    """
    *above, last = node.other.urls.parents()
    model, counted, codec = CLASSES[node.other.name], node.other.counted, schema.codec

    def answers(row: Row) -> bool:
        """Whether a row has such a related record. Calls Twilio unless the row's count says that it has none."""
        if counted and codec.stored(row, counted) == 0:
            return False
        names = {**{name: codec.stored(row, name) for name in above}, last: codec.stored(row, node.local_field)}
        parents = tuple(Condition(name, "exact", value) for name, value in names.items())
        query = Query(node.other, (*parents, *node.nodes)).sliced(None, 1)
        try:
            return any(True for _ in model.using(connection).executor().rows(query))
        except NotFound as absent:  # the record was deleted meanwhile, and what was below it
            if not absent.certain:
                raise
            return False

    return replace(node, answers=answers)


def fetched_last(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the conjunction with the conditions that take a request for each record after the others, at any depth. Pure."""
    return tuple(sorted(map(_fetched_last, nodes), key=_is_fetched_later))


def _fetched_last(node: Node) -> Node:
    if isinstance(node, Not):
        return Not(_fetched_last(node.node))
    return replace(node, nodes=fetched_last(node.nodes)) if isinstance(node, (And, Or)) else node


def _is_fetched_later(node: Node) -> bool:
    return any(one.answers is not None for one in related_nodes((node,)))
