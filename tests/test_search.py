"""The lookup ``search``: words of texts, found alike by Twilio's lists, the mirror and plain Python."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named
from hypothesis import given
from hypothesis import strategies as st

from twilio_orm import BadValue, Call, IncomingPhoneNumber, Message, Q, QueryError, Recording, UnknownLookup
from twilio_orm.schema.words import folded, has_words, parts, wanted_words, words
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")

PIECES = (
    "refund", "Friday", "REFUND", "re", "fund", "Straße", "STRASSE", "strasse", "İstanbul", "istanbul", "ıstanbul", "ﬁn", "fin",
    "café", "cafe\u0301", "CAFE", "１２", "12", "½", "m²", "don't", "a_b", "a", "b", "नमस्ते", "नमसत", "👩‍👩‍👧", "1️⃣", "ŉ",
    "ǰ", "Σας", "σασ", "\x00", "\ufffd", "ǆ", "Ꭰ", "x" * 300,
)  # fmt: skip
GAPS = ("", " ", "-", "_", "'", "\u2019", "\n", "*", ".", "\u00ad", "👍", "\u0301", "\x00")
TEXTS = st.one_of(
    st.lists(st.sampled_from((*PIECES, *GAPS)), max_size=12).map("".join),
    st.text(max_size=20),
)


def plainly(text: str, query: str) -> bool:
    """The definition, word for word."""

    def read(given: str, pattern: str) -> list[str]:
        bare = "".join(one for one in unicodedata.normalize("NFKD", given) if not unicodedata.category(one).startswith("M"))
        return re.findall(pattern, bare.casefold())

    found = read(text, r"[^\W_]+")
    return all(
        any(one.startswith(wanted[:-1]) for one in found) if wanted.endswith("*") else wanted in found
        for wanted in read(query, r"[^\W_]+\*?")
    )


@given(TEXTS, TEXTS)
def test_the_words_are_those_of_the_definition(text: str, query: str) -> None:
    wanted = wanted_words(query)
    assert wanted_words(wanted) == wanted
    if wanted:
        assert has_words(text, wanted) == plainly(text, query)
        assert has_words(text, wanted) == plainly(text, wanted)
    assert all(has_words(text, one) and has_words(text, one[:1] + "*") for one in words(text))


@pytest.mark.slow
def test_words_are_folded_once_and_for_all() -> None:
    """What is folded does not change when it is folded again, and no mark is a letter, whatever version of Unicode Python has."""
    for number in range(sys.maxunicode + 1):
        one = folded(chr(number))
        assert folded(one) == one, hex(number)
        assert not re.search(r"\w", chr(number)) or unicodedata.category(chr(number))[0] != "M", hex(number)
        assert not any(unicodedata.category(two)[0] == "M" for two in one), hex(number)


def test_what_a_query_names() -> None:
    assert wanted_words("Friday, re*fund FRIDAY ＊") == "friday fund re*"
    assert parts("friday fund re*") == (frozenset({"friday", "fund"}), ("re",))
    assert wanted_words("* _ 👍 '") == ""


SAID = ("Your REFUND comes on Friday", "friday: no refunds", "Straße 7, Café", "don't a_b", "", None, "refund\x00friday", "１２")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("refund friday", [0, 6]), ("refund* friday", [0, 1, 6]), ("fri*", [0, 1, 6]), ("fund", []), ("strasse cafe", [2]),
        ("t don", [3]), ("a", [3]), ("a_b", [3]), ("12", [7]), ("refund -friday", [0, 6]), ("x*", []), ("REFUND", [0, 6]),
    ],
)  # fmt: skip
def test_words_are_looked_up(fake: FakeTwilio, query: str, found: list[int]) -> None:
    """Live, offline, cached, as of a moment, negated, and over a relation."""
    for text in SAID:
        fake.messages.add(body=text)
    Message.all().sync()
    stored = [str(one).replace("\0", "\ufffd") for one in SAID]
    wanted = sorted(stored[one] for one in found)
    query_set = Message.filter(body__search=query)
    for asked in (query_set, query_set.offline(), query_set.cached(), Message.filter(~~Q(body__search=query)).offline()):
        assert sorted(str(one.body) for one in asked) == wanted
    rest = sorted(one for at, one in enumerate(stored) if at not in found)
    assert sorted(str(one.body) for one in Message.exclude(body__search=query).offline()) == rest
    assert Message.exclude(body__search=query).count() == len(rest)


def test_words_of_related_records_and_of_earlier_ones(fake: FakeTwilio) -> None:
    number = fake.numbers.add(friendly_name="Front desk")
    call = fake.calls.add(caller_name="Zoë")
    fake.recordings.add(call_sid=call["sid"])
    for model in (IncomingPhoneNumber, Call, Recording):
        model.all().sync()
    then = fake.clock
    fake.advance(timedelta(hours=1))
    fake.numbers.change(number["sid"], friendly_name="Back office")
    IncomingPhoneNumber.all().sync()
    for asked in (Recording.filter(call__caller_name__search="zoe"), Recording.filter(call__caller_name__search="zoe").offline()):
        assert asked.count() == 1
    assert Recording.filter(call__caller_name__search="zo").offline().count() == 0
    assert IncomingPhoneNumber.as_of(then).filter(friendly_name__search="DESK front").count() == 1
    assert IncomingPhoneNumber.offline().filter(friendly_name__search="desk").count() == 0


def test_it_is_not_sent_and_explained(fake: FakeTwilio) -> None:
    fake.calls.add(caller_name="Zoë Müller")
    fake.calls.add(caller_name="Zoë M")
    with fake.expects_requests(1):
        assert Call.filter(caller_name__search="MULLER").count() == 1
    assert dict(fake.requests[-1].query) == {"PageSize": "1000"}
    assert "the words 'muller zoe'" in Call.filter(caller_name__search="Zoe MÜLLER").explain()
    assert Call.filter(caller_name__search="b a") == Call.filter(caller_name__search="A b")


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: Message.filter(body__search="* 👍"), BadValue, "no letter and no digit"),
        (lambda: Message.filter(body__search=""), BadValue, "takes words"),
        (lambda: Message.filter(body__search=None), BadValue, "null matches no lookup"),
        (lambda: Message.filter(body__search=5), BadValue, "take text"),
        (lambda: Message.filter(body__search=["a"]), BadValue, "take text"),
        (lambda: Message.filter(price__search="a"), UnknownLookup, "no words: `search` is for text"),
        (lambda: Message.filter(~Q(date_sent__search="a")), UnknownLookup, "no words"),
        (lambda: Call.filter(recordings__duration__search="a"), UnknownLookup, "Recording.duration"),
    ],
)
def test_what_is_no_search_is_refused(fake: FakeTwilio, ask: Callable[[], Any], error: type[QueryError], says: str) -> None:
    with fake.expects_requests(0), pytest.raises(error, match=says):
        ask()


# ------------------------------------------------------------ the command


def test_the_command_makes_and_drops_an_index(
    fake: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for text in ("Refund on Friday", "no", None):
        fake.messages.add(body=text)
    with named(fake, monkeypatch, tmp_path):
        run("sync", "messages", "-q")
        sent = len(fake.requests)
        said = run("index", "messages", "-o", "json")
        assert (
            said.code == 0 and json.loads(said.out) == [{"resource": "Message", "indexed": 2}] and "2 texts indexed" in said.err
        )
        words = ("messages", "body__search=FRIDAY refu*", "--offline")
        assert "an index finds the words of body" in run("ls", *words, "--explain").out
        assert [one["body"] for one in json.loads(run("ls", *words, "-o", "json").out)] == ["Refund on Friday"]
        found = "SELECT count(*) AS n FROM mirror_words_message WHERE mirror_words_message MATCH 'friday'"
        assert run("sql", found, "-o", "csv").out.split() == ["n", "1"]
        assert run("doctor", "--offline", "-o", "json").checks["integrity"]["ok"]
        said = run("index", "messages", "--drop")
        assert said.code == 0 and "no index" in said.err and "index finds" not in run("ls", *words, "--explain").out
        assert run("index", "messages", "--drop").code == 0
        said = run("index", "calls")
        assert said.code == 2 and "Call can have no index" in said.err
        assert len(fake.requests) == sent
