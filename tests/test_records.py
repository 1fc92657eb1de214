"""Records as values: typed reading, dirty tracking, saving only what changed, and carrying nothing they should not."""

from __future__ import annotations

import copy
import pickle
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from twilio_orm import (
    Application,
    BadValue,
    Call,
    Conference,
    ConfigurationError,
    Connection,
    IncomingPhoneNumber,
    Message,
    MirrorError,
    MirrorWarning,
    NotLoaded,
    QueryError,
    ReadOnly,
    connect,
)
from twilio_orm.testing import FakeTwilio

UTC = timezone.utc


@pytest.fixture
def number(fake: FakeTwilio, connection: Connection) -> IncomingPhoneNumber:
    made = fake.numbers.add(phone_number="+14155550100", friendly_name="Desk", voice_url="https://a.example/v")
    return IncomingPhoneNumber.get(made["sid"])


# ------------------------------------------------------------ reading


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        ("start_time", "Fri, 18 Oct 2019 17:00:00 +0000", datetime(2019, 10, 18, 17, tzinfo=UTC)),
        ("start_time", "Fri, 18 Oct 2019 17:00:00 -0700", datetime(2019, 10, 19, 0, tzinfo=UTC)),
        ("start_time", "Fri, 18 Oct 2019 17:00:00 -0000", datetime(2019, 10, 18, 17, tzinfo=UTC)),
        ("start_time", "2019-10-18T17:00:00Z", datetime(2019, 10, 18, 17, tzinfo=UTC)),
        ("start_time", "2019-10-18T17:00:00+02:00", datetime(2019, 10, 18, 15, tzinfo=UTC)),
        ("start_time", None, None),
        ("start_time", "yesterday", None),
        ("duration", "12", 12),
        ("duration", 12, 12),
        ("duration", "", None),
        ("duration", "9" * 30, None),
        ("price", "-0.03000", Decimal("-0.03000")),
        ("price", Decimal("-0.03"), Decimal("-0.03")),
        ("price", "1E-7", Decimal("0.0000001")),
        ("price", "NaN", None),
        ("status", "some-new-status", "some-new-status"),
        ("caller_name", "a\x00b", "a\ufffdb"),
        ("caller_name", "\ud800", "\ufffd"),
        ("to", "x" * 2600, "x" * 2600),
        ("to", "x" * 2601, None),
        ("to", "é" * 1301, None),
        ("caller_name", "x" * 9000, "x" * 9000),
    ],
)
def test_values_are_typed_and_what_was_sent_can_be_read_back(field: str, sent: Any, read: Any) -> None:
    call = Call.from_api({"sid": "CA" + "0" * 32, "account_sid": "AC" + "0" * 32, field: sent})
    assert getattr(call, field) == read and type(getattr(call, field)) is type(read)
    assert call.to_api()[field] == sent


def test_what_was_not_sent_is_not_taken_for_null() -> None:
    call = Call.from_api({"sid": "CA" + "0" * 32, "price": None})
    assert call.price is None
    with pytest.raises(NotLoaded, match="refresh"):
        call.duration  # noqa: B018
    assert call.to_api() == {"sid": "CA" + "0" * 32, "price": None}
    assert "duration" not in call.to_dict()


def test_unknown_keys_survive_and_can_be_read(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="completed", brand_new={"deep": ["1", None]}, score="7")["sid"]
    for call in (Call.get(sid), Call.get_by_id(sid), pickle.loads(pickle.dumps(Call.get(sid)))):
        assert call.brand_new == {"deep": ["1", None]} and call.extras["score"] == "7"
        assert call.to_dict()["score"] == call.to_api()["score"] == "7"
    with pytest.raises(AttributeError, match="did you mean 'status'"):
        call.statsu  # noqa: B018
    assert not hasattr(call, "no_such_thing")


def test_a_value_that_is_read_is_no_door_into_the_record(number: IncomingPhoneNumber) -> None:
    number.capabilities["voice"] = "changed"
    assert number.capabilities["voice"] is True


# ------------------------------------------------------------ writing


