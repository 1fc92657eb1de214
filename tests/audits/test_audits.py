"""Audits: each defect of an account is found once, a sound account has none, and what is not known is never called ok."""

from __future__ import annotations

import json
import pickle
import re
from dataclasses import FrozenInstanceError
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from webservers import CERTIFICATES, closed_port, server

import twilio_orm
from twilio_orm import (
    Account,
    Application,
    Audit,
    BadValue,
    Balance,
    Call,
    ConfigurationError,
    Connection,
    IncomingPhoneNumber,
    Key,
    Message,
    NotCovered,
    Offline,
    Recording,
    SipAuthCallsCredentialListMapping,
    SipAuthCallsIpAccessControlListMapping,
    SipDomain,
    Unauthorized,
    UsageRecord,
    UsageTrigger,
    audit,
    connect,
)  # fmt: skip
from twilio_orm.audits.controls import CALLBACKS, CONTROLS
from twilio_orm.audits.webhook_fields import shown
from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.world.defects import DEFECTS

PUBLIC = "https://example.com"
OURS: dict[str, Any] = {"webhooks-elsewhere": {"public_url": PUBLIC, "kinds": ["callback"]}}
JUDGED = [name for name, one in CONTROLS.items() if one.needs != CALLBACKS]
"""The controls of what Twilio has; those of callbacks, which it does not have, are in tests/webhooks."""
MODELS: tuple[Any, ...] = (
    Account, Application, Balance, Call, IncomingPhoneNumber, Key, Message, Recording, SipDomain, UsageTrigger,
    SipAuthCallsCredentialListMapping, SipAuthCallsIpAccessControlListMapping,
)  # fmt: skip


@pytest.fixture
def sound(fake: FakeTwilio, connection: Connection) -> FakeTwilio:
    fake.add_sound_records()
    return fake


def sync(fake: FakeTwilio) -> None:
    for model in MODELS:
        model.sync()
    UsageRecord.daily.filter(start_date__gte=(fake.clock - timedelta(days=8)).date()).sync()


def alarms(found: Audit) -> list[tuple[str, str]]:
    """The control and the SID of each alarm; the account's SID for a finding about all records of an account."""
    return sorted((one.control, one.sid or one.account_sid) for one in found.alarms)


def statuses(found: Audit, control: str) -> dict[str | None, str]:
    return {one.sid: one.status for one in found if one.control == control}


# ---------------------------------------------------------------- each defect


@pytest.mark.parametrize("live", [False, True])
def test_nothing_is_wrong_with_a_sound_account(sound: FakeTwilio, live: bool) -> None:
    if not live:
        sync(sound)
    with sound.expects_requests(19 if live else 0):
        found = audit(live=live, thresholds=OURS)
    assert not found.alarms
    assert sorted((one.control, one.as_of) for one in found.skips) == [("callbacks-missing", None), ("webhooks-dead", None)]
    assert {one.control for one in found} == set(CONTROLS)
    assert sound.violations == []


@pytest.mark.parametrize("live", [False, True])
def test_each_defect_is_found_once(sound: FakeTwilio, live: bool) -> None:
    defects = sound.add_defects()
    assert set(defects) == set(JUDGED)
    if not live:
        sync(sound)
    del defects["webhooks-dead"]  # which takes a probe
    assert alarms(audit(live=live, thresholds=OURS)) == sorted(defects.items())


def lines(found: Audit) -> list[str]:
    """Control, status, class and reason of each finding, with the letters of SIDs alone; each once."""
    texts = [f"{one.control} {one.status} {one.resource}{'' if one.sid is None else ' *'}: {one.reason}" for one in found]
    return list(dict.fromkeys(re.sub(r"\b([A-Z]{2})[0-9a-f]{32}\b", r"\1…", text) for text in texts))


def test_what_the_findings_of_a_sound_account_say(sound: FakeTwilio) -> None:
    assert lines(audit(live=True, thresholds=OURS)) == [
        "balance ok Balance *: the balance lasts long enough: 100.00 USD, at 0.02 USD a day in the last 7 days",
        "suspended-accounts ok Account *: active",
        "usage-triggers ok UsageTrigger: 1 usage trigger",
        "old-keys ok Key *: 10 days old",
        "callbacks-missing skip Call: callbacks are compared with the records of the mirror: audit without live",
        "emergency-addresses ok IncomingPhoneNumber *: has an emergency address",
        "sip-auth ok SipDomain *: authenticates calls by a list of credentials",
        "sip-auth ok SipDomain *: authenticates calls by a list of IP addresses",
        "recordings-absent ok Recording: none is absent",
        "recordings-kept ok Recording: none is older than 365 days",
        "unused-applications ok Application *: a number uses it",
        "stuck-messages ok Message: none is stuck",
        "stuck-calls ok Call: none is stuck",
        "failed-messages ok Message: 0 of 0 outbound messages failed (0%) in the 24 h before 2026-06-15 12:00Z,"
        " 0% in the 7 days before that",
        "failed-calls ok Call: 0 of 0 outbound calls failed (0%) in the 24 h before 2026-06-15 12:00Z,"
        " 0% in the 7 days before that",
        "webhooks-empty ok IncomingPhoneNumber *: calls and messages are answered",
        "webhooks-empty ok UsageTrigger *: it calls a URL when it fires",
        "webhooks-http ok IncomingPhoneNumber *: not without https",
        "webhooks-http ok Application *: not without https",
        "webhooks-http ok SipDomain *: not without https",
        "webhooks-http ok UsageTrigger *: not without https",
        "webhooks-demo ok IncomingPhoneNumber *: not Twilio's demo",
        "webhooks-demo ok Application *: not Twilio's demo",
        "webhooks-demo ok SipDomain *: not Twilio's demo",
        "webhooks-demo ok UsageTrigger *: not Twilio's demo",
        "webhooks-dead skip IncomingPhoneNumber: no server was contacted: choose probes, --probe dns,http,tls",
        "webhooks-overridden ok IncomingPhoneNumber *: no URL of its own is overridden",
        *(
            f"webhooks-elsewhere ok {name} *: no webhook points elsewhere than to https://example.com"
            for name in ("IncomingPhoneNumber", "Application", "SipDomain", "UsageTrigger")
        ),
    ]


