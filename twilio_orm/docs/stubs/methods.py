"""The methods of query sets, classes and records, and which of their parameters the stubs say more exactly. Pure."""

from __future__ import annotations

import inspect
import re
from typing import Any

from ...orm.queryset import QuerySet
from ...orm.resource import Resource
from .signatures import returned


def _is_ours(kind: type) -> bool:
    return kind.__module__.startswith("twilio_orm.")


METHODS = type(Resource)
"""The metaclass, with the methods that classes have."""
ORDERS = frozenset({"order_by", "latest", "earliest", "alatest", "aearliest"})
"""Methods whose names are those of an order."""
UNCHECKED = frozenset({"prefetch", "select_related", "prefetch_related", "involving"})
"""Methods whose names are of any depth: ``prefetch("recordings__transcriptions")``."""
NEW_NAMES = {"annotate": "QuerySet[Any]", "alias": "QuerySet[R]"}
"""Methods after which conditions may be about names of the caller's choice: they return a query set that takes any name."""
MODULES = sorted({base.__module__ for kind in (QuerySet, Resource, METHODS) for base in inspect.getmro(kind) if _is_ours(base)})
"""The modules of all these methods."""
BESIDES = {
    "Callable": "collections.abc", "Mapping": "collections.abc",
    "Any": "typing", "Generic": "typing", "Protocol": "typing", "TypeVar": "typing",
    "Self": "typing_extensions", "TypedDict": "typing_extensions", "Unpack": "typing_extensions",
    "QuerySet": QuerySet.__module__, "Resource": Resource.__module__, METHODS.__name__: METHODS.__module__,
    "Queried": "twilio_orm.orm.relations", "known": ".",
    **dict.fromkeys(("NamedQuerySet", "Names", "TypedMethods", "TypedResource"), ".queries"),
    **dict.fromkeys(("Expression", "Ordered"), "twilio_orm.query.q"), **dict.fromkeys(("Given", "HasXml", "Later"), ".values"),
    **{f"One{word}": ".values" for word in ("Text", "Sid", "Flag", "Number", "Decimal", "Time", "Json")},
}  # fmt: skip
"""The modules of the names that the stubs use, besides those that annotations of the library use."""
OVERRIDES = """# mypy: disable-error-code="override,misc"
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false, reportGeneralTypeIssues=false
"""


def methods_of(kind: type) -> dict[str, Any]:
    """Return the public methods of a class of ours as functions, by name, those that it inherits from ours included."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if _is_ours(base):
            for name, value in vars(base).items():
                function = getattr(value, "__func__", getattr(value, "method", getattr(value, "fget", value)))
                if not name.startswith("_") and inspect.isfunction(function):
                    found[name] = function
    return found


def keywords(function: Any) -> str:
    """Return the name of a method's ``**`` parameter that takes anything, "" where it has none."""
    parameters = inspect.signature(function).parameters.values()
    return next((one.name for one in parameters if one.kind is one.VAR_KEYWORD and one.annotation == "Any"), "")


def takes_names(name: str, function: Any) -> bool:
    """Tell whether a method takes names of fields."""
    return name not in UNCHECKED and any(map(_is_name, inspect.signature(function).parameters.values()))


def _is_name(one: inspect.Parameter) -> bool:
    named = one.kind is one.VAR_POSITIONAL or one.name in ("field", "name")
    return named and (one.name == "names" or re.search(r"\bstr\b", str(one.annotation)) is not None)


def with_names(one: inspect.Parameter, kind: str) -> str:
    """Return the annotation of a parameter, with a type of names in place of text.

    :param one: the parameter.
    :param kind: the type of names.
    """
    text = str(one.annotation)
    if _is_name(one) and text == "Any":
        return f"{kind} | Expression" + (" | Ordered" if kind == "O" else "")
    return re.sub(r"\bstr\b", kind, text) if _is_name(one) else text


def result(function: Any) -> str:
    """Return the annotation of what calling a method returns."""
    return f"Later[{returned(function)}]" if inspect.iscoroutinefunction(function) else returned(function)
