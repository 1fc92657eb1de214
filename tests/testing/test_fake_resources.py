"""Requests to FakeTwilio for resources with behaviour of their own: queues, sessions, keys, caller IDs, files, SIP."""

from __future__ import annotations

import http.client
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from fakeapi import Api
from fakeworld import FROM, NOON, TO, World

from twilio_orm.http.messages import Request, Response
from twilio_orm.testing import FakeTwilio


@pytest.fixture
def fake() -> FakeTwilio:
    fake = FakeTwilio(clock=NOON)
    fake.numbers.add(phone_number=FROM)
    return fake


@pytest.fixture
def api(fake: FakeTwilio) -> Api:
    return Api(fake)


def live(fake: FakeTwilio) -> str:
    return str(fake.calls.add(status="in-progress", start_time=NOON)["sid"])


# ---------------------------------------------------------------- paths


def test_a_parent_that_does_not_exist_is_404(api: Api, fake: FakeTwilio) -> None:
    other = fake.recordings.add()["sid"]
    mine = fake.recordings.add()["sid"]
    result = fake.add_on_results.add(reference_sid=mine)["sid"]
    payload = fake.add_on_payloads.add(add_on_result_sid=result)["sid"]
    assert api.get(f"Recordings/{mine}/AddOnResults/{result}/Payloads/{payload}.json")["reference_sid"] == mine
    for path in (
        f"Recordings/{other}/AddOnResults/{result}.json",
        f"Recordings/{other}/AddOnResults/{result}/Payloads.json",
        f"Recordings/{mine}/AddOnResults/{other}/Payloads.json",
        f"Recordings/{other}/AddOnResults/{result}/Payloads/{payload}/Data.json",
        "Calls/CA1/Events.json",
        "Queues/QU1/Members/Front.json",
        "AvailablePhoneNumbers/XX.json",
    ):
        assert api.code("GET", path) == (404, 20404), path
    assert api("DELETE", f"Recordings/{mine}.json")[0] == 204
    assert api.code("GET", f"Recordings/{mine}/AddOnResults.json") == (404, 20404)
    assert fake.violations == []


@pytest.mark.parametrize("path", ["Sandbox", "SMS/Messages", "Media", "SIP", "Usage", "Calls/CA1/Feedback", "Queue"])
def test_paths_that_left_the_documentation_are_404_and_violations(api: Api, path: str) -> None:
    api.fake.calls.add(sid="CA1")
    assert api.code("GET", f"{path}.json") == (404, 20404)
    assert len(api.fake.violations) == 1


def test_a_participant_by_its_label(api: Api, fake: FakeTwilio) -> None:
    room = fake.conferences.add()["sid"]
    label = "the boss/50% é.x"
    fake.participants.add(conference_sid=room, label=label)
    path = f"Conferences/{room}/Participants/{quote(label, safe='')}.json"
    assert api.get(path)["label"] == label
    assert api.post(path, Muted="true")["muted"] is True
    assert api("DELETE", path) == (204, None)
    assert api.code("GET", path) == (404, 20404)


def test_children_are_removed_with_their_parent(fake: FakeTwilio) -> None:
    world = World()
    world.fake.messages.remove(world.sid("messages"))
    assert len(world.fake.media) == len(world.fake.message_feedback) == 0
    world.fake.numbers.remove(world.sid("incoming_phone_numbers"))
    assert len(world.fake.assigned_add_ons) == len(world.fake.add_on_extensions) == 0
    world.fake.recordings.remove(world.sid("recordings"))
    assert len(world.fake.add_on_results) == len(world.fake.add_on_payloads) == 0
    assert len(world.fake.transcriptions) == 1


def test_a_number_takes_its_add_ons_to_another_account() -> None:
    world = World()
    child = world.fake.accounts.add()["sid"]
    number = world.sid("incoming_phone_numbers")
    Api(world.fake).post(f"IncomingPhoneNumbers/{number}.json", AccountSid=child)
    assert len(world.fake.assigned_add_ons.of(child)) == len(world.fake.add_on_extensions.of(child)) == 1


