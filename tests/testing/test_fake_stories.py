"""Requests to FakeTwilio and their responses: errors, credentials, lifecycles, numbers, recordings, usage."""

from __future__ import annotations

import io
import wave
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from fakeapi import Api

from twilio_orm.testing import FakeTwilio

NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
TO, FROM = "+14155550100", "+14155550101"
CALL = {"To": TO, "From": FROM, "Url": "https://example.com"}
TEXT = {"To": TO, "From": FROM, "Body": "hello"}


@pytest.fixture
def fake() -> FakeTwilio:
    fake = FakeTwilio(clock=NOON)
    fake.numbers.add(phone_number=FROM)
    return fake


@pytest.fixture
def api(fake: FakeTwilio) -> Api:
    return Api(fake)


# ---------------------------------------------------------------- errors and credentials


@pytest.mark.parametrize(
    ("method", "path", "query", "form", "expected"),
    [
        ("GET", "Calls.json", {"Direction": "inbound"}, {}, (400, 20001)),
        ("GET", "Calls.json", {"To<": TO}, {}, (400, 20001)),
        ("GET", "Calls.json", {"StartTime>=": "2026-01-01"}, {}, (400, 20001)),
        ("GET", "Calls.json", {"StartTime": "yesterday"}, {}, (400, 20001)),
        ("GET", "Calls.json", {"StartTime": "2026-02-30"}, {}, (400, 20001)),
        ("GET", "Calls.json", {"Status": "done"}, {}, (400, 20001)),
        ("GET", "Calls.json", {"PageSize": "0"}, {}, (400, 20001)),
        ("GET", "Calls.json", {"PageSize": "1001"}, {}, (400, 20001)),
        ("GET", "Calls.json", {"Page": "1"}, {}, (400, 20001)),
        ("GET", "Messages.json", {"Status": "sent"}, {}, (400, 20001)),
        ("GET", "Conferences/CF/Participants.json", {}, {}, (404, 20404)),
        ("GET", "Conferences.json", {"Hold": "yes"}, {}, (400, 20001)),
        ("GET", "Usage/Records.json", {"StartDate": "2026-01"}, {}, (400, 20001)),
        ("POST", "Calls.json", {}, {**CALL, "Urgent": "true"}, (400, 20001)),
        ("POST", "Calls.json", {}, {**CALL, "Record": "1"}, (400, 20001)),
        ("POST", "Calls.json", {}, {**CALL, "Timeout": "soon"}, (400, 20001)),
        ("POST", "Calls.json", {}, {**CALL, "Method": "PUT"}, (400, 20001)),
        ("POST", "Calls.json", {"To": TO}, CALL, (400, 20001)),
        ("PUT", "Calls.json", {}, CALL, (405, 20004)),
        ("POST", "Conferences.json", {}, {"FriendlyName": "x"}, (405, 20004)),
        ("GET", "calls.json", {}, {}, (404, 20404)),
        ("GET", "Calls", {}, {}, (404, 20404)),
        ("GET", "Usage.json", {}, {}, (404, 20404)),
        ("GET", "/2010-04-01/Accounts//Calls.json", {}, {}, (404, 20404)),
    ],
)
def test_undocumented_requests_are_errors_and_violations(
    api: Api, method: str, path: str, query: Any, form: Any, expected: tuple[int, int]
) -> None:
    assert api.code(method, path, query, form) == expected
    assert len(api.fake.violations) == (0 if "Participants" in path else 1)


@pytest.mark.parametrize(
    ("path", "form", "expected"),
    [
        ("Calls.json", {"From": FROM, "Url": "x"}, 21201),
        ("Calls.json", {"To": TO, "Url": "x"}, 21213),
        ("Calls.json", {"To": TO, "From": FROM}, 21205),
        ("Calls.json", {"To": "+0", "From": FROM, "Url": "x"}, 21211),
        ("Messages.json", {"From": FROM, "Body": "x"}, 21604),
        ("Messages.json", {"To": TO, "Body": "x"}, 21603),
        ("Messages.json", {"To": TO, "From": FROM}, 21602),
        ("Messages.json", {**TEXT, "ScheduleType": "fixed"}, 35118),
        ("IncomingPhoneNumbers.json", {}, 21421),
        ("IncomingPhoneNumbers.json", {"PhoneNumber": "+14155551234"}, 21422),
        ("IncomingPhoneNumbers.json", {"AreaCode": "999"}, 21452),
    ],
)
def test_a_create_without_a_required_parameter_is_an_error_and_no_violation(
    api: Api, path: str, form: Any, expected: int
) -> None:
    assert api.code("POST", path, None, form) == (400, expected)
    assert api.fake.violations == []
    assert len(api.fake.calls) == len(api.fake.messages) == 0 and len(api.fake.numbers) == 1


