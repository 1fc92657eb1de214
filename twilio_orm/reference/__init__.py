"""The reference: a page of Markdown for each resource, rendered from its declaration alone. Pure; ``-m`` writes the pages."""

from __future__ import annotations

import inspect
from typing import Any

from ..orm.building import Building
from ..orm.metaclass import Live
from ..orm.queryset import QuerySet
from ..orm.record import Record
from ..orm.resource import Resource
from ..query.lookups import PUBLIC
from ..schema.registry import resources
from .examples import example
from .sections import identity, parts
from .words import KINDS, Model, abilities, first, link, listed, said, signature, table

__all__ = ["index", "page"]


def page(model: type[Resource]) -> str:
    """The page of a resource, as Markdown. Touches nothing."""
    lines = [f"# {model.__name__}", "", said(model.__doc__), "", "[All resources, and how to read this page](README.md)"]
    for part in parts(model):
        lines += ["", *part] if part else []
    return "\n".join([*lines, "", "## Example", "", "```python", *example(model), "```", ""])


def index() -> str:
    """The overview of all resources, and how to read their pages, as Markdown. Touches nothing."""
    rows = [_row(model) for model in resources().values()]
    kinds = [(named, read, given, first(column.__doc__)) for column, (named, read, given) in KINDS.items()]
    lines = [
        "# Reference", "",
        f"The {len(rows)} resources, each with a page of its own. `make reference` writes them from the declarations.", "",
        "Paths are below `/2010-04-01/Accounts/{account_sid}/`, the connection's account, but for that of `Account` itself.", "",
        "## Resources", "", *table(("class", "SID", "what can be done", "where it lives", "what it is"), rows), "",
        "## How to read a page", "",
        "*asked* says who answers a question about the field, in `filter()` and `exclude()`:", "",
        "* Twilio, exactly: equality and `in` are filters of Twilio's, and trusted.",
        "* Twilio, checked again here: Twilio's filter may bring more than was asked; what does not fit is dropped here.",
        "* Twilio by days, checked again here: Twilio is asked for whole days; instants are compared here.",
        "* Twilio, in the path, or its own list, or its own address: the value is part of the path.",
        "* here: Twilio has no such filter; its list is read, and the question is answered here.",
        "* the mirror: Twilio lists none of these; the mirror knows what was created here. *not*: nobody answers.", "",
        "Whatever it says, a field takes every lookup, live and offline:",
        f"{listed(PUBLIC)}",
        "(`date` where it is a time or a day).", "",
        "*written* says whether `create` and `update` take the field; one that `update` takes can also be set, and sent by",
        "`save()`. Where values are listed no other is sent or asked for, except by `Verbatim(…)`.",
        "`None` says nothing, `\"\"` clears.", "",
        *table(("type", "Python reads", "Python gives", "what it is"), kinds), "",
        "## Words that every resource has", "", *_words((Record, Resource), of_class=True), "",
        "Of a record:", "", *_words((Record, Resource), of_class=False), "",
        "Of a query set:", "", *_words((Building, QuerySet), of_class=False), "",
    ]  # fmt: skip
    return "\n".join(lines)


def _row(model: Model) -> tuple[str, ...]:
    can = " ".join(abilities(model))
    return link(model.__name__), identity(model), can, f"`{model._shape.path}`", first(model.__doc__)


def _words(kinds: tuple[type[Any], ...], *, of_class: bool) -> list[str]:
    """The public methods of the house's own classes, with the first line of what each says."""
    found = {name: value for kind in kinds for name, value in vars(kind).items() if not name.startswith("_")}
    lines = []
    for name, value in found.items():
        known = isinstance(value, (classmethod, property, Live)) or inspect.isfunction(value)
        if not known or isinstance(value, classmethod) != of_class or "lambda" in getattr(value, "__qualname__", ""):
            continue
        function = value.__func__ if isinstance(value, classmethod) else value.verb if isinstance(value, Live) else value
        brackets = "" if isinstance(value, property) else signature(function)
        lines.append(f"* `{name}{brackets}`: {first(function.__doc__)}")
    return lines
