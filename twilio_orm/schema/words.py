"""The words of a text, as the lookup ``search`` compares them. Pure.

A text is read in Unicode's compatibility decomposition (NFKD), without its combining marks, with its case folded. Its words are
the longest runs of letters and digits in it: "Don't re-send the CAFÉ menu" has the words don, t, re, send, the, cafe, menu.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_WANTED = re.compile(r"[^\W_]+\*?")
_SYMBOLS = re.compile(r"[^\w\x00-\x7f]+")  # the runs that can hold a combining mark, for no mark is a letter or a digit
UNICODE = unicodedata.unidata_version
"""The version of Unicode that says which characters are letters; it comes with Python."""


def folded(text: str) -> str:
    """Return a text as words are looked for in it: without differences of case, accents and presentation."""
    if text.isascii():
        return text.lower()
    return _SYMBOLS.sub(_without_marks, unicodedata.normalize("NFKD", text)).casefold()


def _without_marks(symbols: re.Match[str]) -> str:
    return "".join([one for one in symbols[0] if unicodedata.category(one)[0] != "M"])


def words(text: str) -> list[str]:
    """Return the words of a text, in its order."""
    return _WORD.findall(folded(text))


def wanted_words(text: str) -> str:
    """Return the one spelling of all queries that want the same words; ``""`` if this one names no word.

    :param text: words; one that ends in ``*`` stands for every word that begins so.
    """
    return " ".join(sorted(set(_WANTED.findall(folded(text)))))


@lru_cache(maxsize=256)
def parts(wanted: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the whole words, and the beginnings of words, that a text from :func:`wanted_words` names."""
    found = wanted.split(" ")
    return frozenset(one for one in found if one[-1] != "*"), tuple(one[:-1] for one in found if one[-1] == "*")


def has_words(text: str, wanted: str) -> bool:
    """Tell whether each wanted word is a word of a text.

    :param wanted: a text from :func:`wanted_words`.
    """
    whole, begun = parts(wanted)
    text = folded(text)
    if not all(one in text for one in (*whole, *begun)):
        return False  # quick, and most texts end here
    found = set(_WORD.findall(text))
    return whole <= found and all(any(one.startswith(start) for one in found) for start in begun)
