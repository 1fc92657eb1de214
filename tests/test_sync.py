"""Incremental sync, told as stories: what is asked, what is found, and what becomes of records that lists do not show."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import (
    Account,
    ApiError,
    BadValue,
    Call,
    CallEvent,
    Conference,
    Connection,
    IncomingPhoneNumber,
    Message,
    NotCovered,
    OutsideRetention,
    Participant,
    Q,
    QueryError,
    Recording,
    Report,
    UsageRecord,
    budget,
)
from twilio_orm.http.messages import Request, Response
from twilio_orm.mirror.coverage import absence
from twilio_orm.mirror.coverage.absence import key_numbers
from twilio_orm.mirror.coverage.checkpoints import Checkpoint
from twilio_orm.mirror.coverage.page_cache import PageCache
from twilio_orm.mirror.store import Mirror
from twilio_orm.query.ast import Condition, Not, Or, Query
from twilio_orm.query.constraints import Constraints
from twilio_orm.query.planner import plan
from twilio_orm.schema.times import instant_text
from twilio_orm.sync import listing, worker_pool
from twilio_orm.sync.absence import complete_listing, not_found
from twilio_orm.sync.incremental import IncrementalSync
from twilio_orm.sync.report import SyncOptions
from twilio_orm.sync.scan import Scan
from twilio_orm.sync.storing import scope
from twilio_orm.testing import FakeTwilio


@pytest.fixture
def connection(fake: FakeTwilio) -> Iterator[Connection]:
    made = reach(fake)
    with made:
        yield made


def reach(fake: FakeTwilio, mirror: str | Path = ":memory:", **options: Any) -> Connection:
    made = twilio_orm.connect(
        fake.account_sid, fake.auth_token, mirror=mirror, **{"clock": lambda: fake.clock, "transport": fake.send, **options}
    )
    made.transport._sleep = lambda seconds: None
    return made


def asked(fake: FakeTwilio, first: int = 0) -> list[dict[str, str]]:
    """The parameters of the lists that were asked for, but those of paging."""
    queries = [dict(one.query) for one in fake.requests[first:] if "." in one.path.rpartition("/")[2][:20]]
    return [{name: value for name, value in query.items() if not name.startswith("Page")} for query in queries]


# ------------------------------------------------------------ what is new, and what may still change


def test_a_second_sync_asks_for_what_is_new_and_for_what_was_not_final(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=300, days=30, seed=2)
    unfinished = fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(days=3), price=None)["sid"]
    assert Call.sync().new == 301
    fake.advance(timedelta(days=1))
    fake.calls.change(unfinished, status="completed", price="-0.01")
    fresh = fake.calls.add(status="completed", start_time=fake.clock, price="-0.02")["sid"]
    plan = Call.sync_plan()
    first = len(fake.requests)
    report = Call.sync()
    assert (report.new, report.gone, report.whole) == (1, 0, True) and report.requests <= plan.requests
    assert "StartTime>" in asked(fake, first)[1] and {} in asked(fake, first)
    held = {call.sid: call for call in Call.offline()}
    assert held[unfinished].status == "completed" and str(held[unfinished].price) == "-0.01" and fresh in held


def test_what_never_becomes_final_is_left_alone_after_a_while_and_counted(fake: FakeTwilio, connection: Connection) -> None:
    fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(days=40))
    fake.calls.add(status="completed", start_time=fake.clock - timedelta(days=40), price=None)
    Call.sync()
    fake.advance(timedelta(days=2))
    report = Call.sync()
    assert report.expired == 2
    assert Call.sync(mutable_for=timedelta(days=60)).expired == 0


def test_unsettled_records_are_read_one_by_one_or_by_day_whichever_is_less(fake: FakeTwilio, connection: Connection) -> None:
    day = fake.clock - timedelta(days=2)
    for minute in range(5):
        fake.calls.add(status="in-progress", start_time=day + timedelta(minutes=minute))
    lonely = fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(days=9))["sid"]
    for minute in range(60):
        fake.calls.add(status="completed", start_time=fake.clock - timedelta(days=9, minutes=minute), price="-0.01")
    Call.sync()
    fake.advance(timedelta(hours=30))
    plan = Call.sync_plan()
    whys = [why for why, _ in plan.lists]
    assert whys.count("again") == 2 or (whys.count("again") == 1 and plan.sids == (lonely,))
    assert "about" in str(plan) and "GET" in str(plan)


def test_a_call_that_waits_has_no_time_and_is_found_all_the_same(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=20, days=3, seed=1)
    Call.sync()
    fake.advance(timedelta(hours=5))
    fake.numbers.add(phone_number="+14155550101")
    Call.create(to="+14155550100", from_="+14155550101", url="https://example.com")  # known from its reply
    fake.calls.add(status="queued", start_time=None, date_created=fake.clock)  # made by somebody else
    assert Call.sync().new == 1
    assert Call.offline().filter(status="queued").count() == 2


def test_a_bounded_sync_claims_its_window_and_no_more(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=200, days=30, seed=3)
    Call.sync(since=date(2026, 6, 1), until=date(2026, 6, 8))
    week = Call.filter(start_time__gte=date(2026, 6, 1), start_time__lt=date(2026, 6, 8))
    assert week.offline().count() == week.count() > 0
    with pytest.raises(NotCovered):
        Call.offline().count()
    Call.sync(since=date(2026, 6, 8), until=date(2026, 6, 12))
    both = Call.filter(start_time__gte=date(2026, 6, 3), start_time__lt=date(2026, 6, 10))
    assert both.offline().count() == both.count() > 0  # two windows that touch answer together


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"workers": 0}, "workers"), ({"workers": True}, "workers"), ({"workers": 99}, "1 to 32"),
        ({"settle_for": 15}, "timedelta"), ({"settle_for": timedelta(-1)}, "positive"),
        ({"since": "2026-06-05", "until": "2026-06-01"}, "before"), ({"since": timedelta(-1)}, "positive"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused_before_anything_is_sent(
    fake: FakeTwilio, connection: Connection, options: dict[str, Any], words: str
) -> None:
    with fake.expects_requests(0), pytest.raises(BadValue, match=words):
        Call.sync(**options)


def test_a_plan_is_for_what_has_a_time(fake: FakeTwilio, connection: Connection) -> None:
    with pytest.raises(QueryError, match="no time filter"):
        IncomingPhoneNumber.sync_plan()
    assert "no time filter" in IncomingPhoneNumber.sync().note


# ------------------------------------------------------------ broken off


class Breaking:
    """A transport that breaks off after some requests, as a process does that is stopped."""

    def __init__(self, fake: FakeTwilio, after: int, size: int) -> None:
        self.fake, self.left, self.size = fake, after, size

    def __call__(self, request: Request) -> Response:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return self.fake.send(request)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_sync_goes_on_at_the_page_where_it_broke_off(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    fake.populate(calls=400, days=40, seed=5)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    with reach(fake, tmp_path / "m.db", transport=Breaking(fake, 12, 20)), pytest.raises(KeyboardInterrupt):
        Call.sync(workers=workers)
    before = len(fake.requests)
    with reach(fake, tmp_path / "m.db"):
        stored = Call.offline(partial=True).count()
        report = Call.sync(workers=workers)
        assert report.whole and stored >= 60 and report.new == 400 - stored
        assert Call.offline().count() == 400
    if workers == 1:  # the rest of the list, from the page it stood at; then what came since
        first = [dict(one.query) for one in fake.requests[before:]][: 20 - 12]
        assert stored == 240 and all("PageToken" in query for query in first)
        assert "PageToken" not in dict(fake.requests[before + 8].query)


@pytest.mark.parametrize(("killed", "pages"), [(False, 12), (True, 8)])
def test_a_sync_of_unchanged_pages_goes_on_where_it_broke_off_or_some_pages_earlier(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool, pages: int
) -> None:
    """Their checkpoints are stored together: when the sync breaks off, or after eight pages, all that a killed process leaves."""
    dense_days(fake, 20, 20)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    with reach(fake, tmp_path / "m.db"):
        assert Call.sync(workers=1).new == 400
    fake.advance(timedelta(days=1))
    with monkeypatch.context() as patched, reach(fake, tmp_path / "m.db", transport=Breaking(fake, 12, 20)):
        if killed:
            patched.setattr(IncrementalSync, "_store_pending", lambda self: None)
        with pytest.raises(KeyboardInterrupt):
            Call.sync(workers=1, full=True)
    before = len(fake.requests)
    with reach(fake, tmp_path / "m.db") as connection:
        assert [one.pages for one in connection.mirror.checkpoints(fake.account_sid, Call.api_schema)] == [pages]
        report = Call.sync(workers=1, full=True)
        assert report.whole and report.new == report.changed == 0 and Call.offline().count() == 400
        assert connection.mirror.checkpoints(fake.account_sid, Call.api_schema) == []
    assert ["PageToken" in dict(one.query) for one in fake.requests[before:]][: 21 - pages] == [*[True] * (20 - pages), False]


def test_a_sync_of_unchanged_pages_has_a_transaction_for_eight_of_them(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    dense_days(fake, 20, 20)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    monkeypatch.setattr(worker_pool, "MOST", 1)  # pages that wait together would be stored together
    assert Call.sync(workers=1).new == 400
    fake.advance(timedelta(days=1))
    stored: list[int] = []
    absorb = Mirror.absorb

    def counted(self: Mirror, *given: Any, **options: Any) -> Any:
        stored.append(sum(one.moved for _, one in options["checkpoints"]))
        return absorb(self, *given, **options)

    monkeypatch.setattr(Mirror, "absorb", counted)
    assert Call.sync(workers=1, full=True).unchanged == 400
    assert stored == [8, 8], "the last pages end the list"
    [call, *_] = list(Call.offline(partial=True).order_by("start_time"))[-1:]
    fake.advance(timedelta(days=1))
    fake.calls.change(str(call.sid), price="-0.5")
    stored.clear()
    assert Call.sync(workers=1, full=True).changed == 1
    assert stored == [1, 8, 8], "a page that has something to store takes its checkpoint along"


@pytest.mark.parametrize("most", [20_000, 1], ids=["by the other rows' numbers", "by all rows"])
@pytest.mark.parametrize("places", [(0,), (402,), (200,), (0, 60, 61, 200, 402)], ids=str)
def test_a_record_that_recognised_pages_lack_is_found_wherever_its_row_lies(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch, places: tuple[int, ...], most: int
) -> None:
    """Before the rows of all pages, behind them, and between them."""
    dense_days(fake, 20, 20)
    monkeypatch.setattr(Call.api_schema, "page_size", 100)
    monkeypatch.setattr(absence, "BETWEEN", most)
    assert Call.sync(workers=1).new == 400
    fake.advance(timedelta(days=1))
    for number in range(3):
        fake.calls.add(status="completed", price="-0.01", start_time=fake.clock - timedelta(minutes=number))
    assert Call.sync(workers=1).new == 3
    sids = [sid for (sid,) in connection.sql("SELECT sid FROM call ORDER BY rowid")]
    removed = {sids[at] for at in places}
    for sid in removed:
        fake.calls.remove(sid)
    fake.advance(timedelta(days=2))
    report = Call.sync(workers=1, full=True)
    assert {row[0] for row in connection.sql("SELECT c.sid FROM mirror_missed m JOIN call c ON c.rowid = m.record")} == removed
    assert report.unchanged == 403 - len(places)
    fake.advance(timedelta(days=2))
    assert Call.sync(workers=1, full=True).deleted == len(places)


def test_only_a_list_that_is_judged_keeps_the_numbers_of_all_its_records(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a first sync they would be most of its memory."""
    dense_days(fake, 20, 20)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    monkeypatch.setattr(listing, "MOST", 50)
    kept: list[int] = []
    steps = listing.ListReading.steps

    def counted(self: Any) -> Any:
        yield from steps(self)
        kept.append(len(self.trail.shown))

    monkeypatch.setattr(listing.ListReading, "steps", counted)
    assert Call.sync(workers=1).new == 400 and max(kept) <= 50 + 20
    kept.clear()
    fake.advance(timedelta(days=1))
    assert Call.sync(workers=1, full=True).unchanged == 400 and kept == [400]


