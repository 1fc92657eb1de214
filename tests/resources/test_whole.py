"""The rest of the API as stories against the simulated account: what is sent, what comes of it, and what is refused."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import (
    Account,
    Address,
    Application,
    AuthorizedConnectApp,
    AvailablePhoneNumber,
    AvailablePhoneNumberCountry,
    BadValue,
    Balance,
    Call,
    CallEvent,
    Conference,
    ConnectApp,
    Connection,
    DoesNotExist,
    FeedbackSummary,
    IncomingPhoneNumber,
    IncomingPhoneNumberAssignedAddOn,
    IncomingPhoneNumberAssignedAddOnExtension,
    Key,
    Media,
    Member,
    Message,
    MissingScope,
    NotCovered,
    NotFound,
    Notification,
    NotLoaded,
    OutgoingCallerId,
    Participant,
    Payments,
    QueryError,
    Queue,
    ReadOnly,
    Recording,
    Sandbox,
    ShortCode,
    SigningKey,
    SipCredentialList,
    SipCredentialListMapping,
    SipDomain,
    SipIpAccessControlList,
    Siprec,
    Stream,
    Token,
    Transcription,
    UsageTrigger,
    ValidationRequest,
    Verbatim,
)
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")
URL = "https://example.com/voice"
NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)


def last(fake: FakeTwilio) -> Any:
    return fake.requests[-1]


def form(fake: FakeTwilio) -> dict[str, str]:
    return dict(last(fake).form)


def tail(fake: FakeTwilio) -> str:
    """The last request's path below the account."""
    return str(last(fake).path).partition(f"{fake.account_sid}/")[2]


def live(fake: FakeTwilio) -> Call:
    return Call.get(fake.calls.add(status="in-progress")["sid"])


# ------------------------------------------------------------ caller ids


def test_a_caller_id_is_validated_and_exists_only_once_the_code_is_keyed_in(fake: FakeTwilio, connection: Connection) -> None:
    asked = OutgoingCallerId.validate("+14155550199", friendly_name="Desk", call_delay=5)
    assert isinstance(asked, ValidationRequest) and asked.validation_code and asked.phone_number == "+14155550199"
    assert form(fake) == {"PhoneNumber": "+14155550199", "FriendlyName": "Desk", "CallDelay": "5"}
    assert not list(OutgoingCallerId.all()) and connection.mirror.rows()["outgoing_caller_id"] == 0
    assert "validation_request" not in connection.mirror.rows()
    fake.validation_requests.change(asked.call_sid, keyed_in=True)
    [caller] = OutgoingCallerId.filter(phone_number="+14155550199")
    assert caller.update(friendly_name="Front desk").friendly_name == "Front desk"
    caller.delete()
    with pytest.raises(ReadOnly):
        OutgoingCallerId.create(phone_number="+1")


# ------------------------------------------------------------ notifications


def test_a_listed_notification_says_what_it_lacks_and_a_fetch_brings_it(fake: FakeTwilio) -> None:
    call = fake.calls.add(status="completed")["sid"]
    fake.notifications.add(call_sid=call, log="0", response_body="<oops/>", message_date=NOON)
    fake.notifications.add(log="1", message_date=NOON)
    [note] = Notification.filter(log=0, message_date=NOON.date())
    assert dict(last(fake).query) == {"Log": "0", "MessageDate": "2026-03-10", "PageSize": "1000"}
    with pytest.raises(NotLoaded, match=r"refresh\(\)"):
        _ = note.response_body
    assert "response_body" not in note.to_dict()
    assert note.refresh().response_body == "<oops/>"
    list(Notification.all())  # which does not take away what the fetch brought
    assert Notification.get_by_id(note.sid).response_body == "<oops/>"
    assert [one.sid for one in Call.get(call).notifications] == [note.sid]
    assert tail(fake) == f"Calls/{call}/Notifications.json"
    assert [one.sid for one in Notification.filter(call_sid=call, log=0)] == [note.sid]
    assert tail(fake) == f"Calls/{call}/Notifications.json" and dict(last(fake).query)["Log"] == "0"


# ------------------------------------------------------------ transcriptions, recordings, add-ons


def test_transcriptions_of_a_recording_are_the_same_rows_by_either_path(fake: FakeTwilio, connection: Connection) -> None:
    recording = fake.recordings.add(status="completed")["sid"]
    text = fake.transcriptions.add(recording_sid=recording, transcription_text="hello", price="-0.05000")["sid"]
    fake.transcriptions.add(recording_sid=fake.recordings.add()["sid"])
    [found] = Recording.get(recording).transcriptions
    assert tail(fake) == f"Recordings/{recording}/Transcriptions.json"
    assert (found.transcription_text, found.price) == ("hello", Decimal("-0.05000"))
    assert Transcription.all().count() == 2 and connection.mirror.rows()["transcription"] == 2
    assert found.recording.get() == Recording.get(recording)
    found.delete()
    assert tail(fake) == f"Recordings/{recording}/Transcriptions/{text}.json"
    assert Transcription.all().count() == 1


