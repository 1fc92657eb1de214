"""Whatever an answer of HTTP 2xx holds in place of what was asked for: an error of ours, and a mirror that learns nothing of it.

The table of bodies and verbs is in ``hostile_answers``.
"""

from __future__ import annotations

import json
import sys
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent))
from hostile_answers import BODIES, ERROR, GOOD, SKIPS, UNSURE, VERBS, Scene, said

import twilio_orm
from twilio_orm import (
    ApiError,
    Balance,
    Call,
    DoesNotExist,
    MirrorWarning,
    NotCovered,
    NotFound,
    OutcomeUnknown,
    UnexpectedAnswer,
    Unreachable,
    UsageRecord,
)
from twilio_orm.http.messages import Request, Response
from twilio_orm.http.status import judge
from twilio_orm.schema.registry import CLASSES
from twilio_orm.sync import decoder
from twilio_orm.testing import FakeTwilio

LIKELY = settings(
    max_examples=cases(40, thorough=5000),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(params=["msgspec", "json"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the library that is optional, and without."""
    if request.param == "msgspec" and decoder._msgspec() is None:
        pytest.skip("msgspec is not installed")
    if request.param == "json":
        monkeypatch.setattr(decoder, "_msgspec", lambda: None)


# ---------------------------------------------------------------- the table


@pytest.mark.slow
@pytest.mark.parametrize("verb", [*VERBS, "second list", "second sync", "second diff"])
def test_what_each_verb_makes_of_each_body(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the first page and on the second; the mirror holds, claims and doubts what it did before, unless all was as asked."""
    word = verb.removeprefix("second ")
    monkeypatch.setattr(Call.api_schema, "page_size", 2)
    scene = Scene(page=1 if word == verb else 2)
    found, moved = {}, []
    before = scene.state()
    for hostile in BODIES:
        found[hostile.name] = scene.does(word, hostile)
        assert scene.sent, f"{hostile.name} was never sent"
        if word in ("create", "update") and found[hostile.name] == UNSURE:
            assert scene.sent == 1
        after = scene.state()
        if after != before and found[hostile.name] != GOOD:
            moved.append(hostile.name)
        before = after
    assert found == {hostile.name: hostile.gives(word) for hostile in BODIES}
    assert not moved


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(("reader", "page"), [("msgspec", 1), ("json", 2)], indirect=["reader"])
def test_a_mirror_that_never_heard_claims_nothing(page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by a sync, nor by reading."""
    monkeypatch.setattr(Call.api_schema, "page_size", 2)
    scene = Scene(page=page, heard=False)
    with scene.connection:
        for hostile in BODIES:
            if hostile.gives("sync") == GOOD:
                continue
            for verb in ("sync", "list"):
                scene.does(verb, hostile)
            with pytest.raises(NotCovered):
                Call.offline().count()
    assert not scene.connection.mirror.sweeps(scene.connection.account_sid)


def test_what_was_read_before_the_hostile_page_is_kept_and_gone_on_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoint stays at the page that was no page; the next run goes on there."""
    monkeypatch.setattr(Call.api_schema, "page_size", 2)
    scene = Scene(page=2, heard=False)
    for hostile in (one for one in BODIES if one.gives("sync") not in (GOOD, SKIPS)):
        scene.does("sync", hostile)
        with scene.connection:
            assert Call.offline(partial=True).count() == 2, hostile.name
    asked = len(scene.fake.requests)
    with scene.connection:
        assert Call.sync(workers=1).whole
        assert Call.offline().count() == 3
    assert "PageToken" in dict(scene.fake.requests[asked].query)


# ---------------------------------------------------------------- one record that cannot be read


def test_a_record_that_cannot_be_read_is_named_and_the_others_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its SID where that can be told, else by its place; whatever was known of it stays, and is not missed."""
    scene = Scene()
    with scene.connection:
        known = Call.offline().order_by("sid").values_list("sid", "price")
        before = list(known)
        scene.fake.calls.add(status="completed", start_time=scene.fake.clock)
        for hostile in (one for one in BODIES if one.gives("sync") == SKIPS):
            scene.make = hostile.make
            for _ in range(2):
                scene.fake.tick(200_000)  # what two lists lack a day apart would be gone
                with pytest.warns(MirrorWarning, match=r"(CA[0-9a-f]{32}|number \d of a page) \(") as told:
                    report = Call.sync(full=True)
                assert not report.whole and "secret" not in str(told[0].message), hostile.name
            scene.make = None
        held = list(Call.offline(partial=True).order_by("sid").values_list("sid", "price"))
        assert len(held) == 4 and set(before) <= set(held)


def test_a_skipped_record_is_read_again_and_heals() -> None:
    """A list with such a page is no checkpoint to go on from: it is read again from there until the record can be read."""
    scene = Scene(heard=False)
    with scene.connection:
        scene.make = next(one for one in BODIES if one.name == "a number of 5,000 digits").make
        with pytest.warns(MirrorWarning, match="too long"):
            assert not Call.sync().whole
        assert Call.offline(partial=True).count() == 2
        scene.make = None
        assert Call.sync().whole and Call.offline().count() == 3


def test_a_checkpoint_is_not_moved_past_a_record_that_was_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off later, a sync reads the page again, and does not take its list for whole."""
    monkeypatch.setattr(Call.api_schema, "page_size", 1)
    scene = Scene(heard=False)
    bad = next(one for one in BODIES if one.name == "NaN").make
    with scene.connection:
        served = 0

        def make(body: bytes) -> bytes | Response:
            nonlocal served
            served += 1
            return bad(body) if served == 1 else body

        scene.make = make
        scene.fake.fail_next("500", times=9, match=lambda request: served == 1 and "PageToken" in request.target)
        with pytest.warns(MirrorWarning), pytest.raises(twilio_orm.ServerError):
            Call.sync(workers=1)
        scene.fake.faults.clear()
        asked = len(scene.fake.requests)
        assert Call.sync(workers=1).whole and Call.offline().count() == 3
        assert "PageToken" not in dict(scene.fake.requests[asked].query)


def test_a_sync_goes_on_past_a_record_asked_for_by_its_sid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Call.api_schema, "page_size", 1)
    scene = Scene(heard=False)
    then = scene.fake.clock - timedelta(days=2)  # what is new is looked for until there
    scene.fake.calls.add(status="completed", price="-1", start_time=then, date_created=then)
    then -= timedelta(days=1)
    sid = scene.fake.calls.add(status="in-progress", start_time=then, date_created=then)["sid"]
    with scene.connection:
        assert Call.sync().whole and Call.sync().whole
        scene.fake.tick(3600)
        assert Call.sync_plan().sids == (sid,)
        bad = next(one for one in BODIES if one.name == "nested too deeply, arrays").make
        scene.make = lambda body: body if b'"calls"' in body else bad(body)
        with pytest.warns(MirrorWarning, match=sid):
            report = Call.sync()
        assert not report.whole and Call.offline(partial=True).filter(status="in-progress").count() == 1
        scene.make = None
        assert Call.sync().whole


def test_a_cached_answer_that_would_lack_a_record_is_none() -> None:
    scene = Scene(heard=False)
    scene.make = next(one for one in BODIES if one.name == "Infinity").make
    with scene.connection, warnings.catch_warnings():
        warnings.simplefilter("ignore", MirrorWarning)
        with pytest.raises(UnexpectedAnswer, match="cannot be read"):
            Call.cached().count()


# ---------------------------------------------------------------- writes


def test_a_delete_that_is_answered_with_a_body_is_not_known_to_have_happened() -> None:
    """Neither here nor in the mirror is the record taken for gone."""
    scene = Scene()
    with scene.connection:
        call = Call.get(scene.sids()[0])
        before = scene.state()
        for hostile in BODIES:
            body = hostile.make(json.dumps({"sid": call.sid, "calls": []}).encode())
            if isinstance(body, Response) or not body.strip():
                continue
            scene.connection.transport._send = lambda _, body=body: Response(200, body=body)
            with pytest.raises(OutcomeUnknown, match="sending it again is safe") as caught:
                call.delete()
            assert "secret" not in str(caught.value)
        assert scene.state() == before


def test_an_update_that_is_answered_with_another_record() -> None:
    scene = Scene()
    live = scene.fake.calls.add(status="in-progress", start_time=scene.fake.clock)["sid"]
    with scene.connection:
        call = Call.get(live)
        scene.make = lambda body: body.replace(call.sid.encode(), b"CA" + b"9" * 32)
        with pytest.raises(OutcomeUnknown, match="another one than CA"):
            call.update(status="completed")


# ---------------------------------------------------------------- every resource


@pytest.mark.parametrize("name", sorted(name for name, one in CLASSES.items() if one.api_schema.lists))
def test_no_resource_takes_another_object_for_its_list_or_its_record(name: str) -> None:
    model = CLASSES[name]
    schema = model.api_schema
    bodies = [b"{}", b"null", b"[]", b'{"errors": []}', json.dumps(ERROR).encode(), json.dumps({schema.list_key: None}).encode()]
    left = list(bodies)

    def send(_: Request) -> Response:
        return Response(200, body=left[0])

    fake = FakeTwilio()
    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:")
    parents = {one: schema.columns[one].prefixes[0] + "a" * 32 for one in schema.urls.parents() if one in schema.columns}
    words = {**parents, **({"country": "US", "type": "local"} if name == "AvailablePhoneNumber" else {})}
    with connection:
        for body in bodies:
            left[:] = [body]
            with pytest.raises(UnexpectedAnswer):
                list(model.filter(**words))
            if schema.mirrored:
                with pytest.raises(UnexpectedAnswer):
                    model.filter(**words).sync()
    assert not connection.mirror.file_exists() or not connection.mirror.sweeps(fake.account_sid)


def test_a_record_of_its_own_is_checked_too(fake: FakeTwilio) -> None:
    body = {"account_sid": fake.account_sid, "balance": "7.5", "currency": "USD"}
    connection = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=lambda _: Response(200, body=json.dumps(body).encode()), mirror=":memory:"
    )
    with connection:
        assert str(Balance.get().balance) == "7.5"
        body["account_sid"] = "AC" + "9" * 32
        with pytest.raises(UnexpectedAnswer, match="another account"):
            Balance.get()


# ---------------------------------------------------------------- whatever may come

sids = st.integers(0, 4).map(lambda number: "CA" + f"{number:032x}")
leaves = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=4), st.floats(allow_nan=True), sids)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sid", "a", "calls"]), inner, max_size=3),
    max_leaves=6,
)
likely = st.lists(st.one_of(st.fixed_dictionaries({"sid": sids}), st.fixed_dictionaries({"sid": sids, "a": anything}), anything))
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "calls": likely | anything,
        "next_page_uri": st.none() | anything,
        "code": anything,
        "errors": likely,
        "b": anything,
    },
)


