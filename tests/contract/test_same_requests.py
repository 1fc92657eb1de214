"""Every operation of Twilio's document, asked by Twilio's own client and by us: FakeTwilio sees the same requests.

Each operation is done in rounds of the same Python values, by either side in a world of its own; both worlds are seeded
alike, down to the SIDs. Compared are the requests that the fake has logged: method, path, and the query's and the form's
pairs. Where they differ, ``LISTED`` says how, to the letter, and why; a difference that is not there any more fails too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import pytest
from document import DOCUMENT, PAGING, Operation, operations, resolved
from fakeworld import FROM, TO, World
from official import Loopback, argument, verb_at
from twilio.rest import Client

import twilio_orm
from twilio_orm import BadValue, QueryError
from twilio_orm.orm.queryset import QuerySet
from twilio_orm.orm.relations import Many
from twilio_orm.query.api_requests import ApiRequest
from twilio_orm.schema.parameters import Parameters
from twilio_orm.schema.registry import CLASSES
from twilio_orm.testing.definitions.catalog import ACCOUNTS, ENDPOINTS
from twilio_orm.testing.definitions.endpoint import Endpoint
from twilio_orm.testing.server.http_server import Server
from twilio_orm.testing.server.request_log import Seen

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="Twilio's document is not beside the project")
ALL = operations() if DOCUMENT.exists() else []
ROOT = "/2010-04-01/Accounts"
Values = dict[str, Any]
Round = tuple[str, Values]


# ---------------------------------------------------------------- the differences


@dataclass(frozen=True)
class Listed:
    """Differences to the letter, round by round, and why: ``-`` only Twilio's client sends, ``+`` only we send."""

    why: str
    lines: list[str]


def instants(*names: str) -> list[str]:
    """Twilio's client makes instants of days, and asks for instants as they are."""
    return [
        line
        for name in names
        for line in (
            f"days: - {name}>=2026-03-01T00:00:00Z", f"days: - {name}<=2026-04-01T00:00:00Z",
            f"days: + {name}>=2026-03-01", f"days: + {name}<=2026-04-01",
            f"instants: - {name}>=2026-03-01T05:00:00Z", f"instants: - {name}<=2026-03-31T05:00:00Z",
            f"instants: + {name}>=2026-03-01", f"instants: + {name}<=2026-04-01",
            f"a day: - {name}=2026-03-01T00:00:00Z", f"a day: + {name}=2026-03-01",
        )
    ]  # fmt: skip


def cut(*names: str) -> list[str]:
    """Twilio's client cuts instants to their days."""
    return [line for name in names for line in (f"instants: - {name}<=2026-03-31", f"instants: + {name}<=2026-04-01")]


def by_status(name: str, *pairs: str) -> list[str]:
    """Three questions for one, in a round that does not say the status."""
    return [
        f"{name}: + Status=init",
        *(
            f"{name}: + another request, {'&'.join([f'Status={one}', *pairs, 'PageSize=1000'])}"
            for one in ("in-progress", "completed")
        ),
    ]


