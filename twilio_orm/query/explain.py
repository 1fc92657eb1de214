"""The English form of a query and of its plan, as ``explain()`` prints it. Pure.

One line for each request, residual filter, order, note and statement of the mirror's coverage, each with its label in front.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..schema.text_fields import Json, Phone
from .ast import And, Condition, Node, Not, Or, Ref, Related, Unredacted
from .lookups import LOOKUPS

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .planner import Plan


def explain_plan(plan: Plan, subqueries: Sequence[str] = (), coverage: Sequence[str] = ()) -> str:
    """Return a plan in English, one line for each part. Sends nothing.

    :param plan: the plan.
    :param subqueries: the requests for related records, which are sent before the plan's own.
    :param coverage: what the mirror covers of each request; once if it is the same for all.
    """
    schema, query, size = plan.query.schema, plan.query, len(plan.requests)
    lines = [("subquery", text) for text in subqueries]
    lines += [("request", f"GET {one.target(None)}") for one in plan.requests]
    lines += [("filter", explain_node(schema, node)) for node in plan.residual]
    fields: list[Any] = [schema.computed[name] for name in sorted(schema.expressions)]
    lines += [("field", f"{one.name} is {one.text}") for one in fields if one.name != one.text]
    relations = dict.fromkeys(one.node.name for one in fields if one.related)
    lines += [("related", f"{name}: read as prefetch({name!r}) does; offline by the same SELECT") for name in relations]
    if query.order:
        lines.append(("order", ", ".join(name + " descending" * descends for name, descends in query.order) + ", sorted here"))
    lines += [("note", text) for text in warnings_about(schema, plan.residual)]
    if plan.residual and plan.reads_everything:
        lines.append(("note", "no condition limits what Twilio lists: the whole list is fetched and filtered here"))
    lines += [("mirror", text) for text in (coverage if len(set(coverage)) > 1 else coverage[:1])]
    return "\n".join([f"{schema.name}: {size} request{'s' * (size != 1)} to Twilio", *(f"  {a:<8} {b}" for a, b in lines)])


def explain_node(schema: ResourceSchema, node: Node) -> str:
    """Return a node in English."""
    if isinstance(node, Not):
        return f"not ({explain_node(schema, node.node)})"
    if isinstance(node, (And, Or)):
        texts = [
            f"({explain_node(schema, one)})" if isinstance(one, (And, Or)) else explain_node(schema, one) for one in node.nodes
        ]
        return (" and " if isinstance(node, And) else " or ").join(texts)
    if isinstance(node, Unredacted):
        return f"{node.field} was not redacted"
    if isinstance(node, Related):
        subject = f"{'its' if node.kind == 'one' else 'one of its'} {node.name}"
        inner = " and ".join(explain_node(node.other, one) for one in node.nodes)
        return f"{subject} has ({inner})" if inner else f"{subject} exists"
    return f"{_subject(node)} {LOOKUPS[node.lookup].english.format(_value_text(schema, node))}"


def _subject(node: Condition) -> str:
    zone = f" ({node.zone})" if node.zone else ""
    return f"the {node.part.replace('_', ' ')} of {node.field}{zone}" if node.part else node.field


def _value_text(schema: ResourceSchema, node: Condition) -> Any:
    value = node.value
    if isinstance(value, Ref):
        return value.field
    if schema.column(node.field).kind == "duration" and not isinstance(value, bool):
        shown = [f"{schema.column(node.field).python_value(one)}" for one in (value if isinstance(value, tuple) else (value,))]
        return " .. ".join(shown) if node.lookup == "range" else ", ".join(shown)
    if node.lookup in ("span", "range"):
        return f"{value[0]} .. {value[1]}"
    return repr(value) if isinstance(value, str) and not isinstance(schema.column(node.field), Json) else value


def warnings_about(schema: ResourceSchema, nodes: Iterable[Node]) -> list[str]:
    """Return likely reasons why no record satisfies a conjunction, in English: phone numbers that are not in E.164."""
    from ..schema.phone_numbers import E164_FORM, is_written_otherwise  # loaded only when a query is explained

    found: list[str] = []
    for node in nodes:
        if isinstance(node, Condition):
            values = node.value if node.lookup == "in" else (node.value,) if node.lookup == "exact" else ()
            is_number = isinstance(schema.column(node.field), Phone) and not isinstance(node.value, Ref)
            if is_number and any(is_written_otherwise(value) for value in values):
                found.append(f"{node.field} is compared with a phone number not in E.164, which Twilio writes: {E164_FORM}")
        elif isinstance(node, (And, Or, Related)):
            found += warnings_about(node.other if isinstance(node, Related) else schema, node.nodes)
    return list(dict.fromkeys(found))
