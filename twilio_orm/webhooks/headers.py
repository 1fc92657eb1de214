"""The headers of a request, from whatever form a server gives them in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Given = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]
"""Headers as a mapping, or as pairs of names and values, which may repeat a name."""


class Headers:
    """The values of headers by their names, whose case does not count. Its repr shows no value.

    :param given: the headers, as a mapping or as pairs.
    """

    def __init__(self, given: Given) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in given.items() if isinstance(given, Mapping) else given:
            name = name if isinstance(name, str) else bytes(name).decode("latin-1")
            value = value if isinstance(value, str) else bytes(value).decode("latin-1")
            self._values.setdefault(name.lower(), []).append(value.strip(" \t"))

    def __repr__(self) -> str:
        return f"<Headers: {', '.join(sorted(self._values))}>"

    def all(self, name: str) -> list[str]:
        """Return the values of a header, without spaces around them.

        :param name: the header's name in lower case.
        """
        return self._values.get(name, [])

    def only(self, name: str) -> str:
        """Return the value of a header that is there once; "" if it is not there, or several times.

        :param name: the header's name in lower case.
        """
        values = self.all(name)
        return values[0] if len(values) == 1 else ""
