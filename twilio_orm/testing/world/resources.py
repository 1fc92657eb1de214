"""The names under which a test reaches the records of each resource. It does nothing but name them."""

from __future__ import annotations

from threading import RLock

from .rows import Rows
from .state import State


class Handles:
    """One :class:`~.rows.Rows` for each resource, to seed, read and change. A record needs only its parent's SID, under
    the name that the path has for it: ``fake.members.add(queue_sid=...)``, ``fake.media.add(parent_sid=...)``.
    """

    # accounts and what they have
    accounts: Rows
    addresses: Rows
    applications: Rows
    authorized_connect_apps: Rows
    balance: Rows  # of the main account only, by its SID
    caller_ids: Rows
    connect_apps: Rows
    keys: Rows
    short_codes: Rows
    signing_keys: Rows
    tokens: Rows
    usage_triggers: Rows
    validation_requests: Rows  # by call_sid
    # numbers
    numbers: Rows
    assigned_add_ons: Rows  # resource_sid: the number's
    add_on_extensions: Rows  # assigned_add_on_sid
    # voice
    calls: Rows
    call_events: Rows  # call_sid, request, response
    conferences: Rows
    members: Rows  # queue_sid
    notifications: Rows  # call_sid, if a call's
    participants: Rows  # conference_sid
    queues: Rows
    recordings: Rows  # call_sid, conference_sid
    transcriptions: Rows  # recording_sid
    add_on_results: Rows  # reference_sid: the recording's
    add_on_payloads: Rows  # add_on_result_sid
    # a live call's, each with call_sid
    payments: Rows
    realtime_transcriptions: Rows
    siprec: Rows
    streams: Rows
    user_defined_messages: Rows
    user_defined_message_subscriptions: Rows
    # messages
    messages: Rows
    media: Rows  # parent_sid: the message's
    message_feedback: Rows  # message_sid
    # SIP; a mapping has domain_sid, and the SID of the list it maps as its sid
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

    def __init__(self, state: State, lock: RLock) -> None:
        for name in Handles.__annotations__:
            setattr(self, name, Rows(state, lock, _SHELVES.get(name, name.removeprefix("sip_"))))


_SHELVES = {
    "add_on_extensions": "extensions",
    "add_on_payloads": "payloads",
    "caller_ids": "outgoing_caller_ids",
    "media": "media_list",
    "members": "queue_members",
    "numbers": "incoming_phone_numbers",
}
