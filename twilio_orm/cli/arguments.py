"""Parses command-line arguments into resources, conditions and times, with the library's own parser. It sends nothing."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, NamedTuple

import twilio_orm
from twilio_orm import AvailablePhoneNumber, MissingScope, QuerySet
from twilio_orm.errors import BadValue, QueryError, suggest
from twilio_orm.orm.resource import Resource
from twilio_orm.query.ast import Condition, find_field
from twilio_orm.query.keywords import resolve
from twilio_orm.schema import moments
from twilio_orm.schema.registry import by_prefix
from twilio_orm.schema.sids import is_sid

Model = type[Resource]

RESOURCES: dict[str, Model] = dict(twilio_orm.resources())
"""Every resource by its name."""

_SHORT_NAMES = {
    "number": "IncomingPhoneNumber", "usage": "UsageRecord", "SmsMessage": "Message", "caller_id": "OutgoingCallerId",
    "trigger": "UsageTrigger",
}  # fmt: skip
_CONDITION = re.compile(r"([A-Za-z_]\w*)(!=|>=|<=|>|<|=)(.*)", re.DOTALL)
_SIGNS = {"=": "", "!=": "", ">": "__gt", ">=": "__gte", "<": "__lt", "<=": "__lte"}
_AGO = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


# ---------------------------------------------------------------- resources


def resource(name: str) -> Model:
    """Return the resource of a name: ``Call``, ``calls``, ``numbers``, ``sip-domains``, ``addresses``.

    :raises QueryError: no resource has this name.
    """
    known = _names()
    found = known.get(_normalized(name))
    if found is None:
        tables = sorted({model.api_schema.table for model in known.values()})
        hint = suggest(name.lower(), [*tables, *known])
        raise QueryError(f"there is no resource {name!r}{hint} Resources: {', '.join(tables)}")
    return found


def resources(arguments: Iterable[str]) -> list[Model]:
    """Return the resources that the arguments name, each once. An argument may hold several names, separated by commas."""
    names = [name for argument in arguments for name in argument.split(",") if name.strip()]
    return list(dict.fromkeys(resource(name.strip()) for name in names))


@lru_cache(maxsize=1)
def _names() -> dict[str, Model]:
    """Every accepted name, normalized. A resource's own names win over the names that Twilio's responses give to lists."""
    keys = Counter(model.api_schema.list_key for model in RESOURCES.values())
    found = {_normalized(one.api_schema.list_key): one for one in RESOURCES.values() if keys[one.api_schema.list_key] == 1}
    named = {**RESOURCES, **{short: RESOURCES[name] for short, name in _SHORT_NAMES.items()}}
    return {**found, **{_normalized(one): model for name, model in named.items() for one in (name, plural(name), name + "s")}}


def plural(name: str) -> str:
    """Return the plural of a resource's name: ``Addresses``, ``FeedbackSummaries``, ``Calls``."""
    if name.endswith("y") and name[-2] not in "aeo":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith("ss") else "" if name.endswith("s") else "s")


