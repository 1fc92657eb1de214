"""A mirror of schema 4, when decimals were texts, and what Twilio had sent. Run by that release, this module made the file.

It holds calls, messages and sums whose prices are spelled in every way, two versions of some, and one that is gone.
"""

from __future__ import annotations

import sqlite3
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from bodies import account, call  # noqa: E402

from twilio_orm import Call, Message, UsageRecord, UsageTrigger  # noqa: E402
from twilio_orm.mirror.sqlite import tables
from twilio_orm.mirror.store import Mirror  # noqa: E402
from twilio_orm.query.ast import Condition  # noqa: E402
from twilio_orm.schema.registry import SCHEMAS
from twilio_orm.schema.resource_schema import ResourceSchema  # noqa: E402

PATH = Path(__file__).parent / "decimals-4.db"
HOME = ("api.twilio.com", "us1")
OWNER = account(7)
AT = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
TEXTS: tuple[Any, ...] = (
    "-0.03000", "-0.00750", "-1.20000", "0.00000", "-0.00000", "-12.00000", "-0.03", "-0.0300", "-0.0085", "-0.1", "0", "-0",
    "3", "12",
    "+0.04", " 0.05 ", "1E+3", "1e-7", "-0.123456789", "0.1000000000000000055", "0.1000000000000000056", "12345678901234567890",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "100000000000000000000.01", "100000000000000000000.02",
    "2192.84855", "1_000", "free", "", None, Decimal("-0.03"), Decimal("-0.0075"), 12, 2**70, True, [1], "٣.٥",
)  # fmt: skip
"""Prices as they came: a text of five decimals, mostly."""
FINGERPRINT = 77


def calls(version: int) -> list[dict[str, Any]]:
    """The calls of a page; of the second one every third has another price."""
    size = len(TEXTS)
    moved = [(at + 5) % size if version and at % 3 == 0 else at for at in range(size)]
    return [call(at, OWNER, price=TEXTS[one], **({"novelty": at} if at % 4 == 1 else {})) for at, one in enumerate(moved)]


def others() -> dict[str, tuple[ResourceSchema, list[dict[str, Any]]]]:
    """Records of other resources, by the names of their tables."""
    schemas = (Message.api_schema, UsageRecord.api_schema, UsageTrigger.api_schema)
    out: dict[str, tuple[ResourceSchema, list[dict[str, Any]]]] = {}
    for schema in schemas:
        names = [name.rstrip("_") for name, column in schema.columns.items() if not column.from_request]
        found = []
        for at in range(len(TEXTS)):
            told = dict.fromkeys([*names, *schema.derived])
            key = {"UsageRecord": {"category": f"c{at}", "start_date": "2026-06-01", "end_date": "2026-06-01"}}.get(
                schema.name, {"sid": f"{'SM' if schema.name == 'Message' else 'UT'}{at:032x}"}
            )
            numbers = [name for name, column in schema.columns.items() if column.kind in ("decimal", "money")]
            prices = {name: TEXTS[(at + 7 * number) % len(TEXTS)] for number, name in enumerate(numbers)}
            found.append({**told, "account_sid": OWNER, **key, **prices})
        out[schema.table] = (schema, found)
    return out


def given(schema: ResourceSchema) -> dict[str, Any]:
    """What the request said of its records."""
    return {"period": "daily", "include_subaccounts": 1} if schema.name == "UsageRecord" else {}


def make(path: Path) -> None:
    """Write the file."""
    bare = sqlite3.connect(path)
    bare.execute("PRAGMA page_size = 512")
    bare.execute("VACUUM")
    bare.close()
    mirror = Mirror(str(path), SCHEMAS, *HOME)
    mirror.add_account(OWNER, OWNER)
    for version in (0, 1):
        rows = [Call.api_schema.codec.read(body, {}) for body in calls(version)]
        fingerprints = [FINGERPRINT + at for at in range(len(rows))]
        mirror.absorb(Call.api_schema, rows, mirror.revision(), AT + timedelta(days=version), fingerprints=fingerprints)
    for schema, found in others().values():
        mirror.absorb(schema, [schema.codec.read(body, given(schema)) for body in found], mirror.revision(), AT)
    mirror.tombstone(Call.api_schema, (Condition("sid", "exact", calls(0)[2]["sid"]),), now=AT + timedelta(days=2))
    mirror.close()
    bare = sqlite3.connect(path)
    bare.execute("PRAGMA journal_mode = DELETE")
    bare.execute("VACUUM")
    bare.close()


if __name__ == "__main__":
    if tables.VERSION != 4 or PATH.exists():
        raise SystemExit(f"{PATH} is a file of schema 4, and made once")
    make(PATH)
    print(f"{PATH}: {PATH.stat().st_size} bytes")
