"""Some calls asked for one by one, so that a mirror holds them as the server shows them now. It measures nothing.

``python -m benchmarks.filling BASE_URL FILE SIDS``: SIDs as a list in JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import twilio_orm
from twilio_orm import Call

from .calls import ACCOUNT, TOKEN


def some(base_url: str, path: str, sids: list[str]) -> dict[str, Any]:
    """Ask Twilio for each; what it answers enters the mirror."""
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path)
    expired = sum(Call.get(sid).price is not None for sid in sids)
    connection.close()
    return {"rows": len(sids), "settled": expired}


if __name__ == "__main__":
    base_url, path, sids = sys.argv[1:]
    print(json.dumps(some(base_url, path, json.loads(sids))))
