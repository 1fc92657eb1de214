"""The stub of the classes: of each resource its query set, and the base class with its metaclass. Pure."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection
from typing import Any

from ...orm.queryset import QuerySet
from ...orm.resource import Resource
from ...schema.registry import resources
from .lookups import Lookups
from .methods import BESIDES, METHODS, MODULES, keywords, methods_of, result, takes_names
from .parameters import parameters
from .queries import queries
from .signatures import arguments, imports, method
from .text import module, typed_dict, wrapped_head

UNCHECKED = """# Each method takes less than the one that it overrides, on purpose: to check and report that takes mypy a minute.
# mypy: ignore-errors
# pyright: reportIncompatibleMethodOverride=false
"""
EVERYTHING = "".join(f"from .{name} import *  # noqa: F403\n" for name in ("lookups", "models", "names", "parameters"))
"""What ``from twilio_orm.resources.typed import …`` finds."""


def models(known: Collection[str]) -> str:
    """Return the stub of the query set and the base class of each resource.

    :param known: the names of the TypedDicts.
    """
    blocks = ['R = TypeVar("R", bound=Any)']
    for name, model in sorted(resources().items()):
        blocks += [_query_set(name, model, known), _metaclass(name, model, known), _base_class(name, model, known)]
    names = {f"{name}{end}": ".names" for name in resources() for end in ("Name", "Order")}
    dicts = {one: ".lookups" if one.endswith("Lookups") else ".parameters" for one in known}
    head = UNCHECKED + "\n" + imports(blocks, MODULES, {**BESIDES, **names, **dicts})
    return module("The query set and the base class of each resource.", head, blocks)


def _query_set(name: str, model: Any, known: Collection[str]) -> str:
    """Return the class of a resource's query sets."""
    head = wrapped_head(f"class {name}QuerySet(", [f"NamedQuerySet[R, {name}Name, {name}Order]", "Generic[R]"])
    types = {"lookups": f"{name}Lookups", "params": f"{name}Create", "changes": f"{name}Plan"}
    inherited = [one for one in methods_of(QuerySet).items() if not takes_names(*one)]
    return "\n".join([head, *filter(None, (_method(model, *one, types, known) for one in inherited))])


def _metaclass(name: str, model: Any, known: Collection[str]) -> str:
    """Return the class of a resource's class: the methods that records do not have, such as ``Call.aget()``."""
    types = {"lookups": f"{name}Lookups", "params": f"{name}Create", "changes": f"{name}Plan"}
    methods = filter(None, (_method(model, *one, types, known, METHODS) for one in methods_of(METHODS).items()))
    return "\n".join([f"class {name}Methods(TypedMethods):", *methods])


def _base_class(name: str, model: Any, known: Collection[str]) -> str:
    """Return the base class of a resource, without the methods that the resource itself defines."""
    types = {"lookups": f"{name}Lookups", "params": f"{name}Create", "changes": f"{name}Update"}
    own = {one for base in model.__mro__ if base.__module__.startswith("twilio_orm.resources") for one in vars(base)}
    inherited = [one for one in methods_of(Resource).items() if one[0] not in own]
    return "\n".join([
        f"class {name}(TypedResource, metaclass={name}Methods):",
        method("using", ["cls", "connection: Connection | None = None"], f"{name}QuerySet[Self]", "classmethod"),
        method("_typed_names", ["cls"], f"Names[{name}Name, {name}Order]", "classmethod"),
        *filter(None, (_method(model, *one, types, known, Resource) for one in inherited)),
    ])  # fmt: skip


def _method(model: Any, name: str, function: Any, types: dict[str, str], known: Collection[str], owner: type = QuerySet) -> str:
    """Return a method whose keywords have their types; "" where there are none to give.

    :param types: the TypedDict for each name of a ``**`` parameter.
    :param known: the names of the TypedDicts that exist.
    :param owner: the class that has the method.
    """
    taken = types.get(keywords(function), "")
    if taken not in known:
        return ""
    on_class = isinstance(inspect.getattr_static(owner, name), classmethod)

    def changed(one: inspect.Parameter) -> str:
        if one.kind is one.VAR_KEYWORD:
            return f"Unpack[{taken}]"
        return str(one.annotation).replace("dict[str, Any] | None", "Given")

    of_metaclass = owner is METHODS
    found = arguments(function, changed, "cls: type[R]" if of_metaclass else "cls" if on_class else "self")
    if taken.endswith("Create") and len(found) == 3:  # self, *args, **params: the resource says what args are
        order = next((one.order for one in model.api_schema.offers["creates"].values() if one), ())
        found[1:2] = [*(f"_{one.strip('_')}: Any = ..." for one in order), *(["/"] if order else [])]
    returns = result(function)
    if of_metaclass:
        returns = re.sub(r"\bT\b", "R", returns)
    elif owner is Resource:
        returns = returns.replace("QuerySet[Self]", f"{model.__name__}QuerySet[Self]")
    return method(name, found, returns, *(["classmethod"] if on_class else []))


def files() -> dict[str, str]:
    """Return the texts of all stubs but ``values.pyi``, by the name of the file."""
    stubs = Lookups()
    given = parameters(stubs)
    dicts = [typed_dict(name, types) for name, types in given.items()]
    known = {*given, *(f"{name}Lookups" for name in resources())}
    return {
        **stubs.files(),
        "parameters.pyi": module("What creates, updates and plans take.", imports(dicts, (), BESIDES), dicts),
        "queries.pyi": queries(),
        "models.pyi": models(known),
        "__init__.pyi": module("The types of queries, for type checkers alone.", EVERYTHING, []),
    }
