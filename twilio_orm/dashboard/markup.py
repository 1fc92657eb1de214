"""HTML of the page's parts: escaped texts, tables with headers, notes and notices. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from ..errors import visible


def escaped(text: str) -> str:
    """Return a text for HTML, in content and in quoted attributes; control characters are spelled out.

    :param text: any text.
    """
    return escape(visible(text).encode("utf-8", "backslashreplace").decode())


def wrapping(text: str) -> str:
    """Return a text for the content of an element, in which a long address may be wrapped after its scheme.

    :param text: any text.
    """
    return escaped(text).replace("://", ":<wbr>//")


class Table(NamedTuple):
    """The cells of a table as texts.

    :param caption: its caption.
    :param header: the texts of its header.
    :param rows: its rows; the first cell of each is its header.
    :param numeric: for each column whether it is aligned to the right.
    :param totals: the cells of its last row; none for no such row.
    :param bars: the SVG of a bar for each row; none for no bars.
    :param long: the numbers of columns that hold sentences.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    totals: Sequence[str] = ()
    bars: Sequence[str] = ()
    long: Sequence[int] = ()


def table(found: Table) -> str:
    """Return a table. It scrolls sideways where it is too wide."""
    kinds = [
        ' class="n"' if right else ' class="long"' if at in found.long else ' class="nowrap"'
        for at, right in enumerate(found.numeric)
    ]
    head = "".join(f'<th scope="col"{kind}>{escaped(text)}</th>' for text, kind in zip(found.header, kinds, strict=True))
    if found.bars:
        head += '<th scope="col" class="bar"><span class="hidden">bar</span></th>'
    body = [] if found.rows else [f'<tr><td colspan="{len(found.header) + bool(found.bars)}">none</td></tr>']
    for at, row in enumerate(found.rows):
        more = f'<td class="bar">{found.bars[at]}</td>' if found.bars else ""
        body.append(f"<tr>{_row(row, kinds)}{more}</tr>")
    foot = f"<tfoot><tr>{_row(found.totals, kinds)}{'<td></td>' if found.bars else ''}</tr></tfoot>" if found.totals else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escaped(found.caption)}"><table>'
        f"<caption>{escaped(found.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>{foot}"
        "</table></div>"
    )


def _row(cells: Sequence[str], kinds: Sequence[str]) -> str:
    first, *others = zip(cells, kinds, strict=True)
    return f'<th scope="row"{first[1]}>{wrapping(first[0]) or "–"}</th>' + "".join(
        f"<td{kind}>{wrapping(text)}</td>" for text, kind in others
    )


def folded(summary: str, content: str) -> str:
    """Return content that is shown when its summary is clicked.

    :param summary: the text that is always shown.
    :param content: HTML.
    """
    return f"<details><summary>{escaped(summary)}</summary>{content}</details>"


def paragraph(text: str, kind: str = "muted") -> str:
    """Return a paragraph.

    :param text: its text.
    :param kind: its class.
    """
    return f'<p class="{kind}">{wrapping(text)}</p>'


def notes(texts: Sequence[str]) -> str:
    """Return a list of notes, nothing for none."""
    return f'<ul class="notes">{"".join(f"<li>{wrapping(one)}</li>" for one in texts)}</ul>' if texts else ""


def notice(text: str, calls: Sequence[str] = (), details: str = "") -> str:
    """Return what has to be seen.

    :param text: a sentence.
    :param calls: calls of Python that would help.
    :param details: more, which is shown when it is clicked.
    """
    code = f"<pre>{chr(10).join(map(escaped, calls))}</pre>" if calls else ""
    more = folded("What is missing", paragraph(details, "said")) if details else ""
    return f'<div class="notice">{paragraph(text, "said")}{code}{more}</div>'
