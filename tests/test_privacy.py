"""What is excluded of a mirror, what is forgotten in it, and what is said of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import BadValue, Call, ConfigurationError, Connection, Count, Message, NotCovered, NotLoaded, Q
from twilio_orm.changes import erasure
from twilio_orm.http.messages import Request, Response
from twilio_orm.mirror.coverage.absence import key_numbers
from twilio_orm.mirror.coverage.checkpoints import Checkpoint
from twilio_orm.query.constraints import Constraints
from twilio_orm.testing import FakeTwilio

NUMBER, OURS = "+14155550177", "+15005550006"


def connected(fake: FakeTwilio, path: Path | str, **options: Any) -> Connection:
    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path, **options)


def message(fake: FakeTwilio, **words: Any) -> str:
    return str(fake.messages.add(**{"to": NUMBER, "from": OURS, "body": "a secret", "status": "delivered", **words})["sid"])


# ---------------------------------------------------------------- leaving out


@pytest.mark.parametrize("given", [{"Message": ["body"]}, {Message: {"body"}}, "personal"])
def test_a_field_left_out_is_live_and_not_in_the_mirror(fake: FakeTwilio, tmp_path: Path, given: Any) -> None:
    sid = message(fake)
    with connected(fake, tmp_path / "m.db", leave_out=given) as connection:
        Message.sync()
        assert Message.get(sid).body == "a secret"
        assert connection.sql("SELECT body FROM message") == [(None,)]
        assert "a secret" not in json.dumps(connection.sql("SELECT * FROM message"))
        held = Message.offline().get(sid)
        with pytest.raises(NotLoaded, match="excluded from this mirror"):
            held.body  # noqa: B018
        for asked in (
            Message.offline().filter(body="x"), Message.offline().order_by("body"),
            Message.offline(partial=True).exclude(body="x"), Message.offline().filter(Q(body__contains="x") | Q(status="sent")),
        ):  # fmt: skip
            with pytest.raises(NotCovered, match=r"Message\.body is excluded from this mirror"):
                list(asked)
        with pytest.raises(NotCovered, match="is excluded"):
            Message.offline().aggregate(n=Count("body"))
        assert [one.sid for one in Message.filter(body="a secret")] == [sid]
        assert [one.sid for one in Message.cached().filter(body="a secret")] == [sid]
        assert not Message.all().diff()
        seen = connection.mirror.revision()
        list(Message.all())
        assert connection.mirror.revision() == seen, "the same again is no change"


def test_questions_about_what_is_left_out_are_not_remembered(fake: FakeTwilio, tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    message(fake)
    with connected(fake, path, leave_out={"Message": ["to", "from_", "body"]}) as connection:
        list(Message.filter(to=NUMBER))
        Message.filter(to=NUMBER).sync()
        list(Message.involving(NUMBER))
        connection.close()
    whole = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert NUMBER[2:].encode() not in whole and b"a secret" not in whole


def test_the_file_keeps_what_is_left_out(fake: FakeTwilio, tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    message(fake)
    with connected(fake, path, leave_out={"Message": ["body"]}) as first:
        Message.sync()
        first.close()
    with connected(fake, path) as again:
        list(Message.all())
        assert again.sql("SELECT body FROM message") == [(None,)]
        again.close()
    with connected(fake, path, leave_out="personal") as more, pytest.raises(ConfigurationError, match="new path"):
        more.status()


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"Mesage": ["body"]}, "did you mean 'Message'"),
        ({"Message": ["bdy"]}, "did you mean 'body'"),
        ({"Message": ["sid"]}, "cannot do without"),
        ({"Message": ["status"]}, "cannot do without"),
        ({"Message": ["date_sent"]}, "cannot do without"),
        ({"Message": "body"}, "a list"),
        (["body"], "personal"),
        ({Call: ["account_sid"]}, "cannot do without"),
    ],
)
def test_a_wrong_leave_out_is_refused(fake: FakeTwilio, given: Any, word: str) -> None:
    with pytest.raises(ConfigurationError, match=word):
        connected(fake, ":memory:", leave_out=given)


# ---------------------------------------------------------------- redacting in the mirror


def test_a_redacted_record_keeps_its_row(fake: FakeTwilio, connection: Connection) -> None:
    sid, other = message(fake), message(fake, body="another")
    with connection:
        Message.sync()
        told = erasure.redact(sid)
        assert dict(told.rows) == {"message": 1} and not told.pending
        assert connection.sql("SELECT body FROM message ORDER BY body IS NOT NULL") == [(None,), ("another",)]
        assert Message.offline().count() == 2
        assert Message.offline().get(other).body == "another"
        assert Message.offline().get(sid).status == "delivered"
        assert not erasure.redact(sid).rows, "there is nothing left to redact"


@pytest.mark.parametrize("what", ["", "SM12", "4155550177", "+1", "ZZ" + "0" * 32, None, 5])
def test_what_is_neither_a_sid_nor_a_number_is_refused(connection: Connection, what: Any) -> None:
    with pytest.raises(BadValue) as caught:
        erasure.redact(what, connection=connection)
    assert not what or len(str(what)) < 4 or str(what) not in str(caught.value)


def test_redacting_in_the_mirror_sends_nothing(fake: FakeTwilio, connection: Connection) -> None:
    message(fake)
    with connection:
        Message.sync()
        with fake.expects_requests(0):
            erasure.redact(NUMBER)
        assert connection.finish_erasing()


def test_steps_of_plans_about_redacted_records_are_not_applied(fake: FakeTwilio, connection: Connection) -> None:
    sid = message(fake)
    with connection:
        plan = Message.filter(to=NUMBER).plan_delete()
        erasure.redact(NUMBER)
        with fake.expects_requests(0):
            applied = plan.apply(workers=1)
        assert len(applied.skipped) == 1
        assert [row["sid"] for row in fake.messages] == [sid]


# ---------------------------------------------------------------- erasing


def test_erasing_goes_on_past_failures_and_counts_what_is_gone_as_done(fake: FakeTwilio, connection: Connection) -> None:
    with connection:
        sids = [message(fake) for _ in range(4)]
        plan = erasure.erase(NUMBER)
        assert "delete 4 Message" in str(plan) and len(plan) == 4
        connection.send(
            twilio_orm.http.messages.Request("DELETE", f"/2010-04-01/Accounts/{fake.account_sid}/Messages/{sids[0]}.json")
        )
        seen: list[tuple[int, int]] = []
        receipt = plan.apply(progress=lambda done, of: seen.append((done, of)))
        assert seen[-1] == (4, 4) and {one.sid for one in receipt.done} == set(sids)


def test_redacting_keeps_the_messages(fake: FakeTwilio, connection: Connection) -> None:
    sid = message(fake)
    with connection:
        plan = erasure.erase(NUMBER, redact=True)
        assert "redact 1 Message" in str(plan)
        receipt = plan.apply()
        assert receipt.redacted and json.loads(receipt.to_json())["done"] == [
            {"resource": "Message", "sid": sid, "state": "done", "why": ""}
        ]
    assert [(row["sid"], row["body"]) for row in fake.messages] == [(sid, "")]


def test_recordings_of_calls_go_with_them(fake: FakeTwilio, connection: Connection) -> None:
    call = fake.calls.add(to=NUMBER, status="completed", **{"from": OURS})["sid"]
    recording = fake.recordings.add(call_sid=call, status="completed")["sid"]
    with connection:
        receipt = erasure.erase(NUMBER).apply(workers=2)
    assert {one.sid for one in receipt.done} == {call, recording}
    assert [row["status"] for row in fake.recordings] == ["deleted"] and not list(fake.calls)


def test_the_one_door_refuses_what_is_left_out_whoever_comes(fake: FakeTwilio) -> None:
    """Hearings, cursors and questions that name it are turned away at the mirror itself."""
    connection = connected(fake, ":memory:", leave_out={"Message": ["to"]})
    mirror, schema, now = connection.mirror, Message.api_schema, connection.now()
    constraints = Constraints({"to": "+14155550100"})
    mirror.record_sweep(fake.account_sid, schema, constraints, now, now)
    checkpoint = Checkpoint(constraints, "/next", now, 0, key_numbers([]), "owner", 1, "", "")
    mirror.absorb(schema, [], 0, now, checkpoints=[(fake.account_sid, checkpoint)])

    assert mirror.sweeps(fake.account_sid) == []
    assert mirror.checkpoints(fake.account_sid, schema) == []
    with pytest.raises(NotCovered, match=r"Message\.to is excluded"):
        list(mirror.select(Message.filter(to="+14155550100").query))
    with pytest.raises(NotCovered, match=r"Message\.to is excluded"):
        mirror.count(Message.all().order_by("to").query)


def test_what_twilio_says_of_a_failure_is_not_in_the_receipt(fake: FakeTwilio) -> None:
    """Its words may repeat the number."""

    def send(request: Request) -> Response:
        if request.method == "DELETE":
            return Response(400, body=b'{"code": 20001, "message": "cannot delete what went to +14155550199", "status": 400}')
        return fake.send(request)

    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:")
    message(fake, to="+14155550199")
    receipt = twilio_orm.erase("+14155550199", connection=connection).apply()

    assert [one.why for one in receipt.failed] == ["HTTP 400, code 20001"]
    assert "4155550199" not in receipt.to_json() + str(receipt) + repr(receipt)


def test_other_addresses_of_the_number_are_asked_for_known_or_named(fake: FakeTwilio, connection: Connection) -> None:
    """WhatsApp's are asked for; of addresses of SIP and of forwarding the mirror knows some; the rest is said to be left out."""

    def call(**words: Any) -> str:
        return str(fake.calls.add(**{"to": OURS, "from": OURS, "status": "completed", **words})["sid"])

    with connection:
        asked = [call(to=f"whatsapp:{NUMBER}"), call(**{"from": f"whatsapp:{NUMBER}"}), call(to=NUMBER), message(fake)]
        asked.append(message(fake, to=f"whatsapp:{NUMBER}"))
        known = [call(to=f"sip:{NUMBER}@a.example"), call(forwarded_from=NUMBER), message(fake, to=f"rcs:{NUMBER}")]
        text = message(fake, to="+14155550100", body="call (415) 555-0177")
        Call.all().sync(), Message.all().sync()
        later = call(forwarded_from=NUMBER, status="in-progress")
        Call.all().sync()
        fake.calls.change(later, status="completed")
        unknown = call(to=f"sip:{NUMBER[1:]}@b.example")
        plan = erasure.erase(NUMBER)
        receipt = plan.apply()

    assert {one.sid for one in receipt.done} == {*asked, *known, later}
    assert [row["sid"] for row in fake.calls] == [unknown]
    assert [(one.resource, one.sid, one.state) for one in receipt.mentioned] == [("Message", text, "left")]
    assert "body" in receipt.mentioned[0].why and [row["sid"] for row in fake.messages] == [text]
    for told in (str(plan), str(receipt), receipt.to_json()):
        assert "SIP" in told and "forwarded from it" in told and "4155550177" not in told and "555-0177" not in told
    assert "the plan includes those that the mirror knows (4)" in str(receipt)
    unerased = bool(connection.mirror.database.unerased)
    assert len(json.loads(receipt.to_json())["not_looked_for"]) == 4 + unerased
    assert len(erasure.erase(NUMBER, recordings=False, connection=connection).not_searched) == 5