def test_not_strict_ignores_an_unknown_filter(fake: FakeTwilio) -> None:
    fake.settings.strict = False
    fake.messages.add(direction="inbound")
    fake.messages.add(direction="outbound-api")
    assert len(Api(fake).get("Messages.json", Direction="inbound")["messages"]) == 2
    assert fake.violations == ["Unknown parameter Direction"]


def test_credentials(fake: FakeTwilio, api: Api) -> None:
    child = fake.accounts.add(friendly_name="child")
    own = Api(fake, child["sid"], child["auth_token"])
    fake.numbers.of(child["sid"]).add(phone_number="+14155550102")
    own.post("Messages.json", **{**TEXT, "From": "+14155550102"})
    assert len(api.get(f"{child['sid']}/Messages.json")["messages"]) == 1
    assert [one["sid"] for one in own.get("")["accounts"]] == [child["sid"]]
    assert own.code("GET", f"{fake.account_sid}/Messages.json") == (401, 20003)
    assert own.code("POST", "") == (401, 20003)
    assert Api(fake, secret="wrong").code("GET", "Calls.json") == (401, 20003)
    assert api.code("GET", f"SK{'0' * 32}/Calls.json")[0] == 404
    api.post(f"{child['sid']}.json", Status="suspended")
    assert own.code("GET", "Messages.json") == (403, 10001)
    assert api.code("POST", f"{child['sid']}/Messages.json", None, TEXT) == (403, 10001)
    api.post(f"{child['sid']}.json", Status="closed")
    assert own.code("GET", "Messages.json") == (401, 20003)
    assert api.code("POST", f"{child['sid']}.json", None, {"Status": "active"}) == (400, 20001)
    assert api.get("", Status="closed")["accounts"][0]["sid"] == child["sid"]
    made = [api.post("", FriendlyName="x")["auth_token"] for _ in range(2)]
    assert len({*made, child["auth_token"], fake.auth_token}) == 4


# ---------------------------------------------------------------- lists


def test_the_envelope_keeps_filters_and_tokens_are_checked(fake: FakeTwilio, api: Api) -> None:
    for _ in range(3):
        fake.calls.add(to=TO, status="completed")
    one = api.get("Calls.json", To=TO, Status="completed", PageSize=1)
    assert "To=%2B14155550100&Status=completed&PageSize=1&Page=1&PageToken=PA" in one["next_page_uri"]
    assert (one["page"], one["start"], one["end"], one["previous_page_uri"]) == (0, 0, 0, None)
    two = api.get(one["next_page_uri"])
    assert (two["page"], two["start"], two["uri"]) == (1, 1, one["next_page_uri"])
    assert api.get(two["previous_page_uri"])["calls"] == one["calls"]
    for token in ("PAx", "PA" + "f" * 50, "zz"):
        assert api.code("GET", "Calls.json", {"Page": 1, "PageToken": token}) == (400, 21481)
    usage = api.get("Usage/Records.json", PageSize=1)
    rest = api.get(usage["next_page_uri"])
    assert rest["usage_records"][0]["category"] != usage["usage_records"][0]["category"]
    assert api.code("GET", "Usage/Records.json", {"Page": 1, "PageToken": "APx"}) == (400, 21481)


def test_a_removed_record_hides_another_only_with_deletion_hides() -> None:
    def missing(hides: bool) -> int:
        mine = FakeTwilio(clock=NOON, deletion_hides=hides)
        for hour in range(6):
            mine.calls.add(start_time=NOON - timedelta(hours=hour))
        api = Api(mine)
        first = api.get("Calls.json", PageSize=3)
        mine.calls.remove(first["calls"][-1]["sid"])
        return 3 - len(api.get(first["next_page_uri"])["calls"])

    assert (missing(False), missing(True)) == (0, 1)