def _normalized(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def of_sid(sid: str) -> list[Model]:
    """Return the mirrored resources that a SID may belong to, the most likely first.

    :raises BadValue: it is not a SID, or no mirrored resource has SIDs of this prefix.
    """
    found = [model for model in by_prefix(sid[:2]) if model.api_schema.mirrored] if is_sid(sid) else []
    if not found:
        raise BadValue("a SID has two letters that name a mirrored resource (CA, SM, PN ...) and 32 hexadecimal digits")
    return found


# ---------------------------------------------------------------- conditions


class Given(NamedTuple):
    """One condition of the command line, as a keyword argument of ``filter()``, or of ``exclude()`` if it is negated."""

    keyword: str
    value: Any
    negated: bool = False


def conditions(model: Model, arguments: Iterable[str]) -> tuple[str | None, list[Given]]:
    """Parse conditions: ``field=value``, ``field__lookup=value``, ``field!=value``, ``field>value`` and ``<``, ``>=``, ``<=``.

    :returns: the SID that was given without a field, if any, and the conditions.
    :raises QueryError: an argument is not a condition, or names no field or lookup.
    """
    sid = None
    found = []
    for argument in arguments:
        parts = _CONDITION.fullmatch(argument)
        if parts is None and is_sid(argument) and sid is None:
            sid = argument
        elif parts is None:
            raise QueryError(
                f"{argument!r} is not a condition: write field=value, field__lookup=value, 'field!=value' or 'field>value',"
                " in quotes where it has > or <, which a shell takes for a file"
            )
        else:
            name, sign, text = parts.groups()
            name = _several(model, name + _SIGNS[sign], text)
            found.append(Given(name, value(model, name, text), sign == "!="))
    return sid, found


def _several(model: Model, keyword: str, text: str) -> str:
    """The keyword for one or several values: ``status=busy,failed`` is ``status__in`` where the values of a field are known."""
    if "," not in text or "__" in keyword or keyword in model.api_schema.flags:
        return keyword
    column: Any = model.api_schema.column(find_field(model.api_schema, keyword))
    return f"{keyword}__in" if column.values and all(one in column.values for one in _split(text)) else keyword


def value(model: Model, keyword: str, text: str) -> Any:
    """Return the value of a condition as ``filter()`` accepts it. Numbers, amounts and times stay text: the field parses them.

    :param keyword: ``field`` or ``field__lookup``.
    """
    declared = model.api_schema
    if keyword in declared.flags:
        return _typed(declared.flags[keyword].kind, keyword, text)
    target = resolve(declared, keyword)
    lookup, kind = target.lookup, target.schema.column(target.field).kind if target.field and not target.part else "text"
    if lookup == "isnull":
        return _boolean(keyword, text)
    if lookup in ("in", "range"):
        return [_typed(kind, keyword, one) for one in _split(text)]
    return _typed(kind if lookup in ("exact", "date", "gt", "gte", "lt", "lte") else "text", keyword, text)


def query_set(model: Model, found: Iterable[Given], all_accounts: bool = False) -> QuerySet[Any]:
    """Return the query set of these conditions; for available phone numbers, the search. It sends nothing.

    :param all_accounts: whether it is about every active account.
    :raises QueryError: a condition does not fit the resource.
    """
    if model is AvailablePhoneNumber and not all_accounts:
        terms = {one.keyword: one.value for one in found}
        if any(one.negated for one in found):
            raise QueryError("a search for phone numbers takes field=value, not field!=value")
        if "country" not in terms:
            raise MissingScope("AvailablePhoneNumber is searched by country: add country=US; type=local is the default")
        return AvailablePhoneNumber.search(**terms)
    query: QuerySet[Any] = model.all().across_accounts() if all_accounts else model.all()
    for one in found:
        query = (query.exclude if one.negated else query.filter)(**{one.keyword: one.value})
    return query


@contextmanager
def parent_hint(query: QuerySet[Any]) -> Iterator[None]:
    """In the block, a query that lacks a parent raises an error that names the condition to add.

    :raises MissingScope: likewise.
    """
    try:
        yield
    except MissingScope:
        declared = query.query.schema
        given = {node.field for node in query.query.where if isinstance(node, Condition)}
        missing = [name for name in declared.urls.parents() if name not in given]
        if not missing:
            raise
        wanted = " ".join(f"{name}={_sample(declared.column(name))}" for name in missing)
        raise MissingScope(f"Twilio lists {declared.name} records below a parent only: add {wanted}") from None


def _sample(column: Any) -> str:
    return next((f"{prefix}..." for prefix in getattr(column, "prefixes", ())), "...")


def _typed(kind: str, keyword: str, text: str) -> Any:
    if kind in ("datetime", "date") and _AGO.fullmatch(text):
        ago = moment(text, datetime.now(timezone.utc))
        return ago.date() if kind == "date" else ago
    if kind == "bool":
        return _boolean(keyword, text)
    if kind == "json":
        try:
            return json.loads(text)
        except ValueError:
            raise BadValue(f"{keyword} takes JSON, not {text!r}") from None
    return text


def _boolean(keyword: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise BadValue(f"{keyword} takes true or false, not {text!r}")
    return text.lower() == "true"


def _split(text: str) -> list[str]:
    """Split at commas; a value that contains a comma is written in double quotes."""
    return next(csv.reader([text], skipinitialspace=True), []) if text else []


def fields(model: Model, texts: Iterable[str]) -> list[str]:
    """Return the field names of comma-separated lists; a leading ``-`` stays.

    :raises UnknownField: the resource has no such field.
    """
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    return ["-" * name.startswith("-") + find_field(model.api_schema, name.removeprefix("-")) for name in names]


def kinds(model: Model) -> dict[str, str]:
    """Return the kind of each field, such as ``text`` or ``money``."""
    declared = model.api_schema
    return {name: declared.column(name).kind for name in declared.fields}


def all_columns(model: Model) -> list[str]:
    """Return every field that Twilio sends, and ``extras`` for the keys that this release does not declare."""
    declared = model.api_schema
    return [*declared.columns, *declared.derived, "extras"]


def table_columns(model: Model) -> list[str]:
    """Return the few fields that a table shows by default."""
    declared = model.api_schema
    names = [*declared.key, *model.api_schema.shows, declared.window or "date_created", "duration", "price", "price_unit"]
    hidden = {"account_sid", "include_subaccounts"}
    return [name for name in dict.fromkeys(names) if name in declared.columns and name not in hidden]


# ---------------------------------------------------------------- times


def moment(text: str, now: datetime, *, included: bool = False) -> datetime:
    """Parse ``30d``, ``12h``, a day such as ``2026-10-01``, or an ISO time (UTC if it names no zone).

    :param now: the present, for ``30d`` and the like.
    :param included: it is the end of a time range and belongs to it: a day means its last instant.
    :raises BadValue: it is none of these.
    """
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return moments.moment(text, lambda: now, included=included)
    except (BadValue, OverflowError):
        raise BadValue(f"{text!r} is not a time: write how long ago (30d, 12h, 2w), a day (2026-10-01) or an ISO time") from None


def duration(text: str, now: datetime) -> timedelta:
    """Parse a length of time such as ``15d``.

    :raises BadValue: it is none.
    """
    return now - moment(text, now)