def test_a_recording_is_started_paused_resumed_and_stopped_on_its_call(fake: FakeTwilio) -> None:
    call = live(fake)
    recording = call.recordings.create(recording_channels="dual", recording_status_callback=URL)
    assert tail(fake) == f"Calls/{call.sid}/Recordings.json" and recording.status == "in-progress" and recording.track == "both"
    assert recording.pause("skip").status == "paused"
    assert (tail(fake), form(fake)) == (
        f"Calls/{call.sid}/Recordings/{recording.sid}.json", {"Status": "paused", "PauseBehavior": "skip"},
    )  # fmt: skip
    assert recording.resume().status == "in-progress" and recording.stop().status == "stopped"
    assert Recording.create(call_sid=call).call_sid == call.sid
    again = Recording.get(recording.sid)  # the account's list does not know the track; the mirror keeps it
    assert Recording.get_by_id(recording.sid).track == "both"
    again.update(status="stopped") if again.status == "in-progress" else None
    with pytest.raises(BadValue, match="did you mean 'paused'"):
        recording.update(status="pausd")


def test_a_conferences_recording_is_steered_below_its_conference(fake: FakeTwilio) -> None:
    room = fake.conferences.add(status="in-progress")["sid"]
    sid = fake.recordings.add(conference_sid=room, call_sid=fake.calls.add()["sid"], status="in-progress")["sid"]
    Recording.get(sid).pause()
    assert tail(fake) == f"Conferences/{room}/Recordings/{sid}.json"
    [found] = Conference.get(room).recordings
    assert tail(fake) == f"Conferences/{room}/Recordings.json"
    found.delete()
    assert tail(fake) == f"Conferences/{room}/Recordings/{sid}.json"


def test_a_row_read_by_two_paths_changes_nothing_but_once(fake: FakeTwilio, connection: Connection) -> None:
    call = fake.calls.add(status="completed")["sid"]
    fake.recordings.add(call_sid=call, status="completed", track="inbound")
    list(Recording.all())
    list(Call.get(call).recordings)
    revision = connection.mirror.revision()
    for _ in range(2):
        list(Recording.all())
        list(Recording.filter(call_sid=call))
        list(Call.get(call).recordings)
    assert connection.mirror.revision() == revision
    [row] = Recording.offline()
    assert str(row.uri).endswith(f"/Recordings/{row.sid}.json") and "/Calls/" not in str(row.uri)
    assert row.track == "inbound" and row.media_url


def test_deleted_recordings_are_asked_for_on_the_accounts_own_list(fake: FakeTwilio) -> None:
    call = fake.calls.add(status="completed")["sid"]
    fake.recordings.add(call_sid=call, status="deleted")
    assert not list(Call.get(call).recordings)
    assert [one.status for one in Call.get(call).recordings.filter(include_soft_deleted=True)] == ["deleted"]
    assert tail(fake) == "Recordings.json"


def test_what_an_add_on_made_is_listed_downloaded_and_deleted(fake: FakeTwilio, tmp_path: Path) -> None:
    recording = fake.recordings.add(status="completed")["sid"]
    result = fake.add_on_results.add(reference_sid=recording)["sid"]
    piece = fake.add_on_payloads.add(add_on_result_sid=result, content_type="application/json")["sid"]
    fake.store(piece, b'{"words": 3}')
    [made] = Recording.get(recording).add_on_results
    [payload] = made.payloads
    assert tail(fake) == f"Recordings/{recording}/AddOnResults/{result}/Payloads.json"
    assert payload.add_on_result.get() == made
    assert payload.download(tmp_path / "words.json") == 12 and (tmp_path / "words.json").read_bytes() == b'{"words": 3}'
    assert payload.data.get().redirect_to
    payload.delete()
    made.delete()
    assert not list(Recording.get(recording).add_on_results)


# ------------------------------------------------------------ queues