def test_a_list_of_conferences_without_status_shows_those_in_progress(fake: FakeTwilio, api: Api) -> None:
    for status in ("init", "in-progress", "completed"):
        fake.conferences.add(status=status)
    assert [row["status"] for row in api.get("Conferences.json")["conferences"]] == ["in-progress"]
    fake.settings.conferences_all = True
    assert len(api.get("Conferences.json")["conferences"]) == 3


@pytest.mark.parametrize(
    "text",
    [
        "2026",
        "2026-03",
        "2026-03-10",
        "2026-03-10T00:00:00Z",
        "2026-03-10T01:00:00+01:00",
        "2026-03-09T16:00:00.000-0800",
        "2026-03-10 00:00:00.000",
        "03/09/2026 17:00:00 MST",
        "Tue, 10 Mar 2026 00:00:00 +0000",
        "2026-03-10T00:00",
    ],
)
def test_spellings_of_a_date_filter(fake: FakeTwilio, api: Api, text: str) -> None:
    fake.calls.add(start_time=NOON)
    fake.calls.add(start_time="Sun, 01 Feb 2015 12:00:00 +0000")
    assert len(api.get("Calls.json", **{"StartTime>": text})["calls"]) == 1


def test_retention_and_list_lag() -> None:
    fake = FakeTwilio(clock=NOON, message_days=30, list_lag=60)
    api = Api(fake)
    fake.numbers.add(phone_number=FROM)
    fake.messages.add(date_sent=NOON - timedelta(days=40))
    fake.messages.add(date_sent=NOON - timedelta(days=4))
    assert len(api.get("Messages.json")["messages"]) == 1
    assert api.code("GET", "Messages.json", {"DateSent>": "2026-01-01"}) == (400, 20004)
    sid = api.post("Messages.json", **TEXT)["sid"]
    assert api.get(f"Messages/{sid}.json")["sid"] == sid
    assert len(api.get("Messages.json")["messages"]) == 1
    fake.tick(90)
    assert len(api.get("Messages.json")["messages"]) == 2


BEFORE, MIDNIGHT, DURING, LAST, NEXT = (
    "03-09 23:59:59",
    "03-10 00:00:00",
    "03-10 12:00:00",
    "03-10 23:59:59",
    "03-11 00:00:00",
)


@pytest.mark.parametrize(
    ("reading", "sign", "admitted"),
    [
        ("before", "<", [BEFORE]),
        ("midnight", "<", [BEFORE, MIDNIGHT]),
        ("inclusive", "<", [BEFORE, MIDNIGHT, DURING, LAST]),
        *((reading, ">", [MIDNIGHT, DURING, LAST, NEXT]) for reading in ("before", "midnight", "inclusive")),
        *((reading, "", [MIDNIGHT, DURING, LAST]) for reading in ("before", "midnight", "inclusive")),
    ],
)
def test_date_filters_at_the_edges_of_a_day(reading: str, sign: str, admitted: list[str]) -> None:
    fake = FakeTwilio(clock=NOON, date_bounds=reading)
    sids = {}
    for text in (BEFORE, MIDNIGHT, DURING, LAST, NEXT):
        sids[fake.calls.add(start_time=datetime.fromisoformat(f"2026-{text}+00:00"))["sid"]] = text
    fake.calls.add(start_time=None)
    found = Api(fake).get("Calls.json", **{f"StartTime{sign}": "2026-03-10"})["calls"]
    assert sorted(sids[row["sid"]] for row in found) == admitted


# ---------------------------------------------------------------- lifecycles


def test_a_call_is_priced_after_it_has_ended(fake: FakeTwilio, api: Api) -> None:
    sids = [api.post("Calls.json", **CALL)["sid"] for _ in range(100)]
    seen: dict[str, list[tuple[str, bool]]] = {sid: [("queued", False)] for sid in sids}
    for _ in range(400):
        fake.tick(5)
        for row in fake.calls:
            state = (row["status"], row["price"] is not None)
            if seen[row["sid"]][-1] != state:
                seen[row["sid"]].append(state)
    ends = {story[-1][0] for story in seen.values()}
    assert ends == {"completed", "busy", "failed", "no-answer"}
    done = next(story for story in seen.values() if story[-1][0] == "completed")
    assert done[-3:] == [("in-progress", False), ("completed", False), ("completed", True)]
    for row in fake.calls:
        assert (row["price"] is None) == (row["status"] != "completed")
        assert row["date_updated"]


