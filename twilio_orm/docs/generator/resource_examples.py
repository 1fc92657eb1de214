"""An example for each resource, built from its declaration so that it says nothing that is not there. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ...schema.field import CREATE, EXACT, LOOSE, UPDATE, Column
from ...schema.number_fields import Flag, Number, Whole
from ...schema.parameters import JsonParameter, NameValuePairs, Parameters
from ...schema.text_fields import Phone, Sid, Text, Texts, Twiml, Url
from ...schema.time_fields import Day, Time
from .declarations import Model, abilities, actions, fetched, listing, parameters, refuses_delete, takes, variable

DIGITS = "0123456789abcdef" * 2

# What a name suggests, where its type says too little.
NAMED: dict[str, Any] = {
    "area_code": 415, "body": "Hello", "category": "calls", "city": "Springfield", "country": "US", "country_code": "US",
    "customer_name": "Anna Smith", "domain_name": "anna.sip.example.com", "end_date": "2026-06-02", "friendly_name": "Front desk",
    "from_": "+14155550101", "idempotency_key": "order-1", "ip_address": "192.0.2.7", "iso_country": "US", "label": "anna",
    "log": 0, "password": "Correct-Horse-7-Battery", "postal_code": "12345", "quality_score": 5, "region": "CA",
    "street": "1 Main Street", "target": "file", "to": "+14155550100", "trigger_value": "10", "ttl": 3600,
    "usage_category": "calls", "username": "anna",
}  # fmt: skip

RENAMED = {"friendly_name": "Reception"}
"""What an update calls a record that was named already."""

VALUES: dict[type[Column[Any]], Any] = {
    Phone: "+14155550100", Url: "https://example.com/answer", Twiml: "<Response><Hangup/></Response>", Whole: 10, Number: "10",
    Flag: True, Time: "2026-06-01T12:00:00Z", Day: "2026-06-01", JsonParameter: {"text": "Hello"},
    NameValuePairs: {"name": "value"}, Texts: ["text"], Text: "text",
}  # fmt: skip


def plausible(name: str, column: Column[Any]) -> Any:
    """A value that a field or parameter takes."""
    if column.values and not (name in NAMED and NAMED[name] in column.values):
        return [column.values[0]] if isinstance(column, Texts) else column.values[0]
    if name in NAMED:
        return NAMED[name]
    if isinstance(column, Sid):
        return (column.prefixes[0] if column.prefixes else "XX") + DIGITS
    return next(VALUES[one] for one in type(column).__mro__ if one in VALUES)


def example(model: Model) -> list[str]:
    """The lines of an example: what can be done with the resource, each once."""
    schema, name, var = model.api_schema, model.__name__, variable(model)
    can, below = abilities(model), _parents(model)
    lines = [f"from twilio_orm import {name}", ""]
    shown = [*(schema.key[-1:] if schema.keyed or not model.api_schema.shows else ()), *model.api_schema.shows][:3]
    printed = f"    print({', '.join(f'{var}.{one}' for one in dict.fromkeys(shown))})"
    if listing(schema):
        lines += _over(_call(f"for {var} in {name}.filter", (), {**below, **_filter(model)}), printed)
    if fetched(schema):
        key = schema.key[-1]
        args = () if schema.singleton else (plausible(key, schema.columns[key]),)
        lines += [*_call(f"{var} = {name}.get", args, below), ""]
    if "create" in can:
        lines += [*_created(model, f"new_{var}" if fetched(schema) else var), ""]
    have = fetched(schema) or "create" in can
    acting = _action(model, var, have)
    if have and takes(model, UPDATE):
        words = _update(model, *next(iter(takes(model, UPDATE).items())))
        said = "".join(acting)
        better = acting and (words.keys() == {"status"} or all(_spelled(value) in said for value in words.values()))
        if not better:
            lines += _call(f"{var}.update", (), words)
    lines += acting
    if have and "delete" in can and not refuses_delete(model):
        lines.append(f"{var}.delete()")
    if schema.mirrored and not (schema.lists or schema.fetches):
        lines += [*([""] if lines[-1] else []), f"for {var} in {name}.offline(partial=True):", printed]
    return "\n".join(lines).strip().splitlines()


def _over(call: list[str], printed: str) -> list[str]:
    return [*call[:-1], call[-1] + "[:10]:", printed, ""]


def _parents(model: Model, parent_path: str = "") -> dict[str, Any]:
    schema = model.api_schema
    found = {}
    for name in schema.urls.parents(parent_path):
        column = schema.columns[name] if name in schema.columns else schema.flags[name]
        found[name] = plausible(name, column)
    return found


def _filter(model: Model) -> dict[str, Any]:
    """One filter that Twilio evaluates, an exact one if there is any."""
    schema = model.api_schema
    known = {
        name: one for name, one in schema.columns.items() if one.pushdown and not one.from_request and not isinstance(one, Sid)
    }
    for pushdown in (EXACT, LOOSE):
        fits = [name for name, one in known.items() if one.pushdown == pushdown]
        for name in sorted(fits, key=lambda name: not known[name].values):
            return {name: plausible(name, known[name])}
    for name, one in sorted(known.items(), key=lambda item: item[0] != schema.window):
        return {f"{name}__gte": plausible(name, one)}
    flags = [name for name in schema.flags if name not in schema.urls.parents()]
    return {name: plausible(name, schema.flags[name]) for name in flags[:1]}


def _created(model: Model, var: str) -> list[str]:
    parent_path, one = next(iter(takes(model, CREATE).items()))
    known = parameters(model, CREATE, parent_path)
    values = {name: plausible(name, known[name]) for name in (*one.order, *one.required, *(group[0] for group in one.one_of))}
    last = max((at for at, name in enumerate(one.order) if name in one.required), default=0)
    by_position = tuple(values.pop(name) for name in one.order[: last + 1])
    words = {name: value for name, value in values.items() if name not in one.order}
    return _call(f"{var} = {model.__name__}.create", by_position, {**_parents(model, parent_path), **words})


def _update(model: Model, parent_path: str, one: Parameters) -> dict[str, Any]:
    known = parameters(model, UPDATE, parent_path)
    fields = model.writable_fields(UPDATE)
    names = (
        one.required or sorted(known, key=lambda name: (name != "friendly_name", name not in one.choice, name not in fields))[:1]
    )
    return {name: RENAMED.get(name) or plausible(name, known[name]) for name in names}


def _action(model: Model, var: str, have: bool) -> list[str]:
    """The simplest method of a record, or of the class where there is none or no record."""
    found: list[tuple[bool, int, list[str]]] = []
    for name, value in actions(model).items():
        of_class = isinstance(value, classmethod)
        function = value.__func__ if of_class else value
        if not inspect.isfunction(function) or function.__name__ != name or not (of_class or have):
            continue
        given = _arguments(model, function)
        if given is not None:
            args, words = given
            found.append((of_class, len(args) + len(words), _call(f"{model.__name__ if of_class else var}.{name}", args, words)))
    return min(found, key=lambda one: one[:2])[2] if found else []


def _arguments(model: Model, function: Any) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Values for what a method needs, by position and by name; None where its name does not say what it is."""
    known = dict(model.api_schema.columns)
    for when in (UPDATE, CREATE):
        for parent_path in takes(model, when):
            known = {**parameters(model, when, parent_path), **known}
    args: list[Any] = []
    words: dict[str, Any] = {}
    for one in list(inspect.signature(function).parameters.values())[1:]:
        if one.default is not one.empty or one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL):
            continue
        column = known.get(one.name, known.get(f"{one.name}_sid"))
        if column is None and function.__name__ in known:  # what the verb is named after
            column = known[function.__name__]
        if column is None and one.name not in NAMED:
            return None
        value = plausible(one.name, column) if column is not None else NAMED[one.name]
        if one.kind is one.KEYWORD_ONLY:
            words[one.name] = value
        else:
            args.append(value)
    return tuple(args), words


def _call(head: str, args: tuple[Any, ...], words: Mapping[str, Any]) -> list[str]:
    parts = [*(_spelled(value) for value in args), *(f"{name}={_spelled(value)}" for name, value in words.items())]
    line = f"{head}({', '.join(parts)})"
    return [line] if len(line) <= 100 else [f"{head}(", *(f"    {part}," for part in parts), ")"]


def _spelled(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_spelled(name)}: {_spelled(one)}" for name, one in value.items()) + "}"
    return f"[{', '.join(map(_spelled, value))}]" if isinstance(value, list) else repr(value)