CLIENT_LACKS = "Twilio's client takes no"  # lines that may be missing: the next client may take it
CREATED, UPDATED = (
    ["DateCreated>=2026-03-01", "DateCreated<=2026-04-01"],
    ["DateUpdated>=2026-03-01", "DateUpdated<=2026-04-01"],
)
INSTANTS = (
    "we ask for whole days: a day is not its midnight (an equality with that finds nothing), and bounds hold every"
    " instant of the span whichever way Twilio reads them; what is too much is left out here. As text they are the same"
)
CUT = "the client cuts both ends to their days, and may lose the last one's hours; we ask for that day whole, and filter here"
PAGES = "Twilio's own examples have no pages there, and no link to a next one: we ask for none"
ALOUD = "include_subaccounts is said aloud where it is left open, since the mirror keeps both kinds of sums apart"
SPAN = ALOUD + "; and the list is its own span of days: dates would change what its sums mean, so that we refuse them"
LISTED = {
    "ListAvailablePhoneNumberCountry": Listed(PAGES, ["bare: - PageSize=1000"]),
    **{
        f"ListAvailablePhoneNumber{kind}": Listed(PAGES, ["bare: - PageSize=1000", "all: - PageSize=1000"])
        for kind in ("Local", "MachineToMachine", "Mobile", "National", "SharedCost", "TollFree", "Voip")
    },
    "ListCall": Listed(INSTANTS, instants("StartTime", "EndTime")),
    "ListMedia": Listed(INSTANTS, instants("DateCreated")),
    "ListMessage": Listed(INSTANTS, instants("DateSent")),
    "ListRecording": Listed(INSTANTS, instants("DateCreated")),
    **dict.fromkeys(("ListNotification", "ListCallNotification"), Listed(CUT, cut("MessageDate"))),
    **dict.fromkeys(("ListCallRecording", "ListConferenceRecording"), Listed(CUT, cut("DateCreated"))),
    "ListConference": Listed(
        "without a status Twilio lists only the conferences in progress: we ask for each status; and " + CUT,
        [
            *cut("DateCreated", "DateUpdated"),
            *by_status("bare"),
            *by_status("a day", "DateCreated=2026-03-01", "DateUpdated=2026-03-01"),
            *(line for name in ("days as text", "days", "instants") for line in by_status(name, *CREATED, *UPDATED)),
        ],
    ),
    "ListUsageRecord": Listed("a sum needs its days said: without them it is all_time's", ["bare: we refuse with QueryError"]),
    **{f"ListUsageRecord{kind}": Listed(ALOUD, ["bare: + IncludeSubaccounts=true"]) for kind in ("Daily", "Monthly", "Yearly")},
    **{
        f"ListUsageRecord{kind}": Listed(SPAN, ["bare: + IncludeSubaccounts=true", "all: we refuse with QueryError"])
        for kind in ("AllTime", "LastMonth", "ThisMonth", "Today", "Yesterday")
    },
    "CreatePayments": Listed(
        "the same JSON: ours without blanks, its names in order, so that equal values are equal texts",
        ['all: - Parameter: {"b": 1, "a": [2]}', 'all: + Parameter: {"a":[2],"b":1}'],
    ),
    "CreateRealtimeTranscription": Listed(
        "twilio 9.13.0 calls it TranscriptionConfigurationId, which the document does not know",
        [f"all: {CLIENT_LACKS} ConfigurationId"],
    ),
}  # fmt: skip


# ---------------------------------------------------------------- the values

UTC = timezone.utc
DAY, LAST_DAY = date(2026, 3, 1), date(2026, 4, 1)
INSTANT, LAST_INSTANT = datetime(2026, 3, 1, 5, tzinfo=UTC), datetime(2026, 3, 31, 5, tzinfo=UTC)
SPECIAL: Values = {
    "TriggerValue": Decimal("12.5"), "Beep": "onEnter", "Content": '{"text": "hi"}', "To": TO, "From": FROM,
    "PhoneNumber": TO, "FallbackFrom": FROM, "SendAt": datetime(2026, 3, 12, 9, 30, tzinfo=UTC), "Contains": "415*",
    "AreaCode": "415", "NearNumber": TO, "NearLatLong": "37.8,-122.4", "Log": 0, "Origin": "twilio",
    "RecordingStatusCallback": "https://example.com/done",
}  # fmt: skip
OF_ONE: dict[str, Values] = {
    "UpdateMessage": {"Body": "", "Status": "canceled"},
    "UpdateAccount": {"Status": "active"},
}
TOTALS: Values = {"Category": "totalprice", "StartDate": date(2026, 1, 1), "EndDate": date(2026, 12, 31)}
KINDS_OF_VALUES: Values = {
    "uri": "https://example.com/x?y=1&z=ä", "date": DAY, "date-time": INSTANT, "phone-number": TO, "endpoint": "client:anna",
    "iso-country-code": "US", "twiml": "<Response><Hangup/></Response>", "boolean": True, "integer": 7, "number": Decimal("1.50"),
    "string": "some text & more, ä + ☕", None: {"b": 1, "a": [2]},
}  # fmt: skip
EXCLUSIVE = {"UpdateCall": ("Url", "Twiml")}


