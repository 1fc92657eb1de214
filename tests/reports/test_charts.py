"""Charts in SVG, and the colors of the page."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from cases import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page

from twilio_orm.dashboard import charts, style
from twilio_orm.dashboard.charts import ABOVE, HEIGHT, Series, bar, columns, ticks

NUMBERS = st.decimals(-1000, 1000, places=4) | st.integers(-(10**9), 10**9) | st.just(Decimal(0))
RECT = re.compile(r'<rect class="column s(\d)" x="([0-9.]+)%" width="([0-9.]+)%" y="([0-9.]+)" height="([0-9.]+)">')


def chart(*values: list[Decimal | int]) -> str:
    """A chart of these series."""
    series = [Series(f"series {at}", one) for at, one in enumerate(values)]
    return columns("key", "Title", "Description", [str(at) for at in range(len(values[0]))], series, unit="USD")


@settings(max_examples=cases(60, thorough=2000), deadline=None)
@given(st.integers(1, 3).flatmap(lambda n: st.lists(st.lists(NUMBERS, min_size=n, max_size=n), min_size=1, max_size=6)))
def test_heights_are_proportional_and_within_the_plot(values: list[list[Decimal | int]]) -> None:
    text = chart(*values)
    rects = [tuple(map(float, one)) for one in RECT.findall(text)]
    wanted = [abs(Fraction(one[at])) for at in range(len(values[0])) for one in values if one[at]]
    assert len(rects) == len(wanted) == len(Page(text).titles.get("key", []))
    for _, x, width, y, height in rects:
        assert x >= 0 and x + width <= 100 and y >= ABOVE - 0.1 and y + height <= ABOVE + HEIGHT + 0.15
    for x in {x for _, x, *_ in rects}:  # the parts of a column touch, and do not overlap
        own = [(y, height) for _, left, _, y, height in rects if left == x]
        extent = max(y + height for y, height in own) - min(y for y, _ in own)
        assert extent == pytest.approx(sum(height for _, height in own), abs=0.1 * len(own) + 0.1)
    tall = sum(height for *_, height in rects)
    for (*_, height), value in zip(rects, wanted, strict=True):
        assert height == pytest.approx(float(value / sum(wanted)) * tall, abs=0.05 * len(rects) + 0.1)


@settings(max_examples=cases(80, thorough=2000), deadline=None)
@given(NUMBERS, NUMBERS)
def test_the_lines_of_a_plot_are_few_and_enclose_its_values(one: Decimal | int, other: Decimal | int) -> None:
    low, high = min(Fraction(0), *map(Fraction, (one, other))), max(Fraction(0), *map(Fraction, (one, other)))
    found = ticks(low, high)
    assert 0 in found and found[0] <= low and high <= found[-1] and len(found) <= 6
    assert len({after - before for before, after in zip(found, found[1:], strict=False)}) <= 1
    assert low == high or len(found) >= 2


def test_zero_one_and_negative_values() -> None:
    assert RECT.findall(chart([0, 0])) == [] and "<title" in chart([0])
    (only,) = RECT.findall(chart([5]))
    assert float(only[2]) == charts.WIDEST and float(only[1]) == 50 - charts.WIDEST / 2
    up, down = (tuple(map(float, one)) for one in RECT.findall(chart([10, -10])))
    assert up[3] + up[4] == down[3]  # both begin at the line of zero
    assert columns("key", "T", "D", [], [Series("a", [])])
    with pytest.raises(ValueError, match="6 series"):
        chart(*[[1]] * 7)


def test_a_bar_of_a_row_is_as_wide_as_its_part() -> None:
    width = re.compile(r'<rect class="s1" width="([0-9.]+)%"')
    cases = [
        ((1, 4), "25.00"),
        ((Decimal("0.5"), 1), "50.00"),
        ((-3, 4), "0.00"),
        ((0, 0), "0.00"),
        ((3, -1), "0.00"),
        ((4, 4), "100.00"),
    ]
    for (value, greatest), wanted in cases:
        found = width.search(bar(value, greatest, "<text>"))
        assert found and found[1] == wanted, (value, greatest)
    assert "&lt;text&gt;" in bar(1, 1, "<text>")


def luminance(color: str) -> float:
    """The relative luminance of a color, as WCAG defines it."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast of two colors, as WCAG defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colors", [style.LIGHT, style.DARK], ids=["light", "dark"])
def test_contrast_is_that_of_wcag_aa(colors: dict[str, str]) -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21 and style.LIGHT.keys() == style.DARK.keys()
    for text, ground in style.TEXT_PAIRS:
        assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
    for shape, ground in style.SHAPE_PAIRS:
        assert contrast(colors[shape], colors[ground]) >= 3, (shape, ground)


def test_the_style_sheet_loads_nothing_and_uses_only_colors_that_it_defines() -> None:
    text = style.style_sheet()
    assert not re.search(r"url\(|@import|https?:|expression", text)
    assert {*re.findall(r"var\(--([a-z0-9-]+)\)", text)} <= style.LIGHT.keys()
    assert text.count("{") == text.count("}") and "prefers-color-scheme:dark" in text and "@media print" in text
