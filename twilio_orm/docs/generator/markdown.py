"""Markdown out of docstrings and signatures: tables, lists, links. Pure; it knows nothing of the library."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

WIDEST = 40
"""The widest last column of a table that is padded with spaces."""
_FIELDS = re.compile(r"(?:^|(?<=\s)):(param|returns?|raises|yields)\b ?([\w*, .|]*):\s", re.M)


def link(name: str) -> str:
    """A link to the page of a resource."""
    return f"[{name}]({name}.md)"


def listed(names: Iterable[object]) -> str:
    """Names as code, separated by commas."""
    return ", ".join(f"`{name}`" for name in names)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A table whose columns line up, but for a wide last one; a column that is empty throughout is not shown."""
    cells = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    if not cells:
        return []
    kept = [at for at in range(len(head)) if any(row[at] for row in cells)]
    lines = [[row[at] for at in kept] for row in (head, *cells)]
    wide = [max(len(line[at]) for line in lines) for at in range(len(kept))]
    if wide[-1] > WIDEST:
        wide[-1] = len(lines[0][-1])
    rule = ["-" * width for width in wide]
    cut = [[cell.ljust(width) for cell, width in zip(line, wide, strict=True)] for line in lines]
    return [f"| {' | '.join(line)} |" for line in (cut[0], rule, *cut[1:])]


# ---------------------------------------------------------------- docstrings


def plain(text: str) -> str:
    """Text of a docstring as Markdown: double backticks and Sphinx's roles become single backticks."""
    text = re.sub(r":\w+:`~?\.*([^`]+)`", lambda found: f"`{found[1].rpartition('.')[2] if '~' in found[0] else found[1]}`", text)
    return text.replace("``", "`")


def whole(doc: str | None) -> str:
    """A docstring without its fields (``:param …:``), as Markdown; an indented example becomes a fenced one."""
    text = inspect.cleandoc(doc or "")
    found = _FIELDS.search(text)
    lines: list[str] = []
    for part in re.split(r"(::\n\n(?:    .*\n?|\n)+)", text[: found.start()] if found else text):
        if part.startswith("::\n"):
            code = [line[4:] for line in part[2:].strip("\n").split("\n")]
            kind = "text" if any("─" in line for line in code) else "python"
            lines.append(f":\n\n```{kind}\n" + "\n".join(code).strip("\n") + "\n```\n\n")
        else:
            lines.append(plain(part.lstrip("\n") if lines else part))
    return re.sub(r"^:\n\n|\n:\n\n", "\n", "".join(lines)).strip()


def fields(doc: str | None) -> list[str]:
    """The fields of a docstring as the items of a list: parameters, result, errors."""
    text = inspect.cleandoc(doc or "")
    marks = list(_FIELDS.finditer(text))
    items = []
    for at, mark in enumerate(marks):
        end = marks[at + 1].start() if at + 1 < len(marks) else len(text)
        said = plain(" ".join(text[mark.end() : end].split()))
        kinds = {"param": f"`{mark[2].strip()}`", "raises": f"Raises {listed(re.split(r', *', mark[2].strip()))}"}
        items.append(f"* {kinds.get(mark[1], mark[1].capitalize())}: {said}")
    return items


def first(doc: str | None) -> str:
    """The first line of a docstring, as Markdown."""
    return whole(doc).partition("\n")[0]


# ---------------------------------------------------------------- signatures


def annotation(value: Any) -> str:
    """A type as a reader knows it, without the modules that it is in."""
    text = value if isinstance(value, str) else getattr(value, "__name__", str(value))
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", text)


def signature(function: Any) -> str:
    """The parameters and the result of a method, in brackets, without ``self``."""
    known = inspect.signature(function)
    parts, bare = [], False
    for at, one in enumerate(known.parameters.values()):
        if at == 0 and one.name in ("self", "cls"):
            continue
        if one.kind is one.KEYWORD_ONLY and not bare:
            parts.append("*")
        bare = bare or one.kind in (one.KEYWORD_ONLY, one.VAR_POSITIONAL)
        mark = "*" * (one.kind == one.VAR_POSITIONAL) or "**" * (one.kind == one.VAR_KEYWORD)
        noted = one.annotation is not one.empty
        text = f"{mark}{one.name}" + (f": {annotation(one.annotation)}" if noted else "")
        if one.default is not one.empty:
            default = re.sub(r"\bdatetime\.(?=timedelta)", "", repr(one.default))
            text += f" = {default}" if noted else f"={default}"
        parts.append(text)
    result = known.return_annotation
    return f"({', '.join(parts)})" + ("" if result in (known.empty, "None", "Any") else f" -> {annotation(result)}")


def paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Lines without two blank ones in a row."""
    last = ""
    for line in lines:
        if line or last:
            yield line
        last = line