def test_too_many_requests_do_not_end_a_sync_that_has_begun(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.populate(calls=200, days=30, seed=5)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    with reach(fake):
        fake.fail_next("429", times=17, match=lambda request: "PageToken" in request.target)
        assert Call.sync(workers=4).new == 200
        fake.fail_next("429", times=5)
        with pytest.raises(twilio_orm.TooManyRequests):  # who is refused from the start is told
            Call.sync()


def test_a_budget_holds_for_all_workers(fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.populate(calls=400, days=40, seed=5)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    with pytest.raises(twilio_orm.BudgetExceeded), budget(requests=9):
        Call.sync(workers=4)
    assert len(fake.requests) == 9
    assert Call.sync().whole and Call.offline().count() == 400


@pytest.mark.parametrize("workers", [2, 8])
def test_many_workers_make_the_mirror_that_one_makes(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    fake.populate(calls=600, days=40, conferences=30, seed=6)
    monkeypatch.setattr(Call.api_schema, "page_size", 10)
    rows = []
    for number in (1, workers):
        with reach(fake):
            told: list[Report] = []
            report = Call.sync(workers=number, progress=told.append)
            assert report.new == 600 and report.done == 1.0
            assert all(one.done is None or 0 <= one.done <= 1 for one in told)
            Conference.sync(workers=number)
            rows.append([(row.to_api()) for model in (Call, Conference) for row in model.offline().order_by("sid")])
    assert rows[0] == rows[1]


# ------------------------------------------------------------ lists that lie


def test_a_server_error_halves_the_page_once(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=30, messages=30, days=30, seed=1)
    fake.settings.usage_page_limit = 60
    assert UsageRecord.daily.between("2026-06-01", "2026-06-14").sync().whole
    fake.settings.usage_page_limit = 10
    with pytest.raises(ApiError):
        UsageRecord.daily.between("2026-06-01", "2026-06-14").sync()


def test_a_window_beyond_retention_is_asked_for_as_far_as_it_is_kept(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(messages=60, days=60, seed=1)
    fake.settings.message_days = 30
    report = Message.sync(since=timedelta(days=50))
    assert report.whole and report.new == Message.all().count() < 60
    with pytest.raises(OutsideRetention):
        Message.filter(date_sent__gte=fake.clock - timedelta(days=50)).count()


def test_aged_out_records_stay_and_deleted_ones_go(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(messages=120, days=60, seed=1)
    Message.sync()
    fake.settings.message_days = 30
    victim = next(row["sid"] for row in fake.messages if row["date_sent"] and "Jun 2026" in row["date_sent"])
    fake.messages.remove(victim)
    gone = []
    for _ in range(2):
        fake.advance(timedelta(days=1, hours=1))
        gone.append(Message.sync(full=True).gone)
    assert gone == [0, 1]
    assert Message.offline().count() == 119 and Message.offline().with_gone().count() == 120
    assert Message.all().count() < 119  # the others are the mirror's alone by now


# ------------------------------------------------------------ gone


def test_one_list_is_a_doubt_and_two_are_a_tombstone(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(numbers=5, days=10, seed=1)
    fake.advance(timedelta(days=1))
    IncomingPhoneNumber.sync()
    victim = next(iter(fake.numbers))["sid"]
    fake.numbers.remove(victim)
    assert IncomingPhoneNumber.sync().gone == 0
    assert IncomingPhoneNumber.offline().count() == 4, "the answer is that list's, which did not show it"
    assert IncomingPhoneNumber.offline(partial=True).with_gone().get(victim).mirror_gone is None
    fake.tick(1)
    assert IncomingPhoneNumber.sync().gone == 1
    assert IncomingPhoneNumber.offline().with_gone().get(victim).mirror_gone is not None


def test_a_record_that_is_listed_again_is_there_again(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(numbers=3, days=10, seed=1)
    fake.advance(timedelta(days=1))
    IncomingPhoneNumber.sync()
    number = dict(next(iter(fake.numbers)))
    for rounds in (1, 2):
        fake.numbers.remove(number["sid"])
        for _ in range(rounds):
            fake.tick(1)
            IncomingPhoneNumber.sync()
        assert IncomingPhoneNumber.offline().count() == 2
        fake.numbers.add(**{name: number[name] for name in ("sid", "phone_number", "date_created")})
        IncomingPhoneNumber.sync()
        assert IncomingPhoneNumber.offline().count() == 3


def test_what_changed_its_list_is_not_taken_for_gone(fake: FakeTwilio, connection: Connection) -> None:
    """A conference that ended has left the list of those in progress; the question about those no longer has it."""
    sid = fake.conferences.add(status="in-progress", date_created=fake.clock - timedelta(days=3))["sid"]
    busy = Conference.filter(status="in-progress")
    busy.sync()
    fake.conferences.change(sid, status="completed")
    busy.sync()
    busy.sync()
    assert busy.offline().count() == 0
    assert Conference.offline(partial=True).get(sid).status == "in-progress"  # what was last heard of it, and it is not gone
    Conference.sync()
    assert Conference.offline().get(sid).status == "completed"


def test_what_may_still_change_and_is_no_longer_listed_is_asked_for(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(days=2))["sid"]
    fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(days=2, minutes=1))
    Call.sync()
    fake.calls.remove(sid)
    fake.advance(timedelta(days=1))
    assert Call.sync().gone == 1
    assert Call.offline().count() == 1


def test_with_gone_is_the_mirrors_word(fake: FakeTwilio, connection: Connection) -> None:
    with pytest.raises(QueryError, match="offline"):
        Call.all().with_gone()


# ------------------------------------------------------------ accounts


def test_all_accounts_are_synced_but_those_that_do_not_work(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=60, days=10, subaccounts=2, seed=3)
    children = [row["sid"] for row in fake.accounts if row["sid"] != fake.account_sid]
    fake.accounts.change(children[0], status="suspended")
    report = Call.sync(all_accounts=True)
    assert report.whole and report.skipped == (f"{children[0]}: suspended",)
    held = connection.sql("SELECT account_sid, count(*) FROM call GROUP BY 1")
    assert dict(held) == {sid: fake.totals[sid]["calls"].count for sid in (fake.account_sid, children[1])}
    assert Account.sync(all_accounts=True).seen == 3


def test_usage_of_all_accounts_counts_nothing_twice(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=60, messages=60, days=10, subaccounts=2, seed=3)
    UsageRecord.sync(all_accounts=True)
    rows = connection.sql("SELECT include_subaccounts, count(DISTINCT account_sid) FROM usage_record GROUP BY 1")
    assert rows == [(0, 3)]


# ------------------------------------------------------------ soft-deleted recordings


def test_a_recording_that_was_deleted_softly_goes(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(recordings=6, days=10, seed=3)
    sid = next(row["sid"] for row in fake.recordings if row["status"] == "completed")
    Recording.sync()
    count = Recording.offline().count()
    fake.recordings.change(sid, status="deleted")
    for _ in range(2):
        fake.advance(timedelta(days=1, hours=1))
        Recording.sync(full=True)
    assert Recording.offline().count() == count - 1


# ------------------------------------------------------------ what a list's end says


def ended(connection: Connection, question: Any) -> Any:
    """A list of a question that came to its end, as it is judged."""
    [ask] = plan(question.model.complete_query(question.query), connection.account_sid).requests
    now = connection.now()
    return complete_listing(connection, question.query.schema, ask, now - timedelta(minutes=1), [1], 7, "")


FIRM = [
    (Call.all(), True), (Call.filter(start_time__gte="2026-06-01"), True), (Call.filter(status="completed"), True),
    (Call.filter(status="queued"), False), (Call.filter(to="+15550001234"), False),
    (Call.filter(status="completed", to="+15550001234"), False), (Participant.filter(conference_sid="CF" + "1" * 32), True),
    (Participant.filter(conference_sid="CF" + "1" * 32, muted=True), False), (IncomingPhoneNumber.filter(type="local"), True),
    (IncomingPhoneNumber.filter(type="local", beta=True), False), (Conference.filter(status="completed"), True),
    (Conference.filter(status="init"), False),
]  # fmt: skip


@pytest.mark.parametrize(("question", "firm"), FIRM, ids=range(len(FIRM)))
def test_absence_means_deletion_where_nothing_of_the_question_can_change(
    fake: FakeTwilio, connection: Connection, question: Any, firm: bool
) -> None:
    """Parents and types do not, nor does a final status; an other one does."""
    told = ended(connection, question)
    assert told.proves_deletion is firm
    assert (told.revision, told.shown, told.ended - told.began) == (7, [1], timedelta(minutes=1))


def test_what_a_list_is_judged_by(fake: FakeTwilio, connection: Connection) -> None:
    """One account's records; of recordings those that are not hidden; of what may age out, what is sure to be kept."""
    mine = Condition("account_sid", "exact", fake.account_sid)
    kept = instant_text(fake.clock - timedelta(days=7, minutes=1))
    assert (ended(connection, Call.all()).scope, ended(connection, Call.all()).horizon) == ((mine,), kept)
    assert ended(connection, IncomingPhoneNumber.all()).horizon == ""
    long_ago = fake.clock - timedelta(days=500)
    assert ended(connection, Message.all()).horizon > ended(connection, Message.filter(date_sent__gte=long_ago)).horizon
    assert ended(connection, Message.filter(date_sent__gte=long_ago)).horizon == instant_text(long_ago + timedelta(days=1))
    schema = Recording.api_schema
    [ask] = plan(Query(schema), fake.account_sid).requests
    visible = complete_listing(connection, schema, ask, fake.clock, [], 1, "")
    assert visible.scope == (mine, Not(Condition("status", "exact", "deleted")))
    [ask] = plan(Query(schema, flags=(("include_soft_deleted", 1),)), fake.account_sid).requests
    assert complete_listing(connection, schema, ask, fake.clock, [], 1, "").scope == (mine,)
    owner = Condition("owner_account_sid", "exact", fake.account_sid)
    assert scope(Account.api_schema, fake.account_sid) == (Or((Condition("sid", "exact", fake.account_sid), owner)),)


def test_a_404_says_that_a_record_is_gone_unless_it_is_new_or_changed_since(fake: FakeTwilio, connection: Connection) -> None:
    for number, minutes in enumerate((9, 11)):
        at = fake.clock - timedelta(minutes=minutes)
        fake.calls.add(sid=f"CA{number:032x}", status="completed", start_time=at, date_created=at)
    Call.sync()
    schema, revision = Call.api_schema, connection.mirror.revision()
    new, old = (Constraints({"sid": f"CA{number:032x}"}) for number in (0, 1))
    assert not_found(connection, schema, new, revision) == 0
    assert not_found(connection, schema, old, revision - 1) == 0
    assert not_found(connection, schema, old, revision) == 1
    assert Call.offline().count() == 1


def test_a_plain_sync_tells_what_it_did_page_by_page(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(numbers=3, days=10, seed=1)
    told: list[Report] = []
    report = IncomingPhoneNumber.all().sync(progress=told.append)
    assert [(one.new, one.requests, one.whole) for one in told] == [(3, 1, False), (3, 1, True)]
    assert told[-1] == report and report.seconds >= told[0].seconds >= 0
    assert (report.new, report.changed, report.unchanged, report.seen, report.gone) == (3, 0, 0, 3, 0)
    fake.numbers.change(next(iter(fake.numbers))["sid"], friendly_name="another")
    fake.numbers.add(phone_number="+15550009999")
    report = IncomingPhoneNumber.all().sync()
    assert (report.new, report.changed, report.unchanged, report.seen, report.requests) == (1, 1, 2, 4, 1)


def test_a_record_that_two_requests_bring_is_brought_once(fake: FakeTwilio, connection: Connection) -> None:
    """And one of each request that is another one is kept; the sum of both is what was read."""
    one, two = "+15550000001", "+15550000002"
    for to, from_ in ((one, two), (one, "+15550000003"), ("+15550000003", two)):
        fake.calls.add(to=to, from_=from_, status="completed")
    assert len(list(Call.filter(Q(to=one) | Q(from_=two)))) == 3
    assert Call.filter(Q(to=one) | Q(from_=two)).sync().requests == 2


def test_a_mirror_that_fails_is_told_of_once_and_nothing_is_claimed(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader has every record all the same; who asked for a sync hears of it."""
    fake.populate(calls=60, days=10, seed=1)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    tries = []

    def broken(*_: object, **__: object) -> None:
        tries.append(1)
        raise twilio_orm.MirrorFull("the disk is full")

    monkeypatch.setattr(connection.mirror, "absorb", broken)
    with pytest.warns(twilio_orm.MirrorWarning, match="from here on") as warned:
        assert len(list(Call.all())) == 60
    assert len(warned) == len(tries) == 1
    assert Call.all().freshness().since is None
    with pytest.raises(twilio_orm.MirrorFull):
        Call.filter(status="busy").sync()
    monkeypatch.undo()
    assert Call.filter(status="busy").sync().whole


def test_what_is_not_to_be_written_is_not_and_says_so(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=5, days=10, seed=1)
    asked = plan(Query(Call.api_schema), fake.account_sid)
    reading = Scan(connection, asked, write=False)
    assert sum(len(page.rows) for page in reading.pages()) == 5
    assert (reading.report.whole, reading.report.requests, reading.report.new) == (False, 1, 0)
    assert Call.all().freshness().since is None
    writing = Scan(connection, asked)
    assert sum(len(page.rows) for page in writing.pages()) == 5
    assert (writing.report.whole, writing.report.new) == (True, 5) and Call.all().freshness().whole
    assert writing.report.seconds > 0


# ------------------------------------------------------------ how far it has come


def dense_days(fake: FakeTwilio, days: int, each: int, status: str = "completed") -> None:
    """Some days before today with as many calls each."""
    for day in range(1, days + 1):
        for number in range(each):
            at = fake.clock - timedelta(days=day, minutes=number)
            fake.calls.add(status=status, start_time=at, date_created=at, price="-0.01")


def test_what_is_known_to_lie_in_a_window_tells_how_far_it_has_come(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pages: a third of it, two thirds, nearly all; and what remains takes as long a page as it took so far."""
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    dense_days(fake, 1, 60)
    bounds = {"since": date(2026, 6, 10), "until": date(2026, 6, 15)}
    assert Call.sync(**bounds).new == 60
    fake.tick(1)
    assert Call.sync_plan(full=True, **bounds).requests == 3
    told: list[Report] = []
    report = Call.sync(full=True, workers=1, progress=told.append, **bounds)
    shown = [one.done for one in told]
    assert shown[:2] == [pytest.approx(1 / 3), pytest.approx(2 / 3)] and set(shown[2:]) == {0.99}
    assert max(one.seconds for one in told) < 60
    for one in told:
        assert one.done and one.remaining is not None
        assert one.remaining.total_seconds() == pytest.approx(one.seconds * (1 - one.done) / one.done, abs=1e-5)
    assert (report.done, report.remaining, report.unchanged, report.requests) == (1.0, timedelta(0), 60, 3)


def test_what_a_window_took_less_than_expected_is_not_left_to_do(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    dense_days(fake, 1, 60)
    bounds = {"since": date(2026, 6, 10), "until": date(2026, 6, 15)}
    assert Call.sync(**bounds).new == 60
    for sid in list(Call.offline(partial=True).values_list("sid", flat=True))[10:]:
        fake.calls.remove(sid)
    fake.tick(1)
    told: list[Report] = []
    Call.sync(full=True, workers=1, progress=told.append, **bounds)
    assert told[0].done == pytest.approx(1 / 3) and told[-1].done == 0.99


def test_nobody_knows_how_long_it_takes_to_hear_everything(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    dense_days(fake, 1, 50)
    told: list[Report] = []
    assert Call.sync(workers=1, progress=told.append).requests == 3
    assert [(one.done, one.remaining) for one in told[:3]] == [(None, None)] * 3
    told.clear()
    fake.tick(1)
    Call.sync(until=date(2026, 6, 15), full=True, workers=1, progress=told.append)
    assert told[0].done is None, "a window without a beginning may hold anything"


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("since", [None, date(2026, 6, 1)])
@pytest.mark.parametrize("model", [Call, Message, Conference])
def test_a_first_sync_tells_no_share_that_it_cannot_know(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch, model: Any, since: date | None, workers: int
) -> None:
    """Six pages and more: until the last of them there is a counter, or a share that the density of the records gives."""
    monkeypatch.setattr(model.api_schema, "page_size", 20)
    fake.populate(calls=130, messages=130, conferences=130, days=10, seed=2)
    told: list[Report] = []
    report = model.sync(since=since, workers=workers, progress=told.append)

    assert report.requests >= 6 and report.done == 1.0
    for one in told:
        if one.requests < report.requests:
            assert one.done is None or (workers > 1 and one.done <= one.requests / report.requests + 0.25)


def test_what_is_new_has_a_beginning_once_all_was_heard(fake: FakeTwilio, connection: Connection) -> None:
    """The day of the last sync and what came since, weighed with what may still change."""
    dense_days(fake, 1, 5)
    Call.sync()
    fake.advance(timedelta(hours=20))
    plan = Call.sync_plan()
    assert [why for why, _ in plan.lists] == ["newest", "new"] and plan.sids == () and plan.requests == 2
    assert Call.sync(workers=1).requests == 2
    assert {dict(ask.params).get("StartTime>") for _, ask in plan.lists} == {None, "2026-06-15"}


# ------------------------------------------------------------ how long a list that broke off is worth going on with


@pytest.mark.parametrize(("hours", "goes_on"), [(24, True), (24.01, False)])
def test_a_list_that_broke_off_is_gone_on_with_for_a_day(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: float, goes_on: bool
) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    dense_days(fake, 2, 50)
    with reach(fake, tmp_path / "m.db", transport=Breaking(fake, 3, 20)), pytest.raises(KeyboardInterrupt):
        Call.sync(workers=1)
    fake.advance(timedelta(hours=hours))
    with reach(fake, tmp_path / "m.db"):
        before = len(fake.requests)
        report = Call.sync(workers=1)
        assert report.whole and Call.offline().count() == 100
        assert ("PageToken" in dict(fake.requests[before].query)) is goes_on


def test_the_checkpoint_of_a_list_that_is_too_old_is_dropped(fake: FakeTwilio, connection: Connection) -> None:
    mirror, schema, account = connection.mirror, Call.api_schema, fake.account_sid
    window = Constraints({}, {"start_time": (None, "2020-01-01 00:00:00")})
    old = Checkpoint(window, "/next", fake.clock, 0, key_numbers([]), "owner", 1, "", "")
    mirror.absorb(schema, [], mirror.revision(), fake.clock, checkpoints=[(account, old)])
    for days, left in ((0.5, ["owner"]), (1, [])):
        fake.advance(timedelta(days=days))
        Call.sync(since=timedelta(days=1))
        assert [one.owner for one in mirror.checkpoints(account, schema)] == left


def test_a_page_that_could_not_be_read_whole_is_read_again_by_the_sync_that_goes_on(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list that broke off after it goes on with it: else it would end, and claim a record that nobody has seen."""
    monkeypatch.setattr(Call.api_schema, "page_size", 5)
    dense_days(fake, 3, 10)
    number = count(1)

    def send(request: Request) -> Response:
        answer = Breaking.__call__(breaking, request)
        if next(number) != 2:
            return answer
        return Response(200, answer.headers, answer.body.replace(b'"sid": "CA', b'"sid": null, "was": "CA', 1))

    breaking = Breaking(fake, 4, 5)
    with reach(fake, tmp_path / "m.db", transport=send) as connection:
        with pytest.warns(twilio_orm.MirrorWarning, match="number 1 of a page"), pytest.raises(KeyboardInterrupt):
            Call.sync(workers=1)
        assert [one.pages for one in connection.mirror.checkpoints(fake.account_sid, Call.api_schema)] == [1]
        assert Call.offline(partial=True).count() == 19
    with reach(fake, tmp_path / "m.db"):
        assert Call.sync(workers=1).whole and Call.offline().count() == 30


@pytest.mark.parametrize(("days", "goes_on"), [(0.001, True), (6, True), (8, False)])
def test_a_full_sync_that_broke_off_is_one_for_a_week(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: float, goes_on: bool
) -> None:
    """What it heard again before it broke off is not heard a third time; after a week all is begun anew."""
    monkeypatch.setattr(Recording.api_schema, "page_size", 20)
    for minutes in range(50):
        fake.recordings.add(status="completed", price="-0.01", date_created=fake.clock - timedelta(days=1, minutes=minutes))
    with reach(fake, tmp_path / "m.db"):
        Recording.sync()
        fake.advance(timedelta(days=1))
    with reach(fake, tmp_path / "m.db", transport=Breaking(fake, 1, 20)), pytest.raises(KeyboardInterrupt):
        Recording.sync(full=True, workers=1)

    def begin() -> list[str | None]:
        plan = Recording.sync_plan(full=True)
        return [dict(ask.params).get("DateCreated>") for why, ask in plan.lists if why in ("new", "whole")]

    with reach(fake, tmp_path / "m.db"):
        Recording.filter(date_created__lt=date(2026, 6, 16)).sync()
        fake.advance(timedelta(days=days))
        assert (None not in begin()) is goes_on
        assert Recording.sync(full=True).whole
        fake.tick(1)
        assert None in begin(), "it came to its end"


# ------------------------------------------------------------ the newest pages


@pytest.mark.parametrize(("new", "pages"), [(8, 4), (9, 5)])
def test_the_newest_pages_are_read_as_far_as_they_were_looked_through(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch, new: int, pages: int
) -> None:
    """Back to what was made an hour and ten minutes before the last sync: the 71 calls of that time are shown once more."""
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    for number in range(100):
        at = fake.clock - timedelta(minutes=number)
        fake.calls.add(status="completed", start_time=at, date_created=at, price="-0.01")
    Call.sync()
    fake.advance(timedelta(days=1))
    for _ in range(new):
        fake.calls.add(status="completed", start_time=fake.clock, date_created=fake.clock, price="-0.01")
    first = len(fake.requests)
    assert Call.sync(workers=1).new == new
    newest = [dict(one.query) for one in fake.requests[first:] if not any("StartTime" in name for name, _ in one.query)]
    assert len(newest) == pages


TIMELESS: list[tuple[Any, dict[str, Any]]] = [
    (Call, {"start_time": None, "status": status, "price": "-0.01"})
    for status in ("canceled", "failed", "busy", "no-answer", "completed", "queued")
] + [(Message, {"date_sent": None, "status": status}) for status in ("failed", "canceled", "queued", "delivered")]


def shelf(fake: FakeTwilio, model: Any) -> Any:
    return {Call: fake.calls, Message: fake.messages}[model]


@pytest.mark.parametrize("hours", [0, -3, 3, -48, 48])
@pytest.mark.parametrize(("model", "fields"), [TIMELESS[0], TIMELESS[4], TIMELESS[6]], ids=["canceled", "completed", "failed"])
def test_however_many_never_got_a_time_between_two_syncs_all_of_them_are_found(
    fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, model: Any, fields: dict[str, Any], hours: int
) -> None:
    """Whatever their status, and whatever this machine's clock said at the first one."""
    monkeypatch.setattr(model.api_schema, "page_size", 5)
    shelf(fake, model).add(**fields, date_created=fake.clock - timedelta(minutes=30))
    with reach(fake, clock=lambda: fake.clock + timedelta(hours=hours)) as connection:
        assert model.sync(workers=1).new == 1
        mirror = connection.mirror
        for _ in range(3):
            fake.advance(timedelta(minutes=40))
            for _ in range(20):
                shelf(fake, model).add(**fields, date_created=fake.clock)
        with reach(fake) as other:
            other.mirror = mirror
            report = model.sync(workers=1)
            assert (report.new, report.whole) == (60, True)
            assert model.offline(partial=True).filter(**{f"{model.api_schema.window}__isnull": True}).count() == 61


def test_an_unchanged_list_is_judged_without_reading_its_rows(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of recognised pages are as the list shows them: only rows beside them can be missing."""
    others, read = absence._other_rows, list[Any]()
    monkeypatch.setattr(absence, "_other_rows", lambda runs: read.append(others(runs)) or read[-1])
    fake.populate(calls=300, days=30, seed=3)
    Call.all().sync()
    read.clear()
    assert Call.all().sync().unchanged == 300
    assert read == [(1, 300, [])]
    fake.calls.remove(next(iter(Call.offline().filter(status="completed"))).sid)
    assert Call.all().sync().unchanged == 299 == Call.offline().count()


def test_of_a_list_that_has_shifted_few_records_are_looked_up(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of the others are recognised, by the sync of a query as by that of a resource."""
    looked_up, records = list[str](), PageCache.records

    def noting(self: PageCache, keys: Sequence[str], names: frozenset[str]) -> Any:
        looked_up.extend(keys)
        return records(self, keys, names)

    fake.populate(calls=300, days=30, seed=3)
    Call.all().sync()
    fake.calls.add(status="completed", price="-0.01")
    monkeypatch.setattr(PageCache, "records", noting)
    report = Call.all().sync()
    assert (report.new, report.unchanged, report.changed) == (1, 300, 0)
    assert 0 < len(looked_up) < 100
    assert Call.offline().count() == 301


@pytest.mark.parametrize("how", [{}, {"full": True}, {"workers": 1}], ids=str)
@pytest.mark.parametrize(("model", "fields"), TIMELESS, ids=lambda one: getattr(one, "__name__", None) or one["status"])
def test_what_lies_in_no_window_is_heard_by_a_sync_of_everything(
    fake: FakeTwilio,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    model: Any,
    fields: dict[str, Any],
    how: dict[str, Any],
) -> None:
    """Among so many that a list is long enough to be cut into windows; long ago, where nobody looks for what is new."""
    monkeypatch.setattr(model.api_schema, "page_size", 2)
    window = str(model.api_schema.window)
    for minutes in range(0, 20 * 1440, 600):
        at = fake.clock - timedelta(minutes=minutes)
        shelf(fake, model).add(**{"price": "-0.01", "date_created": at, window: at})
    lost = shelf(fake, model).add(**fields, date_created=fake.clock - timedelta(days=19))["sid"]
    if how.get("full"):
        model.sync(since=timedelta(days=30), workers=4)  # in windows, which claim nothing of it
        with pytest.raises(NotCovered):
            model.offline().count()
    report = model.sync(**how)
    assert report.whole and [one.sid for one in model.offline().filter(**{f"{window}__isnull": True})] == [lost]
    assert model.offline().count() == model.all().count() == 49
    assert model.offline().filter(status=fields["status"]).count() == model.filter(status=fields["status"]).count()
    assert model.offline().filter(**{f"{window}__gte": fake.clock - timedelta(days=3)}).count() > 0


def test_looking_for_what_has_no_time_goes_on_at_the_page_where_it_broke_off(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it breaks off, it comes to its end; and what came meanwhile is looked for then."""
    monkeypatch.setattr(Call.api_schema, "page_size", 5)
    with reach(fake, tmp_path / "m.db"):
        fake.calls.add(status="completed", price="-0.01", start_time=fake.clock, date_created=fake.clock)
        Call.sync()
    for _ in range(60):
        fake.advance(timedelta(minutes=2))
        fake.calls.add(status="failed", start_time=None, date_created=fake.clock)
    for breaks in (1, 2):
        with reach(fake, tmp_path / "m.db", transport=Breaking(fake, 4, 5)) as connection, pytest.raises(KeyboardInterrupt):
            Call.sync(workers=1)
        assert [one.pages for one in connection.mirror.checkpoints(fake.account_sid, Call.api_schema)] == [4 * breaks]
        fake.advance(timedelta(seconds=5))
        fake.calls.add(status="busy", start_time=None, date_created=fake.clock)
    with reach(fake, tmp_path / "m.db") as connection:
        assert Call.sync(workers=1).whole and Call.offline().count() == Call.all().count() == 63
        assert connection.mirror.checkpoints(fake.account_sid, Call.api_schema) == []


def test_the_newest_pages_are_looked_through_again_where_a_record_could_not_be_read(
    fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was on the first of them, and has no time: the next sync goes back to it, past all that came since."""
    monkeypatch.setattr(Call.api_schema, "page_size", 5)
    broken = list[bytes]()

    def send(request: Request) -> Response:
        answer = fake.send(request)
        body = answer.body.replace(b'"sid": "' + broken[0], b'"sid": null, "was": "' + broken[0]) if broken else answer.body
        return Response(answer.status, answer.headers, body)

    with reach(fake, transport=send):
        Call.sync()
        fake.advance(timedelta(days=1))
        lost = fake.calls.add(status="failed", start_time=None, date_created=fake.clock - timedelta(hours=20))["sid"]
        for hours in (2, 3, 4, 5):
            at = fake.clock - timedelta(hours=hours)
            fake.calls.add(status="completed", start_time=at, date_created=at, price="-0.01")
        broken.append(lost.encode())
        with pytest.warns(twilio_orm.MirrorWarning, match="an object without sid"):
            report = Call.sync(workers=1)
        assert (report.new, report.complete) == (4, False)
        broken.clear()
        for _ in range(22):
            fake.advance(timedelta(minutes=10))
            fake.calls.add(status="completed", start_time=fake.clock, date_created=fake.clock, price="-0.01")
        report = Call.sync(workers=1)
        assert (report.new, report.complete) == (23, True) and Call.offline().get(lost).status == "failed"


def test_a_plan_says_why_everything_is_one_list(fake: FakeTwilio, connection: Connection) -> None:
    assert "in one list, for no window holds a record without start_time" in str(Call.sync_plan())
    Call.sync()
    assert "for records without start_time, which no window holds" in str(Call.sync_plan())
    assert "window" not in str(Call.sync_plan(since=timedelta(days=2))) and "window" not in str(Recording.sync_plan())


@pytest.mark.parametrize("again", [lambda: Call.sync(), lambda: Call.all().sync()])
def test_the_newest_pages_are_read_since_they_were_last_looked_through(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch, again: Any
) -> None:
    """Be it by a sync that brought what was new, or by a list of everything: an hour and ten minutes before the newest call."""
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    Call.sync()
    fake.advance(timedelta(days=1))
    for minutes in range(180, 300):
        at = fake.clock - timedelta(minutes=minutes)
        fake.calls.add(status="completed", start_time=at, date_created=at, price="-0.01")
    again()
    fake.tick(1)
    first = len(fake.requests)
    assert Call.sync(workers=1).new == 0
    newest = [dict(one.query) for one in fake.requests[first:] if not any("StartTime" in name for name, _ in one.query)]
    assert len(newest) == 4, "71 calls of that time, and no more of the 120"


def test_a_dense_window_is_cut_for_several_to_share(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 2)
    dense_days(fake, 9, 20)
    first = len(fake.requests)
    assert Call.sync(since=date(2026, 6, 5), until=date(2026, 6, 15), workers=2).new == 180
    days = {dict(one.query).get("StartTime>") or dict(one.query).get("StartTime") for one in fake.requests[first:]}
    assert len(days) > 5 and fake.violations == []


def test_the_newest_pages_end_where_both_times_of_a_call_are_known(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By which of them a list is ordered is not documented: calls made long ago that have just begun do not end them."""
    monkeypatch.setattr(Call.api_schema, "page_size", 5)
    Call.sync()
    fake.advance(timedelta(days=1))
    fake.calls.add(status="queued", start_time=None, date_created=fake.clock - timedelta(hours=2))
    for minutes in range(12):
        start = fake.clock - timedelta(minutes=minutes)
        fake.calls.add(status="completed", start_time=start, date_created=start - timedelta(days=3), price="-0.01")
    assert Call.sync(workers=1).new == 13


def test_a_bounded_sync_does_not_look_through_the_newest_pages(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call without a time that was made before it is found by the next sync of everything."""
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    Call.sync()
    fake.advance(timedelta(days=1))
    fake.calls.add(status="queued", start_time=None, date_created=fake.clock - timedelta(hours=20))
    for number in range(60):
        at = fake.clock - timedelta(minutes=10 * number)
        fake.calls.add(status="completed", start_time=at, date_created=at, price="-0.01")
    Call.sync(since=date(2026, 6, 1), until=date(2026, 6, 2))
    fake.tick(1)
    Call.sync(workers=1)
    assert Call.offline().filter(status="queued").count() == 1


def test_what_the_newest_window_lacks_and_may_still_change_is_asked_for(fake: FakeTwilio, connection: Connection) -> None:
    at = fake.clock - timedelta(minutes=30)
    sid = fake.calls.add(status="in-progress", start_time=at, date_created=at)["sid"]
    Call.sync()
    fake.calls.remove(sid)
    fake.advance(timedelta(minutes=20))
    assert Call.sync().gone == 1


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (Report("Call"), "Call: no records; 0 requests in 0.0 s; not complete"),
        (
            Report("Call", new=1200, unchanged=1, requests=1, seconds=0.14, complete=True),
            "Call: 1,200 new, 1 unchanged; 1 request in 0.1 s; complete",
        ),
        (
            Report("Call", changed=2, deleted=3, expired=4, requests=5, note="listed in full", skipped=("AC1: suspended",)),
            "Call: 2 changed, 3 deleted; 5 requests in 0.0 s; not complete\n"
            "  expired  4 that never became final and are too old to be read again\n"
            "  note     listed in full\n"
            "  skipped  AC1: suspended",
        ),
    ],
)
def test_a_report_prints_what_happened(report: Report, text: str) -> None:
    assert str(report) == text


def test_a_report_of_nothing_is_all_zeros() -> None:
    assert Report("Call") == Report("Call", 0, 0, 0, 0, 0.0, False, "", 0, 0, None, None, ())


# ------------------------------------------------------------ what goes wrong


def refusing(fake: FakeTwilio, status: int, body: bytes) -> Any:
    """A transport whose lists of calls are refused."""

    def send(request: Request) -> Response:
        return Response(status, {}, body) if request.path.endswith("/Calls.json") else fake.send(request)

    return send


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(404, b'{"code": 20404}', twilio_orm.NotFound), (400, b'{"code": 20001}', twilio_orm.BadRequest)],
)
def test_a_list_that_is_refused_ends_the_sync(fake: FakeTwilio, status: int, body: bytes, error: type[Exception]) -> None:
    with reach(fake, transport=refusing(fake, status, body)), pytest.raises(error):
        Call.sync(workers=1)


def test_between_two_refusals_there_is_a_rest(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.populate(calls=60, days=30, seed=5)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    with reach(fake) as connection:
        rested: list[float] = []
        monkeypatch.setattr(connection.transport, "rest", rested.append)
        fake.fail_next("429", times=10, match=lambda request: "PageToken" in request.target)
        assert Call.sync(workers=1).new == 60
    assert rested == [2.0, 4.0]


def test_a_full_sync_does_not_go_on_with_an_older_list(fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.populate(calls=200, days=40, seed=5)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    with reach(fake, tmp_path / "m.db", transport=Breaking(fake, 5, 20)), pytest.raises(KeyboardInterrupt):
        Call.sync(workers=1)
    fake.tick(1)
    first = len(fake.requests)
    with reach(fake, tmp_path / "m.db"):
        assert Call.sync(full=True, workers=1).seen == 200
    assert "PageToken" not in dict(fake.requests[first].query)


def test_a_conference_that_no_list_shows_is_gone_after_two_of_each(fake: FakeTwilio, connection: Connection) -> None:
    for number in range(3):
        fake.conferences.add(status="completed", date_created=fake.clock - timedelta(days=3, minutes=number))
    Conference.sync()
    fake.conferences.remove(next(iter(fake.conferences))["sid"])
    gone = []
    for _ in range(2):
        fake.advance(timedelta(days=1, hours=1))
        gone.append(Conference.sync(full=True).gone)
    assert gone == [0, 1] and Conference.offline().count() == 2


def test_a_record_that_a_list_has_shown_is_fresh(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="completed", price="-0.01")["sid"]
    assert not Call.filter(sid=sid).freshness().whole
    Call.sync()
    assert Call.filter(sid=sid).freshness().whole


# ------------------------------------------------------------ no more than needed


def test_a_first_sync_settles_nothing(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=20, days=60, seed=2)
    assert Call.sync_plan().expired == 0
    assert Call.sync().expired == 0


def test_the_newest_window_and_the_days_before_it_are_one(fake: FakeTwilio, connection: Connection) -> None:
    for hours in range(1, 60):
        fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(hours=hours))
    Call.sync()
    fake.advance(timedelta(hours=3))
    plan = Call.sync_plan()
    assert [why for why, _ in plan.lists] == ["newest", "new"] and plan.sids == ()
    assert ("StartTime>", "2026-06-13") in plan.lists[1][1].params and len(plan.lists[1][1].params) == 1


def test_what_the_newest_pages_have_shown_is_not_asked_for_once_more(fake: FakeTwilio, connection: Connection) -> None:
    for days in (2, 5, 9):
        fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(days=days))
    Call.sync()
    fake.advance(timedelta(hours=3))
    first = len(fake.requests)
    assert len(Call.sync_plan().sids) + sum(why == "again" for why, _ in Call.sync_plan().lists) == 3
    Call.sync()
    assert asked(fake, first) == [{}, {"StartTime>": "2026-06-15"}] and len(fake.requests) == first + 2


def test_a_bounded_sync_settles_what_lies_within_it(fake: FakeTwilio, connection: Connection) -> None:
    inside, outside = (
        fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(days=days))["sid"] for days in (3, 9)
    )
    waiting = fake.calls.add(status="queued", start_time=None, date_created=fake.clock - timedelta(days=3))["sid"]
    Call.sync()
    fake.advance(timedelta(hours=30))
    assert Call.sync_plan(since=timedelta(days=6)).sids == (inside,)
    assert set(Call.sync_plan().sids) == {inside, outside, waiting}


class Forgetful:
    """A transport to a Twilio that has forgotten, once, where its list stood."""

    def __init__(self, fake: FakeTwilio) -> None:
        self.fake, self.forgot = fake, False

    def __call__(self, request: Request) -> Response:
        if "PageToken" in request.target and not self.forgot:
            self.forgot = True
            return Response(400, {}, b'{"code": 21481, "message": "Invalid PageToken"}')
        return self.fake.send(request)


def test_a_page_that_is_not_known_any_more_begins_its_list_anew(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.populate(calls=200, days=40, seed=5)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    with reach(fake, tmp_path / "m.db", transport=Breaking(fake, 5, 20)), pytest.raises(KeyboardInterrupt):
        Call.sync(workers=1)
    fake.advance(timedelta(hours=2))
    with reach(fake, tmp_path / "m.db", transport=Forgetful(fake)) as connection:
        assert Call.sync(workers=1).whole and Call.offline().count() == 200
        [sweep] = [one for one in connection.mirror.sweeps(fake.account_sid, Call.api_schema) if one.constraints == Constraints()]
        assert sweep.began_at == fake.clock, "as late as the list that begins anew"
        assert connection.mirror.checkpoints(fake.account_sid, Call.api_schema) == []


def test_a_page_after_the_one_at_which_a_list_goes_on_is_not_forgiven(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the list has gone on at its checkpoint, a refused page raises."""
    fake.populate(calls=200, days=40, seed=5)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    with reach(fake, tmp_path / "m.db", transport=Breaking(fake, 5, 20)), pytest.raises(KeyboardInterrupt):
        Call.sync(workers=1)
    pages = count()
    second = Forgetful(fake)
    transport = lambda request: (second if next(pages) == 1 else fake.send)(request)  # noqa: E731
    with reach(fake, tmp_path / "m.db", transport=transport), pytest.raises(twilio_orm.BadRequest):
        Call.sync(workers=1)
    assert second.forgot


def test_records_without_a_name_are_numbered_through_all_pages(fake: FakeTwilio) -> None:
    """Those that could not be read have numbers too."""
    call, pages = "CA" + "1" * 32, count(1)
    event = b'{"request": {"url": "/a"}, "response": null}'

    def send(request: Request) -> Response:
        number = next(pages)
        events = b", ".join([event, b'{"request": NaN}', event] if number == 1 else [event])
        following = request.target.replace("?", f"?Page={number}&", 1) if number < 3 else ""
        ending = f'], "next_page_uri": "{following}"}}' if following else '], "next_page_uri": null}'
        return Response(200, {}, b'{"events": [' + events + ending.encode())

    with reach(fake, transport=send):
        with pytest.warns(twilio_orm.MirrorWarning, match="number 2 of a page"):
            assert not twilio_orm.CallEvent.filter(call_sid=call).sync().whole
        found = twilio_orm.CallEvent.offline(partial=True).filter(call_sid=call).values_list("position", flat=True)
        assert sorted(found) == [0, 2, 3, 4]


@pytest.mark.parametrize("model", [Recording, Conference])
def test_what_windows_show_completely_has_no_newest_record_noted(fake: FakeTwilio, connection: Connection, model: Any) -> None:
    fake.populate(calls=9, recordings=3, conferences=3, days=5, seed=1)
    model.sync()
    assert list(model.all())
    assert connection.mirror.listed_until(connection.account_sid, model.api_schema) is None
    Call.sync()
    assert connection.mirror.listed_until(connection.account_sid, Call.api_schema) is not None


def test_what_has_a_key_of_two_names_is_judged_too(fake: FakeTwilio, connection: Connection) -> None:
    queue = fake.queues.add(friendly_name="line")["sid"]
    for _ in range(3):
        fake.members.add(queue_sid=queue)
    twilio_orm.Queue.sync()
    members = twilio_orm.Member.filter(queue_sid=queue)
    members.sync()
    fake.members.remove(next(iter(fake.members))["call_sid"])
    fake.advance(timedelta(days=2))
    members.sync()
    assert members.offline().count() == 2


def test_fifteen_days_are_how_long_a_record_may_change(fake: FakeTwilio, connection: Connection) -> None:
    for days in (14.5, 15.5):
        fake.calls.add(status="in-progress", start_time=fake.clock - timedelta(days=days))
    Call.sync()
    assert Call.sync_plan().expired == 1


@pytest.mark.parametrize("lacking", range(8))
def test_the_oldest_day_that_is_kept_is_found_wherever_it_is(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch, lacking: int
) -> None:
    days = [f"2026-04-{number:02d}" for number in range(1, lacking + 1)]
    sync = IncrementalSync(connection, Query(Message.api_schema), SyncOptions())
    listing = replace(ended(connection, Message.all()), horizon="2026-06-01 00:00:00")
    monkeypatch.setattr(connection.mirror, "missing_days", lambda *_: days)
    for kept in [*days, "2026-05-01"]:
        monkeypatch.setattr(sync, "_is_kept", lambda day, since=kept: day >= since)
        wanted = f"{kept} 00:00:00" if kept in days else listing.horizon
        assert sync._with_known_horizon(listing).horizon == wanted


def test_a_single_worker_requests_a_page_while_another_is_stored(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 5)
    dense_days(fake, 2, 10)
    sent = list[int]()

    def told(_: Report) -> None:
        end = time.monotonic() + 5
        while len(fake.requests) < 2 and time.monotonic() < end:
            time.sleep(0.001)
        sent.append(len(fake.requests))

    assert Call.sync(workers=1, progress=told).new == 20
    assert sent[0] >= 2


# ------------------------------------------------------------ how far back absence is deletion


def aging(fake: FakeTwilio, ages: list[float], days: int = 60) -> list[str]:
    """Final calls of so many days ago, of which Twilio keeps those of some days."""
    fake.settings.retention = {"calls": days}
    found = []
    for age in ages:
        at = fake.clock - timedelta(days=age)
        found.append(fake.calls.add(status="completed", price="-0.01", start_time=at, date_created=at)["sid"])
    return found


@pytest.mark.parametrize("ages", [(12, 10), (9.2,)])
def test_a_window_without_an_end_is_judged_as_far_back_as_older_records_are_shown(
    fake: FakeTwilio, connection: Connection, ages: tuple[float, ...]
) -> None:
    """What it lacks was deleted if older records are kept, be it of the oldest day that the window shows. Requests tell."""
    fake.clock = fake.clock.replace(hour=12, minute=0, second=0, microsecond=0)
    kept = aging(fake, [30, 9])
    sids = aging(fake, list(ages))
    Call.sync(since=timedelta(days=20), workers=1)
    for sid in sids:
        fake.calls.remove(sid)
    for deleted in (0, len(sids)):
        fake.tick(3600)
        first = len(fake.requests)
        report = Call.sync(since=timedelta(days=20), full=True, workers=1)
        assert (report.deleted, report.requests) == (deleted, 2) and len(fake.requests) == first + 2
    assert [one.sid for one in Call.offline(partial=True)] == [kept[1]]


def test_a_window_without_a_beginning_has_shown_the_oldest_record_that_is_kept(fake: FakeTwilio, connection: Connection) -> None:
    """Nothing is requested to find out more; what is older may have aged out."""
    sids = aging(fake, [30, 20, 12, 9], days=60)
    until = fake.clock - timedelta(days=2)
    Call.sync(until=until, workers=1)
    fake.calls.remove(sids[0])
    fake.calls.remove(sids[2])
    for deleted in (0, 1):
        fake.tick(3600)
        with fake.expects_requests(1):
            assert Call.sync(until=until, full=True, workers=1).deleted == deleted
    assert {one.sid for one in Call.offline(partial=True)} == {sids[0], sids[1], sids[3]}


@pytest.mark.parametrize(("hours", "deleted"), [(4, True), (-4, True), (16, False)])
def test_a_404_of_the_very_day_that_may_have_aged_out_counts_where_an_older_record_is_shown(
    fake: FakeTwilio, connection: Connection, hours: int, deleted: bool
) -> None:
    """Some hours older than the seven days that are sure, or younger; where nothing older is shown, nothing is known of it."""
    fake.clock = fake.clock.replace(hour=12, minute=0, second=0, microsecond=0)
    sids = aging(fake, [7 + hours / 24, *([9] if hours != 16 else [])])
    Call.sync()
    fake.calls.remove(sids[0])
    with pytest.raises(twilio_orm.NotFound):
        Call.get(sids[0])
    assert (Call.offline().get_or_none(sids[0]) is None) is deleted


# ------------------------------------------------------------ one pass over one question


def test_what_another_process_stored_during_a_pass_stays(fake: FakeTwilio) -> None:
    """The list was requested before it: what came since is no part of it, and was not deleted."""
    sid = fake.calls.add(status="completed")["sid"]
    fake.call_events.add(call_sid=sid)
    events, meanwhile = CallEvent.filter(call_sid=sid), list[Connection]()

    def send(request: Request) -> Response:
        answer = fake.send(request)
        if meanwhile:
            fake.call_events.add(call_sid=sid)
            with meanwhile.pop():
                assert CallEvent.filter(call_sid=sid).sync().new == 1
        return answer

    with reach(fake) as other, reach(fake, transport=send) as connection:
        other.mirror = connection.mirror
        with connection:
            events.sync()
            meanwhile.append(other)
            events.sync()
            assert not meanwhile and [one.position for one in events.offline(partial=True)] == [0, 1]


@pytest.mark.parametrize("read", [lambda: Call.all().sync(), lambda: list(Call.all())])
def test_a_pass_over_a_page_that_is_known_does_not_look_for_its_records(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch, read: Any
) -> None:
    fake.populate(calls=40, days=5, seed=1)
    read()
    looked = list[object]()
    monkeypatch.setattr(PageCache, "records", lambda *keys: looked.append(keys) or {})
    read()
    assert looked == [] and Call.offline().count() == 40


def test_a_pass_tells_what_it_took(fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.populate(calls=40, days=5, seed=1)
    monkeypatch.setattr(Call.api_schema, "page_size", 20)
    told: list[Report] = []
    assert Call.all().sync(progress=told.append).requests == 2
    assert [one.requests for one in told] == [1, 2, 2] and all(one.seconds > 0 for one in told)
    assert Call.filter(sid="CA" + "0" * 32).sync().requests == 1


def test_a_pass_over_nameless_records_says_so_and_claims_nothing(fake: FakeTwilio) -> None:
    fake.calls.add(status="completed")

    def send(request: Request) -> Response:
        answer = fake.send(request)
        return Response(200, answer.headers, answer.body.replace(b'"sid": "CA', b'"sid": null, "was": "CA'))

    with reach(fake, transport=send), pytest.warns(twilio_orm.MirrorWarning, match="number 1 of a page .an object without sid"):
        assert not Call.all().sync().whole


def test_what_is_beyond_retention_counts_as_a_request_too(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(messages=60, days=60, seed=1)
    fake.settings.message_days = 30
    report = Message.sync(since=timedelta(days=50), until=timedelta(days=40))
    assert (report.requests, report.new) == (len(fake.requests), 0)


def test_calls_without_a_time_are_as_fresh_as_the_last_list_of_everything(fake: FakeTwilio, connection: Connection) -> None:
    """Windows do not hold them, whatever they are heard of; the answer is as old as the older of the two."""
    schema, account, mirror = Call.api_schema, connection.account_sid, connection.mirror
    fake.advance(timedelta(hours=5))
    at, before = fake.clock, fake.clock - timedelta(hours=5)
    mirror.record_sweep(account, schema, Constraints({}, {"start_time": (None, None)}), at, at)
    assert Call.all().freshness().since is None and Call.filter(start_time__gte=before).freshness().since == at
    mirror.record_sweep(account, schema, Constraints(), before, before)
    assert Call.all().freshness().since == before and Call.filter(start_time__gte=before).freshness().since == at


@pytest.mark.parametrize("address", ["client:" + "x" * 3000, "sip:" + "é" * 1400, "client:" + "x" * 1000])
def test_an_address_that_no_index_takes_reads_as_null(fake: FakeTwilio, connection: Connection, address: str) -> None:
    """Its page is stored, and what Twilio sent can be read."""
    long = fake.calls.add(to=address)["sid"]
    fake.calls.add(to="+14155550123")
    assert Call.sync(workers=1).new == 2
    read = None if len(address) > 1100 else address
    assert Call.offline().get(long).to == read and Call.get(long).to == read
    assert Call.offline().get(long).to_api()["to"] == address
    assert Call.offline().filter(to=address).count() == (read is not None)
