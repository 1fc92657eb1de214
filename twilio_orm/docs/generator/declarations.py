"""A resource's declaration in words: paths, operations, types, where a field is filtered and written. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...orm.queryset import QuerySet
from ...orm.relations import Relation
from ...orm.resource import Resource
from ...schema.field import CREATE, EXACT, FROM, LOOSE, RANGE, UNTIL, UPDATE, Column
from ...schema.number_fields import Flag, Money, Number, Whole
from ...schema.parameters import JsonParameter, NameValuePairs, Parameters
from ...schema.registry import resources
from ...schema.text_fields import Constants, Json, Method, Phone, Sid, Text, Texts, Twiml, Url
from ...schema.time_fields import Day, Time
from ...schema.urls import ROOT
from .markdown import link

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema

Model = type[Resource]
RESOURCES = f"{__package__.partition('.')[0]}.resources"
"""Where resources are declared: what is a descriptor of a class there is a shortcut of the resource."""

# A kind of column: its name here, what Python reads, and what Python may give.
KINDS: dict[type[Column[Any]], tuple[str, str, str]] = {
    Text: ("text", "str", "str"),
    Sid: ("SID", "str", "str or record"),
    Phone: ("address", "str", "str"),
    Url: ("URL", "str", "str"),
    Method: ("HTTP method", "str", "str"),
    Whole: ("whole number", "int", "int"),
    Number: ("decimal number", "Decimal", "Decimal, int or str"),
    Money: ("amount", "Decimal", "Decimal, int or str"),
    Flag: ("flag", "bool", "bool"),
    Time: ("time", "datetime", "datetime, date or str"),
    Day: ("day", "date", "date or str"),
    Json: ("JSON", "dict or list", "dict or list"),
    Texts: ("texts", "list", "str or list of str"),
    Twiml: ("TwiML", "str", "str or TwiML object"),
    JsonParameter: ("JSON", "dict or list", "dict, list or str"),
    NameValuePairs: ("names and texts", "dict", "dict"),
}

FILTERED = {
    EXACT: "Twilio",
    LOOSE: "Twilio, rechecked here",
    RANGE: "Twilio by days, rechecked here",
    FROM: "Twilio by first day, rechecked here",
    UNTIL: "Twilio by last day, rechecked here",
}


def kind(column: Column[Any]) -> tuple[str, str, str]:
    """What a column holds: in words, as Python reads it, and as Python may give it."""
    known = next(one for one in type(column).__mro__ if one in KINDS)
    named, read, given = KINDS[known]
    if isinstance(column, Sid):
        named += f" {prefixes(column)}" if column.prefixes else ""
        table = {model.api_schema.table: name for name, model in resources().items()}
        named += f" of {link(table[column.refers])}" if column.refers in table else ""
    elif type(column).description != known.description:
        named = type(column).description
    return named, read, given


def prefixes(column: Any) -> str:
    """The prefixes of a SID's column."""
    return " or ".join(f"`{prefix}…`" for prefix in column.prefixes)


# ---------------------------------------------------------------- paths


def places(model: Model) -> list[tuple[str, str]]:
    """The way to each list of a resource, empty for its own, and the list's path."""
    schema = model.api_schema
    return [(parent_path, _path(schema, schema.urls.template(parent_path))) for parent_path in ("", *schema.parent_paths)]


def _path(schema: ResourceSchema, path: str) -> str:
    return f"{ROOT}/{path}.json" if schema.rooted else f"{ROOT}/Accounts/{{account_sid}}/{path}.json"


def one_of(schema: ResourceSchema, path: str) -> str:
    """The path of one record of the list at ``path``."""
    return path if schema.singleton else path.removesuffix(".json") + f"/{{{schema.key[-1]}}}.json"


def branches(model: Model) -> list[tuple[str, str]]:
    """The values that select a path of their own, and that path."""
    schema = model.api_schema
    values = schema.branches[1] if schema.branches else {}
    return [(value, _path(schema, schema.path + tail)) for value, tail in values.items()]


# ---------------------------------------------------------------- operations


def takes(model: Model, when: str) -> dict[str, Parameters]:
    """What a create or an update takes, by the way of it."""
    offers = model.api_schema.offers["creates" if when == CREATE else "updates"]
    return {parent_path: one for parent_path, one in offers.items() if one is not None}


