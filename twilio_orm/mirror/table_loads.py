"""What a process knows of the tables that it fills without their indexes. See :mod:`twilio_orm.mirror.bulk_load`. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .. import _forks
from ..query.ast import Condition, Related, leaf_nodes
from .table_layout import fields_indexed

if TYPE_CHECKING:
    from ..query.ast import Node, Query
    from ..schema.resource_schema import ResourceSchema


class TableLoads:
    """What this process knows of the tables of a database that lack indexes.

    :param possible: whether the engine gains anything by it.

    ``unindexed`` are the tables that a load of this process has left without them. ``wanted`` says that some may be missing which
    a reader needs.
    """

    def __init__(self, *, possible: bool) -> None:
        self.possible = possible
        self.unindexed = set[str]()
        self.wanted = False
        self._loads = Counter[str]()
        self._lock = _forks.lock()

    def is_loading(self, table: str) -> bool:
        """Return whether this process is loading a table. Pure."""
        return self._loads[table] > 0

    def may_drop(self, table: str) -> bool:
        """Return whether a load of this process may yet leave a table without its indexes. Pure."""
        return self.possible and self.is_loading(table) and table not in self.unindexed

    def begin(self, table: str) -> None:
        """Note that a load of a table begins. Several may go on at once."""
        with self._lock:
            self._loads[table] += 1

    def end(self, table: str) -> bool:
        """Note that a load of a table ends. Return whether it was the last one."""
        with self._lock:
            self._loads[table] -= 1
            return not self._loads[table]

    def note(self, query: Query) -> None:
        """Note that a query is answered while tables lack indexes, and whether it needs one of these. Pure."""
        if query.schema.related or _needs_index(query.schema, query.where, self.unindexed):
            self.wanted = True


def _needs_index(schema: ResourceSchema, nodes: tuple[Node, ...], tables: set[str]) -> bool:
    """Whether a conjunction looks up a field with an index, in one of these tables."""
    here, fields = schema.table in tables, fields_indexed(schema)
    for node in leaf_nodes(nodes):
        if isinstance(node, Related):
            if here or node.other.table in tables or _needs_index(node.other, node.nodes, tables):
                return True
        elif here and isinstance(node, Condition) and node.field in fields:
            return True
    return False
