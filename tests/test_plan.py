"""From a question to the requests that ask it: which there are, what is trusted, and where there are too many."""

from __future__ import annotations

from typing import Any

import pytest

from twilio_orm import (
    Call,
    Conference,
    Connection,
    IncomingPhoneNumber,
    IncomingPhoneNumberAssignedAddOnExtension,
    Media,
    Message,
    MissingScope,
    NotCovered,
    Participant,
    Q,
    QueryError,
    Recording,
    Transcription,
    UsageRecord,
    Verbatim,
)
from twilio_orm.query.api_requests import FetchRequest, ListRequest, is_exact_filter, narrowed
from twilio_orm.query.ast import And, Condition, Node, Or, Query, Ref
from twilio_orm.query.constraints import Constraints, disjuncts, query_constraints, row_constraints
from twilio_orm.query.explain import explain_plan
from twilio_orm.query.intervals import EVER, intersection, next_day
from twilio_orm.query.planner import MOST_REQUESTS, Plan, check_supported, offline_plan, plan
from twilio_orm.testing import FakeTwilio

OWNER = "AC" + "0" * 32
CALL, CONFERENCE, OTHER = "CA" + "1" * 32, "CF" + "2" * 32, "CF" + "3" * 32
SIDS = [f"CA{number:032x}" for number in range(30)]
NUMBERS = [f"+1555000{number:04d}" for number in range(30)]
ONE, TWO = NUMBERS[:2]


def planned(question: Any, *, live: bool = True) -> Plan:
    return plan(question.model.complete_query(question.query), OWNER, live=live)


def targets(asked: Plan) -> list[str]:
    """What is asked for, below the account, with plain pluses."""
    root = f"/2010-04-01/Accounts/{OWNER}/"
    found = [one.target(None).removeprefix(root) for one in asked.requests]
    return [one.replace(".json", "").replace("%2B", "+").replace("%3E", ">").replace("%3C", "<") for one in found]


BY_NUMBER = [f"Calls?To={number}" for number in NUMBERS]
FROM_NUMBER = [f"Calls?From={number}" for number in NUMBERS]
BY_SID = [f"Calls/{sid}" for sid in SIDS]

