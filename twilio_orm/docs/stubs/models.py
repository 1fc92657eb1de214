"""The stubs of the classes: of each resource its query set, and the base class whose methods take its conditions. Pure."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...changes.plan_builder import plannable_fields
from ...errors import ReadOnly
from ...orm.class_methods import ClassMethods
from ...orm.queryset import QuerySet
from ...orm.resource import Resource
from ...schema.field import CREATE, UPDATE, Column
from ...schema.registry import resources
from .lookups import Lookups
from .signatures import arguments, imports, method, returned
from .text import module, typed_dict, wrapped_head
from .value_types import parameter_type

ORDERS = frozenset({"order_by", "latest", "earliest", "alatest", "aearliest"})
"""Methods whose names are those of an order."""
UNCHECKED = frozenset({"prefetch", "select_related", "prefetch_related", "involving"})
"""Methods whose names are of any depth: ``prefetch("recordings__transcriptions")``."""
NEW_NAMES = frozenset({"annotate", "alias"})
"""Methods after which conditions and names may be about a name of the caller's choice: any name is right for a type checker."""
MODULES = ("twilio_orm.orm.queryset", "twilio_orm.orm.resource", "twilio_orm.orm.class_methods")
BESIDES = {
    "Generic": "typing", "Protocol": "typing", "TypeVar": "typing", "Any": "typing", "Mapping": "collections.abc",
    "Coroutine": "collections.abc", "Callable": "collections.abc", "Self": "typing_extensions",
    "TypedDict": "typing_extensions", "Unpack": "typing_extensions", "QuerySet": "twilio_orm.orm.queryset",
    "Resource": "twilio_orm.orm.resource", "ClassMethods": "twilio_orm.orm.class_methods", "Queried": "twilio_orm.orm.relations",
    "known": ".", "NamedQuerySet": ".queries", "Names": ".queries",
    "TypedResource": ".queries", "HasXml": ".values",
    **{f"One{word}": ".values" for word in ("Text", "Sid", "Flag", "Number", "Decimal", "Time", "Json")},
}  # fmt: skip
OVERRIDES = """# mypy: disable-error-code="override,misc"
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false, reportGeneralTypeIssues=false
"""
EVERYTHING = "".join(f"from .{name} import *  # noqa: F403\n" for name in ("lookups", "models", "names", "parameters"))
"""What ``from twilio_orm.resources.typed import …`` finds."""


def methods_of(kind: type) -> dict[str, Any]:
    """Return the public methods of a class of ours as functions, by name, those that it inherits from ours included."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("twilio_orm."):
            for name, value in vars(base).items():
                function = getattr(value, "__func__", getattr(value, "method", getattr(value, "fget", value)))
                if not name.startswith("_") and inspect.isfunction(function):
                    found[name] = function
    return found


def _keywords(function: Any) -> str:
    """Return the name of a method's ``**`` parameter, "" where it has none."""
    parameters = inspect.signature(function).parameters.values()
    return next((one.name for one in parameters if one.kind is one.VAR_KEYWORD and one.annotation == "Any"), "")


def _takes_names(name: str, function: Any) -> bool:
    """Tell whether a method takes names of fields."""
    parameters = inspect.signature(function).parameters.values()
    return name not in UNCHECKED and any(_is_name(one) for one in parameters)


def _is_name(one: inspect.Parameter) -> bool:
    named = one.kind is one.VAR_POSITIONAL or one.name in ("field", "name")
    return named and bool(re.search(r"\bstr\b", str(one.annotation)))


def _returns(function: Any) -> str:
    found = returned(function)
    return f"Coroutine[Any, Any, {found}]" if inspect.iscoroutinefunction(function) else found


# ---------------------------------------------------------------- what all resources share


