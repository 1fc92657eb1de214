"""The table of what the simulation refuses: Twilio's error codes, HTTP statuses and messages, and when they are sent. Pure.

Every error response is built from a row of this table; the guide's page about testing shows the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_ARRANGED = "Arranged by fail_next"


class Refusal(NamedTuple):
    """An error that Twilio sends.

    :param code: Twilio's error code.
    :param status: the HTTP status.
    :param message: the text of the error; ``{To}`` stands for a parameter of the request, ``{text}`` for what the case adds.
    :param when: the condition, as the guide states it.
    """

    code: int
    status: int
    message: str
    when: str

    def text(self, values: Mapping[str, object]) -> str:
        """Return the message with its values; a parameter that is not given is empty."""
        return self.message.format_map(_Values(values))


class _Values(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return _ARRANGED if name == "text" else ""


REFUSALS = (
    Refusal(
        10001, 403, "Account is not active",
        "the account, or the account that owns it, is suspended; it is closed, and this writes",
    ),
    Refusal(20001, 400, "{text}", "a parameter or a value that Twilio does not document, or that the record does not allow"),
    Refusal(
        20003, 401, "Authenticate",
        "wrong credentials, credentials of a closed account, or of an account or a key that may not do this",
    ),
    Refusal(20004, 400, "{text}", "the days requested are earlier than those for which messages are kept"),
    Refusal(20004, 405, "Method {method} is not allowed here", "the resource has no such operation"),
    Refusal(
        20008, 403, "Resource not accessible with Test Account Credentials",
        "test credentials, for anything but a new message, call or number",
    ),
    Refusal(20009, 409, "{text}", "a call or a message is deleted before its status is final"),
    Refusal(20403, 403, "Forbidden", "arranged only: the credentials have no permission"),
    Refusal(20404, 404, "The requested resource {path} was not found", "no such record or path"),
    Refusal(20409, 409, "Conflict", "arranged only: the record changed at the same time"),
    Refusal(20429, 429, "Too many requests", "arranged only: too many requests at a time"),
    Refusal(
        20500, 500, "An internal server error has occurred",
        "arranged, or a usage list with more than `usage_page_limit` records a page",
    ),
    Refusal(21201, 400, "No 'To' number is specified", "a call without `To`"),
    Refusal(
        21205, 400, "Url is not a valid URL: {Url}",
        "a call without `Url`, `Twiml` and `ApplicationSid`, or whose `Url` is not a whole URL",
    ),
    Refusal(
        21210, 400,
        "The source phone number provided, {From}, is not yet verified for your account. You may only make"
        " calls from phone numbers that you've verified or purchased from Twilio.",
        "a call from a number that is neither a number nor a verified caller ID of the account",
    ),
    Refusal(
        21211, 400, "The 'To' number {To} is not a valid phone number.",
        "`To` is no phone number, nor another address that can be reached",
    ),
    Refusal(
        21212, 400, "The 'From' number {From} is not a valid phone number or sender.",
        "`From` is no phone number, nor another sender",
    ),
    Refusal(21213, 400, "A 'From' number is required", "a call without `From`"),
    Refusal(21214, 400, "The phone number {To} cannot be reached.", "a call to +15005550002 with test credentials"),
    Refusal(21215, 400, "The account is not permitted to call {To}.", "a call to +15005550003 with test credentials"),
    Refusal(21216, 400, "The account is not allowed to call {To}.", "a call to +15005550004 with test credentials"),
    Refusal(21217, 400, "Phone number {To} does not appear to be valid", "a call to +15005550001 with test credentials"),
    Refusal(
        21220, 400, "Invalid call state: {text}",
        "a call that is over is ended or changed, or one that is not in progress is redirected or recorded",
    ),
    Refusal(21266, 400, "'To' and 'From' number cannot be the same: {To}", "a message from a number to itself"),
    Refusal(
        21408, 400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {To}.",
        "a message to +15005550003 with test credentials",
    ),
    Refusal(21421, 400, "PhoneNumber is invalid: {PhoneNumber}", "the number to buy is missing or is no phone number"),
    Refusal(21422, 400, "{PhoneNumber} is not available", "the number to buy is not for sale"),
    Refusal(21450, 400, "{PhoneNumber} is already validated", "the caller ID to verify is verified already"),
    Refusal(21452, 400, "No phone numbers found in area code {AreaCode}", "no number is for sale in the area code"),
    Refusal(21481, 400, "Invalid PageToken", "the `PageToken` of a list is wrong"),
    Refusal(21602, 400, "Message body is required.", "a message without `Body`, `MediaUrl` and `ContentSid`"),
    Refusal(
        21603, 400, "A 'From' or 'MessagingServiceSid' parameter is required to send a message.",
        "a message without `From` and `MessagingServiceSid`",
    ),
    Refusal(21604, 400, "A 'To' phone number is required.", "a message without `To`"),
    Refusal(
        21606, 400,
        "The From phone number {From} is not a valid, SMS-capable inbound phone number or short code for"
        " your account.",
        "a message from a number or a short code that no account of yours owns, or that cannot send messages",
    ),
    Refusal(21610, 400, "Attempt to send to unsubscribed recipient", "a message to somebody who has sent STOP to this sender"),
    Refusal(
        21611, 400, "This 'From' number {From} has exceeded the maximum number of queued messages.",
        "a message from +15005550008 with test credentials",
    ),
    Refusal(
        21612, 400, "The 'To' phone number {To} is not currently reachable using the 'From' phone number {From} via SMS.",
        "a message from a name to a number in the USA or Canada; to +15005550002 with test credentials",
    ),
    Refusal(21614, 400, "To number: {To}, is not a mobile number", "a message to +15005550009 with test credentials"),
    Refusal(
        21617, 400, "The concatenated message body exceeds the 1600 character limit",
        "the `Body` of a message has more than 1,600 characters",
    ),
    Refusal(21620, 400, "Invalid media URL(s): {text}", "a `MediaUrl` does not begin with `http://` or `https://`"),
    Refusal(21623, 400, "Number of media files exceeds allowed limit", "a message with more than ten `MediaUrl`s"),
    Refusal(
        21660, 400, "Mismatch between the 'From' number {From} and the account {text}",
        "a message from a number of another account of yours",
    ),
    Refusal(
        21910, 400, "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel",
        "a message between two channels, such as from a number to `whatsapp:`",
    ),
    Refusal(35111, 400, "SendAt timestamp is missing", "a scheduled message without `SendAt`"),
    Refusal(
        35114, 400, "SendAt time must be between 300 seconds and 35 days (3024000 seconds) in the future, inclusive",
        "a scheduled message for less than five minutes or more than 35 days from now",
    ),
    Refusal(
        35118, 400, "MessagingServiceSid is required to schedule a message",
        "a scheduled message without a messaging service",
    ),
    Refusal(
        63007, 400, "Twilio could not find a Channel with the specified From address",
        "a message from `whatsapp:` and a number that the account does not own",
    ),
    Refusal(
        63031, 400, "Channels message cannot have same From and To",
        "a message from an address such as `whatsapp:+1…` to itself",
    ),
)  # fmt: skip
"""The rows, by code; a code has several rows if its status differs."""


def find_refusal(code: int, status: int | None = None) -> Refusal:
    """Return the row of a code; the first one if it has several.

    :param code: Twilio's error code.
    :param status: the HTTP status; None for that of the row.
    :returns: the row. A code that the table does not contain gets one with the status, 400 by default.
    """
    rows = [row for row in REFUSALS if row.code == code]
    row = next((row for row in rows if row.status == status), rows[0] if rows else Refusal(code, 400, "{text}", ""))
    return row if status is None else Refusal(code, status, row.message, row.when)
