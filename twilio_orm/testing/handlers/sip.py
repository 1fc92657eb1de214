"""Maps SIP credential lists and IP access control lists to domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..definitions.error_responses import invalid
from ..world.seed_values import MAPPED_TABLES

if TYPE_CHECKING:
    from ..world.table import Row
    from .arguments import Create


def _create_mapping(create: Create) -> Row:
    [sid] = create.given.values()
    mapped = create.rows(MAPPED_TABLES[create.table]).get(sid)
    if mapped is None:
        raise invalid(f"{sid} is not a list of this account")
    mappings = create.state.children(create.account, create.table, "domain_sid", create.fixed["domain_sid"])
    if any(row.payload["sid"] == sid for row in mappings):
        raise invalid(f"{sid} is mapped already")
    values = {"sid": sid, "friendly_name": mapped.payload["friendly_name"]}
    return create.state.add(create.account, create.table, {**create.fixed, **values})


CREATE = dict.fromkeys(MAPPED_TABLES, _create_mapping)
