"""Related records that Twilio lists below each record only: the media of a message, the mappings of a SIP domain.

A condition on them takes one request for each record that the other conditions do not decide, and none for a record whose count
says that it has none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import NotFound, QueryError
from ..query.ast import And, Condition, Node, Not, Or, Query, Related, related_nodes
from ..query.constraints import conditions
from ..schema.registry import CLASSES

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.resource_schema import Finality, ResourceSchema
    from ..schema.row_layout import Row


def is_below(node: Related) -> bool:
    """Whether Twilio lists the related records below each record only, and the condition names no parent. Pure."""
    if node.kind != "many" or node.remote_field not in node.other.urls.parents():
        return False
    return not any(one.field == node.remote_field and one.lookup in ("exact", "in") for one in conditions(node.nodes))


def parents_of(node: Related, value: str) -> tuple[Node, ...]:
    """The conditions that name the parents of the related records, each with this value. Pure."""
    return tuple(Condition(name, "exact", value) for name in node.other.urls.parents())


def check_lasting(query: Query) -> None:
    """Refuse a live condition on records that Twilio lists only while their parent lasts, such as participants. Pure.

    Of a parent that has ended Twilio lists none, whatever there was: an answer would be wrong.

    :param query: the query, whose conditions say whether the parents last.
    :raises QueryError: the parents may have ended.
    """
    schema = query.schema
    for node in related_nodes(query.where):
        check_lasting(Query(node.other, node.nodes))
        kept, ends = node.other.retention, schema.finality
        if is_below(node) and kept is not None and kept.together and not kept.least and ends is not None:
            _check_lasting(query, node, ends)


def _check_lasting(query: Query, node: Related, ends: Finality) -> None:
    """See ``check_lasting``."""
    schema = query.schema
    named = [one for one in conditions(query.where) if one.field == ends.by and one.lookup in ("exact", "in")]
    if any({*ends.final}.isdisjoint(one.value if one.lookup == "in" else (one.value,)) for one in named):
        return
    lasting = [one for one in schema.columns[ends.by].values if one not in ends.final]
    raise QueryError(
        f"Twilio lists the {node.name} of a {schema.name} only while it lasts, so nothing answers this condition for those that"
        f" have ended: add {ends.by}__in={lasting!r}, or use offline(), which answers from what the mirror fetched in time"
    )


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
