"""The methods of query sets on classes, ``objects``, and ``pk`` as another name of the key."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twilio_orm import Call, Connection, Count, Participant, QueryError, QuerySet, Recording, UsageRecord
from twilio_orm.docs.generator.class_pages import INTERNAL
from twilio_orm.exports.methods import ExportMethods
from twilio_orm.orm.class_methods import ClassMethods, LazyMethods
from twilio_orm.schema.registry import CLASSES
from twilio_orm.testing import FakeTwilio

METHODS = {name: value for kind in (LazyMethods, ClassMethods) for name, value in vars(kind).items() if not name.startswith("_")}


@pytest.fixture(autouse=True)
def calls(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=20, days=3, seed=1)


def test_every_method_of_query_sets_is_one_of_the_class() -> None:
    """But for those that need a query set: deleted records are not Twilio's, and an answer has to be there."""
    names = {name for name in dir(QuerySet) if not name.startswith("_")} - INTERNAL["QuerySet"]
    assert {name for name in names if not hasattr(Call, name)} == {
        "with_deleted", "with_gone", "ordered", "relation", "skipped", "unknown_records",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(METHODS.keys() - {"objects"}))
def test_the_class_method_takes_what_the_query_sets_method_takes(name: str) -> None:
    """And gives the same: only the first parameter and the type of the records are named otherwise."""
    mine, its = (inspect.signature(one) for one in (METHODS[name], getattr(QuerySet, name)))
    takes = [re.sub(r"\bR\b", "T", str(one)) for one in list(its.parameters.values())[1:]]
    assert [str(one) for one in list(mine.parameters.values())[1:]] == takes
    gives = re.sub(r"\bR\b", "T", str(its.return_annotation).replace("Self", "QuerySet[T]"))
    assert mine.return_annotation == gives


@pytest.mark.parametrize(
    ("of_class", "of_query_set"),
    [
        (lambda: Call.objects, lambda: Call.all()),
        (lambda: Call.objects.filter(status="busy"), lambda: Call.filter(status="busy")),
        (lambda: Call.order_by("-duration"), lambda: Call.all().order_by("-duration")),
        (lambda: Call.distinct(), lambda: Call.all()),
        (lambda: Call.strict(False), lambda: Call.all().strict(False)),
        (lambda: Call.values("status"), lambda: Call.all().values("status")),
        (lambda: Call.values_list("status", flat=True), lambda: Call.all().values_list("status", flat=True)),
    ],
)
def test_the_lazy_ones_send_nothing(of_class: Callable[[], Any], of_query_set: Callable[[], Any], fake: FakeTwilio) -> None:
    with fake.expects_requests(0):
        found = of_class()
        assert found == of_query_set()
    assert list(found) == list(of_query_set())


def test_the_others_answer_for_all_records() -> None:
    every = list(Call.all())
    assert Call.count() == len(every) == 20
    assert Call.exists()
    assert Call.first() == every[0]
    assert list(Call.iterator(7)) == every == [one for page in Call.pages(5) for one in page]
    assert Call.in_bulk([one.sid for one in every[:2]]) == {one.sid: one for one in every[:2]}
    assert Call.aggregate(n=Count()) == {"n": 20}
    assert "Calls.json" in Call.explain()
    Call.all().sync()
    assert Call.freshness().complete
    with pytest.raises(QueryError, match="needs an order"):
        Call.last()


def test_a_field_goes_before_a_method() -> None:
    assert UsageRecord.count is UsageRecord.api_schema.columns["count"]
    assert UsageRecord.all().count() == len(list(UsageRecord.all()))
    fields = [
        (name, word)
        for name, kind in CLASSES.items()
        for word in METHODS
        if word in {*kind.api_schema.columns, *kind.api_schema.links}
    ]
    assert fields == [("UsageRecord", "count")]


def test_records_have_none_of_them(fake: FakeTwilio) -> None:
    """Not even for a key of that name that Twilio sends."""
    record = Call.from_api({"sid": "CA" + "1" * 32, "count": 7})
    assert record.count == 7
    for name in METHODS.keys() - {"count"}:
        with pytest.raises(AttributeError, match=f"no field '{name}'"):
            getattr(record, name)
    assert METHODS.keys() <= {*dir(Call)}