def test_what_the_alarms_say(sound: FakeTwilio) -> None:
    sound.add_defects()
    found = [one for one in lines(audit(live=True, thresholds=OURS)) if " alarm " in one]
    assert [one.replace(" alarm", "") for one in found] == [
        "balance Balance *: the balance lasts 2.0 days: 20.00 USD, at 10.02 USD a day in the last 7 days",
        "suspended-accounts Account *: suspended",
        "usage-triggers UsageTrigger: there is no usage trigger",
        "old-keys Key *: 800 days old: create a new key, use it, then delete this one",
        "emergency-addresses IncomingPhoneNumber *: has no emergency address, and its country is US",
        "sip-auth SipDomain *: has no authentication: map a list of credentials or IP addresses to its calls",
        "recordings-absent Recording *: absent: there is no audio (error 16101)",
        "recordings-kept Recording *: kept for more than 365 days",
        "unused-applications Application *: no number uses it; a token of a browser or phone may",
        "stuck-messages Message *: still queued 30 h after it was created",
        "stuck-calls Call *: still queued 30 h after it was created",
        "failed-messages Message: 12 of 12 outbound messages failed (100%) in the 24 h before 2026-06-15 12:00Z,"
        " 0% in the 7 days before that; most often with error 30007",
        "failed-calls Call: 12 of 12 outbound calls failed (100%) in the 24 h before 2026-06-15 12:00Z,"
        " 0% in the 7 days before that",
        "webhooks-empty IncomingPhoneNumber *: nothing answers its calls: voice_url is empty",
        "webhooks-http IncomingPhoneNumber *: without https: voice_url http://example.com/voice",
        "webhooks-demo IncomingPhoneNumber *: Twilio's demo: voice_url https://demo.twilio.com/welcome/voice/",
        "webhooks-overridden IncomingPhoneNumber *: voice_url https://example.com/nobody-calls-this is overridden by AP…",
        "webhooks-elsewhere IncomingPhoneNumber *: does not point to https://example.com:"
        " status_callback https://elsewhere.invalid/status",
    ]


@pytest.mark.parametrize("name", sorted(DEFECTS.keys() - {"webhooks-dead"}))
def test_one_defect_is_one_alarm(sound: FakeTwilio, name: str) -> None:
    found = sound.add_defects(name)
    assert alarms(audit(live=True, thresholds=OURS)) == list(found.items())


def test_a_defect_of_another_name_is_refused(fake: FakeTwilio) -> None:
    with pytest.raises(ValueError, match="there is no defect sip; use "):
        fake.add_defects("sip-auth", "sip")
    assert len(fake.sip_domains) == 0


def test_an_account_without_records_is_judged_by_every_control(fake: FakeTwilio, connection: Connection) -> None:
    found = audit(live=True)
    assert {one.control for one in found} == set(CONTROLS)
    assert [one.control for one in found.alarms] == ["usage-triggers"]


# ---------------------------------------------------------------- coverage


def test_what_the_mirror_lacks_is_a_skip_and_never_ok(sound: FakeTwilio) -> None:
    sound.add_defects()
    with sound.expects_requests(0):
        found = audit(thresholds=OURS)
    assert {one.status for one in found} == {"skip"} and {one.control for one in found} == set(CONTROLS)
    assert all(re.search(r"twilio-orm sync \w+|--probe|twilio-orm receive", one.reason) for one in found)


@pytest.mark.parametrize("model", [*MODELS, UsageRecord], ids=lambda model: model.__name__)
def test_a_control_needs_each_resource_that_it_says_it_reads(sound: FakeTwilio, model: Any) -> None:
    """Synced without one resource, exactly the controls that read it skip something."""
    sound.add_defects("webhooks-overridden")
    for one in MODELS:
        if one is not model:
            one.sync()
    if model is not UsageRecord:
        UsageRecord.daily.filter(start_date__gte=(sound.clock - timedelta(days=8)).date()).sync()
    found = audit([name for name in JUDGED if name != "webhooks-dead"], thresholds=OURS)
    expected = {name for name in JUDGED if model.__name__ in CONTROLS[name].reads and name != "webhooks-dead"}
    assert {one.control for one in found.skips} == expected
    assert {one.resource for one in found.skips} == {model.__name__}


def test_a_part_of_the_messages_is_not_all_of_them(sound: FakeTwilio) -> None:
    sound.add_defects("stuck-messages")
    Message.sync(since=timedelta(days=3))
    text = "the mirror has not fetched this completely: Message.sync() or `twilio-orm sync Message`, each without since"
    found = audit(["stuck-messages", "failed-messages"])
    assert [(one.status, one.reason) for one in found] == [("skip", text)] * 2


def test_applications_are_read_only_where_a_number_names_one(fake: FakeTwilio, connection: Connection) -> None:
    fake.numbers.add(voice_url="https://example.com/a", sms_url="https://example.com/b")
    UsageTrigger.sync()
    IncomingPhoneNumber.sync()
    assert [one.status for one in audit(["webhooks-empty"])] == ["ok"]
    fake.numbers.add(voice_application_sid="AP" + "0" * 32)
    IncomingPhoneNumber.sync()
    assert [(one.status, one.resource) for one in audit(["webhooks-empty"])] == [("skip", "Application")]


def test_an_answer_from_two_lists_is_as_old_as_the_older_one(sound: FakeTwilio) -> None:
    sync(sound)
    first = sound.clock
    sound.advance(timedelta(hours=1))
    IncomingPhoneNumber.sync()
    Balance.sync()
    found = audit(["webhooks-empty", "unused-applications", "balance", "emergency-addresses"])
    assert {one.control: one.as_of for one in found} == {
        "webhooks-empty": first, "unused-applications": first, "balance": first, "emergency-addresses": sound.clock,
    }  # fmt: skip


def test_a_window_of_calls_is_enough_for_their_failures(sound: FakeTwilio) -> None:
    sound.add_defects("failed-calls")
    Call.sync(since=timedelta(days=7))
    [lacking] = audit(["failed-calls"])
    assert lacking.status == "skip" and "`twilio-orm sync Call --since 9d`" in lacking.reason
    Call.sync(since=timedelta(days=9))
    assert [one.status for one in audit(["failed-calls", "stuck-calls"])] == ["skip", "alarm"]


