"""Judges the parsed bodies of successes: which record, list or error one is, and the errors for those that were not requested.

Pure, but for the errors. No error repeats content of a body.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import NotFound, OutcomeUnknown, UnexpectedAnswer
from ..schema.exact_json import JSON_ERRORS
from ..schema.sids import SID_PATTERN

if TYPE_CHECKING:
    from ..http.messages import Request, Response
    from ..schema.resource_schema import ResourceSchema

NO_BODY = object()
"""Stands for the body of a response without one."""


class UnreadableRecord:
    """Stands for a record whose text is complete and is no readable JSON. ``name`` is its SID, "" where that is unreadable too.

    :param text: its text.
    :param error: the parser's exception, from which the reason follows.
    """

    def __init__(self, text: bytes, schema: ResourceSchema, error: Exception) -> None:
        name = schema.key[-1].rstrip("_").encode()
        found = re.search(rb'"' + name + rb'"\s*:\s*"(' + SID_PATTERN.encode() + rb')"', text)
        self.name, self.why = found[1].decode() if found else "", why_unreadable(error)


def why_unreadable(error: Exception) -> str:
    """Return the reason why a text cannot be read, by the parser's exception."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeError):
        return "it is no UTF-8"
    return "a number in it is too long, or it is no JSON"


def kind_of(data: Any) -> str:
    """Return the kind of a body, for an error."""
    if data is NO_BODY:
        return "an answer without a body"
    kinds = {dict: "another object", list: "an array", str: "a text", type(None): "null", bool: "true or false"}
    return kinds.get(type(data), "a number")


def mismatch(schema: ResourceSchema, data: Any, given: Mapping[str, Any], key: Any) -> str:
    """Return what a body is instead of the record that was requested, or "" where it is that record.

    :param given: the values that follow from the request.
    :param key: the last part of the record's key; None where it is not known. A SID has to begin as SIDs of its kind do.
    """
    if not isinstance(data, dict):
        return kind_of(data)
    sid, prefixes = data.get(schema.key[-1].rstrip("_")), getattr(schema.columns[schema.key[-1]], "prefixes", ())
    strange = prefixes and isinstance(sid, str) and not sid.startswith(prefixes)
    return schema.codec.mismatch(data, given, key) or ("a record of another kind" if strange else "")


def records(schema: ResourceSchema, data: Any) -> list[Any] | None:
    """Return the records of a list's envelope, None where a body is none.

    They stand under the list's key; else under the only key that holds an array, where the object has what every page of the list
    has, and no error has.
    """
    if not isinstance(data, dict):
        return None
    if schema.list_key in data or ("next_page_uri" if schema.paged else "uri") not in data or "code" in data:
        found = data.get(schema.list_key)
        return found if isinstance(found, list) else None
    arrays = [value for value in data.values() if isinstance(value, list)]
    return arrays[0] if len(arrays) == 1 else None


def secrets_of(schema: ResourceSchema, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the secrets of a record's body, which are never stored."""
    return {name: body[name] for name in schema.secrets if body.get(name)}


def reply_record(
    schema: ResourceSchema, request: Request, response: Response, given: Mapping[str, Any], key: Any = None
) -> dict[str, Any]:
    """Return the record that is the reply to a write or to a fetch.

    :param given: the values that follow from the request.
    :param key: the last part of the record's key, where it is known.
    :raises OutcomeUnknown: the reply to a write is no such record. The write was sent, and is not sent again.
    :raises UnexpectedAnswer: the reply to a GET is no such record.
    """
    try:
        data: Any = NO_BODY if response.is_blank else response.json()
        wrong = mismatch(schema, data, given, key)
        if not wrong:
            schema.codec.read(data, given)
    except JSON_ERRORS as error:
        data, wrong = None, f"something that cannot be read: {why_unreadable(error)}"
    if wrong and request.method == "GET":
        raise unexpected(f"a {schema.name}", wrong, request.path.removesuffix(".json"), data)
    if wrong:
        raise OutcomeUnknown(
            f"the answer to {request.method} {request.path} is not a {schema.name}, but {wrong};"
            " it may have happened: look it up before sending it again"
        )
    return data  # type: ignore[no-any-return]


# ---------------------------------------------------------------- errors and their texts


def unexpected(wanted: str, came: str, path: str, data: Any) -> UnexpectedAnswer:
    """Return the error for a success that is not what was requested. It has the code of Twilio's error, where ``data`` is one."""
    code = data.get("code") if isinstance(data, dict) else None
    return UnexpectedAnswer(
        f"the answer is not {wanted}, but {came}; nothing of it was stored",
        status=200, method="GET", path=path + ".json", code=code if type(code) is int else None,
    )  # fmt: skip


def explained(schema: ResourceSchema, absent: NotFound) -> NotFound:
    """Return a 404 with what it means, where Twilio's documents no longer have the path."""
    if schema.legacy:
        absent.message += f"; {schema.legacy}"
        absent.args = (absent.message,)
    return absent


def unreadable(schema: ResourceSchema, names: Sequence[str]) -> str:
    """Return the text that names records which cannot be read."""
    return f"{schema.name} that cannot be read: {', '.join(names)}"


def skipped(schema: ResourceSchema, names: Sequence[str]) -> str:
    """Return the warning that names the records which a sync did not store."""
    return f"skipped {unreadable(schema, names)}; nothing is claimed of the lists that hold them"
