"""Our side: ``Call.sync()`` of what the server has.

``python -m benchmarks.ours BASE_URL FILE [workers=N] [settle_for=DAYS] [full=1] [history=0]``.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import requests  # noqa: F401  (what twilio_orm imports at the first request is imported before the clock starts)
import urllib3  # noqa: F401

import twilio_orm
import twilio_orm.transport  # noqa: F401
from twilio_orm.mirror import store

from .calls import ACCOUNT, TOKEN
from .children import timed


def run(base_url: str, path: str, *words: str) -> dict[str, Any]:
    """One sync, the opening of the file and its closing included."""
    options: dict[str, Any] = {name: int(value) for name, _, value in (word.partition("=") for word in words)}
    if "full" in options:
        options["full"] = bool(options["full"])
    if "settle_for" in options:
        options["settle_for"] = timedelta(days=options["settle_for"])
    if not options.pop("history", 1):
        forget()
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path)
    report = twilio_orm.Call.sync(**options)
    connection.close()
    told = {"new": report.new, "changed": report.changed, "whole": report.whole, "requests": report.requests}
    return {"rows": report.seen, **told}


def forget() -> None:
    """Keep no history: what a row was is not asked of the statement that changes it."""
    kept = store._upsert
    store._upsert = lambda shape: kept(shape).partition(" AND earlier(")[0]  # type: ignore[assignment]


if __name__ == "__main__":
    timed(lambda: run(*sys.argv[1:]))
