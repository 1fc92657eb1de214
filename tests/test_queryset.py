"""Asking: lazy, one request where one does, live mirrored as it passes, offline as of what was heard."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from twilio_orm import (
    ApiError,
    BadValue,
    Call,
    Conference,
    Connection,
    Count,
    F,
    IncomingPhoneNumber,
    Max,
    Message,
    MirrorError,
    MirrorWarning,
    MultipleObjectsReturned,
    NotCovered,
    NotFound,
    Notification,
    NotLoaded,
    Q,
    QueryError,
    Recording,
    Report,
    UnknownField,
    UnknownLookup,
    UsageRecord,
    Verbatim,
)
from twilio_orm.testing import FakeTwilio

UTC = timezone.utc


@pytest.fixture(autouse=True)
def history(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=120, messages=80, numbers=8, conferences=9, recordings=6, days=30, seed=11, awkward=True)
    connection.transport._sleep = lambda seconds: None


def asked(fake: FakeTwilio) -> list[dict[str, str]]:
    return [dict(one.query) for one in fake.requests]


# ------------------------------------------------------------ laziness


def test_building_printing_and_comparing_ask_nothing(fake: FakeTwilio) -> None:
    with fake.expects_requests(0):
        question = Call.filter(status="completed").exclude(duration__lt=5).order_by("-start_time")[:5]
        repr(question), question == question.all(), hash(question), question.explain()  # noqa: B018
        assert question.all() == question and question != Call.all() and question != 3
        Call.filter(status="busy").values("sid"), Call.all().offline()  # noqa: B018
        for word in (len, bool):
            with pytest.raises(TypeError, match="count|exists"):
                word(question)


def test_a_question_is_never_changed_by_another(fake: FakeTwilio) -> None:
    base = Call.filter(status="completed")
    before = base.query
    base.filter(duration__gt=3), base.order_by("sid"), base[:2], base.offline()  # noqa: B018
    assert base.query == before and base.source.is_live


def test_pages_are_asked_as_the_reader_needs_them(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 10)
    reader = iter(Call.all())
    with fake.expects_requests(1):
        list(itertools.islice(reader, 10))
    with fake.expects_requests(1):
        next(reader)
    assert Call.offline(partial=True).count() == 20
    with pytest.raises(NotCovered):
        Call.offline().count()
    list(reader)
    assert Call.offline().count() == Call.all().count() == 120


# ------------------------------------------------------------ how many requests


@pytest.mark.parametrize(
    ("ask", "requests", "query"),
    [
        (lambda: Call.all().first(), 1, {"PageSize": "1"}),
        (lambda: list(Call.all()[:5]), 1, {"PageSize": "5"}),
        (lambda: Call.all()[3], 1, {"PageSize": "4"}),
        (lambda: list(Call.all()[2:2]), 0, None),
        (lambda: Call.filter(status="completed").exists(), 1, {"Status": "completed", "PageSize": "1"}),
        (lambda: Call.filter(status="completed").first(), 1, {"Status": "completed", "PageSize": "1"}),
        (lambda: Call.filter(status__in=[]).count(), 0, None),
        (lambda: Call.filter(status__in=["busy", "failed"]).count(), 2, {"Status": "failed", "PageSize": "1000"}),
        (lambda: Call.filter(from___in=[f"+1555{n:07}" for n in range(21)]).count(), 1, {"PageSize": "1000"}),
        (lambda: Call.filter(from__in=[f"+1555{n:07}" for n in range(20)]).count(), 20, None),
        (lambda: Call.filter(**{"from": "+15550000001"}).count(), 1, {"From": "+15550000001", "PageSize": "1000"}),
        (lambda: Conference.all().count(), 3, None),
        (lambda: Conference.filter(status="completed").count(), 1, None),
        (
            lambda: Conference.filter(status__in=["completed", "init"]).count(),
            2,
            {"Status": "completed", "PageSize": "1000"},
        ),
        (lambda: Call.filter(sid="CA" + "0" * 32).count(), 1, {}),
        (lambda: Call.filter(sid__in=["CA" + "0" * 32, "CA" + "1" * 32]).count(), 2, {}),
        (lambda: Call.filter(status="").count(), 1, {"PageSize": "1000"}),
        (lambda: UsageRecord.today.count(), 1, {"IncludeSubaccounts": "true", "PageSize": "100"}),
    ],
)
def test_a_question_makes_as_few_requests_as_it_can(
    fake: FakeTwilio, ask: Callable[[], Any], requests: int, query: dict[str, str] | None
) -> None:
    with fake.expects_requests(requests):
        ask()
    if query is not None:
        assert asked(fake)[-1] == query
    assert fake.violations == []


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ({"start_time__gte": datetime(2026, 5, 1, 9, 30)}, {"StartTime>": "2026-05-01"}),
        ({"start_time__gt": datetime(2026, 5, 1, 23, 59, 59)}, {"StartTime>": "2026-05-01"}),
        ({"start_time__lt": datetime(2026, 5, 1, 9, 30)}, {"StartTime<": "2026-05-02"}),
        ({"start_time__lt": datetime(2026, 5, 1)}, {"StartTime<": "2026-05-01"}),
        ({"start_time__lte": datetime(2026, 5, 1)}, {"StartTime<": "2026-05-02"}),
        ({"start_time__lte": date(2026, 5, 1)}, {"StartTime<": "2026-05-02"}),
        ({"start_time__gt": date(2026, 5, 1)}, {"StartTime>": "2026-05-02"}),
        ({"start_time": date(2026, 5, 1)}, {"StartTime": "2026-05-01"}),
        ({"start_time__date": "2026-05-01"}, {"StartTime": "2026-05-01"}),
        ({"start_time": datetime(2026, 5, 1, 12)}, {"StartTime": "2026-05-01"}),
        ({"start_time": "2026-05-01T23:30:00-02:00"}, {"StartTime": "2026-05-02"}),
        (
            {"start_time__range": (date(2026, 5, 1), date(2026, 5, 3))},
            {"StartTime>": "2026-05-01", "StartTime<": "2026-05-04"},
        ),
        (
            {"start_time__gte": date(2026, 5, 1), "end_time__lt": date(2026, 5, 9)},
            {"StartTime>": "2026-05-01", "EndTime<": "2026-05-09"},
        ),
        (
            {"start_time__in": [date(2026, 5, 1), date(2026, 5, 3)]},
            {"StartTime>": "2026-05-01", "StartTime<": "2026-05-04"},
        ),
        ({"start_time__isnull": True}, {}),
        ({"date_created__gte": date(2026, 5, 1)}, {}),
        ({"duration__gt": 5, "direction": "inbound"}, {}),
    ],
)
def test_times_are_pushed_as_days_that_hold_them(fake: FakeTwilio, words: dict[str, Any], query: dict[str, str]) -> None:
    Call.filter(**words).count()
    assert asked(fake)[-1] == {**query, "PageSize": "1000"}


def test_explain_shows_requests_and_residual_filters() -> None:
    text = Call.filter(status="busy", duration__gt=60).order_by("-duration").explain()
    assert (
        "Status=busy" in text and "filter   duration is above 60" in text and "order    duration descending, sorted here" in text
    )
    assert "whole list is fetched" in Message.filter(status="failed").explain()
    assert Conference.all().explain().count("request  GET ") == 3


# ------------------------------------------------------------ get


def test_an_error_shows_sids_and_no_other_values(connection: Connection) -> None:
    sid = "CA" + "0" * 32
    for lookups, shown in (
        ({"sid": sid}, f"no Call matches sid={sid}"),
        ({"sid": sid, "to": "+14155550100"}, f"no Call matches sid={sid}, to"),
        ({"to": "+14155550100", "duration": 7}, "no Call matches duration, to"),
    ):
        with pytest.raises(Call.DoesNotExist, match=f"^{shown}(:|$)"):
            Call.offline(partial=True).get(**lookups)


def test_get_tells_none_from_several(fake: FakeTwilio) -> None:
    sid = next(iter(fake.calls))["sid"]
    assert Call.get(sid).sid == Call.get(sid=sid).sid == Call.filter(sid=sid).get().sid == sid
    with pytest.raises(MultipleObjectsReturned), fake.expects_requests(1):
        Call.get(status="completed")
    with pytest.raises(Call.DoesNotExist) as absent:
        Call.get("CA" + "0" * 32)
    assert isinstance(absent.value, NotFound) and absent.value.code == 20404
    with pytest.raises(Call.DoesNotExist) as none:
        Call.get(status="completed", caller_name="nobody at all")
    assert not isinstance(none.value, NotFound)
    assert Call.get_or_none(status="completed", caller_name="nobody at all") is None
    with pytest.raises(Message.DoesNotExist):
        Message.get("SM" + "0" * 32)
    with pytest.raises(IndexError):
        Call.filter(caller_name="nobody at all")[0]


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: Call.filter(statuss="busy"), UnknownField, "did you mean 'status'"),
        (lambda: Call.filter(start_time__after="2026-01-01"), UnknownLookup, "Lookups:"),
        (lambda: Call.filter(status__exactly="x"), UnknownLookup, "did you mean 'exact'"),
        (lambda: Call.all().order_by("-nothing"), UnknownField, "nothing"),
        (lambda: Call.all().values("sidd"), UnknownField, "did you mean 'sid'"),
        (lambda: Call.filter(start_time__gte="soon"), BadValue, "ISO text"),
        (lambda: Call.filter(start_time__gte=5), BadValue, "a datetime"),
        (lambda: Call.filter(duration__gt="long"), BadValue, "a whole number"),
        (lambda: Call.filter(duration=True), BadValue, "a whole number"),
        (lambda: Call.filter(price__lt=0.1), BadValue, "not exact"),
        (lambda: Call.filter(price=None), BadValue, "isnull"),
        (lambda: Call.filter(price__isnull="yes"), BadValue, "True or False"),
        (lambda: Call.filter(status__in="busy"), BadValue, "list"),
        (lambda: Call.filter(status__in=["busy", None]), BadValue, "isnull"),
        (lambda: Call.filter(start_time__range=(date(2026, 2, 1), date(2026, 1, 1))), BadValue, "reversed"),
        (lambda: Call.filter(start_time__range=[date(2026, 2, 1)]), BadValue, "two ends"),
        (lambda: Call.filter(sid="CA123"), BadValue, "CA and 32"),
        (lambda: Call.filter(sid="SM" + "0" * 32), BadValue, "CA and 32"),
        (lambda: Call.get("nonsense"), BadValue, "CA and 32"),
        (lambda: Call.filter(status__date="2026-01-01"), UnknownLookup, "no days"),
        (lambda: Call.filter(status__contains=5), BadValue, "text"),
        (lambda: Call.all()[-1], QueryError, "front"),
        (lambda: Call.all()[:-1], QueryError, "front"),
        (lambda: Call.all()[::2], QueryError, "step"),
        (lambda: Call.all()[:5].filter(status="busy"), QueryError, "filter first"),
        (lambda: Call.all()[:5].order_by("sid"), QueryError, "order first"),
        (lambda: Call.all()[:5].sync(), QueryError, "slic"),
        (lambda: Call.exclude(), QueryError, "at least one"),
        (lambda: Call.all().values_list("sid", "to", flat=True), QueryError, "one field"),
        (lambda: Recording.all().exclude(include_soft_deleted=True), QueryError, "filter"),
        (lambda: Call.sync(since=timedelta(days=-1)), BadValue, "positive"),
        (lambda: IncomingPhoneNumber.filter(auth_token="x"), UnknownField, "auth_token"),
    ],
)
def test_a_bad_question_is_refused_before_it_is_asked(
    fake: FakeTwilio, ask: Callable[[], Any], error: type[Exception], says: str
) -> None:
    with fake.expects_requests(0), pytest.raises(error, match=says):
        ask()


# ------------------------------------------------------------ offline


def test_having_heard_a_month_it_answers_a_day_of_it(fake: FakeTwilio) -> None:
    day = fake.clock.date() - timedelta(days=10)
    first, last = day - timedelta(days=5), day + timedelta(days=5)
    Call.sync(since=first, until=last)
    with fake.expects_requests(0):
        answer = Call.filter(start_time=day, status="completed").offline()
        found = {call.sid for call in answer}
        assert answer.as_of is not None and answer.as_of.tzinfo is UTC
        for wider in ({"start_time__gte": day}, {"start_time__lte": day}, {"status": "busy"}, {}):
            with pytest.raises(NotCovered, match="sync"):
                Call.filter(**wider).offline().count()
            assert Call.filter(**wider).offline(partial=True).count() >= 0
    assert found == {call.sid for call in Call.filter(start_time=day, status="completed")} != set()


def test_an_open_end_is_met_by_a_sweep_that_had_none(fake: FakeTwilio) -> None:
    day = fake.clock.date() - timedelta(days=10)
    Call.sync(since=day)
    with fake.expects_requests(0):
        assert Call.filter(start_time__gte=day, status="busy").offline().count() >= 0
        with pytest.raises(NotCovered):
            Call.filter(start_time__gte=day - timedelta(days=1)).offline().count()


def test_parts_heard_one_by_one_answer_together(fake: FakeTwilio) -> None:
    for status in ("busy", "failed"):
        list(Call.filter(status=status))
    with fake.expects_requests(0):
        assert Call.filter(status__in=["busy", "failed"]).offline().count() >= 1
        with pytest.raises(NotCovered):
            Call.filter(status__in=["busy", "failed", "completed"]).offline().count()


def test_an_answer_is_as_of_the_oldest_sweep_it_rests_on(fake: FakeTwilio, connection: Connection) -> None:
    Call.all().exists()  # from here on Twilio's clock is known
    before = connection.now()
    list(Call.filter(status="busy"))
    between = connection.now()
    list(Call.filter(status="failed"))
    answer = Call.filter(status__in=["busy", "failed"]).offline()
    assert answer.as_of is None
    answer.count()
    assert answer.as_of is not None and before <= answer.as_of <= between


def test_a_broken_off_pass_claims_nothing(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 50)
    fake.fail_next("500", times=10, match=lambda request: "PageToken" in request.target)  # five, and five for half a page
    with pytest.raises(ApiError):
        list(Call.all())
    with pytest.raises(NotCovered):
        Call.offline().count()
    assert Call.offline(partial=True).count() == 50
    Call.sync(workers=1)
    assert Call.offline().count() == 120


def test_sync_reports_and_tells_its_progress(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 50)
    told: list[Report] = []
    report = Call.sync(progress=told.append, workers=1)
    assert (report.new, report.changed, report.unchanged, report.requests, report.whole) == (120, 0, 0, 3, True)
    seen = [one.seen for one in told]  # pages that wait for the disk together are stored together, and told one by one
    assert len(seen) == 4 and seen == sorted(seen) and {*seen} <= {50, 100, 120} and seen[-1] == 120 and report.seconds > 0
    sid = next(iter(fake.calls))["sid"]
    fake.calls.change(sid, price="-9.99")
    fake.tick(0.001)
    again = Call.sync(full=True, workers=1)
    assert (again.new, again.changed, again.unchanged) == (0, 1, 119)
    assert "no time filter" in IncomingPhoneNumber.sync(since=timedelta(days=1)).note


def test_a_failing_disk_lets_the_reader_read_on(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 50)
    absorb, pages = connection.mirror.absorb, itertools.count()

    def full(*words: Any, **more: Any) -> Any:
        if next(pages) >= 1:
            raise MirrorError("disk full")
        return absorb(*words, **more)

    monkeypatch.setattr(connection.mirror, "absorb", full)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert len(list(Call.all())) == 120
    assert [one.category for one in said] == [MirrorWarning]
    with pytest.raises(NotCovered):
        Call.offline().count()
    with pytest.raises(MirrorError):
        Call.sync()


def test_links_to_elsewhere_and_to_themselves_end_with_an_error(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 50)
    for kind in ("hostile_next_page", "self_next_page"):
        fake.fail_next(kind)
        with pytest.raises(ApiError, match="link"):
            list(Call.all())
    with pytest.raises(NotCovered):
        Call.offline().count()


# ------------------------------------------------------------ diff


def test_diff_shows_what_changed_and_writes_nothing(fake: FakeTwilio, connection: Connection) -> None:
    IncomingPhoneNumber.sync()
    assert not IncomingPhoneNumber.all().diff() and "no difference" in str(IncomingPhoneNumber.all().diff())
    numbers = list(IncomingPhoneNumber.offline().order_by("sid"))
    fake.numbers.change(numbers[0].sid, voice_url="https://other.example/")
    fake.numbers.remove(numbers[1].sid)
    added = fake.numbers.add(phone_number="+15005550123")["sid"]
    before = connection.mirror.revision()
    diff = IncomingPhoneNumber.all().diff()
    assert [(change.key, change.field, change.after) for change in diff.changed] == [
        ((numbers[0].sid,), "voice_url", "https://other.example/")
    ]
    assert diff.added == ((added,),) and diff.missing == ((numbers[1].sid,),) and diff
    assert connection.mirror.revision() == before and [one.kind for one in diff] == ["+", "-", "~"]


def test_values_are_dicts_and_tuples(fake: FakeTwilio) -> None:
    Call.sync()
    rows = list(Call.offline().order_by("sid").values("sid", "from", "duration"))
    assert list(rows[0]) == ["sid", "from_", "duration"] and len(rows) == 120
    flat = Call.offline().order_by("sid").values_list("sid", flat=True)
    assert list(flat) == [row["sid"] for row in rows] and list(flat[:2]) == [row["sid"] for row in rows[:2]]
    assert flat.first() == rows[0]["sid"] and Call.filter(status=Verbatim("none such")).values_list("sid").first() is None
    assert len(next(iter(Call.all().values()))) == 26


def test_pages_are_lists_of_the_size_that_twilio_is_asked_for(fake: FakeTwilio) -> None:
    for _ in range(7):
        fake.calls.add(to="+15005550001")
    calls = Call.filter(to="+15005550001")
    before = len(fake.requests)
    pages = calls.pages(page_size=3)
    with fake.expects_requests(1):
        assert len(next(pages)) == 3
    assert [len(page) for page in pages] == [3, 1] and len(fake.requests) - before == 3
    assert dict(fake.requests[before].query)["PageSize"] == "3"
    assert [len(page) for page in calls.pages()] == [7] and [len(page) for page in calls.offline().pages(4)] == [4, 3]
    for size in (0, 1001, True, "3", -1):
        with fake.expects_requests(0), pytest.raises(QueryError, match="page_size"):
            calls.pages(size)  # type: ignore[arg-type]


# ---------------------------------------------------------------- fields that lists do not show


UNLISTED: list[tuple[str, Callable[[Any], Any]]] = [
    ("filter", lambda asked: asked.filter(request_variables="CallStatus=in-progress")),
    ("lookup", lambda asked: asked.filter(response_body__contains="Error")),
    ("isnull", lambda asked: asked.filter(response_headers__isnull=True)),
    ("exclude", lambda asked: asked.exclude(request_variables="x")),
    ("Q", lambda asked: asked.filter(Q(log=0) | ~Q(request_variables="x"))),
    ("F", lambda asked: asked.filter(message_text=F("response_body"))),
    ("order", lambda asked: asked.order_by("-request_variables")),
    ("values", lambda asked: asked.values("request_variables")),
    ("values_list", lambda asked: asked.values_list("sid", "response_body")),
    ("groups", lambda asked: asked.values("response_body").annotate(n=Count())),
    ("aggregate", lambda asked: asked.aggregate(n=Count("request_variables"))),
    ("annotate", lambda asked: asked.values("log").annotate(n=Max("response_body"))),
    ("related", lambda asked: asked.filter(call__notifications__request_variables="x")),
    ("diff", lambda asked: asked.diff(fields=["request_variables"])),
    ("changes", lambda _: Notification.changes(fields=["response_body"])),
]


@pytest.mark.parametrize("mode", ["live", "offline", "cached"])
@pytest.mark.parametrize("ask", [one[1] for one in UNLISTED], ids=[one[0] for one in UNLISTED])
def test_no_query_is_about_what_lists_do_not_show(
    fake: FakeTwilio, connection: Connection, ask: Callable[[Any], Any], mode: str
) -> None:
    """A record that was read by itself has it, in the mirror too; others have not: there would be two answers."""
    call = fake.calls.add(status="completed")["sid"]
    one = fake.notifications.add(call_sid=call, request_variables="CallStatus=in-progress")["sid"]
    fake.notifications.add(call_sid=call)
    Notification.sync()
    assert Notification.get(one).request_variables == Notification.offline().get(one).request_variables
    asked = Notification.all() if mode == "live" else getattr(Notification.all(), mode)()
    with fake.expects_requests(0), pytest.raises(QueryError, match="list does not show it"):
        ask(asked)


def test_what_lists_do_not_show_is_read_of_single_records(fake: FakeTwilio, connection: Connection) -> None:
    """Everything that is about the others goes on: values of all fields, diffs, and the records."""
    sids = [fake.notifications.add(request_variables="a=1")["sid"] for _ in range(2)]
    Notification.sync()
    assert Notification.get(sids[0]).request_variables == "a=1"
    for asked in (Notification.all(), Notification.offline(), Notification.cached()):
        assert {row["sid"] for row in asked.values()} == set(sids) and "request_variables" not in next(iter(asked.values()))
    Notification.sync(full=True)
    assert Notification.offline().get(sids[0]).request_variables == "a=1"
    with pytest.raises(NotLoaded, match="request_variables"):
        Notification.offline().get(sids[1]).request_variables  # noqa: B018
    assert not Notification.all().diff()
    call = fake.calls.add(status="completed")
    fake.recordings.add(call_sid=call["sid"], status="completed", track="inbound")
    assert [one.track for one in Call.get(call["sid"]).recordings] == ["inbound"]
    with pytest.raises(QueryError, match="track"):
        Recording.filter(track="inbound")
