"""Twilio's documented numbers for tests, which mean something with test credentials only. Changes no record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..definitions.error_responses import refused

VALID = "+15005550006"
UNAVAILABLE = "+15005550000"
INVALID = "+15005550001"
_MESSAGE_FROM = {INVALID: 21212, "+15005550008": 21611}
_MESSAGE_TO = {INVALID: 21211, "+15005550002": 21612, "+15005550003": 21408, "+15005550004": 21610, "+15005550009": 21614}
_CALL_FROM = {INVALID: 21212}
_CALL_TO = {INVALID: 21217, "+15005550002": 21214, "+15005550003": 21215, "+15005550004": 21216}
_AREA_CODE = "500"


def check_message(to: str, sender: str, given: Mapping[str, Any]) -> None:
    """Check a message that was sent with test credentials.

    :param to: the recipient.
    :param sender: the sender; any but ``+15005550006`` is refused.
    :param given: the parameters of the request.
    :raises ErrorResponse: 400 with the code that Twilio documents for the number.
    """
    _check(_MESSAGE_FROM.get(sender, 0 if sender == VALID else 21606), given)
    _check(_MESSAGE_TO.get(to, 0), given)


def check_call(to: str, caller: str, given: Mapping[str, Any]) -> None:
    """Check a call that was made with test credentials.

    :param to: the number that is called.
    :param caller: the caller; any but ``+15005550006`` is refused.
    :param given: the parameters of the request.
    :raises ErrorResponse: 400 with the code that Twilio documents for the number.
    """
    _check(_CALL_FROM.get(caller, 0 if caller == VALID else 21210), given)
    _check(_CALL_TO.get(to, 0), given)


def number_to_buy(given: Mapping[str, Any]) -> str:
    """Return the number that a purchase with test credentials gets.

    :param given: the parameters of the request.
    :raises ErrorResponse: 400 with the code that Twilio documents for the number or the area code.
    """
    number = given.get("PhoneNumber")
    if number is None:
        _check(0 if given.get("AreaCode") == _AREA_CODE else 21452, given)
    else:
        _check({VALID: 0, INVALID: 21421}.get(number, 21422), given)
    return VALID


def _check(code: int, given: Mapping[str, Any]) -> None:
    if code:
        raise refused(code, given)
