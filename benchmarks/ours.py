"""Our side: ``Call.sync()`` of everything the server has. ``python -m benchmarks.ours BASE_URL FILE``."""

from __future__ import annotations

import sys
from typing import Any

import requests  # noqa: F401  (what twilio_orm imports at the first request is imported before the clock starts)
import urllib3  # noqa: F401

import twilio_orm
import twilio_orm.transport  # noqa: F401

from .calls import ACCOUNT, TOKEN
from .children import timed


def run(base_url: str, path: str) -> dict[str, Any]:
    """One sync, the opening of the file and its closing included."""
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path)
    report = twilio_orm.Call.sync()
    connection.close()
    return {"rows": report.seen, "new": report.new, "changed": report.changed, "whole": report.whole}


if __name__ == "__main__":
    timed(lambda: run(*sys.argv[1:3]))
