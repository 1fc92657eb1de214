"""Charts as inline SVG, drawn with the page's style sheet. A table with the same numbers belongs beside each. Pure.

Lengths across are in percent and lengths down in pixels, so that a chart is as wide as its place and its texts keep their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, log10
from typing import NamedTuple

from ..exports.columns import plain_decimal
from .markup import escaped
from .style import SERIES

HEIGHT = 180
"""The height of a plot in pixels, without the labels below it."""
BELOW, ABOVE = 22, 8
"""The space below and above a plot in pixels."""
WIDEST = 6.0
"""The most that one column is wide, in percent of the plot."""
LABELS = 6
"""About how many labels there are below a plot."""

Number = Decimal | int


class Series(NamedTuple):
    """One series of a chart.

    :param name: what its numbers are.
    :param values: its numbers, one for each label of the chart.
    """

    name: str
    values: Sequence[Number]


def columns(
    key: str, title: str, description: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "", every: int = 0
) -> str:
    """Return a chart of stacked columns; numbers below zero are stacked downwards.

    :param key: the beginning of the ids of its elements; no other chart of the page has it.
    :param title: its title.
    :param description: what it shows, for those who do not see it.
    :param labels: the labels of its columns.
    :param series: its series, six at most.
    :param unit: the unit of its numbers.
    :param every: how many columns there are from one printed label to the next; 0 for about six printed labels.
    """
    if len(series) > SERIES:
        raise ValueError(f"a chart has {SERIES} series at most")
    sums = [[one.values[at] for one in series] for at in range(len(labels))]
    high = max([Fraction(0), *(sum((Fraction(one) for one in column if one > 0), Fraction(0)) for column in sums)])
    low = min([Fraction(0), *(sum((Fraction(one) for one in column if one < 0), Fraction(0)) for column in sums)])
    steps = ticks(low, high)
    top, span = max(high, steps[-1]), (max(high, steps[-1]) - min(low, steps[0])) or Fraction(1)

    def down(value: Fraction) -> float:
        return ABOVE + float((top - value) / span) * HEIGHT

    lines, texts = [], []
    for step in steps:
        y = f"{down(step):.1f}"
        lines.append(f'<line class="{"grid" if step else "zero"}" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        texts.append(f'<text x="100%" dx="-6" y="{y}" dy="4" text-anchor="end">{tick_text(step)}</text>')
    band = 100 / max(len(labels), 1)
    width = min(band * 0.8, WIDEST)
    bars = []
    for at, label in enumerate(labels):
        x, ends = band * (at + 0.5) - width / 2, {True: Fraction(0), False: Fraction(0)}
        for number, one in enumerate(series, 1):
            value = Fraction(one.values[at])
            if not value:
                continue
            start = ends[value > 0]
            end = ends[value > 0] = start + value
            upper, lower = down(max(start, end)), down(min(start, end))
            bars.append(
                f'<rect class="column s{number}" x="{x:.2f}%" width="{width:.2f}%" y="{upper:.1f}" height="{lower - upper:.1f}">'
                f"<title>{escaped(f'{label}, {one.name}: {number_text(one.values[at])} {unit}'.rstrip())}</title></rect>"
            )
    every = every or max(1, ceil(len(labels) / LABELS))
    below = [
        f'<text x="{band * (at + 0.5):.2f}%" y="{ABOVE + HEIGHT + 16}" text-anchor="middle">{escaped(label)}</text>'
        for at, label in enumerate(labels)
        if at % every == 0
    ]
    wide = max([len(tick_text(step)) for step in steps]) * 7 + 10
    size = f'height="{ABOVE + HEIGHT + BELOW}"'
    return (
        f'<figure><figcaption id="{key}-caption">{escaped(title)}{f" ({escaped(unit)})" if unit else ""}</figcaption>'
        f'<div class="chart"><svg class="axis" width="{wide}" {size} aria-hidden="true">{"".join(texts)}</svg>'
        f'<svg class="plot" width="100%" {size} role="img" aria-labelledby="{key}-title {key}-desc">'
        f'<title id="{key}-title">{escaped(title)}</title><desc id="{key}-desc">{escaped(description)}</desc>'
        f"{''.join(lines)}{''.join(bars)}{''.join(below)}</svg></div>{legend(series) if len(series) > 1 else ''}</figure>"
    )


def legend(series: Sequence[Series]) -> str:
    """Return the list of the series of a chart with their colors."""
    square = '<svg viewBox="0 0 10 10" aria-hidden="true"><rect class="s{}" width="10" height="10"/></svg>'
    items = "".join(f"<li>{square.format(number)}{escaped(one.name)}</li>" for number, one in enumerate(series, 1))
    return f'<ul class="legend">{items}</ul>'


def bar(value: Number, greatest: Number, text: str, color: int = 1) -> str:
    """Return a bar for the row of a table, as wide as the value's part of the greatest one; none where it is not above zero.

    :param value: the number.
    :param greatest: the number whose bar has the whole width.
    :param text: the title of the bar.
    :param color: the number of its color.
    """
    part = max(0.0, min(1.0, float(Fraction(value) / Fraction(greatest)))) if greatest > 0 else 0.0
    return (
        f'<svg width="100%" height="12" aria-hidden="true"><rect class="s{color}" width="{part * 100:.2f}%" height="12" rx="2">'
        f"<title>{escaped(text)}</title></rect></svg>"
    )


def ticks(low: Fraction, high: Fraction) -> list[Fraction]:
    """Return the numbers of the lines across a plot: 0 and multiples of 1, 2 or 5 times a power of ten, about four.

    :param low: the least value, 0 or below.
    :param high: the greatest value, 0 or above.
    """
    span = high - low
    if not span:
        return [Fraction(0)]
    power = Fraction(10) ** (floor(log10(span)) - 1)
    step = next(power * size for size in (1, 2, 5, 10, 20, 50, 100) if span <= power * size * 4)
    return [step * at for at in range(floor(low / step), ceil(high / step) + 1)]


def tick_text(value: Fraction) -> str:
    """Return the label of a line across a plot: ``2,000``, ``0.25``."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    return f"{float(value):.6f}".rstrip("0").rstrip(".")


def number_text(value: Number) -> str:
    """Return a number with all its digits: ``12,345``, ``0.0750``."""
    return plain_decimal(value) if isinstance(value, Decimal) else f"{value:,}"