# ---------------------------------------------------------------- accounts, keys, caller IDs


def test_dependent_phone_numbers_of_an_address(api: Api, fake: FakeTwilio) -> None:
    form = {"CustomerName": "A", "Street": "B", "City": "C", "Region": "D", "PostalCode": "E", "IsoCountry": "GB"}
    assert api.code("POST", "Addresses.json", None, {"CustomerName": "A"}) == (400, 20001)
    made = api.post("Addresses.json", **form, EmergencyEnabled="true")
    assert (made["iso_country"], made["emergency_enabled"], made["validated"]) == ("GB", True, False)
    numbers = [
        fake.numbers.add(phone_number=TO, address_sid=made["sid"]),
        fake.numbers.add(phone_number=FROM, emergency_address_sid=made["sid"]),
        fake.numbers.add(phone_number="+14155550102"),
    ]
    rows = api.get(f"Addresses/{made['sid']}/DependentPhoneNumbers.json")["dependent_phone_numbers"]
    assert {row["sid"] for row in rows} == {row["sid"] for row in numbers[:2]}
    assert rows[0]["uri"].endswith(f"/IncomingPhoneNumbers/{rows[0]['sid']}.json")
    assert [row["sid"] for row in api.get("Addresses.json", EmergencyEnabled="true")["addresses"]] == [made["sid"]]
    assert api.get("Addresses.json", EmergencyEnabled="false")["addresses"] == []


def test_countries_list_their_types_of_numbers(api: Api, fake: FakeTwilio) -> None:
    found = api.get("AvailablePhoneNumbers.json")
    assert set(found) == {"countries", "uri"}
    assert [row["country_code"] for row in found["countries"]] == ["US", "CA", "GB", "DE"]
    assert set(found["countries"][1]["subresource_uris"]) == {"local", "toll_free"}
    fake.offer("+33100000000", country="FR", kind="Local")
    row = api.get("AvailablePhoneNumbers/FR.json")
    assert api.get(row["subresource_uris"]["local"])["available_phone_numbers"][0]["phone_number"] == "+33100000000"


def test_only_the_main_account_has_a_balance(api: Api, fake: FakeTwilio) -> None:
    child = fake.accounts.add()["sid"]
    fake.balance.change(fake.account_sid, balance="12.34")
    assert api.get("Balance.json") == {"account_sid": fake.account_sid, "balance": "12.34", "currency": "USD"}
    assert api.code("GET", f"{child}/Balance.json") == (404, 20404)


@pytest.mark.parametrize("path", ["Keys", "SigningKeys"])
def test_only_a_create_shows_the_secret_and_standard_keys_are_limited(api: Api, fake: FakeTwilio, path: str) -> None:
    made = api.post(f"{path}.json", FriendlyName="ci")
    assert set(made) == {"sid", "friendly_name", "date_created", "date_updated", "secret"}
    assert "secret" not in api.get(f"{path}/{made['sid']}.json")
    [rows] = (value for value in api.get(f"{path}.json").values() if isinstance(value, list))
    assert rows and all("secret" not in row for row in rows)
    key = Api(fake, made["sid"], made["secret"])
    assert key.get("Calls.json")["calls"] == []
    for refused in ("", f"{fake.account_sid}.json", "Keys.json", "SigningKeys.json", f"Keys/{made['sid']}.json"):
        assert key.code("GET", refused) == (401, 20003)
    assert key.code("POST", "Keys.json") == (401, 20003)
    main = fake.api_key()
    assert Api(fake, main.sid, main.secret).get("Keys.json")["keys"][0]["sid"]
    assert api.post(f"{path}/{made['sid']}.json", FriendlyName="old")["friendly_name"] == "old"
    assert api("DELETE", f"{path}/{made['sid']}.json") == (204, None)
    assert key.code("GET", "Calls.json") == (401, 20003)


