"""Each operation of Twilio's document is built by our declarations, from Python values, parameter for parameter."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from document import DOCUMENT, PAGING, Operation, document, operations, resolved

import twilio_orm
from twilio_orm import Connection, connect
from twilio_orm.changes import plan_builder
from twilio_orm.http.messages import Request, Response
from twilio_orm.query.constraints import query_constraints
from twilio_orm.schema.formats import camel
from twilio_orm.schema.number_fields import Flag, Number, Whole
from twilio_orm.schema.parameters import NameValuePairs
from twilio_orm.schema.registry import CLASSES
from twilio_orm.schema.text_fields import Method, Sid, Text, Texts, Url
from twilio_orm.schema.time_fields import Time

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="Twilio's document is not beside the project")
ALL = operations() if DOCUMENT.exists() else []
TOKEN = "0" * 32

# What is not as the document has it, and why. Anything else fails.
UNASKED = {
    **dict.fromkeys(
        [f"ListUsageRecord{tail}" for tail in ("AllTime", "LastMonth", "ThisMonth", "Today", "Yesterday")],
        ({"StartDate", "EndDate"}, "the list is its own span of days: dates would change what its sums mean"),
    ),
    **dict.fromkeys(
        [one.id for one in ALL if one.id.startswith("ListAvailablePhoneNumber")],
        (PAGING, "Twilio's own examples have no pages there, and no link to a next one"),
    ),
}
UNSENT: dict[str, tuple[set[str], str]] = {}
# Fields that only some paths of a resource have are declared once, for all.
BESIDE = {
    "Key": ({"secret"}, "only the reply to a create has it"),
    "SigningKey": ({"secret"}, "only the reply to a create has it"),
    "Recording": ({"track", "media_url", "subresource_uris"}, "the call's list has the first, the account's the others"),
    "Notification": ({"request_variables", "response_body", "response_headers"}, "only a fetch has them"),
    "IncomingPhoneNumber": ({"type"}, "the lists by type leave it out, their path says it"),
}
LEGACY = {"CallFeedback", "FeedbackSummary"}  # not in the document any more


class Wire:
    """A transport that notes what it is asked, and answers with ``body``."""

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self.body: dict[str, Any] = {}

    def __call__(self, request: Request) -> Response:
        self.sent.append(request)
        if request.method == "DELETE":
            return Response(204)
        return Response(200, {"content-type": "application/json"}, json.dumps(self.body).encode())


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def asked(wire: Wire) -> Iterator[Connection]:
    connection = connect("AC" + "a" * 32, TOKEN, mirror=":memory:", transport=wire)
    yield connection
    connection.close()


# ---------------------------------------------------------------- values


def sample(name: str, schema: dict[str, Any]) -> tuple[Any, list[str]]:
    """A Python value for a parameter, and the texts that it becomes."""
    schema = resolved(schema)
    values = [value for value in schema.get("enum", ()) if value]
    pattern = re.match(r"\^\(?([A-Z]{2})", schema.get("pattern", ""))
    if name in SPECIAL:
        return SPECIAL[name]
    if values:
        return values[0], [values[0]]
    if schema.get("type") == "array":
        items = [value for value in resolved(schema["items"]).get("enum", ()) if value] or ["one", "two"]
        return items, items
    if pattern:
        return pattern[1] + "b" * 32, [pattern[1] + "b" * 32]
    kinds: dict[Any, tuple[Any, list[str]]] = {
        "uri": ("https://example.com/x?y=1", ["https://example.com/x?y=1"]),
        "date": (date(2026, 1, 1), ["2026-01-01"]),
        "date-time": (datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=5))), ["2026-01-01T00:00:00Z"]),
        "phone-number": ("+15005550006", ["+15005550006"]),
        "endpoint": ("client:anna", ["client:anna"]),
        "iso-country-code": ("US", ["US"]),
        "twiml": ("<Response><Hangup/></Response>", ["<Response><Hangup/></Response>"]),
        "boolean": (True, ["true"]),
        "integer": (7, ["7"]),
        "number": (Decimal("1.50"), ["1.50"]),
        "string": ("some text & more", ["some text & more"]),
        None: ({"b": 1, "a": [2]}, ['{"a":[2],"b":1}']),
    }
    form = schema.get("format")
    return kinds[form if form is not None and form in kinds else schema.get("type")]


SPECIAL: dict[str, tuple[Any, list[str]]] = {
    "TriggerValue": (Decimal("12.5"), ["12.5"]),
    "Ttl": (60, ["60"]),
    "Beep": ("onEnter", ["onEnter"]),
    "Content": ({"text": "hi"}, ['{"text":"hi"}']),
    "Log": (0, ["0"]),
    "Origin": ("hosted", ["hosted"]),
    "RecordingStatusCallback": ("https://example.com/done", ["https://example.com/done"]),
}


def snake(name: str) -> str:
    return re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower()


def spot(name: str, operation: Operation) -> str:
    """A value for a parameter of the path."""
    schema = path_schema(operation, name)
    pattern = re.match(r"\^\(?([A-Z]{2})", schema.get("pattern", ""))
    if name == "CountryCode":
        return "US"
    schema = CLASSES[operation.home.model].api_schema
    here = {snake(name): None, snake(name).replace("message", "parent"): None, schema.key[-1]: None} if not pattern else {}
    column = next((schema.columns[one] for one in here if one in schema.columns), None)
    return (pattern[1] if pattern else column.prefixes[0]) + "c" * 32


def path_schema(operation: Operation, name: str) -> dict[str, Any]:
    item = document()["paths"][operation.path]
    each = [*item.get("parameters", []), *item[operation.method.lower()].get("parameters", [])]
    return next((one["schema"] for one in each if one["in"] == "path" and one["name"] == name), {})


# ---------------------------------------------------------------- one operation


def question(operation: Operation, connection: Connection) -> tuple[Any, str | None]:
    """The query set at the operation's path, and the key of its record where the path ends with one."""
    home = operation.home
    schema = CLASSES[home.model].api_schema
    places = operation.places
    key = spot(places[-1], operation) if operation.path.endswith("}.json") else None
    given = [spot(name, operation) for name in (places[:-1] if key else places)]
    names = [name for name in schema.urls.parents(home.parent_path) if name not in home.words]
    assert len(names) == len(given), (operation.path, names)
    with connection:
        found = CLASSES[home.model].filter(**dict(zip(names, given, strict=True)), **home.words)
    return found.within_parent(home.parent_path) if home.parent_path else found, key


