"""Computed fields in peewee's expressions, such as ``Call.select(Call.to_country)``. It sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..mirror.sqlite.dialect import SQLITE
from .peewee_compat import SCOPE_SOURCE, ColumnBase, Entity

if TYPE_CHECKING:
    from ..schema.derived import Computed


class ComputedColumn(ColumnBase):  # type: ignore[valid-type, misc]
    """A computed field of a resource in peewee's expressions: ``Call.select(Call.to_country)``.

    :param owner: the resource's class, or its table under another name.
    :param field: the field.
    :param name: its name in a result; "" where an expression around it has one.
    """

    def __init__(self, owner: Any, field: Computed[Any], name: str = "") -> None:
        self._owner, self._field, self._name = owner, field, name

    def of_table(self, owner: Any) -> ComputedColumn:
        """Return the same field of a table under another name."""
        return ComputedColumn(owner, self._field, self._name)

    def alias(self, alias: str | None) -> Any:
        """See peewee."""
        return ComputedColumn(self._owner, self._field).alias(alias) if self._name else super().alias(alias)

    def __hash__(self) -> int:
        return hash((self._owner, self._field.name))

    def __repr__(self) -> str:
        return f"<{type(self._field).__name__}: {self._owner.__name__}.{self._field.name}>"

    def __sql__(self, ctx: Any) -> Any:
        is_alone = ctx.scope == SCOPE_SOURCE and not (ctx.state.in_function or ctx.state.in_expr)
        dialect = ctx.state.dialect or SQLITE  # databases of other engines name theirs among the options of their contexts
        pieces = self._field.sql(dialect, *(f"\0{name}\0" for name in self._field.reads)).split("\0")
        for at, piece in enumerate(pieces):
            ctx = ctx.sql(getattr(self._owner, piece)) if at % 2 else ctx.literal(piece)
        return ctx.literal(" AS ").sql(Entity(self._name)) if is_alone and self._name else ctx
