"""Splits the body of a list's page into the texts of its records before any of them is parsed, and computes their fingerprints.

The records of a page begin with the same key, so that the next one is found by a search for that beginning. A quote inside a JSON
string is escaped; hence bytes that look like the beginning of an object are one. Members that follow from a record's key, such as
its addresses, are removed from its text. A split is a guess until it was parsed: ``sync.page_parser`` checks each text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Any

from .._frozen import Value, cached_property, lazy_dataclass
from ..schema.exact_json import parse_envelope
from ..schema.sids import SID_PATTERN

BITS = 48
"""Bits of a record's fingerprint: SQLite keeps such a number in six bytes."""


class SplitPage:
    """The records of one page, as texts.

    :param body: the body.
    :param start: where the first record of its list begins.
    :param end: where the last one ends.
    :param envelope: the rest of the body, its list null.

    ``lead`` is the beginning of each record: its brace and first key.
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
        """The text of each record after its lead, without the closing brace."""
        return self._body[self._start + len(self.lead) : self._end - 1].split(self.between)

    def record(self, at: int) -> bytes:
        """Return the whole text of a record."""
        return self.lead + self.texts[at] + b"}"

    def list_of(self, texts: Sequence[bytes]) -> bytes:
        """Return texts as a JSON list of records."""
        return b"".join((b"[", self.lead, self.between.join(texts), b"}]"))


def split(body: bytes, key: str) -> SplitPage | None:
    """Return a page's body as texts, or None where it is not laid out as expected. Raises ``JSON_ERRORS`` where it was cut.

    :param key: the key of the list.
    """
    opening, end = _opening(key).search(body), body.rfind(b"]")
    if opening is None or end < opening.end():
        return None
    envelope = parse_envelope(b"".join((body[: opening.end(1)], b"null", body[end + 1 :])))
    last = body.rfind(b"}", opening.end(), end) + 1
    if type(envelope) is not dict or envelope.get(key, ...) is not None or body[last:end].strip() or last <= opening.end():
        return None
    return SplitPage(body, opening.end(), last, envelope) if body.startswith(b"{", opening.end()) else None


def record_keys(texts: Sequence[bytes], key: bytes, width: int) -> list[bytes]:
    """Return the keys of records.

    :param texts: the texts of the records.
    :param key: the text before a key's value: ``: "`` after the lead, or ``"sid": "`` in the middle of a text.
    :param width: the length of a key.
    """
    skip = len(key)
    starts = [skip] * len(texts) if texts[0].startswith(key) else [text.find(key) + skip for text in texts]
    return [text[at : at + width] for text, at in zip(texts, starts, strict=True)]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Block(Value):
    """Records of a page that lie side by side, with a fingerprint of their text.

    :param start: the place of the first one on the page.
    :param end: the place behind the last one.
    """

    start: int
    end: int
    fingerprint: int


BORDER = b"0"
"""A block begins with each record whose key ends with this: with one in sixteen."""


def blocks(keys: Sequence[bytes], hashes: Sequence[bytes], salt: bytes) -> list[Block]:
    """Return the blocks of a page, but for the records before the first border and those behind the last one.

    The borders follow from the records: the same records make the same block, wherever on a page they are.

    :param keys: the keys of the page's records.
    :param hashes: the hashes of their texts.
    :param salt: bytes for all else that decides how a text is read.
    """
    borders = [at for at, key in enumerate(keys) if key.endswith(BORDER)]
    return [
        Block(start, end, _number(sha256(salt + b"".join(hashes[start:end])).digest()[:8])) for start, end in pairwise(borders)
    ]


class RecordTexts:
    """The texts of a page's records without the members that follow from their keys, and a hash of each.

    :param page: the page.
    :param keys: the keys of its records.
    :param salt: bytes for all else that decides how a text is read.
    :param members: for each member that follows from the key, how it begins, and its pieces between which the key stands.

    ``short`` are the records' texts without them, ``plain`` says whether all members were removed from each; ``fingerprints`` are
    numbers of ``BITS``, the beginnings of the ``hashes``. ``has_derived`` says whether there was any member to remove.
    """

    def __init__(
        self,
        page: SplitPage,
        keys: Sequence[bytes],
        salt: bytes,
        members: Sequence[tuple[bytes, list[bytes]]],
    ) -> None:
        layout = [page.lead, *(piece for _, pieces in members for piece in pieces)]
        self.page, self.has_derived = page, bool(members)
        short: list[bytes | None] = list(page.texts)
        for begins, pieces in members:
            short = [_without(text, name.join(pieces), begins) for text, name in zip(short, keys, strict=True)]
        self.plain = [text is not None for text in short]
        self.short = [text if one is None else one for text, one in zip(page.texts, short, strict=True)]
        plain_salt, odd_salt = (sha256(mark.join([salt, *layout])).digest() for mark in (b"\0", b"\1"))
        self.hashes = [
            sha256((plain_salt if plain else odd_salt) + text).digest()
            for plain, text in zip(self.plain, self.short, strict=True)
        ]
        self.fingerprints = [int.from_bytes(one[: BITS // 8], "big", signed=True) for one in self.hashes]


def _without(text: bytes | None, member: bytes, begins: bytes) -> bytes | None:
    """A text without a member, which is mostly its end; None where the text does not have the member."""
    if text is None:
        return None
    if text.endswith(member):
        return text[: -len(member)]
    place = text.find(begins)
    return text[:place] + text[place + len(member) :] if place >= 0 and text.startswith(member, place) else None


def page_fingerprint(page: SplitPage, salt: bytes) -> int:
    """Return a fingerprint of all records of a page; the rest of the body does not matter."""
    digest = sha256(salt)
    digest.update(page.array)
    return _number(digest.digest()[:8])


def _number(beginning: bytes) -> int:
    """The beginning of a hash as a number."""
    return int.from_bytes(beginning, "big", signed=True)


def derived_members(first: bytes, key: bytes, names: Sequence[str]) -> list[tuple[bytes, list[bytes]]]:
    """Return how the members of these names look in the text of a record, where all are texts, or objects of texts, with its key.

    Each is how it begins, and its pieces between which the key stands; members side by side count as one.

    :param first: the text of a record.
    :param key: the record's key.
    :param names: the names of the members.
    """
    found = sorted(match.span() for name in names if (match := _member(name).search(first)))
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    members = [first[start:end] for start, end in joined]
    return [(text[: text.index(b":")], text.split(key)) for text in members] if len(found) == len(names) else []


def find_key(page: SplitPage, name: str) -> tuple[bytes, bytes] | None:
    """Return the text before the key's value in the first record, and the value, where that is a SID; else None.

    :param name: the name of the key's member.
    """
    opening = re.compile(rb'\{\s*"' + name.encode() + rb'"')
    if opening.fullmatch(page.lead):
        found = re.compile(rb'(\s*:\s*")(' + SID_PATTERN.encode() + rb')"').match(page.texts[0])
    else:
        found = re.compile(rb'("' + name.encode() + rb'"\s*:\s*")(' + SID_PATTERN.encode() + rb')"').search(page.texts[0])
    return (found[1], found[2]) if found else None


# ---------------------------------------------------------------- by brackets alone

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)
_DEEPER = {b"{": 1, b"[": 1, b"}": -1, b"]": -1, b'"': -(10**9)}  # a string without an end: the body was cut
_LIST_FOLLOWS = re.compile(rb"\s*:\s*\[")


def is_closed_object(body: bytes) -> bool:
    """Return whether a body is one object with all of its brackets, whatever they hold: it was not cut."""
    text, depth, deeper = body.strip(), 0, _DEEPER.get
    for found in _TOKEN.finditer(text):
        depth += deeper(found[0], 0)
        if depth < 1:
            return depth == 0 and found.end() == len(text) and text.startswith(b"{")
    return False


def split_by_brackets(body: bytes, key: str) -> tuple[bytes, list[bytes]] | None:
    """Return a list's body with null in place of its list, and the texts of the list's elements.

    It is slow; the elements need not be JSON.

    :param key: the key of the list.
    :returns: None where the brackets do not match.
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
