"""A question being put together: each word gives a new one, bound to a connection. Nothing is asked here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..connection import Connection, chosen
from ..errors import QueryError
from ..query.ast import And, Not, Query, about
from ..query.parser import about_own, parse
from ..query.q import Q
from . import cached, prefetch

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..mirror.select import MirrorReader

R = TypeVar("R", bound=Any)

LIVE, OFFLINE, PARTIAL, CACHED = "live", "offline", "partial", "cached"


class Building(Generic[R]):
    """The words that say what is asked, and of whom. See :class:`QuerySet`, which asks it."""

    as_of: datetime | None = None
    _prefetched: tuple[str, ...] = ()
    _held: tuple[R, ...] | None = None
    _page_size: int | None = None
    _gone = False
    _strict: bool | None = None
    _max_age = cached.FRESH
    _stash: cached.RecordCache | None = None
    _resolved: Query | None = None
    _moment: datetime | None = None
    _read: MirrorReader | None = None

    def __init__(self, model: Any, query: Query, connection: Connection | None = None, mode: str = LIVE) -> None:
        self.model = model
        self.query = query
        self.mode = mode
        self._connection = connection if connection is not None else chosen()
        if self._connection is not None:
            self._check(self._connection)

    # -- building

    def _check(self, connection: Connection) -> None:
        """Refuse a question about records that are not this connection's account's. Raises BadValue."""
        if self.query.where and connection._account:  # without one nothing can be asked, which is said then
            about_own(self.query.schema, self.query.where, connection._account)

    def _with(self, query: Query) -> Self:
        made = self._of(query, self._connection, self.mode)
        # What is held answers every narrower question, but for what related records have to say.
        if query.flags == self.query.flags and not any(True for _ in about(query.where)):
            made._held = self._held
        return made

    def with_query(self, query: Query) -> Self:
        """Internal: another query of the same mode on the same connection. Sends nothing."""
        return self._with(query)

    @property
    def moment(self) -> datetime | None:
        """Internal: the moment of an as-of query, or None."""
        return self._moment

    def _of(self, query: Query, connection: Connection | None, mode: str) -> Self:
        made = type(self)(self.model, query, connection, mode)
        made._prefetched, made._gone, made._strict = self._prefetched, self._gone, self._strict
        made._max_age, made._moment = self._max_age, self._moment
        return made

    def _holding(self, records: tuple[R, ...]) -> Self:
        """The same question, whose answer is known."""
        made = self._with(self.query)
        made._held = records
        return made

    def _below(self, parent_path: str) -> Self:
        """The same question, asked below the parent that the field ``way`` names, where Twilio has a path for that."""
        return self._with(replace(self.query, parent_path=parent_path)) if parent_path in self.query.schema.parent_paths else self

    def filter(self, *questions: Q, **words: Any) -> Self:
        """The records that fit every word: ``status="completed"``, ``duration__gt=60``. Asks nothing.

        :param questions: conditions joined as ``Q(...) | Q(...)``.
        :param words: conditions by field, part and lookup; those on one relation are of the same related record. ``tz`` is the
            time zone of the days and parts in this call: a name, a ZoneInfo or a datetime.timezone.
        :raises QueryError: an unknown field or lookup, a value of the wrong type, or another account's ``account_sid``.
        """
        conditions, flags = parse(self.query.schema, words, questions)
        return self._with(self.query.filtered(*conditions, flags=flags))

    def exclude(self, *questions: Q, **words: Any) -> Self:
        """The exact complement of ``filter`` with the same words, records with nulls included. Asks nothing.

        An empty ``Q()`` says nothing, and leaves nothing out.
        """
        conditions, flags = parse(self.query.schema, words, questions)
        if flags:
            raise QueryError(f"{', '.join(flags)} changes what is listed, it cannot be excluded: say it in filter()")
        if not conditions and not questions:
            raise QueryError("exclude() takes at least one condition")
        return self._with(self.query.filtered(*([Not(And(conditions))] if conditions else [])))

    def involving(self, number: str, /) -> Self:
        """The records that are to or from this address. Asks nothing; Twilio is asked for each side.

        :raises QueryError: the resource has not both a ``to`` and a ``from_``.
        """
        if not {"to", "from_"} <= self.query.schema.columns.keys():
            raise QueryError(f"a {self.query.schema.name} is not to and from somebody: involving() is for calls and messages")
        return self.filter(Q(to=number) | Q(from_=number))

    def all(self) -> Self:
        """The same records. Asks nothing."""
        return self._with(self.query)

    def order_by(self, *names: str) -> Self:
        """In the order of these fields, ``-`` for descending; nulls below everything, ties by identity. Asks nothing.

        Twilio knows no order: live, the whole answer is read before the first record comes.
        """
        return self._with(self.query.ordered(*names))

    def reverse(self) -> Self:
        """In the opposite order, ties included. Asks nothing. Raises QueryError where there is no order, or a slice."""
        return self._with(self.query.reversed())

    def distinct(self) -> Self:
        """The same records: no record comes twice. Of ``values`` it leaves out rows that repeat. Asks nothing."""
        return self.all()

    def offline(self, partial: bool = False) -> Self:
        """The same question, answered by the mirror as it is when that begins, whatever is stored meanwhile; nothing is sent.

        :param partial: take what there is, rather than raise NotCovered where the question was not heard whole; of records of
            which the mirror forgot what the question is about, those that certainly answer.
        """
        return self._of(self.query, self._connection, PARTIAL if partial else OFFLINE)

    def cached(self, max_age: timedelta = cached.FRESH) -> Self:
        """The same question, answered by the mirror as far as that was heard recently enough. Asks nothing yet.

        What was not is asked of Twilio first, and nothing else. ``get(sid)`` of a record that never changes again is
        answered from memory.

        :param max_age: how long ago what is answered may have been heard, a timedelta.
        :raises BadValue: it is none.
        """
        if self._moment is not None:
            raise QueryError("what was is not asked of Twilio: cached() is about what is")
        made = self._of(self.query, self._connection, CACHED)
        made._max_age = cached.age(max_age)
        return made

    def with_deleted(self) -> Self:
        """The same query, deleted records included: those that the mirror alone still has. Sends nothing.

        ``with_gone()`` is the former name.

        :raises QueryError: Twilio would answer the query, which has no deleted records: call ``offline()`` or ``cached()`` first.
        """
        if self.mode == LIVE:
            raise QueryError("Twilio does not list deleted records, the mirror has them: offline().with_deleted()")
        made = self._with(self.query)
        made._gone = True
        return made

    with_gone = with_deleted

    def strict(self, on: bool = True) -> Self:
        """The same question, which raises QueryError rather than read a whole list from Twilio. Asks nothing.

        ``connect(strict=True)`` makes that the rule; ``strict(False)`` is the exception.
        """
        made = self._with(self.query)
        made._strict = on
        return made

    def using(self, connection: Connection) -> Self:
        """The same question, on another connection. Asks nothing."""
        return self._of(self.query, connection, self.mode)

    def prefetch(self, *names: str) -> Self:
        """The same records, with these relations fetched along, a thousand records' at a time. Asks nothing yet.

        ``call.recordings`` of a record is then served without asking. One list is read where one can answer; below a
        parent Twilio is asked for each. Offline it is one query each.

        :param names: relations, and with ``__`` those of the related: ``"recordings__transcriptions"``.
        :raises QueryError: there is no such relation.
        """
        for name in names:
            prefetch.check(self.model, name)
        made = self._with(self.query)
        made._prefetched = tuple(dict.fromkeys((*self._prefetched, *names)))
        return made

    def __repr__(self) -> str:
        words = f" of {len(self.query.where)} conditions" if self.query.where else ""
        return f"<QuerySet[{self.model.__name__}]{words}, {self.mode}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Building):
            return NotImplemented
        mine, theirs = (self.model, self.query, self.mode), (other.model, other.query, other.mode)
        return mine == theirs and self._connection is other._connection

    def __hash__(self) -> int:
        return hash((self.model, self.mode))

    def __len__(self) -> int:
        raise TypeError("len() would ask Twilio behind your back: count() asks in the open")

    def __bool__(self) -> bool:
        raise TypeError("the truth of a query set would ask Twilio behind your back: exists() asks in the open")

    def __reduce__(self) -> Any:
        raise TypeError("a query set is bound to a connection and does not pickle: pickle list(query) instead")
