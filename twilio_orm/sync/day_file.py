"""Reads a file with one JSON record a line, gzip or plain, a block at a time. It calls nobody and stores nothing.

No error repeats content of a line.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from ..errors import BadValue
from ..schema.day_records import DayRecordReader
from ..schema.exact_json import JSON_ERRORS, parse
from .decoder import expected_types, msgspec_library

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

READ = 2**18
"""Bytes that are read at once."""
BLOCK = 2**20
"""Bytes of lines that are decoded at once."""
LONGEST = 2**26
"""The longest line: nothing longer is a record."""
GZIP = b"\x1f\x8b"


class Missing:
    """Stands for a key that a record lacks."""


MISSING = Missing()


class LineBlock(NamedTuple):
    """Some whole lines of a file.

    :param text: the lines.
    :param first: the number of the first one, from 1.
    :param size: how many they are.
    """

    text: bytes
    first: int
    size: int


class DayFile:
    """A file of records.

    ``done`` is the share of it that was read, from 0 to 1; ``lines`` counts the lines so far.

    :param path: where it is.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self.path = os.fsdecode(path)
        except TypeError:
            raise BadValue(f"load() takes paths of files, not a {type(path).__name__}") from None
        self.name = os.path.basename(self.path)
        self.done, self.lines = 0.0, 0

    def error(self, why: str, line: int | None = None) -> BadValue:
        """Return the error about this file.

        :param line: the number of the line that it is about.
        """
        return BadValue(f"{self.path}{f', line {line}' if line else ''}: {why}")

    def blocks(self) -> Iterator[LineBlock]:
        """Yield the lines of the file, in blocks. Reads the disk.

        :raises BadValue: the file cannot be read, or was cut off, after all whole lines before that.
        """
        left: list[bytes] = []
        size = 0
        try:
            for piece in self._pieces():
                left.append(piece)
                size += len(piece)
                if size >= BLOCK and b"\n" in piece:
                    text = b"".join(left)
                    end = text.rindex(b"\n") + 1
                    yield self._block(text[:end])
                    left, size = [text[end:]], len(text) - end
                elif size > LONGEST:
                    raise self.error("a line is too long for a record: this is no file of records", self.lines + 1)
        except BadValue:
            text = b"".join(left)
            whole = text[: text.rindex(b"\n") + 1] if b"\n" in text else b""
            if whole:
                yield self._block(whole)
            raise
        text = b"".join(left)
        if text.strip():
            yield self._block(text)

    def _block(self, text: bytes) -> LineBlock:
        size = text.count(b"\n") + (not text.endswith(b"\n"))
        first, self.lines = self.lines + 1, self.lines + size
        return LineBlock(text, first, size)

    def _pieces(self) -> Iterator[bytes]:
        """The bytes of the text, as they come."""
        try:
            with open(self.path, "rb") as file:
                whole = os.fstat(file.fileno()).st_size
                start = file.read(len(GZIP))
                file.seek(0)
                if not start:
                    raise self.error("it is empty, which no whole file is: an export without records is a gzip file, too")
                for piece in self._unpacked(file) if start == GZIP else iter(lambda: file.read(READ), b""):
                    self.done = min(file.tell() / whole, 1.0) if whole else 1.0
                    yield piece
        except OSError as error:
            raise self.error(f"it cannot be read: {error.strerror or type(error).__name__}") from None

    def _unpacked(self, file: BinaryIO) -> Iterator[bytes]:
        """The text of a gzip file, which may have several members; the checksum of each is verified."""
        unpacker, begun = zlib.decompressobj(wbits=31), False
        while packed := file.read(READ):
            while packed:
                try:
                    text = unpacker.decompress(packed)
                except zlib.error:
                    raise self.error(f"its gzip data is damaged, after line {self.lines}: download it again") from None
                if text:
                    yield text
                begun, packed = True, b""
                if unpacker.eof:
                    packed, begun = unpacker.unused_data.lstrip(b"\0"), False
                    unpacker = zlib.decompressobj(wbits=31)
        if begun:
            raise self.error("it is cut off: its gzip data has no end; nothing is claimed of it, download it again")


class RecordDecoder:
    """Makes rows of lines: with ``msgspec`` (the ``fast`` extra) where it is installed, else with ``json``."""

    def __init__(self, schema: ResourceSchema, file: DayFile) -> None:
        self._file = file
        self._msgspec = msgspec_library()
        self._reader = DayRecordReader(schema, MISSING if self._msgspec is None else self._msgspec.UNSET)
        self._decoder: Any = None
        if self._msgspec is not None:
            fields = [
                (f"v{at}", kind | self._msgspec.UnsetType, self._msgspec.UNSET)
                for at, kind in enumerate(expected_types(self._reader.wires.values()))
            ]
            names = {f"v{at}": wire for at, wire in enumerate(self._reader.wires)}
            record = self._msgspec.defstruct("Record", fields, rename=names, forbid_unknown_fields=True, gc=False)
            self._decoder = self._msgspec.json.Decoder(record)

    def rows(self, block: LineBlock) -> tuple[list[Row], Sequence[int]]:
        """Return the records of a block as rows, and the number of each one's line.

        :raises BadValue: a line is no record.
        """
        raws = self._fast(block) if self._decoder is not None else None
        if raws is not None and len(raws) == block.size:
            rows = self._reader.rows(raws)
            if rows is not None:
                return rows, range(block.first, block.first + block.size)
        lines, bodies = list[int](), list[dict[str, Any]]()
        for number, line in enumerate(block.text.split(b"\n"), block.first):
            if line.strip():
                lines.append(number)
                bodies.append(read_line(self._file, line, number))
        if self._decoder is None and bodies:
            found = self._reader.rows(raws) if (raws := self._raws(bodies)) is not None else None
            if found is not None:
                return found, lines
        return [self._row(body, number) for body, number in zip(bodies, lines, strict=True)], lines

    def _fast(self, block: LineBlock) -> list[tuple[Any, ...]] | None:
        try:
            found = self._decoder.decode_lines(block.text)
        except (self._msgspec.DecodeError, UnicodeDecodeError):
            return None
        return list(map(self._msgspec.structs.astuple, found))

    def _raws(self, bodies: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]] | None:
        """The raw values of bodies; None where one has another key."""
        wires = self._reader.wires
        if any(body.keys() - wires.keys() for body in bodies):
            return None
        return [tuple([body.get(wire, MISSING) for wire in wires]) for body in bodies]

    def _row(self, body: dict[str, Any], number: int) -> Row:
        try:
            return self._reader.row(body)
        except JSON_ERRORS:
            why = "its record cannot be stored: it is nested too deeply, or a number is too long"
            raise self._file.error(why, number) from None


def read_line(file: DayFile, line: bytes, number: int) -> dict[str, Any]:
    """Return the record of a line. Raises BadValue where it is none."""
    try:
        found = parse(line)
    except JSON_ERRORS:
        raise file.error("it is no JSON: the file is damaged or was cut off; nothing is claimed of it", number) from None
    if not isinstance(found, dict):
        raise file.error(f"it is no record, but a JSON {type(found).__name__}", number)
    return found
