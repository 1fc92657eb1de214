"""Words of a command line -> resources, conditions and moments, by the library's own parsing. It asks nothing."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

import twilio_orm
from twilio_orm import AvailablePhoneNumber, MissingScope, QuerySet, moments
from twilio_orm.errors import BadValue, QueryError, suggest
from twilio_orm.query import Condition, find
from twilio_orm.registry import by_prefix
from twilio_orm.resource import Resource
from twilio_orm.shape import Shape
from twilio_orm.words import resolve

Model = type[Resource]

RESOURCES: dict[str, Model] = dict(twilio_orm.resources())
"""Every resource by its name."""

_SHORT = {
    "number": "IncomingPhoneNumber", "usage": "UsageRecord", "SmsMessage": "Message", "caller_id": "OutgoingCallerId",
    "trigger": "UsageTrigger",
}  # fmt: skip
_AGO = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")


def shape(model: Model) -> Shape:
    """What a resource declares."""
    return model._shape


# ---------------------------------------------------------------- resources


def resource(word: str) -> Model:
    """The resource that a word names: ``Call``, ``calls``, ``numbers``, ``sip-domains``, ``addresses``.

    :raises QueryError: there is none.
    """
    known = _names()
    found = known.get(_folded(word))
    if found is None:
        plain = sorted({shape(model).table for model in known.values()})
        hint = suggest(word.lower(), [*plain, *known])
        raise QueryError(f"there is no resource {word!r}{hint} There are: {', '.join(plain)}")
    return found


def resources(words: Iterable[str]) -> list[Model]:
    """The resources that words name, commas between names allowed, each once."""
    names = [name for word in words for name in word.split(",") if name.strip()]
    return list(dict.fromkeys(resource(name.strip()) for name in names))


@lru_cache(maxsize=1)
def _names() -> dict[str, Model]:
    """The folded names: what a list's own answer calls its records, where that is of one resource alone; then ours."""
    keys = Counter(shape(model).list_key for model in RESOURCES.values())
    found = {_folded(shape(one).list_key): one for one in RESOURCES.values() if keys[shape(one).list_key] == 1}
    named = {**RESOURCES, **{short: RESOURCES[name] for short, name in _SHORT.items()}}
    return {**found, **{_folded(word): model for name, model in named.items() for word in (name, plural(name), name + "s")}}


def plural(name: str) -> str:
    """The plural of a resource's name: ``Addresses``, ``FeedbackSummaries``, ``Calls``."""
    if name.endswith("y") and name[-2] not in "aeo":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith("ss") else "" if name.endswith("s") else "s")


