"""What ``import twilio_orm`` does and leaves undone, by counts: what it loads, opens, and compiles. And how its values behave."""

from __future__ import annotations

import copy
import dataclasses
import importlib.util
import inspect
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Call, Message, errors
from twilio_orm._frozen import Value, lazy_dataclass
from twilio_orm.http.messages import Request
from twilio_orm.query.ast import And, Condition, Not, Or, Query, Ref, Term
from twilio_orm.query.constraints import Constraints
from twilio_orm.query.planner import Plan
from twilio_orm.query.q import F
from twilio_orm.schema.registry import CLASSES

pytestmark = pytest.mark.slow

STRANGERS = [
    "requests", "urllib3", "click", "rich", "pandas", "psycopg", "msgspec", "http.client", "ssl", "email.utils", "zoneinfo",
    "difflib", "subprocess", "tempfile", "asyncio", "concurrent.futures",
]  # fmt: skip
"""What somebody else's import, or a rarer verb, brings when it is needed."""

LATER = [
    "testing", "cli", "docs", "reports", "http.transport", "http.client", "sync.nested",
    "sync.incremental", "sync.fetcher", "sync.estimate", "sync.windows", "changes.plan",
    "changes.compare", "changes.diff", "changes.plan_steps",
    "changes.plan_builder", "changes.plan_runner", "changes.erasure", "changes.history",
    "changes.desired_state", "mirror.sizes", "mirror.journal", "changes.phone_matcher", "http.origins",
    "orm.dates", "orm.unread_fields", "orm.other_names", "query.combine",
]  # fmt: skip
"""Our own modules that only some verbs need: syncs, plans, what is forgotten, what was."""

WATCHED = """
import sys
told = []
def hear(event, args):
    if event == "open" and not str(args[0]).endswith((".py", ".pyc", ".so", ".pyd")):
        told.append(f"{event} {args[0]}")
    elif event.partition(".")[0] in ("socket", "sqlite3", "subprocess", "ctypes", "urllib", "_thread"):
        told.append(event)
sys.addaudithook(hear)
STATEMENT
print(told)
"""
WITHOUT_DRIVERS = "import sys; sys.modules.update(psycopg=None, psycopg2=None)\n"
"""peewee imports the drivers of databases that it finds."""
COMPILED = """
import sys
import peewee, cachetools, dataclasses
texts = 0
def hear(event, args):
    global texts
    texts += event == "compile" and args[1] == "<string>"
sys.addaudithook(hear)
import twilio_orm
print(texts)
"""
COPIED = """
import peewee
copies, before = 0, peewee.deepcopy
def counted(*args):
    global copies
    copies += 1
    return before(*args)
peewee.deepcopy = counted
import twilio_orm
print(copies)
"""