def is_list(data: Any) -> bool:
    """What a list of calls is, said once more: an object, its array of objects with SIDs, a link that is null."""
    return (
        isinstance(data, dict)
        and isinstance(data.get("calls"), list)
        and all(isinstance(one, dict) and isinstance(one.get("sid"), str) and one["sid"] for one in data["calls"])
        and "next_page_uri" in data
        and data["next_page_uri"] is None
        and "NaN" not in json.dumps(data)
        and "Infinity" not in json.dumps(data)
    )


def only_list(data: Any) -> bool:
    """Whether it may be taken for one under another name."""
    arrays = [one for one in data.values() if isinstance(one, list)] if isinstance(data, dict) else []
    return len(arrays) == 1 and "calls" not in data and "code" not in data and is_list({**data, "calls": arrays[0]})


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.law
@pytest.mark.usefixtures("reader")
@LIKELY
@given(data=envelopes | anything, cut=st.integers(0, 40), cutting=st.booleans())
def test_whatever_comes_is_a_list_or_an_error(scene: Scene, data: Any, cut: int, cutting: bool) -> None:
    """Two full syncs of it claim and bury nothing, unless it is a list; no other error than ours is raised."""
    text = json.dumps(data).encode()
    body = text[: -1 - cut] if cutting else text
    before = scene.claims()
    scene.make = said(body)
    whole = False
    with scene.connection, warnings.catch_warnings():
        warnings.simplefilter("ignore", MirrorWarning)
        try:
            whole = Call.filter(status="busy").sync().whole
            assert whole == (not cutting and (is_list(data) or only_list(data)))
            list(Call.filter(status="busy"))
            assert whole
        except (UnexpectedAnswer, Unreachable):
            assert not whole
        except ApiError:  # the link leads elsewhere
            assert not whole and isinstance(data["next_page_uri"], str)
        finally:
            scene.make = None
    if not whole:
        assert scene.claims() == before