# (question, the requests, whether what they bring is just what was meant, whether a whole list is read)
QUESTIONS = [
    (Call.all(), ["Calls"], True, True),
    (Call.filter(to=ONE, status="busy"), [f"Calls?To={ONE}&Status=busy"], True, False),
    (Call.filter(duration__gt=5), ["Calls"], False, True),
    (Call.filter(to__isnull=True), ["Calls"], False, True),
    # a value that Twilio's filter would refuse, or read otherwise, makes no list shorter
    (Call.filter(status=Verbatim("odd")), ["Calls"], False, True), (Call.filter(to=" x "), ["Calls"], False, True),
    (Call.filter(status=Verbatim("odd"), to=ONE), [f"Calls?To={ONE}"], False, False),
    (Call.filter(start_time="2026-05-01"), ["Calls?StartTime=2026-05-01"], False, False),
    (Call.filter(end_time__lt="2026-05-01"), ["Calls?EndTime<=2026-05-01"], False, False),
    # one of several values, as long as they are few, and by those of which there are fewest
    (Call.filter(to__in=NUMBERS[:20]), BY_NUMBER[:20], False, False),
    (Call.filter(to__in=NUMBERS[:21]), ["Calls"], False, True),
    (Call.filter(to__in=NUMBERS[:5], from___in=NUMBERS[:4]), FROM_NUMBER[:4], False, False),
    (Call.filter(to__in=NUMBERS[:4], from___in=NUMBERS[:6]), BY_NUMBER[:4], False, False),
    (Call.filter(to__in=NUMBERS[:21], from___in=NUMBERS[:22], status="busy"), ["Calls?Status=busy"], False, False),
    (Call.filter(to__in=[]), [], True, False),
    (Call.filter(Q(to__in=[]) | Q(from_=ONE)), [f"Calls?From={ONE}"], False, False),
    # records by their own addresses, which need no more
    (Call.filter(sid__in=SIDS[:3]), BY_SID[:3], False, False),
    (Call.filter(sid__in=SIDS[:2], to__in=NUMBERS[:2]), BY_SID[:2], False, False),
    (Call.filter(sid__in=SIDS[:20]), BY_SID[:20], False, False),
    (Call.filter(sid__in=SIDS[:21]), ["Calls"], False, True),
    (Call.filter(sid__in=SIDS[:21], to__in=NUMBERS[:2]), BY_NUMBER[:2], False, False),
    # each side of an "or" by itself, unless one of them asks for all there is
    (Call.filter(Q(to=ONE) | Q(from_=ONE)), [f"Calls?To={ONE}", f"Calls?From={ONE}"], False, False),
    (Call.filter(Q(to=ONE) | Q(duration__gt=5)), ["Calls"], False, True),
    (Call.filter(Q(to=ONE) | Q(duration__gt=5), status="busy"), ["Calls?Status=busy"], False, False),
    (Call.filter(Q(to=ONE) | Q(to=ONE, status="busy")), [f"Calls?To={ONE}"], False, False),
    (Call.filter(Q(to=ONE, status="busy") | Q(to=ONE)), [f"Calls?To={ONE}"], False, False),
    (Call.filter(Q(to=ONE) | Q(to=ONE)), [f"Calls?To={ONE}"], False, False),
    (Call.filter(Q(to=ONE, duration__gt=5) | Q(to=ONE)), [f"Calls?To={ONE}"], False, False),
    (
        Call.filter(Q(to__in=NUMBERS[:2]) | Q(from_=ONE) | Q(status="busy")),
        [*BY_NUMBER[:2], f"Calls?From={ONE}", "Calls?Status=busy"], False, False,
    ),
    (Call.filter(Q(to__in=NUMBERS[:10]) | Q(from___in=NUMBERS[:10])), BY_NUMBER[:10] + FROM_NUMBER[:10], False, False),
    (Call.filter(Q(to__in=NUMBERS[:11]) | Q(from___in=NUMBERS[:10])), ["Calls"], False, True),
    (
        Call.filter(Q(to=ONE) | Q(to=TWO), Q(status="busy") | Q(status="failed")),
        [f"Calls?To={to}&Status={status}" for to in (ONE, TWO) for status in ("busy", "failed")], False, False,
    ),
    # what is denied twice is said
    (Call.filter(~Q(to=ONE)), ["Calls"], False, True),
    (Call.filter(~~Q(to=ONE)), [f"Calls?To={ONE}"], False, False),
    (Call.exclude(~Q(to=ONE, status="busy")), [f"Calls?To={ONE}&Status=busy"], False, False),
    (Call.exclude(~Q(to=ONE), ~Q(status="busy")), ["Calls"], False, True),
    # a list that has to be asked for value by value
    (Conference.all(), [f"Conferences?Status={one}" for one in ("init", "in-progress", "completed")], True, True),
    (Conference.filter(status="completed"), ["Conferences?Status=completed"], True, False),
    (
        Conference.filter(status__in=["completed", "init"]),
        ["Conferences?Status=init", "Conferences?Status=completed"], False, True,
    ),
    (Conference.filter(status__in=["completed", "completed"]), ["Conferences?Status=completed"], False, False),
    (
        Conference.filter(friendly_name__in=list("xy"), status__in=["completed", "init"]),
        [f"Conferences?FriendlyName={name}&Status={one}" for one in ("init", "completed") for name in "xy"], False, False,
    ),
    (
        Conference.filter(friendly_name__in=list("abcdefg")),
        [f"Conferences?Status={one}" for one in ("init", "in-progress", "completed")], False, True,
    ),
    (
        Conference.filter(status="completed", friendly_name__in=list("abcdefg")),
        [f"Conferences?FriendlyName={name}&Status=completed" for name in "abcdefg"], False, False,
    ),
    # below a parent
    (Participant.filter(conference_sid=CONFERENCE), [f"Conferences/{CONFERENCE}/Participants"], True, False),
    (
        Participant.filter(conference_sid__in=[CONFERENCE, OTHER]),
        [f"Conferences/{CONFERENCE}/Participants", f"Conferences/{OTHER}/Participants"], False, False,
    ),
    (
        Participant.filter(Q(conference_sid=CONFERENCE) | Q(conference_sid=OTHER)),
        [f"Conferences/{CONFERENCE}/Participants", f"Conferences/{OTHER}/Participants"], False, False,
    ),
    (
        Participant.filter(conference_sid=CONFERENCE, muted=True),
        [f"Conferences/{CONFERENCE}/Participants?Muted=true"], True, False,
    ),
    (
        Participant.filter(call_sid=CALL, conference_sid=CONFERENCE),
        [f"Conferences/{CONFERENCE}/Participants/{CALL}"], True, False,
    ),
    (Recording.filter(call_sid=CALL), [f"Recordings?CallSid={CALL}"], False, False),
    (
        Recording.filter(include_soft_deleted=True, call_sid=CALL),
        [f"Recordings?IncludeSoftDeleted=true&CallSid={CALL}"], True, False,
    ),
    (Transcription.filter(recording_sid="RE" + "1" * 32), [f"Recordings/RE{'1' * 32}/Transcriptions"], True, False),
    (Transcription.filter(status="completed"), ["Transcriptions"], False, True),
    # the path itself is the filter
    (IncomingPhoneNumber.filter(type="local"), ["IncomingPhoneNumbers/Local"], False, False),
    (IncomingPhoneNumber.filter(type=Verbatim("odd")), ["IncomingPhoneNumbers"], False, False),
    (
        IncomingPhoneNumber.filter(type__in=["local", "mobile"]),
        ["IncomingPhoneNumbers/Local", "IncomingPhoneNumbers/Mobile"], False, False,
    ),
    (IncomingPhoneNumber.filter(beta=True), ["IncomingPhoneNumbers?Beta=true"], False, False),
    (UsageRecord.all(), ["Usage/Records/AllTime?IncludeSubaccounts=true"], True, False),
    (
        UsageRecord.daily.between("2026-06-01", "2026-06-02").filter(category="calls"),
        ["Usage/Records/Daily?IncludeSubaccounts=true&Category=calls&StartDate=2026-06-01&EndDate=2026-06-02"], False, False,
    ),
    (
        Message.filter(date_sent__gte="2026-06-01", to__in=NUMBERS[:2]),
        [f"Messages?To={number}&DateSent>=2026-06-01" for number in (ONE, TWO)], False, False,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("question", "asked", "exact", "everything"), QUESTIONS, ids=range(len(QUESTIONS)))
def test_what_is_asked(question: Any, asked: list[str], exact: bool, everything: bool) -> None:
    """The requests of a question, each of which is made once."""
    found = planned(question)
    assert (targets(found), found.exact, found.reads_everything) == (asked, exact, everything)
    assert found.residual == found.query.where


@pytest.mark.parametrize("question", [Participant.all(), Participant.filter(call_sid=CALL), Media.filter(sid="ME" + "1" * 32)])
def test_who_lives_below_a_parent_has_to_name_it(question: Any) -> None:
    with pytest.raises(MissingScope, match="lives below a parent"):
        planned(question)


def test_all_parents_that_are_missing_are_named() -> None:
    with pytest.raises(MissingScope, match="resource_sid=…, assigned_add_on_sid=…"):
        planned(IncomingPhoneNumberAssignedAddOnExtension.all())


def test_a_record_may_have_been_heard_in_lists_of_other_values() -> None:
    """Live its own address is enough; what would have had to be heard is each of them."""
    question = Call.filter(sid=CALL, to__in=[ONE, TWO])
    assert targets(planned(question)) == [f"Calls/{CALL}"]
    found = planned(question, live=False)
    assert targets(found) == [f"Calls/{CALL}"] * 2
    assert [one.constraints.equal["to"] for one in found.requests] == [ONE, TWO]


def test_an_or_of_more_sides_than_requests_is_read_whole() -> None:
    sides = [Q(to=number) for number in NUMBERS]
    for count in (MOST_REQUESTS, MOST_REQUESTS + 1):
        either = sides[0]
        for side in sides[1:count]:
            either |= side
        assert len(planned(Call.filter(either)).requests) == (count if count <= MOST_REQUESTS else 1)


def test_a_record_of_a_sid_of_its_own_is_recalled_without_its_parents() -> None:
    """A participant's key is two names, and a question that names no record has none: those have to name their parents."""
    sid = "ME" + "1" * 32
    found = offline_plan(Media.filter(sid=sid).query, OWNER)
    [ask] = found.requests
    assert (
        isinstance(ask, FetchRequest) and ask.covers == Constraints({"sid": sid}) and ask.path.endswith(sid) and not found.exact
    )
    assert ask.constraints.equal == {"sid": sid} and ask.params == () and not ask.given
    assert offline_plan(Call.filter(to=ONE).query, OWNER) == planned(Call.filter(to=ONE), live=False)
    for question in (Media.filter(content_type="image/png"), Participant.filter(call_sid=CALL)):
        with pytest.raises(MissingScope):
            offline_plan(question.query, OWNER)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (Call.filter(duration__gt=5), "Call: 1 request to Twilio|  request  GET /2010-04-01/Accounts/A/Calls.json|"
         "  filter   duration is above 5|  note     no condition limits what Twilio lists"),
        (Call.filter(to__in=[ONE, TWO]).order_by("-start_time", "sid"),
         "Call: 2 requests|  order    start_time descending, sid, sorted here"),
    ],
)  # fmt: skip
def test_a_plan_in_words(question: Any, words: str) -> None:
    text = explain_plan(planned(question), ["the calls"], ["not covered"]).replace(OWNER, "A")
    assert all(any(line.startswith(part) for line in text.splitlines()) for part in words.split("|")), text
    assert "  subquery the calls" in text and text.endswith("\n  mirror   not covered")