def test_a_message_is_stuck_only_until_the_mirror_was_synced(sound: FakeTwilio) -> None:
    """Nothing is known about a message after that, however old the mirror is."""
    sound.messages.add(status="queued", date_sent=None)
    Message.sync()
    sound.advance(timedelta(days=3))
    [found] = audit(["stuck-messages"])
    assert (found.status, found.as_of) == ("ok", sound.clock - timedelta(days=3))
    Message.sync()
    assert [one.status for one in audit(["stuck-messages"])] == ["alarm"]


def test_an_excluded_field_is_a_skip(fake: FakeTwilio) -> None:
    fake.add_sound_records()
    options: Any = {"transport": fake.send, "clock": lambda: fake.clock, "mirror": ":memory:"}
    connection = connect(fake.account_sid, fake.auth_token, exclude_fields={"IncomingPhoneNumber": ["voice_url"]}, **options)
    with connection:
        sync(fake)
        found = audit(["webhooks", "emergency-addresses"], public_url=PUBLIC)
    assert not found.alarms
    skips = {one.control for one in found.skips if one.resource == "IncomingPhoneNumber"}
    assert skips == {name for name in CONTROLS if name.startswith("webhooks")}
    assert all("voice_url" in one.reason for one in found.skips if one.control != "webhooks-dead")


def test_balance_and_usage_have_to_be_of_one_time(sound: FakeTwilio) -> None:
    sync(sound)
    sound.advance(timedelta(days=2))
    UsageRecord.daily.filter(start_date__gte=(sound.clock - timedelta(days=8)).date()).sync()
    assert statuses(audit(["balance"]), "balance") == {sound.account_sid: "ok"}
    Balance.sync()
    assert statuses(audit(["balance"]), "balance") == {sound.account_sid: "ok"}
    sound.advance(timedelta(days=1))
    Balance.sync()
    [found] = audit(["balance"])
    assert found.status == "skip" and "before 2026-06-17 was over" in found.reason


@pytest.mark.parametrize(
    ("given", "status", "text"),
    [
        ({"balance": "-3.50"}, "alarm", "the balance is -3.50 USD"),
        ({"balance": "0"}, "alarm", "the balance is 0 USD"),
        ({"balance": None}, "skip", "the balance is not known"),
        ({"currency": "EUR"}, "skip", "balance and usage are in different currencies"),
        ({"balance": "0.29"}, "ok", "0.29 USD, at 0.02 USD a day"),  # the daily mean is 0.0205
        ({"balance": "0.28"}, "alarm", "lasts 13.7 days"),
    ],
)
def test_balances(sound: FakeTwilio, given: Any, status: str, text: str) -> None:
    sound.balance.change(sound.account_sid, **given)
    [found] = audit(["balance"], live=True)
    assert found.status == status and text in found.reason


def test_a_balance_lasts_where_nothing_is_spent(fake: FakeTwilio, connection: Connection) -> None:
    assert [one.status for one in audit(["balance"], live=True)] == ["ok"]


@pytest.mark.parametrize(
    ("given", "status", "text"),
    [
        ({}, "alarm", "has no emergency address, and its country is US"),
        ({"phone_number": "+14165550100"}, "alarm", "its country is CA"),
        ({"phone_number": "+493012345678"}, "ok", "needs none: its country is DE"),
        ({"phone_number": "12345"}, "skip", "its country is not known"),
        ({"phone_number": "+447700900123"}, "alarm", "its country is GB"),
        ({"type": "toll-free"}, "ok", "needs none: it makes no emergency calls"),
        ({"capabilities": {"voice": False}}, "ok", "needs none: it makes no emergency calls"),
        ({"emergency_address_sid": "AD" + "0" * 32}, "ok", "has an emergency address"),
    ],
)
def test_numbers_that_need_an_emergency_address(
    fake: FakeTwilio, connection: Connection, given: Any, status: str, text: str
) -> None:
    fake.numbers.add(**{"phone_number": "+14155550100", **given})
    limits = {"emergency-addresses": {"countries": ["us", "CA", "GB"]}}
    [found] = audit(["emergency-addresses"], live=True, thresholds=limits)
    assert found.status == status and text in found.reason


@pytest.mark.parametrize("synced", ["", "C", "A", "CA"])
@pytest.mark.parametrize("mapped", ["", "C", "A", "CA"])
def test_a_domain_is_judged_by_the_lists_that_are_mapped_to_its_calls(
    fake: FakeTwilio, connection: Connection, mapped: str, synced: str
) -> None:
    """One list of either kind is enough; that there is none has to be known of both kinds."""
    models: dict[str, Any] = {"C": SipAuthCallsCredentialListMapping, "A": SipAuthCallsIpAccessControlListMapping}
    sid = fake.sip_domains.add(auth_type="")["sid"]
    tables = {"C": fake.sip_auth_calls_credential_list_mappings, "A": fake.sip_auth_calls_ip_access_control_list_mappings}
    for kind in mapped:
        tables[kind].add(domain_sid=sid, sid=f"{kind}L" + "0" * 32)
    SipDomain.sync()
    for kind in synced:
        models[kind].sync()
    found = audit(["sip-auth"])
    if {*mapped} & {*synced}:
        assert [(one.sid, one.status) for one in found] == [(sid, "ok")]
    elif synced == "CA":
        assert [(one.sid, one.status) for one in found] == [(sid, "alarm")]
    else:
        lacking = [models[kind].__name__ for kind in "CA" if kind not in synced]
        assert [(one.resource, one.sid, one.status) for one in found] == [(name, None, "skip") for name in lacking]
        assert all(f"`twilio-orm sync {name}`" in one.reason for one, name in zip(found, lacking, strict=True))
    assert [one.status for one in audit(["sip-auth"], live=True)] == ["ok" if mapped else "alarm"]


def test_a_domain_with_other_lists_is_not_judged(fake: FakeTwilio, connection: Connection) -> None:
    """Twilio shows the type of lists that are mapped in another way, such as at the older path, but not to what."""
    sid = fake.sip_domains.add()["sid"]
    fake.sip_credential_list_mappings.add(domain_sid=sid, sid="CL" + "0" * 32)
    [found] = audit(["sip-auth"], live=True)
    assert (found.sid, found.status) == (sid, "skip")
    assert found.reason == "its auth_type is CREDENTIAL_LIST, but no list is mapped to its calls"