def queries() -> str:
    """Return the stub of the classes that all resources share."""
    sets, classes = methods_of(QuerySet), methods_of(ClassMethods)
    named = [_named(name, one, "self") for name, one in sets.items() if _takes_names(name, one) or name in NEW_NAMES]
    metaclass = [one for name, function in classes.items() for one in _of_metaclass(name, function)]
    common = [one for name, function in methods_of(Resource).items() for one in _of_class(name, function)]
    blocks = [
        'R = TypeVar("R", bound=Any)',
        'N = TypeVar("N", bound=str)',
        'O = TypeVar("O", bound=str)  # noqa: E741',
        'QS = TypeVar("QS")',
        'QS_co = TypeVar("QS_co", covariant=True)',
        'class Names(Generic[N, O]):\n    """The names that ``values()`` takes, and those that ``order_by()`` takes."""',
        'class Named(Protocol[QS_co, N, O]):\n    """A resource of which the names are known."""\n\n'
        "    @classmethod\n    def using(cls, connection: Connection | None = None) -> QS_co: ...\n"
        "    @classmethod\n    def _typed_names(cls) -> Names[N, O]: ...",
        "\n".join(
            [
                "class NamedQuerySet(QuerySet[R], Generic[R, N, O]):",
                '    """A query set of which the names are known."""\n',
                *named,
            ]
        ),
        "\n".join(
            [
                "class TypedMethods(ClassMethods):",
                '    """The methods of classes: they return the query set of the class."""\n',
                *metaclass,
            ]
        ),
        "\n".join(
            [
                "class TypedResource(Resource, metaclass=TypedMethods):",
                '    """The same for those that peewee has, too."""\n',
                *common,
            ]
        ),
    ]
    text = OVERRIDES + "\n" + imports(blocks, MODULES, BESIDES)
    return module("What the query sets and classes of all resources share.", text, blocks)


def _named(name: str, function: Any, first: str) -> str:
    """Return a method that takes names."""
    kind = "O" if name in ORDERS else "N"
    if name in NEW_NAMES:
        return method(name, arguments(function, lambda one: str(one.annotation), first), "QuerySet[R]")
    return method(name, arguments(function, lambda one: _with_names(one, kind), first), _returns(function))


def _with_names(one: inspect.Parameter, kind: str) -> str:
    text = str(one.annotation)
    return re.sub(r"\bstr\b", kind, text) if _is_name(one) else text


def _of_metaclass(name: str, function: Any) -> Iterator[str]:
    """Yield a method of the metaclass, if it returns a query set or takes names."""
    returns, takes = _returns(function), _takes_names(name, function)
    if name in NEW_NAMES or not takes and "QuerySet[T]" not in returns:
        return
    first = "cls: type[Named[QS, N, O]]" if takes else "cls: type[Queried[QS]]"
    if takes and "QuerySet[T]" not in returns:
        first = "cls: type[Named[NamedQuerySet[R, N, O], N, O]]"
    returns = returns.replace("QuerySet[T]", "QS")
    returns = re.sub(r"\bT\b", "R", returns)
    kind = "O" if name in ORDERS else "N"
    marks = ["property"] if isinstance(inspect.getattr_static(ClassMethods, name), property) else []
    yield method(name, arguments(function, lambda one: _with_names(one, kind), first), returns, *marks)


def _of_class(name: str, function: Any) -> Iterator[str]:
    """Yield a method of classes, if it returns a query set and takes no conditions."""
    on_class = isinstance(inspect.getattr_static(Resource, name), classmethod)
    if on_class and returned(function) == "QuerySet[Self]" and name != "using" and not _keywords(function):
        first = "cls: type[Queried[QS]]"
        yield method(name, arguments(function, lambda one: str(one.annotation), first), "QS", "classmethod")


# ---------------------------------------------------------------- one resource


def _types(model: type, keywords: str, owner: str) -> str:
    """Return the name of the TypedDict of a method's keywords.

    :param model: the resource's class.
    :param keywords: the name of the ``**`` parameter.
    :param owner: ``set`` for a method of query sets, ``class`` for one of classes and records.
    """
    return {
        "lookups": f"{model.__name__}Lookups",
        "params": f"{model.__name__}Create",
        "changes": f"{model.__name__}{'Plan' if owner == 'set' else 'Update'}",
    }.get(keywords, "")


def _typed(model: Any, name: str, function: Any, owner: str, given: Mapping[str, Mapping[str, str]]) -> str:
    """Return a method whose keywords have their types; "" where there is nothing to say."""
    types = _types(model, _keywords(function), owner)
    if not types or types not in given:
        return ""
    static = inspect.getattr_static(Resource, name, None)
    on_class = owner == "class" and isinstance(static, classmethod)

    def changed(one: inspect.Parameter) -> str:
        return f"Unpack[{types}]" if one.kind is one.VAR_KEYWORD else str(one.annotation)

    parameters = arguments(function, changed, "cls" if on_class else "self")
    if _keywords(function) == "params":
        takes = next((one for one in model.api_schema.offers["creates"].values() if one), None)
        order = [f"_{one.rstrip('_')}: Any = ..." for one in takes.order] if takes else []
        parameters = [parameters[0], *order, *(["/"] if order else []), parameters[-1]]
    returns = _returns(function).replace("QuerySet[Self]", f"{model.__name__}QuerySet[Self]")
    return method(name, parameters, returns, *(["classmethod"] if on_class else []))


