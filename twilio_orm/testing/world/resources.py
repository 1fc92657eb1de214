"""One attribute for the records of each resource, by which a test seeds, reads and changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .incoming import Calls, Messages
from .rows import Rows

if TYPE_CHECKING:
    from .lock import Lock
    from .state import State


class Resources:
    """One :class:`~.rows.Rows` for each resource.

    A record needs only the SID of its parent, under the name that the path has for it::

        fake.members.add(queue_sid=queue["sid"])
        fake.media.add(parent_sid=message["sid"])

    :param state: the state of the simulation.
    :param lock: the lock of the simulation.
    """

    # accounts
    accounts: Rows
    addresses: Rows
    applications: Rows
    authorized_connect_apps: Rows
    balance: Rows  # get() and change() by the SID of the main account
    caller_ids: Rows
    connect_apps: Rows
    keys: Rows
    short_codes: Rows
    signing_keys: Rows
    tokens: Rows
    usage_triggers: Rows
    validation_requests: Rows  # identified by call_sid
    # numbers
    numbers: Rows
    assigned_add_ons: Rows  # resource_sid: SID of the number
    add_on_extensions: Rows  # assigned_add_on_sid
    # voice
    calls: Calls
    call_events: Rows  # call_sid, request, response
    conferences: Rows
    members: Rows  # queue_sid
    notifications: Rows  # call_sid, for notifications of a call
    participants: Rows  # conference_sid
    queues: Rows
    recordings: Rows  # call_sid, conference_sid
    transcriptions: Rows  # recording_sid
    add_on_results: Rows  # reference_sid: SID of the recording
    add_on_payloads: Rows  # add_on_result_sid
    # calls in progress, each with call_sid
    payments: Rows
    realtime_transcriptions: Rows
    siprec: Rows
    streams: Rows
    user_defined_messages: Rows
    user_defined_message_subscriptions: Rows
    # messages
    messages: Messages
    media: Rows  # parent_sid: SID of the message
    message_feedback: Rows  # message_sid
    # SIP; a mapping needs domain_sid, and its sid is that of the mapped list
    sip_domains: Rows
    sip_credential_lists: Rows
    sip_credentials: Rows  # credential_list_sid
    sip_ip_access_control_lists: Rows
    sip_ip_addresses: Rows  # ip_access_control_list_sid
    sip_credential_list_mappings: Rows
    sip_ip_access_control_list_mappings: Rows
    sip_auth_calls_credential_list_mappings: Rows
    sip_auth_calls_ip_access_control_list_mappings: Rows
    sip_auth_registrations_credential_list_mappings: Rows
    # legacy
    call_feedback: Rows  # call_sid
    feedback_summaries: Rows

    def __init__(self, state: State, lock: Lock) -> None:
        for name in Resources.__annotations__:
            rows = _CLASSES.get(name, Rows)
            setattr(self, name, rows(state, lock, _TABLES.get(name, name.removeprefix("sip_"))))


_CLASSES: dict[str, type[Rows]] = {"calls": Calls, "messages": Messages}
_TABLES = {
    "add_on_extensions": "extensions",
    "add_on_payloads": "payloads",
    "caller_ids": "outgoing_caller_ids",
    "media": "media_list",
    "members": "queue_members",
    "numbers": "incoming_phone_numbers",
}
