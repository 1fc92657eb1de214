"""Plans: what many records would be changed to, made and looked at first, then applied and given back."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mirrored import execute

import twilio_orm
from twilio_orm import (
    Account,
    Application,
    BadRequest,
    BadValue,
    BudgetExceeded,
    Call,
    Conference,
    ConfirmationRequired,
    Conflict,
    Connection,
    IncomingPhoneNumber,
    Message,
    Notification,
    QueryError,
    Queue,
    ReadOnly,
    SipCredential,
    Unauthorized,
    UnknownField,
    Unreachable,
    Verbatim,
    WritePlan,
    budget,
)
from twilio_orm.changes import plan_builder
from twilio_orm.http.messages import Request, Response
from twilio_orm.schema.text_fields import Sid
from twilio_orm.sync import worker_pool
from twilio_orm.testing import FakeTwilio

OLD, NEW = "https://old.example.com/voice", "https://new.example.com/voice"


def numbers(fake: FakeTwilio, count: int, **values: Any) -> list[str]:
    made = [
        fake.numbers.add(phone_number=f"+1555000{at:04d}", friendly_name=f"line {at}", **{"voice_url": OLD, **values})
        for at in range(count)
    ]
    return [row["sid"] for row in made]


def writes(fake: FakeTwilio, method: str = "POST") -> Counter[str]:
    """How often each record was written, by the last part of its address."""
    done = [seen for seen in fake.requests if seen.method == method and seen.status is not None and seen.status < 300]
    return Counter(seen.path.rpartition("/")[2].removesuffix(".json") for seen in done)


def moved(number: IncomingPhoneNumber) -> str:
    return (number.voice_url or "").replace("old.", "new.")


# ---------------------------------------------------------------- making


def test_a_plan_says_what_it_would_change_and_changes_nothing(fake: FakeTwilio, connection: Connection) -> None:
    sids = numbers(fake, 3)
    fake.numbers.change(sids[0], voice_url=NEW)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=moved)
    assert len(plan) == 2 and plan and plan.unchanged == 1
    assert {step.sid for step in plan} == set(sids[1:])
    assert [(one.field, one.before, one.after) for step in plan for one in step.changes] == [("voice_url", OLD, NEW)] * 2
    text = str(plan)
    assert "2 POST" in text and "1 unchanged" in text and f"'{OLD}' -> '{NEW}'" in text
    assert sids[1] in text and "+15550000001" in text and "oldest" in text and "newest" in text
    assert OLD not in repr(plan) and sids[1] not in repr(plan)
    assert not writes(fake)


def test_the_first_twenty_steps_are_printed_and_all_on_demand(fake: FakeTwilio, connection: Connection) -> None:
    sids = numbers(fake, 25)
    plan = IncomingPhoneNumber.all().plan_update(voice_url="")
    assert sum(f"~ {sid}" in str(plan) for sid in sids) == 20 and "… and 5 more" in str(plan)
    assert all(sid in plan.text(limit=None) for sid in sids) and "more" not in plan.text(limit=None)


def test_a_plan_without_anything_to_do_is_falsy_and_sends_nothing(fake: FakeTwilio, connection: Connection) -> None:
    numbers(fake, 2)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=OLD)
    assert not plan and len(plan) == 0 and "nothing to do" in str(plan)
    with fake.expects_requests(0):
        assert plan.apply().ok == ()


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        ({"voice_ulr": NEW}, UnknownField, "did you mean 'voice_url'"),
        ({"voice_url": 3}, BadValue, "voice_url takes"),
        ({"voice_url": None}, BadValue, "to clear it"),
        ({"voice_method": "PUT"}, BadValue, "GET"),
        ({"phone_number": "+15550001"}, ReadOnly, "phone_number"),
        ({"sid": "PN"}, ReadOnly, "sid"),
        ({"account_sid": "AC" + "0" * 32}, ReadOnly, "account_sid"),
        ({}, QueryError, "at least one field"),
    ],
)
def test_what_cannot_be_planned_is_refused_before_any_request(
    fake: FakeTwilio, connection: Connection, words: dict[str, Any], error: type[Exception], says: str
) -> None:
    with fake.expects_requests(0):
        with pytest.raises(error, match=says):
            IncomingPhoneNumber.all().plan_update(**words)
        with pytest.raises(error, match=says):
            IncomingPhoneNumber.all().update(confirm=True, **words)


def test_what_twilio_does_not_update_or_delete_is_refused_before_any_request(fake: FakeTwilio, connection: Connection) -> None:
    with fake.expects_requests(0):
        with pytest.raises(ReadOnly, match="does not update"):
            Notification.all().plan_update(log="1")
        with pytest.raises(ReadOnly, match="does not delete"):
            Conference.all().plan_delete()
        with pytest.raises(ConfirmationRequired, match="release"):
            IncomingPhoneNumber.all().plan_delete()
        with pytest.raises(ConfirmationRequired, match="release"):
            IncomingPhoneNumber.all().delete(confirm=True)


def test_commands_and_secrets_are_never_journaled(fake: FakeTwilio, connection: Connection) -> None:
    with fake.expects_requests(0):
        with pytest.raises(QueryError, match="password is no field"):
            SipCredential.filter(credential_list_sid="CL" + "0" * 32).plan_update(password="Correct-Horse-1")
        with pytest.raises(QueryError, match="twiml is no field"):
            Call.filter(status="in-progress").plan_update(twiml="<Response/>")
        with pytest.raises(QueryError, match="auth_token is no field"):
            Account.all().plan_update(auth_token="x")
    fake.accounts.add(friendly_name="child")
    Account.all().plan_update(friendly_name="renamed")
    held = connection.sql("SELECT record, fields FROM mirror_steps")
    assert held and not any("auth_token" in (one or "") for row in held for one in row)


def test_a_function_that_raises_names_the_record_and_plans_nothing(fake: FakeTwilio, connection: Connection) -> None:
    numbers(fake, 2)
    bad = fake.numbers.add(phone_number="+15559990000", voice_url="")["sid"]
    with pytest.raises(QueryError, match=bad) as caught:
        IncomingPhoneNumber.all().plan_update(friendly_name=lambda one: f"{1 / len(one.voice_url or '')}")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(BadValue, match=bad):
        IncomingPhoneNumber.all().plan_update(voice_url=lambda one: one.voice_url or None)
    assert WritePlan.all() == []


def test_what_cannot_be_undone_is_not_planned(fake: FakeTwilio, connection: Connection) -> None:
    child = fake.accounts.add(friendly_name="child")["sid"]
    with pytest.raises(ConfirmationRequired, match="one by one"):
        Account.filter(friendly_name="child").plan_update(status="closed")
    assert Account.filter(sid=child).plan_update(status="suspended")


def test_an_answer_of_the_mirror_is_not_planned_on(fake: FakeTwilio, connection: Connection) -> None:
    numbers(fake, 1)
    IncomingPhoneNumber.sync()
    with fake.expects_requests(0):
        for asked in (IncomingPhoneNumber.offline(), IncomingPhoneNumber.cached(), IncomingPhoneNumber.as_of(timedelta(0))):
            with pytest.raises(QueryError, match="use a live query set"):
                asked.plan_update(voice_url=NEW)
            with pytest.raises(QueryError, match="use a live query set"):
                asked.update(confirm=True, voice_url=NEW)


def test_what_is_not_final_is_left_out_of_a_deletion_and_named(fake: FakeTwilio, connection: Connection) -> None:
    done, waits = fake.messages.add(status="delivered")["sid"], fake.messages.add(status="queued")["sid"]
    plan = Message.all().plan_delete()
    assert len(plan) == 1 and waits in str(plan) and "20009" in str(plan)
    applied = plan.apply()
    assert [one.sid for one in applied.ok] == [done]
    assert [(one.sid, "not final" in one.why) for one in applied.skipped] == [(waits, True)]
    assert [row["sid"] for row in fake.messages] == [waits]
    with pytest.raises(ReadOnly, match="cannot be undone"):
        applied.undo()


# ---------------------------------------------------------------- applying


@pytest.mark.parametrize("most", [1, 4])
def test_applying_sends_exactly_what_was_planned(fake: FakeTwilio, connection: Connection, most: int) -> None:
    sids = numbers(fake, 6)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=moved, friendly_name="line 1")
    reports: list[Any] = []
    fake.requests.clear()
    applied = plan.apply(workers=most, progress=reports.append)
    assert writes(fake) == Counter(sids)
    posts = [seen for seen in fake.requests if seen.method == "POST"]
    assert sorted(len(seen.form) for seen in posts) == [1, 2, 2, 2, 2, 2], "line 1 has its name already"
    assert {row["voice_url"] for row in fake.numbers} == {NEW}
    assert [one.done for one in reports] == [1, 2, 3, 4, 5, 6] and reports[-1].of == 6 and reports[-1].ok == 6
    assert reports[-1].remaining == timedelta(0) and reports[0].remaining is not None
    assert applied.requests == 12 and applied.seconds >= 0 and "6 done, 0 skipped, 0 failed" in str(applied)
    assert {number.voice_url for number in IncomingPhoneNumber.offline(partial=True)} == {NEW}, "the replies are mirrored"
    with fake.expects_requests(0):
        assert len(plan.apply().ok) == 6, "what is done is not touched again"
    assert not fake.violations


def test_the_truth_of_what_was_applied_is_not_told(fake: FakeTwilio, connection: Connection) -> None:
    numbers(fake, 1)
    with pytest.raises(TypeError, match=r"\.failed"):
        bool(IncomingPhoneNumber.all().plan_update(voice_url=NEW).apply())


@pytest.mark.parametrize("workers", [0, 33, True, "4", 1.5])
def test_an_odd_number_of_workers_is_refused(fake: FakeTwilio, connection: Connection, workers: Any) -> None:
    numbers(fake, 1)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=NEW)
    with fake.expects_requests(0), pytest.raises(BadValue, match="from 1 to 32"):
        plan.apply(workers=worker_pool)


def test_what_changed_or_went_meanwhile_is_skipped_and_named(fake: FakeTwilio, connection: Connection) -> None:
    same, changed, gone, done, other = numbers(fake, 5)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=NEW)
    fake.numbers.change(changed, voice_url="https://third.example.com", sms_url="https://third.example.com")
    fake.numbers.remove(gone)
    fake.numbers.change(done, voice_url=NEW)
    fake.numbers.change(other, date_updated="Mon, 15 Jun 2026 11:00:00 +0000")
    fake.requests.clear()
    applied = plan.apply()
    assert writes(fake) == Counter([same, other]), "that a date moved by itself is no change"
    why = {one.sid: one.why for one in applied.skipped}
    assert "voice_url" in why[changed] and "sms_url" in why[changed] and "third" not in why[changed]
    assert "does not exist" in why[gone] and "already" in why[done] and len(why) == 3


def test_a_record_that_was_deleted_meanwhile_is_not_deleted(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.messages.add(status="delivered")["sid"]
    plan = Message.all().plan_delete()
    fake.messages.remove(sid)
    assert [one.why for one in plan.apply().skipped] == ["was deleted already"]
    assert not writes(fake, "DELETE")


def test_a_refusal_fails_one_record_and_the_others_go_on(fake: FakeTwilio, connection: Connection) -> None:
    full, empty = (fake.queues.add(friendly_name=name)["sid"] for name in ("full", "empty"))
    fake.members.add(queue_sid=full)
    plan = Queue.all().plan_delete()
    applied = plan.apply()
    assert [one.sid for one in applied.ok] == [empty] and [one.sid for one in applied.failed] == [full]
    (one,) = applied.failed
    assert isinstance(one.error, twilio_orm.ApiError) and str(one.error) == one.why and full in str(applied)
    assert dict(WritePlan.all()[0].states) == {"done": 1, "failed": 1}
    assert len(plan.apply().failed) == 1, "it is tried again"


def test_what_twilio_took_and_did_not_do_is_said(fake: FakeTwilio, connection: Connection) -> None:
    talks, waits = fake.calls.add(status="in-progress")["sid"], fake.calls.add(status="queued")["sid"]
    applied = Call.all().plan_update(status="canceled").apply()
    why = {one.sid: one.why for one in applied.ok}
    assert why == {talks: "Twilio's response has another value: status", waits: ""} and talks in str(applied)


def test_what_makes_going_on_hopeless_stops_it_and_it_goes_on_later(fake: FakeTwilio, connection: Connection) -> None:
    sids = numbers(fake, 5)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=NEW)
    fake.requests.clear()
    with pytest.raises(BudgetExceeded), budget(requests=3):
        plan.apply(workers=1)
    connection.transport._sleep = lambda _: None
    fake.fail_next("401", 9)
    with pytest.raises(Unauthorized):
        plan.apply(workers=1)
    fake.faults = []
    fake.fail_next("reset_before", 99)
    with pytest.raises(Unreachable):
        plan.apply(workers=2)
    fake.faults = []
    assert 0 < writes(fake).total() < 5
    (told,) = WritePlan.all()
    assert told.states["waiting"] >= 3 and told.id == plan.id
    assert len(WritePlan.load(plan.id).apply().ok) == 5
    assert writes(fake) == Counter(sids)


def test_too_many_requests_slow_it_down_and_fail_nothing(fake: FakeTwilio, connection: Connection) -> None:
    sids = numbers(fake, 6)
    rests: list[float] = []
    connection.transport._sleep = rests.append
    plan = IncomingPhoneNumber.all().plan_update(voice_url=NEW)
    fake.requests.clear()
    fake.fail_next("429", 25, retry_after=1)
    assert len(plan.apply(workers=3).ok) == 6
    assert rests and writes(fake) == Counter(sids)


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "500", "html_error", "cut_json"])
@pytest.mark.parametrize("verb", ["POST", "DELETE"])
def test_a_lost_answer_is_settled_by_a_look_and_each_effect_happens_once(
    fake: FakeTwilio, connection: Connection, kind: str, verb: str
) -> None:
    connection.transport._sleep = lambda _: None
    sids = [fake.applications.add(friendly_name=f"app {at}", voice_url=OLD)["sid"] for at in range(3)]
    effects: Counter[str] = Counter()
    change, remove = fake.state.change, fake.state.remove

    def changed(row: Any, values: Any) -> None:
        effects[row.key] += 1
        change(row, values)

    def removed(row: Any) -> None:
        effects[row.key] += 1
        remove(row)

    fake.state.change, fake.state.remove = changed, removed  # type: ignore[method-assign]
    plan = Application.all().plan_update(voice_url=NEW) if verb == "POST" else Application.all().plan_delete()
    fake.fail_next(kind, 6, match=f"{verb} /")
    applied = plan.apply(workers=1)
    for _ in range(8):
        if not applied.failed:
            break
        assert all("again" in one.why for one in applied.failed)
        applied = WritePlan.load(plan.id).apply(workers=1)
    assert len(applied.ok) == 3 and effects == Counter(sids)


def test_a_failure_of_twilios_after_the_deed_is_settled_by_a_look(fake: FakeTwilio) -> None:
    def failing(request: Request) -> Response:
        answer = fake.send(request)
        return answer if request.method == "GET" else Response(500, {}, b"{}")

    (sid,) = numbers(fake, 1)
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=failing, mirror=":memory:"):
        applied = IncomingPhoneNumber.all().plan_update(voice_url=NEW).apply(workers=1)
    assert [one.sid for one in applied.ok] == [sid] and writes(fake) == Counter([sid])


def test_what_a_list_does_not_show_is_read_first(fake: FakeTwilio) -> None:
    def short(request: Request) -> Response:
        answer = fake.send(request)
        hidden = {"sms_url"} if request.path.endswith("Numbers.json") else set()
        hidden |= {"sms_method"}
        if request.method != "GET":
            return answer
        body = answer.json()
        for row in body.get("incoming_phone_numbers", [body]):
            for name in hidden:
                row.pop(name, None)  # an account has neither
        return Response(answer.status, answer.headers, json.dumps(body).encode())

    (sid,) = numbers(fake, 1, sms_url=OLD)
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=short, mirror=":memory:"):
        plan = IncomingPhoneNumber.all().plan_update(sms_url=NEW)
        assert [(one.field, one.before, one.after) for step in plan for one in step.changes] == [("sms_url", OLD, NEW)]
        plan.apply().undo().apply()
        assert fake.numbers.get(sid)["sms_url"] == OLD
        with pytest.raises(QueryError, match="does not show sms_method"):
            IncomingPhoneNumber.all().plan_update(sms_method="GET")


def test_who_was_called_off_lets_go_once_its_last_request_is_answered(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread whose request is under way may not be overtaken by another apply(), or its effect could happen twice."""
    monkeypatch.setattr(worker_pool, "LEAVE", 0.01)
    sids = numbers(fake, 2)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=NEW)
    under_way, go_on = threading.Event(), threading.Event()
    send = connection.transport._send

    looked: list[str] = []

    def slow(request: Request) -> Response:
        looked.append(request.path)
        if request.method == "POST":
            under_way.set()
            go_on.wait(10)
        elif request.path != looked[0]:
            under_way.wait(10)
            if not go_on.is_set():
                return Response(401, {}, b"{}")
        return send(request)

    connection.transport._send = slow
    connection.transport._sleep = lambda _: None
    with pytest.raises(Unauthorized):
        plan.apply(workers=2)
    with pytest.raises(Conflict):
        plan.apply(workers=1)
    go_on.set()
    for _ in range(1000):
        with contextlib.suppress(Conflict):
            applied = plan.apply(workers=1)
            break
        time.sleep(0.005)
    assert len(applied.ok) == 2 and writes(fake) == Counter(sids)