def test_the_note_is_for_what_is_filtered_here_out_of_everything() -> None:
    assert "note" in explain_plan(planned(Call.filter(duration__gt=5)))
    assert "note" not in explain_plan(planned(Call.all()))
    assert "note" not in explain_plan(planned(Call.filter(to=ONE, duration__gt=5)))


def test_only_what_twilio_gives_is_asked_for() -> None:
    """A resource that has neither lists nor addresses, and one that has both."""
    from twilio_orm import MessageFeedback, ValidationRequest

    fetch = FetchRequest("x", (), Constraints(), Constraints(), {})
    for model, words in ((MessageFeedback, "the mirror has"), (ValidationRequest, "in the reply")):
        query = Query(model.api_schema)
        with pytest.raises(QueryError, match=f"by its SID; .*{words}"):
            check_supported(query, [fetch])
        with pytest.raises(QueryError, match=f"does not list .*{words}"):
            check_supported(query, [ListRequest("x", (), Constraints(), Constraints(), {})])
    check_supported(Query(Call.api_schema), [fetch, ListRequest("x", (), Constraints(), Constraints(), {})])


TRUSTED = [
    (Condition("to", "exact", ONE), True),
    (Condition("sid", "exact", CALL), True),
    (Condition("to", "in", (ONE,)), False),
    (Condition("to", "exact", Ref("from_")), False),
    (Condition("start_time", "exact", "2026-05-01 00:00:00"), False),
    (Condition("start_time", "exact", 5, "hour"), False),
    (Condition("duration", "exact", 5), False),
    (Condition("uri", "exact", "x"), False),
]


