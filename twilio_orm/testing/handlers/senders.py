"""Checks ``To`` and ``From`` of messages and calls: their form, who owns the sender, and whether the recipient opted out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..definitions.addresses import Address, parse_address, phone_number
from ..definitions.error_responses import refused
from . import magic_numbers

if TYPE_CHECKING:
    from ..world.state import State
    from .arguments import Create

WHATSAPP_SANDBOX = "+14155238886"
"""The number of Twilio's WhatsApp sandbox, from which every account may send."""
_CALLERS = ("number", "client", "sip", "sips", "sim", "app")


def message_addresses(create: Create) -> tuple[str, str | None]:
    """Check the addresses of a new message.

    :returns: the recipient and the sender as Twilio stores them; no sender for a messaging service alone.
    :raises ErrorResponse: 400 with the code that tells what is wrong.
    """
    given = create.given
    to = parse_address(given["To"])
    if to is None or to.kind in ("short code", "name", "service"):
        raise refused(21211, given)
    sender = parse_address(given["From"]) if "From" in given else None
    if "From" in given and sender is None:
        raise refused(21212, given)
    services = {given.get("MessagingServiceSid"), sender.value if sender and sender.kind == "service" else None} - {None}
    if sender is not None and sender.kind != "service":
        _check_pair(create, to, sender)
    senders = {*services, *([sender.value] if sender else ())}
    if any(create.state.opt_outs.has(create.account, str(one), to.value) for one in senders):
        raise refused(21610, given)
    return to.value, None if sender is None or sender.kind == "service" else sender.value


def messaging_service(create: Create) -> str | None:
    """Return the SID of the messaging service of a new message, which may stand in ``From``; None if it has none."""
    sender = parse_address(create.given.get("From", ""))
    return create.given.get("MessagingServiceSid") or (sender.value if sender and sender.kind == "service" else None)


def _check_pair(create: Create, to: Address, sender: Address) -> None:
    """Check that a sender may send to a recipient."""
    given = create.given
    by_phone = sender.kind in ("number", "short code", "name")
    if (to.kind != "number") if by_phone else (to.kind != sender.kind):
        raise refused(21910, given)
    if to.value == sender.value:
        raise refused(21266 if by_phone else 63031, given)
    if create.is_test:
        magic_numbers.check_message(to.value, sender.value, given)
    elif sender.kind == "name" and to.is_north_american:
        raise refused(21612, given)
    elif sender.kind == "whatsapp":
        number = sender.value.partition(":")[2]
        if number != WHATSAPP_SANDBOX and not _owns(create.state, create.account, number):
            raise refused(63007, given)
    elif sender.kind in ("number", "short code"):
        _require_sms_sender(create, sender.value)


def _require_sms_sender(create: Create, sender: str) -> None:
    if _owns(create.state, create.account, sender, capability="sms"):
        return
    others = (account for account in create.state.accounts.rows if account != create.account)
    if any(_owns(create.state, account, sender) for account in others):
        raise refused(21660, create.given, text=create.account)
    raise refused(21606, create.given)


def call_addresses(create: Create) -> tuple[str, str]:
    """Check the addresses of a new call.

    :returns: who is called, and the caller, as Twilio stores them.
    :raises ErrorResponse: 400 with the code that tells what is wrong.
    """
    given = create.given
    to, caller = parse_address(given["To"]), parse_address(given["From"])
    if to is None or not to.is_callable:
        raise refused(21211, given)
    if to.kind in ("sip", "sips") and given["From"]:  # SIP takes any text as the caller
        return to.value, given["From"] if caller is None else caller.value
    if caller is None or caller.kind not in _CALLERS:
        raise refused(21212, given)
    if create.is_test:
        magic_numbers.check_call(to.value, caller.value, given)
    elif to.kind == caller.kind == "number" and not _may_call(create, caller.value):
        raise refused(21210, given)
    return to.value, caller.value


def _may_call(create: Create, caller: str) -> bool:
    verified = (row.payload["phone_number"] for row in create.rows("outgoing_caller_ids").values())
    return _owns(create.state, create.account, caller) or caller in verified


def _owns(state: State, account: str, sender: str, capability: str | None = None) -> bool:
    """Tell whether an account owns a number or a short code.

    :param capability: what it has to be able to do, such as ``sms``; a record that says nothing of it counts as able.
    """
    if phone_number(sender) is None:
        return any(row.payload["short_code"] == sender for row in state.table(account, "short_codes").rows.values())
    for row in state.table(account, "incoming_phone_numbers").rows.values():
        if row.payload["phone_number"] == sender:
            abilities = row.payload["capabilities"] or {}
            return capability is None or abilities.get(capability, abilities.get(capability.upper())) is not False
    return False
