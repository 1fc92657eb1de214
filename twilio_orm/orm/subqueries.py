"""Query sets as the value of an ``in``: ``call_sid__in=Call.filter(…).values_list("sid")``. Building the query sends nothing.

The query set becomes a condition on related records (:class:`twilio_orm.query.ast.Related`), so that it is answered when the
query around it is: live its records are fetched first, offline both are one SQL statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ..errors import QueryError
from ..exports.methods import ExportMethods
from ..query.ast import Subquery
from ..query.q import Q, with_values
from ..schema.registry import CLASSES
from .rows import WHOLE, Rows
from .values import Values


def prepared(outer: Any, lookups: Mapping[str, Any], conditions: Iterable[Q]) -> tuple[dict[str, Any], list[Q]]:
    """The arguments of ``filter`` with each query set in them as a :class:`Subquery`. Sends nothing.

    :param outer: the query set that is filtered.
    :param lookups: the keywords and their values.
    :param conditions: other conditions.
    :raises QueryError: a query set cannot be a part of the query; the error says what to do.
    """
    changed = partial(_value, outer)
    found = {keyword: changed(keyword, value) for keyword, value in lookups.items()}
    return found, [with_values(one, changed) if isinstance(one, Q) else one for one in conditions]


def _value(outer: Any, keyword: str, value: Any) -> Any:
    if not isinstance(value, ExportMethods) or isinstance(value, type):
        return value
    why, found = _subquery(outer, value)
    if found is None:
        raise QueryError(
            f"{keyword}: a query set that is {why} cannot be a part of another query: list(…) evaluates it first, and its"
            " values can be passed"
        )
    return found


def _subquery(outer: Any, value: Any) -> tuple[str, Subquery | None]:
    """The subquery that a query set is, or why it is none."""
    inner: Any = value
    if isinstance(value, Values):
        inner, names = value._source, tuple(one.name if one.part else one.field for one in value._terms)
    elif isinstance(value, Rows):
        return "of groups or of dates", None
    else:  # a query set stands for its keys
        names = inner.query.schema.key
    query, source = inner.query, inner.source
    schema = query.schema
    if len(names) != 1:
        return f"of several fields ({', '.join(names)})", None
    if names[0] not in schema.columns:
        return f"of {names[0]}, which is no field of {schema.name} that Twilio sends,", None
    if query.low or query.high is not None or (isinstance(value, Values) and value._part != WHOLE):
        return "a slice", None
    if query.flags:
        return f"about {', '.join(name for name, _ in query.flags)}, which changes what Twilio lists,", None
    if schema is not CLASSES[schema.name].api_schema:
        return "with annotations or expressions", None
    if inner.bound_connection() is not outer.bound_connection():
        return "on another connection", None
    live = source.is_live and (source.across == outer.source.across or schema.rooted)  # the list of accounts is of all
    if source.deleted or not (live or source.same_as(outer.source)):
        return f"answered by another source ({source.label})", None
    return "", Subquery(query, names[0])