@pytest.mark.parametrize(("node", "wanted"), TRUSTED)
def test_what_is_trusted(node: Condition, wanted: bool) -> None:
    """A value that Twilio compares as it is written, and what the address itself says."""
    assert is_exact_filter(Call.api_schema, node, "") is wanted


# ---------------------------------------------------------------- days


NOON, NEXT = "2026-05-01 12:00:00", "2026-05-02 00:00:00"
DAYS = [  # (from, until, the days asked for)
    ((NOON, None), "StartTime>=2026-05-01"),
    ((None, NOON), "StartTime<=2026-05-02"),
    ((None, NEXT), "StartTime<=2026-05-02"),
    ((None, "2026-05-02 00:00:01"), "StartTime<=2026-05-03"),
    ((NOON, NEXT), "StartTime=2026-05-01"),
    ((NOON, "2026-05-02 00:00:01"), "StartTime>=2026-05-01&StartTime<=2026-05-03"),
    ((NOON, "9999-12-31 12:00:00"), "StartTime>=2026-05-01"),
    ((None, "9999-12-30 12:00:00"), "StartTime<=9999-12-31"),
    ((None, "0001-01-01 00:00:00"), "StartTime<=0001-01-02"),
    ((None, "0001-01-01 00:00:01"), "StartTime<=0001-01-02"),
]


