"""The value of a report: columns with units, rows, totals, and what it is based on. It prints itself and exports. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..exports.methods import ExportMethods

if TYPE_CHECKING:
    from ..exports.columns import Result
    from ..exports.files import Target


@lazy_dataclass(frozen=True, eq=False, repr=False)
class ReportColumn(Value):
    """One column of a report.

    ``kind`` says what its values are: ``text``, ``address`` (a phone number), ``int``, ``decimal``, ``amounts`` (of money, by
    their units), ``time`` or ``day``. ``unit`` is the unit of its numbers, ``s`` or ``%``; "" for counts and texts, and for
    amounts, each of which has its own.
    """

    name: str
    kind: str = "text"
    unit: str = ""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Covered(Value):
    """What a report knows of one resource of one account.

    ``since`` is the moment at which its records were complete; None where nothing of them was fetched. ``missing`` are the parts
    that the mirror has not fetched, in English. ``source`` is ``mirror`` or ``Twilio``.
    """

    resource: str
    account_sid: str
    since: datetime | None
    missing: tuple[str, ...] = ()
    source: str = "mirror"

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing and self.since is not None


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Report(ExportMethods, Value):
    """The result of a report. Immutable; it prints as aligned text, and pickles.

    ``rows`` are tuples of values in the order of ``columns``; iterating gives dicts. ``totals`` holds the sums of the columns
    that can be summed, by their names. ``as_of`` is the moment of which the report speaks: the earliest at which a resource that
    it reads was complete; None if something was never fetched. ``coverage`` says for each resource and account what is covered,
    ``caveats`` in English what the numbers do not contain. ``tz`` is the time zone of its days and months, "" for UTC.

    Money is an :class:`Amounts`: exact, each amount with its unit, two units never added up. A cost is a positive amount:
    Twilio's price of a call or message with its sign changed.

    The export methods write one column for each unit of money, such as ``cost_USD``, and neither totals nor caveats; ``text``,
    ``to_json``, ``to_markdown`` and ``to_html`` write all of it.
    """

    name: str
    title: str
    columns: tuple[ReportColumn, ...]
    rows: tuple[tuple[Any, ...], ...] = ()
    totals: Mapping[str, Any] = field(default_factory=dict)
    as_of: datetime | None = None
    coverage: tuple[Covered, ...] = ()
    caveats: tuple[str, ...] = ()
    tz: str = ""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        names = [one.name for one in self.columns]
        return iter([dict(zip(names, row, strict=True)) for row in self.rows])

    def __len__(self) -> int:
        return len(self.rows)

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Report {self.name}: {len(self.rows)} row{'s' * (len(self.rows) != 1)}>"  # values may be private

    @property
    def complete(self) -> bool:
        """Whether the report covers all that it is about, so that ``partial=True`` would add nothing."""
        return all(one.complete for one in self.coverage)

    def text(self) -> str:
        """The report as aligned text: title, rows, totals, coverage and caveats. Pure."""
        from . import formats

        return formats.text(self)

    def export_result(self, columns: Iterable[str] | None = None, tz: Any = None) -> Result:  # noqa: ARG002
        """The columns of an export and its rows. Pure.

        :param columns: names of columns; None for all.
        :param tz: unused.
        """
        from ..exports.columns import Result, ResultColumn, from_rows

        known = [ResultColumn(one.name, one.kind) for one in self.columns]
        return Result(known, lambda: from_rows(known, self.rows), True).select(columns)

    def to_json(self, target: Target | None = None) -> str:
        """The whole report as JSON: decimals as texts with all their digits, times in ISO 8601, amounts by their units.

        :param target: a path, an open file, or ``"-"`` for standard output, to which it is written too. Writes the disk.
        """
        from . import formats

        return formats.written(formats.json(self), target)

    def to_markdown(self, target: Target | None = None) -> str:
        """The whole report as Markdown: a title, a table, and a list of caveats.

        :param target: as in ``to_json``.
        """
        from . import formats

        return formats.written(formats.markdown(self), target)

    def to_html(self, target: Target | None = None) -> str:
        """The whole report as one HTML page, without scripts and without anything that a browser would load.

        :param target: as in ``to_json``.
        """
        from . import formats

        return formats.written(formats.html(self), target)
