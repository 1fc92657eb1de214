"""Random histories that hold whatever real accounts were seen to hold, and some of what they could: on top of the
fake's own awkward ones, records on the very edges of days, and every kind of strange value in every kind of field.

Three things are left out, because no question could reach them at Twilio: conferences of a status that the API does not
document (their list is asked for by status), fractions of a second in the fields by which the fake orders its pages, and
conferences and recordings without a readable time of creation (their lists are asked for by it, and Twilio knows it of each;
the lists of calls and messages hold records without their time, and so do these histories).
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

from plain import FIELDS, UTC, Payload

from twilio_orm.testing import FakeTwilio

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
DAYS = 5
RESOURCES = ("Call", "Message", "Conference", "IncomingPhoneNumber", "Recording", "Application", "Account")
SHELVES = {"IncomingPhoneNumber": "numbers"}
READINGS = ("documented", "before", "midnight", "inclusive")

TEXTS = (
    "", " ", "a", "A", "busy", "Straße", "STRASSE", "straße 7", "İstanbul", "ıstanbul", "Σίσυφος", "ΣΊΣΥΦΟΣ",
    "\ufb01n", "FIN",
    "[/markup] [bold]x", "\x1b[31mred\x1b[0m", "nul\x00inside", "nul", "lone \ud800 surrogate",
    "lone \ufffd surrogate", "\udfff",
    "👩‍👩‍👧 नमस्ते", "e\u0301", "é", "100%", "100_", "1001", "back\\slash", "quote'\"", "*", "line\nbreak\r\n\ttab",
    "trailing ",
    " leading", "long " * 20_000, "null", "true", "\uffff", "\U00010000",
)  # fmt: skip
ODD_TEXTS: tuple[Any, ...] = (None, None, 12345, True, 2**70)
PHONES = (
    "+14155550100",
    "+14155550101",
    "+1415555010",
    "+491771234567",
    "whatsapp:+447781123456",
    "+88213300655",
    "+12425550100",
    "client:Zoë",
    "client:zoë",
    "whatsapp:+4915",
    "sip:[/red]@x.com",
    "12345",
)
DIRECTIONS = (
    "inbound", "outbound-api", "outbound-dial", "outbound-call", "outbound-reply", "trunking-originating",
    "trunking-terminating", "Inbound",
)  # fmt: skip
MONEY: tuple[Any, ...] = (
    "-0.03000", "-0.03", "-0.0300", -0.03, "0", "-0", "0.00000", "1E-7", "0.0000001", "-0.00750", "+0.04", "12", 12,
    "1E+3", "1000.0",
    "100000000000000000000.01", "100000000000000000000.02", "0.1", "0.30000000000000004", "0.1000000000000000055",
    "9007199254740993", "9223372036854775806.5", "-0.00000", "", "free", "NaN", None,
    None, True, [1],
)  # fmt: skip
WHOLES: tuple[Any, ...] = (
    0, "0", 1, "1", "007", 42, "42", -1, 2**63 - 1, str(2**63 - 1), 2**63, 2**80, str(2**80), -(2**63), "", "many",
    4.5, None, None, True,
)  # fmt: skip
FLAGS: tuple[Any, ...] = (True, True, False, False, None, "true", "FALSE", "maybe", 1, "")
OBJECTS: tuple[Any, ...] = (
    None, {}, [], {"voice": True, "sms": False}, {"sms": False, "voice": True}, {"Voice": True}, {"a": {"c": 1,
    "b": [1, "zwei", None]}},
    ["x", "X"], "plain text", 7, {"price": 0.25}, {"ü": "\ud800"}, {"big": 2**70}, False,
)  # fmt: skip
ODD_TIMES: tuple[Any, ...] = (None, None, None, "", "soon", 1234567890, "Sat, 31 Feb 2026 00:00:00 +0000")
ALWAYS_TIMED = {("Conference", "date_created"), ("Recording", "date_created")}


def when(chance: random.Random, fine: bool = False) -> datetime:
    """An instant that loves midnights."""
    day = NOW.replace(hour=0) - timedelta(days=chance.randrange(DAYS))
    edge = chance.choice((-1, 0, 0, 0, 1, 3600, 43200, 86399, chance.randrange(86400)))
    return day + timedelta(seconds=edge, microseconds=chance.choice((0, 0, 1, 500000, 999999)) if fine else 0)


def spell_time(chance: random.Random, at: datetime) -> str:
    """A payload's spelling of an instant: mostly as documented."""
    style = chance.randrange(10)
    if at.microsecond or style == 0:
        return at.isoformat() if chance.random() < 0.5 else at.isoformat().replace("+00:00", "Z")
    zone = timezone(timedelta(hours=chance.choice((1, -8, 5.5)))) if style in (1, 2) else UTC
    return at.astimezone(zone).strftime("%a, %d %b %Y %H:%M:%S %z")