def test_a_caller_id_exists_once_its_code_was_keyed_in(api: Api, fake: FakeTwilio) -> None:
    asked = api.post("OutgoingCallerIds.json", PhoneNumber=TO, FriendlyName="office")
    assert set(asked) == {"account_sid", "phone_number", "friendly_name", "validation_code", "call_sid"}
    assert len(asked["validation_code"]) == 6 and asked["validation_code"].isdigit()
    codes = [api.post("OutgoingCallerIds.json", PhoneNumber=f"+1415555{n:04d}")["validation_code"] for n in range(200, 260)]
    assert any(code.startswith("0") for code in codes)
    fake.tick(29)
    assert api.get("OutgoingCallerIds.json")["outgoing_caller_ids"] == []
    fake.tick(1)
    [row] = api.get("OutgoingCallerIds.json", PhoneNumber=TO)["outgoing_caller_ids"]
    assert (row["friendly_name"], row["sid"][:2]) == ("office", "PN")
    assert api.code("POST", "OutgoingCallerIds.json", None, {"PhoneNumber": TO}) == (400, 21450)
    assert api.post(f"OutgoingCallerIds/{row['sid']}.json", FriendlyName="desk")["friendly_name"] == "desk"
    call = api.post("OutgoingCallerIds.json", PhoneNumber="+14155550300")["call_sid"]
    fake.validation_requests.change(call, keyed_in=True)
    assert len(api.get("OutgoingCallerIds.json", PhoneNumber="+14155550300")["outgoing_caller_ids"]) == 1
    assert fake.caller_ids.add(phone_number=FROM)["friendly_name"] == "(415) 555-0101"


def test_tokens_and_triggers(api: Api) -> None:
    token = api.post("Tokens.json", Ttl="60")
    assert (token["ttl"], len(token["ice_servers"])) == ("60", 4)
    assert token["password"] == token["ice_servers"][1]["credential"]
    assert api.post("Tokens.json")["username"] != token["username"]
    form = {"CallbackUrl": "https://example.com", "TriggerValue": "10.5", "UsageCategory": "sms", "Recurring": "daily"}
    made = api.post("Usage/Triggers.json", **form)
    assert (made["trigger_value"], made["current_value"], made["date_fired"]) == ("10.5", "0", None)
    assert made["usage_record_uri"] == f"{api.path('Usage/Records.json')}?Category=sms"
    assert len(api.get("Usage/Triggers.json", Recurring="daily", TriggerBy="usage")["usage_triggers"]) == 1
    assert api.get("Usage/Triggers.json", Recurring="yearly")["usage_triggers"] == []
    for wrong in ("-1", "0", "many"):
        assert api.code("POST", "Usage/Triggers.json", None, {**form, "TriggerValue": wrong}) == (400, 20001)
    assert api.code("POST", "Usage/Triggers.json", None, {**form, "Recurring": "hourly"}) == (400, 20001)


def test_connect_apps_and_their_permissions(api: Api, fake: FakeTwilio) -> None:
    sid = fake.connect_apps.add()["sid"]
    changed = api.post(f"ConnectApps/{sid}.json", Permissions=["get-all", "post-all"])
    assert changed["permissions"] == ["get-all", "post-all"]
    assert api.code("POST", f"ConnectApps/{sid}.json", None, {"Permissions": ["all"]}) == (400, 20001)
    theirs = fake.authorized_connect_apps.add(connect_app_sid=sid)
    assert api.get(f"AuthorizedConnectApps/{sid}.json") == theirs
    assert api.code("DELETE", f"AuthorizedConnectApps/{sid}.json") == (405, 20004)


def test_short_codes_by_a_part_of_the_number(api: Api, fake: FakeTwilio) -> None:
    for code in ("99990", "12345"):
        fake.short_codes.add(short_code=code)
    found = [len(api.get("SMS/ShortCodes.json", ShortCode=part)["short_codes"]) for part in ("999", "*23", "5", "7")]
    assert found == [1, 1, 1, 0]


# ---------------------------------------------------------------- calls in progress