# ---------------------------------------------------------------- a 404 that is not Twilio's


@pytest.mark.parametrize("body", [b"", b"<html>404</html>", b"{}", b'{"code": 404}', b'{"message": "no"}', b"[" * 12_000])
def test_a_404_without_twilios_code_says_nothing_of_what_there_is(body: bytes) -> None:
    """A proxy, or another path, may answer so: no record is gone by it, no sum, and nothing was deleted."""
    scene = Scene()
    scene.fake.calls.add(status="in-progress", start_time=scene.fake.clock)
    real = scene.connection.transport._send
    with scene.connection:
        Call.sync()
        UsageRecord.today.sync()
        calls = list(Call.offline())
        before = scene.state(), UsageRecord.today.offline().count()
        scene.fake.tick(200_000)
        scene.connection.transport._send = lambda _: Response(404, body=body)
        for work in (
            lambda: Call.get(calls[0].sid),
            lambda: Call.get_or_none(calls[0].sid),
            lambda: Call.filter(sid=calls[0].sid).sync(),
            lambda: Call.sync(),
            lambda: list(UsageRecord.today),
            lambda: UsageRecord.today.sync(),
            lambda: calls[0].refresh(),
            lambda: calls[0].delete(),
            lambda: calls[0].update(status="completed"),
        ):
            with pytest.raises(NotFound) as caught:
                work()
            assert not isinstance(caught.value, DoesNotExist)
        lost = iter([ConnectionResetError()])

        def send(_: Request) -> Response:
            for error in lost:
                raise error
            return Response(404, body=body)

        scene.connection.transport._send = send
        with pytest.raises(NotFound):  # nobody knows whether the first try deleted it
            calls[0].delete()
        scene.connection.transport._send = real
        assert (scene.state(), UsageRecord.today.offline().count()) == before


def test_a_refusal_whose_words_are_no_text() -> None:
    """Whatever its body holds, it is an error with a status."""
    for said_ in ([["deep"]] * 3, {"a": 1}, 5, None, "", json.loads("[" * 900 + "]" * 900)):
        body = json.dumps({"message": said_, "title": "Title", "more_info": said_, "code": said_}).encode()
        error = judge(Request("GET", "/x.json"), Response(400, body=body))
        assert error is not None and error.message == "Title" and error.status == 400
        assert error.more_info is None
