"""Views with the records of each resource in PostgreSQL's own types, for SQL of people and of tools.

The tables hold times and days as text, flags as 0 and 1. JSON stays text in the views, too: PostgreSQL refuses some of what
Twilio sends.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema

_TYPED = {"datetime": "{}::timestamptz", "date": "{}::date", "bool": "({} <> 0)"}
"""The SQL of a column by the kind of its field; any other is shown as it is stored."""


def view_name(schema: ResourceSchema) -> str:
    """Return the name of a resource's view."""
    return f"{schema.table}_view"


def view_statement(schema: ResourceSchema) -> str:
    """Return the statement that makes a resource's view, or replaces it by one with more columns. Pure."""
    shown = [
        f"{_TYPED.get(column.kind, '{}').format(_quoted(column.column_name))} AS {_quoted(column.column_name)}"
        for column in schema.columns.values()
    ]
    select = f'SELECT {", ".join(shown)}, mirror_gone IS NOT NULL AS deleted FROM "{schema.table}"'
    return f'CREATE OR REPLACE VIEW "{view_name(schema)}" AS {select}'


def make_view(raw: psycopg.Connection[Any], schema: ResourceSchema) -> None:
    """Make a resource's view, or replace an earlier one. Writes the database.

    One that somebody's own views are made of stays as it is where it would have to be made anew.
    """
    try:
        raw.execute(view_statement(schema))
    except psycopg.errors.InvalidTableDefinition:  # a column came between others
        with contextlib.suppress(psycopg.errors.DependentObjectsStillExist):
            raw.execute(f'DROP VIEW "{view_name(schema)}"')
            raw.execute(view_statement(schema))


def _quoted(name: object) -> str:
    return f'"{name}"'