def sample(operation: Operation, name: str, schema: Mapping[str, Any], world: World) -> Any:
    """A Python value for a parameter, one that the fake accepts in this world."""
    schema = resolved(dict(schema))
    special = {**SPECIAL, **(TOTALS if operation.resource.startswith("UsageRecord") else {}), **OF_ONE.get(operation.id, {})}
    mine = {"CredentialListSid": "credential_lists", "IpAccessControlListSid": "ip_access_control_lists"}
    if name in special:
        return special[name]
    if name.startswith("Parameter") and "." in name:
        return f"{name} of the caller's own"
    if name in mine:
        return world.sid(mine[name])
    if name == "AccountSid":
        return world.fake.account_sid
    values = [value for value in schema.get("enum", ()) if value]
    if values:
        return values[0]
    if schema.get("type") == "array":
        return [value for value in resolved(schema["items"]).get("enum", ()) if value] or ["https://e.com/1", "https://e.com/2"]
    if prefix := re.match(r"\^\(?([A-Z]{2})", schema.get("pattern", "")):
        return prefix[1] + "b" * 32
    form = schema.get("format")
    return KINDS_OF_VALUES[form if form in KINDS_OF_VALUES and form is not None else schema.get("type")]


def rounds(operation: Operation, world: World) -> list[Round]:
    """What to ask with, by the documents' names: nothing or as little as possible, and everything."""
    if operation.kind in ("Create", "Update"):
        least = {name: sample(operation, name, operation.form[name], world) for name in world.form(*endpoint_of(operation))}
        apart = EXCLUSIVE.get(operation.id, ())
        whole = [
            (f"all but {excluded}" if excluded else "all", samples(operation, operation.form, world, excluded))
            for excluded in (apart or ("",))
        ]
        return [one for one in (("least", least), *whole) if one[1]]
    stems = {name.rstrip("<>") for name in operation.query if name[-1] in "<>"}
    others = {name: schema for name, schema in operation.query.items() if name.rstrip("<>") not in stems and name not in PAGING}
    given = samples(operation, others, world)
    found: list[Round] = [("bare", {})]
    if operation.id in LISTED and LISTED[operation.id].why == SPAN:
        found.append(("no dates", {name: value for name, value in given.items() if name not in ("StartDate", "EndDate")}))
    if given or stems:
        found.append(("all", {**given, **dict.fromkeys(sorted(stems), DAY.isoformat())}))
    for spelled, low, high in (
        ("days as text", DAY.isoformat(), LAST_DAY.isoformat()), ("days", DAY, LAST_DAY), ("instants", INSTANT, LAST_INSTANT),
    ):  # fmt: skip
        if stems:
            found.append((spelled, {f"{name}{sign}": end for name in sorted(stems) for sign, end in ((">", low), ("<", high))}))
    if stems:
        found.append(("a day", dict.fromkeys(sorted(stems), DAY)))
    return found


def samples(operation: Operation, schemas: Mapping[str, Any], world: World, excluded: str = "") -> Values:
    return {name: sample(operation, name, schema, world) for name, schema in schemas.items() if name != excluded}


# ---------------------------------------------------------------- the places


def endpoint_of(operation: Operation) -> tuple[Endpoint, str]:
    """The fake's own row for the operation's path, and the fake's letter for what is done there."""
    parts = path_shape(operation.path)
    if parts[-1:] == ["{}"] and operation.kind in ("Fetch", "Update", "Delete"):
        parts = parts[:-1]
    if not parts:
        return ACCOUNTS, operation.kind[0]
    return next(one for one in ENDPOINTS if path_shape(one.path) == parts and operation.kind[0] in one.ops), operation.kind[0]


