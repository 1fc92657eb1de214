"""The exceptions of this library, as one tree.

::

    TwilioOrmError
    ├── ConfigurationError(ValueError)      region, mirror, clock, CredentialsError: before anything is sent
    ├── QueryError(ValueError)              UnknownField · UnknownLookup · MissingScope · BadValue
    ├── NotCovered(LookupError)             the mirror has not fetched this query completely
    ├── DoesNotExist(LookupError)           no record matches, live or offline
    ├── MultipleObjectsReturned(LookupError)
    ├── NotLoaded                           this record was read without the field: refresh() or a sync reads it
    ├── ReadOnly(AttributeError)            this method, field or table cannot be written
    ├── ConfirmationRequired                an irreversible change was not confirmed
    ├── Conflict                            Twilio's value changed since it was read
    ├── BudgetExceeded                      more requests than allowed
    ├── Offline(ConnectionError)            a request was needed on a connection without the network
    ├── Unreachable(ConnectionError)        no usable response came
    │   └── OutcomeUnknown                  no usable response to a write came: it may have happened
    ├── MirrorError                         SchemaTooNew · MirrorLocked · MirrorCorrupt · MirrorFull
    └── ApiError                            Twilio responded with an error
        BadRequest 400 (OutsideRetention 20004) · Unauthorized 401 · Forbidden 403 · NotFound 404
        Conflicting 409 · TooManyRequests 429 · ServerError 5xx (WriteServerError, an OutcomeUnknown too, of a write)
        UnexpectedAnswer 2xx

Each exception inherits the builtin that a caller would catch, can be pickled, and contains no credential, query string or body.
Control characters in its text are escaped, wherever the text comes from (:func:`visible`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any


class TwilioOrmError(Exception):
    """The base class of every exception that this library raises on purpose."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*(visible(one) if isinstance(one, str) else one for one in args))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(kind: type[TwilioOrmError], args: tuple[Any, ...], state: dict[str, Any]) -> TwilioOrmError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(TwilioOrmError, ValueError):
    """Credentials, region, host or mirror do not fit together. Nothing was sent."""


class CredentialsError(ConfigurationError):
    """The account's SID, its token, or a key with its secret is missing or malformed. Nothing was sent."""


class QueryError(TwilioOrmError, ValueError):
    """The query is not valid. Nothing was sent."""


class UnknownField(QueryError):
    """The resource has no such field."""


class UnknownLookup(QueryError):
    """There is no such lookup, or not for a field of this type."""


class MissingScope(QueryError):
    """A query for a nested resource does not name its parent."""


class BadValue(QueryError):
    """A value has the wrong type or form."""


class NotCovered(TwilioOrmError, LookupError):
    """The mirror has not fetched this query completely, and does not return a part of the records as if it were all.

    ``syncs`` are the calls that fetch what it lacks, where they are known.
    """

    def __init__(self, *args: Any, syncs: Iterable[str] = ()) -> None:
        super().__init__(*args)
        self.syncs = tuple(syncs)


class DoesNotExist(TwilioOrmError, LookupError):
    """No record matches the query."""


class MultipleObjectsReturned(TwilioOrmError, LookupError):
    """More than one record matches a query that expects one."""


class NotLoaded(TwilioOrmError):
    """This record was read without this field; ``refresh()`` reads it.

    ``syncs`` are the calls that read what several records lack, where they are known.
    """

    def __init__(self, *args: Any, syncs: Iterable[str] = ()) -> None:
        super().__init__(*args)
        self.syncs = tuple(syncs)


class ReadOnly(TwilioOrmError, AttributeError):
    """This method, field or table cannot be written."""


class ConfirmationRequired(TwilioOrmError):
    """The change cannot be undone and was not confirmed. Nothing was sent."""


class Conflict(TwilioOrmError):
    """Twilio's value changed since it was read."""


class BudgetExceeded(TwilioOrmError):
    """A block sent as many requests as it was allowed. The next request was not sent."""


class Offline(TwilioOrmError, ConnectionError):
    """A request was needed, and this connection was opened without the network."""


def offline_error(what: str) -> Offline:
    """The error for something that needs the network, on a connection that was opened without it.

    :param what: what needs the network, as the subject of a sentence.
    """
    return Offline(
        f"{what} needs the network, and this connection was opened with offline=True and only uses the mirror:"
        " use a connect() with credentials to call Twilio"
    )


class Unreachable(TwilioOrmError, ConnectionError):
    """No usable response came from Twilio.

    If it is not an :class:`OutcomeUnknown`, the request changed nothing and may be sent again. ``except Unreachable`` also
    catches OutcomeUnknown, which must not be retried blindly: catch that one first.
    """


class OutcomeUnknown(Unreachable):
    """A write was sent and no usable response came: Twilio may or may not have carried it out.

    A 5xx in reply to a write is one, too: :class:`WriteServerError`.

    It is an :class:`Unreachable`, but must not be retried blindly: a repeated create may send a message twice. Check at Twilio
    first whether the write happened. This library never repeats a create by itself.
    """