def test_a_queue_is_made_and_its_members_are_taken_from_the_front(fake: FakeTwilio) -> None:
    queue = Queue.create("support", max_size=5)
    assert form(fake) == {"FriendlyName": "support", "MaxSize": "5"}
    first, second = (fake.members.add(queue_sid=queue.sid, call_sid=fake.calls.add(status="in-progress")["sid"]) for _ in "ab")
    assert {one.call_sid for one in queue.members} == {first["call_sid"], second["call_sid"]}
    front = queue.members.front()
    assert tail(fake) == f"Queues/{queue.sid}/Members/Front.json" and front.call_sid == first["call_sid"]
    assert front == queue.front() == Member.front(queue) and front.account_sid == fake.account_sid
    front.dequeue(URL)
    assert (tail(fake), form(fake)) == (
        f"Queues/{queue.sid}/Members/{front.call_sid}.json", {"Url": URL, "Method": "POST"},
    )  # fmt: skip
    assert Queue.get(queue.sid).members.front().call_sid == second["call_sid"]
    queue.members.front().dequeue(URL, "GET")
    with pytest.raises(Member.DoesNotExist):
        queue.members.front()
    with pytest.raises(MissingScope, match="queue_sid"):
        list(Member.all())
    assert queue.update(friendly_name="sales").friendly_name == "sales"
    for _ in "abc":
        fake.members.add(queue_sid=queue.sid, call_sid=fake.calls.add(status="in-progress")["sid"])
    waiting = [one.call_sid for one in queue.members.order_by("position")]
    assert queue.members.dequeue(URL).call_sid == waiting[0] and tail(fake) == f"Queues/{queue.sid}/Members/Front.json"
    [last_one] = [one for one in queue.members if one.call_sid == waiting[2]]
    assert last_one.dequeue(URL, front=True).call_sid == waiting[1]
    with fake.expects_requests(0), pytest.raises(BadValue, match="url"):
        queue.members.dequeue("nowhere")


def test_a_participant_is_found_by_its_label(fake: FakeTwilio) -> None:
    room = fake.conferences.add(status="in-progress")["sid"]
    call = fake.participants.add(conference_sid=room, label="anna / desk")["call_sid"]
    anna = Conference.get(room).participants.labelled("anna / desk")
    assert anna.call_sid == call and anna.mute().muted and tail(fake).endswith(f"Participants/{call}.json")
    with pytest.raises(Participant.DoesNotExist):
        Conference.get(room).participants.labelled("nobody")
    assert Participant.filter(conference_sid=room, label="anna / desk").count() == 1
    for rooms in ([], [room, "CF" + "0" * 32]):
        with fake.expects_requests(0), pytest.raises(MissingScope, match="one parent"):
            Participant.filter(conference_sid__in=rooms).labelled("anna")
    for wrong in ("", ".", "..", None, 7):
        with fake.expects_requests(0), pytest.raises(BadValue):
            Participant.filter(conference_sid=room).labelled(wrong)  # type: ignore[arg-type]


# ------------------------------------------------------------ on a call in progress


def test_a_stream_takes_parameters_of_ones_own_and_is_stopped(fake: FakeTwilio, connection: Connection) -> None:
    with fake.expects_requests(0), pytest.raises(MissingScope, match="call_sid"):
        Stream.sync()
    call = live(fake)
    stream = call.streams.create("wss://example.com", name="s1", track="both_tracks", parameters={"a": "1", "b": "2"})
    assert form(fake) == {
        "Url": "wss://example.com", "Name": "s1", "Track": "both_tracks", "Parameter1.Name": "a", "Parameter1.Value": "1",
        "Parameter2.Name": "b", "Parameter2.Value": "2",
    }  # fmt: skip
    assert Stream.offline(partial=True).filter(call_sid=call.sid).get() == stream
    assert stream.stop().status == "stopped" and Stream.get_by_id(stream.sid).status == "stopped"
    for ask in (lambda: list(Stream.all()), lambda: Stream.get(stream.sid), stream.refresh, Stream.sync):
        with fake.expects_requests(0), pytest.raises((QueryError, MissingScope)):
            ask()
    with pytest.raises(BadValue, match="99 names"):
        call.siprec.create(parameters={str(at): "x" for at in range(100)})
    with pytest.raises(BadValue, match="both_tracks"):
        call.siprec.create(track="everything")
    recorder = call.siprec.create("connector", track="BOTH-TRACKS")
    assert isinstance(recorder, Siprec) and form(fake) == {"ConnectorName": "connector", "Track": "both_tracks"}
    spoken = call.realtime_transcriptions.create(language_code="en-US", partial_results=True)
    assert form(fake) == {"LanguageCode": "en-US", "PartialResults": "true"} and spoken.stop().status == "stopped"


def test_a_payment_is_captured_and_completed_under_its_own_keys(fake: FakeTwilio) -> None:
    payment = live(fake).payments.create("key-1", URL, charge_amount=Decimal("20.50"), parameter={"order": 7})
    assert form(fake)["ChargeAmount"] == "20.50" and form(fake)["Parameter"] == '{"order":7}'
    payment.capture("security-code", idempotency_key="key-2", status_callback=URL)
    assert form(fake) == {"Capture": "security-code", "IdempotencyKey": "key-2", "StatusCallback": URL}
    payment.complete(idempotency_key="key-3", status_callback=URL)
    payment.cancel(idempotency_key="key-4", status_callback=URL)
    assert form(fake)["Status"] == "cancel"
    with fake.expects_requests(0), pytest.raises(BadValue, match="idempotency_key"):
        payment.update(status="complete")
    assert "security-code" in Payments.Capture


