"""The overview of the reference: every page, and how to read the page of a resource. Pure."""

from __future__ import annotations

from ...query.lookups import PUBLIC
from ...schema.registry import resources
from .class_pages import PAGES
from .declarations import KINDS, Model, abilities
from .markdown import first, link, listed, table
from .resource_sections import identity


def index() -> str:
    """The overview as Markdown. Touches nothing."""
    rows = [_row(model) for model in resources().values()]
    kinds = [(named, read, given, first(column.__doc__)) for column, (named, read, given) in KINDS.items()]
    lines = [
        "# Reference", "",
        "`make reference` writes these pages from declarations and docstrings. The [guide](../guide/) explains.", "",
        "## Classes and functions", "",
        *table(("page", "describes", "about"), [_described(one.name, one.about) for one in PAGES]), "",
        "## Resources", "",
        f"The {len(rows)} resources, each with a page of its own. Paths are below `/2010-04-01/Accounts/{{account_sid}}/`, the",
        "connection's account, except that of `Account` itself.", "",
        *table(("class", "SID", "operations", "path", "description"), rows), "",
        "## How to read the page of a resource", "",
        "*filtered by* says where a filter on the field, in `filter()` and `exclude()`, is evaluated by a live query:", "",
        "* Twilio: equality and `in` are sent as Twilio's own filter, and its result is exact.",
        "* Twilio, rechecked here: Twilio's filter may return more than was queried; this library drops the rest.",
        "* Twilio by days, rechecked here: Twilio filters by whole days; this library compares the instants.",
        "* Twilio, in the path, or its own list, or its own path: the value is part of the request's path.",
        "* here: Twilio has no such filter; its list is read, and this library filters it.",
        "* mirror only: Twilio does not list these records; the mirror has those that this library created. *not*: it cannot be",
        "  filtered.", "",
        "A query of the mirror evaluates every filter in SQL. A field takes every lookup, live and offline:",
        f"{listed(PUBLIC)}",
        "(`date` and the parts of a time only where it is a time or a day; `search` only where it is a text).", "",
        "*written by* says whether `create` and `update` take the field; one that `update` takes can also be assigned, and sent",
        "by `save()`. Where known values are listed, no other value is sent or queried, except as `Verbatim(…)`. `None` leaves a",
        "field as it is, `\"\"` clears it.", "",
        *table(("type", "Python reads", "Python gives", "description"), kinds), "",
    ]  # fmt: skip
    return "\n".join(lines)


def _described(name: str, about: str) -> tuple[str, str, str]:
    things = next(one.things for one in PAGES if one.name == name)
    names = [(one.rpartition(".")[2] if isinstance(one, str) else one.__name__) for one in things]
    return link(name), listed(names), about


def _row(model: Model) -> tuple[str, ...]:
    can = " ".join(abilities(model))
    return link(model.__name__), identity(model), can, f"`{model.api_schema.path}`", first(model.__doc__)
