"""Checks the credentials of a request, and whether they allow it."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..definitions.catalog import ACCOUNTS
from ..definitions.error_responses import not_found, refused, unauthorized

if TYPE_CHECKING:
    from ..world.state import State
    from .routes import Route


_TEST_PATHS = ("Messages", "Calls", "IncomingPhoneNumbers")


@dataclass(frozen=True)
class Caller:
    """The owner of the credentials of a request.

    :param account: the SID of the account.
    :param is_main: whether the credentials are the auth token or a main API key; standard keys may not use some endpoints.
    :param is_test: whether they are test credentials.
    """

    account: str
    is_main: bool = True
    is_test: bool = False


def authenticate(state: State, headers: Iterable[tuple[str, str]]) -> Caller:
    """Find the caller by HTTP Basic authentication.

    :param headers: the headers of the request.
    :raises ErrorResponse: 401/20003 for missing or wrong credentials, and for a closed account.
    """
    text = next((value for name, value in headers if name.lower() == "authorization"), "")
    try:
        user, _, secret = base64.b64decode(text.removeprefix("Basic ").encode(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthorized() from None
    row = state.accounts.rows.get(user)
    if user in state.test_accounts:
        account, expected, is_main = user, state.test_accounts[user], True
    elif row is not None:
        account, expected, is_main = user, str(row.payload["auth_token"]), True
    elif user in state.api_keys:
        key = state.api_keys[user]
        account, expected, is_main = key.account, str(key.payload["secret"]), bool(key.payload["main"])
    else:
        raise unauthorized()
    if not text.startswith("Basic ") or not hmac.compare_digest(secret.encode(), expected.encode()):
        raise unauthorized()
    if account in state.test_accounts:
        return Caller(account, is_test=True)
    if any(state.accounts.rows[sid].status == "closed" for sid in (account, state.main_account)):
        raise unauthorized()
    return Caller(account, is_main)


def authorize(state: State, caller: Caller, route: Route, method: str) -> None:
    """Check that a caller may use a route.

    :param method: the HTTP method.
    :raises ErrorResponse: 401/20003 if it may not, 403/10001 if the account is not active, 404/20404 if it does not exist.
    """
    rows = state.accounts.rows
    if caller.is_test:
        _authorize_test(caller, route, method)
        return
    creates_account = route.endpoint is ACCOUNTS and route.key is None and method != "GET"
    if (route.endpoint.main_key_only and not caller.is_main) or (creates_account and caller.account != state.main_account):
        raise unauthorized()
    if route.account and route.account not in rows:
        raise not_found(route.account)
    if route.account and caller.account not in (state.main_account, route.account):
        raise unauthorized()
    writes_records = method != "GET" and route.endpoint is not ACCOUNTS
    suspended = any(rows[sid].status == "suspended" for sid in (caller.account, state.main_account))
    if suspended or (writes_records and rows[route.account].status != "active"):
        raise refused(10001)


def _authorize_test(caller: Caller, route: Route, method: str) -> None:
    """Check what test credentials may do: create a message, a call or a number, in their own account."""
    if route.account not in ("", caller.account):
        raise unauthorized()
    if method != "POST" or route.key is not None or route.endpoint.path not in _TEST_PATHS:
        raise refused(20008)