def test_a_plan_that_is_being_applied_is_not_applied_by_another(fake: FakeTwilio, connection: Connection) -> None:
    sids = numbers(fake, 3)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=NEW)
    fake.requests.clear()
    refused: list[str] = []

    def again(_: Any) -> None:
        with pytest.raises(Conflict, match=f"plan {plan.id} is being applied") as caught:
            WritePlan.load(plan.id).apply(workers=1)
        refused.append(str(caught.value))

    assert len(plan.apply(progress=again).ok) == 3
    assert len(refused) == 3 and "since 2026-06-15" in refused[0] and writes(fake) == Counter(sids)


def test_of_threads_that_apply_one_plan_each_effect_happens_once(fake: FakeTwilio, connection: Connection) -> None:
    fake.latency = 0.002
    sids = numbers(fake, 12)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=NEW)
    fake.requests.clear()
    told: list[str] = []

    def apply() -> None:
        with connection:
            for _ in range(20):
                try:
                    told.append(f"{len(WritePlan.load(plan.id).apply(workers=2).ok)} done")
                except Conflict:
                    told.append("refused")

    threads = [threading.Thread(target=apply) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(told) == {"12 done", "refused"} and writes(fake) == Counter(sids)


# ---------------------------------------------------------------- back


def test_undo_gives_the_old_values_back_and_clears_what_was_null(fake: FakeTwilio, connection: Connection) -> None:
    one, other = numbers(fake, 2, sms_url=None)
    before = {row["sid"]: row for row in fake.numbers}
    applied = IncomingPhoneNumber.all().plan_update(voice_url=moved, sms_url=NEW, sms_method="post").apply()
    fake.numbers.change(other, voice_url="https://third.example.com")
    with fake.expects_requests(0):
        back = applied.undo()
    assert len(back) == 2 and back.kind == "undo"
    undone = back.apply()
    assert [done.sid for done in undone.ok] == [one] and [left.sid for left in undone.skipped] == [other]
    restored = fake.numbers.get(one)
    assert restored["voice_url"] == OLD and not restored["sms_url"] and restored["sms_method"] == before[one]["sms_method"]
    again = undone.undo().apply()
    assert fake.numbers.get(one)["sms_url"] == NEW and len(again.ok) == 1


def test_a_redacted_text_does_not_stay_in_the_journal(fake: FakeTwilio, connection: Connection) -> None:
    fake.messages.add(status="delivered", body="between us")
    applied = Message.all().plan_update(body="").apply()
    assert len(applied.ok) == 1 and not list(applied.undo())
    assert not any("between us" in (one or "") for row in connection.sql("SELECT * FROM mirror_steps") for one in map(str, row))


def test_a_deleted_record_does_not_stay_in_the_journal(fake: FakeTwilio, connection: Connection) -> None:
    fake.messages.add(status="delivered", body="between us")
    Message.all().plan_delete().apply()
    assert not any("between us" in (one or "") for row in connection.sql("SELECT * FROM mirror_steps") for one in map(str, row))


def test_a_record_that_the_journal_forgot_is_skipped(fake: FakeTwilio, connection: Connection) -> None:
    numbers(fake, 1)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=NEW)
    execute(connection.mirror, "UPDATE mirror_steps SET record = NULL, fields = NULL")
    with fake.expects_requests(0):
        assert ["redacted" in one.why for one in plan.apply().skipped] == [True]


