"""Dialects: what is inexact in SQL is a superset and a subset, and is tested here; no other module spells an engine's SQL."""

from __future__ import annotations

import ast
import random
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from tests.test_architecture import MODULES, package, tree
from twilio_orm import Call, Connection, Count, Message, NotCovered, Q, Recording, Sum
from twilio_orm.mirror import residual
from twilio_orm.mirror.sqlite.database import MirrorDatabase
from twilio_orm.mirror.sqlite.dialect import SQLITE
from twilio_orm.query import sql
from twilio_orm.query.ast import And, Condition, Not, Or, Query, Related
from twilio_orm.query.dialect import Piece, all_of, any_of, exactly
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks.absorbing import absorb
from twilio_orm.webhooks.bodies import Callback, kind_of

sys.path.insert(0, str(Path(__file__).parent / "laws"))

from blunt import BLUNT, SERVER

# ---------------------------------------------------------------- pieces

Drawn = tuple[str, Piece]
"""A condition as exact SQL, and as a piece whose texts may be wider and narrower."""


def leaf(chance: random.Random) -> Drawn:
    """A comparison that may be true, false or null; its piece may be any two around it."""
    exact = f"{chance.choice('abc')} {chance.choice(('=', '<', '>='))} {chance.randrange(3)}"
    wider, narrower = (f"{chance.choice('abc')} = {chance.randrange(3)}" for _ in range(2))
    over = chance.choice((exact, f"{exact} OR {wider}", "TRUE"))
    return exact, Piece(over, chance.choice((exact, f"({exact}) AND {narrower}", "FALSE")))


def drawn(chance: random.Random, deep: int) -> Drawn:
    """A tree of conditions."""
    kind = chance.choice(("leaf", "not", "and", "or", "map")) if deep else "leaf"
    if kind == "leaf":
        return leaf(chance)
    parts = [drawn(chance, deep - 1) for _ in range(chance.randrange(4) if kind in ("and", "or") else 1)]
    (texts, pieces) = ([one for one, _ in parts], [one for _, one in parts])
    if kind == "not":
        return f"({texts[0]}) IS NOT TRUE", pieces[0].complement()
    if kind == "map":  # as of related rows
        return f"a IN (SELECT b FROM t WHERE {texts[0]})", pieces[0].map(lambda text: f"a IN (SELECT b FROM t WHERE {text})")
    empty, joint = ("TRUE", " AND ") if kind == "and" else ("FALSE", " OR ")
    return joint.join(f"({one})" for one in texts) or empty, (all_of if kind == "and" else any_of)(pieces)


def test_a_piece_lies_around_the_exact_condition() -> None:
    """Whatever it is composed of: each row of the subset satisfies the condition, and each that does is in the superset."""
    database, chance, inexact = sqlite3.connect(":memory:"), random.Random(1), 0
    database.execute("CREATE TABLE t (a, b, c)")
    values = [(a, b, c) for a in (None, 0, 1, 2) for b in (None, 0, 1) for c in (None, 0, 2)]
    database.executemany("INSERT INTO t VALUES (?, ?, ?)", values)

    def rows(text: str) -> set[int]:
        return {row for (row,) in database.execute(f"SELECT rowid FROM t WHERE {text}")}

    for _ in range(600):
        exact, piece = drawn(chance, 3)
        over, under = rows(piece.over), rows(piece.under)
        assert under <= rows(exact) <= over, (exact, piece)
        assert not piece.is_exact or under == over
        inexact += under != over
    assert inexact > 100, "this test cannot fail"


def test_what_is_exact_is_one_text() -> None:
    exact, inexact = exactly("a = ?"), Piece("TRUE", "FALSE")
    assert exact.complement() == exactly("(a = ?) IS NOT TRUE")
    assert inexact.complement() == Piece("(FALSE) IS NOT TRUE", "(TRUE) IS NOT TRUE")
    assert all_of([]) == exactly("TRUE") and any_of([]) == exactly("FALSE")
    assert all_of([exact, inexact]) == Piece("(a = ?) AND (TRUE)", "(a = ?) AND (FALSE)")
    assert any_of([exact, exact]).is_exact and not any_of([exact, inexact]).is_exact


