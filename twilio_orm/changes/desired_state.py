"""The desired state of some records, read from a file: JSON, CSV, or YAML if PyYAML is installed. Reads the disk, sends nothing.

Only the fields that an entry names are compared. An empty cell of a CSV file is null. An export of records is a desired state
too, undeclared keys included: in JSON they are among the fields, in CSV in the cell ``extras``.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, ConfigurationError, QueryError, UnknownField, nearest, suggest
from ..schema.csv_cells import parse_rows, unescape_cell
from ..schema.number_fields import Flag, Number
from ..schema.text_fields import Json, Text

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

FORMATS = (".json", ".csv", ".yaml", ".yml")
EXTRAS = "extras"
"""The name of the object that has an entry's undeclared keys."""


class Desired:
    """The entries of a file as ``rows`` by key, and by key the names of the ``fields`` that each has. Reads the disk.

    :param schema: the schema of the records.
    :param path: the file; its ending says the format.
    :param key: the fields by which entries and records are matched; those of the resource's key by default.
    :raises ConfigurationError: the file cannot be read, or PyYAML is needed and not installed.
    :raises QueryError: the file is not a list of entries with the fields of such records.
    """

    def __init__(self, schema: ResourceSchema, path: str | os.PathLike[str], key: tuple[str, ...] | None = None) -> None:
        self.name = os.path.basename(os.fspath(path))
        self.api_schema = schema
        self._cells = Path(path).suffix.lower() == ".csv"
        raw = _raw_entries(Path(path), (key or schema.key)[-1])
        entries = [self._entry(number, one) for number, one in enumerate(raw, 1)]
        self.key = key or self._default_key(entries)
        self.rows: dict[tuple[Any, ...], Row] = {}
        self.fields: dict[tuple[Any, ...], set[str]] = {}
        for number, entry in enumerate(entries, 1):
            values = tuple(entry.get(name) for name in self.key)
            if None in values:
                raise QueryError(f"{self.name}: entry {number} has no {' and '.join(self.key)}, by which records are matched")
            if values in self.rows:
                raise QueryError(
                    f"{self.name}: two entries have the same {' and '.join(self.key)} (entry {number} is the second)"
                )
            extras = entry.pop(EXTRAS)
            self.rows[values] = schema.codec.make((entry.get(name) for name in schema.names), extras)
            self.fields[values] = (entry.keys() | extras.keys()) - {"account_sid", *schema.key}

    def _default_key(self, entries: list[dict[str, Any]]) -> tuple[str, ...]:
        key = self.api_schema.key
        if any(entry.get(name) is None for entry in entries for name in key):
            raise QueryError(f"{self.name}: an entry has no {' and '.join(key)}: name a field that all entries have by key=")
        return key

    def _entry(self, number: int, given: Any) -> dict[str, Any]:
        """The canonical values of an entry, by the names of the fields."""
        if not isinstance(given, Mapping):
            raise QueryError(f"{self.name}: entry {number} is not a mapping of fields to values")
        named = {str(self.api_schema.aliases.get(word, word)) for word in given}
        extras: dict[str, Any] = {}
        out: dict[str, Any] = {EXTRAS: extras}
        for word, value in given.items():
            name = str(self.api_schema.aliases.get(word, word))
            if name in self.api_schema.derived or name in self.api_schema.computed:
                continue  # they follow from other fields
            if name == EXTRAS:
                extras.update(self._extras(number, value))
                continue
            if name not in self.api_schema.columns:
                self._undeclared(number, str(word), named)
                extras[str(word)] = value
                continue
            if name in out:
                raise QueryError(f"{self.name}: entry {number} has {name} twice")
            try:
                out[name] = None if value is None or value == "" else self._canonical(self.api_schema.columns[name], value)
            except BadValue as error:
                raise BadValue(f"{self.name}: entry {number}: {error}") from None
        return out

    def _undeclared(self, number: int, word: str, named: set[str]) -> None:
        """Check a name that is no field: it is accepted if the entry is a whole record and the name is no misspelt field.

        :param number: the number of the entry.
        :param word: the name.
        :param named: the fields that the entry names.
        :raises UnknownField: the name is a mistake.
        """
        columns = self.api_schema.columns
        whole = 2 * len(named & columns.keys()) > len(columns)
        if not whole or nearest(word, columns.keys() - named) is not None:
            raise UnknownField(
                f"{self.name}: entry {number}: {self.api_schema.name} has no field {word!r}{suggest(word, columns)}"
            )

    def _extras(self, number: int, value: Any) -> Mapping[str, Any]:
        """The undeclared keys, from the cell or object that contains them. Raises QueryError, BadValue."""
        if self._cells:
            value = _cell_value(Json(), value) if value else {}
        if not isinstance(value, Mapping) or not value.keys().isdisjoint(self.api_schema.wires):
            raise QueryError(f"{self.name}: entry {number}: {EXTRAS} takes an object of keys that are not fields")
        return value

    def _canonical(self, column: Any, value: Any) -> Any:
        """A value of the file in canonical form. Raises BadValue."""
        if self._cells:
            value = _cell_value(column, value)
        elif isinstance(column, Text) and not isinstance(value, str):
            raise column.error(value, "write text in quotes")  # in YAML +1415… without quotes is a number, and no is False
        elif isinstance(column, Number) and isinstance(value, float):
            value = Decimal(repr(value))  # YAML makes a float of the decimal in the file
        return column.canonical(value)