def told(code: str) -> str:
    """What a fresh interpreter that writes no bytecode prints."""
    return subprocess.run(
        [sys.executable, "-B", "-c", WITHOUT_DRIVERS + code], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("statement", ["import twilio_orm", "from twilio_orm import Call, connect"])
def test_it_loads_nothing_that_only_some_verbs_need(statement: str) -> None:
    libraries = set(told("import sys, peewee, cachetools; print(*sys.modules)").split())  # on Python 3.10, subprocess too
    loaded = set(told(f"import sys; {statement}; print(*sys.modules)").split()) - libraries
    assert "twilio_orm.orm.queryset" in loaded  # what the first question needs is there already, not put off
    assert {"twilio_orm.mirror.store", "twilio_orm.resources.sip"} <= loaded
    assert not loaded & {*STRANGERS, *(f"twilio_orm.{name}" for name in LATER)}


@pytest.mark.parametrize("name", LATER)
def test_what_it_leaves_out_is_there(name: str) -> None:
    assert importlib.util.find_spec(f"twilio_orm.{name}") is not None


def test_it_opens_no_file_and_no_socket() -> None:
    assert told(WATCHED.replace("STATEMENT", "import twilio_orm")) == "[]"


def test_the_watch_hears_what_is_opened() -> None:
    heard = told(WATCHED.replace("STATEMENT", "import os, sqlite3; open(os.devnull); sqlite3.connect(':memory:')"))
    assert "open " in heard
    assert "sqlite3.connect" in heard


def test_few_methods_are_compiled() -> None:
    """A frozen dataclass compiles six methods, ours three, and those when it is first used."""
    assert int(told(COMPILED)) <= 84


def test_no_field_is_copied_the_long_way() -> None:
    """Peewee would copy each inherited field of each class; it still looks for one key a class."""
    assert int(told(COPIED)) <= 2 * len(CLASSES)


# ---------------------------------------------------------------- values


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Ours(Value):
    """A value."""

    name: str
    size: int = 0
    secret: str = dataclasses.field(default="", repr=False)
    note: Any = dataclasses.field(default=None, compare=False)


@dataclasses.dataclass(frozen=True)
class Theirs:
    """A value."""

    name: str
    size: int = 0
    secret: str = dataclasses.field(default="", repr=False)
    note: Any = dataclasses.field(default=None, compare=False)


GIVEN: list[tuple[Any, ...]] = [("a",), ("a", 0, "", 1), ("a", 1), ("b", 1, "x"), ("a", True), ("é\n", -1, "x", [])]


def test_a_value_is_what_a_frozen_dataclass_is() -> None:
    for one in GIVEN:
        assert repr(Ours(*one)) == repr(Theirs(*one)).replace("Theirs", "Ours")
        assert hash(Ours(*one)) == hash(Theirs(*one))
        for other in GIVEN:
            assert (Ours(*one) == Ours(*other)) is (Theirs(*one) == Theirs(*other))
            assert (Ours(*one) != Ours(*other)) is (Theirs(*one) != Theirs(*other))
    value = Ours("a", 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.size = 3  # type: ignore[misc]
    assert dataclasses.replace(value, size=3) == Ours("a", 3)
    for copied in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert copied == value
        assert copied is not value


USES = [
    lambda kind: kind("a").size, lambda kind: [one.name for one in dataclasses.fields(kind)],
    dataclasses.is_dataclass, lambda kind: kind.__match_args__, lambda kind: kind.__dataclass_params__.frozen,
    inspect.signature,
]  # fmt: skip


@pytest.mark.parametrize("use", USES)
def test_a_value_class_becomes_a_dataclass_when_it_is_first_used(use: Callable[[Any], Any]) -> None:
    """Whatever is used of it first; a class below it is one at once."""

    @lazy_dataclass(frozen=True, eq=False, repr=False)
    class Used(Value):
        """A value."""

        name: str
        size: int = dataclasses.field(default=0, compare=False)

    @dataclasses.dataclass(frozen=True)
    class Plain:
        """A value."""

        name: str
        size: int = dataclasses.field(default=0, compare=False)

    class Below(Used):
        """Declares nothing."""

    assert repr(use(Below)) == repr(use(Used)) == repr(use(Plain))
    assert Used("a", 1) == Used("a") != Below("a")


@pytest.mark.parametrize("is_used", [False, True])
def test_a_value_class_can_be_extended(is_used: bool) -> None:
    @lazy_dataclass(frozen=True, eq=False, repr=False)
    class Base(Value):
        name: str

    assert not is_used or Base("a").name == "a"

    @lazy_dataclass(frozen=True, repr=False)
    class Nearer(Base):
        last: list[int] = dataclasses.field(default_factory=list, compare=False)

    assert Nearer("a") == Nearer("a", [1]) != Nearer("b")
    assert Nearer("a", [1]).last == [1]
    assert Base("a") == Base("a") != Nearer("a")
    assert [one.name for one in dataclasses.fields(Nearer)] == ["name", "last"]


PICKLED = """
import pickle, sys
import twilio_orm
value = pickle.loads(bytes.fromhex(sys.argv[1]))
try:
    value.resource = "Other"
except AttributeError as error:
    print(error)
STATEMENT
"""


@pytest.mark.parametrize("statement", ["print(value)", "print(hash(value) != 1)", "print(value == value)", "print(value.new)"])
def test_an_unpickled_value_is_whole_before_any_was_made(statement: str) -> None:
    report = twilio_orm.Report("Call", new=3)
    command = [sys.executable, "-c", PICKLED.replace("STATEMENT", statement), pickle.dumps(report).hex()]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    expected = {"print(value)": str(report), "print(value.new)": "3"}.get(statement, "True")
    assert printed == ["cannot assign to field 'resource'", expected]


def test_threads_that_use_a_value_class_first_all_get_the_dataclass() -> None:
    def made() -> list[Any]:
        kinds = []
        for _ in range(50):

            @lazy_dataclass(frozen=True, eq=False, repr=False)
            class Fresh(Value):
                name: str
                more: int = dataclasses.field(default=1, compare=False)

            kinds.append(Fresh)
        return kinds

    kinds, start, values = made(), threading.Barrier(8), list[Any]()

    def use() -> None:
        start.wait()
        values.extend(kind("a", more=2) for kind in kinds)

    running = [threading.Thread(target=use) for _ in range(8)]
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for one in running:
            one.start()
        for one in running:
            one.join()
    finally:
        sys.setswitchinterval(often)
    assert len(values) == 400
    assert len(set(values)) == 50
    assert all(one == type(one)("a") for one in values)  # more is not compared


def test_every_value_class_of_the_library_can_be_a_dataclass() -> None:
    def below(kind: type) -> list[Any]:
        return [one for found in kind.__subclasses__() for one in (found, *below(found))]

    kinds = [kind for kind in below(Value) if kind.__module__.startswith("twilio_orm.")]
    assert len(kinds) > 40
    assert all(dataclasses.fields(kind) and kind.__dataclass_params__.frozen for kind in kinds)


def test_values_of_two_classes_are_never_equal() -> None:
    class Sub(Ours):
        pass

    assert Ours("a") != Theirs("a")
    assert Ours("a") != Sub("a")
    assert Ours("a") != "a"
    assert Not(Ref("a")) != And((Ref("a"),))  # type: ignore[arg-type]
    nodes = (Condition("status", "exact", "busy"),)
    assert len({And(nodes), Or(nodes), And(nodes), Not(nodes[0]), *nodes}) == 4


def test_what_the_library_compares_still_compares() -> None:
    schema = CLASSES["Call"].api_schema
    where = (Condition("to", "in", ("a", "b")), Not(Condition("hour", "exact", Ref("x"), "hour", "UTC+01:00")))
    assert Query(schema, where) == Query(schema, tuple(where))
    assert Query(schema, where) != Query(schema, where, high=1)
    assert {Query(schema, where): 1}[Query(schema, where)] == 1
    assert repr(F("date_created")) == "F(name='date_created')"
    assert repr(Term("start_time", "hour")) == "Term(field='start_time', part='hour', zone='')"
    assert Constraints({"to": "a"}) == Constraints({"to": "a"})
    with pytest.raises(TypeError):
        hash(Constraints({"to": "a"}))
    assert Request("GET", "/a") == Request("GET", "/a")
    assert Request("GET", "/a", (("To", "+1"),)) != Request("GET", "/a")
    assert repr(Request("GET", "/a?b=secret")) == "<Request GET /a>"
    assert Plan(Query(schema), (), (), True) != Plan(Query(schema), (), (), False)


# ---------------------------------------------------------------- errors


def test_an_own_error_is_one_class_whoever_names_it_first() -> None:
    """Eight threads, each naming them first, of a hundred classes that nobody has asked for theirs."""
    fresh = [type(f"Fresh{at}", (Call,), {"__module__": __name__}) for at in range(100)]
    start = threading.Barrier(8)
    found: list[tuple[int, Any, Any]] = []

    def name(at: int) -> None:
        start.wait()
        for number, kind in enumerate(fresh):
            first, second = ("NotFound", "DoesNotExist") if at % 2 else ("DoesNotExist", "NotFound")
            pair = {first: getattr(kind, first), second: getattr(kind, second)}
            found.append((number, pair["DoesNotExist"], pair["NotFound"]))

    running = [threading.Thread(target=name, args=(at,)) for at in range(8)]
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for one in running:
            one.start()
        for one in running:
            one.join()
    finally:
        sys.setswitchinterval(often)
    assert len(found) == 800
    assert len(set(found)) == 100


def test_an_own_error_is_caught_as_it_was() -> None:
    class Nearer(Call):
        pass

    for kind in (Call, Nearer, Nearer()):
        assert issubclass(kind.NotFound, errors.NotFound)
        assert issubclass(kind.NotFound, kind.DoesNotExist)
        assert issubclass(kind.DoesNotExist, errors.DoesNotExist)
    assert issubclass(Nearer.DoesNotExist, Call.DoesNotExist)
    assert issubclass(Nearer.NotFound, Call.NotFound)
    assert Nearer.DoesNotExist is not Call.DoesNotExist
    assert not issubclass(Call.DoesNotExist, Nearer.DoesNotExist)
    assert not issubclass(Call.DoesNotExist, Message.DoesNotExist)
    assert (Call.NotFound.__name__, Call.NotFound.__qualname__, Call.NotFound.__module__) == (
        "NotFound", "Call.NotFound", "twilio_orm.resources.calls",
    )  # fmt: skip
    again = pickle.loads(pickle.dumps(Call.NotFound("gone", status=404)))
    assert type(again) is Call.NotFound
    assert again.status == 404


def test_dir_lists_the_public_names_and_no_others() -> None:
    """The same before and after the names that are imported late have been used."""
    listed = "print([name for name in dir(twilio_orm) if not name.startswith('_')])"
    fresh = told(f"import twilio_orm; {listed}")
    used = told(f"import twilio_orm, twilio_orm.testing; twilio_orm.redact, twilio_orm.WritePlan, twilio_orm.Event; {listed}")
    assert fresh == used == str(sorted(name for name in twilio_orm.__all__ if not name.startswith("_")))
    assert {"Call", "redact", "Redaction", "WritePlan", "Event", "connect", "__version__", "__doc__"} <= set(dir(twilio_orm))


def test_each_public_name_is_there() -> None:
    assert all(getattr(twilio_orm, name) is not None for name in twilio_orm.__all__)
    assert len(set(twilio_orm.__all__)) == len(twilio_orm.__all__)
