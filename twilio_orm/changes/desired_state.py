"""A state that somebody wants, read from a file: JSON, CSV, or YAML where PyYAML is installed. Reading it asks nothing.

It says only what it names: a field that an entry lacks is not compared. An empty cell of a CSV file is null. An export of
records is a desired state, keys that this release does not declare included: in JSON they stand among the fields, in CSV in
the cell ``extras``.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..errors import BadValue, ConfigurationError, QueryError, UnknownField, nearest, suggest
from ..schema.csv_cells import parse_rows, unescape_cell
from ..schema.number_fields import Flag, Number
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.text_fields import Json, Text

FORMATS = (".json", ".csv", ".yaml", ".yml")
EXTRAS = "extras"
"""What an entry calls the object of its keys that are not declared."""


class Desired:
    """The entries of a file as rows: ``rows`` by key, and the ``fields`` that each names. Made by reading it.

    :param key: the fields that tell entries apart; those of the resource's key unless said.
    :raises ConfigurationError: the file cannot be read. :raises QueryError: it does not say what is wanted of such records.
    """

    def __init__(self, schema: ResourceSchema, path: str | os.PathLike[str], key: tuple[str, ...] | None = None) -> None:
        self.name = os.path.basename(os.fspath(path))
        self.api_schema = schema
        self._cells = Path(path).suffix.lower() == ".csv"
        given = _entries(Path(path), (key or schema.key)[-1])
        entries = [self._entry(number, one) for number, one in enumerate(given, 1)]
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
            extras = entry.pop(EXTRAS)
            self.rows[found] = schema.codec.make((entry.get(name) for name in schema.names), extras)
            self.fields[found] = (entry.keys() | extras.keys()) - {"account_sid", *schema.key}

    def _own_key(self, entries: list[dict[str, Any]]) -> tuple[str, ...]:
        key = self.api_schema.key
        if any(entry.get(name) is None for entry in entries for name in key):
            raise QueryError(f"{self.name}: not every entry says its {' and '.join(key)}: name another field that does by key=")
        return key

    def _entry(self, number: int, given: Any) -> dict[str, Any]:
        """One entry's canonical values by our names."""
        if not isinstance(given, Mapping):
            raise QueryError(f"{self.name}: entry {number} is no mapping of fields to values")
        named = {str(self.api_schema.aliases.get(word, word)) for word in given}
        extras: dict[str, Any] = {}
        out: dict[str, Any] = {EXTRAS: extras}
        for word, value in given.items():
            name = str(self.api_schema.aliases.get(word, word))
            if name in self.api_schema.derived:
                continue  # they follow from the others
            if name == EXTRAS:
                extras.update(self._extras(number, value))
                continue
            if name not in self.api_schema.columns:
                self._undeclared(number, str(word), named)
                extras[str(word)] = value
                continue
            if name in out:
                raise QueryError(f"{self.name}: entry {number} says {name} twice")
            try:
                out[name] = None if value is None or value == "" else self._canonical(self.api_schema.columns[name], value)
            except BadValue as error:
                raise BadValue(f"{self.name}: entry {number}: {error}") from None
        return out

    def _undeclared(self, number: int, word: str, named: set[str]) -> None:
        """Refuse a word that is no field, unless the entry is a whole record and the word no misspelt field of it.

        :param named: the fields that the entry names. :raises UnknownField: the word is a mistake.
        """
        columns = self.api_schema.columns
        whole = 2 * len(named & columns.keys()) > len(columns)
        if not whole or nearest(word, columns.keys() - named) is not None:
            raise UnknownField(
                f"{self.name}: entry {number}: {self.api_schema.name} has no field {word!r}{suggest(word, columns)}"
            )

    def _extras(self, number: int, value: Any) -> Mapping[str, Any]:
        """The keys that are not declared, from the cell or object that holds them. Raises QueryError, BadValue."""
        if self._cells:
            value = _of_cell(Json(), value) if value else {}
        if not isinstance(value, Mapping) or not value.keys().isdisjoint(self.api_schema.wires):
            raise QueryError(f"{self.name}: entry {number}: {EXTRAS} is an object of the keys that are no fields")
        return value

    def _canonical(self, column: Any, value: Any) -> Any:
        """A value of the file as a column holds it. Raises BadValue."""
        if self._cells:
            value = _of_cell(column, value)
        elif isinstance(column, Text) and not isinstance(value, str):
            raise column.error(value, "text stands in quotes")  # +1415… without them is a number to YAML, no is False
        elif isinstance(column, Number) and isinstance(value, float):
            value = Decimal(repr(value))  # YAML's; the file says the decimal, not the nearest float
        return column.canonical(value)


def _of_cell(column: Any, text: str) -> Any:
    """A cell of CSV, where everything is text, as what a column takes. Raises BadValue."""
    text = unescape_cell(text)
    if isinstance(column, Flag):
        return {"true": True, "false": False}.get(text.lower(), text)
    if isinstance(column, Json):
        try:
            return json.loads(text, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise column.error(text, "it is no JSON") from None
    return text


# ---------------------------------------------------------------- files


def _entries(path: Path, key: str) -> list[Any]:
    """What a file lists; ``key`` is the field that its names are, where it is a mapping. Reads the disk."""
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise QueryError(f"a desired state is a file that ends with {', '.join(FORMATS)}, not {path.name!r}")
    if "\0" in str(path):
        raise QueryError("a desired state is a file, and no path holds a NUL character")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise QueryError(f"{path.name} is no UTF-8 text") from None
    found = {".csv": _csv, ".json": _json}.get(kind, _yaml)(text, path.name)
    if isinstance(found, Mapping) and all(isinstance(one, Mapping) for one in found.values()):
        found = [{key: name, **one} for name, one in found.items()]
    if not isinstance(found, list):
        raise QueryError(f"{path.name} holds neither a list of records nor a mapping of SIDs to records")
    return found


def _csv(text: str, name: str) -> Any:
    try:
        names, *entries = parse_rows(text) or [[]]
    except csv.Error as error:
        raise QueryError(f"{name} is no CSV: {error}") from None
    if not names:
        raise QueryError(f"{name} is empty: its first line names the fields")
    if len(set(names)) < len(names):
        raise QueryError(f"{name}: its first line names a field twice")
    for number, row in enumerate(entries, 1):
        if len(row) != len(names):
            raise QueryError(f"{name}: entry {number} has {len(row)} cells, the first line names {len(names)}")
    return [dict(zip(names, row, strict=True)) for row in entries]


def _json(text: str, name: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise QueryError(f"{name}: an object says one of its names twice")
        return dict(pairs)

    try:
        return json.loads(text, parse_float=Decimal, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise QueryError(f"{name} is no JSON at line {error.lineno}") from None
    except QueryError:
        raise
    except (ValueError, RecursionError):
        raise QueryError(f"{name} holds a number or a nesting beyond measure") from None


def _yaml(text: str, name: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise ConfigurationError(f"{name}: reading YAML takes PyYAML: pip install 'twilio-orm[yaml]', or write JSON") from None

    class Once(yaml.SafeLoader):
        """Plain values only, and no name twice in one mapping."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            said = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if len(set(said)) < len(said):
                raise QueryError(f"{name}: the mapping at line {node.start_mark.line + 1} says one of its names twice")
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Once)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise QueryError(f"{name} is no YAML{'' if mark is None else f' at line {mark.line + 1}'}") from None
    except QueryError:
        raise
    except (ValueError, RecursionError):  # a date that is none, such as 2026-13-01
        raise QueryError(f"{name} holds a value that YAML cannot read: write it in quotes") from None
