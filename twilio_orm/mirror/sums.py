"""Groups and sums as SQL: GROUP BY over the mirror's tables, with the aggregates of :mod:`twilio_orm.aggregates`."""

from __future__ import annotations

from collections.abc import Sequence

from .. import faces, omissions
from ..aggregates import FACES, Group, Tally
from ..fields import Number
from ..query import Query, Term
from ..shape import Shape
from .answers import Answers


def over(mirror: Answers, query: Query, terms: Sequence[Term], tallies: Sequence[Tally], *, gone: bool = False) -> list[Group]:
    """The groups of the rows that answer a question, with the states of these aggregates. Reads the disk."""
    shape = query.shape
    mirror.open()
    omissions.refuse(mirror.left_out, query, [one.term.field for one in tallies if one.term] + [one.field for one in terms])
    columns = [_shown(shape, one) for one in terms]
    parts = [FACES[one.face].sql(*_operands(shape, one)) for one in tallies]
    columns += [text for part in parts for text in part]
    source, values = _source(mirror, query, gone)
    keys = ", ".join(faces.compared_sql(shape, one) for one in terms)
    statement = f"SELECT {', '.join(columns) or '1'} FROM {source}" + (f" GROUP BY {keys}" if keys else "")
    with mirror.reading() as connection:
        rows = connection.execute(statement, values).fetchall()
    found = []
    for row in rows:
        states, at = [], len(terms)
        for tally, part in zip(tallies, parts, strict=True):
            states.append(FACES[tally.face].back(tuple(row[at : at + len(part)])))
            at += len(part)
        found.append((tuple(row[: len(terms)]), states))
    return found


def _source(mirror: Answers, query: Query, gone: bool) -> tuple[str, list[object]]:
    """The rows of the question: a table and its WHERE, or of a slice those rows by themselves."""
    where, values = mirror.where(query, gone)
    table = f'"{query.shape.table}" WHERE {where}'
    if not query.low and query.high is None:
        return table, values
    limit = -1 if query.high is None else max(query.high - query.low, 0)
    order = faces.sql_order(query.shape, query.order)
    return f"(SELECT * FROM {table} ORDER BY {order} LIMIT {limit} OFFSET {query.low})", values


def _shown(shape: Shape, one: Term) -> str:
    """What stands for a group: of numbers that are equal, the text that sorts first."""
    plain = faces.term_sql(shape, one)
    return f"min({plain})" if not one.part and isinstance(shape.column(one.field), Number) else plain


def _operands(shape: Shape, tally: Tally) -> tuple[str, str, str]:
    """The SQL of a tally's value, of what tells values apart, and of its unit."""
    if tally.term is None:
        return "", "", ""
    unit = faces.expression(shape, tally.unit) if tally.unit else "''"
    return faces.term_sql(shape, tally.term), faces.compared_sql(shape, tally.term), unit