@pytest.mark.parametrize(("span", "wanted"), DAYS)
def test_the_days_of_a_span(span: tuple[str | None, str | None], wanted: str) -> None:
    """Whole days that hold it, whichever way Twilio reads their bounds; beyond the last day there is nothing to ask for."""
    query = Query(Call.api_schema)
    [ask] = plan(query, OWNER).requests
    found = narrowed(query, OWNER, ask, "start_time", *span)
    assert targets(Plan(query, (found,), (), exact=False)) == [f"Calls?{wanted}"]
    assert found.constraints.spans == found.covers.spans == {"start_time": span}
    assert isinstance(found, ListRequest) and not found.is_filtered and found.parent_path == ""


def test_a_request_narrowed_twice_asks_for_what_both_hold() -> None:
    question = Call.filter(start_time__gte="2026-05-01", to=ONE)
    [ask] = planned(question).requests
    found = narrowed(question.query, OWNER, ask, "start_time", None, "2026-05-09 00:00:00")
    assert found.covers == Constraints({"to": ONE}, {"start_time": ("2026-05-01 00:00:00", "2026-05-09 00:00:00")})
    assert narrowed(question.query, OWNER, ask, "start_time", None, None) == ask
    [bare] = planned(Call.all()).requests
    assert narrowed(Call.all().query, OWNER, bare, "start_time", None, None).covers == Constraints()


def test_what_will_have_been_heard() -> None:
    """What was asked by, and no more; what the request says of each row besides."""
    [ask] = planned(Call.filter(to=ONE, duration=5)).requests
    assert ask.covers == Constraints({"to": ONE}) and ask.constraints == Constraints({"to": ONE, "duration": 5})
    assert ask.given == {"account_sid": OWNER} and isinstance(ask, ListRequest) and ask.is_filtered
    [ask] = planned(Call.filter(sid=CALL, to=ONE)).requests
    assert ask.covers == Constraints({"sid": CALL}) and isinstance(ask, FetchRequest)
    [ask] = planned(Participant.filter(conference_sid=CONFERENCE, muted=True)).requests
    assert ask.covers == Constraints({"conference_sid": CONFERENCE, "muted": 1})
    assert ask.given == {"account_sid": OWNER, "conference_sid": CONFERENCE}
    [ask] = planned(IncomingPhoneNumber.filter(type="local")).requests
    assert ask.covers == Constraints({"type": "local"}) and ask.given == {"account_sid": OWNER, "type": "local"}
    [ask] = planned(IncomingPhoneNumber.filter(type=Verbatim("odd"))).requests
    assert ask.covers == Constraints() and ask.given == {"account_sid": OWNER}
    [ask] = planned(Recording.filter(include_soft_deleted=True)).requests
    assert ask.covers == Constraints(flags=(("include_soft_deleted", 1),))


