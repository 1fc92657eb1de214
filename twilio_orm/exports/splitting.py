"""One result split into several: a file for each month, day or account. Pure; it holds one batch in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from ..errors import QueryError
from .columns import Batch, Result


def split(result: Result, key: Callable[[Any], str]) -> Iterator[tuple[str, Result]]:
    """Yield a result for each key, in order. Evaluates the query once; each result is to be read before the next.

    :param result: the rows, ordered by their last column, which is not part of the results.
    :param key: returns the key of a value of the last column.
    :raises QueryError: a key comes again, as a day does where clocks are turned back over midnight.
    """
    columns, seen = result.columns[:-1], set[str]()
    for name, batches in groupby(_parts(result, key), lambda part: part[0]):
        if name in seen:
            raise QueryError(f"{name} comes twice: clocks were turned back over its end in this zone; split the rows in UTC")
        seen.add(name)
        yield name, Result(columns, partial(map, itemgetter(1), batches))


def _parts(result: Result, key: Callable[[Any], str]) -> Iterator[tuple[str, Batch]]:
    """The batches, cut where the key changes."""
    for batch in result.batches():
        at = 0
        for name, values in groupby(batch[-1] if batch else (), key):
            end = at + sum(1 for _ in values)
            yield name, [column[at:end] for column in batch[:-1]]
            at = end
