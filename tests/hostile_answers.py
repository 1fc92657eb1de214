"""Answers of HTTP 2xx that are not what was asked for, and what each verb makes of them.

``python -m tests.hostile_answers`` prints the table; ``tests/test_hostile_answers.py`` holds it.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import twilio_orm
from twilio_orm import Call, MirrorWarning
from twilio_orm.http.messages import Request, Response
from twilio_orm.testing import FakeTwilio

NUMBER, OTHER = "+14155550100", "+14155550199"
EVIL = "Erg\x1b[31m \u202esecret-of-the-body"
MOST = 12_000  # levels of nesting: beyond what any parser here follows

# What comes of it, in the table below.
GOOD = "as asked"
STRANGE = "UnexpectedAnswer"
SILENT = "Unreachable"
UNSURE = "OutcomeUnknown"
SKIPS = "skips one"
AWAY = "ApiError"

Make = Callable[[bytes], "bytes | Response"]


def said(text: str | bytes) -> Make:
    """This body, whatever was asked."""
    body = text.encode() if isinstance(text, str) else text
    return lambda _: body


def status(code: int, text: str = "") -> Make:
    return lambda _: Response(code, {"content-type": "application/json"}, text.encode())


def within(old: str, new: str | bytes) -> Make:
    """The honest body with a piece replaced, where it has it, once."""
    place = new.encode() if isinstance(new, str) else new
    return lambda body: re.sub(old.encode(), lambda _: place, body, count=1)


def changed(change: Callable[[Any], Any]) -> Make:
    """The honest body, parsed, changed and printed."""
    return lambda body: json.dumps(change(json.loads(body))).encode()


def field(value: str | bytes) -> Make:
    """The honest body with another value of one record's price."""
    return within(r'"price": (null|"[^"]*")', b'"price": ' + (value.encode() if isinstance(value, str) else value))


def _record(change: Callable[[dict[str, Any]], Any]) -> Make:
    """The honest body with its first record, or the only one, changed."""

    def apply(data: Any) -> Any:
        if "calls" in data:
            return {**data, "calls": [change(call) if at == 0 else call for at, call in enumerate(data["calls"])]}
        return change(data)

    return changed(apply)


def _alone(change: Callable[[dict[str, Any]], Any]) -> Make:
    """The same of a record that comes alone; lists are as they are."""
    return changed(lambda data: data if "calls" in data else change(data))


def _calls(change: Callable[[Any], Any]) -> Make:
    """The honest body with another list."""
    return changed(lambda data: {**data, "calls": change(data["calls"])} if "calls" in data else data)


def link(value: Any) -> Make:
    return changed(lambda data: {**data, "next_page_uri": value} if "calls" in data else data)


ERROR = {"code": 20003, "message": EVIL, "more_info": "https://example.com", "status": 401}
PROBLEM = {"type": "about:blank", "title": EVIL, "status": 401, "code": 20003, "errors": [{"detail": EVIL}]}
DEEP = "[" * MOST + "]" * MOST
PAGE = '<html><body onload="x()">' + EVIL + "</body></html>"


@dataclass(frozen=True)
class Hostile:
    """A body, and what the verbs give: of a list (and a diff, an erasure), a record, a create, a sync and an update."""

    name: str
    make: Make
    list: str
    get: str
    create: str
    sync: str = ""
    update: str = ""

    def gives(self, verb: str) -> str:
        """What the table says."""
        told = {"get": self.get, "create": self.create, "sync": self.sync or self.list, "update": self.update or self.create}
        return told.get(verb, self.list)


def _never(name: str, make: Make) -> Hostile:
    """JSON that is neither list nor record."""
    return Hostile(name, make, STRANGE, STRANGE, UNSURE)


def _cut(name: str, make: Make) -> Hostile:
    """No JSON at all: read again, as if it had been cut."""
    return Hostile(name, make, SILENT, SILENT, UNSURE)


def _list(name: str, make: Make, list_: str = STRANGE, sync: str = "") -> Hostile:
    """A list that is none; a record is left as it is."""
    return Hostile(name, make, list_, GOOD, GOOD, sync)


