"""The URL paths of a resource's lists and records, as text and as SQL. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .formats import segment

ROOT = "/2010-04-01"


class ResourceUrls:
    """The paths of one resource, reached as ``schema.urls``.

    Wherever a method takes ``parent_path``, it is the name of one of the schema's parent paths, or "" for the main path.

    :param paths: the path of the list below the account, by parent path, with ``{parent_sid}`` for each parent.
    :param key: the name of the field that is the last segment of a record's path; "" where the path holds one record.
    :param index: the position of each column in a row.
    :param rooted: whether the paths are not below an account.
    :param branches: a field, and the sub-path that each of its values has.
    """

    def __init__(
        self,
        paths: Mapping[str, str],
        key: str,
        index: Mapping[str, int],
        *,
        rooted: bool = False,
        branches: tuple[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._paths, self._key, self._rooted, self._branches = dict(paths), key, rooted, branches
        self._formats = {parent_path: self._format(parent_path, index) for parent_path in paths}

    def template(self, parent_path: str = "") -> str:
        """Return the declared path of the list, below the account, with ``{parent_sid}`` for each parent."""
        return self._paths[parent_path]

    def list_path(self, account: str, given: Mapping[str, Any], parent_path: str = "") -> str:
        """Return the path of the list that ``given`` selects, without ``.json``.

        :param account: the SID of the account.
        :param given: the canonical values of the parents, and of the field that selects a sub-path.
        """
        path = self._paths[parent_path].format_map({name: segment(value) for name, value in given.items()})
        if self._branches and given.get(self._branches[0]) in self._branches[1]:
            path += self._branches[1][given[self._branches[0]]]
        return f"{ROOT}/{path}" if self._rooted else f"{ROOT}/Accounts/{segment(account)}/{path}"

    def instance_path(self, account: str, given: Mapping[str, Any], parent_path: str = "") -> str:
        """Return the path of one record, without ``.json``; ``given`` holds its key and its parents."""
        plain = {name: value for name, value in given.items() if not (self._branches and name == self._branches[0])}
        path = self.list_path(account, plain, parent_path)
        return f"{path}/{segment(given[self._key])}" if self._key else path

    def parents(self, parent_path: str = "") -> tuple[str, ...]:
        """Return the names of the fields that the path needs, the topmost parent first."""
        return tuple(self._paths[parent_path].replace("}", "{").split("{")[1::2])

    def scope(self, parent_path: str = "") -> tuple[str, ...]:
        """Return the names that say where a record is created: its parents, and the field that selects the sub-path."""
        return (*self.parents(parent_path), *(self._branches[:1] if self._branches else ()))

    def base(self, values: Any, parent_path: str = "") -> str:
        """Return the address of a row as Twilio writes it in ``uri``, without ``.json``.

        It is not percent-encoded, since a SID needs no encoding.
        """
        text, positions = self._formats[parent_path]
        return text % tuple([None if at is None else values[at] for at in positions])

    def positions(self) -> list[int | None]:
        """Return the positions in a row of the values in its main address; None for one that is no column."""
        return self._formats[""][1]

    def sql_base(self) -> str:
        """Return an SQL expression for ``base`` of the main path."""
        pieces = [f"'{text}'" if at % 2 == 0 else text for at, text in enumerate(self._pieces("")) if text]
        return " || ".join(pieces)

    def _format(self, parent_path: str, index: Mapping[str, int]) -> tuple[str, list[int | None]]:
        """The address as a ``%`` format, and the positions in a row of the values that it takes."""
        pieces = self._pieces(parent_path)
        text = "%s".join(piece.replace("%", "%%") for piece in pieces[::2])
        return text, [index.get(name) for name in pieces[1::2]]

    def _pieces(self, parent_path: str) -> list[str]:
        """The address of a record, split into literal text and field names by turns."""
        last = f"/{{{self._key}}}" if self._key else ""
        literal = ROOT + ("/" if self._rooted else "/Accounts/{account_sid}/") + self._paths[parent_path] + last
        return literal.replace("}", "{").split("{")
