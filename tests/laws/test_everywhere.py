"""One question, one answer, for every resource that Twilio lists: live, offline after a sync, and a plain loop agree."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cases import cases

import twilio_orm
from twilio_orm import Account, Connection, connect
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.law

NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
EACH = 7
ELSEWHERE = ["Account", "Call", "Conference", "IncomingPhoneNumber", "Message", "Participant", "Recording", "UsageRecord"]
WORDS = ("anna", "Anna", "bob", "+14155550100", "a b&c", "", None)
FLAT = {
    "Address": "addresses", "Application": "applications", "ConnectApp": "connect_apps", "Key": "keys",
    "AuthorizedConnectApp": "authorized_connect_apps", "SigningKey": "signing_keys", "ShortCode": "short_codes",
    "UsageTrigger": "usage_triggers", "OutgoingCallerId": "caller_ids", "Queue": "queues", "SipDomain": "sip_domains",
    "SipCredentialList": "sip_credential_lists", "SipIpAccessControlList": "sip_ip_access_control_lists",
}  # fmt: skip
CHOICES = {
    "recurring": ("daily", "monthly", ""), "trigger_by": ("count", "usage"), "log": ("0", "1"),
    "emergency_enabled": (True, False),
    "iso_country": ("US", "GB"), "status": ("completed", "failed", "in-progress"), "usage_category": ("sms", "calls"),
    "friendly_name": WORDS, "customer_name": WORDS[:4], "unique_name": WORDS[:4], "label": WORDS[:4],
}  # fmt: skip


def varied(dice: random.Random, names: frozenset[str] | set[str]) -> dict[str, Any]:
    """Values for those of these payload fields that tell records apart."""
    out = {name: dice.choice(values) for name, values in CHOICES.items() if name in names}
    for name in ("message_date", "date_created"):
        if name in names:
            out[name] = NOON - timedelta(hours=dice.choice((0, 1, 12, 13, 36, 500)), seconds=dice.choice((0, 1)))
    return out


def grown(seed: int) -> tuple[FakeTwilio, dict[str, Callable[[], Any]]]:
    """An account with some of everything, and for each resource the query set of the list to ask."""
    dice, fake = random.Random(seed), FakeTwilio(clock=NOON)
    lists: dict[str, Callable[[], Any]] = {}

    def add(model: str, handle: str, parent: dict[str, Any] | None = None, **fixed: Any) -> list[str]:
        schema = twilio_orm.resources()[model].api_schema
        rows = []
        for _ in range(EACH):
            given = {**varied(dice, schema.wires.keys()), **(parent or {}), **fixed}
            rows.append(getattr(fake, handle).add(**{name: value for name, value in given.items() if value is not None}))
        lists.setdefault(model, lambda: twilio_orm.resources()[model].filter(**(parent or {})))
        return [row.get("sid", "") for row in rows]

    top = {model: add(model, handle) for model, handle in FLAT.items()}
    calls = [fake.calls.add(status="in-progress")["sid"] for _ in range(3)]
    recordings = [fake.recordings.add(call_sid=calls[at % 2], status="completed")["sid"] for at in range(4)]
    for at in range(3):
        add("Notification", "notifications", {"call_sid": calls[at]})
        add("Transcription", "transcriptions", {"recording_sid": recordings[at]}, price="-0.05")
    lists["Notification"] = twilio_orm.Notification.all
    lists["Transcription"] = twilio_orm.Transcription.all
    message = fake.messages.add()["sid"]
    add("Media", "media", {"parent_sid": message})
    add("CallEvent", "call_events", {"call_sid": calls[0]})
    number = fake.numbers.add(address_sid=top["Address"][0])["sid"]
    fake.numbers.add(emergency_address_sid=top["Address"][0])
    lists["DependentPhoneNumber"] = lambda: twilio_orm.DependentPhoneNumber.filter(address_sid=top["Address"][0])
    add_on = add("IncomingPhoneNumberAssignedAddOn", "assigned_add_ons", {"resource_sid": number})[0]
    path = {"resource_sid": number, "assigned_add_on_sid": add_on}
    add("IncomingPhoneNumberAssignedAddOnExtension", "add_on_extensions", path)
    result = add("RecordingAddOnResult", "add_on_results", {"reference_sid": recordings[0]})[0]
    path = {"reference_sid": recordings[0], "add_on_result_sid": result}
    add("RecordingAddOnResultPayload", "add_on_payloads", path)
    add("SipCredential", "sip_credentials", {"credential_list_sid": top["SipCredentialList"][0]})
    add("SipIpAddress", "sip_ip_addresses", {"ip_access_control_list_sid": top["SipIpAccessControlList"][0]})
    add("Member", "members", {"queue_sid": top["Queue"][0]})
    for parent_path in ("", "auth_calls_"):
        for kind, model in (("credential_list", "CredentialList"), ("ip_access_control_list", "IpAccessControlList")):
            name = f"Sip{'AuthCalls' if parent_path else ''}{model}Mapping"
            mapped(fake, lists, name, f"sip_{parent_path}{kind}_mappings", top["SipDomain"][0], top[f"Sip{model}"])
    name, handle = "SipAuthRegistrationsCredentialListMapping", "sip_auth_registrations_credential_list_mappings"
    mapped(fake, lists, name, handle, top["SipDomain"][0], top["SipCredentialList"])
    lists["AvailablePhoneNumberCountry"] = twilio_orm.AvailablePhoneNumberCountry.all
    lists["Balance"] = twilio_orm.Balance.all
    return fake, lists


def mapped(fake: FakeTwilio, lists: dict[str, Any], model: str, handle: str, domain: str, sids: list[str]) -> None:
    for sid in sids[:4]:
        getattr(fake, handle).add(domain_sid=domain, sid=sid)
    lists[model] = lambda: twilio_orm.resources()[model].filter(domain_sid=domain)


def questions(dice: random.Random, records: list[Any]) -> Iterator[tuple[dict[str, Any], Callable[[Any], bool]]]:
    """Words of a question, and the same as a plain test, for every field by values that there are."""
    schema = records[0].api_schema
    for name, column in schema.columns.items():
        absent = [record for record in records if name in schema.codec.absent(record.stored_row)]
        if absent or column.kind in ("json", "decimal"):
            continue
        values = [getattr(record, name) for record in records]
        there = [value for value in values if value is not None]
        yield {f"{name}__isnull": True}, lambda one, name=name: getattr(one, name) is None
        if not there:
            continue
        value, other = dice.choice(there), dice.choice(there)
        yield {name: value}, lambda one, name=name, value=value: getattr(one, name) == value
        pair = (value, other)
        if "" in pair and column.kind == "sid":
            continue
        yield {f"{name}__in": pair}, lambda one, name=name, pair=pair: getattr(one, name) in pair
        if column.kind == "datetime":
            low, high = min(pair), max(pair)
            yield (
                {f"{name}__gte": low, f"{name}__lt": high},
                lambda one, name=name, low=low, high=high: getattr(one, name) is not None and low <= getattr(one, name) < high,
            )
            day = value.date()
            yield {name: day}, lambda one, name=name, day=day: getattr(one, name) is not None and getattr(one, name).date() == day


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(cases(2, thorough=12)))
def test_live_offline_and_a_plain_loop_agree(seed: int) -> None:
    fake, lists = grown(seed)
    asked = 0
    with connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:") as connection:
        for model, everything in lists.items():
            dice = random.Random(f"{seed} {model}")
            records = list(everything())
            assert records, f"nothing of {model}"
            everything().sync()
            for words, fits in questions(dice, records):
                expected = sorted(record._key() for record in records if fits(record))
                rest = sorted(record._key() for record in records if not fits(record))
                assert keys(everything().filter(**words)) == expected, (model, words)
                assert keys(everything().filter(**words).offline()) == expected, (model, words)
                assert keys(everything().exclude(**words).offline()) == rest, (model, words)
                asked += 1
        held = {model for model, one in twilio_orm.resources().items() if one.api_schema.mirrored and one.api_schema.lists}
        grown_elsewhere = {
            "Account",
            "Call",
            "Conference",
            "IncomingPhoneNumber",
            "Message",
            "Participant",
            "Recording",
            "UsageRecord",
        }
        assert set(lists) == held - grown_elsewhere
        connection.close()
    assert fake.violations == [] and asked > 300


def keys(found: Any) -> list[Any]:
    return sorted(record._key() for record in found)


def test_a_neighbour_is_the_same_by_every_way(connection: Connection, fake: FakeTwilio) -> None:
    """Below a parent, by the account's list, and offline: the same records."""
    dice = random.Random(7)
    calls = [fake.calls.add(status="completed")["sid"] for _ in range(4)]
    for _ in range(20):
        fake.recordings.add(call_sid=dice.choice(calls), status="completed")
        fake.notifications.add(call_sid=dice.choice(calls))
    for sid in calls:
        call = twilio_orm.Call.get(sid)
        for model, relation in ((twilio_orm.Recording, "recordings"), (twilio_orm.Notification, "notifications")):
            below = keys(getattr(call, relation))
            assert below == keys(model.filter(call_sid=sid)) == keys(one for one in model.all() if one.call_sid == sid)
            assert below == keys(model.filter(call_sid=sid).offline())
    assert keys(twilio_orm.Notification.filter(call_sid__in=calls[:2])) == keys(
        one for one in twilio_orm.Notification.all() if one.call_sid in calls[:2]
    )
    assert Account.current().recordings.count() == 20