def test_a_diff_is_reverted_by_as_many_posts_as_records_differ(fake: FakeTwilio, connection: Connection) -> None:
    """Somebody changes 3 of 500 numbers behind our back."""
    sids = numbers(fake, 500)
    IncomingPhoneNumber.sync()
    for sid in sids[10:13]:
        fake.numbers.change(sid, voice_url="https://evil.example.com")
    diff = IncomingPhoneNumber.all().diff()
    assert {change.key[0] for change in diff.changed} == set(sids[10:13])
    fake.requests.clear()
    applied = diff.plan_revert().apply()
    assert writes(fake) == Counter(sids[10:13]) and len(applied.ok) == 3
    assert {row["voice_url"] for row in fake.numbers} == {OLD}
    assert not IncomingPhoneNumber.all().diff()


def test_what_a_revert_cannot_give_back_is_left_out_and_named(fake: FakeTwilio, connection: Connection) -> None:
    kept, lost, gone = [fake.applications.add(friendly_name=f"app {at}", voice_url=OLD)["sid"] for at in range(3)]
    Application.sync()
    fake.applications.change(kept, date_created="Mon, 01 Jun 2026 11:00:00 +0000", voice_url=NEW)
    fake.applications.change(lost, date_created="Mon, 01 Jun 2026 11:00:00 +0000")
    fake.applications.remove(gone)
    new = fake.applications.add(friendly_name="new")["sid"]
    diff = Application.all().diff()
    plan = diff.plan_revert()
    left = {(step.sid, step.why.split(":")[0]) for step in plan if not step.verb}
    assert left == {
        (kept, "cannot be given back"), (lost, "cannot be given back"), (gone, "cannot be brought back"), (new, "is new"),
    }  # fmt: skip
    assert [step.sid for step in plan if step.verb] == [kept]
    plan = diff.plan_revert(delete=True)
    assert [(step.verb, step.sid) for step in plan if step.verb] == [("POST", kept), ("DELETE", new)]
    plan.apply()
    assert {row["sid"] for row in fake.applications} == {kept, lost} and fake.applications.get(kept)["voice_url"] == OLD