def target(operation: Operation) -> str:
    """The operation's path with our values in it."""
    path = operation.path.replace("{AccountSid}", "AC" + "a" * 32)
    for name in operation.places:
        path = path.replace(f"{{{name}}}", spot(name, operation))
    return path


def run(operation: Operation, connection: Connection, wire: Wire) -> None:
    """Build and send the operation's request, and compare it with the document."""
    found, key = question(operation, connection)
    {"List": listed, "Fetch": fetched, "Create": created, "Update": updated, "Delete": deleted}[operation.kind](
        operation, found, key, wire
    )
    for request in wire.sent:
        assert (request.method, request.path) == (operation.method, target(operation)), request
        assert bool(request.form) == bool(operation.content), "a body belongs to a POST, and to it alone"
    assert set(operation.content) <= {"application/x-www-form-urlencoded"}, "the transport sends forms"


def bare(schema: Any, key: str | None) -> dict[str, Any]:
    """A record that says nothing but which it is."""
    keys = {name.rstrip("_"): "".join(getattr(schema.columns[name], "prefixes", ())[:1]) + "c" * 32 for name in schema.key}
    return {
        **dict.fromkeys(schema.wires),
        **keys,
        **{name: key for name in schema.key[-1:] if key},
        "account_sid": "AC" + "a" * 32,
    }


def listed(operation: Operation, found: Any, _key: str | None, wire: Wire) -> None:
    """Two questions: by equality, and by the two bounds of each range."""
    schema = found.query.schema
    wire.body = {schema.list_key: [], "next_page_uri": None}
    ranges = {name.rstrip("<>") for name in operation.query if name[-1] in "<>"}
    equal = {name: sample(name, schema) for name, schema in operation.query.items() if name[-1] not in "<>"}
    asked = {name: value for name, value in equal.items() if name not in PAGING and name not in missing(operation)}
    words = {word(schema, name): value for name, (value, _) in asked.items()}
    list(usage(found, words)) if schema.name == "UsageRecord" else list(found.filter(**words))
    texts = {name: [date_only(text) if name in ranges else text for text in texts] for name, (_, texts) in asked.items()}
    expected = {**texts, **({"PageSize": [str(schema.page_size)]} if schema.paged else {})}
    if schema.name == "UsageRecord" and "EndDate" in expected:
        expected["EndDate"] = ["2026-12-31"]
    seen = dict(parse_qsl(wire.sent[-1].target.partition("?")[2], keep_blank_values=True))
    assert {name: [text] for name, text in seen.items()} == expected
    got = set(seen)
    for name in ranges:
        field = snake(name)
        list(found.filter(**{f"{field}__gte": date(2026, 1, 1), f"{field}__lt": date(2026, 2, 1)}))
        pairs = dict(parse_qsl(wire.sent[-1].target.partition("?")[2]))
        assert (pairs[f"{name}>"], pairs[f"{name}<"]) == ("2026-01-01", "2026-02-01")
        got |= set(pairs)
    assert got | missing(operation) | (PAGING if schema.paged else set()) == set(operation.query)
    declared = {snake(name) for name in set(operation.query) - PAGING if name[-1] not in "<>"}
    flags = set() if operation.home.parent_path else set(schema.flags) - set(schema.urls.parents())
    assert {name.rstrip("_") for name in schema.filterable(operation.home.parent_path)} | flags == declared


