"""Calls and messages that come in from outside, for a test to start. Sends nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import lifecycle, number_pool
from .caller_input import CallerInput
from .rows import Rows

if TYPE_CHECKING:
    from .state import State
    from .table import Row
    from .values import Payload


class Messages(Rows):
    """The messages of one account; see :class:`.Rows`."""

    def receive(self, *, to: str, from_: str, body: str = "", media: Sequence[str] = (), **values: Any) -> Payload:
        """Let a message come in. Its status is ``received``, and its callback goes where :meth:`FakeTwilio.deliver` says::

            fake.numbers.add(phone_number="+14155550100", sms_url="https://app.example.com/sms")
            fake.messages.receive(to="+14155550100", from_="+14155550177", body="STOP")

        :param to: a phone number or short code of the account, or of any account if these are the main account's messages.
        :param from_: the sender.
        :param body: the text.
        :param media: the content types of its media, such as ``image/png``.
        :param values: further values by field.
        :returns: the payload of the message.
        :raises ValueError: if no account owns ``to``.
        """
        with self._lock:
            state, number = self._state, self._number(to)
            given = {
                "sid": state.new_sid("MM" if media else "SM"), "to": to, "from": from_, "body": body,
                "status": "received", "direction": "inbound", "date_sent": state.now, "num_media": str(len(media)), **values,
            }  # fmt: skip
            row = state.add(number.account, "messages", given)
            row.created_at = state.now
            for content_type in media:
                state.add(number.account, "media_list", {"parent_sid": row.key, "content_type": content_type})
            price = {"price": format(-lifecycle.PRICE_PER_SEGMENT, "f"), "price_unit": "USD"}
            state.schedule(row, [(state.now + lifecycle.price_delay(row), price)])
            state.tell("received", row)
            return self._serialize(row)

    def _number(self, to: str) -> Row:
        return owned_number(self._state, self._owner, to, ("incoming_phone_numbers", "short_codes"))


class Calls(Rows):
    """The calls of one account; see :class:`.Rows`."""

    def receive(self, *, to: str, from_: str, digits: Sequence[str] = (), speech: Sequence[str] = (), **values: Any) -> Payload:
        """Let a call come in. It rings; the TwiML that its webhook answers says what becomes of it.

        The request goes where :meth:`FakeTwilio.deliver` says. Without an answer the call is answered a second later and ends
        after a while.

        :param to: a phone number of the account, or of any account if these are the main account's calls.
        :param from_: the caller.
        :param digits: what the caller enters, see :meth:`enter`.
        :param speech: what the caller says, see :meth:`enter`.
        :param values: further values by field.
        :returns: the payload of the call, as its webhook has left it.
        :raises ValueError: if no account owns ``to``, or ``digits`` or ``speech`` is no such list.
        """
        arranged = CallerInput()
        arranged.arrange(digits, speech)
        with self._lock:
            state = self._state
            number = owned_number(state, self._owner, to, ("incoming_phone_numbers",))
            formatted = {"to_formatted": number_pool.format_number(to), "from_formatted": number_pool.format_number(from_)}
            given = {
                "to": to, "from": from_, "status": "ringing", "direction": "inbound", "phone_number_sid": number.key,
                **formatted, **values,
            }  # fmt: skip
            row = state.add(number.account, "calls", given)
            row.created_at = state.now
            state.caller_inputs[row.key] = arranged
            answered = state.now + timedelta(seconds=1)
            steps = [(answered, {"status": "in-progress", "start_time": answered})]
            state.schedule(row, [*steps, *lifecycle.ending_steps(row, answered, answered + timedelta(seconds=30))])
            state.tell("received", row)
        return self.get(row.key)

    def enter(self, sid: str, /, *, digits: Sequence[str] = (), speech: Sequence[str] = ()) -> None:
        """Let the other party of a call press keys or speak: a text for each ``Gather`` of its TwiML, the present one first.

        ``fake.calls.enter(sid, digits=["1", "4242#"])`` chooses 1 in a menu, then enters a number. An empty text is no input.

        :param sid: the SID of the call.
        :param digits: keys, for each ``Gather`` that takes ``dtmf``.
        :param speech: words, for each ``Gather`` that takes ``speech`` and gets no keys.
        :raises KeyError: if no account has such a call.
        :raises ValueError: if ``digits`` or ``speech`` is no such list.
        """
        with self._lock:
            row = self.find(sid)
            self._state.caller_inputs.setdefault(row.key, CallerInput()).arrange(digits, speech)
            self._state.tell("entered", row)


def owned_number(state: State, account: str, number: str, tables: tuple[str, ...]) -> Row:
    """Return the row of a number that an account owns; for the main account, that any account owns.

    :raises ValueError: if none does.
    """
    accounts = list(state.accounts.rows) if account == state.main_account else [account]
    for owner in accounts:
        for table in tables:
            for row in state.table(owner, table).rows.values():
                if number in (row.payload.get("phone_number"), row.payload.get("short_code")):
                    return row
    raise ValueError("to= is a number of the account: add it first, with fake.numbers.add(phone_number=…)")
