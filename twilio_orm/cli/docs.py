"""``twilio-orm docs``: list the pages of the documentation, or print one. It reads the installed package; it needs no account."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, files
from importlib.resources import files as packaged
from pathlib import Path
from typing import TYPE_CHECKING

import click

from twilio_orm.errors import QueryError, suggest

from .output import table, write_line

if TYPE_CHECKING:
    from importlib.abc import Traversable

PACKAGE = __package__.partition(".")[0]
BESIDE = ("README", "CHANGELOG")
"""Pages that are no part of the package: in a checkout they lie beside it, an installation has them in ``share/doc``."""


@click.command("docs", short_help="The documentation: all pages, or one.")
@click.argument("page", required=False)
def docs(page: str | None) -> int:
    """List the pages of the documentation, or print PAGE: querying, Call, README, guide/errors.

    On a terminal a page opens in the pager that PAGER names.
    """
    there = pages()
    if page is None:
        table(("page", "about"), ({"page": name, "about": _title(one)} for name, one in there.items()))
        return 0
    text = find(page, there).read_text(encoding="utf-8")
    if sys.stdout.isatty():
        click.echo_via_pager(text)
    else:
        write_line(text.rstrip("\n"), sys.stdout, keep="\n")
    return 0


def pages() -> dict[str, Traversable]:
    """Every page by its whole name, such as ``guide/querying``. Reads directories only."""
    root = packaged(PACKAGE).joinpath("docs")
    found = {name: path for name in BESIDE if (path := _beside(name)) is not None}
    for folder in ("guide", "", "reference"):
        there = root.joinpath(folder) if folder else root
        if there.is_dir():
            named = sorted((one.name, one) for one in there.iterdir() if one.name.endswith(".md"))
            found.update({f"{folder}/{name}".removeprefix("/").removesuffix(".md"): one for name, one in named})
    return found


def find(word: str, there: dict[str, Traversable]) -> Traversable:
    """The page that a word names: its whole name, its last part, or a folder, for that folder's overview.

    What is spelled exactly so goes before what is only in another case, and the guide before the reference.

    :raises QueryError: there is none.
    """
    word = word.removesuffix(".md").strip("/")
    for fold in (str, _folded):
        for names in (lambda name: (name,), lambda name: (name.rpartition("/")[2], name.removesuffix("/README"))):
            for name, page in there.items():
                if fold(word) in map(fold, names(name)):
                    return page
    known = {name.rpartition("/")[2] for name in there}
    near = next((name for name in known if _folded(name) == _folded(word).removesuffix("s")), None)
    hint = f"; did you mean {near!r}?" if near else suggest(word, known)
    raise QueryError(f"there is no page {word!r}{hint} `twilio-orm docs` lists all of them")


def _folded(word: str) -> str:
    return re.sub(r"[-_. ]", "", word.lower())


def _title(page: Traversable) -> str:
    """The title of a page; where that is its name, the line below it."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.strip()]
    title, about = [*(line.lstrip("# ") for line in lines), "", ""][:2]
    return about if title == page.name.removesuffix(".md") else title


def _beside(name: str) -> Traversable | None:
    """README or CHANGELOG, of a checkout or of an installation."""
    checkout = Path(str(packaged(PACKAGE))).parent
    if (checkout / "setup.cfg").is_file() and (checkout / f"{name}.md").is_file():
        return checkout / f"{name}.md"
    try:
        shared = [one for one in files(PACKAGE) or () if str(one).endswith(f"share/doc/{PACKAGE}/{name}.md")]
    except PackageNotFoundError:
        return None
    return next((Path(str(one.locate())) for one in shared if Path(str(one.locate())).is_file()), None)
