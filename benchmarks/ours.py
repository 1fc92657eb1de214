"""Our side: ``Call.sync()`` of what the server has, or a live pass over it.

``python -m benchmarks.ours BASE_URL FILE [fast=0] [live=1] [workers=N] [since=DAY] [settle_for=DAYS] [full=1] [history=0]
[now=SECONDS]``: with ``fast=0`` as where the accelerator is not installed, with ``now`` at that second since 1970 instead of this
machine's time.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

if "fast=0" in sys.argv:
    sys.modules["msgspec"] = None  # type: ignore[assignment]  # its import fails, as where it is not installed
else:
    import msgspec  # noqa: F401
import requests  # noqa: F401  (what twilio_orm imports at the first request is imported before the clock starts)
import urllib3  # noqa: F401

import twilio_orm
import twilio_orm.http.transport  # noqa: F401
from twilio_orm.mirror.sqlite import units

from .calls import ACCOUNT, TOKEN
from .children import look, timed


def run(base_url: str, path: str, *words: str) -> dict[str, Any]:
    """One sync or pass, the opening of the file and its closing included."""
    given = dict(word.split("=") for word in words)
    options: dict[str, Any] = {name: value if name == "since" else int(value) for name, value in given.items()}
    options.pop("fast", 1)
    live = options.pop("live", 0)
    if "full" in options:
        options["full"] = bool(options["full"])
    if "settle_for" in options:
        options["settle_for"] = timedelta(days=options["settle_for"])
    if not options.pop("history", 1):
        without_history()
    now = options.pop("now", None)
    clock = None if now is None else (lambda: datetime.fromtimestamp(now, timezone.utc))
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path, clock=clock)
    try:
        return look(twilio_orm.Call.all()) if live else told(twilio_orm.Call.sync(**options))
    finally:
        connection.close()


def told(report: twilio_orm.Report) -> dict[str, Any]:
    """What a sync reports."""
    facts = {name: getattr(report, name) for name in ("new", "changed", "unchanged", "gone", "whole", "requests")}
    return {"rows": report.seen, **facts}


def without_history() -> None:
    """Keep no history: the statement that changes a row does not hand over its earlier version."""
    upsert_sql = units.upsert_sql

    @lru_cache(maxsize=64)
    def plain(*given: Any) -> str:
        statement, found, _ = upsert_sql(*given).partition(" AND earlier(")
        assert found, "the statement does not hand over the earlier version of a row"
        return statement

    units.upsert_sql = plain


if __name__ == "__main__":
    timed(lambda: run(*sys.argv[1:]))
