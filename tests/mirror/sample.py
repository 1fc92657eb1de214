"""Makes the sample file of the present schema: ``python tests/mirror/sample.py`` writes ``schema-<version>.db`` beside it.

Run it once for each released schema, and never again: the file is what a user of that release has on disk. It holds three calls
of one account, of which one has a key this release does not know and one is gone, and says that all of them were heard.
"""

from __future__ import annotations

import sqlite3
import sys
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bodies import SCHEMA, account, row, sid  # noqa: E402

from twilio_orm.mirror.sqlite import tables
from twilio_orm.mirror.store import Mirror  # noqa: E402
from twilio_orm.query.ast import Condition, Query  # noqa: E402
from twilio_orm.query.planner import plan  # noqa: E402
from twilio_orm.schema.registry import SCHEMAS  # noqa: E402

HOME = ("api.twilio.com", "us1")
OWNER = account(7)
AT = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)


def make(path: Path) -> None:
    bare = sqlite3.connect(path)
    bare.execute("PRAGMA page_size = 512")
    bare.execute("VACUUM")
    bare.close()
    mirror = Mirror(str(path), SCHEMAS, *HOME)
    mirror.add_account(OWNER, OWNER)
    rows = [row(1, OWNER), row(2, OWNER, novelty={"by": "Twilio"}), row(3, OWNER)]
    mirror.absorb(SCHEMA, rows, mirror.revision(), AT)
    mirror.tombstone(SCHEMA, (Condition("sid", "exact", sid(3)),), now=AT)
    mirror.record_sweep(OWNER, SCHEMA, plan(Query(SCHEMA), OWNER).requests[0].covers, AT, AT)
    mirror.close()
    bare = sqlite3.connect(path)
    bare.execute("PRAGMA journal_mode = DELETE")
    bare.execute("VACUUM")
    bare.close()


if __name__ == "__main__":
    target = Path(__file__).parent / f"schema-{tables.VERSION}.db"
    if target.exists():
        raise SystemExit(f"{target} exists: a released schema's sample is not made twice")
    make(target)
    print(f"{target}: {target.stat().st_size} bytes")
