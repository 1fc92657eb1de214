"""What creates, updates and plans of each resource take. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...changes.plan_builder import plannable_fields
from ...errors import ReadOnly
from ...schema.field import CREATE, UPDATE
from ...schema.registry import resources
from .value_types import parameter_type

if TYPE_CHECKING:
    from ...schema.field import Column
    from .lookups import Lookups

Types = dict[str, str]
"""The types of parameters by their names."""


def parameters(stubs: Lookups) -> dict[str, Types]:
    """Return the types of the parameters of each operation, by the name of its TypedDict.

    :param stubs: notes the values that are known.
    """
    found: dict[str, Types] = {}
    for name, model in sorted(resources().items()):
        schema = model.api_schema
        for verb, when, end in (("creates", CREATE, "Create"), ("updates", UPDATE, "Update")):
            offers = {path: takes for path, takes in schema.offers[verb].items() if takes}
            columns: dict[str, Column[Any]] = {}
            for path, takes in offers.items():
                columns |= takes.by_name(model.writable_fields(when))
                if when == CREATE:  # below which parent
                    columns |= {one: schema.column(one) for one in schema.urls.scope(path)}
            if offers:
                found[name + end] = _types(stubs, name, columns, schema.aliases)
        try:
            plannable = plannable_fields(model)
        except ReadOnly:
            continue
        types = _types(stubs, name, plannable, {})
        found[f"{name}Plan"] = {one: kind.replace(" | None", "") + " | Callable[[Any], Any]" for one, kind in types.items()}
    return found


def _types(stubs: Lookups, owner: str, columns: Mapping[str, Column[Any]], aliases: Mapping[str, str]) -> Types:
    """Return the type of each parameter, by each of its names; ``application`` is short for ``application_sid``."""
    found: Types = {}
    for name, column in columns.items():
        kind = stubs.with_known(parameter_type(column), column, name, owner) + (" | bool" if "true" in column.values else "")
        for one in {name, name.removesuffix("_sid"), name.removesuffix("_")} - (columns.keys() - {name}) - {"from"}:
            found[one] = f"{kind} | None"
    found |= {alias: found[name] for alias, name in aliases.items() if name in found and alias != "from"}
    return dict(sorted(found.items()))