def test_a_domain_is_as_old_as_the_oldest_list_that_it_is_judged_by(sound: FakeTwilio) -> None:
    first = sound.clock
    SipDomain.sync()
    SipAuthCallsCredentialListMapping.sync()
    sound.advance(timedelta(hours=1))
    SipAuthCallsIpAccessControlListMapping.sync()
    assert {one.as_of for one in audit(["sip-auth"])} == {first}
    SipDomain.sync()
    assert [one.as_of for one in audit(["sip-auth"])] == [first, first]
    SipAuthCallsCredentialListMapping.sync()
    assert {one.as_of for one in audit(["sip-auth"])} == {sound.clock}


def test_details_of_keys_and_recordings(fake: FakeTwilio, connection: Connection) -> None:
    fake.keys.add(date_created=None)
    fake.recordings.add(status="deleted", date_created=fake.clock - timedelta(days=500))
    Recording.filter(include_soft_deleted=True).sync()
    Recording.sync()
    assert lines(audit(["old-keys"], live=True)) == ["old-keys skip Key *: its age is not known"]
    assert [one.status for one in audit(["recordings-kept"])] == ["ok"]


def test_a_skip_of_one_resource_has_no_date_and_the_others_have_theirs(sound: FakeTwilio) -> None:
    IncomingPhoneNumber.sync()
    found = audit(["webhooks-http"])
    assert {one.resource: (one.status, one.as_of) for one in found} == {
        "IncomingPhoneNumber": ("ok", sound.clock), "Application": ("skip", None), "SipDomain": ("skip", None),
        "UsageTrigger": ("skip", None),
    }  # fmt: skip


def test_a_redacted_record_is_a_skip(sound: FakeTwilio) -> None:
    sync(sound)
    twilio_orm.redact(next(iter(sound.sip_domains))["sid"])
    found = audit(["webhooks-http"])
    assert {one.resource for one in found.skips} == {"SipDomain"}
    assert all("redacted" in one.reason for one in found.skips)


# ---------------------------------------------------------------- live


def test_a_standard_key_skips_accounts_and_keys(fake: FakeTwilio) -> None:
    fake.add_sound_records()
    key = fake.api_key(main=False)
    options: Any = {"transport": fake.send, "clock": lambda: fake.clock, "mirror": ":memory:"}
    with connect(fake.account_sid, api_key=key.sid, api_secret=key.secret, retries=1, **options):
        found = audit(live=True, thresholds=OURS)
    assert {one.control for one in found.skips} == {"suspended-accounts", "old-keys", "webhooks-dead", "callbacks-missing"}


def test_wrong_credentials_are_an_error(fake: FakeTwilio) -> None:
    with connect(fake.account_sid, "0" * 32, transport=fake.send, mirror=":memory:"), pytest.raises(Unauthorized):
        audit(live=True)


def test_a_strict_connection_lists_no_messages(fake: FakeTwilio) -> None:
    options: Any = {"transport": fake.send, "clock": lambda: fake.clock, "mirror": ":memory:"}
    with connect(fake.account_sid, fake.auth_token, strict=True, **options):
        found = audit(["stuck-messages", "failed-messages"], live=True)
    assert [one.status for one in found] == ["skip", "skip"]