ACTIONS = {
    "Payments": {"IdempotencyKey": "1", "StatusCallback": "/x"}, "Siprec": {}, "Streams": {"Url": "wss://example.com"},
    "Transcriptions": {}, "UserDefinedMessages": {"Content": "{}"}, "UserDefinedMessageSubscriptions": {"Callback": "/x"},
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIONS)
def test_sessions_need_a_call_in_progress(api: Api, fake: FakeTwilio, name: str) -> None:
    done = fake.calls.add(status="completed")["sid"]
    assert api.code("POST", f"Calls/{done}/{name}.json", None, ACTIONS[name]) == (400, 21220)
    made = api.post(f"Calls/{live(fake)}/{name}.json", **ACTIONS[name])
    assert made["sid"][:2] == {"P": "PK", "T": "GT"}.get(name[0], {"Si": "SR", "St": "MZ"}.get(name[:2], made["sid"][:2]))
    assert api.code("GET", f"Calls/{made['call_sid']}/{name}.json") == (405, 20004)


def test_a_repeated_idempotency_key_returns_the_same_payment(api: Api, fake: FakeTwilio) -> None:
    path = f"Calls/{live(fake)}/Payments.json"
    form = {"IdempotencyKey": "one", "StatusCallback": "https://example.com"}
    assert api.code("POST", path, None, {"IdempotencyKey": "one"}) == (400, 20001)
    first = api.post(path, **form)
    assert api.post(path, **form) == first
    assert api.post(path, **{**form, "IdempotencyKey": "two"})["sid"] != first["sid"]
    one = f"{path.removesuffix('.json')}/{first['sid']}.json"
    assert api("POST", one, None, {**form, "Capture": "security-code"})[0] == 202
    assert api.code("POST", one, None, {"Status": "complete"}) == (400, 20001)


@pytest.mark.parametrize("name", ["Siprec", "Streams", "Transcriptions"])
def test_sessions_stop_by_request_and_with_their_call(api: Api, fake: FakeTwilio, name: str) -> None:
    call = live(fake)
    path = f"Calls/{call}/{name}"
    one, two = (api.post(f"{path}.json", **ACTIONS[name], Name=text) for text in "ab")
    assert (one["status"], one["name"]) == ("in-progress", "a")
    assert api.post(f"{path}/{one['sid']}.json", Status="stopped")["status"] == "stopped"
    api.post(f"Calls/{call}.json", Status="completed")
    shelf = {"Siprec": fake.siprec, "Streams": fake.streams, "Transcriptions": fake.realtime_transcriptions}[name]
    assert shelf.get(two["sid"])["status"] == "stopped"
    assert api.code("POST", f"{path}/{two['sid']}.json", None, {"Status": "stopped"}) == (400, 21220)


def test_ninety_nine_parameters_of_a_stream(api: Api, fake: FakeTwilio) -> None:
    path = f"Calls/{live(fake)}/Streams.json"
    api.post(path, **ACTIONS["Streams"], **{"Parameter1.Name": "a", "Parameter99.Value": "b"})
    for name in ("Parameter0.Name", "Parameter100.Name", "Parameter1.Other", "Parameter1"):
        assert api.code("POST", path, None, {**ACTIONS["Streams"], name: "a"}) == (400, 20001)


def test_only_an_instance_shows_all_fields_of_a_notification(api: Api, fake: FakeTwilio) -> None:
    call = live(fake)
    one = fake.notifications.add(call_sid=call, log="1", message_date=NOON - timedelta(days=2))
    fake.notifications.add(log="0")
    late = {"request_variables", "response_body", "response_headers"}
    for path in ("Notifications", f"Calls/{call}/Notifications"):
        [row] = api.get(f"{path}.json", Log="1", **{"MessageDate<": "2026-03-09"})["notifications"]
        whole = api.get(f"{path}/{one['sid']}.json")
        assert set(whole) - set(row) == late
        assert whole["uri"].endswith(f"{path}/{one['sid']}.json")
    assert len(api.get("Notifications.json")["notifications"]) == 2
    assert api.code("GET", "Notifications.json", {"LogLevel": "1"}) == (400, 20001)


def test_events_are_listed_oldest_first(api: Api, fake: FakeTwilio) -> None:
    call = live(fake)
    for number in range(5):
        fake.call_events.add(call_sid=call, request={"number": number})
    fake.call_events.add(call_sid=live(fake))
    rows = api.every(f"Calls/{call}/Events.json", "events", {"PageSize": 2})
    assert [row["request"]["number"] for row in rows] == list(range(5))
    assert set(rows[0]) == {"request", "response"}


