"""The stub of what the query sets and classes of all resources share: the methods that return query sets or take names. Pure."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from ...orm.queryset import QuerySet
from ...orm.resource import Resource
from .methods import (
    BESIDES,
    METHODS,
    MODULES,
    NEW_NAMES,
    ORDERS,
    OVERRIDES,
    keywords,
    methods_of,
    result,
    takes_names,
    with_names,
)
from .signatures import arguments, imports, method
from .text import module

VARIABLES = """R = TypeVar("R", bound=Any)
N = TypeVar("N", bound=str)
O = TypeVar("O", bound=str)  # noqa: E741
QS = TypeVar("QS")
QS_co = TypeVar("QS_co", covariant=True)"""
NAMES = '''class Names(Generic[N, O]):
    """The names that ``values()`` takes, and those that ``order_by()`` takes."""'''
NAMED = '''class Named(Protocol[QS_co, N, O]):
    """A resource of which the names are known."""

    @classmethod
    def using(cls, connection: Connection | None = None) -> QS_co: ...
    @classmethod
    def _typed_names(cls) -> Names[N, O]: ...'''


def queries() -> str:
    """Return the stub."""
    sets = [one for name, function in methods_of(QuerySet).items() for one in _of_query_set(name, function)]
    methods = [one for name, function in methods_of(METHODS).items() for one in _of_metaclass(name, function)]
    common = [one for name, function in methods_of(Resource).items() for one in _of_class(name, function)]
    blocks = [
        VARIABLES,
        NAMES,
        NAMED,
        _class("NamedQuerySet(QuerySet[R], Generic[R, N, O])", "A query set of which the names are known.", sets),
        _class(f"TypedMethods({METHODS.__name__})", "The methods of classes: they return the query set of the class.", methods),
        _class("TypedResource(Resource, metaclass=TypedMethods)", "The same for those whose names peewee has, too.", common),
    ]
    return module("What all resources share.", OVERRIDES + "\n" + imports(blocks, MODULES, BESIDES), blocks)


def _class(head: str, about: str, methods: list[str]) -> str:
    return "\n".join([f"class {head}:", f'    """{about}"""\n', *methods])


def _kind(name: str) -> str:
    return "O" if name in ORDERS else "N"


def _of_query_set(name: str, function: Any) -> Iterator[str]:
    """Yield a method of query sets, if it takes names; or if it makes some."""
    if name in NEW_NAMES:
        yield method(name, arguments(function, lambda one: str(one.annotation), "self"), NEW_NAMES[name])
    elif takes_names(name, function):
        yield method(name, arguments(function, lambda one: with_names(one, _kind(name)), "self"), result(function))


def _of_metaclass(name: str, function: Any) -> Iterator[str]:
    """Yield a method of the metaclass, if it takes names or returns a query set."""
    returns, takes = result(function), takes_names(name, function)
    is_lazy = "QuerySet[T]" in returns
    if name in NEW_NAMES or not (takes or is_lazy):
        return
    kind = "Queried[QS]" if not takes else "Named[QS, N, O]" if is_lazy else "Named[QuerySet[R], N, O]"
    returns = re.sub(r"\bT\b", "R", returns.replace("QuerySet[T]", "QS"))
    marks = ["property"] if isinstance(inspect.getattr_static(METHODS, name), property) else []
    parameters = arguments(function, lambda one: with_names(one, _kind(name)), f"cls: type[{kind}]")
    yield method(name, [one.replace("QuerySet[T]", "QuerySet[Any]") for one in parameters], returns, *marks)


def _of_class(name: str, function: Any) -> Iterator[str]:
    """Yield a method that classes have by inheritance, if it returns a query set and takes no conditions."""
    on_class = isinstance(inspect.getattr_static(Resource, name), classmethod)
    if on_class and name != "using" and result(function) == "QuerySet[Self]" and not keywords(function):
        parameters = arguments(function, lambda one: str(one.annotation), "cls: type[Queried[QS]]")
        yield method(name, parameters, "QS", "classmethod")