@pytest.mark.parametrize("model", [IncomingPhoneNumber, Application, Queue])
@pytest.mark.parametrize("by", ["diff", "record", "undo"])
def test_a_null_is_brought_back_where_twilio_can_be_told(fake: FakeTwilio, connection: Connection, model: Any, by: str) -> None:
    """Every field that an update takes was null and has a value: what no empty text clears is left out of the POST, and named."""
    columns = {
        name: one for name, one in plan_builder.plannable_fields(model).items() if name != "trunk_sid"
    }  # no application goes with it
    shelf: Any = {IncomingPhoneNumber: fake.numbers, Application: fake.applications, Queue: fake.queues}[model]
    samples = {"url": NEW, "bool": True, "int": 7}

    def sample(column: Any) -> Any:
        sid = column.prefixes[0] + "1" * 32 if isinstance(column, Sid) else samples.get(column.kind, "x")
        return next(iter(column.values), sid)

    set_to = {name: sample(column) for name, column in columns.items()}
    sid = shelf.add(**dict.fromkeys(columns))["sid"]
    model.all().sync()
    before = connection.now()
    fake.tick(60)
    if by == "undo":
        plan = model.all().plan_update(**set_to).apply().undo()
    else:
        shelf.change(sid, **set_to)
        plan = model.all().diff().plan_revert() if by == "diff" else model.get(sid).plan_revert(to=before)
    told, left = [step for step in plan if step.verb], [step for step in plan if not step.verb]
    cleared = {name for name, column in columns.items() if plan_builder.can_clear(column)}
    assert [step.fields.keys() for step in told] == [cleared]
    assert {name for step in left for name in columns if name in step.why.replace(",", "").split()} == columns.keys() - cleared
    applied = plan.apply()
    assert not applied.failed and len(applied.ok) == 1
    assert {name for name in columns if shelf.get(sid)[name] in (None, "")} == cleared


