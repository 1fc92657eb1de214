"""The auth tokens that verify webhooks, by account. They are in memory only; those of subaccounts are read from Twilio once.

A forged webhook may name any account. So few requests are sent for accounts that are not known yet, and an account that Twilio
does not have is remembered for a while.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from .. import _forks
from .._secret import Secret
from ..errors import ConfigurationError, NotFound, NotLoaded, TwilioOrmError
from ..http.credentials import check_account
from .signature import Token

if TYPE_CHECKING:
    from ..connection import Connection

log = logging.getLogger("twilio_orm")

Tokens = tuple[Token, ...]

NEW_ACCOUNTS = 10
"""How many accounts that the mirror does not know are looked up at Twilio within a minute."""
REMEMBERED = 300.0
"""Seconds after which a token that did not verify a webhook, or an account that Twilio does not have, is looked up again."""
RETRY = 30.0
"""Seconds after which an account is looked up again, if Twilio could not be reached."""
WAIT = 5.0
"""Seconds that a webhook waits while the token of another account is looked up."""
MOST_ACCOUNTS = 10_000
"""The most accounts whose tokens, or whose absence, are kept in memory."""


class NoKeyNow(Exception):
    """The token of an account cannot be looked up at this moment; the sender should try again."""


class AuthTokens:
    """The auth tokens of a connection's accounts. Its repr shows none.

    :param connection: the connection whose subaccounts' tokens are looked up. Only one that has an auth token can do that.
    :param given: tokens by account, beside the connection's own.
    :param clock: returns seconds; for tests.
    :raises ConfigurationError: a key of ``given`` is no account's SID, or a token is empty.
    """

    def __init__(
        self,
        connection: Connection,
        given: Mapping[str, Token | Iterable[Token]] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection, self._clock = connection, clock
        credentials = connection.credentials
        self._own: dict[str, Tokens] = {}
        self.can_look_up = credentials.username == credentials.account_sid
        if self.can_look_up:
            self._own[credentials.account_sid] = (credentials.password,)
        for account, tokens in (given or {}).items():
            several = (tokens,) if isinstance(tokens, (str, Secret)) else tuple(tokens)
            if not several or not all(one.reveal() if isinstance(one, Secret) else one for one in several):
                raise ConfigurationError(f"the auth token of {check_account(account)} is empty")
            self._own[check_account(account)] = (*self._own.get(account, ()), *several)
        # When to look an account up again, and its tokens: none if Twilio does not have it, None if it could not be reached.
        self._found: OrderedDict[str, tuple[float, Tokens | None]] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=NEW_ACCOUNTS)
        self._lock = _forks.lock()

    def __repr__(self) -> str:
        return f"<AuthTokens of {len(self._own)} accounts, and {len(self._found)} that were looked up>"

    def __bool__(self) -> bool:
        """Whether any account's webhooks can be verified."""
        return bool(self._own)

    def of(self, account_sid: str, *, again: bool = False) -> Tokens:
        """Return the tokens of an account; none if it is not one of the connection's. Calls Twilio for a new subaccount.

        :param account_sid: the account; "" for the connection's own.
        :param again: look a token up that is older than five minutes: it did not verify a webhook, and may have been replaced.
        :raises NoKeyNow: Twilio could not be reached, or too many new accounts were looked up within a minute.
        """
        account_sid = account_sid or self._connection.account_sid
        own = self._own.get(account_sid)
        if own is not None or not self.can_look_up:
            return own or ()
        found = self._found.get(account_sid)
        if found is not None and (self._clock() < found[0] or (found[1] and not again)):
            return _known(found[1])
        if not self._lock.acquire(timeout=WAIT):
            raise NoKeyNow("the auth tokens of other accounts are being looked up")
        try:
            latest = self._found.get(account_sid)
            if latest is not found and latest is not None:  # another thread has looked it up
                return _known(latest[1])
            return self._look_up(account_sid, found[1] if found else None)
        finally:
            self._lock.release()

    def _look_up(self, account_sid: str, before: Tokens | None) -> Tokens:
        """Read an account's token from Twilio, and remember it. Calls Twilio."""
        from ..resources.accounts import Account  # pure verification needs none of the models

        if not before and account_sid not in self._connection.mirror.accounts():
            now = self._clock()
            if len(self._recent) == NEW_ACCOUNTS and now - self._recent[0] < 60:
                raise NoKeyNow("too many new accounts were named within a minute")
            self._recent.append(now)
        try:
            tokens: Tokens = (Account.using(self._connection).get(account_sid).auth_token,)
        except (NotFound, NotLoaded):
            self._remember(account_sid, (), REMEMBERED)
            return ()
        except TwilioOrmError as error:
            log.warning("the auth token of %s cannot be looked up: %s", account_sid, type(error).__name__)
            self._remember(account_sid, before, RETRY)
            return _known(before)
        self._remember(account_sid, tokens, REMEMBERED)
        return tokens

    def _remember(self, account_sid: str, tokens: Tokens | None, seconds: float) -> None:
        self._found[account_sid] = (self._clock() + seconds, tokens)
        self._found.move_to_end(account_sid)
        while len(self._found) > MOST_ACCOUNTS:
            self._found.popitem(last=False)


def _known(tokens: Tokens | None) -> Tokens:
    """The tokens. Raises NoKeyNow for None."""
    if tokens is None:
        raise NoKeyNow("the auth token of the account cannot be looked up at the moment")
    return tokens
