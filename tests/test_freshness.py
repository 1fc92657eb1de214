"""Answers from what was heard: how old it may be, what is asked for when it is too old, and what the mirror says of itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

import twilio_orm
from twilio_orm import BadValue, Call, Connection, Count, IncomingPhoneNumber, Message, Q, QueryError, Recording
from twilio_orm.testing import FakeTwilio

HOUR = timedelta(hours=1)


@pytest.fixture
def connection(fake: FakeTwilio) -> Iterator[Connection]:
    fake.populate(calls=300, messages=100, numbers=4, recordings=20, days=30, seed=7)
    with twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock
    ) as made:
        yield made


def days(fake: FakeTwilio, first: int) -> list[tuple[str | None, str | None]]:
    """The days that were asked for."""
    queries = [dict(one.query) for one in fake.requests[first:]]
    return [(query.get("StartTime>") or query.get("StartTime"), query.get("StartTime<")) for query in queries]


def test_what_was_heard_recently_is_not_asked_for_again(fake: FakeTwilio, connection: Connection) -> None:
    june = Call.filter(start_time__gte=date(2026, 6, 1)).cached(HOUR)
    with fake.expects_requests(1):
        count = june.count()
    with fake.expects_requests(0):
        assert june.count() == len(list(june)) == count > 0
        assert june.filter(status="completed", start_time__lt=date(2026, 6, 5)).exists()
        assert june.aggregate(n=Count())["n"] == count
    fake.advance(timedelta(minutes=61))
    with fake.expects_requests(1):
        assert june.count() >= count


def test_only_the_gaps_are_asked_for(fake: FakeTwilio, connection: Connection) -> None:
    Call.filter(start_time__gte=date(2026, 6, 3), start_time__lt=date(2026, 6, 6)).sync()
    fake.advance(timedelta(minutes=30))
    week = Call.filter(start_time__gte=date(2026, 6, 1), start_time__lt=date(2026, 6, 8))
    first = len(fake.requests)
    count = week.cached(HOUR).count()
    assert days(fake, first) == [("2026-06-01", "2026-06-03"), ("2026-06-06", "2026-06-08")]
    assert count == week.count()
    fake.advance(timedelta(minutes=45))  # the middle is too old by now, the rest is not
    first = len(fake.requests)
    assert week.cached(HOUR).count() == count
    assert days(fake, first) == [] or days(fake, first) == [("2026-06-03", "2026-06-06")]


def test_each_side_of_an_or_is_heard_by_itself(fake: FakeTwilio, connection: Connection) -> None:
    number = next(row["to"] for row in fake.calls if row["direction"] != "inbound")
    with fake.expects_requests(2):
        count = Call.involving(number).cached(HOUR).count()
    with fake.expects_requests(0):
        assert Call.filter(Q(to=number) | Q(from_=number)).cached(HOUR).count() == count > 0
        assert Call.filter(to=number).cached(HOUR).exists()
    with fake.expects_requests(1):
        Call.filter(status="busy").cached(HOUR).count()


def test_a_record_that_left_its_list_is_not_answered_from_it(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(days=1))["sid"]
    talking = Call.filter(status="in-progress").cached(timedelta(minutes=1))
    assert sid in [call.sid for call in talking]
    fake.calls.change(sid, status="completed")
    fake.advance(timedelta(minutes=2))
    assert sid not in [call.sid for call in talking]


def test_a_settled_record_comes_from_memory_and_belongs_to_its_reader(fake: FakeTwilio, connection: Connection) -> None:
    sid = next(row["sid"] for row in fake.calls if row["status"] == "completed" and row["price"])
    calls = Call.cached(HOUR)
    with fake.expects_requests(1):
        one, other = calls.get(sid), calls.get(sid)
        calls.get(sid)
    assert one == other and one is not other and one.start_time == other.start_time
    one.__data__["status"] = "mine"
    assert calls.get(sid).status == "completed"
    with fake.expects_requests(1):
        assert Call.get(sid).sid == sid  # plain get asks
    fake.advance(timedelta(hours=2))
    with fake.expects_requests(1):
        calls.get(sid)


@pytest.mark.sqlite("mirrors in memory")
@pytest.mark.filterwarnings("ignore:Twilio answers", "ignore:not mirrored")
@pytest.mark.parametrize("status", ["completed", "in-progress"])
def test_only_a_final_record_is_kept_in_memory(fake: FakeTwilio, connection: Connection, status: str) -> None:
    final = {"price": "-0.01", "duration": "5"} if status == "completed" else {}
    sid = fake.calls.add(status=status, start_time=fake.clock, **final)["sid"]
    calls = Call.cached(HOUR)
    assert calls.get(sid).status == status
    connection.mirror.open().close()  # so that only memory can answer, or Twilio
    with fake.expects_requests(0 if status == "completed" else 1):
        assert calls.get(sid).status == status


def test_memory_is_of_one_account(fake: FakeTwilio, connection: Connection) -> None:
    sid = next(row["sid"] for row in fake.calls if row["status"] == "completed" and row["price"])
    child = fake.accounts.add(friendly_name="child")["sid"]
    Call.cached(HOUR).get(sid)
    with connection.under(child), pytest.raises(Call.DoesNotExist):
        Call.cached(HOUR).get(sid)


def test_what_is_not_final_is_asked_for_when_it_is_old(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="in-progress", start_time=fake.clock)["sid"]
    calls = Call.cached(timedelta(minutes=5))
    assert calls.get(sid).status == "in-progress"
    fake.calls.change(sid, status="completed", price="-0.01")
    fake.advance(timedelta(minutes=6))
    assert calls.get(sid).status == "completed"


def test_a_deleted_record_is_gone_from_memory(fake: FakeTwilio, connection: Connection) -> None:
    sid = next(row["sid"] for row in fake.calls if row["status"] == "completed" and row["price"])
    calls = Call.cached(HOUR)
    calls.get(sid).delete()
    with pytest.raises(Call.DoesNotExist):
        calls.get(sid)


def test_eight_threads_read_one_memory(fake: FakeTwilio, connection: Connection) -> None:
    sids = [row["sid"] for row in fake.calls if row["status"] == "completed" and row["price"]][:20]
    calls, wrong = Call.all().using(connection).cached(HOUR), []

    def read() -> None:
        for _ in range(50):
            wrong.extend(sid for sid in sids if calls.get(sid).sid != sid)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_slice_that_is_not_covered_asks_for_itself_alone(fake: FakeTwilio, connection: Connection) -> None:
    with fake.expects_requests(1):
        assert len(list(Call.cached(HOUR)[:5])) == 5
    assert dict(fake.requests[-1].query)["PageSize"] == "5"


@pytest.mark.parametrize("age", [5, None, timedelta(-1), "10m"])
def test_an_age_is_a_timedelta(fake: FakeTwilio, connection: Connection, age: object) -> None:
    with fake.expects_requests(0), pytest.raises(BadValue, match="timedelta"):
        Call.cached(age)  # type: ignore[arg-type]


def test_a_mirror_that_fails_leaves_the_answer_to_twilio(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise twilio_orm.MirrorFull("the disk is full")

    monkeypatch.setattr(connection.mirror, "absorb", broken)
    with pytest.warns(twilio_orm.MirrorWarning) as told:
        assert Call.filter(status="completed").cached(HOUR).count() == Call.filter(status="completed").count()
    assert str(told[0].message) == "Twilio answers, since the mirror cannot be used: the disk is full"


# ------------------------------------------------------------ what the mirror says of itself


def test_freshness_and_coverage(fake: FakeTwilio, connection: Connection) -> None:
    week = Call.filter(start_time__gte=date(2026, 6, 1), start_time__lt=date(2026, 6, 8))
    assert not week.freshness().whole and week.freshness().since is None and week.coverage() == []
    heard = fake.clock
    week.sync()
    fake.advance(HOUR)
    fresh = week.freshness()
    assert (fresh.whole, fresh.since, fresh.age, fresh.missing) == (True, heard, HOUR, ())
    wider = Call.filter(start_time__gte=date(2026, 6, 1), start_time__lt=date(2026, 6, 9)).freshness()
    assert not wider.whole and "2026-06-08" in wider.missing[0]
    [sweep] = week.coverage()
    assert sweep.constraints.spans == {"start_time": ("2026-06-01 00:00:00", "2026-06-08 00:00:00")} and sweep.began_at == heard


@pytest.mark.sqlite("mirrors in memory")
def test_explain_shows_what_the_mirror_covers(fake: FakeTwilio, connection: Connection) -> None:
    busy = Call.filter(status="busy")
    with fake.expects_requests(0):
        assert "mirror" not in busy.explain()  # there is no mirror yet, and none is made by asking
    Message.all().exists()
    assert "mirror   not covered" in busy.explain()
    Call.filter(start_time__gte=date(2026, 6, 10)).sync()
    assert "except start_time from the beginning to 2026-06-10" in busy.explain()
    Call.sync()
    assert "mirror   covered completely since 2026-06-15" in busy.explain()


# ------------------------------------------------------------ strict


def test_strict_refuses_what_would_read_a_whole_list(fake: FakeTwilio, connection: Connection) -> None:
    with fake.expects_requests(0):
        for question in (Call.filter(duration__gt=60), Call.all(), IncomingPhoneNumber.filter(voice_url__contains="x")):
            with pytest.raises(QueryError, match="strict"):
                list(question.strict())
        with pytest.raises(QueryError, match="start_time"):
            Call.filter(Q(status="busy") | Q(duration__gt=60)).strict().count()
        with pytest.raises(QueryError):
            Call.filter(duration__gt=60).strict().first()  # none may fit: the list would be read to its end
    assert Call.filter(status="busy", duration__isnull=True).strict().count() >= 0
    assert len(list(Call.all().strict()[:5])) == 5
    assert Call.all().strict().strict(False).count() == 300
    Call.sync()
    assert Call.filter(duration__gt=60).strict().offline().exists()


def test_a_connection_may_be_strict(fake: FakeTwilio) -> None:
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", strict=True):
        with pytest.raises(QueryError, match="every Recording"):
            Recording.filter(duration__gt=5).count()
        assert Recording.sync().whole  # who says sync means all of it
        assert Recording.filter(duration__gt=5).strict(False).count() == 0


# ------------------------------------------------------------ gaps


@pytest.mark.parametrize(("windows", "requests"), [(4, 5), (5, 1)])
def test_few_gaps_are_asked_for_one_by_one_and_many_as_a_whole(
    fake: FakeTwilio, connection: Connection, windows: int, requests: int
) -> None:
    for number in range(windows):
        day = date(2026, 6, 2) + timedelta(days=2 * number)
        Call.filter(start_time__gte=day, start_time__lt=day + timedelta(days=1)).sync()
    june = Call.filter(start_time__gte=date(2026, 6, 1), start_time__lt=date(2026, 6, 13) if windows > 4 else date(2026, 6, 11))
    assert len(june.freshness().missing) == requests
    with fake.expects_requests(requests):
        count = june.cached(HOUR).count()
    assert count == june.count() > 0


def test_an_answer_is_as_of_the_oldest_thing_that_it_rests_on(fake: FakeTwilio, connection: Connection) -> None:
    heard = fake.clock
    Call.filter(start_time__gte=date(2026, 6, 3), start_time__lt=date(2026, 6, 6)).sync()
    fake.advance(timedelta(minutes=30))
    week = Call.filter(start_time__gte=date(2026, 6, 1), start_time__lt=date(2026, 6, 8)).cached(HOUR)
    assert len(list(week)) > 0 and week.as_of == heard
    fake.advance(timedelta(minutes=31))
    again = Call.filter(start_time__gte=date(2026, 6, 1), start_time__lt=date(2026, 6, 8)).cached(timedelta(minutes=40))
    assert len(list(again)) > 0 and again.as_of == fake.clock - timedelta(minutes=31)
    fresh = Call.filter(status="busy").cached(HOUR)
    list(fresh)
    assert fresh.as_of == fake.clock


def test_an_age_of_nothing_asks_for_what_was_not_heard_just_now(fake: FakeTwilio, connection: Connection) -> None:
    busy = Call.filter(status="busy")
    with fake.expects_requests(1):
        busy.cached(timedelta(0)).count()
        busy.cached(timedelta(0)).count()
    fake.advance(timedelta(seconds=1))
    with fake.expects_requests(1):
        busy.cached(timedelta(0)).count()


def test_a_slice_in_an_order_asks_for_the_whole_question(fake: FakeTwilio, connection: Connection) -> None:
    """Its first are the first of all; a second one is answered from what was heard then."""
    with fake.expects_requests(1):
        first = [call.sid for call in Call.filter(status="busy").order_by("-start_time").cached(HOUR)[:3]]
    with fake.expects_requests(0):
        assert [call.sid for call in Call.filter(status="busy").order_by("-start_time").cached(HOUR)[:3]] == first
        assert len(list(Call.filter(status="busy").cached(HOUR)[:2])) == 2


def test_what_is_missing_is_said_in_words_that_may_be_logged(fake: FakeTwilio, connection: Connection) -> None:
    """Paths and names, never values; and days where only those are missing."""
    path = f"GET /2010-04-01/Accounts/{fake.account_sid}/Calls.json"
    assert Call.filter(to="+15550001234").freshness().missing == (f"{path} with To",)
    assert Call.all().freshness().missing == (path,)
    Call.filter(start_time__gte=date(2026, 6, 3), start_time__lt=date(2026, 6, 6)).sync()
    bounded = Call.filter(start_time__lt=date(2026, 6, 7)).freshness()
    assert bounded.missing == (
        f"{path} with StartTime<, start_time from ever to 2026-06-03 00:00:00",
        f"{path} with StartTime<, start_time from 2026-06-06 00:00:00 to 2026-06-07 00:00:00",
    )
    assert not bounded.whole and bounded.since == fake.clock and bounded.age == timedelta(0)
    open_end = Call.filter(start_time__gte=date(2026, 6, 5)).freshness()
    assert open_end.missing == (f"{path} with StartTime>, start_time from 2026-06-06 00:00:00 to now",)
    assert Call.filter(status="busy").freshness().age is None


def test_a_window_says_nothing_of_records_that_may_have_no_time(fake: FakeTwilio, connection: Connection) -> None:
    """What a question without days misses is the question itself."""
    Message.filter(date_sent__gte=date(2026, 1, 1)).sync()
    Message.filter(date_sent__lt=date(2026, 1, 1)).sync()
    fresh = Message.all().freshness()
    assert not fresh.whole and len(fresh.missing) == 1 and "from" not in fresh.missing[0]
    with fake.expects_requests(1):
        assert Message.cached(HOUR).count() == 100


def test_a_list_below_a_parent_that_takes_no_days_is_asked_for_whole(fake: FakeTwilio, connection: Connection) -> None:
    day = date(2026, 6, 3)
    Recording.filter(date_created__gte=day, date_created__lt=day + timedelta(days=1)).sync()
    call = next(iter(fake.recordings))["call_sid"]
    count = Recording.filter(call_sid=call).cached(HOUR).count()
    assert count == Recording.filter(call_sid=call).count() > 0


def test_a_record_that_was_listed_is_known_without_its_own_address(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(days=1))["sid"]
    Call.filter(status="in-progress").sync()
    fake.advance(timedelta(minutes=10))
    with fake.expects_requests(0):
        assert Call.cached(timedelta(minutes=11)).get(sid).status == "in-progress"
        known = Call.filter(sid=sid).cached(timedelta(minutes=11))
        assert len(list(known)) == 1 and known.as_of == fake.clock - timedelta(minutes=10)
    with fake.expects_requests(1):
        assert Call.cached(timedelta(minutes=9)).get(sid).status == "in-progress"


def test_an_answer_is_five_minutes_old_at_most_unless_said(fake: FakeTwilio, connection: Connection) -> None:
    Call.filter(status="busy").sync()
    fake.advance(timedelta(minutes=5))
    with fake.expects_requests(0):
        Call.filter(status="busy").cached().count()
    fake.advance(timedelta(seconds=1))
    with fake.expects_requests(1):
        Call.filter(status="busy").cached().count()


def test_related_records_are_asked_for_when_they_are_too_old(fake: FakeTwilio, connection: Connection) -> None:
    """A condition on a relation fetches what is too old of either side, and the answer is as old as the older side."""
    answered = Recording.filter(call__status="completed").cached(HOUR)
    live = sorted(one.sid for one in Recording.filter(call__status="completed"))
    with fake.expects_requests(0):  # the live query was stored
        assert sorted(one.sid for one in answered) == live != []
    fake.advance(HOUR / 2)
    Recording.all().sync()
    fake.advance(HOUR * 2 / 3)
    with fake.expects_requests(1):  # the calls; the recordings are recent enough
        assert sorted(one.sid for one in answered) == live
    assert answered.as_of is not None
    assert fake.clock - answered.as_of >= HOUR * 2 / 3
    with fake.expects_requests(0):
        assert answered.count() == len(live)


def test_related_records_that_changed_are_seen_after_max_age(fake: FakeTwilio, connection: Connection) -> None:
    answered = Recording.filter(call__status="busy").cached(HOUR)
    assert (answered.count(), answered.count()) == (0, 0)
    sid = next(iter(fake.recordings))["call_sid"]
    fake.calls.change(sid, status="busy")
    assert answered.count() == 0
    fake.advance(HOUR * 2)
    assert answered.count() == sum(row["call_sid"] == sid for row in fake.recordings) > 0