def test_the_first_and_the_last_day_of_sums() -> None:
    """They are the days asked about, and heard as such; of a sum over all of them they are part of its name."""
    [ask] = planned(UsageRecord.daily.between("2026-06-01", "2026-06-09")).requests
    spans = {"start_date": ("2026-06-01", None), "end_date": (None, "2026-06-10")}
    assert ask.covers == Constraints({"period": "daily", "include_subaccounts": 1}, spans)
    assert ask.params == (("IncludeSubaccounts", "true"), ("StartDate", "2026-06-01"), ("EndDate", "2026-06-09"))
    [ask] = planned(UsageRecord.filter(start_date="2026-06-01", end_date="2026-06-09")).requests
    days = {"start_date": "2026-06-01", "end_date": "2026-06-09"}
    assert ask.covers.equal == {"period": "total", "include_subaccounts": 1, **days} and not ask.covers.spans
    assert ask.params == (("EndDate", "2026-06-09"), ("StartDate", "2026-06-01"), ("IncludeSubaccounts", "true"))
    assert planned(UsageRecord.between("2026-06-01", "2026-06-09")).requests == (ask,)
    for asked, first, last in (
        (UsageRecord.daily.filter(start_date="2026-06-03"), "2026-06-03", "2026-06-03"),
        (UsageRecord.daily.filter(end_date="2026-06-03"), "2026-06-03", "2026-06-03"),
        (UsageRecord.monthly.filter(start_date="2026-02-01", end_date="2026-02-28"), "2026-02-01", "2026-02-28"),
        (UsageRecord.monthly.filter(start_date="9999-12-01", end_date="9999-12-31"), "9999-12-01", "9999-12-31"),
    ):
        [ask] = planned(asked).requests
        assert ask.params[1:] == (("StartDate", first), ("EndDate", last)), asked
    [ask] = planned(UsageRecord.monthly.filter(start_date="2026-02-01")).requests
    assert ask.params[1:] == (("StartDate", "2026-02-01"),) and ask.covers.spans == {"start_date": ("2026-02-01", None)}
    [ask] = planned(UsageRecord.daily.filter(end_date__lte="9999-12-31")).requests
    assert ask.params[1:] == (("EndDate", "9999-12-31"),)
    [ask] = planned(UsageRecord.daily.filter(start_date__lt="2026-06-01")).requests
    assert ask.params[1:] == () and ask.covers.spans == {}


def test_a_target_names_its_page_size_where_there_are_pages() -> None:
    [ask] = planned(Call.filter(to=ONE)).requests
    assert ask.target(50).endswith("Calls.json?To=%2B15550000000&PageSize=50")
    assert ask.target(None).endswith("Calls.json?To=%2B15550000000")
    assert ask.describe() == f"GET /2010-04-01/Accounts/{OWNER}/Calls.json with To"
    assert planned(Call.filter(to=ONE, status="busy")).requests[0].describe().endswith("Calls.json with To, Status")
    [ask] = planned(Call.filter(sid=CALL)).requests
    assert ask.target(50) == ask.target(None) and ask.target(50).endswith(f"{CALL}.json")
    assert ask.describe().endswith(f"{CALL}.json")


# ---------------------------------------------------------------- what a question says for certain


A, B, C = "2026-05-01", "2026-05-02", "2026-05-03"
CERTAIN = [  # (a condition on the first day of sums, the span)
    (("exact", A), (A, B)), (("gte", A), (A, None)), (("gt", A), (B, None)), (("lt", A), (None, A)), (("lte", A), (None, B)),
    (("range", (A, B)), (A, C)), (("range", (None, B)), (None, C)), (("range", (A, None)), (A, None)), (("in", (A, B)), None),
    (("isnull", True), None), (("span", (A, C)), (A, C)), (("spans", ((B, C), (A, B))), (A, C)), (("spans", ()), None),
    (("gt", "9999-12-31"), ("9999-12-32", None)),
]  # fmt: skip


@pytest.mark.parametrize(("said", "span"), CERTAIN)
def test_the_span_that_a_condition_on_a_day_means(said: tuple[str, Any], span: Any) -> None:
    found = query_constraints(Query(UsageRecord.api_schema, (Condition("start_date", *said),)))
    assert found.spans == ({} if span is None else {"start_date": span})
    assert found.equal == ({"start_date": A} if said == ("exact", A) else {})