class MirrorError(TwilioOrmError):
    """The mirror's file cannot be used as requested."""


class SchemaTooNew(MirrorError):
    """The mirror's file was written by a later release."""


class MirrorLocked(MirrorError):
    """Another process held the mirror's file for longer than the busy timeout."""


class MirrorCorrupt(MirrorError):
    """The mirror's file is damaged, or is not an SQLite database."""


def unreadable(what: str) -> MirrorCorrupt:
    """The error for a stored value that cannot be read.

    :param what: what cannot be read, as the subject of a sentence.
    """
    return MirrorCorrupt(
        f"{what} cannot be read: the mirror's file is damaged. Move it away, or use another path, and sync again;"
        " `twilio-orm doctor` checks the whole file"
    )


class MirrorFull(MirrorError):
    """The disk is full, or the mirror's file cannot be written."""


class ApiError(TwilioOrmError):
    """Twilio responded with an error.

    ``status`` is the HTTP status, ``code`` Twilio's own error number or None, ``message`` Twilio's text, and ``more_info`` the
    address of its explanation. ``method`` and ``path`` are the request's; the query string is never kept. ``request_id`` is the
    number that Twilio's support needs, ``retry_after`` the seconds to wait, or None.
    """

    def __init__(
        self,
        message: str = "",
        *,
        status: int = 0,
        code: int | None = None,
        more_info: str | None = None,
        method: str = "",
        path: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = visible(message)
        self.status = status
        self.code = code
        self.more_info = None if more_info is None else visible(more_info)
        self.method = method
        self.path = visible(path)
        self.request_id = None if request_id is None else visible(request_id)
        self.retry_after = retry_after

    def __str__(self) -> str:
        code = f" (code {self.code})" if self.code is not None else ""
        where = f" [{self.method} {self.path}]" if self.path else ""
        status = f": HTTP {self.status}{code}" if self.status else ""
        return f"{self.message or 'no message'}{status}{where}"


class BadRequest(ApiError):
    """400: Twilio refuses the parameters."""


class OutsideRetention(BadRequest):
    """20004: the time window lies, at least in part, before the records that Twilio keeps."""


class Unauthorized(ApiError):
    """401: the credentials are wrong or of another region, or the account is suspended."""


class Forbidden(ApiError):
    """403: the credentials are valid and not allowed to do this."""


class NotFound(ApiError):
    """404: there is nothing at this path. Only with Twilio's own code, 20404, does it mean that a record does not exist."""

    @property
    def certain(self) -> bool:
        """Whether the 404 is Twilio's own, with code 20404: a proxy's 404 does not say whether a record exists."""
        return self.code == 20404


class Conflicting(ApiError):
    """409: the record's present state does not allow this."""


class TooManyRequests(ApiError):
    """429: too many requests at once; this one was not processed."""


class ServerError(ApiError):
    """5xx: Twilio failed. In reply to a write it is a :class:`WriteServerError`."""


class WriteServerError(ServerError, OutcomeUnknown):
    """5xx in reply to a create, an update or a delete: it may have happened all the same.

    It is a :class:`ServerError` and an :class:`OutcomeUnknown`, so that either of them catches it.
    """


class UnexpectedAnswer(ApiError):
    """2xx with a body that is not a list, not a record, or another record than the requested one.

    Nothing of it is stored in the mirror.
    """


def suggest(wrong: str, known: Iterable[str]) -> str:
    """``"; did you mean 'status'?"``, or a full stop if no name is similar.

    :param wrong: the name that was given.
    :param known: the names that exist.
    """
    near = nearest(wrong, known)
    return f"; did you mean {near!r}?" if near is not None else "."


def nearest(wrong: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The existing name that is most similar to a wrong one, or None.

    :param wrong: the name that was given.
    :param known: the names that exist.
    :param cutoff: the least similarity, from 0 to 1.
    """
    import difflib

    near = difflib.get_close_matches(wrong, list(known), n=1, cutoff=cutoff)
    return near[0] if near else None


# ---------------------------------------------------------------- text from outside

_JOINERS = "\u200c\u200d"  # they join letters and emoji, and move no text
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_PLAIN = re.compile(r"[ -~]*")


def visible(text: str, *, keep: str = "") -> str:
    r"""``text`` with every control, bidi and other invisible character escaped: ESC is ``\x1b``.

    :param text: any text.
    :param keep: characters that are not escaped.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(one if one in keep or not _is_invisible(one) else _escaped(one) for one in text)


def _is_invisible(one: str) -> bool:
    import unicodedata  # most texts are plain ASCII and never get here

    kind = unicodedata.category(one)
    return kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and one not in _JOINERS)


def _escaped(one: str) -> str:
    code = ord(one)
    if one in _NAMED:
        return _NAMED[one]
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
