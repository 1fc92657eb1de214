"""A state that somebody wants, read from a file: JSON, CSV, or YAML where PyYAML is installed. Reading it asks nothing.

It says only what it names: a field that an entry lacks is not compared.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import BadValue, ConfigurationError, QueryError, UnknownField, suggest
from .fields import Flag, Json
from .shape import Row, Shape

FORMATS = (".json", ".csv", ".yaml", ".yml")
_FORMULA = ("'=", "'+", "'-", "'@")


class Desired:
    """The entries of a file as rows: ``rows`` by key, and the ``fields`` that each names."""

    def __init__(self, shape: Shape, path: str | os.PathLike[str], key: tuple[str, ...] | None = None) -> None:
        self.name = os.path.basename(os.fspath(path))
        self._shape = shape
        entries = [self._entry(number, one) for number, one in enumerate(_entries(Path(path)), 1)]
        self.key = key or self._own_key(entries)
        self.rows: dict[tuple[Any, ...], Row] = {}
        self.fields: dict[tuple[Any, ...], set[str]] = {}
        for number, entry in enumerate(entries, 1):
            found = tuple(entry.get(name) for name in self.key)
            if None in found:
                raise QueryError(f"{self.name}: entry {number} does not say its {' and '.join(self.key)}")
            if found in self.rows:
                raise QueryError(
                    f"{self.name}: two entries have the same {' and '.join(self.key)} (entry {number} is the second)"
                )
            self.rows[found] = tuple(entry.get(name) for name in shape.names) + (None,) * 4
            self.fields[found] = entry.keys() - {"account_sid", *shape.key}

    def _own_key(self, entries: list[dict[str, Any]]) -> tuple[str, ...]:
        key = self._shape.key
        if any(entry.get(name) is None for entry in entries for name in key):
            raise QueryError(f"{self.name}: not every entry says its {' and '.join(key)}: name another field that does by key=")
        return key

    def _entry(self, number: int, given: Any) -> dict[str, Any]:
        """One entry's canonical values by our names."""
        if not isinstance(given, Mapping):
            raise QueryError(f"{self.name}: entry {number} is no mapping of fields to values")
        out: dict[str, Any] = {}
        for word, value in given.items():
            name = str(self._shape.aliases.get(word, word))
            if name in self._shape.derived or name == "extras":
                continue  # they follow from the others
            if name not in self._shape.columns:
                hint = suggest(str(word), list(self._shape.columns))
                raise UnknownField(f"{self.name}: entry {number}: {self._shape.name} has no field {word!r}{hint}")
            try:
                out[name] = None if value is None or value == "" else _canonical(self._shape.columns[name], value)
            except BadValue as error:
                raise BadValue(f"{self.name}: entry {number}: {error}") from None
        return out


def _canonical(column: Any, value: Any) -> Any:
    """A value of a file, in which everything may be text, as a column holds it."""
    if isinstance(value, str) and isinstance(column, Flag):
        value = {"true": True, "false": False}.get(value.lower(), value)
    if isinstance(value, str) and isinstance(column, Json):
        try:
            value = json.loads(value)
        except ValueError:
            raise column.bad(value, "it is no JSON") from None
    if not isinstance(value, str) and column.kind in ("text", "address", "sid"):
        value = str(value)
    if isinstance(value, str) and value.startswith(_FORMULA) and column.kind == "text":
        value = value[1:]  # the guard against formulas in spreadsheets
    return column.canonical(value)


# ---------------------------------------------------------------- files


def _entries(path: Path) -> list[Any]:
    """What a file lists. Reads the disk; raises ConfigurationError, QueryError."""
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise QueryError(f"a desired state is a file that ends with {', '.join(FORMATS)}, not {path.name!r}")
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise QueryError(f"{path.name} is no UTF-8 text") from None
    found = _csv(text) if kind == ".csv" else _json(text, path.name) if kind == ".json" else _yaml(text, path.name)
    if isinstance(found, Mapping) and all(isinstance(one, Mapping) for one in found.values()):
        found = [{"sid": sid, **one} for sid, one in found.items()]
    if not isinstance(found, list):
        raise QueryError(f"{path.name} holds neither a list of records nor a mapping of SIDs to records")
    return found


def _csv(text: str) -> list[Any]:
    rows = list(csv.reader(text.splitlines(keepends=True)))
    if not rows:
        return []
    names = rows[0]
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(names):
            raise QueryError(f"entry {number} has {len(row)} cells, the first line names {len(names)}")
    return [dict(zip(names, row, strict=True)) for row in rows[1:]]


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        at = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise QueryError(f"{name} is no JSON{at}") from None


def _yaml(text: str, name: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise ConfigurationError(f"{name}: reading YAML takes PyYAML: pip install 'twilio-orm[yaml]', or write JSON") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise QueryError(f"{name} is no YAML{'' if mark is None else f' at line {mark.line + 1}'}") from None
