"""A list's body, cut into the texts of its records before anything of it is parsed, and digests that tell whether they are known.

The records of a page begin with the same key, so that where the next one begins is found by looking for it: a quote inside a
JSON string is escaped, hence what looks like the beginning of an object is one. What follows from a record's key, its addresses,
is cut out of its text. Nothing here is certain but what was parsed: texts are taken for records once each was a record.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any

from ..schema.exact_json import parse_envelope
from ..schema.sids import SID_PATTERN

BITS = 48
"""Bits of a record's digest: SQLite keeps such a number in six bytes."""


class Cut:
    """The records of one list's body, as texts.

    :param body: the whole. :param start: where its list's first record begins, ``end`` where the last one ends.
    :param envelope: the rest of the body, its list null.

    ``lead`` is what each record begins with, its brace and first key.
    """

    def __init__(self, body: bytes, start: int, end: int, envelope: dict[str, Any]) -> None:
        self.envelope = envelope
        self._body, self._start, self._end = body, start, end
        opening = _FIRST_KEY.match(body, start, end)
        self.lead = opening[0] if opening else b""
        between = re.compile(rb"\}\s*,\s*" + re.escape(self.lead)).search(body, start, end) if opening else None
        self.between = between[0] if between else b"}," + self.lead

    @property
    def array(self) -> memoryview:
        """The text between the list's brackets."""
        return memoryview(self._body)[self._start : self._end]

    @cached_property
    def texts(self) -> list[bytes]:
        """What follows the lead of each record, without the closing brace."""
        return self._body[self._start + len(self.lead) : self._end - 1].split(self.between)

    def whole(self, at: int) -> bytes:
        """The record at a place, as it came."""
        return self.lead + self.texts[at] + b"}"

    def list_of(self, texts: Sequence[bytes]) -> bytes:
        """Texts as a JSON list of records."""
        return b"".join((b"[", self.lead, self.between.join(texts), b"}]"))


def cut(body: bytes, key: str) -> Cut | None:
    """A list's body, or None where it is not laid out as expected.

    :raises ValueError, RecursionError, ArithmeticError: it is not complete, see ``JSON_ERRORS``.

    :param key: the name of the list.
    """
    opening, end = _opening(key).search(body), body.rfind(b"]")
    if opening is None or end < opening.end():
        return None
    envelope = parse_envelope(b"".join((body[: opening.end(1)], b"null", body[end + 1 :])))
    last = body.rfind(b"}", opening.end(), end) + 1
    if type(envelope) is not dict or envelope.get(key, ...) is not None or body[last:end].strip() or last <= opening.end():
        return None
    return Cut(body, opening.end(), last, envelope) if body.startswith(b"{", opening.end()) else None