def test_a_where_names_what_is_left_to_test() -> None:
    """The conjuncts that are inexact anywhere in them, and no others. Of SQLite none is."""
    schema, busy, folded = Call.api_schema, Condition("status", "exact", "busy"), Condition("to", "icontains", "ä")
    pattern = Condition("to", "regex", "^a")
    either, never = Or((busy, Not(And((pattern,))))), Not(busy)
    of_parent = Related("parent_call", "parent_call_sid", "sid", schema, "one", (pattern,))
    nodes = (busy, folded, either, never, of_parent)
    found = sql.where(SERVER, schema, nodes)
    assert found.residual == (folded, either, of_parent)
    assert found.text.count("?") == len(found.values) == 4
    assert sql.where(SERVER, schema, (busy, never)).residual == ()
    assert sql.where(BLUNT, schema, nodes).residual == nodes
    exact = sql.where(SQLITE, schema, nodes)
    assert exact.residual == () and exact.text.count("?") == len(exact.values) == 6
    assert sql.where(SQLITE, schema, ()) == ("TRUE", [], ())


# ---------------------------------------------------------------- readers


@pytest.fixture
def crowd(fake: FakeTwilio, connection: Connection) -> Connection:
    """Calls of which many tie, some with recordings; a message with a text that is not ASCII."""
    chance = random.Random(7)
    for at in range(120):
        made = fake.calls.add(
            status=chance.choice(("completed", "busy")),
            duration=str(chance.randrange(4)),
            to=f"client:{chance.choice(('Ärger', 'ärger', 'STRASSE', 'straße', 'x'))}{at % 3}",
            price=chance.choice((None, "-0.0075", "-0.00750", "-0.0100000000000000001")),
        )
        if at % 9 == 0:
            fake.recordings.add(call_sid=made["sid"], duration=str(at % 7))
    fake.messages.add(body="Grüße aus der STRASSE")
    for model in (Call, Message, Recording):
        model.sync()
    return connection


ASKED: dict[str, Any] = {
    "ordered slices": lambda calls: [
        [one.sid for one in calls.order_by(*order)[low:high]]
        for order in (("-duration", "to"), ("price",))
        for low, high in ((0, 5), (3, 4), (10, 10), (40, None), (None, 7), (500, None), (500, 501))
    ],
    "unordered": lambda calls: [[one.sid for one in calls], [one.sid for one in calls[5:17]], [one.sid for one in calls[3:]]],
    "reversed": lambda calls: [one.sid for one in calls.order_by("duration").reverse()[2:30]],
    "first and last": lambda calls: [calls.order_by("duration").first(), calls.order_by("duration").last(), calls.first()],
    "counts": lambda calls: [calls.count(), calls[7:].count(), calls[:7].count(), calls[3:3].count(), calls[500:].count()],
    "exists": lambda calls: [
        calls.exists(), calls[500:].exists(), calls.filter(to__icontains="nobody").exists(), calls[4:4].exists()
    ],
    "values": lambda calls: [
        list(calls.values_list("sid", "to", "price")), list(calls.order_by("to").values_list("to", flat=True).distinct()),
    ],
    "aggregates": lambda calls: [
        calls.aggregate(n=Count(), m=Count(filter=Q(to__iendswith="SSE1")), s=Sum("price"), d=Sum("duration")),
        calls.order_by("to")[3:20].aggregate(n=Count(), s=Sum("price")),
    ],
    "groups": lambda calls: [
        list(calls.values("to").annotate(n=Count(), s=Sum("price")).order_by("to")),
        list(calls.values("price").annotate(n=Count("sid", filter=Q(to__iregex="STRASSE"))).order_by("price", "n")),
    ],
    "related": lambda calls: [
        [one.sid for one in calls.filter(recordings__duration__gte=3)],
        list(calls.annotate(n=Count("recordings", filter=Q(recordings__duration__lt=3))).order_by("-n")[:9].values_list("n")),
    ],
    "columns": lambda calls: [(one.sid, one.to) for one in calls.only("to")],
}  # fmt: skip
CONDITIONS = (
    Q(to__icontains="ÄRGER"), ~Q(to__iexact="client:STRASSE1"), Q(to__regex="[Ää]r") | Q(duration=3),
    Q(price__lt=Decimal("-0.01")), Q(duration__gte=1), ~(Q(to__iregex="stra(ss|ß)e0") & Q(status="busy")),
)  # fmt: skip


