"""Rows as data frames, made of Arrow tables, so that no value changes: pandas with Arrow's types, and polars."""

from __future__ import annotations

from typing import Any

from .arrow import ArrowRows, needed, to_arrow


def to_pandas(rows: ArrowRows) -> Any:
    """Return the rows as a ``pandas.DataFrame`` with Arrow's types: NumPy's have neither null integers nor decimals."""
    pandas = needed("pandas", "pandas")
    return to_arrow(rows).to_pandas(types_mapper=pandas.ArrowDtype)


def to_polars(rows: ArrowRows) -> Any:
    """Return the rows as a ``polars.DataFrame``."""
    return needed("polars", "polars").from_arrow(to_arrow(rows))
