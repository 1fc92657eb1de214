"""Generates a history of records from a seed, such as months of calls and messages. Handles no request."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from . import lifecycle, number_pool
from .edge_cases import add_edge_case

if TYPE_CHECKING:
    from .state import State
    from .values import Payload


def populate(state: State, counts: dict[str, int], *, subaccounts: int, days: float, seed: int, awkward: bool) -> None:
    """Generate records, spread over the last ``days`` before the clock.

    If there are ten or more calls or messages, the newest two of them are still in progress.

    :param counts: the number of records in the main account, by table, in the order in which they are generated.
    :param subaccounts: the number of subaccounts, each with a tenth of the main account's records.
    :param days: the length of the history in days.
    :param seed: the same seed generates the same history in simulations with the same main account.
    :param awkward: whether some records are edge cases, see :mod:`.edge_cases`.
    """
    chance = random.Random(f"{seed}/{days}/{sorted(counts.items())}")
    _fill(state, state.main_account, counts, days, chance, awkward)
    for index in range(subaccounts):
        sid = state.new_sid("AC")
        state.open_account(sid, state.new_hex("token"), f"Child {index + 1}", date_created=state.now - timedelta(days=days))
        tenth = {name: -(-count // 10) for name, count in counts.items()}
        _fill(state, sid, tenth, days, chance, awkward)


def _fill(state: State, account: str, counts: dict[str, int], days: float, chance: random.Random, awkward: bool) -> None:
    for table, count in counts.items():
        generated = _GENERATORS[table](state, account, _creation_times(state, count, days, chance, awkward), chance)
        for index, payload in enumerate(islice(generated, count)):
            if awkward:
                add_edge_case(table, index, payload)
            state.add(account, table, payload)
    for table, steps in (("calls", lifecycle.call_steps), ("messages", lifecycle.message_steps)):
        if counts[table] >= 10:
            newest = islice(state.table(account, table).newest_first(), 2)
            for row in list(newest):
                state.change(row, {**_QUEUED[table], "date_created": state.now, "date_updated": state.now})
                state.schedule(row, steps(row, state.now))


_QUEUED: dict[str, Payload] = {
    "calls": {"status": "queued", "start_time": None, "end_time": None, "duration": None, "price": None},
    "messages": {
        "status": "queued",
        "date_sent": None,
        "price": None,
        "direction": "outbound-api",
        "num_segments": "1",
    },
}


def _creation_times(state: State, count: int, days: float, chance: random.Random, awkward: bool) -> list[datetime]:
    """Return ascending times; with ``awkward`` one in nine is at midnight or a second before it, where many coincide."""
    times = [state.now - timedelta(seconds=chance.randint(60, max(61, int(days * 86400)))) for _ in range(count)]
    if awkward:
        for index in range(0, count, 9):
            edge = times[index].replace(hour=0, minute=0, second=0)
            times[index] = edge if index % 2 or edge < state.now - timedelta(days=days) else edge - timedelta(seconds=1)
    return sorted(times)


def _own_numbers(state: State, account: str) -> list[str]:
    rows = state.table(account, "incoming_phone_numbers").rows.values()
    return [str(row.payload["phone_number"]) for row in rows] or ["+15005550006"]


def _foreign_number(chance: random.Random) -> str:
    return f"+1{chance.randint(2012010000, 9899999999)}"


def _applications(_state: State, _account: str, times: list[datetime], _chance: random.Random) -> Iterator[Payload]:
    for index, at in enumerate(times):
        url = f"https://example.com/voice/{index}"
        yield {
            "friendly_name": f"Application {index}",
            "voice_url": url,
            "date_created": at,
            "date_updated": at,
        }


def _numbers(state: State, account: str, times: list[datetime], chance: random.Random) -> Iterator[Payload]:
    owned = state.table(account, "incoming_phone_numbers").rows.values()
    taken = {str(row.payload["phone_number"]) for row in owned}
    for at in times:
        while (number := f"+1415{chance.randint(2000000, 9999999)}") in taken:
            continue
        taken.add(number)
        name = number_pool.format_number(number)
        yield {"phone_number": number, "friendly_name": name, "date_created": at, "date_updated": at}


def _conferences(_state: State, _account: str, times: list[datetime], chance: random.Random) -> Iterator[Payload]:
    for index, at in enumerate(times):
        live = index >= len(times) - max(1, len(times) // 10)
        ended_values: Payload = {"status": "completed", "reason_conference_ended": "last-participant-left"}
        ended = at + timedelta(seconds=chance.randint(30, 3600))
        status = {"status": chance.choice(("init", "in-progress", "in-progress"))} if live else ended_values
        yield {
            "friendly_name": f"Room {index % 7}",
            "date_created": at,
            "date_updated": at if live else ended,
            **status,
        }


def _calls(state: State, account: str, times: list[datetime], chance: random.Random) -> Iterator[Payload]:
    own = _own_numbers(state, account)
    for at in times:
        inbound = chance.random() < 0.5
        own_number, other_number = chance.choice(own), _foreign_number(chance)
        to, caller = (own_number, other_number) if inbound else (other_number, own_number)
        [status] = chance.choices(("completed", "busy", "no-answer", "failed", "canceled"), (85, 5, 5, 3, 2))
        length = chance.randint(1, 1800) if status == "completed" else 0
        end = min(at + timedelta(seconds=length), state.now)
        price = format(-math.ceil(length / 60) * lifecycle.PRICE_PER_MINUTE, "f") if length else None
        yield {
            "to": to,
            "from": caller,
            "to_formatted": number_pool.format_number(to),
            "from_formatted": number_pool.format_number(caller),
            "direction": "inbound" if inbound else "outbound-api",
            "status": status,
            "date_created": at,
            "start_time": at,
            "end_time": end,
            "date_updated": end,
            "duration": str(length) if length else None,
            "price": price,
        }


def _messages(state: State, account: str, times: list[datetime], chance: random.Random) -> Iterator[Payload]:
    own = _own_numbers(state, account)
    for at in times:
        inbound = chance.random() < 0.4
        own_number, other_number = chance.choice(own), _foreign_number(chance)
        choices = (("received",), (1,)) if inbound else (("delivered", "sent", "undelivered", "failed"), (85, 7, 5, 3))
        [status] = chance.choices(*choices)
        sent = None if status == "failed" else at + timedelta(seconds=chance.randint(0, 3))
        trouble = {
            "undelivered": (30003, "Unreachable destination handset"),
            "failed": (30001, "Queue overflow"),
        }
        code, message = trouble.get(status, (None, None))
        media = chance.random() < 0.05
        yield {
            "sid": state.new_sid("MM" if media else "SM"),
            "num_media": "1" if media else "0",
            "body": chance.choice(("Your code is 314159", "On my way")),
            "to": own_number if inbound else other_number,
            "from": other_number if inbound else own_number,
            "status": status,
            "direction": "inbound" if inbound else "outbound-api",
            "date_created": at,
            "date_sent": sent,
            "date_updated": sent or at,
            "price": None if status == "failed" else format(-lifecycle.PRICE_PER_SEGMENT, "f"),
            "price_unit": "USD",
            "error_code": code,
            "error_message": message,
        }


def _recordings(state: State, account: str, times: list[datetime], chance: random.Random) -> Iterator[Payload]:
    calls = sorted(row.key for row in state.table(account, "calls").rows.values() if row.status == "completed")
    for at in times:
        call = chance.choice(calls) if calls else state.new_sid("CA")
        length = chance.randint(1, 900)
        end = min(at + timedelta(seconds=length), state.now)
        yield {
            "call_sid": call,
            "date_created": at,
            "start_time": at,
            "date_updated": end,
            "duration": str(length),
            "price": "-0.00250",
            "channels": chance.choice((1, 2)),
        }


_GENERATORS: dict[str, Callable[[State, str, list[datetime], random.Random], Iterator[Payload]]] = {
    "applications": _applications,
    "incoming_phone_numbers": _numbers,
    "conferences": _conferences,
    "calls": _calls,
    "recordings": _recordings,
    "messages": _messages,
}