# ---------------------------------------------------------------- queues


def test_members_leave_a_queue_and_the_others_move_up(api: Api, fake: FakeTwilio) -> None:
    queue = api.post("Queues.json", FriendlyName="support", MaxSize="7")
    assert (queue["max_size"], queue["current_size"], queue["average_wait_time"]) == (7, 0, 0)
    path = f"Queues/{queue['sid']}"
    assert api.code("GET", f"{path}/Members/Front.json") == (404, 20404)
    calls = [live(fake) for _ in range(3)]
    for minutes, call in enumerate(calls):
        fake.members.add(queue_sid=queue["sid"], call_sid=call, date_enqueued=NOON - timedelta(minutes=10 - minutes))
    rows = api.every(f"{path}/Members.json", "queue_members", {"PageSize": 1})
    assert [(row["call_sid"], row["position"], row["wait_time"]) for row in rows] == [
        (call, at + 1, 600 - 60 * at) for at, call in enumerate(calls)
    ]
    assert "account_sid" not in rows[0]
    assert api.get(f"{path}.json")["average_wait_time"] == 540
    assert api.code("DELETE", f"{path}.json") == (400, 20001)
    assert api.code("POST", f"{path}/Members/Front.json") == (400, 20001)
    out = api.post(f"{path}/Members/Front.json", Url="https://example.com")
    assert (out["call_sid"], out["position"], out["uri"][-len(calls[0]) - 5 :]) == (calls[0], 1, f"{calls[0]}.json")
    assert api.get(f"{path}/Members/Front.json")["call_sid"] == calls[1]
    assert api.get(f"{path}/Members/{calls[2]}.json")["position"] == 2
    api.post(f"Calls/{calls[1]}.json", Status="completed")
    assert api.get(f"{path}.json")["current_size"] == 1
    api.post(f"{path}/Members/{calls[2]}.json", Url="https://example.com", Method="GET")
    assert api("DELETE", f"{path}.json") == (204, None)


# ---------------------------------------------------------------- messages, media, transcriptions, add-ons


def test_a_message_and_its_media(api: Api, fake: FakeTwilio) -> None:
    urls = ["https://example.com/a.png", "https://example.com/b"]
    sent = api.post("Messages.json", To=TO, From=FROM, MediaUrl=urls)
    rows = api.get(f"Messages/{sent['sid']}/Media.json")["media_list"]
    assert {row["content_type"] for row in rows} == {"image/png", "image/jpeg"}
    assert {row["parent_sid"] for row in rows} == {sent["sid"]}
    assert api.get(f"Messages/{sent['sid']}/Media.json", **{"DateCreated>": "2026-03-11"})["media_list"] == []
    assert api("DELETE", rows[0]["uri"]) == (204, None)
    assert len(fake.media) == 1
    fake.tick(3600)
    assert api("DELETE", f"Messages/{sent['sid']}.json") == (204, None)
    assert len(fake.media) == 0


def test_repeated_feedback_replaces_the_earlier_one(api: Api, fake: FakeTwilio) -> None:
    sid = fake.messages.add()["sid"]
    path = f"Messages/{sid}/Feedback.json"
    for word in ("unconfirmed", "confirmed"):
        said = api.post(path, Outcome=word)
        assert (said["message_sid"], said["outcome"], said["uri"]) == (sid, word, api.path(path))
    assert len(fake.message_feedback) == 1
    assert api.code("GET", path) == (405, 20004)
    assert api.code("POST", path, None, {"Outcome": "maybe"}) == (400, 20001)


def stored(fake: FakeTwilio, url: str, *headers: tuple[str, str]) -> Response:
    return fake.send(Request("GET", url, (), headers))