# ---------------------------------------------------------------- pk


def test_pk_is_the_key_in_queries(fake: FakeTwilio) -> None:
    call = Call.filter(status="completed")[0]
    with fake.expects_requests(0):
        assert Call.filter(pk=call.sid) == Call.filter(sid=call.sid)
        assert Call.filter(pk__in=[call.sid]) == Call.filter(sid__in=[call.sid])
        assert Call.exclude(pk__startswith="CA0") == Call.exclude(sid__startswith="CA0")
        assert Recording.filter(call__pk=call.sid) == Recording.filter(call__sid=call.sid)
        assert Call.order_by("-pk") == Call.order_by("-sid")
    with fake.expects_requests(1):
        assert Call.get(pk=call.sid) == call
    assert Call.order_by("pk").values_list("pk", flat=True)[0] == min(one.sid or "" for one in Call.all())


def test_rows_have_the_key_under_the_name_that_was_asked_for() -> None:
    Call.all().sync()
    for calls in (Call.all(), Call.offline(), Call.cached()):
        rows = list(calls.order_by("pk").values("pk", "sid"))
        assert all(row["pk"] == row["sid"] for row in rows) and len(rows) == 20
        assert calls.order_by("pk").values_list("pk", named=True)[0].pk == rows[0]["pk"]
        assert calls.values("pk").order_by("pk").to_records()[0] == {"pk": rows[0]["pk"]}
        assert calls.aggregate(Count("pk")) == {"pk__count": 20}
        assert calls.values("status").annotate(n=Count("pk")).order_by("-n")[0]["n"] > 1
        groups = calls.values("pk").annotate(n=Count())
        assert groups[0]["pk"] == rows[0]["pk"]
        assert calls.values("pk").distinct().count() == 20


def test_pk_of_a_record_is_its_key() -> None:
    call = Call.first()
    assert call is not None and call.pk == call.sid
    participant = Participant.from_api({"conference_sid": "CF" + "1" * 32, "call_sid": "CA" + "1" * 32})
    assert participant.pk == ("CF" + "1" * 32, "CA" + "1" * 32)


@pytest.mark.parametrize("ask", [lambda: Participant.filter(pk="x"), lambda: Participant.all().order_by("pk")])
def test_pk_of_several_fields_is_refused(ask: Callable[[], object]) -> None:
    with pytest.raises(QueryError, match="the key of a Participant is several: name them, conference_sid, call_sid"):
        ask()


def test_refresh_from_db_is_refresh(fake: FakeTwilio) -> None:
    call = Call.first()
    assert call is not None
    fake.calls.change(str(call.sid), status="failed")
    assert call.refresh_from_db().status == "failed"


def test_the_class_exports_all_records(tmp_path: Path) -> None:
    assert Call.to_records(columns=["sid"]) == [{"sid": one.sid} for one in Call.all()]
    assert Call.to_csv(tmp_path / "calls.csv") == 20
    assert [one.name for one in Call.result_columns()] == [one.name for one in Call.all().result_columns()]
    with pytest.raises(AttributeError):
        _ = Call.all()[0].to_csv


@pytest.mark.parametrize("name", sorted(one for one in vars(ExportMethods) if one.startswith("to_")))
def test_each_export_of_the_class_is_that_of_all_records(name: str, tmp_path: Path) -> None:
    if name not in ("to_csv", "to_ndjson", "to_records"):
        pytest.importorskip("pyarrow")
    if name in ("to_pandas", "to_polars"):
        pytest.importorskip(name.removeprefix("to_"))
    of_class, of_all = getattr(Call, name), getattr(Call.all(), name)
    assert inspect.signature(of_class) == inspect.signature(of_all)
    if "target" in inspect.signature(of_class).parameters:
        assert of_class(tmp_path / "class") == of_all(tmp_path / "all") == 20
        assert (tmp_path / "class").read_bytes() == (tmp_path / "all").read_bytes()
    else:
        made, expected = of_class(), of_all()
        assert len(made) == 20 and (made.equals(expected) if hasattr(made, "equals") else made == expected)
