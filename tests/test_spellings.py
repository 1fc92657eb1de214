"""A number is found in every spelling of it, and in no other number."""

from __future__ import annotations

import json
import random
from html import escape
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as some

from twilio_orm.changes.phone_matcher import Number
from twilio_orm.errors import BadValue
from twilio_orm.schema.phone_numbers import country

SEPARATORS = [" ", "\u00a0", "\u2009", "-", "\u2010", "\u2013", ".", "/", ""]
US = [
    "+14155550100",
    "14155550100",
    "0014155550100",
    "01114155550100",
    "4155550100",
    "(415) 555-0100",
    "415-555-0100",
    "415.555.0100",
    "+1 (415) 555-0100",
    "+1415-555-0100",
    "%2B14155550100",
    "whatsapp:+14155550100",
    "sip:+14155550100@example.com",
    "tel:+1-415-555-0100",
    "To=%2B1%20415%20555%200100",
    "\\n4155550100",
    '{"to":"+1\\u00a0415\\u00a05550100"}',
    "4155550100x",
    "call4155550100now",
    "https://a.example/?next=%252B14155550100",
    "+１４１５５５５０１００",
    "1-415-555-0100",
    "415\n555\r\n0100",
    "415\u00ad555\u00ad0100",
    "415_555_0100",
    "415·555·0100",
    "415, 555, 0100",
    "[415] 555-0100",
    "{415} 555:0100",
    "415&nbsp;555&#45;0100",
    "415&amp;nbsp;555&#x2d;0100",
    "&#52;&#49;&#53;5550100",
    "0011 1 415 555 0100",
    "0011 14155550100",
    "010 1 415 555 0100",
    "8~10 1 415 555 0100",
    "𝟒𝟏𝟓𝟓𝟓𝟓𝟎𝟏𝟎𝟎",
    "\\ud835\\udfd2\\ud835\\udfcf\\ud835\\udfd35550100",
    "＋１ （４１５） ５５５－０１００",
    "⁴¹⁵⁵⁵⁵⁰¹⁰⁰",
    "4️⃣1️⃣5️⃣5️⃣5️⃣5️⃣0️⃣1️⃣0️⃣0️⃣",
    "415-555-0100¹",
    "٤١٥ ٥٥٥ ٠١٠٠",
    "415\u2028555\u20600100",
    "415\\x2d555\\x2d0100",
    "codes +44, +49: 415 555 0100",
    "from=%5B415%5D%20555%E2%80%910100",
]


@pytest.mark.parametrize("text", US)
def test_every_spelling_is_found(text: str) -> None:
    number = Number("+14155550100")
    assert number.mentions(text) and number.mentions(f"before {text} after")
    left = number.without(f"<{text}>")
    assert left is None or not number.mentions(left)


@pytest.mark.parametrize(
    "text",
    [
        "14155550101",
        "141555501000",
        "24155550100",
        "+444155550100",
        "+44 415 555 0100",
        "555-0100",
        "0044 4155550100",
        "",
        "415555010",
        "SM41555501004155550100aa4155550100ab",
        "CA" + "a4155550100b" * 2 + "00000000",
        "2041-55-55T01:00:00",
        "+2 415 555 0100",
        "0011 44 415 555 0100",
        "010 44 4155550100",
        "415a555b0100",
        "415 and 555 and 0100",
        "&#49;&#52;155550101",
        "41555&#53;01000",
        "4 1 5 5 5 5 0 1 0",
        "415        555        0100",
    ],
)
def test_another_number_is_not_found(text: str) -> None:
    assert not Number("+14155550100").mentions(text)


@pytest.mark.parametrize(
    "text", ["0171 2345678", "+49 (0)171 2345678", "0049 171/2345678", "(0171) 234 56 78", "01712345678", "171-2345678"]
)
def test_a_trunk_zero_is_no_other_number(text: str) -> None:
    assert Number("+491712345678").mentions(text)


@pytest.mark.parametrize(
    "text", ["", "4155550100", "+1", "+0123456789", "+1234567890123456", "+1415555010a", "+1 4155550100", None, 14155550100]
)
def test_what_is_no_number_is_refused_without_repeating_it(text: object) -> None:
    with pytest.raises(BadValue) as caught:
        Number(text)  # type: ignore[arg-type]
    assert not text or len(str(text)) < 5 or str(text) not in str(caught.value)


@pytest.mark.parametrize(
    ("digits", "code"),
    [("14155550100", "1"), ("79161234567", "7"), ("491712345678", "49"), ("35312345678", "353"), ("390612345678", "39")],
)
def test_country_codes_are_split_by_their_length(digits: str, code: str) -> None:
    assert country(digits) == code