@pytest.mark.parametrize("dialect", [SERVER, BLUNT], ids=["server", "blunt"])
def test_readers_test_here_what_sql_cannot(dialect: Any, crowd: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders, ties, slices, counts, groups and related records are the same as where SQL computes everything."""
    tested, matching, name = Counter[str](), residual.matching, ""
    monkeypatch.setattr(residual, "matching", lambda *some, **named: tested.update([name]) or matching(*some, **named))
    monkeypatch.setattr(residual, "RUN", 7)
    exact = {one: [asked(Call.filter(q).offline()) for q in CONDITIONS] for one, asked in ASKED.items()}
    assert not tested, "SQLite computes every condition"
    monkeypatch.setattr(MirrorDatabase, "dialect", dialect)
    for name, asked in ASKED.items():  # noqa: B007
        assert [asked(Call.filter(q).offline()) for q in CONDITIONS] == exact[name], name
    assert tested.keys() == ASKED.keys() and min(tested.values()) >= 4, "this test cannot fail"


def test_the_moment_of_an_answer_holds_for_what_is_tested_here(
    crowd: Connection, fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No transaction is open while a caller looks at rows, and what changes meanwhile is no part of the answer."""
    monkeypatch.setattr(MirrorDatabase, "dialect", BLUNT)
    monkeypatch.setattr("twilio_orm.mirror.row_batches.BATCH_BY_NUMBER", 10)
    busy = Call.filter(status="busy").order_by("sid").offline()
    expected, before = [(one.sid, one.duration) for one in busy], crowd.now()
    found = iter(busy)
    got = [next(found)]
    with crowd.mirror.open().reading() as connection:
        assert not connection.in_transaction
    fake.advance(timedelta(minutes=1))
    for one in [*fake.calls.of(fake.account_sid)][:50]:
        fake.calls.change(one["sid"], status="busy", duration="77")
    Call.sync(full=True)
    got += found
    assert [(one.sid, one.duration) for one in got] == expected
    assert [(one.sid, one.duration) for one in Call.filter(status="busy").order_by("sid").at(before)] == expected
    assert Call.filter(status="busy", duration=77).offline().count() == 50


def test_what_is_tested_here_stops_where_enough_was_found(crowd: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """``exists`` and a slice read no run behind the last record that they need."""
    monkeypatch.setattr(MirrorDatabase, "dialect", BLUNT)
    monkeypatch.setattr(residual, "RUN", 10)
    runs, predicate = [], residual.predicate
    monkeypatch.setattr(residual, "predicate", lambda *some: lambda row: runs.append(1) or predicate(*some)(row))
    assert Call.filter(duration__gte=0).offline().exists() and len(runs) == 10
    runs.clear()
    assert len([*Call.filter(duration__gte=0).offline()[5:15]]) == 10 and len(runs) == 20


def test_explain_says_what_is_tested_here(crowd: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    query = Call.filter(to__icontains="ä", status="busy").offline()
    assert "tested here" not in query.explain()
    monkeypatch.setattr(MirrorDatabase, "dialect", SERVER)
    lines = [line for line in query.explain().splitlines() if "tested here" in line]
    assert lines == ["  mirror   SQL finds candidates, each of which is tested here: to contains 'ä', whatever the case"]


EVERY = pytest.mark.parametrize("dialect", [SQLITE, SERVER, BLUNT], ids=["sqlite", "server", "blunt"])


@EVERY
def test_a_suspect_record_is_told_apart_here(dialect: Any, crowd: Connection, fake: FakeTwilio) -> None:
    """A busy call that the list of busy calls lacks stays only if the other condition holds of it."""
    asked = Q(status="busy") | Q(to__icontains="ÄRGER")
    suspect, stays = (
        next(one["sid"] for one in fake.calls.of(fake.account_sid) if one["status"] == "busy" and word in one["to"])
        for word in ("straße", "ärger")
    )
    fake.advance(timedelta(minutes=1))
    for sid in (suspect, stays):
        fake.calls.change(sid, status="no-answer")
    Call.filter(status="busy").sync()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MirrorDatabase, "dialect", dialect)
        found = {one.sid for one in Call.filter(asked).offline()}
        assert stays in found and suspect not in found and len(found) > 50
        assert found == {one["sid"] for one in fake.calls.of(fake.account_sid) if one["sid"] != suspect and _fits(one)}


def _fits(one: dict[str, Any]) -> bool:
    return one["status"] == "busy" or "ärger" in one["to"].casefold()


@EVERY
def test_a_redacted_value_matters_only_where_it_can(
    dialect: Any, crowd: Connection, fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Candidates of SQL are no reason to refuse an answer; records whose redacted value decides are."""
    old, new = (fake.calls.add(to=to, status=status) for to, status in (("client:Ä", "canceled"), ("client:ö", "failed")))
    Call.sync()
    crowd.mirror.redact_records(Call.api_schema, {"sid": old["sid"]})
    monkeypatch.setattr(MirrorDatabase, "dialect", dialect)
    calls = Call.offline()
    assert calls.filter(to__icontains="Ö", status__iexact="FAILED").count() == 1
    assert calls.filter(~Q(to__icontains="Ö"), status__regex="^fail").count() == 0
    assert [one.sid for one in calls.filter(Q(to__icontains="Ö") | Q(status__regex="^canc")).order_by("-status")] == [
        new["sid"], old["sid"]
    ]  # fmt: skip
    for undecided in (Q(to__icontains="Ä", status__regex="^canc"), Q(to__iexact="CLIENT:Ö"), ~Q(to__regex="ö")):
        with pytest.raises(NotCovered, match="was redacted"):
            calls.filter(undecided).count()


@EVERY
def test_a_suspect_record_with_a_redacted_value(
    dialect: Any, crowd: Connection, fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is suspect depends on what was redacted."""
    sid = fake.calls.add(to="client:Ä", status="canceled")["sid"]
    Call.sync()
    fake.advance(timedelta(minutes=1))
    fake.calls.change(sid, status="failed")
    Call.filter(status="canceled").sync()
    crowd.mirror.redact_records(Call.api_schema, {"sid": sid})
    monkeypatch.setattr(MirrorDatabase, "dialect", dialect)
    with pytest.raises(NotCovered, match="was redacted"):
        Call.offline().filter(Q(to__icontains="ä") | Q(status__iexact="canceled")).count()


@EVERY
def test_other_words_of_a_mirror_are_exact(
    dialect: Any, crowd: Connection, fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changed since, what a callback changed, which record is there, and which are marked as deleted."""
    mirror, schema = crowd.mirror, Call.api_schema
    before, sid = mirror.revision(), fake.calls.add(to="client:Ä", status="in-progress")["sid"]
    fake.calls.add(to="client:ö", status="in-progress")
    Call.sync()
    said = (("AccountSid", crowd.account_sid), ("CallSid", sid), ("CallStatus", "completed"), ("Direction", "inbound"))
    absorb(crowd, [Callback(crowd.account_sid, kind_of(said), said, "t1", crowd.now())])
    monkeypatch.setattr(MirrorDatabase, "dialect", dialect)
    folded, other = (Query(schema, (Condition("to", "icontains", one),)) for one in ("ä", "ö"))
    newer = [row for rows in mirror.batches(folded, ['"sid"'], newer=(before, False)) for row in rows]
    assert [row[0] for row in newer] == [sid]
    assert mirror.has_unconfirmed(folded) and not mirror.has_unconfirmed(other)
    assert mirror.tombstone(schema, (Condition("sid", "exact", sid),)) == 1
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:") as fresh:
        there = fake.calls.add(to="client:x", status="busy")["sid"]
        calls = Call.using(fresh)
        calls.get(there)
        assert calls.filter(sid=there).offline().count() == 1
        with pytest.raises(NotCovered):
            calls.filter(sid="CA" + "1" * 32).offline().count()
    fresh.close()


# ---------------------------------------------------------------- where SQL is spelled

SPELLED = re.compile(
    r"json_each|json_extract|json_type|json_quote|\b(?:instr|substr|typeof|ifnull|group_concat|total|printf|max|min)\("
    r"|COLLATE|(?:part_of|casefold|matches|has_words|decimal_\w+|exact_\w+|duration_share|microseconds|moved|country_of|error_text)\("
    r"|strftime|rowid|GLOB|\bIS NOT (?!NULL|TRUE|$)|>> ?\d|& ?\d|AS BLOB|INDEXED"
)
"""What is spelled by SQLite alone."""


def texts(node: ast.AST) -> Iterator[str]:
    """The texts in some code, those in braces of formatted ones marked, without docstrings and error messages."""
    if isinstance(node, (ast.Expr, ast.Raise)) and not isinstance(getattr(node, "value", None), ast.Call):
        return
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for one in ast.iter_child_nodes(node):
        yield from texts(one)


def test_queries_and_schemas_spell_no_sql_of_an_engine() -> None:
    """Each such text stands in a dialect."""
    found = {
        name: spelled
        for name in MODULES
        if package(name) in ("query", "schema")
        if (spelled := sorted({one for one in texts(tree(name)) if SPELLED.search(one)}))
    }
    assert found == {}
    own = [one for name in ("dialect", "time_parts") for one in texts(tree(f"mirror.sqlite.{name}")) if SPELLED.search(one)]
    assert len(own) > 30, "this test cannot fail"