def test_messages_end_in_several_ways(fake: FakeTwilio, api: Api) -> None:
    for _ in range(80):
        api.post("Messages.json", **TEXT)
    fake.tick(2)
    assert all(row["date_sent"] is None for row in fake.messages if row["status"] in ("queued", "sending"))
    fake.tick(3600)
    assert {row["status"] for row in fake.messages} == {"delivered", "undelivered", "failed", "sent"}
    failed = [row for row in fake.messages if row["status"] == "failed"]
    assert all(row["date_sent"] is None and row["price"] is None and row["error_code"] for row in failed)


def test_changing_records_that_are_final_is_an_error(fake: FakeTwilio, api: Api) -> None:
    done = fake.calls.add(status="completed")["sid"]
    assert api.code("POST", f"Calls/{done}.json", None, {"Twiml": "<Response/>"}) == (400, 21220)
    live = fake.calls.add(status="in-progress", start_time=NOON)["sid"]
    both = {"Twiml": "<Response/>", "Url": "https://example.com"}
    assert api.code("POST", f"Calls/{live}.json", None, both) == (400, 20001)
    assert api.post(f"Calls/{live}.json", Status="canceled")["status"] == "in-progress"
    sent = fake.messages.add(status="delivered")["sid"]
    assert api.code("POST", f"Messages/{sent}.json", None, {"Status": "canceled"}) == (400, 20001)
    assert api.post(f"Messages/{sent}.json", Body="")["body"] == ""
    room = fake.conferences.add(status="completed")["sid"]
    assert api.code("POST", f"Conferences/{room}.json", None, {"Status": "completed"}) == (400, 20001)
    assert api.code("POST", f"Conferences/{room}/Participants.json", None, {"To": TO, "From": FROM}) == (400, 20001)


def test_a_conference_by_name_ends_with_its_last_call(api: Api) -> None:
    one = api.post("Conferences/Standup/Participants.json", To=TO, From=FROM)
    two = api.post("Conferences/Standup/Participants.json", To=TO, From=FROM)
    assert one["conference_sid"] == two["conference_sid"]
    for leg in (one, two):
        api.post(f"Calls/{leg['call_sid']}.json", Status="completed")
    room = api.get(f"Conferences/{one['conference_sid']}.json")
    assert (room["status"], room["reason_conference_ended"]) == ("completed", "last-participant-left")
    assert room["call_sid_ending_conference"] == two["call_sid"]


def test_the_clock_cannot_go_backwards(fake: FakeTwilio) -> None:
    with pytest.raises(ValueError, match="backwards"):
        fake.clock = NOON - timedelta(1)
    fake.clock = NOON.replace(hour=13)
    assert fake.clock == NOON + timedelta(hours=1)


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"AreaCode": "503"}, 12),
        ({"InRegion": "hi"}, 12),
        ({"InPostalCode": "10001"}, 12),
        ({"InLocality": "Portland"}, 12),
        ({"InRateCenter": "HILO", "InLata": "834"}, 12),
        ({"Contains": "+1503"}, 12),
        ({"Contains": "+1KOD"}, 0),
        ({"Contains": "%1415%"}, 12),
        ({"NearLatLong": "37.77,-122.42"}, 12),
        ({"FaxEnabled": "true"}, 0),
        ({}, 48),
        ({"NearLatLong": "37.77,-122.42", "Distance": 500}, 12),
        ({"NearNumber": "+15035550100"}, 12),
        ({"PageSize": 5}, 5),
    ],
)
def test_a_search_for_numbers(api: Api, query: Any, count: int) -> None:
    found = api.get("AvailablePhoneNumbers/US/Local.json", **query)
    assert set(found) == {"uri", "available_phone_numbers"}
    assert len(found["available_phone_numbers"]) == count
    assert found == api.get("AvailablePhoneNumbers/US/Local.json", **query)


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("XX/Local", {}, (404, 20404)),
        ("CA/Mobile", {}, (404, 20404)),
        ("US/Local", {"Contains": "1"}, (400, 20001)),
        ("US/Local", {"Contains": "4*5"}, (400, 20001)),
        ("US/Local", {"InRateCenter": "HILO"}, (400, 20001)),
        ("US/Local", {"NearLatLong": "here"}, (400, 20001)),
        ("US/Local", {"NearNumber": TO, "Distance": 501}, (400, 20001)),
    ],
)
def test_wrong_searches_for_numbers_are_errors(api: Api, path: str, query: Any, expected: tuple[int, int]) -> None:
    assert api.code("GET", f"AvailablePhoneNumbers/{path}.json", query) == expected


