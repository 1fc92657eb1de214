"""Finds a record of any resource by its SID: the prefix of the SID says the class. ``get`` calls Twilio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import BadValue, DoesNotExist, MissingScope
from ..schema.registry import CLASSES, by_prefix
from ..schema.text_fields import Sid

if TYPE_CHECKING:
    from ..orm.resource import Resource

_SID = Sid()
_SID.name = "get()"


def get(sid: str, /) -> Resource:
    """The record of a SID, of whatever resource: the prefix of the SID says the class. Calls Twilio.

    If several resources share a prefix, they are tried in turn: for ``PN…`` numbers first, then caller ids. The parent of a
    nested record is looked up in the mirror.

    :param sid: two letters and 32 hexadecimal digits.
    :raises BadValue: it is not a SID, or not of a resource of this API.
    :raises DoesNotExist: Twilio has no such record.
    :raises MissingScope: the record is nested, and the mirror does not know its parent.
    """
    models = by_prefix(_SID.canonical(sid)[:2]) if isinstance(sid, str) else []
    if not models:
        known = sorted({one for model in CLASSES.values() for one in _prefixes(model)})
        raise BadValue(f"get() takes the SID of a record of this API ({', '.join(known)} and 32 hexadecimal digits)")
    absent: DoesNotExist | None = None
    for model in models:
        try:
            return _get(model, sid)
        except DoesNotExist as error:
            absent = absent or error
    raise absent or DoesNotExist(f"no record has the SID {sid}")


def _get(model: Any, sid: str) -> Resource:
    schema = model.api_schema
    if not schema.urls.parents() and schema.fetches:
        return model.get(sid)  # type: ignore[no-any-return]
    mirrored = model.offline(partial=True).get_or_none(sid) if schema.mirrored else None
    if mirrored is None:
        parents = " and ".join(schema.urls.parents()) or "the reply that made it"
        raise MissingScope(f"{sid} is a {model.__name__}: Twilio finds it only by {parents}, which the mirror does not know")
    return mirrored.refresh() if schema.fetches else mirrored  # type: ignore[no-any-return]


def _prefixes(model: Any) -> tuple[str, ...]:
    column = model.api_schema.columns.get(model.api_schema.key[-1])
    return column.prefixes if isinstance(column, Sid) else ()