def test_save_sends_what_changed_and_nothing_else(fake: FakeTwilio, number: IncomingPhoneNumber) -> None:
    with fake.expects_requests(0):
        assert number.save() is number
        number.friendly_name = "Desk"
        number.save()
    number.friendly_name = "Front"
    number.friendly_name = "Desk"
    with fake.expects_requests(0):
        number.save()
    number.friendly_name = "Front"
    number.voice_caller_id_lookup = True
    with fake.expects_requests(1):
        number.save()
        number.save()
    assert dict(fake.requests[-1].form) == {"FriendlyName": "Front", "VoiceCallerIdLookup": "true"}
    with fake.expects_requests(0):
        assert IncomingPhoneNumber.get_by_id(number.sid).friendly_name == "Front"


def test_blank_clears_and_none_is_no_value(fake: FakeTwilio, number: IncomingPhoneNumber) -> None:
    with fake.expects_requests(0), pytest.raises(BadValue, match='""'):
        number.voice_url = None
    assert number.voice_url == "https://a.example/v"
    number.trunk_sid = None  # it is null: nothing is said, nothing is sent
    number.voice_url = ""
    number.save()
    assert dict(fake.requests[-1].form) == {"VoiceUrl": ""} and not number.voice_url
    with fake.expects_requests(0):
        number.update(friendly_name=None)
    number.update(friendly_name="X", sms_url=None)
    assert dict(fake.requests[-1].form) == {"FriendlyName": "X"}


@pytest.mark.parametrize(
    ("name", "value", "error", "says"),
    [
        ("sid", "PN" + "0" * 32, ReadOnly, "set by Twilio"),
        ("uri", "/x", ReadOnly, "set by Twilio"),
        ("capabilities", {}, ReadOnly, "set by Twilio"),
        ("phone_number", "+1", ReadOnly, "created"),
        ("voice_ulr", "x", ReadOnly, "did you mean 'voice_url'"),
        ("account", None, ReadOnly, "relation"),
        ("voice_url", 3, BadValue, "a URL"),
        ("voice_caller_id_lookup", "yes", BadValue, "True or False"),
        ("voice_application_sid", "CA" + "0" * 32, BadValue, "AP"),
    ],
)
def test_a_bad_assignment_is_refused_at_once(
    fake: FakeTwilio, number: IncomingPhoneNumber, name: str, value: Any, error: type[Exception], says: str
) -> None:
    before = number.to_dict()
    with fake.expects_requests(0), pytest.raises(error, match=says):
        setattr(number, name, value)
    assert number.to_dict() == before
    with fake.expects_requests(0):
        number.save()


def test_a_record_that_was_never_read_is_created_not_saved(fake: FakeTwilio, connection: Connection) -> None:
    with fake.expects_requests(0), pytest.raises(ReadOnly, match="Application.create"):
        Application(friendly_name="x").save()
    known = Application.ref(fake.applications.add(friendly_name="x")["sid"])
    with (
        fake.expects_requests(0),
        pytest.raises(NotLoaded, match=r"ref\(\) made this Application .*refresh\(\) reads friendly_name"),
    ):
        known.friendly_name  # noqa: B018
    with fake.expects_requests(1):
        known.update(friendly_name="y")
    assert known.friendly_name == "y"


def test_an_update_leaves_other_unsaved_changes_unsaved(fake: FakeTwilio, number: IncomingPhoneNumber) -> None:
    number.friendly_name = "Later"
    number.update(sms_url="https://a.example/s")
    assert number.friendly_name == "Later" and dict(fake.requests[-1].form) == {"SmsUrl": "https://a.example/s"}
    number.save()
    assert dict(fake.requests[-1].form) == {"FriendlyName": "Later"}
    number.friendly_name = "Never"
    assert number.refresh().friendly_name == "Later"


def test_get_or_create_asks_twilio_and_never_an_old_mirror(fake: FakeTwilio, connection: Connection) -> None:
    """The mirror heard that there was none; meanwhile somebody bought it."""
    IncomingPhoneNumber.sync()
    fake.offer("+14155550199")
    bought, created = IncomingPhoneNumber.get_or_create(phone_number="+14155550199", defaults={"friendly_name": "New"})
    assert created and bought.friendly_name == "New"
    assert IncomingPhoneNumber.get_or_create(phone_number="+14155550199") == (bought, False)
    with pytest.raises(ValueError, match="old"):
        IncomingPhoneNumber.offline().get_or_create(phone_number="+14155550199")


