"""The same sync for an account and each of its subaccounts. What is suspended or closed is left out, and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import Forbidden, NotFound, Unauthorized
from ..schema.registry import CLASSES
from .nested import How, added, sync
from .scan import Report

if TYPE_CHECKING:
    from ..connection import Connection

Progress = Callable[[Report], object]


def sync_everywhere(model: Any, connection: Connection, how: How) -> Report:
    """Sync a resource of every active account of the tree. Touches network and disk.

    Sums that include subaccounts are asked for without them, so that nothing is counted twice. An account that refuses is
    named in ``skipped``, and the next one is synced.
    """
    total = Report(model.__name__, complete=True)
    words = {"include_subaccounts": False} if "include_subaccounts" in model.api_schema.columns else {}
    for account in list(CLASSES["Account"].using(connection)):
        if account.status != "active":
            total = replace(total, skipped=(*total.skipped, f"{account.sid}: {account.status}"))
            continue
        try:
            part = _one(model, connection, account.sid, replace(how, progress=_adding(total, how)), words)
        except (Unauthorized, Forbidden, NotFound) as error:
            total = replace(total, skipped=(*total.skipped, f"{account.sid}: {error.message}"), complete=False)
            continue
        total = replace(added(total, part), note=total.note or part.note)
    return total


def _one(model: Any, connection: Connection, account: str, how: How, words: dict[str, Any]) -> Report:
    """One account's part. Accounts themselves are one list, which the first of them gives."""
    if model.api_schema.rooted and account != connection.account_sid:
        return Report(model.__name__, complete=True)
    own = connection if account == connection.account_sid else connection.under(account)
    with own:
        return sync(model, how, **words)


def _adding(total: Report, how: How) -> Progress | None:
    told = how.progress
    return None if told is None else lambda report: told(added(total, report))