@pytest.mark.parametrize("seed", range(8))
def test_random_numbers_in_random_spellings(seed: int) -> None:
    """Found however it is written; not found once one digit differs, or one more stands beside it."""
    chance = random.Random(seed)
    for _ in range(200):
        code = chance.choice(["1", "7", "49", "44", "353", "420"])
        national = str(chance.randint(1, 9)) + "".join(chance.choices("0123456789", k=chance.randint(7, 10)))
        number = Number(f"+{code}{national}")

        def spread(digits: str) -> str:
            return "".join(one + chance.choice(SEPARATORS) * (chance.random() < 0.3) for one in digits[:-1]) + digits[-1]

        head = chance.choice([f"+{code}", f"00{code}", code, "0", "", f"+{code} ", f"+{code} (0)"])
        text = head + spread(national)
        for one in (text, f"von {text}.", quote(text), f"({text})"):
            assert number.mentions(one), (number.addresses, one)
        at = chance.randrange(len(national))
        other = national[:at] + str((int(national[at]) + chance.randint(1, 9)) % 10) + national[at + 1 :]
        near = [
            head + spread(other),
            f"{national}{chance.randint(0, 9)}",
            f"{chance.randint(2, 9)}{national}",
            spread(national[:-1]),
        ]
        for one in near:
            if code not in one[:4] and not one.startswith(code):
                assert not number.mentions(one), (number.addresses, one)


# ---------------------------------------------------------------- a grammar of spellings

NUMBERS = [("1", "4155550100"), ("49", "1712345678"), ("353", "861234567"), ("7", "9161234567")]
BETWEEN = [
    "", " ", "\u00a0", "\u3000", "-", "–", "−", ".", "·", "•", "/", "／", "_", "‿", ",", "，", "(", ")", "[", "]", "（", "）",
    "\n", "\r\n", "\t", "\u2028", "\u0085", "\u00ad", "\u200b", "\u200f", "\u2060", "\ufeff", "\ufe0f\u20e3", "*", "~", ":",
    ") ", " - ", ",\n",
]  # fmt: skip
ZEROS = [*"0०٠０𝟎𝟘𝟬𝟶", "\u09e6", "\u0e50", "\U0001e950"]
"""The zeros of scripts, beyond the BMP too: their other digits follow them."""
HEADS = ["+{}", "＋{}", "00{}", "011{}", "0011 {}", "+ ({}) ", "010-{}", "{}", "{} (0)", "0", "(0)", ""]
WRAPS = [
    "{}", "call {} now", "<{}>", "tel:{};ext=", '{{"to": "{}"}}', "a{}b", "… {} …", "sip:{}@a.example",
]  # fmt: skip


def referenced(text: str) -> str:
    """With references for what is no letter; those of C1 controls mean other characters in HTML."""
    return "".join(one if one.isalpha() or one == "\x85" else f"&#{ord(one)};" for one in text)


ENCODINGS: list[Any] = [quote, json.dumps, lambda text: json.dumps(text, ensure_ascii=False), escape, referenced]


@some.composite
def spelled(draw: some.DrawFn) -> tuple[str, str]:
    """A number in E.164, and a text that mentions it in some spelling."""
    code, national = draw(some.sampled_from(NUMBERS))
    zeros = draw(some.lists(some.sampled_from(ZEROS), min_size=1, max_size=2))
    between = draw(some.lists(some.sampled_from(BETWEEN), min_size=1, max_size=3))
    head = draw(some.sampled_from(HEADS)).format(code)
    digits = head + "".join(
        one + draw(some.sampled_from(between)) if draw(some.booleans()) else one for one in national[:-1]
    ) + national[-1]  # fmt: skip
    text = "".join(chr(ord(draw(some.sampled_from(zeros))) + int(one)) if one in "0123456789" else one for one in digits)
    text = draw(some.sampled_from(WRAPS)).format(text)
    for encode in draw(some.lists(some.sampled_from(ENCODINGS), max_size=2)):
        text = encode(text)
    return f"+{code}{national}", text


@given(spelled())
def test_every_spelling_of_the_grammar_is_found(one: tuple[str, str]) -> None:
    number, text = one
    assert Number(number).mentions(text)


@given(spelled(), some.integers(1, 9), some.integers(1, 9))
def test_another_number_in_the_same_spelling_is_not_found(one: tuple[str, str], at: int, by: int) -> None:
    """One digit differs, or the number is a part of a longer row."""
    number, text = one
    other = number[:-at] + str((int(number[-at]) + by) % 10) + number[len(number) - at + 1 :]
    assert not Number(other).mentions(text)
    assert not Number(number).mentions(number + str(by))


@given(some.lists(some.text("0123456789", min_size=1, max_size=12), min_size=1, max_size=8), some.sampled_from(BETWEEN[1:]))
def test_digits_that_are_no_number_are_not_found(rows: list[str], between: str) -> None:
    text = between.join(rows)
    for code, national in NUMBERS:
        assert national in "".join(rows) or not Number(f"+{code}{national}").mentions(text)