def _bad_record(name: str, make: Make) -> Hostile:
    """One record that cannot be read: an answer would lack it, a sync goes on without it."""
    return Hostile(name, make, STRANGE, STRANGE, UNSURE, SKIPS)


def _fine(name: str, make: Make) -> Hostile:
    return Hostile(name, make, GOOD, GOOD, GOOD)


BODIES = [
    # -- other JSON
    _never("{}", said("{}")),
    _never("null", said("null")),
    _never("[]", said("[]")),
    _never("[[]]", said("[[]]")),
    _never("a text", said(json.dumps(EVIL))),
    _never("an empty text", said('""')),
    _never("a number", said("20003")),
    _never("zero", said("0")),
    _never("true", said("true")),
    _never("false", said("false")),
    _never("an error of Twilio's", said(json.dumps(ERROR))),
    _never("an error with a code that is text", said(json.dumps({**ERROR, "code": "20003"}))),
    _never("an RFC 9457 error with a list of errors", said(json.dumps(PROBLEM))),
    _never("an RFC 9457 error without errors", said(json.dumps({**PROBLEM, "errors": []}))),
    _never("an error with a link to its page", said(json.dumps({**ERROR, "next_page_uri": None, "errors": []}))),
    _never("an object with an array", said('{"items": []}')),
    _never("an object with arrays", said('{"items": [], "more": [], "next_page_uri": null}')),
    _never("the list as a bare array", changed(lambda data: data.get("calls", [data]))),
    _never("the answer wrapped", changed(lambda data: {"data": data})),
    _never("the answer as a text", changed(lambda data: json.dumps(data))),
    # -- lists that are none
    _list("the list is null", _calls(lambda _: None)),
    _list("the list is an object", _calls(lambda _: {})),
    _list("the list is a text", _calls(lambda _: "")),
    _list("the list is false", _calls(lambda _: False)),
    _list("the list is missing", changed(lambda data: {key: data[key] for key in data if key != "calls"})),
    _list("a null among the records", _calls(lambda calls: [None, *calls])),
    _list("a null between the records", _calls(lambda calls: [*calls[:1], None, *calls[1:]])),
    _list("a text among the records", _calls(lambda calls: [*calls, EVIL])),
    _list("an array among the records", _calls(lambda calls: [[], *calls])),
    _list("no link to a next page, nor null", changed(lambda data: {key: data[key] for key in data if key != "next_page_uri"})),
    _list("the link is a number", link(5)),
    _list("the link is false", link(False)),
    _list("the link is an object", link({})),
    _list("the link is an array", link([])),
    _list("the link is an empty text", link(""), AWAY),
    _list("the link leads elsewhere", link("https://evil.example/x"), AWAY),
    _list("the link has no scheme", link("//evil.example/x"), AWAY),
    _list("the link has a line break", link("/x\r\nHost: evil"), AWAY),
    _list("the list twice", within(r'^\{(?=.*"calls": \[)', '{"calls": [], '), SILENT),
    _list("the link twice", within(r'^\{(?=.*"next_page_uri")', '{"next_page_uri": null, '), SILENT),
    _list("the list's name differs", within(r'"calls": \[', '"call": ['), GOOD),
    # -- records that are none
    _bad_record("a record without its SID", _record(lambda call: {key: call[key] for key in call if key != "sid"})),
    _bad_record("a record whose SID is null", _record(lambda call: {**call, "sid": None})),
    _bad_record("a record whose SID is a number", _record(lambda call: {**call, "sid": 5})),
    _bad_record("a record whose SID is empty", _record(lambda call: {**call, "sid": ""})),
    _bad_record("a record whose SID is an object", _record(lambda call: {**call, "sid": {"sid": call["sid"]}})),
    _bad_record("an empty record", _record(lambda _: {})),
    _bad_record("an error among the records", _record(lambda _: ERROR)),
    _bad_record("a number of 5,000 digits", field("1" + "0" * 5000)),
    _bad_record("a negative one", field("-1" + "0" * 5000)),
    _bad_record("an exponent of 20 digits", field("1e99999999999999999999")),
    _bad_record("a negative exponent of 20 digits", field("1e-99999999999999999999")),
    _bad_record("nested too deeply, arrays", field(DEEP)),
    _bad_record("nested too deeply, objects", field('{"a":' * MOST + "1" + "}" * MOST)),
    _bad_record("nested more deeply than is written down", field("[" * 250 + "]" * 250)),
    _bad_record("and in a key of its own", _record(lambda call: {**call, "novelty": json.loads("[" * 250 + "]" * 250)})),
    _bad_record("NaN", field("NaN")),
    _bad_record("Infinity", field("Infinity")),
    _bad_record("-Infinity", field("-Infinity")),
    _bad_record("a byte that is no UTF-8", field(b'"\xff"')),
    _bad_record("a UTF-8 sequence that is cut", field(b'"\xe2\x82"')),
    _bad_record("a control character in a text", field(b'"\x01"')),
    _bad_record("an escape that is none", field(rb'"\x"')),
    _bad_record("a word that is no JSON", field("undefined")),
    _bad_record("a comma too many", field("1,")),
    Hostile("another record", _alone(lambda call: {**call, "sid": "CA" + "9" * 32}), GOOD, STRANGE, GOOD, update=UNSURE),
    Hostile("a record of another kind", _alone(lambda call: {**call, "sid": "SM" + "9" * 32}), GOOD, STRANGE, UNSURE),
    Hostile("a record of another account", _alone(lambda call: {**call, "account_sid": "AC" + "9" * 32}), GOOD, STRANGE, GOOD),
    # -- no JSON
    _cut("blanks", said(" \r\n")),
    _cut("half of it", lambda body: body[: len(body) // 2]),
    _cut("all but the last byte", lambda body: body[:-1]),
    _cut("twice", lambda body: body + body),
    _cut("with something behind", lambda body: body + b"\x00"),
    _cut("HTML", said(PAGE)),
    _cut("XML", said('<?xml version="1.0"?><TwilioResponse><Calls/></TwilioResponse>')),
    _cut("JSONP", lambda body: b"callback(" + body + b")"),
    _cut("a comment before", lambda body: b"// hello\n" + body),
    _cut("zero bytes", said(b"\x00" * 64)),
    _cut("compressed and not said so", said(bytes.fromhex("1f8b0800000000000003"))),
    _cut("opening brackets", said("[" * MOST)),
    _cut("opening braces", said('{"a":' * MOST)),
    Hostile("the envelope is nested too deeply", said('{"calls": [], "uri": ' + DEEP + "}"), SILENT, STRANGE, UNSURE),
    # -- without a body
    _never("204", status(204)),
    _cut("205", status(205)),
    Hostile("202 and {}", status(202, "{}"), STRANGE, STRANGE, UNSURE),
    # -- odd, and nothing the matter
    _fine("a byte order mark", lambda body: b"\xef\xbb\xbf" + body),
    _fine("UTF-16", lambda body: body.decode().encode("utf-16")),
    _fine("blanks around", lambda body: b"\r\n \t" + body + b"\n\n"),
    _fine("an unknown key", within(r"^\{", '{"novelty": [{"sid": null}], ')),
    _fine("a text of a megabyte", field('"' + "9" * 2**20 + '"')),
    _fine("a lone surrogate", field(r'"\ud800"')),
    _fine("a key of a record twice", field('"-1", "price": null')),
    _fine("a number as a text, of a gigabyte of zeros", within(r'"caller_name": (null|"[^"]*")', '"caller_name": 1e999999999')),
    _fine("nested deeply", field("[" * 90 + "]" * 90)),
]  # fmt: skip


class Scene:
    """An account of three calls, a mirror that holds them, and a transport that spoils the answers about calls.

    ``first`` is the first page that is spoiled; pages have two records.
    """

    def __init__(self, *, page: int = 1, heard: bool = True) -> None:
        self.fake = FakeTwilio()
        self.fake.numbers.add(phone_number=OTHER)  # from which calls are made
        for _ in range(3):
            self.fake.calls.add(status="completed", to=NUMBER, from_=OTHER, price="-0.0100", start_time=self.fake.clock)
        self.fake.calls.change(next(iter(self.sids())), price="-0.0200")
        self.make: Make | None = None
        self.page, self.seen, self.sent = page, 0, 0
        self.connection = twilio_orm.connect(
            self.fake.account_sid, self.fake.auth_token, transport=self.send, mirror=":memory:", retries=2
        )
        self.connection.transport._sleep = lambda _: None
        with self.connection:
            if heard:
                Call.sync()

    def sids(self) -> list[str]:
        return [row["sid"] for row in self.fake.calls]

    def send(self, request: Request) -> Response:
        answer = self.fake.send(request)
        if self.make is None or "/Calls" not in request.path or answer.status >= 300:
            return answer
        self.seen += "PageToken" not in request.target
        if (2 if "PageToken" in request.target else 1) != self.page:
            return answer
        self.sent += 1
        made = self.make(answer.body)
        return made if isinstance(made, Response) else Response(answer.status, answer.headers, made)

    def claims(self) -> Any:
        """What the mirror says that it heard of all calls, that is gone, and that a list lacked."""
        held = self.connection.mirror.sweeps(self.connection.account_sid, Call.api_schema)
        sweeps = (
            sorted({repr(one.constraints) for one in held if not one.constraints.equal}),
            Call.all().using(self.connection).freshness().since,
        )
        gone = self.connection.sql("SELECT sid FROM call WHERE mirror_gone IS NOT NULL")
        return sweeps, gone, self.connection.sql("SELECT * FROM mirror_missed")

    def state(self) -> Any:
        """All that it holds, and claims."""
        return self.connection.sql("SELECT * FROM call ORDER BY sid"), self.claims()

    def does(self, verb: str, hostile: Hostile) -> str:
        """What comes of it, in a word of the table."""
        self.make, self.sent = hostile.make, 0
        try:
            with self.connection, warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                done = VERBS[verb](self)
        except twilio_orm.TwilioOrmError as error:
            if any(one in f"{error!s}{error!r}{vars(error)}" for one in ("secret", "\x1b", "\u202e")):
                return f"{type(error).__name__} that says {error}"
            return type(error).__name__
        except Exception as error:
            return f"bare {type(error).__name__}"
        finally:
            self.make = None
        told = [str(one.message) for one in caught if issubclass(one.category, MirrorWarning)]
        return SKIPS if told and done == "not whole" else done


def _listed(scene: Scene) -> str:
    found = [call.sid for call in Call.all().iterator(2)]
    return GOOD if len(found) == 3 else f"{len(found)} of 3"


def _got(scene: Scene) -> str:
    sid = scene.sids()[0]
    return GOOD if Call.get(sid).sid == sid else "another"


def _created(scene: Scene) -> str:
    return GOOD if Call.create(to=NUMBER, from_=OTHER, url="https://example.com/").sid else "nothing"


def _updated(scene: Scene) -> str:
    sid = next(row["sid"] for row in scene.fake.calls if row["status"] == "completed")
    scene.fake.calls.change(sid, status="in-progress")  # a call that is over takes no update
    try:
        return GOOD if Call.ref(sid).update(url="https://example.com/").sid == sid else "another"
    finally:
        scene.fake.calls.change(sid, status="completed")


def _synced(scene: Scene) -> str:
    report = Call.sync(full=True, workers=1)
    return GOOD if report.whole else "not whole"


def _diffed(scene: Scene) -> str:
    found = Call.all().diff()
    return f"{len(found.missing)} missing" if found.missing else GOOD


def _erased(scene: Scene) -> str:
    found = len(twilio_orm.erase(NUMBER))
    return GOOD if found == 3 else f"{found} of 3"


VERBS: dict[str, Callable[[Scene], str]] = {
    "list": _listed,
    "get": _got,
    "create": _created,
    "update": _updated,
    "sync": _synced,
    "diff": _diffed,
    "erase": _erased,
}


def main() -> None:
    """Print the table."""
    scenes = {verb: Scene() for verb in VERBS}
    print("".join(f"{word:<42}" if word == "body" else f"{word:<20}" for word in ("body", *VERBS)))
    for hostile in BODIES:
        print(f"{hostile.name:<42}" + "".join(f"{scenes[verb].does(verb, hostile):<20}" for verb in VERBS))


if __name__ == "__main__":
    main()