def test_files_are_on_a_storage_host_that_must_not_get_credentials(api: Api, fake: FakeTwilio) -> None:
    sid = fake.messages.add()["sid"]
    medium = fake.media.add(parent_sid=sid, content_type="image/png")
    answer = api.raw("GET", medium["uri"].removesuffix(".json"))
    assert answer.status == 302
    there = answer.headers["location"]
    assert stored(fake, there).headers["content-type"] == "image/png"
    fake.store(medium["sid"], b"\x89PNG")
    assert stored(fake, there).body == b"\x89PNG"
    assert fake.violations == []
    assert stored(fake, there, *api.headers).status == 400
    assert len(fake.violations) == 1
    assert stored(fake, f"{there}0").status == 404
    assert fake.requests[-1].account == fake.account_sid
    assert api.code("POST", medium["uri"].removesuffix(".json"))[0] == 405


def test_the_data_of_an_add_on_is_a_redirect(api: Api, fake: FakeTwilio) -> None:
    recording = fake.recordings.add()["sid"]
    result = fake.add_on_results.add(reference_sid=recording)
    payload = fake.add_on_payloads.add(add_on_result_sid=result["sid"])
    answer = api.raw("GET", payload["subresource_uris"]["data"])
    assert (answer.status, set(answer.json())) == (307, {"redirect_to"})
    assert answer.headers["location"] == answer.json()["redirect_to"]
    data = stored(fake, answer.headers["location"])
    assert (data.headers["content-type"], data.json()["sid"]) == ("application/json", payload["sid"])
    assert api("DELETE", f"Recordings/{recording}/AddOnResults/{result['sid']}.json")[0] == 204
    assert stored(fake, answer.headers["location"]).status == 404


def test_files_over_a_socket_are_on_another_port(api: Api, fake: FakeTwilio) -> None:
    recording = fake.recordings.add()["sid"]
    result = fake.add_on_results.add(reference_sid=recording)["sid"]
    payload = fake.add_on_payloads.add(add_on_result_sid=result)

    def over(base: str, path: str, headers: Any = ()) -> tuple[int, Any, bytes]:
        connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    with fake.serve() as base:
        status, headers, body = over(base, payload["subresource_uris"]["data"], api.headers)
        there = json.loads(body)["redirect_to"]
        assert (status, headers["location"]) == (307, there)
        assert urlsplit(there).netloc != urlsplit(base).netloc
        assert over(there, urlsplit(there).path)[0] == 200
        assert fake.violations == []
        assert over(there, urlsplit(there).path, api.headers)[0] == 400
    assert len(fake.violations) == 1


def test_transcriptions_are_the_same_under_both_paths(api: Api, fake: FakeTwilio) -> None:
    recording = fake.recordings.add()["sid"]
    text = fake.transcriptions.add(recording_sid=recording, transcription_text="hello")
    fake.transcriptions.add(recording_sid=fake.recordings.add()["sid"])
    path = f"Recordings/{recording}/Transcriptions"
    assert api.get(f"{path}.json")["transcriptions"] == [api.get(f"Transcriptions/{text['sid']}.json")]
    assert len(api.get("Transcriptions.json")["transcriptions"]) == 2
    assert api("DELETE", f"{path}/{text['sid']}.json") == (204, None)
    assert api.code("GET", f"Transcriptions/{text['sid']}.json") == (404, 20404)


# ---------------------------------------------------------------- SIP


