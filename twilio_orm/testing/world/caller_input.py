"""What the other party of a call enters at a ``Gather``: keys or speech, arranged by a test. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

KEYS = frozenset("0123456789*#")
TIMEOUT = 5
"""Seconds without input after which a ``Gather`` ends, unless it says otherwise."""


@dataclass
class CallerInput:
    """What is still to be entered in a call: a text for each ``Gather``; an empty one stands for no input.

    :param digits: keys, such as ``4242#``.
    :param speech: what is said.
    """

    digits: list[str] = field(default_factory=list)
    speech: list[str] = field(default_factory=list)

    def arrange(self, digits: Sequence[str], speech: Sequence[str]) -> None:
        """Append what is to be entered.

        :raises ValueError: a single text instead of a list, or a text that is no keys.
        """
        for name, several, example in (("digits", digits, "['1', '4242#']"), ("speech", speech, "['yes, please']")):
            if isinstance(several, str) or not all(isinstance(one, str) for one in several):
                raise ValueError(f"{name}= is a list with a text for each <Gather>, such as {example}")
        if not KEYS.issuperset("".join(digits)):
            raise ValueError("digits= are the keys 0 to 9, * and #, such as ['1', '4242#']")
        self.digits += digits
        self.speech += speech

    def next(self, kinds: Iterable[str]) -> tuple[str, str]:
        """Return the next input and its kind, ``dtmf`` or ``speech``; two empty texts if there is none.

        :param kinds: the kinds that the ``Gather`` takes.
        """
        for kind, several in (("dtmf", self.digits), ("speech", self.speech)):
            if kind in kinds and several:
                return kind, several.pop(0)
        return "", ""


def gathered(keys: str, finish: str, most: int) -> tuple[str, bool]:
    """Return which of some keys a ``Gather`` takes, and whether it knows at once that they are all.

    :param keys: what is entered.
    :param finish: the keys that end the input, and do not belong to it.
    :param most: how many digits end it; 0 for any number.
    """
    for at, key in enumerate(keys):
        if key in finish:
            return keys[:at], True
        if at + 1 == most:
            return keys[:most], True
    return keys, False
