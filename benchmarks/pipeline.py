"""The peer ``dlt``: a pipeline that merges pages by SID into DuckDB, its own folders below the file's, and no telemetry.

``python -m benchmarks.pipeline BASE_URL FILE``. Our columns; DuckDB has no indexes of the kind, so none are asked of it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

ROOM = Path(sys.argv[2] if len(sys.argv) > 2 else ".").with_suffix("")
SETTINGS = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL", "DO_NOT_TRACK": "1"}
FOLDERS = {"DLT_DATA_DIR": "data", "DLT_PROJECT_DIR": "project", "HOME": "home"}
os.environ |= SETTINGS | {name: str(ROOM / folder) for name, folder in FOLDERS.items()}

import dlt  # noqa: E402
import duckdb  # noqa: E402

from .children import timed  # noqa: E402
from .columns import COLUMNS, NAMES  # noqa: E402
from .floor import pages  # noqa: E402


def run(base_url: str, path: str) -> dict[str, Any]:
    """One pass."""

    @dlt.resource(name="call", write_disposition="merge", primary_key="sid")  # type: ignore[untyped-decorator, unused-ignore]
    def calls() -> Iterator[list[dict[str, Any]]]:
        take = itemgetter(*NAMES)
        for page in pages(base_url):
            yield [dict(zip(COLUMNS, take(call), strict=True)) for call in page]

    pipeline = dlt.pipeline(
        "bench", destination=dlt.destinations.duckdb(path), dataset_name="bench", pipelines_dir=str(ROOM / "pipelines")
    )
    pipeline.run(calls())
    with duckdb.connect(path, read_only=True) as database:
        found = database.execute("SELECT count(*) FROM bench.call").fetchone()
    return {"rows": found[0] if found else 0}


if __name__ == "__main__":
    for name in ("home", "project", "data"):
        (ROOM / name).mkdir(parents=True, exist_ok=True)
    timed(lambda: run(*sys.argv[1:]))
