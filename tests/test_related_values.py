"""Values of related records: what is sent for them, what the mirror has to cover, and what is refused. Laws say what they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import mirrored
import pytest

from twilio_orm import (
    Account,
    Avg,
    Call,
    Connection,
    Count,
    F,
    Max,
    Median,
    Message,
    NotCovered,
    Q,
    QueryError,
    Recording,
    Sum,
    UnknownField,
    UnknownLookup,
    connect,
)
from twilio_orm.changes import erasure
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")
NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)


def add(fake: FakeTwilio, calls: int = 2, each: int = 2) -> list[str]:
    """Calls with recordings of 0, 1, 2 … seconds, and a recording without a call."""
    sids = [
        fake.calls.add(status=("busy", "completed")[at % 2], duration=str(at), date_created=NOON, start_time=NOON)["sid"]
        for at in range(calls)
    ]
    for at in range(calls * each):
        fake.recordings.add(call_sid=sids[at // each], duration=str(at), date_created=NOON, status="completed")
    fake.recordings.add(call_sid=None, duration="99", date_created=NOON, status="completed")
    return sids


def statements(connection: Connection, read: Callable[[], Any]) -> list[str]:
    """The SELECTs of records that a reading takes, but for a look at some rows that says how to read them."""
    with mirrored.statements(connection.mirror) as found:
        read()
    return [one for one in found if 'FROM "recording"' in one and "mirror_gone IS NULL" in one and "n(i)" not in one]


# ------------------------------------------------------------ what is sent


def test_a_related_record_is_fetched_once(fake: FakeTwilio) -> None:
    """By its key, however many records lead to it; a record without one takes no request."""
    add(fake, calls=1, each=3)
    with fake.expects_requests(2):
        found = list(Recording.order_by("duration").values_list("duration", "call__status", "call__duration"))
    assert found == [(0, "busy", 0), (1, "busy", 0), (2, "busy", 0), (99, None, None)]


def test_many_related_records_are_read_from_a_list(fake: FakeTwilio) -> None:
    add(fake, calls=30, each=1)
    with fake.expects_requests(2):
        assert len({*Recording.values_list("call__duration", flat=True)}) == 31
    with fake.expects_requests(2):
        assert {one.n for one in Call.annotate(n=Count("recordings"))} == {1}


def test_a_slice_reads_the_related_records_of_few(fake: FakeTwilio) -> None:
    add(fake, calls=30, each=1)
    with fake.expects_requests(2):
        assert len(list(Recording.filter(call_sid__isnull=False).order_by("duration").values("call__status")[:1])) == 1


def test_a_condition_on_related_records_reads_them_for_many(fake: FakeTwilio) -> None:
    """Also where one record is wanted, since most may not match."""
    add(fake, calls=30, each=1)
    with fake.expects_requests(4):
        assert Call.annotate(total=Sum("recordings__duration")).filter(total__gte=29).first().duration == 29
        assert not Call.annotate(n=Count("recordings")).filter(n__gt=1).exists()


def test_exports_have_the_values_of_related_records(fake: FakeTwilio) -> None:
    add(fake)
    Call.sync()
    Recording.sync()
    for found in (Recording.all(), Recording.offline()):
        rows = found.order_by("duration").values("duration", "call__status", "call__price").to_records()
        assert rows[0] == {"duration": 0, "call__status": "busy", "call__price": None}
    for calls in (Call.all(), Call.offline()):
        made = calls.annotate(n=Count("recordings")).order_by("duration").to_records()
        assert [one["n"] for one in made] == [2, 2]


def test_a_record_that_twilio_does_not_have_gives_none(fake: FakeTwilio) -> None:
    fake.recordings.add(call_sid="CA" + "0" * 32, duration="1", status="completed")
    for found in (Recording.all(), Recording.cached()):
        assert list(found.values("call__status")) == [{"call__status": None}]
    Recording.sync()
    Call.sync()
    assert [one.duration for one in Recording.offline().order_by("call__status")] == [1]


def test_explain_says_how_they_are_read(fake: FakeTwilio) -> None:
    with fake.expects_requests(0):
        text = Call.annotate(n=Count("recordings")).filter(n__gt=1).explain()
        other = Recording.order_by("call__status").explain()
    assert "n is the count of its recordings" in text
    assert "read as prefetch('recordings') does; offline by the same SELECT" in text
    assert "filter   n is above 1" in text
    assert "read as prefetch('call') does" in other


# ------------------------------------------------------------ what the mirror covers


def test_not_covered_names_the_sync_that_is_lacking(fake: FakeTwilio) -> None:
    sids = add(fake)
    Recording.sync()
    with fake.expects_requests(0):
        for read in (
            lambda: list(Recording.offline().values("call__status")),
            lambda: list(Recording.offline().order_by("call__status")),
            lambda: Recording.offline().values("call__status").annotate(n=Count()).count(),
            lambda: Recording.offline().aggregate(n=Count("call__status")),
        ):
            with pytest.raises(NotCovered, match=r"run Call.sync\(\)"):
                read()
        assert list(Recording.offline(partial=True).filter(call_sid=sids[0]).values_list("call__status", flat=True)) == [
            None,
            None,
        ]
        with pytest.raises(NotCovered, match=r"run Call.sync\(\)"):
            list(Call.offline().annotate(n=Count("recordings")))
    Call.sync()
    assert [one.n for one in Call.offline().annotate(n=Count("recordings"))] == [2, 2]


def test_an_answer_is_one_statement(fake: FakeTwilio, connection: Connection) -> None:
    add(fake)
    Call.sync()
    Recording.sync()
    reads: list[Callable[[], Any]] = [
        lambda: list(Recording.offline().order_by("call__status").values("call__duration")[:9]),
        lambda: list(Recording.offline().order_by("-call__status")[:9]),
        lambda: list(Call.offline().annotate(n=Count("recordings")).filter(n__gt=0)),
        lambda: Call.offline().annotate(n=Count("recordings")).filter(n__gt=0).count(),
        lambda: list(Recording.offline().values("call__status").annotate(n=Count("sid", filter=Q(call__duration=1)))),
    ]
    for read in reads:
        assert len(statements(connection, read)) == 1


def test_deleted_related_records_do_not_count(fake: FakeTwilio) -> None:
    add(fake)
    Call.sync()
    Recording.sync()
    fake.advance(timedelta(days=2))
    gone = Recording.order_by("duration").first()
    assert gone is not None
    gone.delete()
    for found in (Call.all(), Call.offline(), Call.cached(), Call.offline().with_deleted()):
        assert sorted(found.annotate(n=Count("recordings")).values_list("n", flat=True)) == [1, 2]


def test_what_the_mirror_does_not_know_of_related_records_is_refused(fake: FakeTwilio) -> None:
    fake.messages.add(body="hello", to="+14155550001")
    sids = add(fake)
    fake.calls.change(sids[0], to="+14155550001", caller_name="Ann")
    with connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", exclude_fields={"Call": ["caller_name"]}
    ) as other:
        Call.using(other).sync()
        Recording.using(other).sync()
        found = Recording.using(other)
        with pytest.raises(NotCovered, match="Call.caller_name is excluded"):
            list(found.offline().values("call__caller_name"))
        assert len(list(found.offline().values("call__status"))) == 5
        assert "Ann" in list(found.values_list("call__caller_name", flat=True))
        assert "Ann" in list(found.cached().values_list("call__caller_name", flat=True))
        erasure.redact("+14155550001", connection=other)
        with pytest.raises(NotCovered, match=r"Call\.to of some records was redacted"):
            list(found.offline().order_by("call__to"))
        assert "+14155550001" in list(found.cached().values_list("call__to", flat=True))


def test_of_all_accounts_each_has_its_own(fake: FakeTwilio, connection: Connection) -> None:
    """A record of one account is not related to one of another account."""
    sids = add(fake)
    child = fake.accounts.add(friendly_name="child", status="active")["sid"]
    own = fake.calls.of(child).add(status="failed", duration="7", date_created=NOON)["sid"]
    for sid in (own, sids[0]):
        fake.recordings.of(child).add(call_sid=sid, duration="50", date_created=NOON, status="completed")
    expected = [(0, "busy"), (1, "busy"), (2, "completed"), (3, "completed"), (50, None), (50, "failed"), (99, None)]
    every = Recording.all().across_accounts()
    asked = [every, every.cached(), every.offline()]
    Account.sync()
    for one in (connection, connection.under(child)):
        Call.using(one).sync()
        Recording.using(one).sync()
    for found in asked:
        assert list(found.order_by("duration", "call__status").values_list("duration", "call__status")) == expected
        counts = Call.all().across_accounts() if found is every else found.source and Call.all().across_accounts().offline()
        assert sorted(counts.annotate(n=Count("recordings")).values_list("n", flat=True)) == [1, 2, 2]
    assert list(every.offline().filter(account_sid=child).order_by("call__status").values_list("call__status", flat=True)) == [
        None,
        "failed",
    ]
    with pytest.raises(QueryError, match="Account.offline"):
        list(every.offline().values("account__friendly_name"))
    assert {*every.values_list("account__friendly_name", flat=True)} >= {"child"}


# ------------------------------------------------------------ records


def test_records_have_their_own_fields_and_the_annotations(fake: FakeTwilio) -> None:
    """What was read of other records is no part of the row of a record."""
    add(fake)
    Call.sync()
    Recording.sync()
    size = len(Call.api_schema.index)
    for found in (Call.all(), Call.offline(), Call.cached()):
        records = list(
            found.annotate(n=Count("recordings"), mean=Avg("recordings__duration")).order_by("-mean").prefetch("recordings")
        )
        assert [(one.n, one.mean, one.recordings.count(), len(one.stored_row)) for one in records] == [
            (2, 2.5, 2, size),
            (2, 0.5, 2, size),
        ]
        only = found.only("status").annotate(n=Count("recordings")).order_by("parent_call__status", "status")[0]
        assert (only.n, only.status, len(only.stored_row)) == (2, "busy", size)
    sid = str(Call.order_by("duration").values_list("sid", flat=True)[0])
    for found in (Call.all(), Call.offline(), Call.cached()):
        record = found.annotate(n=Count("recordings")).get(sid)
        assert (record.n, len(record.stored_row)) == (2, size)
        assert found.annotate(n=Count("recordings")).in_bulk([sid])[sid].n == 2
        assert not hasattr(found.get(sid), "n")
        assert found.annotate(n=Count("recordings")).contains(record)


def test_prefetched_records_are_asked_for_their_relations(fake: FakeTwilio) -> None:
    sids = add(fake)
    call = Call.prefetch("recordings").get(sids[1])
    assert list(call.recordings.order_by("duration").values_list("duration", "call__status")) == [
        (2, "completed"),
        (3, "completed"),
    ]


def test_sums_beyond_64_bits_are_null_everywhere(fake: FakeTwilio) -> None:
    sids = add(fake, each=0)
    for _ in range(2):
        fake.recordings.add(call_sid=sids[0], duration=str(2**63 - 1), date_created=NOON, status="completed")
    Call.sync()
    Recording.sync()
    for found in (Call.all(), Call.offline()):
        made = found.annotate(total=Sum("recordings__duration", default=5), mean=Avg("recordings__duration"))
        assert list(made.order_by("duration").values_list("total", "mean")) == [(5, None), (5, None)]


def test_sums_within_64_bits_are_exact_everywhere(fake: FakeTwilio) -> None:
    sids = add(fake, each=0)
    for seconds in (2**32 - 1, 2**31, 2**62, 7):
        fake.recordings.add(call_sid=sids[0], duration=str(seconds), date_created=NOON, status="completed")
    Call.sync()
    Recording.sync()
    for found in (Call.all(), Call.offline()):
        assert found.annotate(n=Sum("recordings__duration")).get(sids[0]).n == 2**62 + 2**32 + 2**31 + 6


# ------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: Recording.values("call__statu"), UnknownField, "did you mean 'status'"),
        (lambda: Recording.values("call__status__in"), UnknownLookup, "is a condition"),
        (lambda: Recording.values("call__isnull"), UnknownLookup, "is a condition"),
        (lambda: Call.values("recordings__sid"), UnknownField, r"Recording.values\('sid'\)"),
        (lambda: Call.order_by("-recordings__duration"), UnknownField, r"Max\('recordings__duration'\)"),
        (lambda: Call.annotate(x=F("recordings__duration")), UnknownField, "several related records"),
        (lambda: Call.aggregate(n=Count("recordings")), QueryError, r"Call.annotate\(n=Count\('recordings'\)\)"),
        (lambda: Call.values("status").annotate(n=Count("recordings")), QueryError, r"annotate\(total=Sum\('n'\)\)"),
        (lambda: Call.annotate(n=Sum("recordings")), QueryError, r"Sum\('recordings__duration'\)"),
        (
            lambda: Call.annotate(n=Sum("recordings__price")),
            QueryError,
            r"Recording.values\('call_sid'\).annotate\(n=Sum\('price'\)\)",
        ),
        (lambda: Call.annotate(n=Median("recordings__duration")), QueryError, "Count, Sum, Avg, Min and Max"),
        (lambda: Call.annotate(n=Count("recordings__call__status")), QueryError, "over two relations"),
        (lambda: Call.annotate(n=Count("recordings__transcriptions")), QueryError, r"Recording.annotate"),
        (lambda: Call.annotate(n=Count("recordings", filter=Q(status="busy"))), QueryError, "recordings__…"),
        (lambda: Call.annotate(n=Count("recordings", filter=Q(recordings__duration=F("channels")))), QueryError, "with values"),
        (lambda: Call.annotate(n=Count("recordings")).annotate(n=Count("legs")), QueryError, "already: choose another name"),
        (lambda: Call.annotate(sid=Count("recordings")), QueryError, "choose another name"),
        (lambda: Call.annotate(Count("recordings")), QueryError, "by name"),
        (lambda: Account.annotate(n=Count("calls")), QueryError, r"Call.across_accounts\(\)"),
        (lambda: Recording.aggregate(n=Sum("call__price")), QueryError, "amounts of several units"),
        (lambda: Recording.annotate(p=F("call__price")).aggregate(n=Max("p")), QueryError, "amounts of several units"),
        (
            lambda: Recording.values("call__price").annotate(n=Count()).aggregate(n=Sum("call__price")),
            QueryError,
            "amounts of several units",
        ),
        (lambda: Recording.aggregate(n=Count("sid", filter=Q(transcriptions__isnull=True))), QueryError, "put those into filter"),
        (lambda: Recording.dates("call__start_time", "day"), UnknownField, "Recording's own fields"),
    ],
)
def test_what_is_not_possible_says_what_is(fake: FakeTwilio, ask: Callable[[], Any], error: type[Exception], says: str) -> None:
    with fake.expects_requests(0), pytest.raises(error, match=says):
        ask()


def test_a_resource_that_is_not_mirrored_has_no_offline_answer(fake: FakeTwilio) -> None:
    Message.sync()
    Call.sync()
    with fake.expects_requests(0), pytest.raises(QueryError, match="is not mirrored"):
        list(Call.offline().annotate(n=Count("feedback")))