class Fingerprints:
    """The texts of a page's records without what follows from their keys, and a digest of each.

    :param cut: the page. :param salt: what else decides how a text is read.
    :param key: how a key begins in a text, ``: "`` after the ``lead`` or ``"sid": "`` wherever it is; ``width`` its length.
    :param addresses: for each text that follows from the key, how it begins, and its pieces between which the key stands.

    ``keys`` are theirs, ``short`` the texts, ``plain`` whether all addresses were cut out; ``digests`` are numbers of ``BITS``.
    ``follows`` is whether there was anything to be cut out.
    """

    def __init__(self, cut: Cut, salt: bytes, key: bytes, width: int, addresses: Sequence[tuple[bytes, list[bytes]]]) -> None:
        said = [cut.lead, *(piece for _, pieces in addresses for piece in pieces)]
        self.cut, self.follows = cut, bool(addresses)
        texts, skip = cut.texts, len(key)
        starts = [skip] * len(texts) if texts[0].startswith(key) else [text.find(key) + skip for text in texts]
        self.keys = [text[at : at + width] for text, at in zip(texts, starts, strict=True)]
        short: list[bytes | None] = list(texts)
        for begins, pieces in addresses:
            short = [_without(text, name.join(pieces), begins) for text, name in zip(short, self.keys, strict=True)]
        self.plain = [text is not None for text in short]
        self.short = [text if one is None else one for text, one in zip(texts, short, strict=True)]
        known, odd = (sha256(mark.join([salt, *said])).digest() for mark in (b"\0", b"\1"))
        fingerprints = [
            sha256((known if plain else odd) + text).digest() for plain, text in zip(self.plain, self.short, strict=True)
        ]
        self.fingerprints = [int.from_bytes(one[: BITS // 8], "big", signed=True) for one in fingerprints]


def _without(text: bytes | None, told: bytes, begins: bytes) -> bytes | None:
    """A text without a part of it, which is mostly its end; None where it is not a part."""
    if text is None:
        return None
    if text.endswith(told):
        return text[: -len(told)]
    place = text.find(begins)
    return text[:place] + text[place + len(told) :] if place >= 0 and text.startswith(told, place) else None


def page_fingerprint(cut: Cut, salt: bytes) -> int:
    """A digest of all records of a page, whatever its envelope says."""
    made = sha256(salt)
    made.update(cut.array)
    return int.from_bytes(made.digest()[:8], "big", signed=True)


def addresses(first: bytes, key: bytes, names: Sequence[str]) -> list[tuple[bytes, list[bytes]]]:
    """How the members of these names look in the text of a record, where they are texts, or objects of texts, that hold its key.

    Each is how it begins, and its pieces between which the key stands; members that stand side by side are one.
    """
    found = sorted(match.span() for name in names if (match := _member(name).search(first)))
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    told = [first[start:end] for start, end in joined]
    return [(text[: text.index(b":")], text.split(key)) for text in told] if len(found) == len(names) else []


def place_of(cut: Cut, name: str) -> tuple[bytes, bytes] | None:
    """How a member's value begins in the first text, and the value where it is a SID; else None."""
    sid = SID_PATTERN.encode()
    opening = re.compile(rb'\{\s*"' + name.encode() + rb'"')
    if opening.fullmatch(cut.lead):
        told = re.compile(rb'(\s*:\s*")(' + sid + rb')"').match(cut.texts[0])
    else:
        told = re.compile(rb'("' + name.encode() + rb'"\s*:\s*")(' + sid + rb')"').search(cut.texts[0])
    return (told[1], told[2]) if told else None


# ---------------------------------------------------------------- by the brackets alone

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)
_DEEPER = {b"{": 1, b"[": 1, b"}": -1, b"]": -1, b'"': -(10**9)}  # a quote without an end is the end of it all
_LIST_FOLLOWS = re.compile(rb"\s*:\s*\[")


def framed(body: bytes) -> bool:
    """Whether a body is one object with all of its brackets, whatever stands in it: it was not cut."""
    text, depth, deeper = body.strip(), 0, _DEEPER.get
    for found in _TOKEN.finditer(text):
        depth += deeper(found[0], 0)
        if depth < 1:
            return depth == 0 and found.end() == len(text) and text.startswith(b"{")
    return False


def pieces(body: bytes, key: str) -> tuple[bytes, list[bytes]] | None:
    """A list's body with null in place of its list, and the texts of the list's elements; None where its brackets do not match.

    It is slow, and needs no element to be JSON.

    :param key: the name of the list.
    """
    name, deeper, depth = f'"{key}"'.encode(), _DEEPER.get, 0
    start, end, starts = -1, -1, list[int]()
    for found in _TOKEN.finditer(body):
        token = found[0]
        if depth == 1 and token == name and (follows := _LIST_FOLLOWS.match(body, found.end())):
            if start >= 0:
                return None
            start = follows.end() - 1
        depth += deeper(token, 0)
        if depth == 2 and start >= 0 > end and (token == b"," or found.start() == start):
            starts.append(found.end())
        elif depth == 1 and start >= 0 > end and token == b"]":
            end = found.start()
    if depth or end < 0:
        return None
    texts = [body[one:other].rstrip(b" \t\r\n,") for one, other in zip(starts, [*starts[1:], end], strict=True)]
    return body[:start] + b"null" + body[end + 1 :], texts if texts != [b""] else []


# ----------------------------------------------------------------

_FIRST_KEY = re.compile(rb'\{\s*"[^"\\]+"')


@lru_cache(maxsize=256)
def _opening(key: str) -> re.Pattern[bytes]:
    return re.compile(rb'("' + re.escape(key.encode()) + rb'"\s*:\s*)\[\s*')


@lru_cache(maxsize=256)
def _member(name: str) -> re.Pattern[bytes]:
    text = rb'"[^"\\]*"'
    return re.compile(rb',\s*"' + re.escape(name.encode()) + rb'"\s*:\s*(?:' + text + rb"|\{[^{}]*\})")