def test_an_offline_connection_has_no_live_audit(sound: FakeTwilio, tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    with connect(sound.account_sid, sound.auth_token, transport=sound.send, mirror=path, clock=lambda: sound.clock):
        Key.sync()
    with connect(mirror=path, offline=True):
        assert statuses(audit(["old-keys"]), "old-keys").popitem()[1] == "ok"
        with pytest.raises(Offline):
            audit(live=True)


# ---------------------------------------------------------------- accounts


def test_each_account_of_the_tree(sound: FakeTwilio) -> None:
    sid = sound.accounts.add(friendly_name="Child")["sid"]
    sound.accounts.add(friendly_name="Former", status="suspended")
    old = sound.keys.add(account=sid, date_created=sound.clock - timedelta(days=800))["sid"]
    with pytest.raises(NotCovered, match="list of accounts"):
        audit(["old-keys"], all_accounts=True)
    found = audit(["old-keys", "balance", "usage-triggers"], live=True, all_accounts=True)
    assert alarms(found) == [("old-keys", old)]
    assert [one.account_sid for one in found.alarms] == [sid]
    assert not found.skips


def test_a_subaccount_has_no_balance_of_its_own(sound: FakeTwilio, connection: Connection) -> None:
    sid = sound.accounts.add(friendly_name="Child")["sid"]
    with connection.under(sid):
        found = audit(["balance", "old-keys"], live=True)
    assert {one.control: (one.status, one.resource) for one in found} == {
        "balance": ("skip", "Balance"),
        "old-keys": ("ok", "Key"),
    }


# ---------------------------------------------------------------- webhooks


def test_an_application_or_trunk_answers_in_place_of_the_urls(fake: FakeTwilio, connection: Connection) -> None:
    bare = {"voice_url": "", "sms_url": ""}
    answering = fake.applications.add(voice_url="https://example.com/a", sms_url="https://example.com/b")["sid"]
    silent = fake.applications.add(friendly_name="Without URLs")["sid"]
    absent = "AP" + "0" * 32
    numbers = {
        fake.numbers.add(**{**bare, **given})["sid"]: status
        for given, status in (
            ({"voice_application_sid": answering, "sms_application_sid": answering}, "ok"),
            ({"voice_application_sid": silent, "sms_application_sid": answering}, "alarm"),
            ({"voice_application_sid": answering, "sms_application_sid": absent}, "alarm"),
            ({"trunk_sid": "TK" + "0" * 32, "sms_url": "https://example.com/b"}, "ok"),
            ({"voice_url": "https://example.com/a"}, "alarm"),
            ({"voice_url": "https://example.com/a", "capabilities": {"Voice": True, "SMS": False}}, "ok"),
            ({"capabilities": {"voice": False, "sms": False}}, "ok"),
            ({"capabilities": None}, "alarm"),
        )
    }
    found = audit(["webhooks-empty"], live=True)
    assert statuses(found, "webhooks-empty") == numbers
    assert sorted(one for one in lines(found) if " alarm " in one) == [
        "webhooks-empty alarm IncomingPhoneNumber *: nothing answers its calls: voice_url is empty; nothing answers its messages:"
        " sms_url is empty, unless a Messaging Service answers them",
        "webhooks-empty alarm IncomingPhoneNumber *: nothing answers its calls: voice_url of its application AP… is empty",
        "webhooks-empty alarm IncomingPhoneNumber *: nothing answers its messages: sms_url is empty, unless a Messaging Service"
        " answers them",
        "webhooks-empty alarm IncomingPhoneNumber *: nothing answers its messages: the application AP… does not exist",
    ]
    voice = {"webhooks-empty": {"channels": ["voice"]}}
    assert [one.status for one in audit(["webhooks-empty"], live=True, thresholds=voice)].count("alarm") == 2


@pytest.mark.parametrize(
    "given",
    [
        {"voice_url": "http://example.com/a", "voice_application_sid": "AP" + "0" * 32},
        {"voice_url": "http://example.com/a", "trunk_sid": "TK" + "0" * 32},
        {"sms_fallback_url": "http://example.com/a", "sms_application_sid": "AP" + "0" * 32},
    ],
)
def test_an_overridden_url_is_no_other_controls_concern(fake: FakeTwilio, connection: Connection, given: Any) -> None:
    sid = fake.numbers.add(**given)["sid"]
    found = audit(["webhooks-http", "webhooks-demo", "webhooks-overridden"], live=True)
    assert alarms(found) == [("webhooks-overridden", sid)]


@pytest.mark.parametrize(
    ("url", "control", "reason"),
    [
        ("", "webhooks-empty", "it calls nobody when it fires: callback_url is empty"),
        ("http://example.com/usage?token=1", "webhooks-http", "without https: callback_url http://example.com/usage"),
        ("https://demo.twilio.com/usage", "webhooks-demo", "Twilio's demo: callback_url https://demo.twilio.com/usage"),
    ],
)
def test_the_url_of_a_usage_trigger_is_a_webhook(sound: FakeTwilio, url: str, control: str, reason: str) -> None:
    sid = sound.usage_triggers.add(callback_url=url)["sid"]
    found = audit([name for name in CONTROLS if name != "webhooks-elsewhere"], live=True)
    assert [(one.control, one.resource, one.sid, one.reason) for one in found.alarms] == [(control, "UsageTrigger", sid, reason)]


def test_a_repair_of_a_usage_trigger(sound: FakeTwilio) -> None:
    sid = sound.usage_triggers.add(callback_url="http://example.com/usage?token=1")["sid"]
    [plan] = audit(["webhooks-http"], live=True).plan_repairs()
    assert len(plan.apply(workers=1).ok) == 1
    assert sound.usage_triggers.get(sid)["callback_url"] == "https://example.com/usage?token=1"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://example.com/voice", "https://example.com/voice"),
        ("https://anna:hunter2@example.com:8443/a/b?token=1#rc=2", "https://example.com:8443/a/b"),
        ("https://example.com?token=1", "https://example.com"),
        ("https://anna:hun/ter2@example.com/voice", "https://…"),
        ("https://anna@b@example.com/voice", "https://example.com/voice"),
        ("https://example.com/\x1b[2J", "https://example.com/\\x1b[2J"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, text: str) -> None:
    assert shown(url) == text


def test_no_reason_shows_a_secret(sound: FakeTwilio) -> None:
    secret = "http://anna:hunter2@demo.twilio.com/voice?token=not-for-others#hunter2"
    sound.numbers.add(voice_url=secret, status_callback=secret, voice_application_sid="", sms_url=secret)
    sound.numbers.add(voice_url=secret, voice_application_sid="AP" + "0" * 32)
    sound.sip_domains.add(voice_url=secret, voice_status_callback_url=secret)
    given = {
        "webhooks-elsewhere": {
            "public_url": "https://anna:hunter2@example.com/hooks",
            "url": "https://anna:hunter2@example.com/status?token=not-for-others",
        }
    }
    found = audit(live=True, thresholds=given)
    assert len(found.alarms) > 8
    shown_texts = [str(found), repr(found), found.to_json(), found.to_metrics(), *(repr(one) for one in found)]
    for word in ("anna", "hunter2", "not-for-others", "On my way"):
        assert not any(word in text for text in shown_texts)


# ---------------------------------------------------------------- elsewhere


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://example.com/twilio", True), ("https://example.com/twilio/", True),
        ("https://example.com/twilio/sms?a=/b", True), ("HTTPS://Example.COM:443/twilio#rc=2", True),
        ("https://anna:hunter2@example.com/twilio?x", True), ("http://example.com/twilio", False),
        ("https://example.com:8443/twilio", False), ("https://example.com/", False),
        ("https://example.com/twilio2", False), ("https://example.com/Twilio", False), ("https://example.com/x/twilio", False),
        ("https://example.com/?/twilio", False), ("https://example.com/twilio/../other", False),
        ("https://example.com.evil.invalid/twilio", False), ("https://other.invalid/https://example.com/twilio", False),
        ("https://example.com@other.invalid/twilio", False), ("nothing", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("public", ["https://example.com/twilio", "https://EXAMPLE.com:443/twilio/"])
def test_which_urls_are_below_a_public_url(fake: FakeTwilio, connection: Connection, url: str, ours: bool, public: str) -> None:
    fake.applications.add(voice_url="", sms_url="", status_callback=url)
    IncomingPhoneNumber.sync(), Application.sync(), SipDomain.sync(), UsageTrigger.sync()
    with fake.expects_requests(0):
        [found] = [one for one in audit(["webhooks-elsewhere"], public_url=public) if one.sid is not None]
    assert found.status == ("ok" if ours else "alarm")
    if not ours:
        assert found.reason == f"does not point to {shown(public)}: status_callback {shown(url)}"


def test_what_points_elsewhere_is_named_with_its_fields(fake: FakeTwilio, connection: Connection) -> None:
    application = fake.applications.add(
        voice_url=f"{PUBLIC}/voice", voice_fallback_url="https://help.invalid", sms_url="https://a.invalid/sms?token=not-for-others",
        status_callback=f"{PUBLIC}/status", message_status_callback="https://b.invalid/", sms_status_callback="",
    )["sid"]  # fmt: skip
    number = fake.numbers.add(voice_url="https://c.invalid:8443/v", sms_url=f"{PUBLIC}/sms", status_callback="")["sid"]
    answered = fake.numbers.add(
        voice_application_sid=application, voice_url="https://d.invalid", status_callback="https://d.invalid", sms_url=""
    )["sid"]
    domain = fake.sip_domains.add(voice_url="", voice_status_callback_url="https://e.invalid/status")["sid"]
    trigger = fake.usage_triggers.add(callback_url="http://example.com/usage")["sid"]
    found = audit(["webhooks-elsewhere"], live=True, public_url=PUBLIC)
    before = "does not point to https://example.com: "
    assert {one.sid: one.reason for one in found.alarms} == {
        application: f"{before}sms_url https://a.invalid/sms, message_status_callback https://b.invalid/",
        number: f"{before}voice_url https://c.invalid:8443/v, status_callback is empty",
        domain: f"{before}voice_status_callback_url https://e.invalid/status",
        trigger: f"{before}callback_url http://example.com/usage",
    }
    assert [one.sid for one in found if one.status == "ok"] == [answered]
    limits: Any = {"webhooks-elsewhere": {"kinds": ["sms"], "other_urls": ["https://a.invalid", "https://c.invalid:8443/"]}}
    assert not audit(["webhooks-elsewhere"], live=True, public_url=PUBLIC, thresholds=limits).alarms
    limits["webhooks-elsewhere"]["kinds"] = ["voice", "callback"]
    found = audit(["webhooks-elsewhere"], live=True, public_url=PUBLIC, thresholds=limits)
    assert [one.sid for one in found.alarms if "voice_url" in one.reason] == []
    where = "https://example.com or https://a.invalid or https://c.invalid:8443/"
    assert f"does not point to {where}: status_callback is empty" in [one.reason for one in found.alarms]


def test_a_public_url_of_an_account_is_its_own(fake: FakeTwilio, connection: Connection) -> None:
    child = fake.accounts.add(friendly_name="Child")["sid"]
    for account, url in ((fake.account_sid, PUBLIC), (child, "https://child.invalid/hooks")):
        fake.usage_triggers.add(account=account, callback_url=url)
    given: dict[str, Any] = {"webhooks-elsewhere": {"public_url": "https://old.invalid"}}
    arguments: dict[str, Any] = {"live": True, "all_accounts": True, "public_url": PUBLIC}
    assert [one.account_sid for one in audit(["webhooks-elsewhere"], thresholds=given, **arguments).alarms] == [child]
    given["accounts"] = {child: {"webhooks-elsewhere": {"public_url": "https://child.invalid"}}}
    assert not audit(["webhooks"], thresholds=given, **arguments).alarms
    [skip] = audit(["webhooks-elsewhere"])
    assert (skip.status, skip.reason) == (
        "skip", "no public URL to compare with: --public-url, or [webhooks-elsewhere] public_url",
    )  # fmt: skip


# ---------------------------------------------------------------- dead


def test_dead_webhooks(fake: FakeTwilio, connection: Connection) -> None:
    with server(200) as alive, server(500) as broken, server(404) as maybe, server(302, location=alive) as moved:
        urls = {
            "alive": f"{alive}/voice", "broken": f"{broken}/voice", "maybe": f"{maybe}/voice", "moved": f"{moved}/voice",
            "closed": f"http://127.0.0.1:{closed_port()}/voice?token=not-for-others",
        }  # fmt: skip
        sids = {name: fake.numbers.add(voice_url=url)["sid"] for name, url in urls.items()}
        used = fake.applications.add(voice_url=urls["broken"])["sid"]
        sids["trigger"] = fake.usage_triggers.add(callback_url=urls["broken"])["sid"]
        sids["by application"] = fake.numbers.add(voice_url=urls["closed"], voice_application_sid=used)["sid"]
        found = audit(["webhooks-dead"], live=True, probe=["http"])
    expected = {"alive": "ok", "broken": "alarm", "maybe": "skip", "moved": "alarm", "closed": "alarm", "by application": "ok",
                "trigger": "alarm"}  # fmt: skip
    by_sid = {one.sid: one for one in found}
    assert {name: by_sid[sid].status for name, sid in sids.items()} == expected
    assert by_sid[used].status == "alarm"
    reasons = {name: by_sid[sid].reason for name, sid in sids.items()}
    assert reasons["broken"] == f"voice_url {broken}/voice responds with HTTP 500"
    assert reasons["trigger"] == f"callback_url {broken}/voice responds with HTTP 500"
    assert reasons["moved"] == f"voice_url {moved}/voice redirects (HTTP 302) to {alive}, which was not followed"
    assert "does not respond" in reasons["closed"] and "token" not in reasons["closed"]


def test_certificates_of_webhooks(fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "valid.pem"))
    with server(certificate="valid") as url:
        fake.numbers.add(voice_fallback_url=f"{url}/voice")
        assert not audit(["webhooks-dead"], live=True, probe=["tls"]).alarms
        limits = {"webhooks-dead": {"expires_days": 365_000}}
        [alarm] = audit(["webhooks-dead"], live=True, probe=["tls"], thresholds=limits).alarms
    assert alarm.reason.startswith(f"voice_fallback_url {url}/voice has a certificate that expires in ")


def test_a_url_of_many_numbers_is_probed_once(fake: FakeTwilio, connection: Connection) -> None:
    seen: list[str] = []
    with server(200, seen=seen) as url:
        for _ in range(5):
            fake.numbers.add(voice_url=f"{url}/voice", sms_url=f"{url}/sms")
        audit(["webhooks-dead"], live=True, probe=("http",))
    assert sorted(one.split()[1] for one in seen) == ["/sms", "/voice"]


# ---------------------------------------------------------------- traffic


@pytest.mark.parametrize(
    ("failed", "delivered", "before", "status"),
    [(9, 0, 0, "ok"), (10, 0, 0, "alarm"), (10, 90, 0, "alarm"), (10, 90, 4, "ok"), (12, 88, 4, "alarm"), (0, 5, 5, "ok")],
)
def test_failures_are_compared_with_the_days_before(
    fake: FakeTwilio, connection: Connection, failed: int, delivered: int, before: int, status: str
) -> None:
    """Of a hundred messages before, so many failed; three times their share is an alarm, from ten failures on."""
    for hours, statuses_ in (
        (2, ["failed"] * failed + ["delivered"] * delivered),
        (50, ["failed"] * before + ["sent"] * (100 - before)),
    ):
        for one in statuses_:
            at = fake.clock - timedelta(hours=hours)
            fake.messages.add(status=one, direction="outbound-api", date_created=at, date_sent=at)
    fake.messages.add(status="failed", direction="inbound", date_sent=None)
    Message.sync()
    [found] = audit(["failed-messages"])
    assert found.status == status
    assert f"{failed} of {failed + delivered} outbound messages failed" in found.reason


def test_each_state_of_a_call_has_its_time(fake: FakeTwilio, connection: Connection) -> None:
    def call(status: str, hours: float) -> str:
        at = fake.clock - timedelta(hours=hours)
        return str(fake.calls.add(status=status, date_created=at, start_time=at if status == "in-progress" else None)["sid"])

    stuck = [call("queued", 1.1), call("ringing", 1.1), call("in-progress", 8.1)]
    for status, hours in (("queued", 0.9), ("ringing", 0.9), ("in-progress", 7.9), ("completed", 90)):
        call(status, hours)
    found = audit(["stuck-calls"], live=True)
    assert alarms(found) == sorted(("stuck-calls", sid) for sid in stuck)
    plans = found.plan_repairs()
    assert sorted(step.fields["status"][1] for plan in plans for step in plan) == ["canceled", "canceled", "completed"]


# ---------------------------------------------------------------- repairs


def test_plans_repair_what_they_can(sound: FakeTwilio) -> None:
    defects = sound.add_defects()
    given = {"webhooks-elsewhere": {**OURS["webhooks-elsewhere"], "url": "https://example.com/status"}}
    found = audit(live=True, thresholds=given)
    before = len(sound.requests)
    plans = found.plan_repairs()
    assert all(one.method == "GET" for one in sound.requests[before:])
    assert len(plans) == len([one for one in found.alarms if one.repair]) == 9
    for plan in plans:
        assert len(plan.apply(workers=1).ok) == 1
    repaired = {"webhooks-elsewhere", "suspended-accounts", "recordings-absent", "recordings-kept", "unused-applications",
                "stuck-messages", "stuck-calls", "webhooks-http", "webhooks-overridden"}  # fmt: skip
    again = audit(live=True, thresholds=given)
    assert {one.control for one in again.alarms} == defects.keys() - repaired - {"webhooks-dead"}
    assert sound.numbers.get(defects["webhooks-http"])["voice_url"] == "https://example.com/voice?token=not-for-others"


def test_a_plan_leaves_alone_what_changed_since_the_audit(sound: FakeTwilio) -> None:
    defects = sound.add_defects()
    found = {one.control: one for one in audit(live=True).alarms}
    sound.messages.change(defects["stuck-messages"], status="delivered")
    sound.calls.change(defects["stuck-calls"], status="completed")
    sound.accounts.change(defects["suspended-accounts"], status="closed")
    sound.numbers.change(defects["webhooks-http"], voice_url="https://example.com/voice")
    sound.numbers.change(defects["webhooks-overridden"], voice_application_sid="", sms_application_sid="")
    sound.numbers.change(defects["webhooks-empty"], voice_application_sid=defects["unused-applications"])
    sound.recordings.change(defects["recordings-absent"], status="completed")
    for control in (
        "stuck-messages", "stuck-calls", "suspended-accounts", "webhooks-http", "webhooks-overridden", "unused-applications",
        "recordings-absent",
    ):  # fmt: skip
        plan = found[control].plan_repair()
        assert plan is not None and len(plan) == 0, control
    assert found["sip-auth"].plan_repair() is None


def test_a_plan_is_for_the_account_of_its_record(sound: FakeTwilio, connection: Connection) -> None:
    sid = sound.accounts.add(friendly_name="Child")["sid"]
    recording = sound.recordings.add(account=sid, status="absent")["sid"]
    found = audit(["recordings"], live=True, all_accounts=True)
    [plan] = found.plan_repairs()
    assert [step.sid for step in plan] == [recording]
    plan = found.alarms[0].plan_repair(connection)
    assert plan is not None and len(plan.apply(workers=1).ok) == 1
    assert [one["status"] for one in sound.recordings.of(sid)] == ["deleted"]


def test_https_is_no_plan_for_a_url_with_a_port(fake: FakeTwilio, connection: Connection) -> None:
    fake.numbers.add(voice_url="http://example.com:8080/voice")
    [alarm] = audit(["webhooks-http"], live=True).alarms
    assert alarm.repair is None and alarm.plan_repair() is None


# ---------------------------------------------------------------- results


def test_findings_are_values(sound: FakeTwilio) -> None:
    defects = sound.add_defects("sip-auth")
    found = audit(["sip-auth"], live=True)
    assert len(found) == 3 and found.counts == {"ok": 2, "alarm": 1, "skip": 0}
    [alarm] = found.alarms
    assert str(alarm) == f"alarm  sip-auth  {defects['sip-auth']}  {alarm.reason}"
    assert str(found) == f"{alarm}\n2 ok, 1 alarm, 0 skip"
    assert json.loads(found.to_json()) == {"counts": found.counts, "findings": found.to_rows()}
    for model in (SipDomain, SipAuthCallsCredentialListMapping, SipAuthCallsIpAccessControlListMapping):
        model.sync()
    [*_, row] = json.loads(audit(["sip-auth"]).to_json())["findings"]
    assert row["as_of"] == "2026-06-15T12:00:00+00:00" and row["repair"] is None
    sound.add_defects("recordings-absent")
    rows = audit(["recordings-absent"], live=True).to_rows()
    assert [one["repair"] for one in rows] == ["delete"]
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(FrozenInstanceError):
        alarm.status = "ok"  # type: ignore[misc]


def test_metrics_have_a_line_for_each_control_account_and_status(sound: FakeTwilio) -> None:
    sound.add_defects("sip-auth")
    lines = audit(["sip-auth", "old-keys"], live=True).to_metrics().splitlines()
    assert lines[:2] == ["# HELP twilio_orm_audit_findings Findings of the last audit.", "# TYPE twilio_orm_audit_findings gauge"]
    values = [re.fullmatch(r'twilio_orm_audit_findings\{control="([\w-]+)",account_sid="(AC\w{32})",status="(\w+)"\} (\d+)', one)
              for one in lines[2:]]  # fmt: skip
    assert {(one[1], one[3]): int(one[4]) for one in values if one} == {
        ("old-keys", "ok"): 1, ("old-keys", "alarm"): 0, ("old-keys", "skip"): 0,
        ("sip-auth", "ok"): 2, ("sip-auth", "alarm"): 1, ("sip-auth", "skip"): 0,
    }  # fmt: skip
    assert None not in values


# ---------------------------------------------------------------- arguments and thresholds


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"only": ["webhooks-htp"]}, "did you mean 'webhooks-http'"),
        ({"only": []}, "at least one control"),
        ({"only": "balance"}, "a list of names"),
        ({"probe": ["tsl"]}, "there is no probe 'tsl'"),
        ({"thresholds": {"balanse": {}}}, "did you mean 'balance'"),
        ({"thresholds": {"account": {}}}, "did you mean 'accounts'"),
        ({"thresholds": {"balance": {"day": 3}}}, "did you mean 'days'"),
        ({"thresholds": {"balance": {"days": "3"}}}, r"\[balance\] days is a number above 0"),
        ({"thresholds": {"balance": {"days": True}}}, "a number above 0"),
        ({"thresholds": {"balance": {"days": 0}}}, "a number above 0"),
        ({"thresholds": {"balance": {"days": float("nan")}}}, "a number above 0"),
        ({"thresholds": {"balance": 3}}, "a table of thresholds"),
        ({"thresholds": {"webhooks-empty": {"channels": "voice"}}}, "a list of texts"),
        ({"thresholds": {"webhooks-elsewhere": {"url": 1}}}, "a text"),
        ({"thresholds": {"webhooks-elsewhere": {"url": "example.com/status"}}}, "takes an http or https URL"),
        ({"thresholds": {"webhooks-elsewhere": {"public_url": "example.com"}}}, "public_url takes an http or https URL"),
        ({"thresholds": {"webhooks-elsewhere": {"other_urls": ["example.com"]}}}, "other_urls takes http or https URLs"),
        ({"thresholds": {"webhooks-elsewhere": {"kinds": ["fax"]}}}, "kinds takes voice, sms and callback"),
        ({"public_url": "example.com/twilio"}, "public_url takes an http or https URL"),
        ({"public_url": "https://example.com/?a=b"}, "public_url takes an http or https URL without a query"),
        ({"public_url": ""}, "public_url takes an http or https URL"),
        ({"public_url": 1}, "public_url is a text"),
        ({"public_url": PUBLIC, "only": ["balance"]}, "webhooks-elsewhere, which is not among those of only="),
        ({"thresholds": {"webhooks-empty": {"channels": ["voice", "fax"]}}}, "takes voice and sms"),
        ({"thresholds": {"emergency-addresses": {"countries": ["USA"]}}}, "by their two letters"),
        ({"thresholds": {"old-keys": {"ignore": ["SK1"]}}}, r"\[old-keys\] ignore takes SIDs"),
        ({"thresholds": {"accounts": {"AC1": {}}}}, "takes SIDs of accounts"),
        ({"thresholds": {"accounts": []}}, "table of accounts"),
        ({"thresholds": {"accounts": {"AC" + "0" * 32: {"balance": {"day": 1}}}}}, r"accounts\.AC0+\.balance"),
        ({"thresholds": {"accounts": {"AC" + "0" * 32: 3}}}, "holds tables of controls"),
        ({"thresholds": 3}, "path of a TOML file"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_sent(sound: FakeTwilio, arguments: Any, message: str) -> None:
    with sound.expects_requests(0), pytest.raises(BadValue, match=message):
        audit(live=True, **arguments)


def test_controls_are_named_alone_or_by_their_group(sound: FakeTwilio) -> None:
    def names(*only: str) -> list[str]:
        return list(dict.fromkeys(one.control for one in audit(only)))

    assert names("recordings") == ["recordings-absent", "recordings-kept"]
    assert names("recordings_kept", "recordings-kept") == ["recordings-kept"]
    assert len(names("webhooks")) == 6


def test_thresholds_of_a_file_and_of_one_account(sound: FakeTwilio, tmp_path: Path) -> None:
    path = tmp_path / "thresholds.toml"
    path.write_text(f"[old-keys]\ndays = 5\n[accounts.{sound.account_sid}.recordings-kept]\ndays = 5\n")
    assert {one.control for one in audit(["old-keys", "recordings-kept"], live=True, thresholds=path).alarms} == {
        "old-keys", "recordings-kept",
    }  # fmt: skip
    path.write_text(f"[old-keys]\ndays = 5\n[accounts.{sound.account_sid}.old-keys]\ndays = 50\n")
    assert not audit(["old-keys"], live=True, thresholds=path).alarms
    path.write_text(f"[old-keys]\ndays = 5\n[accounts.AC{'0' * 32}.old-keys]\ndays = 50\n")
    assert len(audit(["old-keys"], live=True, thresholds=str(path)).alarms) == 1


def test_a_record_that_the_thresholds_ignore_is_a_skip(sound: FakeTwilio) -> None:
    sid = sound.add_defects("unused-applications")["unused-applications"]
    found = audit(["unused-applications"], live=True, thresholds={"unused-applications": {"ignore": [sid]}})
    assert [(one.sid, one.status) for one in found if one.sid == sid] == [(sid, "skip")]
    assert not found.alarms


@pytest.mark.parametrize(
    ("content", "message"), [(b"[balance\n", "is not TOML"), (b"\xff", "is not UTF-8"), (None, "cannot be read")]
)
def test_a_file_that_cannot_be_read(sound: FakeTwilio, tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "thresholds.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"thresholds.toml {message}"):
        audit(thresholds=path)


def test_it_is_a_public_name() -> None:
    assert twilio_orm.audit is audit and {"audit", "Audit", "Finding"} <= set(twilio_orm.__all__)