def test_an_empty_text_for_a_known_word_is_refused_before_anything_is_sent(fake: FakeTwilio, connection: Connection) -> None:
    """Twilio would refuse it, and all that is sent with it; what is ``Verbatim`` is sent."""
    (sid,) = numbers(fake, 1)
    number = IncomingPhoneNumber.get(sid)
    number.voice_method = ""
    with fake.expects_requests(0):
        for ask in (
            lambda: IncomingPhoneNumber.all().plan_update(voice_method=""), lambda: number.update(voice_method="", sms_url=NEW),
            number.save, lambda: IncomingPhoneNumber.create(phone_number="+15550001111", voice_receive_mode=""),
        ):  # fmt: skip
            with pytest.raises(BadValue, match="an empty text does not clear it"):
                ask()
    with fake.expects_requests(1), pytest.raises(BadRequest):
        number.update(voice_method=Verbatim(""))


def test_a_status_that_nobody_can_set_is_not_given_back(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="queued")["sid"]
    Call.sync()
    applied = Call.all().plan_update(status="canceled").apply()
    (left,) = applied.undo()
    assert not left.verb and left.sid == sid and left.why == "cannot be given back: status"
    child = fake.accounts.add(friendly_name="child", status="closed")["sid"]
    Account.all().sync()
    fake.accounts.change(child, status="suspended", friendly_name="other")
    plan = Account.filter(sid=child).diff().plan_revert()
    assert [(step.verb, list(step.fields)) for step in plan] == [("POST", ["friendly_name"]), ("", [])]


