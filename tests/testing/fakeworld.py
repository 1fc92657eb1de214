"""A FakeTwilio with one record of each resource, and the paths of all operations, for tests of the whole API."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.definitions.catalog import ACCOUNTS, main_endpoint, parents_of, table_of
from twilio_orm.testing.definitions.endpoint import Endpoint

NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
TO, FROM = "+14155550100", "+14155550101"
# Values of required parameters of forms; all others get "x".
VALUES = {
    "To": TO, "From": FROM, "PhoneNumber": TO, "Url": "https://example.com", "Body": "hello", "IsoCountry": "US",
    "TriggerValue": "10", "StartDate": "2026-03-01", "EndDate": "2026-03-09", "QualityScore": "4",
    "CallbackUrl": "https://example.com", "IpAddress": "192.0.2.7",
}  # fmt: skip
GROUPS = {"Url": VALUES["Url"], "From": FROM, "Body": "hello", "PhoneNumber": TO}


class World:
    """``fake`` is the simulation; ``rows`` contains one payload by table."""

    def __init__(self, **options: Any) -> None:
        fake = self.fake = FakeTwilio(clock=NOON, **options)
        self.rows: dict[str, dict[str, Any]] = {}
        call = self.put("calls", fake.calls.add(status="in-progress", start_time=NOON, to=TO, from_=FROM))["sid"]
        for days in (1, 30):
            fake.calls.add(status="completed", start_time=NOON - timedelta(days=days), duration="30")
        roots = (
            fake.applications, fake.addresses, fake.connect_apps, fake.authorized_connect_apps, fake.keys,
            fake.signing_keys, fake.short_codes, fake.usage_triggers, fake.caller_ids, fake.queues, fake.conferences,
            fake.sip_domains, fake.sip_credential_lists, fake.sip_ip_access_control_lists,
        )  # fmt: skip
        for rows in roots:
            self.put(rows.name, rows.add())
        of_calls = (
            fake.call_events, fake.notifications, fake.recordings, fake.payments, fake.siprec, fake.streams,
            fake.realtime_transcriptions, fake.user_defined_messages, fake.call_feedback,
            fake.user_defined_message_subscriptions,
        )  # fmt: skip
        for rows in of_calls:
            self.put(rows.name, rows.add(call_sid=call))
        self.put("accounts", fake.accounts.get(fake.account_sid))
        self.put("balance", fake.balance.get(fake.account_sid))
        address = self.rows["addresses"]["sid"]
        self.put("incoming_phone_numbers", fake.numbers.add(phone_number=FROM, address_sid=address))
        self.put("messages", fake.messages.add(status="delivered", date_sent=NOON, to=TO, from_=FROM))
        self.put("media_list", fake.media.add(parent_sid=self.sid("messages")))
        self.put("message_feedback", fake.message_feedback.add(message_sid=self.sid("messages")))
        self.put("queue_members", fake.members.add(queue_sid=self.sid("queues")))
        self.put("participants", fake.participants.add(conference_sid=self.sid("conferences")))
        fake.recordings.change(self.sid("recordings"), conference_sid=self.sid("conferences"))
        self.put("assigned_add_ons", fake.assigned_add_ons.add(resource_sid=self.sid("incoming_phone_numbers")))
        self.put("extensions", fake.add_on_extensions.add(assigned_add_on_sid=self.sid("assigned_add_ons")))
        self.put("transcriptions", fake.transcriptions.add(recording_sid=self.sid("recordings")))
        self.put("add_on_results", fake.add_on_results.add(reference_sid=self.sid("recordings")))
        self.put("payloads", fake.add_on_payloads.add(add_on_result_sid=self.sid("add_on_results")))
        lists = {"credential_list_sid": self.sid("credential_lists")}
        self.put("credentials", fake.sip_credentials.add(**lists))
        doors = {"ip_access_control_list_sid": self.sid("ip_access_control_lists")}
        self.put("ip_addresses", fake.sip_ip_addresses.add(**doors))
        mappings = (
            fake.sip_credential_list_mappings, fake.sip_ip_access_control_list_mappings,
            fake.sip_auth_calls_credential_list_mappings, fake.sip_auth_calls_ip_access_control_list_mappings,
            fake.sip_auth_registrations_credential_list_mappings,
        )  # fmt: skip
        for rows in mappings:
            self.put(rows.name, rows.add(domain_sid=self.sid("domains")))
        self.put("feedback_summaries", fake.feedback_summaries.add(start_date="2026-03-01", end_date="2026-03-02"))
        for kind, number in (("mobile", "+447400000001"), ("toll-free", "+18005550100")):
            fake.numbers.add(phone_number=number, type=kind)

    def put(self, table: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.rows[table] = payload
        return payload

    def sid(self, table: str) -> str:
        return str(self.rows[table][main_endpoint(table).id_field])

    def path(self, endpoint: Endpoint, op: str) -> str:
        """Return the path of an operation below the account."""
        if endpoint is ACCOUNTS:
            return f"/2010-04-01/Accounts/{self.fake.account_sid}.json" if op in "FU" else ""
        land = "US" if endpoint.path.endswith("MachineToMachine") else "GB"
        self.rows["countries"] = {"country_code": land}
        above = parents_of(endpoint)
        parts = [self.sid(table_of(above[part[1:-1]])) if part[0] == "{" else part for part in endpoint.segments]
        if op in "FUD" and not endpoint.singleton:
            parts.append(self.sid(table_of(endpoint)))
        return "/".join(parts) + ".json"

    def form(self, endpoint: Endpoint, op: str) -> dict[str, Any]:
        """Return the smallest form that an operation accepts."""
        params = {"C": endpoint.create_parameters, "U": endpoint.update_parameters}.get(op, {})
        groups = [group[0] for group in endpoint.required_groups] if op == "C" else []
        form = {name: VALUES.get(name) or (param.choices or ("x",))[0] for name, param in params.items() if param.is_required}
        form |= {name: GROUPS[name] for name in groups}
        for name, table in (("CredentialListSid", "credential_lists"), ("IpAccessControlListSid", "ip_access_control_lists")):
            form |= {name: self.sid(table)} if name in form else {}
        return form

    def ready(self, endpoint: Endpoint, op: str) -> None:
        """Change the records so that an operation succeeds."""
        if (table_of(endpoint), op) == ("incoming_phone_numbers", "C"):
            self.fake.offer(TO, kind=endpoint.segments[-1] if len(endpoint.segments) > 1 else "Local")
        if (table_of(endpoint), op) == ("calls", "D"):
            self.fake.calls.change(self.sid("calls"), status="completed")
        if (table_of(endpoint), op) == ("queues", "D"):
            self.fake.members.remove(self.sid("queue_members"))
        if table_of(endpoint) == "recordings" and op == "U":
            self.fake.recordings.change(self.sid("recordings"), status="in-progress")
        if op == "C" and main_endpoint(table_of(endpoint)).unique_within_parent:
            self.fake.state.remove(next(iter(self.fake.state.table(self.fake.account_sid, table_of(endpoint)).rows.values())))
