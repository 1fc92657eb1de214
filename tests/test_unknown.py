"""Fields that the mirror does not know, excluded from it or redacted in it: every word that depends on them says so, or asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import twilio_orm
from twilio_orm import Call, Connection, Count, F, IncomingPhoneNumber, Max, Message, NotCovered, Q, Recording, Sum
from twilio_orm.changes import erasure
from twilio_orm.docs.generator.class_pages import INTERNAL
from twilio_orm.mirror.exclusions import certainly, possibly
from twilio_orm.mirror.redaction import without_fields
from twilio_orm.query import predicates
from twilio_orm.query.ast import And, Condition, Node, Not, Or, Ref
from twilio_orm.schema.row_layout import UNDECLARED
from twilio_orm.testing import FakeTwilio

NUMBER, OTHER, OURS = "+14155550177", "+14155550178", "+15005550006"
NOON = datetime(2026, 6, 10, 12, tzinfo=timezone.utc)


@pytest.fixture
def calls(fake: FakeTwilio) -> FakeTwilio:
    """Two calls to the number and three to others, each with a recording, an hour apart."""
    for at, to in enumerate((NUMBER, OTHER, NUMBER, OTHER, OTHER)):
        when = (NOON + timedelta(hours=at)).strftime("%a, %d %b %Y %H:%M:%S +0000")
        sid = fake.calls.add(to=to, status="completed", start_time=when, date_created=when, **{"from": OURS})["sid"]
        fake.recordings.add(call_sid=sid, status="completed", date_created=when)
    return fake


@pytest.fixture(params=["redacted", "excluded"])
def unknown(request: pytest.FixtureRequest, calls: FakeTwilio) -> Iterator[Connection]:
    """A mirror that has heard all and does not know the ``to`` of the calls, or of two of them."""
    left = {"Call": ["to", "price_unit"]} if request.param == "excluded" else None
    connection = twilio_orm.connect(
        calls.account_sid, calls.auth_token, transport=calls.send, mirror=":memory:", leave_out=left, clock=lambda: calls.clock
    )
    with connection:
        Call.sync(full=True)
        Recording.sync(full=True)
        if request.param == "redacted":
            erasure.redact(NUMBER)
        yield connection
    connection.close()


def sids(found: Any) -> list[str]:
    return sorted(one.sid for one in found)


WORDS: dict[str, Callable[[Any], Any]] = {
    "filter": lambda asked: sids(asked.filter(to=NUMBER)),
    "exclude": lambda asked: sids(asked.exclude(to=NUMBER)),
    "in": lambda asked: sids(asked.filter(to__in=[NUMBER, OTHER])),
    "contains": lambda asked: sids(asked.filter(to__contains="0178")),
    "isnull": lambda asked: sids(asked.filter(to__isnull=True)),
    "not null": lambda asked: sids(asked.filter(to__isnull=False)),
    "or": lambda asked: sids(asked.filter(Q(to=NUMBER) | Q(status="busy"))),
    "not": lambda asked: sids(asked.filter(~Q(to=NUMBER))),
    "F": lambda asked: sids(asked.filter(from_=F("to"))),
    "other F": lambda asked: sids(asked.filter(to=F("from_"))),
    "involving": lambda asked: sids(asked.involving(NUMBER)),
    "order_by": lambda asked: [one.sid for one in asked.order_by("to", "sid")],
    "reverse": lambda asked: [one.sid for one in asked.order_by("to").reverse()],
    "first": lambda asked: asked.order_by("-to").first().sid,
    "last": lambda asked: asked.order_by("to").last().sid,
    "slice": lambda asked: [one.sid for one in asked.order_by("to")[1:3]],
    "index": lambda asked: asked.order_by("to")[0].sid,
    "count": lambda asked: asked.filter(to=NUMBER).count(),
    "exists": lambda asked: asked.filter(to=NUMBER).exists(),
    "get": lambda asked: asked.get(to=NUMBER, start_time=NOON).sid,
    "get_or_none": lambda asked: asked.get_or_none(to="+15"),
    "in_bulk": lambda asked: list(asked.filter(to=NUMBER).in_bulk([one.sid for one in Call.offline()])),
    "pages": lambda asked: sorted(one.sid for page in asked.filter(to=NUMBER).pages(2) for one in page),
    "iterator": lambda asked: sids(asked.filter(to=NUMBER).iterator()),
    "prefetch": lambda asked: [len(list(one.recordings)) for one in asked.filter(to=NUMBER).prefetch("recordings")],
    "batches": lambda asked: sorted(one.sid for batch in asked.filter(to=NUMBER).batches() for one in batch),
    "latest": lambda asked: asked.filter(to=NUMBER).latest("start_time").sid,
    "earliest": lambda asked: asked.filter(to=NUMBER).earliest("start_time").sid,
    "dates": lambda asked: list(asked.filter(to=NUMBER).dates("start_time", "day")),
    "datetimes": lambda asked: list(asked.filter(to=NUMBER).datetimes("start_time", "hour")),
    "to_records": lambda asked: sorted(row["sid"] for row in asked.filter(to=NUMBER).values("sid").to_records()),
    "records of all": lambda asked: sorted(row["to"] for row in asked.values("to").to_records()),
    "values": lambda asked: sorted(row["to"] for row in asked.values("sid", "to")),
    "all values": lambda asked: sorted(row["to"] for row in asked.values()),
    "values_list": lambda asked: sorted(asked.values_list("to", "sid")),
    "flat": lambda asked: sorted(asked.values_list("to", flat=True)),
    "distinct": lambda asked: sorted(asked.values_list("to", flat=True).distinct()),
    "values count": lambda asked: asked.values("to").distinct().count(),
    "annotate by": lambda asked: list(asked.values("to").annotate(n=Count())),
    "annotate of": lambda asked: list(asked.values("status").annotate(n=Count("to", distinct=True), last=Max("to"))),
    "groups count": lambda asked: asked.values("to").annotate(n=Count()).count(),
    "aggregate": lambda asked: asked.aggregate(n=Count("to"), last=Max("to")),
    "conditional": lambda asked: asked.aggregate(n=Count(filter=~Q(to=NUMBER))),
    "compared in a condition": lambda asked: asked.aggregate(n=Count(filter=Q(from___gt=F("to")))),
    "conditional of groups": lambda asked: list(asked.values("status").annotate(n=Count(filter=Q(status="busy") | Q(to=NUMBER)))),
    "having": lambda asked: list(asked.values("to").annotate(n=Count()).filter(Q(n__gt=0) | Q(to__gt="+1"))),
    "values of some": lambda asked: sorted(asked.values_list("status").filter(to=NUMBER)),
    "values in order": lambda asked: list(asked.values_list("status", flat=True).order_by("to")),
    "sum of those": lambda asked: asked.filter(to=NUMBER).aggregate(n=Count()),
    "sum of a slice": lambda asked: asked.order_by("to")[:2].aggregate(n=Count()),
}


@pytest.mark.slow
@pytest.mark.parametrize("word", WORDS)
def test_every_word_that_depends_on_it_refuses_or_asks(unknown: Connection, calls: FakeTwilio, word: str) -> None:
    ask = WORDS[word]
    with calls.expects_requests(0):
        with pytest.raises(NotCovered, match=r"Call\.to"):
            ask(Call.offline())
        with pytest.raises(NotCovered, match=r"Call\.to"):
            ask(Call.as_of(unknown.now()))
    cached = ask(Call.cached())
    assert cached == ask(Call.all())


def test_every_public_word_that_asks_is_in_the_table() -> None:
    """A new word of a query set has to say what it does about fields that are not known."""
    asked = {name for name in dir(Call.all()) if not name.startswith("_")} - {
        "all", "none", "as_of", "at", "cached", "distinct", "filter", "exclude", "offline", "with_deleted", "with_gone",
        "strict", "using", "prefetch",
        "query", "source", "relation", "model", "explain", "freshness", "coverage", "sync", "tail", "diff", "ref", "create",
        "get_or_create", "update_or_create", "update", "delete", "plan_update", "plan_delete", "archive", "values", "values_list",
        "annotate", "alias", "only", "defer", "union", "intersection", "difference", "across_accounts", "skipped", "ordered",
        "unknown_records",
        "select_related", "prefetch_related", "result_columns",
        "to_arrow", "to_csv", "to_ndjson", "to_pandas", "to_parquet", "to_polars",  # which read what to_records reads
    }  # fmt: skip
    asked = {name for name in asked if not (name == "alist" or (name[0] == "a" and hasattr(Call.all(), name[1:])))}
    asked -= INTERNAL["QuerySet"]
    assert asked <= WORDS.keys(), asked - WORDS.keys()


UNTOUCHED: dict[str, Callable[[Any], Any]] = {
    "all": lambda asked: sids(asked.all()),
    "count": lambda asked: asked.count(),
    "another field": lambda asked: asked.filter(status="completed").count(),
    "values": lambda asked: sorted(asked.values_list("sid", "status")),
    "groups": lambda asked: list(asked.values("status").annotate(n=Count(), last=Max("start_time"))),
    "order": lambda asked: [one.sid for one in asked.order_by("-start_time")[:3]],
}


@pytest.mark.parametrize("word", UNTOUCHED)
def test_what_does_not_depend_on_it_is_answered(unknown: Connection, calls: FakeTwilio, word: str) -> None:
    ask = UNTOUCHED[word]
    live = ask(Call.all()) if unknown.mirror.excluded else None
    with calls.expects_requests(0):
        got = ask(Call.offline())
        assert ask(Call.as_of(unknown.now())) == got and ask(Call.cached(timedelta(days=1))) == got
    assert got == (live if live is not None else ask(Call.all()))


@pytest.mark.parametrize("unknown", ["redacted"], indirect=True)
def test_records_that_certainly_do_not_matter_do_not_matter(unknown: Connection, calls: FakeTwilio) -> None:
    """Other conditions decide: the redacted calls began before, or are the answer whomever they were to."""
    later = NOON + timedelta(hours=3)
    with calls.expects_requests(0):
        assert Call.offline().filter(to=OTHER, start_time__gte=later).count() == 2
        assert Call.offline().filter(start_time__gte=later).exclude(to=NUMBER).count() == 2
        assert Call.offline().filter(Q(to=NUMBER) | Q(status="completed")).count() == 5
        assert Call.offline().filter(start_time__gte=later).order_by("to").count() == 2
        assert [row["to"] for row in Call.offline().filter(start_time__gte=later).values("to")] == [OTHER, OTHER]
        assert Call.offline().filter(start_time__gte=later).aggregate(n=Count("to"))["n"] == 2
        assert Recording.offline().filter(call__to=OTHER, date_created__gte=later).count() == 2
        for asked in (Call.offline().filter(to=OTHER), Call.offline().filter(to=NUMBER, start_time=NOON)):
            with pytest.raises(NotCovered, match="was redacted"):
                asked.count()


@pytest.mark.parametrize("unknown", ["redacted"], indirect=True)
def test_a_partial_answer_has_what_is_certain(unknown: Connection, calls: FakeTwilio) -> None:
    with calls.expects_requests(0):
        partial = Call.offline(partial=True)
        assert partial.filter(to=OTHER).count() == 3 and partial.filter(to=NUMBER).count() == 0
        assert partial.exclude(to=NUMBER).count() == 3 and partial.filter(to__isnull=True).count() == 0
        assert partial.count() == 5
        assert Recording.offline(partial=True).exclude(call__to=NUMBER).count() == 3
        with pytest.raises(NotCovered):
            list(partial.values("to"))
        with pytest.raises(NotCovered):
            list(partial.order_by("to"))


@pytest.mark.parametrize("verb", ["filter", "exclude"])
def test_relations_through_it(unknown: Connection, calls: FakeTwilio, verb: str) -> None:
    words = {"call__to": OTHER}
    with calls.expects_requests(0), pytest.raises(NotCovered, match=r"Call\.to"):
        getattr(Recording.offline(), verb)(**words).count()
    assert getattr(Recording.cached(), verb)(**words).count() == getattr(Recording.all(), verb)(**words).count()


@pytest.mark.parametrize("unknown", ["redacted"], indirect=True)
@pytest.mark.parametrize("again", ["sync", "live", "full"])
def test_reading_the_records_again_brings_back_what_twilio_has(unknown: Connection, calls: FakeTwilio, again: str) -> None:
    if again == "sync":
        Call.all().sync()
    elif again == "live":
        list(Call.all())
    else:
        Call.sync(full=True)
    assert Call.offline().filter(to=NUMBER).count() == 2 and Call.offline().exclude(to=NUMBER).count() == 3
    assert [row[0] for row in unknown.sql("SELECT count(*) FROM call WHERE mirror_absent IS NOT NULL")] == [0]


@pytest.mark.parametrize("unknown", ["redacted"], indirect=True)
def test_what_was_is_not_known_any_more_either(unknown: Connection, calls: FakeTwilio) -> None:
    """Neither as of a moment before, nor in what changed since then; a reply that changed another field brings a version."""
    before = unknown.now()
    calls.advance(timedelta(minutes=1))
    Call.all().sync()
    erasure.redact(NUMBER)
    with pytest.raises(NotCovered):
        Call.as_of(before).filter(to=OTHER).count()
    assert Call.as_of(before).count() == 5
    told = list(Call.changes(fields=["to"]))
    assert told and all(change.kind == "?" and change.before is change.after is None for one in told for change in one.changes)
    assert {one.key for one in told} == {(row["sid"],) for row in calls.calls if row["to"] == NUMBER}
    assert "to: not known" in str(told[0]) and NUMBER not in str(told)


# ---------------------------------------------------------------- diffs


def test_a_diff_of_a_field_says_that_it_is_not_known(unknown: Connection, calls: FakeTwilio) -> None:
    """Of excluded fields nothing is compared; of redacted ones it is said of each record, and is no difference."""
    before = unknown.now()
    if unknown.mirror.excluded:
        for ask in (
            lambda: Call.all().diff(fields=["to"]), lambda: Call.all().diff(since=before, fields=["to"]),
            lambda: twilio_orm.diff(Call.offline(), Call.all(), fields=["status", "to"]),
            lambda: list(Call.changes(fields=["to"])),
            lambda: twilio_orm.diff(Call.all(), Call.offline(), key="to"),
        ):  # fmt: skip
            with pytest.raises(NotCovered, match=r"Call\.to is excluded"):
                ask()
        assert not Call.all().diff()
        assert not twilio_orm.diff(Call.cached(), Call.all(), fields=["to"])
        return
    for fields in (["to"], None):
        found = Call.all().diff(fields=fields)
        assert found and not found.changed and not found.added and not found.missing
        assert {one.field for one in found.unknown} >= {"to"} and len({one.key for one in found.unknown}) == 2
        assert "no difference" not in found.text() and "to  " in found.text()
        assert "not known" in found.to_markdown() and '"unknown": [' in found.to_json()
        assert [one.kind for one in found] == ["?"] * len(found.unknown)
    assert not Call.all().diff(fields=["status"])


@pytest.mark.parametrize("unknown", ["excluded"], indirect=True)
def test_a_desired_state_is_not_compared_with_what_is_excluded(unknown: Connection, calls: FakeTwilio, tmp_path: Any) -> None:
    sid = next(iter(calls.calls))["sid"]
    path = tmp_path / "wanted.json"
    path.write_text(f'[{{"sid": "{sid}", "to": "+1"}}]')
    with pytest.raises(NotCovered, match=r"Call\.to"):
        Call.offline().filter(sid=sid).diff(path)
    assert Call.filter(sid=sid).diff(path).changed


def test_reverting_names_what_is_not_known(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.numbers.add(friendly_name="Main", phone_number=NUMBER, sms_url="https://a.example/")["sid"]
    with connection:
        IncomingPhoneNumber.sync(full=True)
        before = connection.now()
        fake.advance(timedelta(minutes=1))
        fake.numbers.change(sid, sms_url="https://b.example/")
        erasure.redact(NUMBER)
        with pytest.raises(NotCovered, match="was redacted"):
            twilio_orm.diff(IncomingPhoneNumber.offline(), IncomingPhoneNumber.all(), key="friendly_name")
        plan = IncomingPhoneNumber.all().diff().plan_revert()
        assert [step.fields.keys() for step in plan if step.verb] == [{"sms_url"}]
        assert "friendly_name" in next(step.why for step in plan if not step.verb)
        plan = IncomingPhoneNumber.get(sid).plan_revert(to=before)
        assert "friendly_name" in next(step.why for step in plan if not step.verb)


# ---------------------------------------------------------------- said beforehand


def test_explain_and_freshness_say_so(unknown: Connection, calls: FakeTwilio) -> None:
    with calls.expects_requests(0):
        told, fresh = Call.filter(to=NUMBER).explain(), Call.filter(to=NUMBER).freshness()
        assert "mirror   depends on Call.to, which the mirror does not know" in told
        assert not fresh.whole and any("Call.to" in one for one in fresh.missing)
        assert "depends" not in Call.filter(status="busy").explain() and Call.filter(status="busy").freshness().whole


def test_the_unit_of_money_is_part_of_a_sum(calls: FakeTwilio) -> None:
    connection = twilio_orm.connect(
        calls.account_sid, calls.auth_token, transport=calls.send, mirror=":memory:", leave_out={"Call": ["price_unit"]}
    )
    with connection:
        Call.sync(full=True)
        with pytest.raises(NotCovered, match=r"Call\.price_unit"):
            Call.offline().aggregate(Sum("price"))
        assert Call.cached().aggregate(Sum("price")) == Call.all().aggregate(Sum("price"))


def test_a_new_connection_knows_what_is_excluded_before_it_asks(calls: FakeTwilio) -> None:
    """Its first question may be a cached one."""
    for ask in (WORDS["filter"], WORDS["values"], WORDS["aggregate"]):
        connection = twilio_orm.connect(
            calls.account_sid, calls.auth_token, transport=calls.send, mirror=":memory:", leave_out={"Call": ["to"]}
        )
        with connection:
            assert ask(Call.cached()) == ask(Call.all())
        connection.close()


@pytest.mark.parametrize("unknown", ["redacted"], indirect=True)
def test_records_fetched_along_are_not_judged_by_what_they_lack(unknown: Connection, calls: FakeTwilio) -> None:
    [recording, *_] = [
        one for one in Recording.offline().prefetch("call") if one.call.get().api_schema.codec.redacted(one.call.get().stored_row)
    ]
    with pytest.raises(NotCovered, match=r"Call\.to"):
        recording.call.filter(to=NUMBER).count()
    with pytest.raises(NotCovered, match=r"Call\.to"):
        list(recording.call.values("to"))
    assert recording.call.filter(status="completed").count() == 1


# ---------------------------------------------------------------- what a row remembers


def test_a_row_tells_redacted_from_lacking() -> None:
    """What a body did not have is null; a later body that lacks a redacted field too leaves it redacted."""
    schema = Message.api_schema
    row = schema.codec.read({"sid": "SM" + "1" * 32, "account_sid": "AC" + "1" * 32, "body": "x", "odd": "y", "to": NUMBER}, {})
    gone = without_fields(schema, row, ("body", "from_"), redact=True, undeclared=True)
    assert schema.codec.redacted(gone) == {"body", UNDECLARED} and {"body", "from_"} <= set(schema.codec.absent(gone))
    assert without_fields(schema, gone, ("body", "from_"), redact=True, undeclared=True) == gone
    for body, left in (({"to": NUMBER}, {"body", UNDECLARED}), ({"to": NUMBER, "body": "z"}, {UNDECLARED})):
        later = schema.codec.read({"sid": "SM" + "1" * 32, "account_sid": "AC" + "1" * 32, **body}, {})
        assert schema.codec.redacted(schema.codec.merge(gone, later)) == left
    whole = schema.codec.read(
        {**dict.fromkeys(schema.wires), "sid": "SM" + "1" * 32, "account_sid": "AC" + "1" * 32, "body": "z"}, {}
    )
    assert schema.codec.partial([whole]) == [] and schema.codec.redacted(whole) == set()


def test_a_forgotten_key_takes_the_claim_of_completeness_with_it(fake: FakeTwilio, connection: Connection) -> None:
    """A record whose key says the number is deleted from the mirror: no list of such records counts as heard any more."""
    from twilio_orm import UsageRecord
    from twilio_orm.query.constraints import Constraints

    schema, now = UsageRecord.api_schema, connection.now()
    row = schema.codec.read({"category": f"calls to {NUMBER}", "start_date": "2026-06-01", "end_date": "2026-06-01"}, {
        "account_sid": fake.account_sid, "period": "daily", "include_subaccounts": False})  # fmt: skip
    with connection:
        connection.mirror.absorb(schema, [row], 0, now)
        connection.mirror.record_sweep(fake.account_sid, schema, Constraints({"period": "daily"}), now, now)
        assert connection.mirror.sweeps(fake.account_sid, schema)
        erasure.redact(NUMBER)
        assert connection.mirror.rows()["usage_record"] == 0 and not connection.mirror.sweeps(fake.account_sid, schema)


@pytest.mark.sqlite("query plans")
def test_the_index_finds_redacted_records(unknown: Connection) -> None:
    """However many there are of others."""
    found = unknown.sql("EXPLAIN QUERY PLAN SELECT rowid FROM call WHERE instr(mirror_absent, '\"-') > 0")
    assert unknown.mirror.excluded or "call_redacted" in str(found)


# ---------------------------------------------------------------- bounds


MESSAGES, ROW = Message.api_schema, ("to", "from_", "body")
texts = some.sampled_from(["a", "a", "b", None])
conditions = some.builds(
    lambda field, lookup, value: Condition(field, lookup, value),
    some.sampled_from(ROW), some.sampled_from(["exact", "contains"]), some.sampled_from("ab"),
)  # fmt: skip
fields = some.permutations(ROW).map(lambda names: Condition(names[0], "exact", Ref(names[1])))
leaves = (
    fields
    | conditions
    | some.builds(lambda field, value: Condition(field, "isnull", value), some.sampled_from(ROW), some.booleans())
)
nodes = some.recursive(
    leaves,
    lambda inner: (
        some.builds(Not, inner)
        | some.builds(lambda parts: And(tuple(parts)), some.lists(inner, max_size=3))
        | some.builds(lambda parts: Or(tuple(parts)), some.lists(inner, max_size=3))
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(some.lists(nodes, min_size=1, max_size=2), some.tuples(texts, texts, texts), some.sets(some.sampled_from(ROW)))
def test_a_query_lies_between_what_is_certain_and_what_is_possible(
    where: list[Node], values: tuple[str | None, ...], gone: set[str]
) -> None:
    """Whatever a redacted record was: what is certain was so, and what was so is possible; in Python and in SQL."""
    body = dict(zip(("to", "from", "body"), values, strict=True))
    whole = MESSAGES.codec.read({**body, "sid": "SM" + "1" * 32, "account_sid": "AC" + "1" * 32}, {})
    row = without_fields(MESSAGES, whole, gone, redact=True)
    left = {MESSAGES.table: frozenset(gone)}
    truth = predicates.predicate(MESSAGES, tuple(where))(whole)
    sure = predicates.predicate(MESSAGES, certainly(MESSAGES, where, left))(row)
    may = predicates.predicate(MESSAGES, possibly(MESSAGES, where, left))(row)
    assert sure <= truth <= may
    if not gone:
        assert sure == truth == may


def test_related_records_that_may_fit_have_to_be_heard_too(fake: FakeTwilio, connection: Connection) -> None:
    """Of two calls to one number the recordings of one were heard; the other call is forgotten, and may be meant."""
    one, other = (fake.calls.add(to=NUMBER, status="completed", **{"from": OURS})["sid"] for _ in range(2))
    for sid in (one, other):
        fake.recordings.add(call_sid=sid, status="completed")
    with connection:
        Call.all().sync()
        Recording.filter(call_sid=one).sync()
        erasure.redact(other)
        with pytest.raises(NotCovered):
            Recording.offline().filter(call__to=NUMBER).count()
        assert Recording.cached().filter(call__to=NUMBER).count() == 2


def test_an_excluded_field_by_which_records_are_related_is_refused(fake: FakeTwilio) -> None:
    connection = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", leave_out={"Call": ["parent_call_sid"]}
    )
    with connection:
        Call.all().sync()
        with pytest.raises(NotCovered, match=r"Call\.parent_call_sid"):
            Call.offline().filter(legs__status="completed").count()
    connection.close()