def usage(found: Any, words: dict[str, Any]) -> Any:
    if "end_date" not in words:
        return found.filter(**words)
    days = (words.pop("start_date"), date(2026, 12, 31))
    words.pop("end_date")
    return found.filter(**words).between(*days)


def missing(operation: Operation) -> set[str]:
    return UNASKED.get(operation.id, (set(), ""))[0]


def date_only(text: str) -> str:
    return text[:10]


def word(schema: Any, name: str) -> str:
    found = snake(name)
    return found if found in schema.columns or found in schema.flags else f"{found}_"


def fetched(operation: Operation, found: Any, key: str | None, wire: Wire) -> None:
    schema = found.query.schema
    wire.body = {**bare(schema, key), "owner_account_sid": "AC" + "a" * 32}
    if key is None:
        found.get()
    else:
        words = {snake(name): sample(name, schema)[0] for name, schema in operation.query.items()}
        found.filter(**words).get(key)
    seen = parse_qsl(wire.sent[-1].target.partition("?")[2])
    assert dict(seen) == {name: sample(name, schema)[1][0] for name, schema in operation.query.items()}


def created(operation: Operation, found: Any, key: str | None, wire: Wire) -> None:
    wire.body = bare(found.query.schema, None)
    sent(operation, lambda words: found.create(**words), wire)


def updated(operation: Operation, found: Any, key: str | None, wire: Wire) -> None:
    wire.body = bare(found.query.schema, key)
    sent(operation, lambda words: found.ref(key).update(**words), wire)


EXCLUSIVE = {"UpdateCall": ("Url", "Twiml")}


def sent(operation: Operation, verb: Any, wire: Wire) -> None:
    """Every documented parameter, in one request, or in two where some exclude each other."""
    apart = EXCLUSIVE.get(operation.id, ())
    got: set[str] = set()
    for excluded in apart or ("",):
        form = {name: schema for name, schema in operation.form.items() if name != excluded}
        words: dict[str, Any] = {}
        expected: list[tuple[str, str]] = []
        for name, schema in form.items():
            value, texts = sample(name, schema)
            if re.match(r"Parameter\d", name):
                words.setdefault("parameters", {f"name {at}": f"value {at}" for at in range(1, 100)})
                kind = name.partition(".")[2].lower()
                texts = [f"{kind} {re.findall(r'[0-9]+', name)[0]}"]
            else:
                words[snake(name)] = value
            expected += [(name, text) for text in texts]
        verb(words)
        assert sorted(wire.sent[-1].form) == sorted(expected)
        got |= {name for name, _ in wire.sent[-1].form}
    assert got == set(operation.form)


def deleted(operation: Operation, found: Any, key: str | None, wire: Wire) -> None:
    if operation.resource == "IncomingPhoneNumber":  # which says what it does, and asks for the number itself
        with pytest.raises(twilio_orm.ConfirmationRequired):
            found.ref(key).delete()
        record = found.model.from_api({"sid": key, "phone_number": "+15005550006"})
        record._connection = found.bound_connection()
        record.release(confirm="+15005550006")
    else:
        found.ref(key).delete()


# ---------------------------------------------------------------- all of them


@pytest.mark.slow
@pytest.mark.parametrize("operation", ALL, ids=[one.id for one in ALL])
def test_an_operation(operation: Operation, asked: Connection, wire: Wire) -> None:
    run(operation, asked, wire)


def parents(operation: Operation) -> tuple[str, ...]:
    """The fields that the operation's path names."""
    schema = twilio_orm.resources()[operation.home.model].api_schema
    return tuple(schema.urls.parents(operation.home.parent_path))


BELOW = [one for one in ALL if one.kind in ("Fetch", "Create", "Update") and parents(one)]