def test_patterns_of_owned_numbers(fake: FakeTwilio, api: Api) -> None:
    for number in ("+14155550100", "+442075550100"):  # beside FROM, +14155550101
        fake.numbers.add(phone_number=number)

    def found(pattern: str) -> int:
        return len(api.get("IncomingPhoneNumbers.json", PhoneNumber=pattern)["incoming_phone_numbers"])

    assert [found(text) for text in ("+14155550100", "5550100", "+1415", "555010*", "+*4", "9")] == [1, 2, 2, 3, 3, 0]
    fake.offer("+15005550006")
    assert api.post("IncomingPhoneNumbers.json", PhoneNumber="+15005550006")["friendly_name"] == "(500) 555-0006"
    assert api.code("POST", "IncomingPhoneNumbers/Mobile.json", None, {"PhoneNumber": "+14153455202"}) == (400, 21422)


# ---------------------------------------------------------------- recordings and usage


def test_a_deleted_recording_stays_forty_days(fake: FakeTwilio, api: Api) -> None:
    sid = fake.recordings.add()["sid"]
    assert api("DELETE", f"Recordings/{sid}.json") == (204, None)
    assert api.code("GET", f"Recordings/{sid}.json") == (404, 20404)
    assert api.code("DELETE", f"Recordings/{sid}.json") == (404, 20404)
    shown = api.get(f"Recordings/{sid}.json", IncludeSoftDeleted="true")
    assert (shown["status"], shown["date_updated"]) == ("deleted", "Tue, 10 Mar 2026 12:00:00 +0000")
    assert len(api.get("Recordings.json", IncludeSoftDeleted="true")["recordings"]) == 1
    assert api.get("Recordings.json")["recordings"] == []
    fake.advance(timedelta(days=40))
    assert api.get("Recordings.json", IncludeSoftDeleted="true")["recordings"] == []


@pytest.mark.parametrize(("suffix", "kind"), [("", "audio/x-wav"), (".wav", "audio/x-wav"), (".mp3", "audio/mpeg")])
def test_sound_of_a_recording(fake: FakeTwilio, api: Api, suffix: str, kind: str) -> None:
    sid = fake.recordings.add(channels=2)["sid"]
    response = api.raw("GET", f"Recordings/{sid}{suffix}")
    assert response.headers["content-type"] == kind
    if kind != "audio/mpeg":
        with wave.open(io.BytesIO(response.body)) as sound:
            assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (2, 8000, 800)


def test_usage_adds_up(fake: FakeTwilio, api: Api) -> None:
    child = fake.accounts.add(friendly_name="child")["sid"]
    for days, account in ((0, None), (1, None), (1, child), (40, None)):
        at = NOON - timedelta(days=days)
        fake.calls.add(account=account, status="completed", start_time=at, duration="30", price="-0.01", direction="inbound")
    fake.calls.add(status="completed", start_time=NOON, duration="600", price=None)
    fake.calls.add(status="busy", start_time=NOON, duration="0")

    def asked(kind: str = "", **query: str) -> list[tuple[str, str, str]]:
        path = f"Usage/Records{kind}.json"
        rows = api.get(path, **{"Category": "calls", "StartDate": "2026-01-01", **query})["usage_records"]
        return [(row["start_date"], row["count"], row["price"]) for row in rows]

    assert asked() == [("2026-01-01", "5", "0.04")]
    assert asked(IncludeSubaccounts="false") == [("2026-01-01", "4", "0.03")]
    assert asked("/Daily", StartDate="-1days") == [("2026-03-10", "2", "0.01"), ("2026-03-09", "2", "0.02")]
    assert asked("/Monthly") == [("2026-03-01", "4", "0.03"), ("2026-01-01", "1", "0.01")]
    assert asked("/Yesterday") == [("2026-03-09", "2", "0.02")]
    assert asked(StartDate="2026-03-09", EndDate="2026-03-09")[0][1] == "2"
    late = {"StartDate": "2026-03-02", "EndDate": "2026-03-01"}
    assert api.code("GET", "Usage/Records.json", late) == (404, 20404)
    [row] = api.get("Usage/Records.json", Category="totalprice")["usage_records"]
    assert (row["as_of"], row["count"], row["price_unit"]) == ("2026-03-10T12:00:00+00:00", None, "usd")


