"""What can go wrong, as one tree.

::

    TwilioOrmError
    ├── ConfigurationError(ValueError)      region, mirror, CredentialsError: before anything is sent
    ├── QueryError(ValueError)              UnknownField · UnknownLookup · MissingScope · BadValue
    ├── NotCovered(LookupError)             the mirror has not heard this question whole
    ├── DoesNotExist(LookupError)           no such record, live or offline
    ├── MultipleObjectsReturned(LookupError)
    ├── NotLoaded                           a field this record does not have: refresh()
    ├── ReadOnly(AttributeError)            this word, field or table cannot be written
    ├── ConfirmationRequired                an irreversible act was not confirmed
    ├── Conflict                            Twilio's value is no longer the one that was seen
    ├── BudgetExceeded                      more requests than allowed
    ├── Offline(ConnectionError)            the network was needed and is switched off
    ├── Unreachable(ConnectionError)        no answer came
    │   └── OutcomeUnknown                  a write left and no answer came: it may have happened
    ├── MirrorError                         SchemaTooNew · MirrorLocked · MirrorCorrupt · MirrorFull
    └── ApiError                            Twilio answered, and the answer is no
        BadRequest 400 (OutsideRetention 20004) · Unauthorized 401 · Forbidden 403 · NotFound 404
        Conflicting 409 · TooManyRequests 429 · ServerError 5xx
        UnexpectedAnswer 2xx

Each inherits the builtin a caller would catch, pickles, and holds no credential, query string or body. Whatever the text comes
from, what would steer a terminal, a log or a reader's eye is spelled out in it (:func:`visible`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any


class TwilioOrmError(Exception):
    """The root of everything this library raises on purpose."""

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
    """The account's SID, its token, or a key with its secret is missing or misshapen. Nothing was sent."""


class QueryError(TwilioOrmError, ValueError):
    """The question cannot be asked. Nothing was sent."""


class UnknownField(QueryError):
    """No such field on this resource."""


class UnknownLookup(QueryError):
    """No such lookup, or not on a field of this type."""


class MissingScope(QueryError):
    """A nested resource was asked for without naming its parent."""


class BadValue(QueryError):
    """A value of the wrong type or shape."""


class NotCovered(TwilioOrmError, LookupError):
    """The mirror has not heard this question whole, so it does not answer it."""


class DoesNotExist(TwilioOrmError, LookupError):
    """No record answers the question."""


class MultipleObjectsReturned(TwilioOrmError, LookupError):
    """More than one record answers a question that expects one."""


class NotLoaded(TwilioOrmError):
    """This record was read without this field; ``refresh()`` reads it."""


class ReadOnly(TwilioOrmError, AttributeError):
    """This word, field or table cannot be written."""


class ConfirmationRequired(TwilioOrmError):
    """The act cannot be undone and was not confirmed. Nothing was sent."""


class Conflict(TwilioOrmError):
    """Twilio's value is no longer the one that was seen."""


class BudgetExceeded(TwilioOrmError):
    """More requests than allowed. The one too many was not sent."""


class Offline(TwilioOrmError, ConnectionError):
    """The network was needed and is switched off."""


def switched_off(what: str) -> Offline:
    """The error of ``what``, which needs the network, on a connection that was opened without it."""
    return Offline(
        f"{what} needs the network, and this connection was opened with offline=True to read the mirror only:"
        " connect() with credentials to ask Twilio"
    )


class Unreachable(TwilioOrmError, ConnectionError):
    """No answer came, and nothing was changed by asking."""


class OutcomeUnknown(Unreachable):
    """A write left and no answer came: it may or may not have happened. A create is never repeated by itself."""


class MirrorError(TwilioOrmError):
    """The mirror's file cannot be used as asked."""


class SchemaTooNew(MirrorError):
    """The file was written by a later release."""


class MirrorLocked(MirrorError):
    """Another process held the file for longer than the busy timeout."""


class MirrorCorrupt(MirrorError):
    """The file is damaged, or is no SQLite database."""


def unreadable(what: str) -> MirrorCorrupt:
    """The error of a stored value that is nothing it could be, with what to do."""
    return MirrorCorrupt(
        f"{what} cannot be read: the mirror's file is damaged. Move it away, or name another path, and sync anew;"
        " `twilio-orm doctor` looks at all of it"
    )


class MirrorFull(MirrorError):
    """The disk is full, or the file cannot be written."""


class ApiError(TwilioOrmError):
    """Twilio answered, and the answer is no.

    ``status`` is the HTTP status, ``code`` Twilio's own error number or None, ``message`` its words,
    ``more_info`` its address for details, ``method`` and ``path`` the request's (never its query),
    ``request_id`` what Twilio's support asks for, ``retry_after`` seconds or None.
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
    """20004: the window lies, even partly, beyond what Twilio keeps."""


class Unauthorized(ApiError):
    """401: the credentials are wrong, of another region, or the account is suspended."""


class Forbidden(ApiError):
    """403: the credentials are good and not allowed to do this."""


class NotFound(ApiError):
    """404: nothing at this path. Only with Twilio's own code, 20404, does that say something of a record."""

    @property
    def certain(self) -> bool:
        """Whether Twilio says so itself: a proxy's page of 404 tells nothing of what there is."""
        return self.code == 20404


class Conflicting(ApiError):
    """409: the record's present state does not allow this."""


class TooManyRequests(ApiError):
    """429: too many requests at once; this one was not processed."""


class ServerError(ApiError):
    """5xx: Twilio failed."""


class UnexpectedAnswer(ApiError):
    """2xx, and the body is not what was asked for: no list, no record, or another record. The mirror learns nothing of it."""


def suggest(wrong: str, known: Iterable[str]) -> str:
    """``"; did you mean 'status'?"``, or a full stop where no name comes near."""
    near = nearest(wrong, known)
    return f"; did you mean {near!r}?" if near is not None else "."


def nearest(wrong: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that a wrong one was probably meant to be, if any comes near."""
    import difflib

    near = difflib.get_close_matches(wrong, list(known), n=1, cutoff=cutoff)
    return near[0] if near else None


# ---------------------------------------------------------------- text from outside

_JOINERS = "\u200c\u200d"  # they shape letters and emoji, and move nothing
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_PLAIN = re.compile(r"[ -~]*")


def visible(text: str, *, keep: str = "") -> str:
    r"""``text`` with every control, bidi and other invisible character spelled out: ESC is ``\x1b``.

    :param keep: characters that stay as they are.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(one if one in keep or not _hidden(one) else _spelled(one) for one in text)


def _hidden(one: str) -> bool:
    import unicodedata  # plain text is most of what there is

    kind = unicodedata.category(one)
    return kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and one not in _JOINERS)


def _spelled(one: str) -> str:
    code = ord(one)
    if one in _NAMED:
        return _NAMED[one]
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