def path_shape(path: str) -> list[str]:
    """A path below the account with every SID left open."""
    below = path.removeprefix(ROOT).removeprefix("/{AccountSid}").removesuffix(".json").strip("/")
    return ["{}" if part[0] == "{" else part for part in below.split("/") if part]


def place(operation: Operation, world: World) -> tuple[str, list[str]]:
    """The operation's path in this world, and the SIDs in it below the account."""
    below = world.path(*endpoint_of(operation))
    own = f"{ROOT}/{world.fake.account_sid}"
    path = below if below.startswith(ROOT) else f"{own}/{below}" if below else f"{ROOT}.json"
    named = operation.path.removesuffix(".json").split("/")
    found = path.removesuffix(".json").split("/")
    assert len(named) == len(found), (operation.path, path)
    return path, [value for name, value in zip(named, found, strict=True) if name[0:1] == "{" and name != "{AccountSid}"]


def ready(operation: Operation, world: World) -> None:
    """Make way for the operation."""
    world.ready(*endpoint_of(operation))
    if operation.id == "UpdateMessage":
        world.fake.messages.change(world.sid("messages"), status="queued")


# ---------------------------------------------------------------- Twilio's client


def officially(operation: Operation, world: World, values: Values, client: Client) -> None:
    verb = verb_of(operation, world, client)
    words = {str(argument(verb, name)): value for name, value in values.items()}
    if "PageSize" in operation.query:
        words["page_size"] = CLASSES[operation.home.model].api_schema.page_size
    verb(**words)


def verb_of(operation: Operation, world: World, client: Client) -> Any:
    return verb_at(client, place(operation, world)[0], operation.kind.lower())


# ---------------------------------------------------------------- ourselves


def question(operation: Operation, sids: list[str]) -> tuple[Any, str | None]:
    """The query set at the operation's path, and the key of its record where the path ends with one."""
    home, key = operation.home, None
    model = CLASSES[home.model]
    if operation.path.endswith("}.json"):
        *sids, key = sids
    if home.parent_path:
        owner, word = next(
            (one, name)
            for one in CLASSES.values()
            for name, relation in vars(one).items()
            if isinstance(relation, Many) and (relation.name, relation.by) == (home.model, home.parent_path)
        )
        return getattr(owner.ref(*sids), word), key
    names = [name for name in model.api_schema.urls.parents() if name not in home.words]
    return model.filter(**dict(zip(names, sids, strict=True)), **home.words), key


def ourselves(operation: Operation, world: World, values: Values) -> None:
    found, key = question(operation, place(operation, world)[1])
    if operation.kind == "List":
        wanted = filters(found, values)
        days = [wanted.pop(name) for name in ("start_date", "end_date") if name in wanted]
        asked = found.filter(**wanted)
        list(asked.between(*days) if days else asked)  # a span of days, as Twilio means the two
    elif operation.kind == "Fetch":
        asked = found.filter(**filters(found, values)) if values else found
        asked.get() if key is None else asked.get(key)
    elif operation.kind == "Create":
        found.create(**words(values))
    elif operation.kind == "Update":
        found.ref(key).update(**words(values))
    elif operation.resource == "IncomingPhoneNumber":  # for good, hence confirmed; the request is the same
        number = found.model.from_api(world.rows["incoming_phone_numbers"])
        number.release(confirm=number.phone_number)
    else:
        found.ref(key).delete()


def filters(found: Any, values: Values) -> Values:
    """Filters in our words; a bound is a lookup."""
    known = {*found.query.schema.columns, *found.query.schema.flags}
    lookups = {"<": "__lt", ">": "__gte"}
    named = {name: snake(name.rstrip("<>")) for name in values}
    return {(word if word in known else f"{word}_") + lookups.get(name[-1], ""): values[name] for name, word in named.items()}


