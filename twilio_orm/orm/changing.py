"""The words of a query set that change many records: each makes a plan first. What the plan then does is not here.

What makes plans is imported by whoever makes one: most programs do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ConfirmationRequired, QueryError
from .building import LIVE, Building, R

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..changes.plan import Applied, WritePlan
    from ..connection import Connection


class Changing(Building[R]):
    """The part of a query set that changes what answers it. See :class:`QuerySet`."""

    if TYPE_CHECKING:

        def __iter__(self) -> Iterator[R]: ...
        def bound_connection(self) -> Connection: ...
        def count(self) -> int: ...

    def plan_update(self, **changes: Any) -> WritePlan:
        """What it would take to give these records these values, record by record. Asks Twilio for them, changes nothing.

        Every value is computed and checked now, and journaled in the mirror with what it was. ``apply()`` does it.

        :param changes: by field, a value, or a function of the record that gives one, such as
            ``voice_url=lambda number: number.voice_url.replace("old.", "new.")``. ``""`` clears a field.
        :raises QueryError: an unknown field, a wrong value, a command or a secret; a function raised; or the question is not
            put to Twilio. :raises ReadOnly: Twilio does not update such records, or not this field.
        :raises ConfirmationRequired: a change that cannot be undone.
        """
        from ..changes import plan, plan_builder

        asked = self._afresh("plan_update")
        plan_builder.check_changes(self.model, self.query.parent_path, changes)
        return plan.plan_update(self.bound_connection(), self.model, self.query.parent_path, asked, changes)

    def plan_delete(self) -> WritePlan:
        """What it would take to delete these records. Asks Twilio for them, deletes nothing.

        Calls and messages that are not final yet are left out, and named: Twilio does not delete them.

        :raises ReadOnly: Twilio does not delete such records. :raises ConfirmationRequired: no plan deletes them.
        :raises QueryError: the question is not put to Twilio.
        """
        from ..changes import plan, plan_builder

        asked = self._afresh("plan_delete")
        plan_builder.check_deletable(self.model)
        return plan.plan_delete(self.bound_connection(), self.model, asked)

    def update(self, confirm: bool | int | None = None, **changes: Any) -> Applied:
        """Give these records these values: ``plan_update(…).apply()``. Touches network and disk.

        :param confirm: True; of a question without any condition, how many records that is.
        :param changes: see :meth:`plan_update`.
        :returns: what became of each record; ``undo()`` gives the plan back.
        :raises ConfirmationRequired: without it, or with another number; it says how many they are. Nothing was changed.
        """
        from ..changes import plan, plan_builder

        asked = self._afresh("update")
        plan_builder.check_changes(self.model, self.query.parent_path, changes)
        records = asked._confirmed("update", confirm)
        return plan.plan_update(self.bound_connection(), self.model, self.query.parent_path, records, changes).apply()

    def delete(self, confirm: bool | int | None = None) -> Applied:
        """Delete these records: ``plan_delete().apply()``. Touches network and disk; it cannot be undone.

        :param confirm: True; of a question without any condition, how many records that is.
        :raises ConfirmationRequired: without it, or with another number; it says how many they are. Nothing was deleted.
        """
        from ..changes import plan, plan_builder

        asked = self._afresh("delete")
        plan_builder.check_deletable(self.model)
        return plan.plan_delete(self.bound_connection(), self.model, asked._confirmed("delete", confirm)).apply()

    def _afresh(self, word: str) -> Any:
        """The same question, put to Twilio. Raises QueryError where it would be any records, or is not put there."""
        schema = self.query.schema
        if self.mode != LIVE:
            raise QueryError(
                f"{word}() changes what is at Twilio, the mirror may be old: ask live, without offline(), cached() or at()"
            )
        if not schema.fetches or not (schema.keyed or schema.singleton):
            raise QueryError(f"{word}() looks at each record before it is sent, and Twilio gives no {schema.name} by its key")
        if (self.query.low or self.query.high is not None) and not self.query.order:
            raise QueryError(f"without an order a slice is any records: order_by() before {word}()")
        return self._of(self.query, self._connection, LIVE)

    def _confirmed(self, word: str, confirm: bool | int | None) -> list[R]:
        """The records, read from Twilio, where they were confirmed. Raises ConfirmationRequired."""
        said = bool(self.query.where) or self.query.high is not None or self.query.low > 0
        if confirm is True and said:
            return list(self)
        found = list(self)
        if confirm is not None and confirm is not True and confirm is not False and confirm == len(found):
            return found
        many = f"{len(found)} {self.model.__name__} record{'' if len(found) == 1 else 's'}"
        if said:
            raise ConfirmationRequired(f"{word}() would touch {many}: pass confirm=True, or look at plan_{word}() first")
        raise ConfirmationRequired(
            f"{word}() without any condition would touch all {many}: pass confirm={len(found)}, or look at plan_{word}() first"
        )