@pytest.mark.slow
@pytest.mark.parametrize("left", ["absent", "null"])
@pytest.mark.parametrize("operation", BELOW, ids=[one.id for one in BELOW])
def test_a_parent_that_a_reply_does_not_name_is_that_of_the_path(
    operation: Operation, left: str, asked: Connection, wire: Wire
) -> None:
    """In the record and in the mirror's row: what was asked for says where it is."""
    found, key = question(operation, asked)
    schema, made = found.query.schema, list[Any]()
    wire.body = bare(schema, None if operation.kind == "Create" else key)
    for name in parents(operation):
        if left == "absent":
            wire.body.pop(name, None)
        elif name in wire.body:
            wire.body[name] = None
    if operation.kind == "Fetch":
        made.append(found.get(*([] if key is None else [key])))
    elif operation.kind == "Create":
        sent(operation, lambda words: made.append(found.create(**words)), wire)
    else:
        sent(operation, lambda words: made.append(found.ref(key).update(**words)), wire)
    for name in parents(operation):
        told = query_constraints(found.query).equal[name]
        assert told is not None and getattr(made[0], name) == told
        if schema.mirrored:
            assert {row[0] for row in asked.sql(f'SELECT "{schema.columns[name].column_name}" FROM "{schema.table}"')} == {told}


@pytest.mark.parametrize(
    "take", [lambda one: one.dequeue("https://a.example/"), lambda one: one.dequeue("https://a.example/", front=True)]
)
@pytest.mark.parametrize("left", [{}, {"queue_sid": None}])
def test_whoever_is_taken_out_of_a_queue_was_in_it(take: Any, left: dict[str, Any], asked: Connection, wire: Wire) -> None:
    """Recorded replies of a queue's member do not name the queue."""
    queue, call = "QU" + "c" * 32, "CA" + "c" * 32
    wire.body = {"call_sid": call, "queue_sid": queue, "position": 1, "wait_time": 5, "date_enqueued": None, "uri": None}
    member = twilio_orm.Member.filter(queue_sid=queue).get(call)
    wire.body = {"call_sid": call, "position": 1, "wait_time": 9, "date_enqueued": None, "uri": None, **left}
    found = take(member)
    assert (found.queue_sid, found.call_sid, found.wait_time) == (queue, call, 9)
    assert asked.sql("SELECT queue_sid, wait_time FROM member") == [(queue, 9)]
    with asked:
        assert twilio_orm.Member.offline(partial=True).filter(queue_sid=queue).count() == 1


@pytest.mark.slow
def test_all_operations_are_built() -> None:
    done = 0
    for operation in ALL:
        wire = Wire()
        connection = connect("AC" + "a" * 32, TOKEN, mirror=":memory:", transport=wire)
        try:
            run(operation, connection, wire)
        except AssertionError:
            raise
        finally:
            connection.close()
        assert wire.sent
        done += 1
    print(f"{done}/{len(ALL)}")
    assert done == len(ALL) == 197
    paths = document()["paths"]
    assert (len(paths), len({operation.path for operation in ALL})) == (121, 116), "five paths hold others only"


def test_what_can_be_done_is_what_the_document_says() -> None:
    """No verb is declared that the document does not have."""
    theirs: dict[tuple[str, str], set[str]] = {}
    for operation in ALL:
        theirs.setdefault((operation.home.model, operation.home.parent_path), set()).add(operation.kind)
    for name, model in twilio_orm.resources().items():
        if name in LEGACY:
            continue
        schema = model.api_schema
        for parent_path in ("", *schema.parent_paths):
            creates, updates, deletable = (schema.offers[verb][parent_path] for verb in ("creates", "updates", "deletable"))
            ours = {"Create": creates, "Update": updates, "Delete": deletable}
            ours["List"] = schema.lists and not schema.singleton
            ours["Fetch"] = schema.fetches and (schema.keyed or schema.singleton)
            assert {kind for kind, there in ours.items() if there} == theirs[name, parent_path], (name, parent_path)


def test_fields_are_those_of_the_document() -> None:
    theirs: dict[str, set[str]] = {}
    for operation in ALL:
        theirs.setdefault(operation.home.model, set()).update(operation.schema().get("properties", {}))
    for name, model in twilio_orm.resources().items():
        schema = model.api_schema
        if name in LEGACY:
            continue
        given = {one for one, column in schema.columns.items() if column.from_request}
        ours = {one.rstrip("_") for one in schema.columns.keys() - given} | set(schema.derived) | schema.secrets
        assert ours == theirs[name], name
        assert not given & theirs[name] or name in ("Participant",), (name, given & theirs[name])
    for operation in ALL:
        whole = theirs[operation.home.model]
        here = set(operation.schema().get("properties", {}))
        if operation.kind != "Delete":
            assert whole - here <= BESIDE.get(operation.home.model, (set(), ""))[0], operation.id


