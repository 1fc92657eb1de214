"""A number is found in every spelling of it, and in no other number."""

from __future__ import annotations

import random
from urllib.parse import quote

import pytest

from twilio_orm.errors import BadValue
from twilio_orm.spellings import Number, country

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