def models(given: Mapping[str, Mapping[str, str]]) -> str:
    """Return the stub of the query set and the base class of each resource.

    :param given: the TypedDicts of keywords by name.
    """
    blocks = ['R = TypeVar("R", bound=Any)']
    for name, model in sorted(resources().items()):
        inherited = [one for one in methods_of(QuerySet).items() if not _takes_names(*one)]
        lines = [_typed(model, *one, "set", given) for one in inherited]
        head = wrapped_head(f"class {name}QuerySet(", [f"NamedQuerySet[R, {name}Name, {name}Order]", "Generic[R]"])
        blocks.append("\n".join([head, *filter(None, lines)]))
        own = {one for base in model.__mro__ if base.__module__.startswith("twilio_orm.resources") for one in vars(base)}
        lines = [_typed(model, *one, "class", given) for one in methods_of(Resource).items() if one[0] not in own]
        using = ["cls", "connection: Connection | None = None"]
        named = f"Names[{name}Name, {name}Order]"
        blocks.append(
            "\n".join([
                f"class {name}(TypedResource):",
                method("using", using, f"{name}QuerySet[Self]", "classmethod"),
                method("_typed_names", ["cls"], named, "classmethod"),
                *filter(None, lines),
            ])
        )  # fmt: skip
    own_names = {f"{name}{kind}": ".names" for name in resources() for kind in ("Name", "Order")}
    dicts = {one: ".lookups" if one.endswith("Lookups") else ".parameters" for one in given}
    head = OVERRIDES + "\n" + imports(blocks, MODULES, {**BESIDES, **own_names, **dicts})
    return module("The query set and the base class of each resource.", head, blocks)


# ---------------------------------------------------------------- parameters


def parameters_of(stubs: Lookups) -> dict[str, dict[str, str]]:
    """Return the TypedDicts of the parameters of creates, updates and plans, by name."""
    found: dict[str, dict[str, str]] = {}
    for name, model in sorted(resources().items()):
        schema = model.api_schema
        offers = {verb: [one for one in schema.offers[verb].values() if one] for verb in ("creates", "updates")}
        for verb, when, suffix in (("creates", CREATE, "Create"), ("updates", UPDATE, "Update")):
            columns: dict[str, Column[Any]] = {}
            for takes in offers[verb]:
                columns |= takes.by_name(model.writable_fields(when))
            if offers[verb]:
                scope = schema.urls.scope() if verb == "creates" else ()
                paths = ["", *schema.parent_paths] if verb == "creates" else []
                scope = dict.fromkeys(one for path in paths for one in schema.urls.scope(path))
                columns |= {one: schema.column(one) for one in scope}
                found[name + suffix] = _parameters(stubs, name, columns, schema.aliases)
        try:
            columns = plannable_fields(model)
        except ReadOnly:
            continue
        types = _parameters(stubs, name, columns, {})
        found[f"{name}Plan"] = {one: kind.replace(" | None", "") + " | Callable[[Any], Any]" for one, kind in types.items()}
    return found


def _parameters(stubs: Lookups, owner: str, columns: Mapping[str, Column[Any]], aliases: Mapping[str, str]) -> dict[str, str]:
    """Return the type of each parameter, by each of its names."""
    found = {}
    for name, column in columns.items():
        kind = stubs.with_known(parameter_type(column), column, name, owner)
        kind += " | bool" if "true" in column.values else ""
        short = [name.removesuffix("_sid")] if name.endswith("_sid") else [name.rstrip("_")]
        for one in (name, *(one for one in short if one not in columns and one != "from")):
            found[one] = kind + " | None"
    found |= {alias: found[name] for alias, name in aliases.items() if name in found and alias != "from"}
    return dict(sorted(found.items()))


def files() -> dict[str, str]:
    """Return the texts of all stubs but ``values.pyi``, by the name of the file."""
    stubs = Lookups()
    given = parameters_of(stubs)
    dicts = [typed_dict(name, types) for name, types in given.items()]
    known: dict[str, dict[str, str]] = {f"{name}Lookups": {} for name in resources()}
    head = imports(dicts, (), BESIDES)
    return {
        **stubs.files(),
        "parameters.pyi": module("What creates, updates and plans take.", head, dicts),
        "queries.pyi": queries(),
        "models.pyi": models({**given, **known}),
        "__init__.pyi": module("The types of queries, for type checkers alone.", EVERYTHING, []),
    }