def test_messages_of_ones_own_and_their_subscriptions(fake: FakeTwilio) -> None:
    call = live(fake)
    call.user_defined_messages.create({"text": "hi"})
    assert form(fake) == {"Content": '{"text":"hi"}'}
    heard = call.user_defined_message_subscriptions.create(URL, method="post")
    assert form(fake) == {"Callback": URL, "Method": "POST"}
    heard.delete()
    assert tail(fake).endswith(f"UserDefinedMessageSubscriptions/{heard.sid}.json")


def test_a_calls_events_have_a_place_and_no_name(fake: FakeTwilio, connection: Connection) -> None:
    call = fake.calls.add(status="completed")["sid"]
    for at in range(3):
        fake.call_events.add(call_sid=call, request={"method": "POST", "at": at}, response={"response_code": 200})
    events = list(Call.get(call).events)
    assert [one.position for one in events] == [0, 1, 2] and events[1].request["at"] == 1
    assert [one.position for one in CallEvent.filter(call_sid=call).offline().order_by("-position")] == [2, 1, 0]
    assert connection.mirror.rows()["call_event"] == 3
    with pytest.raises(NotFound):
        list(CallEvent.filter(call_sid="CA" + "0" * 32))


# ------------------------------------------------------------ messages


def test_a_messages_media_and_feedback(fake: FakeTwilio) -> None:
    fake.numbers.add(phone_number="+14155550101")
    message = Message.create(to="+14155550100", from_="+14155550101", media_url=["https://example.com/a.png"])
    [picture] = message.media
    assert tail(fake) == f"Messages/{message.sid}/Media.json" and picture.message.get() == message
    fake.store(picture.sid, b"\x89PNG")
    sink = io.BytesIO()
    assert picture.download(sink) == 4 and sink.getvalue() == b"\x89PNG"
    assert [one.sid for one in Media.filter(message=message)] == [picture.sid]
    assert Media.get(picture.sid, message_sid=message.sid) == picture
    with pytest.raises(MissingScope, match="parent_sid"):
        list(Media.all())
    said = message.feedback.create("confirmed")
    assert said.outcome == "confirmed" and tail(fake) == f"Messages/{message.sid}/Feedback.json"
    picture.delete()
    assert not list(message.media)


def test_a_short_code_is_found_and_changed(fake: FakeTwilio) -> None:
    sid = fake.short_codes.add(short_code="894546")["sid"]
    assert ShortCode.get(short_code="894546").update(sms_url=URL, sms_method="get").sms_method == "GET"
    assert form(fake) == {"SmsUrl": URL, "SmsMethod": "GET"} and ShortCode.filter(short_code="89").count() == 0
    assert ShortCode.get(sid).update(sms_url="").sms_url in ("", None)


# ------------------------------------------------------------ accounts, keys, tokens


@pytest.mark.parametrize("kind", [Key, SigningKey])
def test_a_keys_secret_is_seen_once_and_never_stored(fake: FakeTwilio, connection: Connection, kind: Any) -> None:
    key = kind.create("laptop")
    secret = key.secret.reveal()
    assert secret and secret not in repr(key) and str(key.secret) == "***" and "secret" not in key.to_dict()
    assert key.account_sid == fake.account_sid and kind.get(key.sid) == key
    for gone in (kind.get(key.sid), kind.get_by_id(key.sid), key.refresh()):
        with pytest.raises(NotLoaded):
            _ = gone.secret
    assert not [row for row in connection.sql(f'SELECT * FROM "{kind.api_schema.table}"') if secret in map(str, row)]
    assert key.update(friendly_name="desk").friendly_name == "desk"
    key.delete()
    with pytest.raises(kind.DoesNotExist):
        kind.get(key.sid)


def test_whose_a_key_is_says_the_path_and_never_the_question(fake: FakeTwilio, connection: Connection) -> None:
    Key.create("laptop")
    other = Account.create("sub")
    with fake.expects_requests(0), pytest.raises(BadValue, match=rf"connection\.under\('{other.sid}'\)"):
        Key.filter(account_sid=other.sid)
    assert Key.filter(account_sid=fake.account_sid).count() == 1
    assert connection.sql("SELECT DISTINCT account_sid FROM key") == [(fake.account_sid,)]
    assert [one.account_sid for one in (other.keys.create("theirs"), *other.keys)] == [other.sid] * 2
    assert Key.all().count() == 1


def test_a_token_is_passed_on_and_not_kept(fake: FakeTwilio, connection: Connection) -> None:
    token = Token.create(ttl=60)
    assert token.ttl == 60 and token.password.reveal() and token.ice_servers.reveal()[0]["urls"]
    assert "***" in repr(token.ice_servers) and token.password.reveal() not in repr(vars(token.password))
    assert "token" not in connection.mirror.rows()
    with fake.expects_requests(0), pytest.raises(QueryError, match="does not list"):
        list(Token.all())


