"""Combines two queries about one resource into one, as ``|``, ``&`` and ``^`` of query sets do. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..errors import QueryError
from .ast import And, Condition, Node, Not, Or, Query

Nodes = tuple[Node, ...]


def combined(one: Query, other: Query, sign: str, complete: Callable[[Query], Query]) -> Query:
    """Return one query for the records of two. The order is that of the first.

    :param sign: ``|`` for the records of either, ``&`` of both, ``^`` of one and not the other, ``-`` of the first only.
    :param complete: adds the implicit filters of the resource to a query.
    :raises QueryError: one of them is a slice, or they read lists that differ by more than their conditions.
    """
    for query in (one, other):
        if query.low or query.high is not None:
            raise QueryError(f"a slice cannot be combined by {sign}: combine first, then slice; or join the lists in Python")
    if one.schema is not other.schema:
        from .extension import joined  # few queries have expressions

        schema = joined(one.schema, other.schema)
        one, other = replace(one, schema=schema), replace(other, schema=schema)
    if one.parent_path != other.parent_path:
        paths = " and ".join(f"below {query.parent_path}" if query.parent_path else "as a whole" for query in (one, other))
        raise QueryError(f"{sign} takes queries of one list, and these list {one.schema.name} {paths}: filter() both in one way")
    found = replace(one, where=_joined(one.where, other.where, sign, Condition(one.schema.key[-1], "in", ())))
    if len({_implicit(query, complete) for query in (one, other, found)}) > 1:
        raise QueryError(
            f"{sign} takes queries of one list, and these read different lists of {one.schema.name}:"
            " give both the same options and periods, or join list(one) and list(other) in Python"
        )
    return found


def _implicit(query: Query, complete: Callable[[Query], Query]) -> tuple[object, ...]:
    """Return what the resource adds to a query: its implicit filters and the flags that are sent."""
    full = complete(query)
    return full.where[len(query.where) :], full.flags


def _joined(one: Nodes, other: Nodes, sign: str, never: Node) -> Nodes:
    """Combine two conjunctions. The conditions that both have stay outside of an "or", where they narrow the requests."""
    shared = tuple(node for node in one if node in other)
    left, right = (tuple(node for node in nodes if node not in shared) for nodes in (one, other))
    if sign == "&":
        return (*one, *right)
    if sign == "|":
        return (*shared, Or((*_sides(left), *_sides(right)))) if left and right else shared
    sides = [_without(left, right, never)] if sign == "-" else [_without(left, right, never), _without(right, left, never)]
    return (*shared, Or(tuple(map(_and, sides)))) if len(sides) > 1 else (*shared, *sides[0])


def _sides(nodes: Nodes) -> Nodes:
    """The nodes of an "or" that a conjunction is, or the one node that it stands for: a chain of ``|`` is one "or"."""
    return nodes[0].nodes if len(nodes) == 1 and isinstance(nodes[0], Or) else (_and(nodes),)


def _without(nodes: Nodes, others: Nodes, never: Node) -> Nodes:
    """The conjunction of the records that satisfy one conjunction and not the other; an empty one is satisfied by all."""
    return (*nodes, Not(And(others))) if others else (never,)


def _and(nodes: Nodes) -> Node:
    return nodes[0] if len(nodes) == 1 else And(nodes)