def words(values: Values) -> Values:
    """Parameters in our words; those of the caller's own making are a mapping."""
    own = {at: values[f"Parameter{at}.Name"] for at in range(1, 100) if f"Parameter{at}.Name" in values}
    found = {snake(name): value for name, value in values.items() if not re.match(r"Parameter\d", name)}
    return {**found, "parameters": {name: values[f"Parameter{at}.Value"] for at, name in own.items()}} if own else found


def snake(name: str) -> str:
    return re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower()


# ---------------------------------------------------------------- both


class Stage:
    """One server, behind which the worlds come and go, and Twilio's client on it."""

    def __init__(self) -> None:
        self.world = World()
        self.wrong: list[str] = []
        self.server = Server(lambda request: self.world.fake.send(request), self.wrong.append)
        self.found: dict[str, list[str]] = {}

    def __enter__(self) -> Stage:
        self.base = self.server.__enter__()
        self.http = Loopback(self.base)
        self.client = Client(self.world.fake.account_sid, self.world.fake.auth_token, http_client=self.http)
        return self

    def __exit__(self, *error: Any) -> None:
        self.http.session.close()
        self.server.__exit__(None, None, None)

    def differences(self, operation: Operation) -> list[str]:
        """How the two sides' requests differ, in every round; asked once."""
        if operation.id not in self.found:
            self.found[operation.id] = self.compare(operation)
        return self.found[operation.id]

    def compare(self, operation: Operation) -> list[str]:
        """The same, asked now."""
        fake = self.world.fake
        connection = twilio_orm.connect(fake.account_sid, fake.auth_token, base_url=self.base, mirror=":memory:")
        with connection:
            found = sorted(self._compared(operation))
        connection.close()
        return found

    def _compared(self, operation: Operation) -> Iterator[str]:
        world = World()
        verb = verb_of(operation, world, self.client)
        unsent = {*operation.query, *operation.form} - {"Page", "PageToken"}
        for name, values in rounds(operation, world):
            lacking = {one for one in values if argument(verb, one) is None}
            yield from (f"{name}: {CLIENT_LACKS} {one}" for one in lacking)
            unsent -= lacking
            values = {one: value for one, value in values.items() if one not in lacking}
            theirs = self._asked(operation, lambda world, values=values: officially(operation, world, values, self.client))
            unsent -= {one for seen in theirs for one, _ in (*seen.query, *seen.form)}
            try:
                ours = self._asked(operation, lambda world, values=values: ourselves(operation, world, values))
            except (QueryError, BadValue) as error:
                assert self.world.fake.requests == []
                yield f"{name}: we refuse with {type(error).__name__}"
                continue
            yield from (f"{name}: {line}" for line in compared(theirs, ours))
        yield from (f"{one} was not tried" for one in unsent)

    def _asked(self, operation: Operation, ask: Callable[[World], None]) -> list[Seen]:
        """The requests of one side in one round, in a world of its own."""
        world = self.world = World()
        ready(operation, world)
        ask(world)
        assert world.fake.requests and not world.fake.violations and not self.wrong
        fine = (307,) if operation.resource.endswith("PayloadData") else (200, 201, 202, 204)
        assert all(seen.status in fine for seen in world.fake.requests), [str(seen) for seen in world.fake.requests]
        return world.fake.requests


def compared(theirs: list[Seen], ours: list[Seen]) -> Iterator[str]:
    """What only Twilio's client sends (``-``), and what only we send (``+``)."""
    for one, other in zip_longest(theirs, ours):
        if one is None or other is None:
            yield f"{'+' if one is None else '-'} another request, {'&'.join(pairs(one or other).elements())}"
            continue
        if (one.method, one.path) != (other.method, other.path):
            yield f"- {one.method} {one.path}"
            yield f"+ {other.method} {other.path}"
        yield from (f"- {pair}" for pair in sorted((pairs(one) - pairs(other)).elements()))
        yield from (f"+ {pair}" for pair in sorted((pairs(other) - pairs(one)).elements()))


