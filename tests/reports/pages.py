"""Reads a page of HTML for tests: its tags, its tables by their captions, and its charts by their ids."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "wbr", "br", "link", "img"}


class Page(HTMLParser):
    """A parsed page.

    :param html: its text.
    :raises AssertionError: a tag is not closed, or closed twice.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.titles: dict[str, list[str]] = {}
        """The titles of the bars of each chart, by the beginning of its id."""
        self.text = ""
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        self._caption = ""
        self._chart = ""
        self.feed(html)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        elif tag == "svg" and "plot" in str(found.get("class")):
            self._chart = str(found["aria-labelledby"]).partition("-title")[0]
        elif tag == "title" and self._chart and "id" not in found:
            self.titles.setdefault(self._chart, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag without content."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        assert self._open and self._open.pop() == tag, tag
        if tag == "table":
            self.tables[self._caption] = self._rows
        elif tag == "svg":
            self._chart = ""

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if "style" in self._open:
            return
        self.text += data
        if "caption" in self._open:
            self._caption += data
        elif "table" in self._open and self._open[-1] in ("td", "th"):
            self._rows[-1][-1] += data
        elif self._open[-1:] == ["title"] and self._chart and self.titles.get(self._chart) and "rect" in self._open:
            self.titles[self._chart][-1] += data

    def body(self, caption: str) -> list[list[str]]:
        """The rows of a table without its header; the cells of bars are empty."""
        return self.tables[caption][1:]
