"""HTML of the page's parts: escaped texts, tables with headers, notes and notices. Pure."""

from __future__ import annotations

import re
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


def sentence(text: str) -> str:
    """Return a text for the content of an element, in which what stands between backticks is code.

    :param text: a text of ours, which may contain data.
    """
    return CODE.sub(r"<code>\1</code>", wrapping(text))


CODE = re.compile("`([^`]*)`")


class Table(NamedTuple):
    """The cells of a table as texts.

    :param caption: its caption.
    :param header: the texts of its header.
    :param rows: its rows; the first cell of each is its header.
    :param numeric: for each column whether it is aligned to the right.
    :param totals: the cells of its last row; none for no such row.
    :param bars: the SVG of a bar for each row; none for no bars.
    :param bar_at: how many columns stand before the bars.
    :param long: the numbers of columns that hold sentences.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    totals: Sequence[str] = ()
    bars: Sequence[str] = ()
    long: Sequence[int] = ()
    bar_at: int = 1


def table(found: Table) -> str:
    """Return a table. It scrolls sideways where it is too wide."""
    kinds = [
        ' class="n"' if right else ' class="long"' if at in found.long else ' class="nowrap"'
        for at, right in enumerate(found.numeric)
    ]
    head = [f'<th scope="col"{kind}>{escaped(text)}</th>' for text, kind in zip(found.header, kinds, strict=True)]
    body = [_row(row, kinds) for row in found.rows]
    foot = [_row(found.totals, kinds)] if found.totals else []
    if found.bars:
        head.insert(found.bar_at, '<th scope="col" class="bar"><span class="hidden">bar</span></th>')
        for row, one in zip(body, found.bars, strict=True):
            row.insert(found.bar_at, f'<td class="bar">{one}</td>')
        for row in foot:
            row.insert(found.bar_at, "<td></td>")
    lines = [f"<tr>{''.join(row)}</tr>" for row in body] or [f'<tr><td colspan="{len(head)}">none</td></tr>']
    below = "".join(f"<tfoot><tr>{''.join(row)}</tr></tfoot>" for row in foot)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escaped(found.caption)}"><table>'
        f"<caption>{escaped(found.caption)}</caption><thead><tr>{''.join(head)}</tr></thead><tbody>{''.join(lines)}</tbody>{below}"
        "</table></div>"
    )


def _row(cells: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """The cells of a row in HTML: the first one is its header."""
    first, *others = zip(cells, kinds, strict=True)
    head = f'<th scope="row"{first[1]}>{wrapping(first[0]) or "–"}</th>'
    return [head, *(f"<td{kind}>{wrapping(text)}</td>" for text, kind in others)]


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
    return f'<p class="{kind}">{sentence(text)}</p>'


def notes(texts: Sequence[str]) -> str:
    """Return a list of notes, nothing for none."""
    return f'<ul class="notes">{"".join(f"<li>{sentence(one)}</li>" for one in texts)}</ul>' if texts else ""


def notice(text: str, calls: Sequence[str] = (), details: str = "") -> str:
    """Return what has to be seen.

    :param text: a sentence.
    :param calls: calls of Python that would help.
    :param details: more, which is shown when it is clicked.
    """
    code = f"<pre>{chr(10).join(map(escaped, calls))}</pre>" if calls else ""
    more = folded("What is missing", paragraph(details, "said")) if details else ""
    return f'<div class="notice">{paragraph(text, "said")}{code}{more}</div>'
