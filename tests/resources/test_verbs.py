"""Each resource's own words, as stories against the simulated account: what is sent, and what the record then says."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import (
    Account,
    Application,
    AvailablePhoneNumber,
    BadValue,
    Call,
    Conference,
    ConfirmationRequired,
    Connection,
    IncomingPhoneNumber,
    Message,
    MissingScope,
    NotFound,
    NotLoaded,
    Participant,
    Q,
    QueryError,
    ReadOnly,
    Recording,
    SmsMessage,
    Transcription,
    UnknownField,
    UsageRecord,
)
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")
UTC = timezone.utc
URL = "https://example.com/voice"
OURS = "+15017122661"


def last_form(fake: FakeTwilio) -> dict[str, str]:
    return dict(fake.requests[-1].form)


# ------------------------------------------------------------ accounts


def test_a_subaccount_is_created_suspended_activated_and_closed_only_with_its_sid(fake: FakeTwilio) -> None:
    sub = Account.create(friendly_name="Shop")
    assert (sub.status, sub.friendly_name, sub.owner_account_sid) == ("active", "Shop", fake.account_sid)
    assert sub.suspend().status == "suspended"
    assert sub.activate().status == "active"

    sub.status = "closed"
    routes: list[Callable[[], Any]] = [
        sub.close, sub.save, lambda: sub.update(status="closed"), lambda: sub.update(status=" Closed"),
        lambda: Account.ref(str(sub.sid)).update(status="closed"), lambda: sub.close(confirm="yes"),
        lambda: sub.save(confirm=fake.account_sid),
    ]  # fmt: skip
    with fake.expects_requests(0):
        for close in routes:
            with pytest.raises(ConfirmationRequired, match=str(sub.sid)):
                close()

    assert sub.close(confirm=sub.sid).status == "closed"


def test_an_auth_token_is_read_live_and_never_shown_or_kept(fake: FakeTwilio, connection: Connection) -> None:
    sub = Account.create(friendly_name="Shop")
    token = sub.auth_token.reveal()
    assert len(token) == 32 and twilio_orm.connect(sub.sid, sub.auth_token, mirror=":memory:", transport=fake.send)
    shown = [
        repr(sub),
        str(sub),
        str(sub.auth_token),
        f"{sub.auth_token}",
        repr(sub.auth_token),
        sub.to_json(),
        str(sub.to_api()),
    ]
    assert not [text for text in shown if token in text]
    with pytest.raises(NotLoaded, match="never stored"):
        Account.get_by_id(sub.sid).auth_token  # noqa: B018
    with pytest.raises(ReadOnly):
        sub.auth_token = "x"


def test_an_account_sees_itself_and_its_own(fake: FakeTwilio, connection: Connection) -> None:
    subs = [Account.create(friendly_name=name) for name in ("A", "B")]
    assert Account.current().sid == fake.account_sid
    assert {one.sid for one in Account.all()} == {fake.account_sid, *(sub.sid for sub in subs)}
    with connection.under(str(subs[0].sid)):
        assert [one.sid for one in Account.all()] == [subs[0].sid] == [one.sid for one in Account.offline(partial=True)]
    fake.calls.add(account=str(subs[0].sid), status="completed")
    assert subs[0].calls.count() == 1 and subs[1].calls.count() == 0 and Call.all().count() == 0


def test_an_application_is_made_changed_cleared_and_deleted(fake: FakeTwilio) -> None:
    app = Application.create(friendly_name="Menu", voice_url="https://a.example/v", voice_caller_id_lookup=True)
    assert (app.voice_url, app.voice_caller_id_lookup) == ("https://a.example/v", True)
    app.sms_url = ""
    app.voice_method = "GET"
    app.save()
    assert last_form(fake) == {"VoiceMethod": "GET", "SmsUrl": ""}
    app.voice_url = ""
    app.save()
    assert last_form(fake) == {"VoiceUrl": ""} and not app.voice_url
    app.delete()
    with pytest.raises(Application.DoesNotExist):
        app.refresh()
    with fake.expects_requests(0), pytest.raises(Application.DoesNotExist):
        Application.get_by_id(app.sid)


# ------------------------------------------------------------ voice


def ringing(fake: FakeTwilio, **more: Any) -> Call:
    fake.numbers.add(phone_number=OURS)
    return Call.create(to="+15558675309", from_=OURS, url="https://a.example/twiml", **more)


def test_a_call_is_made_redirected_and_hung_up(fake: FakeTwilio) -> None:
    call = ringing(fake, status_callback_event=["initiated", "answered"], timeout=20, record=False)
    form = fake.requests[-1].form
    assert ("StatusCallbackEvent", "initiated") in form and ("StatusCallbackEvent", "answered") in form
    assert dict(form)["Record"] == "false" and dict(form)["Timeout"] == "20" and call.status == Call.Status.QUEUED
    call = Call.get(fake.calls.add(status="in-progress")["sid"])
    assert call.redirect("https://b.example/twiml", method="POST") is call
    assert last_form(fake) == {"Url": "https://b.example/twiml", "Method": "POST"}
    call.route(twiml="<Response/>")
    assert last_form(fake) == {"Twiml": "<Response/>"}
    call.hangup()
    assert last_form(fake) == {"Status": "completed"} and call.status in ("completed", "canceled")
    with pytest.raises(BadValue, match="exactly one of"):
        call.redirect()
    with pytest.raises(BadValue, match="exactly one of"):
        call.redirect("https://b.example", twiml="<Response/>")


def test_a_queued_call_is_cancelled(fake: FakeTwilio) -> None:
    assert ringing(fake).cancel().status == "canceled" and last_form(fake) == {"Status": "canceled"}


def test_an_application_sid_stands_in_for_a_url(fake: FakeTwilio) -> None:
    fake.numbers.add(phone_number=OURS)
    Call.create(to="+15558675309", from_=OURS, url="AP" + "0" * 32)
    assert last_form(fake)["ApplicationSid"] == "AP" + "0" * 32


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        ({"to": "+1"}, BadValue, "from_"),
        ({"to": "+1", "from_": "+2"}, BadValue, "url, twiml, application_sid"),
        ({"to": "+1", "from_": "+2", "url": URL, "timeout": "soon"}, BadValue, "timeout"),
        ({"to": 1, "from_": "+2", "url": URL}, BadValue, "to takes"),
        ({"to": "+1", "from_": "+2", "url": URL, "colour": 1}, UnknownField, "colour"),
        ({"to": "+1", "from_": "+2", "url": URL, "if_machine": "x"}, BadValue, "machine_detection"),
        (
            {"to": "+1", "from_": "+2", "url": URL, "statuscallback": "x"},
            UnknownField,
            "did you mean 'status_callback'",
        ),
        ({"to": "+1", "from_": "+2", "url": URL, "duration": 3}, UnknownField, "duration"),
    ],
)
def test_a_bad_create_is_refused_before_anything_is_sent(
    fake: FakeTwilio, words: dict[str, Any], error: type[Exception], says: str
) -> None:
    with fake.expects_requests(0), pytest.raises(error, match=says) as caught:
        Call.create(**words)
    assert isinstance(caught.value, QueryError)


def test_what_the_api_does_not_offer_is_refused(fake: FakeTwilio) -> None:
    number = fake.numbers.add(phone_number="+15005550010")
    with fake.expects_requests(0):
        for refused in (
            lambda: Conference.create(),
            lambda: Transcription.create(),
            lambda: Account.ref(fake.account_sid).delete(),
        ):
            with pytest.raises(ReadOnly, match="Twilio"):
                refused()
        with pytest.raises(ConfirmationRequired, match="release"):
            IncomingPhoneNumber.delete_by_sid(number["sid"])
        with pytest.raises(MissingScope, match="call_sid"):
            Recording.create()
        with pytest.raises(MissingScope, match="conference_sid"):
            Participant.create(from_="+1", to="+2")
        with pytest.raises(MissingScope, match="conference_sid"):
            list(Participant.all())


def test_a_conference_is_listed_whole_and_ended(fake: FakeTwilio) -> None:
    for status in ("completed", "in-progress", "init"):
        fake.conferences.add(friendly_name="Room", status=status)
    assert sorted(one.status for one in Conference.all()) == ["completed", "in-progress", "init"]
    asked = [dict(one.query)["Status"] for one in fake.requests if one.path.endswith("Conferences.json")]
    assert asked == ["init", "in-progress", "completed"]
    live = Conference.get(status="in-progress")
    live.announce("https://a.example/hello")
    assert last_form(fake) == {"AnnounceUrl": "https://a.example/hello"}
    assert live.end().status == "completed"


def test_participants_are_asked_below_their_conference(fake: FakeTwilio) -> None:
    room = fake.conferences.add(friendly_name="Room", status="in-progress")
    conference = Conference.get(room["sid"])
    fake.numbers.add(phone_number=OURS)
    one = conference.participants.create(from_=OURS, to="+15558675309", label="guest", early_media=True)
    assert (one.conference_sid, one.label) == (room["sid"], "guest")
    assert [other == one for other in conference.participants] == [True]
    assert Participant.get(one.call_sid, conference_sid=room["sid"]) == one
    assert Participant.filter(conference=conference).count() == 1

    assert one.mute().muted is True and last_form(fake) == {"Muted": "true"}
    assert one.unmute().muted is False
    assert one.put_on_hold("https://a.example/music").hold is True
    assert last_form(fake) == {"Hold": "true", "HoldUrl": "https://a.example/music"}
    assert one.resume().hold is False
    assert conference.participants.filter(muted=False).count() == 1
    assert ("Muted", "false") in fake.requests[-1].query
    one.kick()
    assert conference.participants.count() == 0


def test_a_recording_is_downloaded_in_pieces_to_a_path_or_a_handle(fake: FakeTwilio, tmp_path: Path) -> None:
    call = fake.calls.add(status="completed")
    made = fake.recordings.add(call_sid=call["sid"], status="completed", duration="3")
    recording = Recording.get(made["sid"])
    assert recording.formats["mp3"].endswith(f"/Recordings/{recording.sid}.mp3")
    path, handle = tmp_path / "one.wav", io.BytesIO()
    size = recording.download(path)
    assert size == path.stat().st_size > 0 and recording.download(handle) == size and handle.getvalue() == path.read_bytes()
    assert fake.requests[-1].path.endswith(".wav")
    with fake.expects_requests(0), pytest.raises(BadValue, match="wav"):
        recording.download(path, format="ogg")
    fake.recordings.remove(recording.sid)
    with pytest.raises(NotFound):
        recording.download(tmp_path / "two.wav")
    assert [one.name for one in tmp_path.iterdir()] == ["one.wav"]


def test_soft_deleted_recordings_are_a_question_of_their_own(fake: FakeTwilio) -> None:
    kept, dropped = (fake.recordings.add(status="completed")["sid"] for _ in range(2))
    Recording.get(dropped).delete()
    assert [one.sid for one in Recording.all()] == [kept]
    everything = Recording.filter(include_soft_deleted=True)
    assert {one.sid: one.status for one in everything} == {kept: "completed", dropped: "deleted"}
    with fake.expects_requests(0):
        assert [one.sid for one in Recording.offline()] == [kept]
        assert everything.offline().count() == 2


def test_the_neighbours_of_a_record_are_questions(fake: FakeTwilio, connection: Connection) -> None:
    parent = fake.calls.add(status="completed")
    leg = fake.calls.add(status="completed", parent_call_sid=parent["sid"])
    made = fake.recordings.add(call_sid=parent["sid"], status="completed")
    call = Call.get(parent["sid"])
    with fake.expects_requests(0):
        questions = call.legs, call.recordings, call.account, call.parent_call
    assert [one.sid for one in questions[0]] == [leg["sid"]]
    assert [one.sid for one in questions[1]] == [made["sid"]]
    assert questions[2].get().sid == fake.account_sid and questions[3].first() is None
    assert Recording.get(made["sid"]).call.get() == call == Recording.filter(call=call)[0].call.get()
    with fake.expects_requests(0), pytest.raises(ReadOnly, match="relation"):
        call.recordings = []


# ------------------------------------------------------------ messages


def test_a_message_is_sent_redacted_and_cancelled(fake: FakeTwilio, connection: Connection) -> None:
    assert SmsMessage is Message
    fake.numbers.add(phone_number=OURS)
    message = Message.send(OURS, "+15558675309", "the secret word", media_url=["https://a.example/1.png"])
    assert ("MediaUrl", "https://a.example/1.png") in fake.requests[-1].form and message.date_sent is None
    assert message.redact().body == "" and last_form(fake) == {"Body": ""}
    assert connection.sql("SELECT body FROM message") == [("",)]

    later = datetime(2026, 7, 10, 12, tzinfo=timezone(timedelta(hours=-5)))
    planned = Message.create(
        to="+15558675309", messaging_service_sid="MG" + "0" * 32, body="x", schedule_type="fixed", send_at=later
    )
    assert last_form(fake)["SendAt"] == "2026-07-10T17:00:00Z" and planned.status == "scheduled"
    assert planned.cancel().status == "canceled"
    with fake.expects_requests(0), pytest.raises(BadValue, match="body, media_url, content_sid"):
        Message.create(to="+1", from_="+2")


# ------------------------------------------------------------ numbers


def test_a_number_is_searched_bought_changed_transferred_and_released(fake: FakeTwilio, connection: Connection) -> None:
    with fake.expects_requests(0):
        search = AvailablePhoneNumber.search("us", area_code=415, sms_enabled=True)
    found = search[:3]
    first = found[0]
    assert first.phone_number.startswith("+1415") and first.latitude is None or isinstance(first.latitude, Decimal)
    number = first.buy(friendly_name="Front desk", voice_url="https://a.example/v")
    assert number.phone_number == first.phone_number and number.friendly_name == "Front desk"
    assert IncomingPhoneNumber.filter(type="local").count() == 1
    assert fake.requests[-1].path.endswith("/IncomingPhoneNumbers/Local.json")

    sub = Account.create(friendly_name="Shop")
    moved = number.transfer(sub)
    assert moved.account_sid == sub.sid and last_form(fake) == {"AccountSid": sub.sid}
    assert connection.sql("SELECT account_sid FROM incoming_phone_number") == [(sub.sid,)]
    assert moved.update(friendly_name="Shop").friendly_name == "Shop"
    assert sub.sid in fake.requests[-1].path

    with fake.expects_requests(0):
        for release in (moved.delete, lambda: moved.release(confirm="+1")):
            with pytest.raises(ConfirmationRequired):
                release()
    moved.release(confirm=moved.phone_number)
    assert sub.incoming_phone_numbers.count() == 0


def test_get_number_gives_the_number_that_reads_exactly_so(fake: FakeTwilio) -> None:
    """Twilio matches parts and wildcards; the answer is exact, or None, or the question is refused."""
    for number in ("+14105551234", "+14105551235"):
        fake.numbers.add(phone_number=number)
    assert IncomingPhoneNumber.get_number("+14105551234").phone_number == "+14105551234"  # type: ignore[union-attr]
    assert IncomingPhoneNumber.get_number("+1410555123") is None
    for part in ("+1410555123*", "+1410", "410555123"):
        with pytest.raises(BadValue, match=r"E\.164"):
            IncomingPhoneNumber.get_number(part)


@pytest.mark.parametrize(
    ("words", "says"),
    [(("USA",), "two letters"), (("US", "landline"), "type is one of"), ((1,), "two letters")],
)
def test_a_bad_search_is_refused(fake: FakeTwilio, words: tuple[Any, ...], says: str) -> None:
    with fake.expects_requests(0), pytest.raises(BadValue, match=says):
        AvailablePhoneNumber.search(*words)
    with fake.expects_requests(0), pytest.raises(BadValue, match="in_lata"):
        AvailablePhoneNumber.search("US", in_rate_center="HILO")


def test_a_search_is_not_mirrored() -> None:
    search = AvailablePhoneNumber.search("US", "toll_free")
    for eager in (search.sync, lambda: list(search.offline())):
        with pytest.raises(QueryError, match="not mirrored"):
            eager()


# ------------------------------------------------------------ usage


def test_usage_is_one_table_with_its_period(fake: FakeTwilio) -> None:
    fake.populate(calls=60, messages=40, days=20, seed=5, awkward=False)
    day = fake.clock.date()
    fortnight = UsageRecord.daily.between(day - timedelta(days=13), day)
    rows = list(fortnight)
    asked = dict(fake.requests[-1].query)
    assert (asked["StartDate"], asked["EndDate"]) == (str(day - timedelta(days=13)), str(day))
    assert asked["IncludeSubaccounts"] == "true" and fake.requests[-1].path.endswith("/Usage/Records/Daily.json")
    assert rows and {row.period for row in rows} == {"daily"} and all(isinstance(row.price, Decimal) for row in rows)
    with fake.expects_requests(0):
        week = UsageRecord.daily.between(day - timedelta(days=6), day).filter(category="calls").offline()
        expected = [row.start_date for row in rows if row.category == "calls" and row.start_date >= day - timedelta(days=6)]
        assert sorted(row.start_date for row in week) == sorted(expected)
    for name in ("all_time", "monthly", "yearly", "today", "yesterday", "this_month", "last_month"):
        questions = getattr(UsageRecord, name)
        assert sorted(row.category for row in questions) == sorted(row.category for row in questions.offline())
    assert {row.period for row in UsageRecord.all()} == {"all_time"}


def test_a_sum_is_asked_for_exactly_its_days(fake: FakeTwilio) -> None:
    fake.populate(calls=60, messages=40, days=20, seed=5, awkward=False)
    day = fake.clock.date()
    first, last = day - timedelta(days=9), day - timedelta(days=2)
    total = UsageRecord.filter(start_date=first, end_date=last, category="calls")
    inner = UsageRecord.filter(start_date=first, end_date=first, category="calls")
    assert total.get().count >= 0 and dict(fake.requests[-1].query)["EndDate"] == str(last)
    with fake.expects_requests(0):
        assert total.offline().get().start_date == first
        with pytest.raises(twilio_orm.NotCovered):
            list(inner.offline())
    list(inner)
    assert total.offline().count() == 1


def test_nothing_used_is_no_rows(fake: FakeTwilio) -> None:
    """Twilio answers 404 where there is no usage; a list of anything else would not."""
    assert list(UsageRecord.daily.filter(category="fax")) == []
    assert UsageRecord.get_category("sms", period="today") is None
    assert UsageRecord.daily.filter(category="fax").offline().count() == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda: UsageRecord.get_category("sms", period="daily"),
        lambda: list(UsageRecord.filter(start_date=date(2026, 1, 1))),
        lambda: list(UsageRecord.today.filter(start_date=date(2026, 1, 1))),
        lambda: list(UsageRecord.monthly.filter(start_date=date(2026, 1, 15))),
        lambda: list(UsageRecord.yearly.filter(end_date=date(2026, 6, 30))),
        lambda: UsageRecord.daily.filter(start_date="-30days"),
        lambda: UsageRecord.daily.between("2026-06-02", "2026-06-01"),
        lambda: UsageRecord.daily.between("2026-06-02", "soon"),
        lambda: UsageRecord.daily.between("2026-06-02", None),  # type: ignore[arg-type]
        lambda: UsageRecord.monthly.between("2026-06-01", "2026-06-29"),
        lambda: UsageRecord.yearly.between("2026-01-01", "2026-06-30"),
        lambda: UsageRecord.today.between("2026-06-01", "2026-06-30"),
        lambda: UsageRecord.all_time.between("2026-06-01", "2026-06-30"),
    ],
)
def test_a_sum_that_would_mean_something_else_is_refused(fake: FakeTwilio, ask: Callable[[], Any]) -> None:
    with fake.expects_requests(0), pytest.raises(QueryError):
        ask()


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("daily", {"start_date": "2026-06-01", "end_date": "2026-06-02"}),
        ("daily", {"start_date__exact": "2026-06-01", "end_date": date(2026, 6, 30)}),
        ("daily", {"start_date__in": ["2026-06-02"], "end_date": "2026-06-01"}),
        ("monthly", {"start_date": "2026-01-01", "end_date": "2026-02-28"}),
        ("monthly", {"start_date": "2026-02-28", "end_date": "2026-02-01"}),
        ("yearly", {"start_date": "2025-01-01", "end_date": "2026-12-31"}),
    ],
)
def test_a_first_and_a_last_day_that_no_row_has_name_the_word_for_a_span(
    fake: FakeTwilio, period: str, words: dict[str, Any]
) -> None:
    """At once, whatever comes first: the list, the one day or the other."""
    (one, first), (other, last) = words.items()
    questions = getattr(UsageRecord, period)
    for ask in (
        lambda: questions.filter(**words),
        lambda: questions.filter(**{one: first}).filter(Q(**{other: last})),
        lambda: UsageRecord.filter(**words).filter(period=period),
        lambda: questions.offline().filter(**words),
        lambda: questions.cached().filter(**words),
    ):
        with fake.expects_requests(0), pytest.raises(BadValue, match=rf"UsageRecord\.{period}\.between\("):
            ask()


def test_equality_of_a_day_is_equality(fake: FakeTwilio) -> None:
    """In every spelling, and in exclude and Q; ``between`` is a span of days, of the sums over them where there is no list."""
    fake.populate(calls=90, messages=90, days=75, seed=5, awkward=False)
    fake.advance(timedelta(days=30))
    months = sorted({row.start_date for row in UsageRecord.monthly})
    first, last = months[1], months[2]  # the first one begins when the account does
    for words in ({"start_date": last}, {"start_date__exact": last}, {"start_date__in": [last]}, {"start_date__date": str(last)}):
        asked = UsageRecord.monthly.filter(**words)
        rows = list(asked)
        assert rows and {row.start_date for row in rows} == {last}
        assert sorted(map(str, asked.offline())) == sorted(map(str, asked.cached())) == sorted(map(str, rows))
        assert {row.start_date for row in UsageRecord.monthly.exclude(**words)} == {*months} - {last}
        assert {row.start_date for row in UsageRecord.monthly.filter(~Q(**words) | Q(category="x"))} == {*months} - {last}
    end = list(UsageRecord.monthly.filter(start_date=last))[0].end_date
    assert {row.start_date for row in UsageRecord.monthly.filter(start_date=last, end_date=end)} == {last}
    assert {row.start_date for row in UsageRecord.monthly.filter(end_date=end)} == {last}
    assert {row.start_date for row in UsageRecord.monthly.between(first, end)} == {first, last}
    assert (
        UsageRecord.between(first, end)
        == UsageRecord.filter(start_date=first, end_date=end)
        == UsageRecord.all().between(first, end)
    )
    total = UsageRecord.between(first, end).filter(category="totalprice").get()
    assert total.price == sum(row.price for row in UsageRecord.monthly.between(first, end).filter(category="totalprice"))


def test_a_category_that_left_a_list_is_gone_from_its_answer(fake: FakeTwilio) -> None:
    made = fake.messages.add(status="delivered", direction="outbound-api", price="-0.0075", price_unit="USD")
    UsageRecord.today.sync()
    before = {row.category for row in UsageRecord.today.offline()}
    fake.messages.remove(made["sid"])
    fake.calls.add(status="completed", direction="inbound", price="-0.01", price_unit="USD")
    UsageRecord.today.sync()
    assert {row.category for row in UsageRecord.today.offline()} == {row.category for row in UsageRecord.today} != before
