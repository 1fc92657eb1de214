"""The commands that do what syncs in Python do, for errors and remarks that name a sync. It sends nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, NamedTuple

USAGE = "UsageRecord"
ONE_DAY = timedelta(days=1)


class _Call(NamedTuple):
    """A part of a chain such as ``UsageRecord.monthly.between('2026-05-01', '2026-05-31').sync()``: a name and its arguments.

    An attribute has None in place of arguments.
    """

    name: str
    arguments: tuple[Any, ...] | None = None
    options: dict[str, Any] = {}


def commands(calls: Iterable[str]) -> list[str]:
    """The commands that fetch what these calls fetch; empty unless there is one for each. Pure.

    Resources with equal options are in one command.

    :param calls: calls in Python, as :attr:`NotCovered.syncs` has them.
    """
    found = dict[tuple[str, ...], list[str]]()
    for call in calls:
        one = _command(call)
        if one is None:
            return []
        name, options = one
        names = found.setdefault(options, [])
        names += [name] * (name not in names)
    return [" ".join(("twilio-orm sync", ",".join(names), *options)) for options, names in found.items()]


def named(calls: Iterable[str]) -> str:
    """These commands as a text, each in backticks; empty if there are none. Pure. See :func:`commands`."""
    return " and ".join(f"`{one}`" for one in commands(calls))


def _command(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The resource and the options of the command for one call, or None."""
    with suppress(SyntaxError, ValueError):
        model, *middle, last = _chain(ast.parse(text, mode="eval").body)
        if last.name == "sync" and last.arguments is not None and not middle:
            return _of_model(model.name, last)
        if last == _Call("sync", ()) and model.name == USAGE:
            return _of_usage([one.name for one in middle], {one.name: one for one in middle})
    return None


def _chain(node: ast.expr) -> Iterator[_Call]:
    """The parts of a chain, the name at its beginning first. Raises ValueError for anything else."""
    if isinstance(node, ast.Name):
        yield _Call(node.id)
    elif isinstance(node, ast.Attribute):
        yield from _chain(node.value)
        yield _Call(node.attr)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from _chain(node.func.value)
        options = {str(one.arg): ast.literal_eval(one.value) for one in node.keywords}
        yield _Call(node.func.attr, tuple(map(ast.literal_eval, node.args)), options)
    else:
        raise ValueError("this is no chain of calls")


def _of_model(name: str, sync: _Call) -> tuple[str, tuple[str, ...]] | None:
    """The command of ``Call.sync('2026-05-01', '2026-06-01', all_accounts=True)``."""
    given = dict(zip(("--since", "--until"), sync.arguments or (), strict=False))
    if len(given) < len(sync.arguments or ()) or sync.options.keys() - {"all_accounts"}:
        return None
    options = [f"{option} {value}" for option, value in given.items()]
    return name, (*options, *(["--all-accounts"] if sync.options.get("all_accounts") else []))


def _of_usage(names: list[str], parts: dict[str, _Call]) -> tuple[str, tuple[str, ...]] | None:
    """The command of ``UsageRecord.monthly.between('2026-05-01', '2026-05-31').across_accounts().sync()``."""
    period, between, *rest = names
    if period not in ("monthly", "daily") or between != "between" or not {*rest} <= {"across_accounts", "filter"}:
        return None
    first, last = (date.fromisoformat(one) for one in parts["between"].arguments or ())
    own = parts["filter"].options if "filter" in parts else {}
    if own not in ({}, {"include_subaccounts": False}):
        return None
    all_accounts = ("--all-accounts",) if "across_accounts" in parts else ()
    if first.day == 1 and last == (first + 32 * ONE_DAY).replace(day=1) - ONE_DAY:
        daily = ("--daily",) if period == "daily" else ()
        return "usage", (f"--month {first.isoformat()[:7]}", *daily, *all_accounts)
    if period == "daily" and not own:
        return "usage", (f"--since {first}", f"--until {last + ONE_DAY}", *all_accounts)
    return None