def pairs(seen: Seen) -> Counter[str]:
    """A request's parameters; those of the form are told from those of the query."""
    return Counter([*(f"{name}={value}" for name, value in seen.query), *(f"{name}: {value}" for name, value in seen.form)])


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("operation", ALL, ids=[one.id for one in ALL])
def test_an_operation(operation: Operation, stage: Stage) -> None:
    """The requests are equal, or differ exactly as listed."""
    assert met(stage.differences(operation), operation)


def met(found: list[str], operation: Operation) -> bool:
    """Whether these are the differences that are listed for an operation."""
    lines = sorted(LISTED[operation.id].lines) if operation.id in LISTED else []
    assert found in (lines, [line for line in lines if CLIENT_LACKS not in line])
    return True


def test_all_operations(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """How many there are, how many are equal, and how many are listed."""
    assert Counter(one.kind for one in ALL) == {"List": 61, "Fetch": 42, "Create": 35, "Update": 27, "Delete": 32}
    assert all(met(stage.differences(one), one) for one in ALL)
    assert set(LISTED) <= {one.id for one in ALL}
    with capsys.disabled():
        print(f"\n{len(ALL)} operations: {len(ALL) - len(LISTED)} equal, {len(LISTED)} listed")
    assert (len(ALL), len(LISTED)) == (197, 28)


def test_a_word_in_place_of_a_sid(stage: Stage) -> None:
    """The first in line, and a participant by its label: what Twilio finds at a word."""

    def theirs(world: World) -> None:
        account = stage.client.api.v2010.accounts(world.fake.account_sid)
        account.queues(world.sid("queues")).members("Front").fetch()
        account.conferences(world.sid("conferences")).participants("boss").fetch()

    def ours(world: World) -> None:
        twilio_orm.Queue.ref(world.sid("queues")).members.front()
        twilio_orm.Conference.ref(world.sid("conferences")).participants.labelled("boss")

    seen = []
    fake = stage.world.fake
    with twilio_orm.connect(fake.account_sid, fake.auth_token, base_url=stage.base, mirror=":memory:"):
        for ask in (theirs, ours):
            world = stage.world = World()
            world.fake.participants.change(world.sid("participants"), label="boss")
            ask(world)
            seen.append(world.fake.requests)
    assert len(seen[0]) == 2 and list(compared(*seen)) == []


# ---------------------------------------------------------------- the test itself


@pytest.mark.parametrize(
    ("operation", "parameter"), [("CreateCall", "Timeout"), ("UpdateApplication", "SmsUrl"), ("UpdateMember", "Method")]
)
def test_a_parameter_that_got_lost_is_seen(operation: str, parameter: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Parameters.pairs
    monkeypatch.setattr(Parameters, "pairs", lambda *given: tuple(pair for pair in whole(*given) if pair[0] != parameter))
    [line] = stage.compare(operation_of(operation))
    assert line.startswith(f"all: - {parameter}: ")


@pytest.mark.parametrize(
    ("operation", "parameter"),
    [("ListAddress", "IsoCountry"), ("ListUsageTrigger", "Recurring"), ("FetchRecording", "IncludeSoftDeleted")],
)
def test_a_filter_that_got_lost_is_seen(operation: str, parameter: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ApiRequest.target

    def without(ask: ApiRequest, size: int | None) -> str:
        return whole(replace(ask, params=tuple(pair for pair in ask.params if pair[0] != parameter)), size)

    monkeypatch.setattr(ApiRequest, "target", without)
    [line] = stage.compare(operation_of(operation))
    assert line.startswith(f"all: - {parameter}=")


def test_another_path_is_seen(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "within_parent", lambda found, _parent_path: found)
    found = stage.compare(operation_of("ListCallRecording"))
    assert any(re.match(r"bare: - GET .*/Calls/CA\w+/Recordings.json", line) for line in found)
    assert "bare: + CallSid=" + stage.world.sid("calls") in found


def operation_of(name: str) -> Operation:
    return next(one for one in ALL if one.id == name)
