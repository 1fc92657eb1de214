"""The pattern of an archive's paths: a folder, and below it a path made of the fields of each record. Pure."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from string import Formatter
from typing import Any

from ..errors import BadValue, QueryError, UnknownField, suggest

DATE, EXTENSION = "date", "ext"
"""The two names that are no fields: the day of the record in UTC, and the ending of the file."""
LONGEST_NAME = 255
"""The most bytes of a file's or a folder's name."""
EXTENSIONS = {
    "application/json": "json", "application/pdf": "pdf", "application/vcard": "vcf", "application/x-vcard": "vcf",
    "audio/3gpp": "3gp", "audio/ac3": "ac3", "audio/amr": "amr", "audio/amr-nb": "amr", "audio/basic": "au",
    "audio/l24": "l24", "audio/mp4": "m4a", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/vorbis": "ogg",
    "audio/vnd.wave": "wav", "audio/wav": "wav", "audio/webm": "weba", "audio/x-wav": "wav", "image/bmp": "bmp",
    "image/gif": "gif", "image/heic": "heic", "image/jpeg": "jpg", "image/jpg": "jpg", "image/png": "png",
    "image/svg+xml": "svg", "image/tiff": "tiff", "image/webp": "webp", "text/calendar": "ics", "text/csv": "csv",
    "text/directory": "vcf", "text/plain": "txt", "text/richtext": "rtx", "text/rtf": "rtf", "text/vcard": "vcf",
    "text/x-vcard": "vcf", "video/3gpp": "3gp", "video/3gpp2": "3g2", "video/h261": "h261", "video/h263": "h263",
    "video/h264": "h264", "video/mp4": "mp4", "video/mpeg": "mpeg", "video/quicktime": "mov", "video/webm": "webm",
}  # fmt: skip
"""The endings of files by their media types; ``bin`` for any other."""
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.I)
"""Names that Windows keeps for devices."""


class PathPattern:
    """A pattern such as ``rec/{date}/{call_sid}-{sid}.mp3``. ``folder`` is what stands before the first part with a field.

    ``fields`` are the names of the fields in it. ``format`` is the ending that the caller chooses by the pattern, and
    ``content_type`` its media type; both are empty where each record has its own.

    :param text: the pattern, as for ``str.format``; in braces there are names of fields, ``{date}`` and ``{ext}``, and nothing
        else.
    :param schema: the schema of the records.
    :param formats: the media types of the file by their endings, where the caller chooses one; empty where each record has one.
    :raises BadValue: it is no such pattern.
    :raises UnknownField: the records have no such field.
    """

    def __init__(self, text: str | os.PathLike[str], schema: Any, formats: Mapping[str, str]) -> None:
        if not isinstance(text, (str, os.PathLike)):
            raise BadValue(f'an archive takes a pattern such as "rec/{{date}}/{{sid}}.{{ext}}", not a {type(text).__name__}')
        self.text = os.fsdecode(text)
        self._schema, self._formats = schema, formats
        self._parts = _parsed(self.text)
        start = self._parts[0][0].rpartition("/")
        self.folder = start[0] or start[1] or "."
        self._parts[0] = (start[2], self._parts[0][1])
        self._names = {name: self._field(name) for _, name in self._parts if name not in ("", DATE, EXTENSION)}
        self.fields = frozenset(self._names.values())
        self.format = self._format()
        self.content_type = formats.get(self.format, "")
        self.path({}, "wav")  # its fixed parts are checked before any record is read

    def path(self, values: Mapping[str, Any], extension: str) -> str:
        """The path of a record's file below ``folder``, with ``/`` between its parts.

        :param values: the canonical values of the record's fields; one that is missing or None is written as ``without-FIELD``.
        :param extension: the ending of the file.
        :raises BadValue: it would be no name of a file inside the folder.
        """
        out = []
        for literal, name in self._parts:
            out.append(literal)
            if name == EXTENSION:
                out.append(_safe(extension))
            elif name:
                out.append(self._value(name, values))
        path = "".join(out)
        for part in path.split("/"):
            _check_name(part, self.text)
        return path

    def _value(self, name: str, values: Mapping[str, Any]) -> str:
        if name != DATE:
            value = values.get(self._names[name])
            return f"without-{name}" if value is None else _safe(str(value))
        at = next((values[one] for one in (self._schema.window, "date_created", "start_time") if values.get(one)), None)
        return "without-date" if at is None else _safe(str(at)[:10])

    def _field(self, name: str) -> str:
        """The field that a name in braces means. Raises UnknownField."""
        schema = self._schema
        found = next((one for one in (name, f"{name}_", schema.aliases.get(name, "")) if one in schema.columns), "")
        if not found or found in schema.secrets:
            known = [*schema.columns, DATE, EXTENSION]
            raise UnknownField(f"a pattern takes the fields of a {schema.name}, {{date}} and {{ext}}, and there is no "
                               f"{name!r}{suggest(name, known)}")  # fmt: skip
        return found

    def _format(self) -> str:
        """The ending of the format that the pattern wants; empty where each record has one. Raises BadValue."""
        if not self._formats:
            return ""
        literal, name = self._parts[-1]
        if name == EXTENSION or (not name and not literal and self._parts[-2][1] == EXTENSION):
            return next(iter(self._formats))
        ending = literal.rpartition(".")[2].lower() if not name and "." in literal else ""
        if ending not in self._formats:
            endings = " or ".join(f".{one}" for one in self._formats)
            raise BadValue(f"the file of a {self._schema.name} is {endings}: the pattern {self.text!r} has to end in one of them,"
                           f" or in .{{ext}}, which is .{next(iter(self._formats))}")  # fmt: skip
        return ending


def _parsed(text: str) -> list[tuple[str, str]]:
    """The fixed texts of a pattern, each with the name that follows it; empty for none. Raises BadValue."""
    if not text or "\0" in text:
        raise BadValue("the pattern of an archive is a path, not an empty text or one with a NUL character")
    parts: list[tuple[str, str]] = []
    try:
        for literal, name, spec, conversion in Formatter().parse(text):
            if spec or conversion or (name is not None and not name.isidentifier()):
                raise BadValue(
                    f"the pattern {text!r} takes plain names in braces, such as {{sid}}, without dots, indexes or formats"
                )
            parts.append((literal.replace(os.sep, "/"), name or ""))
    except ValueError as error:
        if isinstance(error, QueryError):
            raise
        raise BadValue(f"the pattern {text!r} cannot be read: {error}; a brace that is meant as such is doubled") from None
    joined: list[tuple[str, str]] = []
    for literal, name in parts:  # an escaped brace ends a part that no name follows
        before = joined.pop()[0] if joined and not joined[-1][1] else ""
        joined.append((before + literal, name))
    if not any(name for _, name in joined):
        raise BadValue(
            f"the pattern {text!r} has no field in braces: each record needs a path of its own, such as rec/{{sid}}.mp3"
        )
    return joined


def _safe(value: str) -> str:
    """A value as a part of a file's name: letters, digits and ``._+@=,-`` stay, anything else is ``_``; it begins with no dot."""
    text = unicodedata.normalize("NFC", value)
    out = "".join(one if one.isalnum() or one in "._+@=,-" else "_" for one in text)
    return re.sub(r"^\.+", lambda dots: "_" * len(dots[0]), out)


def _check_name(name: str, pattern: str) -> None:
    """Refuse what is no name of a file or a folder, or is one of another kind. Raises BadValue."""
    problem = ""
    if name in ("", ".", ".."):
        problem = "is no name"
    elif name.startswith("."):
        problem = "begins with a dot"
    elif name.endswith((".", " ")) or _RESERVED.fullmatch(name) or "\\" in name or ":" in name:
        problem = "is no name on every system"
    elif len(os.fsencode(name)) > LONGEST_NAME:
        problem = f"is longer than {LONGEST_NAME} bytes"
    if problem:
        raise BadValue(f"the pattern {pattern!r} makes a path with the part {name[:60]!r}, which {problem}")


def extension_of(content_type: str | None) -> str:
    """The ending of a file of a media type; ``bin`` where it is not known.

    :param content_type: such as ``image/jpeg``, with or without parameters.
    """
    return EXTENSIONS.get((content_type or "").partition(";")[0].strip().lower(), "bin")