def _cell_value(column: Any, text: str) -> Any:
    """The value of a CSV cell, where everything is text, in a type that the column takes. Raises BadValue."""
    text = unescape_cell(text)
    if isinstance(column, Flag):
        return {"true": True, "false": False}.get(text.lower(), text)
    if isinstance(column, Json):
        try:
            return json.loads(text, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise column.error(text, "it is not JSON") from None
    return text


# ---------------------------------------------------------------- files


def _raw_entries(path: Path, key: str) -> list[Any]:
    """The entries of a file. Reads the disk.

    :param path: the file.
    :param key: the field that the names of a mapping stand for, if the file is a mapping of records.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise QueryError(f"a desired state is a file whose name ends with {', '.join(FORMATS)}, not {path.name!r}")
    if "\0" in str(path):
        raise QueryError("a desired state is a file, and a path cannot contain a NUL character")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise QueryError(f"{path.name} is not UTF-8 text") from None
    found = {".csv": _csv, ".json": _json}.get(kind, _yaml)(text, path.name)
    if isinstance(found, Mapping) and all(isinstance(one, Mapping) for one in found.values()):
        found = [{key: name, **one} for name, one in found.items()]
    if not isinstance(found, list):
        raise QueryError(f"{path.name} is neither a list of records nor a mapping of SIDs to records")
    return found


def _csv(text: str, name: str) -> Any:
    try:
        names, *entries = parse_rows(text) or [[]]
    except csv.Error as error:
        raise QueryError(f"{name} is not CSV: {error}") from None
    if not names:
        raise QueryError(f"{name} is empty: its first line names the fields")
    if len(set(names)) < len(names):
        raise QueryError(f"{name}: its first line names a field twice")
    for number, row in enumerate(entries, 1):
        if len(row) != len(names):
            raise QueryError(f"{name}: entry {number} has {len(row)} cells, the first line names {len(names)}")
    return [dict(zip(names, row, strict=True)) for row in entries]


def _json(text: str, name: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise QueryError(f"{name}: an object has a name twice")
        return dict(pairs)

    try:
        return json.loads(text, parse_float=Decimal, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise QueryError(f"{name} is not JSON at line {error.lineno}") from None
    except QueryError:
        raise
    except (ValueError, RecursionError):
        raise QueryError(f"{name} has a number that is too long or is nested too deeply") from None


def _yaml(text: str, name: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise ConfigurationError(f"{name}: reading YAML needs PyYAML: pip install 'twilio-orm[yaml]', or use JSON") from None

    class UniqueNames(yaml.SafeLoader):
        """A loader that makes plain values only, and refuses a mapping that has a name twice."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if len(set(names)) < len(names):
                raise QueryError(f"{name}: the mapping at line {node.start_mark.line + 1} has a name twice")
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, UniqueNames)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise QueryError(f"{name} is not YAML{'' if mark is None else f' at line {mark.line + 1}'}") from None
    except QueryError:
        raise
    except (ValueError, RecursionError):  # for example an invalid date, such as 2026-13-01
        raise QueryError(f"{name} has a value that YAML cannot read: write it in quotes") from None