def test_a_list_is_mapped_to_domains_under_its_own_sid(api: Api, fake: FakeTwilio) -> None:
    domains = [api.post("SIP/Domains.json", DomainName=f"{name}.sip.twilio.com")["sid"] for name in "ab"]
    people = api.post("SIP/CredentialLists.json", FriendlyName="people")["sid"]
    doors = fake.sip_ip_access_control_lists.add()["sid"]
    for domain in domains:
        made = api.post(f"SIP/Domains/{domain}/CredentialListMappings.json", CredentialListSid=people)
        assert (made["sid"], made["domain_sid"], made["friendly_name"]) == (people, domain, "people")
        for way in ("Calls", "Registrations"):
            path = f"SIP/Domains/{domain}/Auth/{way}/CredentialListMappings.json"
            assert set(api.post(path, CredentialListSid=people)) == {
                "account_sid", "date_created", "date_updated", "friendly_name", "sid",
            }  # fmt: skip
            assert [row["sid"] for row in api.get(path)["contents"]] == [people]
    assert api.get(f"SIP/Domains/{domains[0]}.json")["auth_type"] == "CREDENTIAL_LIST"
    path = f"SIP/Domains/{domains[0]}/IpAccessControlListMappings.json"
    api.post(path, IpAccessControlListSid=doors)
    assert api.code("POST", path, None, {"IpAccessControlListSid": doors}) == (400, 20001)
    assert api.code("POST", path, None, {"IpAccessControlListSid": people}) == (400, 20001)
    assert api.get(f"SIP/Domains/{domains[0]}.json")["auth_type"] == "IP_ACL,CREDENTIAL_LIST"
    one = f"SIP/Domains/{domains[0]}/CredentialListMappings/{people}.json"
    assert api("DELETE", one) == (204, None)
    assert api.code("GET", one) == (404, 20404)
    assert api.get(f"SIP/Domains/{domains[1]}/CredentialListMappings/{people}.json")["domain_sid"] == domains[1]
    assert api("DELETE", f"SIP/CredentialLists/{people}.json") == (204, None)
    assert len(fake.sip_credential_list_mappings) == len(fake.sip_auth_calls_credential_list_mappings) == 0
    assert len(fake.sip_ip_access_control_list_mappings) == 1


def test_passwords_are_never_shown_again(api: Api, fake: FakeTwilio) -> None:
    people = fake.sip_credential_lists.add()["sid"]
    path = f"SIP/CredentialLists/{people}/Credentials"
    made = api.post(f"{path}.json", Username="alice", Password="Correct-Horse-1")
    changed = api.post(f"{path}/{made['sid']}.json", Password="Battery-Staple-2")
    assert made["username"] == changed["username"] == "alice"
    shown = json.dumps([made, changed, api.get(f"{path}.json"), list(fake.sip_credentials)])
    assert "assword" not in shown and "Horse" not in shown


def test_ip_addresses_of_an_access_control_list(api: Api, fake: FakeTwilio) -> None:
    doors = fake.sip_ip_access_control_lists.add()["sid"]
    path = f"SIP/IpAccessControlLists/{doors}/IpAddresses"
    made = api.post(f"{path}.json", FriendlyName="office", IpAddress="192.0.2.9")
    assert made["cidr_prefix_length"] == 32
    assert api.post(f"{path}/{made['sid']}.json", CidrPrefixLength="24")["cidr_prefix_length"] == 24


# ---------------------------------------------------------------- legacy


def test_legacy_feedback_on_calls() -> None:
    fake = FakeTwilio(clock=NOON, legacy=True)
    api = Api(fake)
    call = fake.calls.add(status="completed")["sid"]
    path = f"Calls/{call}/Feedback.json"
    assert api.code("GET", path) == (404, 20404)
    assert api.code("POST", path) == (400, 20001)
    assert api.code("POST", path, None, {"QualityScore": "6"}) == (400, 20001)
    assert api.post(path, QualityScore="3", Issue=["dropped-call", "one-way-audio"])["issues"][0] == "dropped-call"
    assert api.post(path, QualityScore="4")["quality_score"] == 4
    assert api.get(path)["sid"] == call
    asked = api.post("Calls/FeedbackSummary.json", StartDate="2026-03-10", EndDate="2026-03-10")
    assert (asked["sid"][:2], asked["status"], asked["call_count"]) == ("FS", "queued", None)
    fake.tick(5)
    done = api.get(f"Calls/FeedbackSummary/{asked['sid']}.json")
    assert (done["status"], done["call_count"], done["quality_score_average"]) == ("completed", 1, 4.0)
    assert api("DELETE", f"Calls/FeedbackSummary/{asked['sid']}.json") == (204, None)
    assert api.code("POST", "Calls/FeedbackSummary.json", None, {"StartDate": "2026-03-10"}) == (400, 20001)
    assert api("DELETE", path) == (204, None)
    assert api.code("GET", path) == (404, 20404)
    assert api.code("GET", "Sandbox.json") == (404, 20404)