def parameters(model: Model, when: str, parent_path: str) -> dict[str, Column[Any]]:
    """Every parameter of a create or an update, those by position and those required first."""
    one = takes(model, when)[parent_path]
    known = one.by_name(model.writable_fields(when))
    groups = [name for group in one.one_of for name in group]
    head = dict.fromkeys((*(one.order if when == CREATE else ()), *one.required, *groups))
    return {name: known[name] for name in dict.fromkeys((*head, *known))}


def deletable(model: Model) -> list[str]:
    """The ways by which a record can be deleted."""
    return [parent_path for parent_path, there in model.api_schema.offers["deletable"].items() if there]


def fetched(schema: ResourceSchema) -> bool:
    """Whether Twilio gives one record by its address."""
    return schema.fetches and (schema.keyed or schema.singleton)


def listing(schema: ResourceSchema) -> bool:
    """Whether Twilio lists the records."""
    return schema.lists and not schema.singleton


def abilities(model: Model) -> list[str]:
    """The operations that Twilio has for a resource."""
    schema = model.api_schema
    there = {
        "list": listing(schema),
        "fetch": fetched(schema),
        "create": bool(takes(model, CREATE)),
        "update": bool(takes(model, UPDATE)),
        "delete": bool(deletable(model)),
    }
    return [name for name, one in there.items() if one]


def filtered(schema: ResourceSchema, name: str) -> str:
    """Where a filter on a field is evaluated."""
    if not (schema.lists or schema.fetches):
        return "mirror only" if schema.mirrored else "not"
    if name in schema.urls.parents():
        return "Twilio, in the path"
    if name == schema.key[-1] and schema.keyed:
        return "Twilio, its own path"
    if not schema.lists:
        return "not"
    found = []
    column = schema.columns.get(name)
    if column is not None and column.unlisted:
        return "not"
    if column is not None and column.pushdown:
        found.append(FILTERED[column.pushdown])
    if name in schema.parent_paths:
        found.append("or in the path" if found else "Twilio, in the path")
    if schema.branches and name == schema.branches[0]:
        found.append("or its own list" if found else "Twilio, its own list")
    return ", ".join(found) or "here"


def written(model: Model, name: str) -> str:
    """When a field can be written."""
    return ", ".join(
        when
        for when in (CREATE, UPDATE)
        if any(name in parameters(model, when, parent_path) for parent_path in takes(model, when))
    )


# ---------------------------------------------------------------- what a class declares


def declared(model: Model) -> Iterator[tuple[str, Any]]:
    """What a resource and its abstract bases declare, name by name, the bases first."""
    kinds = [one for one in model.__mro__ if issubclass(one, Resource) and one is not Resource]
    names = dict.fromkeys(name for one in reversed(kinds) for name in vars(one) if not name.startswith("_"))
    for name in names:
        yield name, next(vars(one)[name] for one in kinds if name in vars(one))


def constants(model: Model) -> dict[str, Constants]:
    """The lists of known values that a class names."""
    return {name: value for name, value in declared(model) if isinstance(value, Constants)}


def relations(model: Model) -> dict[str, Relation[Any]]:
    """The relations of a resource by name."""
    return {name: value for name, value in declared(model) if isinstance(value, Relation)}


def actions(model: Model) -> dict[str, Any]:
    """The methods, properties and shortcuts of a resource that not every resource has."""
    fields = {*model.api_schema.columns, *relations(model)}
    return {
        name: value
        for name, value in declared(model)
        if name not in fields
        and not hasattr(Resource, name)
        and (is_method(value) or type(value).__module__.startswith(RESOURCES))
    }


def refuses_delete(model: Model) -> bool:
    """Whether ``delete()`` of a record raises, because a method that takes ``confirm`` has to be called instead."""
    return any("check_delete" in vars(kind) for kind in model.__mro__ if kind not in Resource.__mro__)


def is_method(value: Any) -> bool:
    """Whether a value of a class is a method or a property."""
    return inspect.isfunction(value) or isinstance(value, (classmethod, staticmethod, property))


def queries(model: Model) -> dict[str, Any]:
    """The methods of a resource's query sets that not every query set has."""
    kinds = [one for one in model.query_set_class.__mro__ if issubclass(one, QuerySet) and one is not QuerySet]
    found = {name: value for one in reversed(kinds) for name, value in vars(one).items()}
    own = {name: value for name, value in found.items() if not name.startswith("_") and not hasattr(QuerySet, name)}
    return {name: value for name, value in own.items() if inspect.isfunction(value)}


def variable(model: Model) -> str:
    """The name that a page gives to a record."""
    return model.api_schema.table if len(model.api_schema.table) <= 24 else "record"