def sid(chance: random.Random, prefix: str) -> str:
    return prefix + f"{chance.getrandbits(128):032x}"


def strange(chance: random.Random, resource: str, field: str) -> Any:
    """Some value of the field's kind."""
    kind = FIELDS[resource][field]
    if kind == "time":
        if chance.random() < 0.1 and (resource, field) not in ALWAYS_TIMED:
            return chance.choice(ODD_TIMES)
        return spell_time(chance, when(chance, fine=field in ("date_updated", "end_time")))
    if field == "beta":  # Twilio knows its own flag, which it filters by
        return chance.choice((True, False, False, None))
    if field == "direction" and chance.random() < 0.7:
        return chance.choice(DIRECTIONS)
    if kind == "text":
        if field in ("to", "from_", "phone_number", "forwarded_from"):
            return chance.choice((*PHONES, *PHONES, *PHONES, "", None, 12345, "client:\x1b[2J"))
        return chance.choice((*TEXTS, *ODD_TEXTS))
    if field == "error_code" and chance.random() < 0.5:
        return chance.choice((30003, "30007", 21610, 63016, 30004, 99999))
    pools = {"number": MONEY, "whole": WHOLES, "flag": FLAGS, "json": OBJECTS}
    return chance.choice(pools[kind])


# Fields that decide what a list shows, or that the fake makes up: they are chosen with care below, or left alone.
_CAREFUL = {"sid", "account_sid", "owner_account_sid", "status", "type", "uri", "subresource_uris", "media_url"}
STATUSES = {
    "Call": ("queued", "ringing", "in-progress", "completed", "completed", "busy", "BUSY", "rerouted", "", None),
    "Message": ("delivered", "delivered", "failed", "received", "teleported", "", None),
    "Conference": ("init", "in-progress", "completed"),
    "IncomingPhoneNumber": ("in-use", None),
    "Recording": ("completed", "completed", "processing", "deleted", "absent", None),
    "Account": ("active", "active", "active", "suspended"),
    "Application": (None,),
}
TYPES = ("local", "local", "mobile", "toll-free", "toll-free", "satellite", None)


def invent(chance: random.Random, resource: str) -> Payload:
    """The values of one record."""
    made: Payload = {}
    fields = FIELDS[resource]
    for field, kind in fields.items():
        if field in _CAREFUL or kind == "sid" or chance.random() < 0.4:
            continue
        made[field.rstrip("_")] = strange(chance, resource, field)
    if "status" in fields and resource != "Application":
        made["status"] = chance.choice(STATUSES[resource])
    if resource == "IncomingPhoneNumber":
        made["type"] = chance.choice(TYPES)
        made["phone_number"] = f"+1415{chance.randrange(10**7):07d}"
    for field, prefix, some in (
        ("parent_call_sid", "CA", 3),
        ("call_sid", "CA", 3),
        ("voice_application_sid", "AP", 2),
    ):
        if field in fields and chance.random() < 0.6:
            made[field] = prefix + f"{chance.randrange(some):032x}"
    if chance.random() < 0.15:
        made["brand_new_field"] = {"nested": [1, "two", None], "deep": "\ud800"}
    return made


def grow(seed: int, reading: str = "documented", size: int = 45) -> FakeTwilio:
    """An account with a history, and a child account with another one."""
    chance = random.Random(f"history {seed}")
    fake = FakeTwilio(clock=NOW, date_bounds=reading)
    fake.populate(
        calls=size // 3, messages=size // 3, numbers=8, conferences=10, recordings=12, applications=6, subaccounts=1,
        days=DAYS, seed=seed, awkward=True,
    )  # fmt: skip
    for resource in RESOURCES:
        rows = getattr(fake, SHELVES.get(resource, resource.lower() + "s"))
        for _ in range(size if resource in ("Call", "Message") else 6 if resource == "Account" else size // 2):
            rows.add(**invent(chance, resource))
    return fake


def rows_of(fake: FakeTwilio, resource: str, deleted: bool = False) -> list[Payload]:
    """The payloads that Twilio would list for the main account: what the plain loop runs over."""
    if resource == "UsageRecord":
        raise ValueError("usage records are sums: ask the fake's list")
    rows = list(getattr(fake, SHELVES.get(resource, resource.lower() + "s")))
    if resource == "Recording" and not deleted:
        return [row for row in rows if row["status"] != "deleted"]
    return rows