def test_get_or_create_refuses_what_it_could_not_create(fake: FakeTwilio, number: IncomingPhoneNumber) -> None:
    """Whether or not there is such a record: it does not depend on what the account has."""
    there, missing = number.sid, "PN" + "0" * 32
    for lookups, error, says in (
        ({"sid": there}, QueryError, "of a SID, which Twilio chooses: use get"),
        ({"pk": missing}, QueryError, "of a SID, which Twilio chooses: use get"),
        ({"phone_number__startswith": "+1"}, QueryError, "phone_number__startswith"),
        ({"phone_number": "+14155550100", "defaults": {"friendly_nam": "x"}}, QueryError, "friendly_name"),
    ):
        with fake.expects_requests(0), pytest.raises(error, match=says):
            IncomingPhoneNumber.get_or_create(**lookups)  # type: ignore[arg-type]
    with fake.expects_requests(0), pytest.raises(ReadOnly, match="does not create"):
        Conference.get_or_create(friendly_name="x")


def test_a_reply_is_mirrored_and_an_older_page_does_not_undo_it(fake: FakeTwilio, number: IncomingPhoneNumber) -> None:
    pages = iter(IncomingPhoneNumber.all())
    stale = number.stored_row
    connection = number._connection
    assert connection is not None and stale is not None
    asked = connection.mirror.revision()
    number.update(friendly_name="Newer")
    connection.mirror.absorb(IncomingPhoneNumber.api_schema, [stale], asked)
    assert IncomingPhoneNumber.get_by_id(number.sid).friendly_name == "Newer"
    assert next(pages).friendly_name == "Newer"


# ------------------------------------------------------------ as values


def test_records_compare_by_class_and_identity(number: IncomingPhoneNumber) -> None:
    again = IncomingPhoneNumber.get(number.sid)
    again.friendly_name = "Other"
    assert again is not number and again == number and len({again, number}) == 1
    assert number != Message.from_api({"sid": number.sid}) and number != number.sid
    blank = IncomingPhoneNumber()
    assert blank != IncomingPhoneNumber() and blank == blank and len({blank, IncomingPhoneNumber()}) == 2  # noqa: PLR0124


