"""One export of a mirror's calls to a file, ours or as one would write it with ``csv.writer`` or pyarrow over raw ``sqlite3``.

``python -m benchmarks.exporting BASE_URL FILE FORMAT SIDE ROWS FOLDER``: FORMAT is csv or parquet; SIDE is ours or raw; ROWS
limits the calls. The garbage collector works as it does for everyone.
"""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.compute
from pyarrow import parquet

import twilio_orm
from twilio_orm import Call

from .calls import ACCOUNT, TOKEN
from .columns import COLUMNS, WHOLE, tuned
from .streaming import peak

AT_ONCE = 65_536
TYPES = {**dict.fromkeys(WHOLE, pyarrow.int64()), "price": pyarrow.float64()}


def raw_rows(path: str, tuning: dict[str, int], rows: int) -> Iterator[list[Any]]:
    """Tuples of the calls as they are stored, many at once."""
    file = sqlite3.connect(path)
    for name, value in tuning.items():
        file.execute(f"PRAGMA {name} = {value}")
    shown = ", ".join(f'"{name}"' for name in COLUMNS)
    found = file.execute(
        f'SELECT {shown} FROM "call" NOT INDEXED WHERE account_sid = ? AND mirror_gone IS NULL LIMIT {rows}', (ACCOUNT,)
    )
    while batch := found.fetchmany(AT_ONCE):
        yield batch
    file.close()


def raw_csv(batches: Iterator[list[Any]], target: str) -> int:
    """``csv.writer`` over the tuples."""
    count = 0
    with open(target, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for batch in batches:
            writer.writerows(batch)
            count += len(batch)
    return count


def raw_parquet(batches: Iterator[list[Any]], target: str) -> int:
    """Pyarrow over the tuples: texts, whole numbers and floats, as SQLite has them."""
    schema = pyarrow.schema([(name, TYPES.get(name, pyarrow.string())) for name in COLUMNS])
    count = 0
    with parquet.ParquetWriter(target, schema) as writer:
        for batch in batches:
            arrays = [pyarrow.array(values, one.type) for one, values in zip(schema, zip(*batch, strict=True), strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
            count += len(batch)
    return count


def main(base_url: str, path: str, form: str, side: str, rows: int, folder: str) -> dict[str, Any]:
    """Export, once."""
    target = str(Path(folder) / f"calls.{form}")
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path)
    tuning = tuned(connection)
    work: Callable[[], int]
    if side == "ours":
        calls = Call.offline(partial=True)
        few = calls[:rows]
        work = lambda: few.to_csv(target) if form == "csv" else few.to_parquet(target)  # noqa: E731
    else:
        batches = raw_rows(path, tuning, rows)
        work = lambda: (raw_csv if form == "csv" else raw_parquet)(batches, target)  # noqa: E731
    began, busy = time.perf_counter(), time.process_time()
    count = work()
    took, cpu = time.perf_counter() - began, time.process_time() - busy
    size = os.path.getsize(target)
    facts = {"seconds": took, "cpu": cpu, "rows": count, "bytes": size, "memory": peak(), "sum": total(target, form)}
    connection.close()
    os.unlink(target)
    return facts


def total(target: str, form: str) -> str:
    """The sum of the prices in a file, by another reader's floats: alike to six digits on all sides."""
    if form == "csv":
        with open(target, newline="", encoding="utf-8") as file:
            return f"{sum(float(row['price'] or 0) for row in csv.DictReader(file)):.4f}"
    prices = parquet.read_table(target, columns=["price"])["price"]
    return f"{float(pyarrow.compute.sum(prices.cast(pyarrow.float64())).as_py() or 0):.4f}"


if __name__ == "__main__":
    base_url, path, form, side, rows, folder = sys.argv[1:]
    print(json.dumps(main(base_url, path, form, side, int(rows), folder)))