def test_what_the_list_does_not_show_is_declared() -> None:
    """Fields of a record's own address, or of lists below a parent alone, which no query can be about."""
    shown: dict[str, set[str]] = {}
    for operation in ALL:
        if operation.kind == "List" and not operation.home.parent_path:
            shown.setdefault(operation.home.model, set()).update(operation.schema().get("properties", {}))
    hidden = {}
    for name, model in twilio_orm.resources().items():
        columns = model.api_schema.columns
        theirs = {one for one, column in columns.items() if name in shown and not column.from_request} - {
            *map(model.api_schema.wires.get, shown.get(name, ()))
        }
        hidden[name] = theirs
        assert {one for one, column in columns.items() if column.unlisted} == theirs - {"type"}, name
    assert hidden["Notification"] == {"request_variables", "response_body", "response_headers"} and hidden["Recording"] == {
        "track"
    }


def test_requirements_and_values_are_those_of_the_document() -> None:
    """What is required, the kinds of the parameters, and every word of every enumeration."""
    for operation in ALL:
        if operation.kind not in ("Create", "Update"):
            continue
        model, parent_path = CLASSES[operation.home.model], operation.home.parent_path
        when = operation.kind.lower()
        takes = model.api_schema.offers[f"{when}s"][parent_path]
        known = takes.by_name(model.writable_fields(when))
        by_type = operation.resource.removeprefix("IncomingPhoneNumber") in ("Local", "Mobile", "TollFree")
        required = set(takes.required) | ({"phone_number"} if by_type else set())
        assert {name.rstrip("_") for name in required} == {snake(name) for name in operation.required}, operation.id
        groups = {frozenset(name.rstrip("_") for name in group) for group in takes.one_of}
        assert by_type or groups == {frozenset(group) for group in operation.one_of}, operation.id
        numbered = {name for name, one in known.items() if isinstance(one, NameValuePairs)}
        theirs = {snake(name) for name in operation.form if not re.match(r"Parameter\d", name)}
        extra = {"area_code"} if by_type else set()
        assert {name.rstrip("_") for name in known.keys() - numbered} - extra == theirs, operation.id
        for name, schema in operation.form.items():
            if not re.match(r"Parameter\d", name):
                column = known[snake(name) if snake(name) in known else f"{snake(name)}_"]
                kind_fits(operation, name, column, resolved(schema))


def test_an_empty_text_clears_what_the_document_lets_be_empty() -> None:
    """Of every field that a plan can write: text and URLs, but no word of an enumeration, SID, number or flag."""
    seen = Counter[bool]()
    for operation in ALL:
        if operation.kind != "Update":
            continue
        model, parent_path = CLASSES[operation.home.model], operation.home.parent_path
        for name, column in plan_builder.plannable_fields(model, parent_path).items():
            schema = resolved(operation.form[camel(name)])
            free = schema["type"] == "string" and not {"enum", "pattern"} & schema.keys()
            clears = free and schema.get("format", "uri") == "uri"
            assert plan_builder.can_clear(column) is clears, f"{operation.id} {name}: {schema}"
            seen[clears] += 1
    assert seen[True] > 40 and seen[False] > 40


def kind_fits(operation: Operation, name: str, column: Any, schema: dict[str, Any]) -> None:
    where = f"{operation.id} {name}"
    values = [value for value in resolved(schema.get("items", schema)).get("enum", ()) if value]
    if values:
        assert isinstance(column, Texts) == (schema.get("type") == "array"), where
        assert sorted(column.values) == sorted(values), where
        assert isinstance(column, Method) == (schema.get("format") == "http-method"), where
        return
    assert not column.values or name in ("Beep",), where
    kind = schema.get("type")
    expected: dict[Any, Any] = {"boolean": Flag, "integer": Whole, "number": Number, "array": Texts}
    if kind in expected:
        assert isinstance(column, expected[kind]), where
    elif schema.get("format") == "uri":
        assert isinstance(column, Url), where
    elif schema.get("format") == "date-time":
        assert isinstance(column, Time), where
    elif schema.get("pattern"):
        assert isinstance(column, Sid), where
        assert "^({})".format("|".join(column.prefixes)) in (schema["pattern"][:12], "^(" + schema["pattern"][1:3] + ")"), where
    elif kind == "string" and name not in SPECIAL:
        assert not isinstance(column, (Flag, Whole, Number, Texts)), where
        assert isinstance(column, Text) or column.kind in ("text", "value"), where