@pytest.mark.parametrize("remake", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_and_pickles_carry_no_connection(
    fake: FakeTwilio, connection: Connection, number: IncomingPhoneNumber, remake: Any
) -> None:
    number.friendly_name = "Edited"
    other = remake(number)
    assert other == number and other.friendly_name == "Edited" and other.capabilities == number.capabilities
    for verb in (other.save, other.refresh, lambda: list(other.voice_application)):
        with fake.expects_requests(0), pytest.raises(ConfigurationError, match="bind"):
            verb()
    assert connection.bind(other).save().friendly_name == "Edited"
    assert dict(fake.requests[-1].form) == {"FriendlyName": "Edited"}
    number.friendly_name = "Mine"
    assert other.friendly_name == "Edited"


def test_a_record_does_not_change_hands(fake: FakeTwilio, number: IncomingPhoneNumber) -> None:
    second = FakeTwilio(account_sid="AC" + "9" * 32)
    other = connect(second.account_sid, second.auth_token, transport=second.send, mirror=":memory:")
    with other:
        number.update(friendly_name="Still mine")
    assert second.requests == [] and fake.requests[-1].method == "POST"
    with pytest.raises(ConfigurationError, match="belongs"):
        other.bind(number)


def test_what_a_record_prints_is_short_and_without_its_text(fake: FakeTwilio, connection: Connection) -> None:
    made = fake.messages.add(body="the secret word", status="delivered", to="+1555\x1b[31m", from_="+1444")
    message = Message.get(made["sid"])
    assert "secret" not in repr(message) and "\x1b" not in repr(message) and "delivered" in repr(message)
    assert str(message) == message.sid
    text = message.to_json()
    assert '"body": "the secret word"' in text and message.to_dict()["from_"] == "+1444"


def test_json_is_plain(fake: FakeTwilio, connection: Connection) -> None:
    made = fake.calls.add(status="completed", price="-0.0300", start_time=datetime(2026, 3, 1, 12, tzinfo=UTC))
    text = Call.get(made["sid"]).to_json()
    assert '"price": "-0.0300"' in text and '"start_time": "2026-03-01T12:00:00+00:00"' in text


def test_a_404_on_a_young_record_says_nothing_of_it(fake: FakeTwilio, connection: Connection) -> None:
    """Twilio's records appear late; one that is minutes old and not found is not yet found."""
    now = fake.clock
    young = fake.calls.add(status="completed", date_created=now - timedelta(minutes=1))["sid"]
    old = fake.calls.add(status="completed", date_created=now - timedelta(days=1))["sid"]
    calls = list(Call.all())
    for sid in (young, old):
        fake.calls.remove(sid)
    for call in calls:
        with pytest.raises(Call.DoesNotExist):
            call.refresh()
    assert Call.get_by_id(young).sid == young
    with pytest.raises(Call.DoesNotExist):
        Call.get_by_id(old)


def test_days_and_times_are_read_as_what_they_are(fake: FakeTwilio, connection: Connection) -> None:
    """A date in a question is its whole day in UTC."""
    for hour, minute, second in ((0, 0, 0), (23, 59, 59)):
        fake.calls.add(status="completed", start_time=datetime(2026, 1, 31, hour, minute, second, tzinfo=UTC))
    fake.calls.add(status="completed", start_time=datetime(2026, 2, 1, tzinfo=UTC))
    assert Call.filter(start_time__lte=date(2026, 1, 31)).count() == 2
    assert Call.filter(start_time=date(2026, 1, 31)).count() == 2
    assert Call.filter(start_time__gt=date(2026, 1, 31)).count() == 1


def test_what_is_done_at_twilio_is_done_though_the_disk_fails(
    fake: FakeTwilio, connection: Connection, number: IncomingPhoneNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A create that raised because of the mirror would be tried again, and buy a second number."""

    def full(*_: Any, **__: Any) -> Any:
        raise MirrorError("disk full")

    for word in ("absorb", "tombstone"):
        monkeypatch.setattr(connection.mirror, word, full)
    fake.offer("+14155550142")
    with pytest.warns(MirrorWarning, match="done at Twilio"):
        bought = IncomingPhoneNumber.purchase("+14155550142")
    with pytest.warns(MirrorWarning):
        assert bought.update(friendly_name="x").friendly_name == "x"
    with pytest.warns(MirrorWarning):
        bought.release(confirm="+14155550142")
    assert len(fake.numbers) == 1


def test_a_verb_that_meets_a_404_tells_the_mirror(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.applications.add(friendly_name="x", date_created=datetime(2026, 1, 1, tzinfo=UTC))["sid"]
    app = Application.get(sid)
    fake.applications.remove(sid)
    for verb in (app.delete, lambda: app.update(friendly_name="y")):
        with pytest.raises(Application.NotFound):
            verb()
    with fake.expects_requests(0), pytest.raises(Application.DoesNotExist):
        Application.get_by_id(sid)


def test_a_partial_body_takes_nothing_from_the_row_it_meets(connection: Connection) -> None:
    """What it lacks stays, declared or unknown; what it says counts."""
    schema, who = Call.api_schema, {"account_sid": connection.account_sid}
    sid = "CA" + "0" * 32
    whole = dict.fromkeys(schema.wires) | {"sid": sid, "status": "busy", "duration": "007", "novelty": 1, "to": "+1"}
    connection.mirror.absorb(schema, [schema.codec.read(whole, who)], connection.mirror.revision())
    connection.mirror.absorb(schema, [schema.codec.read({"sid": sid, "status": "failed"}, who)], connection.mirror.revision())
    call = Call.offline(partial=True).get(sid)
    assert (call.status, call.duration, call.to, call.novelty) == ("failed", 7, "+1", 1)
    assert call.to_api()["duration"] == "007"