def test_the_balance_is_one_record_of_the_account(fake: FakeTwilio, connection: Connection) -> None:
    fake.balance.change(fake.account_sid, balance="12.34")
    assert Balance.get().balance == Decimal("12.34") and tail(fake) == "Balance.json"
    assert Balance.offline().get().balance == Decimal("12.34")
    assert Account.current().balance.get().currency == "USD"
    sub = Account.create("sub")
    with pytest.raises(NotFound):
        sub.balance.get()
    assert Balance.sync().whole


def test_connect_apps(fake: FakeTwilio) -> None:
    sid = fake.connect_apps.add(friendly_name="mine")["sid"]
    mine = ConnectApp.get(sid)
    assert mine.update(permissions=["get-all", "post-all"]).permissions == ["get-all", "post-all"]
    assert [pair for pair in last(fake).form if pair[0] == "Permissions"] == [
        ("Permissions", "get-all"),
        ("Permissions", "post-all"),
    ]
    with pytest.raises(BadValue, match="get-all"):
        mine.update(permissions=["everything"])
    mine.permissions = "get-all"
    assert mine.save().permissions == ["get-all"]
    theirs = fake.authorized_connect_apps.add()["connect_app_sid"]
    assert AuthorizedConnectApp.get(theirs).connect_app_sid == theirs
    with pytest.raises(ReadOnly):
        ConnectApp.create(friendly_name="x")


# ------------------------------------------------------------ numbers


def test_addresses_and_the_numbers_that_depend_on_them(fake: FakeTwilio, connection: Connection) -> None:
    address = Address.create("Anna", "1 Main St", "Springfield", "IL", "62701", "US", emergency_enabled=True)
    assert form(fake)["CustomerName"] == "Anna" and form(fake)["EmergencyEnabled"] == "true"
    number = fake.numbers.add(phone_number="+14155550100", address_sid=address.sid)["sid"]
    fake.numbers.add(phone_number="+14155550101")
    [dependent] = address.dependent_phone_numbers
    assert (dependent.sid, dependent.address_sid) == (number, address.sid) and dependent.number.get().sid == number
    assert [one.sid for one in address.numbers] == [number]
    assert IncomingPhoneNumber.get(number).address.get() == address
    assert Address.get(iso_country="US", customer_name="Anna") == address
    assert address.update(street="2 Main St", auto_correct_address=False).street == "2 Main St"
    with fake.expects_requests(0), pytest.raises(BadValue, match="iso_country"):
        Address.create(customer_name="x", street="x", city="x", region="x", postal_code="x")


def test_add_ons_of_a_number(fake: FakeTwilio) -> None:
    number = fake.numbers.add(phone_number="+14155550100")["sid"]
    add_on = IncomingPhoneNumber.get(number).assigned_add_ons.create("XE" + "1" * 32)
    fake.add_on_extensions.add(assigned_add_on_sid=add_on.sid)
    assert add_on.number.get().sid == number
    [extension] = add_on.extensions
    assert extension.assigned_add_on.filter(resource_sid=number).get() == add_on
    add_on.delete()
    assert not list(IncomingPhoneNumber.get(number).assigned_add_ons)