def test_the_span_that_a_condition_on_a_time_means() -> None:
    def span(lookup: str, value: Any, field: str = "start_time") -> Any:
        return query_constraints(Query(Call.api_schema, (Condition(field, lookup, value),))).spans.get(field)

    assert (span("gte", NOON), span("lt", NOON)) == ((NOON, None), (None, NOON))
    assert span("span", (NOON, NEXT)) == (NOON, NEXT)
    assert span("gt", NOON) is span("exact", NOON) is span("gte", 5, "duration") is None


def test_what_a_conjunction_says_for_certain() -> None:
    """Of two values the first; of one of one value that; of spans what all of them hold; nothing of parts and other fields."""
    nodes: list[Node] = [
        Condition("to", "exact", ONE), Condition("to", "exact", TWO), Condition("status", "in", ("busy",)),
        Condition("direction", "in", ("a", "b")), Condition("start_time", "gte", "2026-05-01 00:00:00"),
        And((Condition("start_time", "lt", NEXT), Condition("start_time", "gte", NOON))),
        Condition("start_time", "exact", 5, "hour"), Condition("from_", "exact", Ref("to")),
        Or((Condition("duration", "exact", 5), Condition("duration", "exact", 6))),
    ]  # fmt: skip
    assert query_constraints(Query(Call.api_schema, tuple(nodes))) == Constraints(
        {"to": ONE, "status": "busy"}, {"start_time": (NOON, NEXT)}
    )


def test_the_parts_of_a_question() -> None:
    """What each side of an "or" says; where there are too many sides, what all of it says."""
    to, also = (tuple(Condition(field, "exact", value) for value in (ONE, TWO)) for field in ("to", "from_"))
    rest = Condition("status", "exact", "busy")

    def told(*nodes: Node, most: int = 20) -> list[dict[str, Any]]:
        return [dict(one.equal) for one in map(query_constraints, disjuncts(Query(Call.api_schema, nodes), most))]

    both = [{"to": ONE, "status": "busy"}, {"to": TWO, "status": "busy"}]
    assert told(rest, Or(to)) == told(And((rest, Or(to)))) == [{"status": "busy", **one} for one in both]
    assert told(Or(to), Or(also)) == [{"to": a, "from_": b} for a in (ONE, TWO) for b in (ONE, TWO)]
    assert told(Or(to), Or(also), most=4) == told(Or(to), Or(also)) and told(Or(to), most=2) == [{"to": ONE}, {"to": TWO}]
    assert told(Or(to), Or(also), most=3) == [{"to": ONE}, {"to": TWO}] and told(Or(to), most=1) == [{}]
    assert told(Or((to[0],)), rest) == [{"to": ONE, "status": "busy"}]


def test_what_is_certain_of_a_record() -> None:
    body = {"sid": CALL, "to": ONE, "start_time": "Fri, 01 May 2026 12:00:00 +0000", "price": None}
    row = Call.api_schema.codec.read(body, {"account_sid": OWNER})
    assert row_constraints(Call.api_schema, row) == Constraints(
        {"sid": CALL, "account_sid": OWNER, "to": ONE}, {"start_time": (NOON, "2026-05-01 12:00:00.000001")}
    )
    row = UsageRecord.api_schema.codec.read({"category": "calls", "start_date": A}, {"account_sid": OWNER})
    assert row_constraints(UsageRecord.api_schema, row).spans == {"start_date": (A, B)}


