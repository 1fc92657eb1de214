"""A report as text, JSON, Markdown and HTML. Control characters of the data are escaped in all of them. Pure but for files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ..errors import visible
from ..exports.columns import plain_decimal
from ..exports.files import Target, opened
from ..query.amounts import Amounts
from ..schema.exact_json import dumps_strict
from .periods import time_text

Report = Any
"""A :class:`~.report.Report`: its module imports this one."""

GAP = "   "
"""What stands between two columns of a text."""
NUMERIC = ("int", "decimal", "amounts")
"""The kinds of columns that are aligned to the right."""
STYLE = (
    "body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}th,td{padding:.2em .8em;border-bottom:1px solid #ccc;"
    "text-align:left;white-space:nowrap}.n{text-align:right;font-variant-numeric:tabular-nums}tfoot td{font-weight:bold}"
)


class Grid(NamedTuple):
    """The cells of a report as texts: of its header, its rows and its totals; and for each column whether it is numeric."""

    header: list[str]
    rows: list[list[str]]
    totals: list[str]
    numeric: list[bool]


def written(text: str, target: Target | None) -> str:
    """Return a text, which is written to a target, too, if there is one. Writes the disk."""
    if target is not None:
        with opened(target) as file:
            file.write(text.encode("utf-8", "backslashreplace") + b"\n")
    return text


def grid(report: Report) -> Grid:
    """Return the cells of a report. Amounts have a column for each unit, numbers of a column equally many decimals."""
    header, columns, numeric = list[str](), list[list[str]](), list[bool]()
    sums = [report.totals.get(one.name) for one in report.columns]
    for at, column in enumerate(report.columns):
        values = [*(row[at] for row in report.rows), sums[at]]
        for label, some in _parts(column.name, column.unit, column.kind, values):
            header.append(visible(label.replace("_", " ")))
            columns.append(_cells(some, report.tz))
            numeric.append(column.kind in NUMERIC)
    lines = [list(line) for line in zip(*columns, strict=True)]
    totals = lines[-1] if report.totals else []
    if totals and not totals[0]:
        totals[0] = "total"
    return Grid(header, lines[:-1], totals, numeric)


def _parts(name: str, unit: str, kind: str, values: list[Any]) -> list[tuple[str, list[Any]]]:
    """The columns of cells that stand for a column: of amounts one for each unit."""
    if kind != "amounts":
        return [(f"{name} ({unit})" if unit else name, values)]
    units = sorted({unit for one in values if one is not None for unit in one}) or [""]
    return [(f"{name} {one}".rstrip(), [None if amounts is None else amounts.get(one) for amounts in values]) for one in units]


def _cells(values: list[Any], zone: str) -> list[str]:
    decimals = [one for one in values if isinstance(one, Decimal)]
    places = max([0, *(-int(one.as_tuple().exponent) for one in decimals)])
    return [_cell(one, zone, places) for one in values]


def _cell(value: Any, zone: str, places: int) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = plain_decimal(value)
        missing = places - len(text.partition(".")[2])
        return text + "." * (places > 0 and "." not in text) + "0" * missing
    if isinstance(value, datetime):
        return time_text(value, zone)
    return visible(value.isoformat() if isinstance(value, date) else str(value))


def notes(report: Report) -> list[tuple[str, str]]:
    """Return what is said below the table, as labels and sentences: the moment, the coverage, the caveats."""
    found = [("as of", time_text(report.as_of, report.tz) if report.as_of else "never: the mirror has not fetched all of it")]
    by_resource: dict[tuple[str, str], list[Any]] = {}
    for one in report.coverage:
        by_resource.setdefault((one.resource, one.source), []).append(one)
    for (resource, source), several in by_resource.items():
        whole = sum(one.complete for one in several)
        accounts = several[0].account_sid if len(several) == 1 else f"{len(several)} accounts"
        part = "complete" if whole == len(several) else "not complete" if len(several) == 1 else f"complete of {whole}"
        found.append(("coverage", f"{resource} of {accounts}, {part}, from {'Twilio' if source == 'Twilio' else 'the mirror'}"))
    return found + [("caveat", visible(one)) for one in report.caveats]


# ---------------------------------------------------------------- text


class Measure(NamedTuple):
    """A column of a report that bars can show: where it is in the grid, its value in each row, and the one that fills a bar."""

    at: int
    values: list[Any]
    greatest: Any


def measure(report: Report) -> Measure | None:
    """Return what bars show of a report: its column of shares, else its only column of money if all of it has one unit.

    Shares that add up to 100 % are shown as parts of that; other numbers as parts of the greatest of them.
    """
    kinds = [one.kind for one in report.columns]
    at = next((at for at, one in enumerate(report.columns) if one.unit == "%"), None)
    if at is None and kinds.count("amounts") == 1:
        at = kinds.index("amounts")
    if at is None or not report.rows:
        return None
    name, unit, kind = report.columns[at].name, report.columns[at].unit, kinds[at]
    parts = [len(_parts("", "", kinds[one], [row[one] for row in report.rows])) for one in range(at)]
    [(_, values), *others] = _parts(name, unit, kind, [row[at] for row in report.rows])
    numbers = [one or 0 for one in values]
    total = report.totals.get(name) if unit == "%" else None
    greatest = total if total == 100 else max(numbers)
    return Measure(sum(parts), numbers, greatest) if greatest > 0 and not others else None


def text(report: Report, bars: Sequence[str] = (), at: int = 0, width: int | None = None) -> str:
    """Return a report as aligned text.

    :param bars: a bar for each row, of equal length.
    :param at: the column of the grid to the right of which they are shown.
    :param width: the most characters of a line of the table with bars; they are not shown if it would be longer.
    """
    cells = grid(report)
    lines = [cells.header, *cells.rows, *([cells.totals] if cells.totals else [])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if bars and (width is None or _width(widths) + len(GAP) + len(bars[0]) <= width):
        for one, shown in zip(lines, ("", *bars, *([""] if cells.totals else [])), strict=True):
            one.insert(at + 1, shown)
        widths.insert(at + 1, len(bars[0]))
        cells.numeric.insert(at + 1, False)
    rule = "-" * _width(widths)
    table = [_line(one, widths, cells.numeric) for one in lines]
    body = [table[0], rule, *table[1 : 1 + len(cells.rows)], *([] if cells.rows else ["(no rows)"])]
    body += [rule, table[-1]] if cells.totals else []
    below = [f"{label:<9} {sentence}" for label, sentence in notes(report)]
    return "\n".join([visible(report.title), "", *body, "", *below])


def _width(widths: list[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _line(cells: Sequence[str], widths: list[int], numeric: list[bool]) -> str:
    parts = [cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(cells, widths, numeric, strict=True)]
    return GAP.join(parts).rstrip()


# ---------------------------------------------------------------- JSON


def json(report: Report) -> str:
    """Return a report as JSON."""
    names = [one.name for one in report.columns]
    document = {
        "report": report.name,
        "title": report.title,
        "tz": report.tz or "UTC",
        "as_of": report.as_of,
        "complete": report.complete,
        "columns": [{"name": one.name, "kind": one.kind, "unit": one.unit} for one in report.columns],
        "rows": [dict(zip(names, map(_plain, row), strict=True)) for row in report.rows],
        "totals": {name: _plain(value) for name, value in report.totals.items()},
        "coverage": [
            {
                "resource": one.resource,
                "account_sid": one.account_sid,
                "since": one.since,
                "missing": list(one.missing),
                "source": one.source,
            }
            for one in report.coverage
        ],
        "caveats": list(report.caveats),
    }
    return dumps_strict(document, indent=2, default=_iso).replace("\x7f", "\\u007f")


def _plain(value: Any) -> Any:
    if isinstance(value, Amounts):
        return {unit: plain_decimal(amount) for unit, amount in value.items()}
    return plain_decimal(value) if isinstance(value, Decimal) else value


def _iso(value: Any) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


# ---------------------------------------------------------------- Markdown and HTML


def markdown(report: Report) -> str:
    """Return a report as Markdown."""
    cells = grid(report)
    rules = ["---:" if right else "---" for right in cells.numeric]
    totals = [[f"**{_escaped(one)}**" if one else "" for one in cells.totals]] if cells.totals else []
    rows = [list(map(_escaped, row)) for row in (cells.header, *cells.rows)]
    table = [f"| {' | '.join(row)} |" for row in (rows[0], rules, *rows[1:], *totals)]
    below = [f"* {label}: {_escaped(sentence)}" for label, sentence in notes(report)]
    return "\n".join([f"## {_escaped(visible(report.title))}", "", *table, "", *below])


def _escaped(text: str) -> str:
    for one in "\\`*_[]<>|":
        text = text.replace(one, f"\\{one}")
    return text


def html(report: Report) -> str:
    """Return a report as one HTML page."""
    from html import escape

    cells = grid(report)

    def row(texts: Sequence[str], mark: str) -> str:
        classes = [' class="n"' if right else "" for right in cells.numeric]
        return f"<tr>{''.join(f'<{mark}{kind}>{escape(one)}</{mark}>' for one, kind in zip(texts, classes, strict=True))}</tr>"

    title = escape(visible(report.title))
    below = "".join(f"<li>{escape(label)}: {escape(sentence)}</li>" for label, sentence in notes(report))
    body = "\n".join(row(one, "td") for one in cells.rows)
    foot = f"<tfoot>{row(cells.totals, 'td')}</tfoot>\n" if cells.totals else ""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n<table>\n"
        f"<thead>{row(cells.header, 'th')}</thead>\n<tbody>\n{body}\n</tbody>\n{foot}</table>\n<ul>{below}</ul>\n</body>\n</html>"
    )