# ---------------------------------------------------------------- seeding and the request log


def test_seeding_and_changing_records_without_requests(fake: FakeTwilio) -> None:
    made = fake.calls.add(status="completed", from_="client:zoë", start_time=NOON, price=Decimal("-0.010"), odd={"new": 1})
    assert (made["from"], made["price"], made["odd"]) == ("client:zoë", "-0.010", {"new": 1})
    assert fake.calls.change(made["sid"], price="-0.01")["price"] == "-0.01"
    total = fake.totals[fake.account_sid]["calls"]
    assert (total.count, total.by_status["completed"], total.prices) == (1, 1, {"USD": Decimal("-0.01")})
    with pytest.raises(ValueError, match="exists"):
        fake.calls.add(sid=made["sid"])
    fake.calls.remove(made["sid"])
    with pytest.raises(KeyError):
        fake.calls.get(made["sid"])
    child = fake.accounts.add()["sid"]
    theirs = fake.calls.add(account=child, to=TO)
    assert [row["sid"] for row in fake.calls.of(child)] == [theirs["sid"]]
    assert len(fake.calls) == 0
    assert fake.calls.change(theirs["sid"], status="busy")["account_sid"] == child
    room = fake.conferences.add()["sid"]
    person = fake.participants.add(conference_sid=room)
    assert fake.participants.change(person["call_sid"], muted=True)["muted"] is True


def test_requests_are_counted(fake: FakeTwilio, api: Api) -> None:
    with fake.expects_requests(1):
        api.get("Calls.json", To=TO)
    assert str(fake.requests[0]).endswith("/Calls.json?To=+14155550100 -> 200")
    with pytest.raises(AssertionError, match="0 requests expected, 1 made:\n  POST"), fake.expects_requests(0):
        api.post("Messages.json", **TEXT)
    assert fake.auth_token not in repr(fake.requests)


def test_awkward_histories_contain_edge_cases(fake: FakeTwilio, api: Api) -> None:
    fake.populate(calls=400, messages=400, numbers=20, conferences=40, recordings=60, applications=20, days=10, awkward=True)
    calls, messages = list(fake.calls), list(fake.messages)
    assert max(len(row["body"]) for row in messages) >= 100_000
    assert any("\x1b" in row["body"] for row in messages)
    assert {type(row["price"]) for row in calls} == {str, float, type(None)}
    assert "rerouted" in {row["status"] for row in calls}
    assert any("brand_new_field" in row for row in calls)
    assert any(str(row["start_time"]).endswith("00:00:00 +0000") for row in calls)
    assert any(str(row["start_time"]).endswith("23:59:59 +0000") for row in calls)
    tapes = api.every("Recordings.json", "recordings", {"IncludeSoftDeleted": "true"})
    assert any(row["date_created"].endswith("+0100") and row["status"] == "deleted" for row in tapes)
    assert len(api.every("Calls.json", "calls", {"PageSize": 33})) == 400
    assert {row["status"] for row in fake.conferences} == {"init", "in-progress", "completed"}


def test_the_plugin_yields_a_fake(fake_twilio: Any) -> None:
    assert Api(fake_twilio).get("Calls.json")["calls"] == []
    assert callable(fake_twilio.connect)


@pytest.mark.parametrize("wrong", [{"date_bounds": "fuzzy"}])
def test_a_wrong_setting_raises_ValueError(wrong: Any) -> None:
    with pytest.raises(ValueError, match="fuzzy"):
        FakeTwilio(**wrong)
    with pytest.raises(ValueError, match="earthquake"):
        FakeTwilio().fail_next("earthquake")