def test_facts_as_conditions_and_what_implies_what() -> None:
    known = Constraints({"to": ONE, "price": None}, {"start_time": (NOON, NEXT), "end_time": (None, NEXT)})
    assert known.nodes() == (
        Condition("to", "exact", ONE), Condition("price", "isnull", True), Condition("start_time", "gte", NOON),
        Condition("start_time", "lt", NEXT), Condition("end_time", "lt", NEXT),
    )  # fmt: skip
    assert (
        known.is_subsumed_by(known) and known.is_subsumed_by(Constraints()) and known.is_subsumed_by(Constraints({"price": None}))
    )
    assert known.is_subsumed_by(Constraints({}, {"start_time": (NOON, None)})) and known.is_subsumed_by(
        Constraints({}, {"end_time": (None, NEXT)})
    )
    for other in (
        Constraints({"status": None}), Constraints({"to": TWO}), Constraints(flags=(("deleted", 1),)),
        Constraints({}, {"date_created": (None, None)}), Constraints({}, {"start_time": ("2026-05-01 12:00:01", None)}),
        Constraints({}, {"start_time": (None, "2026-05-01 23:59:59")}),
        Constraints({}, {"end_time": (NOON, None)}),
    ):  # fmt: skip
        assert known.is_subsumed_by(other) is False


def test_what_lies_within_both_of_two_spans() -> None:
    assert intersection(EVER, (A, None)) == (A, None)
    assert intersection((A, None), (B, None)) == (B, None) and intersection((None, C), (None, B)) == (None, B)
    assert intersection((A, C), (None, None)) == (A, C) and intersection((None, None), (None, None)) == (None, None)
    assert (next_day("2026-12-31"), next_day("9999-12-31")) == ("2027-01-01", "9999-12-32")


def test_sides_of_an_or_that_one_request_answers() -> None:
    """It covers what both have in common and no more; in the mirror each side has to be covered, be it by another list."""
    noon, one, two, three = (f"2026-05-01 {hour}:00:00" for hour in (12, 13, 14, 15))
    morning, evening = ({"to": ONE, "start_time__gte": a, "start_time__lt": b} for a, b in ((noon, one), (two, three)))
    days = Call.filter(Q(**morning) | Q(**evening)).query
    [sent] = plan(days, OWNER).requests
    assert sent.constraints == sent.covers == Constraints({"to": ONE}, {"start_time": (noon, three)})
    spans = [request.constraints.spans["start_time"] for request in offline_plan(days, OWNER).requests]
    assert spans == [(noon, one), (two, three)]
    record = Call.filter(Q(to=ONE) | Q(from_=ONE), sid=CALL).query
    [fetched] = plan(record, OWNER).requests
    assert isinstance(fetched, FetchRequest) and fetched.constraints == Constraints({"sid": CALL})
    wanted = [request.constraints.equal for request in offline_plan(record, OWNER).requests]
    assert wanted == [{"sid": CALL, "to": ONE}, {"sid": CALL, "from_": ONE}]


def test_a_record_is_not_covered_by_one_side_of_an_or(connection: Connection, fake: FakeTwilio) -> None:
    """The mirror has the list of one side: whether a record is on the other, it cannot say."""
    ours, other = (fake.calls.add(to=to, **{"from": from_})["sid"] for to, from_ in ((ONE, TWO), (TWO, "+14155550177")))
    Call.filter(to=ONE).sync()
    either = Q(sid=other, to=ONE) | Q(sid=other, from_="+14155550177")
    with pytest.raises(NotCovered):
        Call.offline().filter(either).count()
    assert Call.filter(either).count() == 1
    Call.involving(ONE).sync()
    assert [Call.involving(ONE).offline().filter(sid=one).count() for one in (ours, fake.calls.add(to=TWO)["sid"])] == [1, 0]


def test_two_sids_in_one_field_are_no_request(connection: Connection, fake: FakeTwilio) -> None:
    """No record satisfies both, and no list has to be fetched to know it; a side of an "or" may be such a conjunction."""
    one, two, other = (fake.calls.add(to=to)["sid"] for to in (ONE, TWO, TWO))
    with fake.expects_requests(0):
        assert Call.filter(sid=one).filter(sid=two).count() == Call.filter(sid=one, sid__in=[two, other]).count() == 0
    either = Call.filter(sid=one) ^ Call.filter(to=ONE)
    either.sync()
    with fake.expects_requests(0):
        assert [either.offline().filter(sid=sid).count() for sid in (one, two)] == [0, 0]
    assert targets(planned(Call.filter(sid=one, sid__in=[one, two]))) == [f"Calls/{one}"]