def test_a_number_that_moves_takes_its_row_along(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.numbers.add(phone_number="+14155550100")["sid"]
    sub = Account.create("sub")
    moved = IncomingPhoneNumber.get(sid).transfer(sub)
    assert moved.account_sid == sub.sid and connection.mirror.rows()["incoming_phone_number"] == 1
    assert not list(IncomingPhoneNumber.all()) and not list(IncomingPhoneNumber.offline())
    assert [one.sid for one in sub.incoming_phone_numbers] == [sid]


def test_numbers_are_bought_by_type(fake: FakeTwilio) -> None:
    found = AvailablePhoneNumber.local("US", area_code=415).first()
    assert found is not None and tail(fake) == "AvailablePhoneNumbers/US/Local.json"
    bought = IncomingPhoneNumber.purchase(found.phone_number, type="local")
    assert tail(fake) == "IncomingPhoneNumbers/Local.json" and bought.phone_number == found.phone_number
    for words in ({"area_code": "415"}, {}, {"phone_number": "+1", "area_code": "415"}):
        with fake.expects_requests(0), pytest.raises(BadValue, match="phone_number"):
            IncomingPhoneNumber.create(type="local", **words)
    assert AvailablePhoneNumber.toll_free("US").count()
    AvailablePhoneNumber.mobile("gb").count()
    assert tail(fake) == "AvailablePhoneNumbers/GB/Mobile.json"
    assert AvailablePhoneNumber.filter(country="us", type="toll-free").first() is not None
    with fake.expects_requests(0), pytest.raises(BadValue, match="machine_to_machine"):
        AvailablePhoneNumber.search("US", "satellite")
    with fake.expects_requests(0), pytest.raises(BadValue, match="two letters"):
        AvailablePhoneNumber.search("USA")


def test_countries_say_what_they_sell(fake: FakeTwilio) -> None:
    countries = list(AvailablePhoneNumberCountry.all())
    assert "US" in {one.country_code for one in countries} and tail(fake) == "AvailablePhoneNumbers.json"
    here = AvailablePhoneNumberCountry.get("us")
    assert "local" in here.subresource_uris and here.search("local", area_code=415).first() is not None


# ------------------------------------------------------------ SIP


def test_a_sip_domain_and_who_may_use_it(fake: FakeTwilio, connection: Connection) -> None:
    domain = SipDomain.create("Office", "office.sip.twilio.com", sip_registration=True, voice_url=URL)
    assert form(fake)["DomainName"] == "office.sip.twilio.com" and form(fake)["SipRegistration"] == "true"
    people = SipCredentialList.create("people")
    anna = people.credentials.create("anna", "Secret-Password-1")
    assert form(fake) == {"Username": "anna", "Password": "Secret-Password-1"} and anna.credential_list.get() == people
    assert not [row for row in connection.sql("SELECT * FROM sip_credential") if "Secret-Password-1" in map(str, row)]
    assert "Secret" not in repr(anna) and anna.update(password="Another-Password-2") is anna
    walls = SipIpAccessControlList.create("walls")
    door = walls.ip_addresses.create("door", "192.0.2.7", cidr_prefix_length=24)
    assert door.cidr_prefix_length == 24 and door.ip_access_control_list.get() == walls
    for relation, listed in (
        (domain.credential_list_mappings, people),
        (domain.auth_calls_credential_list_mappings, people),
        (domain.auth_registrations_credential_list_mappings, people),
        (domain.ip_access_control_list_mappings, walls),
        (domain.auth_calls_ip_access_control_list_mappings, walls),
    ):
        made = relation.create(listed)
        assert made.sid == listed.sid and made.domain_sid == domain.sid and [one.sid for one in relation] == [listed.sid]
        assert made.domain.get() == domain and relation.get(listed) == made
        made.delete()
        assert not list(relation)
    other = SipDomain.create(domain_name="home.sip.twilio.com")
    for each in (domain, other):  # the SID is the list's, and repeats
        each.credential_list_mappings.create(people)
    assert SipCredentialListMapping.offline(partial=True).count() == 2
    assert {one.get() for one in (each.credential_list for each in domain.credential_list_mappings)} == {people}


# ------------------------------------------------------------ usage triggers


def test_a_usage_trigger_is_made_from_what_it_watches(fake: FakeTwilio) -> None:
    trigger = UsageTrigger.create("sms", Decimal("100.5"), URL, recurring="daily", trigger_by="price")
    assert form(fake) == {
        "UsageCategory": "sms", "TriggerValue": "100.5", "CallbackUrl": URL, "Recurring": "daily", "TriggerBy": "price",
    }  # fmt: skip
    assert UsageTrigger.get(usage_category="sms", recurring="daily") == trigger and trigger.trigger_value == Decimal("100.5")
    assert trigger.update(friendly_name="watch").friendly_name == "watch"
    trigger.delete()
    with fake.expects_requests(0), pytest.raises(BadValue, match="did you mean 'daily'"):
        UsageTrigger.create("sms", 1, URL, recurring="dayly")


# ------------------------------------------------------------ legacy


def test_legacy_endpoints_say_that_they_are(fake: FakeTwilio) -> None:
    call = Call.get(fake.calls.add(status="completed")["sid"])
    with pytest.raises(NotFound, match="documents do not contain call feedback any more"):
        call.feedback.create(quality_score=5)
    with pytest.raises(NotFound, match="documents do not contain"):
        call.feedback.get()
    with pytest.raises(NotFound, match="documents do not contain"):
        FeedbackSummary.create("2026-03-01", "2026-03-09")
    for word in ("get", "filter", "update"):
        with fake.expects_requests(0), pytest.raises(QueryError, match="endpoint"):
            getattr(Sandbox, word)()
    with fake.expects_requests(0), pytest.raises(MissingScope):
        Media.filter(date_created__gte="2026-01-01").count()


def test_legacy_endpoints_work_where_twilio_still_has_them(tmp_path: Path) -> None:
    fake = FakeTwilio(legacy=True)
    with twilio_orm.connect(fake.account_sid, fake.auth_token, mirror=tmp_path / "m.db", transport=fake.send) as connection:
        call = Call.get(fake.calls.add(status="completed")["sid"])
        said = call.feedback.create(4, issue=["audio-latency", "imperfect-audio"])
        assert last(fake).form == (("QualityScore", "4"), ("Issue", "audio-latency"), ("Issue", "imperfect-audio"))
        assert said.quality_score == 4 and call.feedback.get().quality_score == 4
        assert said.update(quality_score=5).quality_score == 5
        said.delete()
        with pytest.raises(DoesNotExist):
            call.feedback.get()
        summary = FeedbackSummary.create("2026-03-01", "2026-03-09", include_subaccounts=True)
        assert form(fake)["StartDate"] == "2026-03-01" and FeedbackSummary.get(summary.sid) == summary
        summary.delete()
        assert "call_feedback" not in connection.mirror.rows()
        connection.close()


# ------------------------------------------------------------ parameters


def test_parameters_are_built_from_python_values(fake: FakeTwilio) -> None:
    class Markup:
        def to_xml(self) -> str:
            return str(self)

        def __str__(self) -> str:
            return "<Response><Say>hi</Say></Response>"

    Call.create(to="client:anna", from_="+14155550101", twiml=Markup(), record=True, timeout=30)
    assert form(fake)["Twiml"] == "<Response><Say>hi</Say></Response>" and form(fake)["Record"] == "true"
    for words, says in (
        ({"twiml": "<Response>"}, "TwiML"),
        ({"twiml": "<Say/>"}, "one whole <Response>"),
        ({"twiml": "<Response>" + "x" * 4000 + "</Response>"}, "4,000"),
        ({"url": "example.com/voice"}, "url takes a URL"),
        ({"url": URL, "method": "PUT"}, "GET"),
        ({"url": URL, "status_callback_event": ["ringing", 3]}, "status_callback_event"),
        ({"application_sid": "CA" + "0" * 32}, "application_sid"),
    ):
        with fake.expects_requests(0), pytest.raises(BadValue, match=says):
            Call.create(to="client:anna", from_="+14155550101", **words)
    with fake.expects_requests(0), pytest.raises(BadValue, match="needs friendly_name"):
        Queue.create("")
    with fake.expects_requests(0), pytest.raises(BadValue, match="body, media_url, content_sid"):
        Message.create(to="+1", from_="+2", body="")
    with fake.expects_requests(0), pytest.raises(BadValue, match="by name"):
        Call.create("+1", "+2", URL)
    with fake.expects_requests(0), pytest.raises(BadValue, match="twice"):
        Queue.create("x", friendly_name="y")
    call = live(fake)
    with fake.expects_requests(0), pytest.raises(BadValue, match="exclude each other"):
        call.update(url=URL, twiml="<Response/>")
    application = Application.create("x", voice_method=Verbatim("GET"), voice_url="")
    assert (
        form(fake) == {"FriendlyName": "x", "VoiceMethod": "GET", "VoiceUrl": ""} and Application.get_by_name("x") == application
    )
    number = IncomingPhoneNumber.get(fake.numbers.add(phone_number="+14155550100")["sid"])
    assert number.update(voice_application=application).voice_application_sid == application.sid
    number.voice_application_sid = ""
    assert not number.save().voice_application_sid and form(fake) == {"VoiceApplicationSid": ""}
    assert [one.sid for one in application.voice_numbers] == []


# ------------------------------------------------------------ by SID alone


def test_a_record_is_found_by_its_sid_alone(fake: FakeTwilio) -> None:
    world = {
        "calls": Call, "queues": Queue, "addresses": Address, "applications": Application, "usage_triggers": UsageTrigger,
    }  # fmt: skip
    for handle, model in world.items():
        found = twilio_orm.get(getattr(fake, handle).add()["sid"])
        assert isinstance(found, model)
    caller = fake.caller_ids.add(phone_number="+14155550199")["sid"]
    assert isinstance(twilio_orm.get(caller), OutgoingCallerId) and len(fake.requests) == 7
    assert isinstance(twilio_orm.get(fake.numbers.add()["sid"]), IncomingPhoneNumber)
    assert isinstance(twilio_orm.get(fake.keys.add()["sid"]), Key)
    with pytest.raises(DoesNotExist):
        twilio_orm.get("PN" + "0" * 32)
    for wrong in ("", "CA", "XX" + "0" * 32, "CA" + "z" * 32, None):
        with fake.expects_requests(0), pytest.raises(BadValue):
            twilio_orm.get(wrong)  # type: ignore[arg-type]


def test_what_lives_below_a_parent_is_found_through_the_mirror(fake: FakeTwilio) -> None:
    message = fake.messages.add()["sid"]
    picture = fake.media.add(parent_sid=message)["sid"]
    with fake.expects_requests(0), pytest.raises(MissingScope, match="parent_sid"):
        twilio_orm.get(picture)
    list(Message.get(message).media)
    assert isinstance(twilio_orm.get(picture), Media) and tail(fake) == f"Messages/{message}/Media/{picture}.json"
    stream = live(fake).streams.create("wss://example.com")
    with fake.expects_requests(0):
        assert twilio_orm.get(str(stream.sid)) == stream


def test_the_registry_names_every_resource() -> None:
    found = twilio_orm.resources()
    assert len(found) == 53 and list(found) == sorted(found) and found["Call"] is Call
    with pytest.raises(TypeError):
        found["Call"] = Queue  # type: ignore[index]


# ------------------------------------------------------------ below mirrored parents


def test_what_lives_below_a_record_is_gone_with_it(fake: FakeTwilio, connection: Connection) -> None:
    number = fake.numbers.add(phone_number="+14155550100")["sid"]
    kept = fake.numbers.add(phone_number="+14155550101")["sid"]
    for parent in (number, kept):
        add_on = fake.assigned_add_ons.add(resource_sid=parent)["sid"]
        fake.add_on_extensions.add(assigned_add_on_sid=add_on)
        assert [len(list(one.extensions)) for one in IncomingPhoneNumber.get(parent).assigned_add_ons] == [1]
    IncomingPhoneNumber.get(number).release(confirm="+14155550100")
    assert [one.resource_sid for one in IncomingPhoneNumberAssignedAddOn.offline(partial=True)] == [kept]
    assert [one.resource_sid for one in IncomingPhoneNumberAssignedAddOnExtension.offline(partial=True)] == [kept]
    call = Call.get(fake.calls.add(status="completed")["sid"])
    fake.recordings.add(call_sid=call.sid)
    list(call.recordings)
    call.delete()
    assert Recording.offline(partial=True).filter(call_sid=call.sid).count() == 1  # which has an address of its own


def test_media_are_asked_for_below_messages_that_may_have_some(fake: FakeTwilio, connection: Connection) -> None:
    """Whose count is 0 has none; whose count is not known is asked, and so is one that contradicts what the mirror holds."""
    counts = ("0", "0", "1", None, None)
    sids = [fake.messages.add(date_sent=NOON, status="delivered", num_media=count)["sid"] for count in counts]
    _, late, one, unknown, nothing = sids
    for message in (one, unknown):
        fake.media.add(parent_sid=message)
    Message.sync()
    report = Media.sync()
    assert (report.new, report.requests, report.whole) == (2, 3, True)
    assert {request.path.split("/")[5] for request in fake.requests[-3:]} == {one, unknown, nothing}
    assert [Media.filter(parent_sid=message).offline().count() for message in sids] == [0, 0, 1, 1, 0]
    assert [Media.filter(parent_sid=message).count() for message in sids] == [0, 0, 1, 1, 0]

    fake.advance(timedelta(hours=1))
    fake.media.add(parent_sid=late)  # and its count with it
    fake.messages.change(one, num_media="0")
    Message.sync(full=True)
    assert Media.sync().requests == 4
    assert {request.path.split("/")[5] for request in fake.requests[-4:]} == {late, one, unknown, nothing}
    assert [Media.filter(parent_sid=message).offline().count() for message in sids] == [0, 1, 1, 1, 0]


def test_an_empty_list_of_media_is_as_old_as_the_message(fake: FakeTwilio, connection: Connection) -> None:
    message = fake.messages.add(date_sent=NOON, status="delivered")["sid"]
    Message.sync()
    read, first = fake.clock, len(fake.requests)
    for _ in range(2):
        fake.advance(timedelta(hours=1))
        assert "1 have none" in Media.sync().note
        assert Media.filter(parent_sid=message).freshness().since == read
    assert len(fake.requests) == first
    Media.filter(parent_sid=message).sync()
    asked = fake.clock
    Media.sync()
    assert Media.filter(parent_sid=message).freshness().since == asked, "what was heard later stays"


def test_nested_lists_are_synced_below_the_mirrored_parents(fake: FakeTwilio, connection: Connection) -> None:
    for at in range(3):
        message = fake.messages.add(date_sent=NOON, status="delivered")["sid"]
        fake.media.add(parent_sid=message) if at else None
    with pytest.raises(NotCovered):
        Media.filter(parent_sid=message).offline().count()
    assert "below 0 Message" in Media.sync().note
    Message.sync()
    told = []
    report = Media.sync(progress=told.append)
    assert (report.new, report.requests, report.whole) == (2, 2, True)
    assert "below 2 Message" in report.note and "1 have none, says num_media" in report.note
    assert told[-1].new == 2 and len(told) >= 3
    assert Media.filter(parent_sid=message).offline().count() == 1
    fake.messages.remove(message)
    assert "1 no longer there" in Media.sync().note
    fake.members.add(queue_sid=fake.queues.add()["sid"])
    Queue.sync()
    assert Member.sync().new == 1
    assert "below 0 Conference" in Participant.sync(since="2026-01-01").note