def test_a_record_is_brought_back_to_what_it_was(fake: FakeTwilio, connection: Connection) -> None:
    (sid,) = numbers(fake, 1)
    number = IncomingPhoneNumber.get(sid)
    then = connection.now()
    fake.tick(60)
    number.update(voice_url=NEW, sms_url=NEW)
    fake.tick(60)
    fake.numbers.change(sid, friendly_name="somebody's")
    plan = number.plan_revert(to=then)
    assert {one.field for step in plan for one in step.changes} >= {"voice_url", "friendly_name"}
    plan.apply()
    row = fake.numbers.get(sid)
    assert row["voice_url"] == OLD and row["friendly_name"] == "line 0" and not row["sms_url"]
    assert not number.refresh().plan_revert(to=then)


def test_a_file_of_what_is_wanted_is_applied(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    sids = numbers(fake, 3)
    file = tmp_path / "wanted.csv"
    file.write_text(f"phone_number,voice_url\n+15550000000,{OLD}\n+15550000001,{NEW}\n+15550000009,{NEW}\n")
    plan = IncomingPhoneNumber.all().diff(against=str(file), key="phone_number").plan_revert()
    assert [(step.sid, one.after) for step in plan if step.verb for one in step.changes] == [(sids[1], NEW)]
    assert {step.sid for step in plan if not step.verb} == {sids[2], "+15550000009"}
    plan.apply()
    assert [row["voice_url"] for row in fake.numbers if row["sid"] == sids[1]] == [NEW] and writes(fake) == Counter([sids[1]])


# ---------------------------------------------------------------- update(), delete(), save()


def test_many_records_are_not_changed_without_being_confirmed(fake: FakeTwilio, connection: Connection) -> None:
    sids = numbers(fake, 4)
    some = IncomingPhoneNumber.filter(friendly_name__startswith="line", phone_number__endswith="1")
    for confirm in (None, False, 2, 0):
        with pytest.raises(ConfirmationRequired, match="1 IncomingPhoneNumber record: pass confirm=True"):
            some.update(confirm=confirm, voice_url=NEW)
    for wrong in (None, True, False, 3, 5):
        with pytest.raises(ConfirmationRequired, match="all 4 IncomingPhoneNumber records: pass confirm=4"):
            IncomingPhoneNumber.all().update(confirm=wrong, voice_url=NEW)
    assert not writes(fake)
    assert [one.sid for one in some.update(confirm=True, voice_url=NEW).ok] == [sids[1]]
    assert len(IncomingPhoneNumber.all().update(confirm=4, voice_url=NEW).ok) == 3
    assert writes(fake) == Counter(sids)


def test_many_records_are_not_deleted_without_being_confirmed(fake: FakeTwilio, connection: Connection) -> None:
    for at in range(5):
        fake.messages.add(status="delivered", body=f"{at}", to="+15550000001" if at else "+15550000002")
    with pytest.raises(ConfirmationRequired, match="all 5 Message records: pass confirm=5"):
        Message.all().delete(confirm=True)
    with pytest.raises(ConfirmationRequired, match="4 Message records: pass confirm=True"):
        Message.filter(to="+15550000001").delete()
    with fake.expects_requests(0), pytest.raises(QueryError, match="order_by"):
        Message.all()[:2].delete(confirm=True)
    assert len(fake.messages) == 5
    assert len(Message.all().order_by("body")[:2].delete(confirm=True).ok) == 2
    assert {row["body"] for row in fake.messages} == {"2", "3", "4"}
    assert len(Message.filter(to="+15550000001").delete(confirm=True).ok) == 3


def test_the_class_keeps_refusing_what_would_be_peewees(connection: Connection) -> None:
    for word in ("update", "delete"):
        with pytest.raises(ReadOnly):
            getattr(Message, word)()


def test_saving_if_unchanged_raises_conflict_where_somebody_was_first(fake: FakeTwilio, connection: Connection) -> None:
    (sid,) = numbers(fake, 1)
    number = IncomingPhoneNumber.get(sid)
    number.voice_url = NEW
    fake.numbers.change(sid, voice_url="https://third.example.com", sms_url="https://third.example.com")
    with pytest.raises(Conflict, match="voice_url") as caught:
        number.save(if_unchanged=True)
    assert "third" not in str(caught.value) and "sms_url" not in str(caught.value) and "refresh()" in str(caught.value)
    assert number.voice_url == NEW and not writes(fake), "the change is kept, and nothing was sent"
    number.refresh()
    number.voice_url = NEW
    fake.numbers.change(sid, sms_url="https://fourth.example.com")
    with fake.expects_requests(2):
        number.save(if_unchanged=True)
    assert fake.numbers.get(sid)["voice_url"] == NEW, "another field may change"
    with fake.expects_requests(0):
        number.save(if_unchanged=True)


# ---------------------------------------------------------------- the journal


def test_a_plan_is_found_again_by_its_id(fake: FakeTwilio, connection: Connection) -> None:
    numbers(fake, 2)
    plan = IncomingPhoneNumber.all().plan_update(voice_url=moved)
    found = WritePlan.load(plan.id)
    assert str(found) == str(plan) and list(found) == list(plan) and found.made == plan.made
    (told,) = WritePlan.all()
    assert (told.id, told.resource, told.kind, dict(told.states)) == (plan.id, "IncomingPhoneNumber", "update", {"waiting": 2})
    assert plan.id in str(told) and "2 waiting" in str(told)
    for wrong in ("00000000", "", 7):
        with pytest.raises(twilio_orm.DoesNotExist):
            WritePlan.load(wrong)  # type: ignore[arg-type]
    child = connection.under(fake.accounts.add(friendly_name="child")["sid"])
    assert WritePlan.all(child) == []
    with pytest.raises(twilio_orm.DoesNotExist):
        WritePlan.load(plan.id, child)


def test_a_plan_does_not_leave_the_process(fake: FakeTwilio, connection: Connection) -> None:
    import pickle

    numbers(fake, 1)
    with pytest.raises(TypeError, match="WritePlan.load"):
        pickle.dumps(IncomingPhoneNumber.all().plan_update(voice_url=NEW))


def test_what_the_mirror_leaves_out_is_not_journaled(fake: FakeTwilio) -> None:
    fake.messages.add(status="delivered", body="between us")
    left = {"Message": ["body"]}
    made = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", leave_out=left)
    with made:
        with pytest.raises(QueryError, match="body is excluded"):
            Message.all().plan_update(body="")
        plan = Message.all().plan_delete()
        assert "between us" not in str(made.sql("SELECT * FROM mirror_steps"))
        assert len(plan.apply().ok) == 1


def test_pruning_drops_what_is_done_and_keeps_what_is_not(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.numbers.add(phone_number="+14155550100")["sid"]
    numbers = IncomingPhoneNumber.filter(sid=sid)
    done, waiting = (numbers.plan_update(friendly_name=name) for name in ("a", "b"))
    done.apply()
    fake.advance(timedelta(days=10))
    numbers.exists()
    young = numbers.plan_update(friendly_name="c")
    young.apply()
    assert [one.id for one in WritePlan.all()] == [done.id, waiting.id, young.id]
    connection.prune(older_than=timedelta(days=5))

    assert [one.id for one in WritePlan.all()] == [waiting.id, young.id]
    assert len(WritePlan.load(waiting.id)) == 1


def test_a_request_that_arrives_after_its_sender_is_no_more_is_waited_for(fake: FakeTwilio) -> None:
    """Looking at once would find the old value, and send the same once more."""
    sid, dead = fake.numbers.add(phone_number="+14155550100", voice_url="https://old.example.com/")["sid"], [True]

    def send(request: Request) -> Response:
        if request.method == "POST" and dead:
            raise KeyboardInterrupt
        return fake.send(request)

    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:")
    rests: list[float] = []

    def arrive(seconds: float) -> None:
        rests.append(seconds)
        fake.numbers.change(sid, voice_url="https://new.example.com/")

    with connection:
        plan = IncomingPhoneNumber.filter(sid=sid).plan_update(voice_url="https://new.example.com/")
        with pytest.raises(KeyboardInterrupt):
            plan.apply(workers=1)
        dead.clear()
        connection.transport._sleep = arrive  # type: ignore[attr-defined]
        applied = WritePlan.load(plan.id).apply(workers=1)

    assert [one.sid for one in applied.ok] == [sid]
    assert len(rests) == 1 and 0 < rests[0] <= 10
    assert not [one for one in fake.requests if one.method == "POST"]
