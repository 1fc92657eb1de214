"""Verifying a webhook against what one would write by hand, against one ``hmac``, and against the official client's validator."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from twilio.request_validator import RequestValidator

from twilio_orm.webhooks import verify

from .lines import Line

TOKEN = "0123456789abcdef" * 2
URL = "https://example.com/twilio/status?id=1"
PARAMETERS = {
    "AccountSid": "AC" + "a" * 32, "ApiVersion": "2010-04-01", "CallSid": "CA" + "1" * 32, "CallStatus": "completed",
    "Called": "+15550000001", "CalledCity": "NEW YORK", "CalledCountry": "US", "CalledState": "NY", "CalledZip": "10001",
    "Caller": "+15550000002", "CallerCity": "", "CallerCountry": "US", "CallerState": "CA", "CallerZip": "",
    "Direction": "outbound-api", "Duration": "1", "CallDuration": "42", "From": "+15550000002", "FromCountry": "US",
    "To": "+15550000001", "ToCity": "NEW YORK", "ToCountry": "US", "Timestamp": "Sun, 01 Nov 2026 10:00:00 +0000",
    "CallbackSource": "call-progress-events", "SequenceNumber": "3",
}  # fmt: skip
"""The callback of a completed call."""
TIMES = 2_000


def webhooks(rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The lines about verifying one webhook; every side has to accept it, and to refuse another one."""
    body = urlencode(PARAMETERS).encode()
    text = (URL + "".join(name + value for name, value in sorted(PARAMETERS.items()))).encode()
    signature = base64.b64encode(hmac.new(TOKEN.encode(), text, hashlib.sha1).digest()).decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature, "Host": "example.com"}
    official = RequestValidator(TOKEN)

    def ours(sent: bytes = body) -> bool:
        return bool(verify("POST", URL, headers, sent, auth_token=TOKEN))

    def by_hand(sent: bytes = body) -> bool:
        """One spelling of the URL, and no check of anything else."""
        pairs = sorted(parse_qsl(sent.decode(), keep_blank_values=True))
        own = (URL + "".join(name + value for name, value in pairs)).encode()
        return hmac.compare_digest(base64.b64encode(hmac.new(TOKEN.encode(), own, hashlib.sha1).digest()).decode(), signature)

    def client(sent: bytes = body) -> bool:
        return bool(official.validate(URL, dict(parse_qsl(sent.decode(), keep_blank_values=True)), signature))

    def bare() -> bool:
        return bool(hmac.new(TOKEN.encode(), text, hashlib.sha1).digest())

    hand = Line("verify one webhook", "by hand: `parse_qsl`, sort, join, one `hmac`", most=1.5)
    validator = Line("verify one webhook", "`parse_qsl` and the official client's `RequestValidator`", least=2)
    alone = Line("verify one webhook", "one `hmac` over the text alone, which nobody has put together", slower=True)
    sides = [ours, by_hand, client]
    if not all(side() and not side(body + b"1") for side in sides):
        hand.faults.append("a side accepts or refuses wrongly")
    for number in range(rounds):
        several: list[Callable[[], bool]] = [*sides, bare]
        at = number % len(several)
        took = {one: once(one) for one in several[at:] + several[:at]}
        for line, side in ((hand, by_hand), (validator, client), (alone, bare)):
            line.add(took[ours], took[side])
    tell(f"webhooks, {rounds} rounds")
    return [hand, validator, alone]


def once(work: Callable[[], bool]) -> float:
    """The seconds that one run takes, of many."""
    start = time.perf_counter()
    for _ in range(TIMES):
        work()
    return (time.perf_counter() - start) / TIMES