def _folded(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


def of_sid(sid: str) -> list[Model]:
    """The mirrored resources whose record a SID may be, the likelier first. Asks nothing.

    :raises BadValue: it is no SID, or of nothing that a mirror holds.
    """
    found = [model for model in by_prefix(sid[:2]) if shape(model).mirrored] if _SID.fullmatch(sid) else []
    if not found:
        raise BadValue("a SID is two letters, those of a kind of record that the mirror holds, and 32 hexadecimal digits")
    return found


# ---------------------------------------------------------------- conditions


def conditions(model: Model, words: Iterable[str]) -> tuple[str | None, list[dict[str, Any]]]:
    """``field=value`` and ``field__lookup=value`` -> one filter's words each; and the bare SID among them, if any.

    :raises QueryError: a word is no condition, or names no field or lookup.
    """
    sid = None
    found = []
    for word in words:
        name, equals, text = word.partition("=")
        if not equals and _SID.fullmatch(word) and sid is None:
            sid = word
        elif not equals or not name:
            raise QueryError(f"{word!r} is no condition: write field=value or field__lookup=value")
        else:
            found.append({name: value(model, name, text)})
    return sid, found


def value(model: Model, word: str, text: str) -> Any:
    """Text as what the field of ``word`` takes; the field itself reads numbers, amounts and times."""
    declared = shape(model)
    if word in declared.flags:
        return _typed(declared.flags[word].kind, word, text)
    asked = resolve(declared, word)
    lookup, kind = asked.lookup, asked.shape.column(asked.field).kind if asked.field and not asked.part else "text"
    if lookup == "isnull":
        return _truth(word, text)
    if lookup in ("in", "range"):
        return [_typed(kind, word, one) for one in _listed(text)]
    return _typed(kind if lookup in ("exact", "date", "gt", "gte", "lt", "lte") else "text", word, text)


def question(model: Model, found: Iterable[dict[str, Any]]) -> QuerySet[Any]:
    """The conditions as one question; numbers for sale are searched for. Asks nothing. Raises QueryError."""
    if model is AvailablePhoneNumber:
        terms = {name: value for one in found for name, value in one.items()}
        if "country" not in terms:
            raise MissingScope("AvailablePhoneNumber is searched in a country: country=US, and type=local unless said")
        return AvailablePhoneNumber.search(**terms)
    asked: QuerySet[Any] = model.all()
    for one in found:
        asked = asked.filter(**one)
    return asked


@contextmanager
def scoped(asked: QuerySet[Any]) -> Iterator[None]:
    """Whoever asks a question that lacks a parent is told which condition to add. Raises MissingScope."""
    try:
        yield
    except MissingScope:
        declared = asked.query.shape
        said = {node.field for node in asked.query.where if isinstance(node, Condition)}
        lacking = [name for name in declared.parents() if name not in said]
        if not lacking:
            raise
        wanted = " ".join(f"{name}={_sample(declared.column(name))}" for name in lacking)
        raise MissingScope(f"{declared.name} lives below a parent: add {wanted}") from None


def _sample(column: Any) -> str:
    return next((f"{prefix}..." for prefix in getattr(column, "prefixes", ())), "...")


def _typed(kind: str, word: str, text: str) -> Any:
    if kind in ("datetime", "date") and _AGO.fullmatch(text):
        ago = moment(text, datetime.now(timezone.utc))
        return ago.date() if kind == "date" else ago
    if kind == "bool":
        return _truth(word, text)
    if kind == "json":
        try:
            return json.loads(text)
        except ValueError:
            raise BadValue(f"{word} takes JSON, not {text!r}") from None
    return text


def _truth(word: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise BadValue(f"{word} takes true or false, not {text!r}")
    return text.lower() == "true"


def _listed(text: str) -> list[str]:
    """The values of a comma list; one that holds a comma stands in double quotes."""
    return next(csv.reader([text], skipinitialspace=True), []) if text else []


def fields(model: Model, texts: Iterable[str]) -> list[str]:
    """The fields of comma lists of names, a leading ``-`` kept. Raises UnknownField."""
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    return ["-" * name.startswith("-") + find(shape(model), name.removeprefix("-")) for name in names]


def kinds(model: Model) -> dict[str, str]:
    """The kind of each field."""
    declared = shape(model)
    return {name: declared.column(name).kind for name in (*declared.columns, *declared.derived)}


def everything(model: Model) -> list[str]:
    """Every field, and what stands for the unknown ones."""
    declared = shape(model)
    return [*declared.columns, *declared.derived, "extras"]


def columns(model: Model) -> list[str]:
    """The few fields that a table shows unless told otherwise."""
    declared = shape(model)
    names = [*declared.key, *model._shows, declared.window or "date_created", "duration", "price", "price_unit"]
    hidden = {"account_sid", "include_subaccounts"}
    return [name for name in dict.fromkeys(names) if name in declared.columns and name not in hidden]


# ---------------------------------------------------------------- moments


def moment(text: str, now: datetime, *, included: bool = False) -> datetime:
    """``30d``, ``12h``, a day such as ``2026-10-01``, or an ISO time (UTC unless it says) -> the instant.

    :param included: it is the end of a span that includes it: a day stands for its last instant.
    :raises BadValue: it is none of these.
    """
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return moments.moment(text, lambda: now, included=included)
    except (BadValue, OverflowError):
        raise BadValue(f"{text!r} is no time: say how long ago (30d, 12h, 2w), a day (2026-10-01) or an ISO time") from None
