"""Twilio's usage categories as a tree: which of them are parts of another, so that nothing is added up twice. Pure.

Twilio lists a category and its parts side by side: ``calls``, ``calls-inbound`` and ``calls-inbound-local``, all below
``totalprice``. The names tell what is a part of what, with the exceptions of :data:`PARENTS`. Where the parts of a category are
less than the category, the difference is a part of its own, so that the leaves always add up to ``totalprice``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..query.amounts import Amounts

TOTAL = "totalprice"
PARENTS = {"sms-messages-carrierfees": TOTAL, "mms-messages-carrierfees": TOTAL}
"""The categories that are no part of the one whose name theirs begins with."""
REST = "other"
"""What the part of a category is called that none of its parts contains."""


def parent(category: str, known: Collection[str]) -> str | None:
    """Return the category that this one is a part of, None for the total.

    :param category: a category.
    :param known: the categories that there are.
    """
    if category == TOTAL:
        return None
    if category in PARENTS:
        return PARENTS[category]
    parts = category.split("-")
    above = ("-".join(parts[:at]) for at in range(len(parts) - 1, 0, -1))
    return next((one for one in above if one in known), TOTAL)


def children(known: Collection[str]) -> dict[str, list[str]]:
    """Return the parts of each category that has any.

    :param known: the categories that there are.
    """
    found: dict[str, list[str]] = {}
    for one in sorted(known):
        above = parent(one, known)
        if above is not None:
            found.setdefault(above, []).append(one)
    return found


def rest_name(category: str) -> str:
    """Return the name of the part of a category that none of its parts contains: ``calls (other)``, ``other``."""
    return REST if category == TOTAL else f"{category} ({REST})"


def rests(prices: Mapping[str, Amounts], tree: Mapping[str, list[str]]) -> dict[str, Amounts]:
    """Return the amounts that no part of a category contains, by category; those that are 0 are not among them.

    :param prices: the amounts by category; a category that is not there costs nothing.
    :param tree: the parts of each category.
    """
    found = {}
    for category, parts in tree.items():
        if category in prices:
            rest = minus(prices[category], sum((prices[one] for one in parts if one in prices), Amounts({})))
            if rest:
                found[category] = rest
    return found


def minus(one: Amounts, other: Amounts) -> Amounts:
    """Return the difference of amounts, for each unit where it is not 0."""
    negated = Amounts({unit: amount.copy_negate() for unit, amount in other.items()})
    return Amounts({unit: amount for unit, amount in (one + negated).items() if amount})
