"""Aggregates, conditional ones among them, and groups with conditions of their own: drawn, put to the library, judged."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import plain
from expressing import Made, Trunc, kind_of_part
from plain import KINDS, UNITS, UTC, Other, Payload, Tree

import twilio_orm

EXACT = ("Count", "Distinct", "Sum", "Min", "Max", "Percentile", "Median")
"""Whose results are not rounded."""
NUMBERS = ("whole", "number")
COMPARED = ("exact", "gt", "gte", "lt", "lte", "in", "range", "isnull")


@dataclass(frozen=True)
class Arithmetic:
    """An expression of two fields of a record, or of one and a number; ``repr`` is Python that makes it."""

    left: str
    sign: str
    right: Any

    def __repr__(self) -> str:
        right = f"F({self.right!r})" if isinstance(self.right, str) else repr(self.right)
        return f"F({self.left!r}) {self.sign} {right}"

    def made(self) -> Any:
        """The library's expression."""
        right = twilio_orm.F(self.right) if isinstance(self.right, str) else self.right
        return SIGNS[self.sign](twilio_orm.F(self.left), right)

    def told(self, resource: str, row: Payload) -> Any:
        """The plain loop's value: whole numbers beyond 64 bits are null, durations are microseconds."""
        left = plain.value(resource, row, self.left)
        right = plain.value(resource, row, self.right) if isinstance(self.right, str) else self.right
        if left is None or right is None:
            return None
        found = SIGNS[self.sign](left, right)
        if isinstance(found, timedelta):
            return found // timedelta(microseconds=1)
        return found if -(2**63) <= found < 2**63 else None


SIGNS: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@dataclass(frozen=True)
class Function:
    """An aggregate; ``repr`` is Python that makes it."""

    name: str
    field: Any = ""
    tree: Tree | None = None
    option: Any = None
    default: Any = None

    def __repr__(self) -> str:
        words = [repr(self.field), *([repr(self.option)] if self.option is not None else [])]
        words += [f"filter={self.tree!r}"] * bool(self.tree) + [f"default={self.default!r}"] * (self.default is not None)
        return f"{self.name}({', '.join(words)})"

    def made(self, joined: Callable[[Tree], Any]) -> Any:
        """The library's aggregate."""
        more = {} if self.tree is None else {"filter": joined(self.tree)}
        if self.default is not None:
            more["default"] = self.default
        field = self.field.made() if isinstance(self.field, Arithmetic) else self.field
        if self.name == "Distinct":
            return twilio_orm.Count(field, distinct=True, **more)
        if self.option is not None:
            return getattr(twilio_orm, self.name)(field, self.option, **more)
        return getattr(twilio_orm, self.name)(field, **more)

    def told(self, resource: str, rows: list[Payload], zone: Any = UTC) -> Any:
        """The plain loop's result."""
        if self.tree is not None:
            rows = [row for row in rows if plain.fits(resource, row, (("", self.tree),), zone=zone)]
        if isinstance(self.field, Arithmetic):
            values = [one for one in (self.field.told(resource, row) for row in rows) if one is not None]
            if self.name in ("Count", "Distinct"):
                return len(values) if self.name == "Count" else len(set(values))
            return plain.reckon(self.name, values, self.option)
        found = plain.reckoned(resource, rows, self.name, self.field.removeprefix("*"), zone, self.option)
        return self.default if found is None and self.default is not None else found

    def kind(self, resource: str) -> str:
        """The kind of its results, as of a field; ``amounts`` of money."""
        if self.name in ("Count", "Distinct"):
            return "whole"
        if isinstance(self.field, Arithmetic):
            times = KINDS[resource][self.field.left] == "time"
            return "duration" if times else "whole" if self.name in ("Sum", "Min", "Max") else "number"
        name, _, part = self.field.partition("__")
        kind = kind_of_part(part) if part else KINDS[resource][name]
        if name in UNITS:
            return "amounts"
        return kind if self.name in ("Sum", "Min", "Max") or kind not in NUMBERS else "number"

    def wrong(self, resource: str, seen: Any, rows: list[Payload], zone: Any = UTC) -> str | None:
        """What is wrong with a result, or None."""
        wanted = self.told(resource, rows, zone)
        if self.kind(resource) == "amounts":
            fine = seen.missing == wanted[1] and seen.keys() == wanted[0].keys()
            fine = fine and all(same(self.name, seen[unit], wanted[0][unit]) for unit in seen)
        else:
            fine = same(self.name, seen, wanted)
        return None if fine else f"{self!r} is {seen!r}, not {wanted!r}"


def same(function: str, seen: Any, wanted: Any) -> bool:
    """Whether a result is the wanted one; one that is rounded has 28 digits."""
    if seen is None or wanted is None:
        return seen is wanted
    if isinstance(seen, timedelta):  # rounded to the microsecond
        micros = seen // timedelta(microseconds=1)
        return abs(micros - (math.isqrt(int(wanted)) if function == "StdDev" else wanted)) <= (function == "StdDev") + Fraction(
            1, 2
        )
    if function in ("Avg", "Variance"):
        return isinstance(seen, Decimal) and abs(Fraction(seen) - wanted) <= abs(wanted) / 10**27
    if function == "StdDev":
        return isinstance(seen, Decimal) and abs(Fraction(seen) ** 2 - wanted) <= abs(wanted) * 3 / 10**27
    if function in ("Sum", "Percentile", "Median") and not isinstance(wanted, date):
        return isinstance(seen, (Decimal, int) if function == "Sum" else Decimal) and Fraction(seen) == wanted
    return bool(seen == wanted)


@dataclass(frozen=True)
class Summary:
    """What is asked of groups; ``repr`` is Python that asks it of a query set."""

    terms: tuple[str, ...]
    functions: tuple[Function, ...]
    zone: Any = None
    having: tuple[tuple[str, str, tuple[tuple[str, Any], ...]], ...] = ()
    order: tuple[str, ...] = ()
    backwards: bool = False
    shown: tuple[str, ...] = ()
    part: tuple[int, int | None] | None = None
    again: tuple[Function, ...] = field(default=())

    def __repr__(self) -> str:
        made = ", ".join(f"got{at}={one!r}" for at, one in enumerate(self.functions))
        text = f"values{self.terms!r}(tz={self.zone!r}).annotate({made})"
        text += "".join(f".{verb}({joint}: {dict(words)!r})" for verb, joint, words in self.having)
        text += f".order_by{self.order!r}" * bool(self.order) + ".reverse()" * self.backwards
        text += f".values_list{self.shown!r}.distinct()" * bool(self.shown) + f"[{self.part}]" * bool(self.part)
        return text + f".aggregate{self.again!r}" * bool(self.again)

    @property
    def names(self) -> list[str]:
        """The names of the aggregates."""
        return [f"got{at}" for at in range(len(self.functions))]

    def put(self, found: Any, joined: Callable[[Tree], Any]) -> Any:
        """The library's answer: rows as dicts or tuples, or the aggregates of the groups."""
        made = {name: one.made(joined) for name, one in zip(self.names, self.functions, strict=True)}
        groups = found.values(*self.terms, tz=self.zone).annotate(**made)
        for verb, joint, words in self.having:
            given = {word: twilio_orm.F(asked.field) if isinstance(asked, Other) else asked for word, asked in words}
            if joint == "or":
                qs = [twilio_orm.Q(**{word: asked}) for word, asked in given.items()]
                groups = getattr(groups, verb)(qs[0] if len(qs) == 1 else qs[0] | qs[1])
            elif joint == "Q":
                groups = getattr(groups, verb)(twilio_orm.Q(**given))
            else:
                groups = getattr(groups, verb)(**given)
        groups = groups.order_by(*self.order) if self.order else groups
        groups = groups.reverse() if self.backwards else groups
        groups = groups.values_list(*self.shown).distinct() if self.shown else groups
        if self.part:
            groups = groups[self.part[0] : self.part[1]]
        if self.again:
            return groups.aggregate(**{f"got{at}": one.made(joined) for at, one in enumerate(self.again)})
        return list(groups)

    def smaller(self) -> Iterator[Summary]:
        """The same without one thing that no other thing needs."""
        if self.again:
            yield replace(self, again=())
        if self.part:
            yield replace(self, part=None)
        if self.backwards:
            yield replace(self, backwards=False)
        for at in range(len(self.having)):
            yield replace(self, having=self.having[:at] + self.having[at + 1 :])
        if self.order:
            yield replace(self, order=self.order[1:])
        if self.shown:
            yield replace(self, shown=())
        if len(self.functions) > 1 and f"got{len(self.functions) - 1}" not in repr(
            (self.having, self.order, self.shown, self.again)
        ):
            yield replace(self, functions=self.functions[:-1])

    # -- the plain loop

    def kinds(self, resource: str) -> dict[str, str]:
        """The kinds of the columns, by name."""
        found = {}
        for term in self.terms:
            name, _, part = term.partition("__")
            found[term] = kind_of_part(part) if part else KINDS[resource][name]
        return found | {name: one.kind(resource) for name, one in zip(self.names, self.functions, strict=True)}

    def groups(self, resource: str, rows: list[Payload]) -> list[tuple[dict[str, Any], list[Payload]]]:
        """Every group in the order of what it shares: its values by name, and its payloads."""
        zone = ZoneInfo(self.zone) if isinstance(self.zone, str) else self.zone or UTC
        found = []
        for key, several in plain.grouped(resource, rows, self.terms, zone):
            values = dict(zip(self.terms, key, strict=True))
            for name, one in zip(self.names, self.functions, strict=True):
                values[name] = one.told(resource, several, zone)
            found.append((values, several))
        return found

    def chosen(self, resource: str, rows: list[Payload]) -> list[tuple[dict[str, Any], list[Payload]]]:
        """The groups that are wanted, in order, unsliced."""
        found, kinds = self.groups(resource, rows), self.kinds(resource)
        for verb, joint, words in self.having:
            join = any if joint == "or" else all
            found = [one for one in found if join([self._holds(kinds, one[0], *word) for word in words]) is (verb == "filter")]
        for name in reversed(self.order):
            bare = name.removeprefix("-")
            found.sort(key=lambda one: _place(kinds[bare], one[0][bare]), reverse=name != bare)  # noqa: B023
        return found[::-1] if self.backwards else found

    def _holds(self, kinds: dict[str, str], values: dict[str, Any], word: str, asked: Any) -> bool:
        name, _, lookup = word.rpartition("__")
        have, kind = _sole(kinds[name], values[name]), kinds[name]
        if isinstance(asked, Other):
            other = _sole(kinds[asked.field], values[asked.field])
            return have is not None and other is not None and plain.compares(have, lookup, other)
        if name in self.terms and "__" not in name:
            zone = ZoneInfo(self.zone) if isinstance(self.zone, str) else self.zone or UTC
            return plain.holds(kind, have, lookup, asked, zone)
        if lookup == "isnull":
            return (have is None) is asked
        return have is not None and plain.compares(have, lookup, asked)

    def wrong(self, resource: str, got: Any, rows: list[Payload]) -> str | None:
        """What is wrong with the library's answer, or None."""
        zone = ZoneInfo(self.zone) if isinstance(self.zone, str) else self.zone or UTC
        wanted, kinds = self.chosen(resource, rows), self.kinds(resource)
        if self.shown:
            first: dict[Any, Any] = {}
            for one in wanted:
                first.setdefault(tuple(_hashable(one[0][name]) for name in self.shown), one)
            wanted = list(first.values())
        wanted = wanted[slice(*self.part)] if self.part else wanted
        if self.again:
            return self._wrong_again(got, [values for values, _ in wanted], kinds)
        if len(got) != len(wanted):
            return f"{len(got)} rows, not {len(wanted)}: {got!r}"
        for row, (values, several) in zip(got, wanted, strict=True):
            seen = dict(zip(self.shown, row, strict=True)) if self.shown else row
            for term in self.terms:
                if term in seen and _plainly(kinds[term], seen[term]) != values[term]:
                    return f"{term} is {seen[term]!r}, not {values[term]!r}"
            for name, one in zip(self.names, self.functions, strict=True):
                if name in seen and (said := one.wrong(resource, seen[name], several, zone)):
                    return f"in one group {said}"
        return None

    def _wrong_again(self, got: dict[str, Any], rows: list[dict[str, Any]], kinds: dict[str, str]) -> str | None:
        for at, one in enumerate(self.again):
            values = [row[one.field] for row in rows if row[one.field] is not None]
            if one.name == "Count":
                wanted: Any = len(values)
            elif one.name == "Distinct":
                wanted = len(set(values))
            else:
                wanted = plain.reckon(one.name, values, one.option)
            if not same(one.name, got[f"got{at}"], wanted):
                return f"of the groups {one!r} is {got[f'got{at}']!r}, not {wanted!r} ({kinds[one.field]})"
        return None


def _sole(kind: str, value: Any) -> Any:
    """The value to compare; of amounts the only one."""
    return next(iter(value[0].values()), None) if kind == "amounts" else value


def _place(kind: str, value: Any) -> Any:
    value = _sole(kind, value)
    return (0, 0) if value is None else (1, value)


def _hashable(value: Any) -> Any:
    return (value[1], *value[0].items()) if isinstance(value, tuple) else value


def _plainly(kind: str, seen: Any) -> Any:
    return plain.json_text(plain.floating(seen)) if kind == "json" and seen is not None else seen


# ---------------------------------------------------------------- drawing


class Summer:
    """Draws aggregates and groups for an :class:`asking.Asker`."""

    def __init__(self, asker: Any, resource: str) -> None:
        self.asker, self.resource, self.chance = asker, resource, asker.chance
        self.kinds = KINDS[resource]
        named = [one for one in asker.named_here if self.kinds[one] != "span"]
        self.fields = [*(one for one in self.kinds if one != "type"), *named]

    def function(self) -> Function:
        """An aggregate."""
        chance = self.chance
        name = chance.choice(
            ("Count", "Count", "Distinct", "Sum", "Sum", "Avg", "Min", "Max", "Median", "Percentile", "StdDev", "Variance")
        )
        fields = self.fields
        if name in ("Sum", "Avg", "StdDev", "Variance"):
            fields = [one for one in fields if self.kinds[one] in NUMBERS]
        if name in ("Median", "Percentile"):
            fields = [one for one in fields if self.kinds[one] in (*NUMBERS, "time", "day")]
        if name in ("Min", "Max"):
            fields = [one for one in fields if self.kinds[one] != "json"]
        tree = self.tree() if chance.random() < 0.4 else None
        made = self.arithmetic() if chance.random() < 0.15 else None
        if made is not None and not (name == "Variance" and self.kinds[made.left] == "time"):
            return Function(name, made, tree, 95 if name == "Percentile" else None)
        if not fields or (name == "Count" and chance.random() < 0.5):
            return Function("Count", chance.choice(("", "*")), tree)
        one, option, default = chance.choice(fields), None, None
        if self.kinds[one] == "time" and chance.random() < 0.4:
            one += f"__{chance.choice(plain.PARTS)}"
        if name in ("StdDev", "Variance") and chance.random() < 0.5:
            option = chance.random() < 0.5
        if name == "Percentile":
            option = chance.choice((0, 5, 25, 50, 90, 95, "99.9", 99.5, Decimal("33.3"), 100))
        made = Function(name, one, tree, option)
        if made.kind(self.resource) in NUMBERS and name not in ("Count", "Distinct", "StdDev") and chance.random() < 0.3:
            default = chance.choice((0, 7))
        return replace(made, default=default)

    def arithmetic(self) -> Arithmetic | None:
        """An expression of whole numbers or of times, if there are two fields for it."""
        chance = self.chance
        times, whole = ([one for one, kind in self.kinds.items() if kind == wanted] for wanted in ("time", "whole"))
        if whole and chance.random() < 0.6:
            return Arithmetic(chance.choice(whole), chance.choice("+-*"), chance.choice((*whole, 2, -3, 60)))
        return Arithmetic(chance.choice(times), "-", chance.choice(times)) if len(times) > 1 else None

    def tree(self) -> Tree:
        """Conditions on the record's own fields."""
        chance, rows = self.chance, self.asker.rows[self.resource, False]

        def one() -> Tree:
            while True:
                word, asked = self.asker.word(self.resource, chance.choice(rows))
                if (
                    not isinstance(asked, (Made, Trunc))
                    and word.partition("__")[0] not in plain.RELATIONS.get(self.resource, {})
                    or word in self.kinds
                ):
                    return Tree("and", words=((word, asked),))

        joint = chance.choice(("and", "and", "and", "or", "not"))
        if joint == "and":
            return one()
        return Tree("not", (one(),)) if joint == "not" else Tree("or", (one(), one()))

    def summary(self, rows: list[Payload], zones: tuple[Any, ...]) -> Summary:
        """What is asked of the groups of some rows."""
        chance, terms = self.chance, []
        for name in chance.sample(self.fields, chance.choice((1, 1, 2))):
            part = chance.choice(plain.PARTS) if self.kinds[name] == "time" and chance.random() < 0.7 else ""
            terms.append(f"{name}__{part}" if part else name)
        functions = tuple(self.function() for _ in range(chance.choice((1, 2, 3))))
        made = Summary(tuple(terms), functions, chance.choice((None, None, *zones)))
        groups, kinds = [values for values, _ in made.groups(self.resource, rows)], made.kinds(self.resource)
        fine = [name for name, kind in kinds.items() if kind != "amounts" or _one_unit(groups, name)]
        having = []
        for _ in range(chance.choice((0, 0, 1, 1, 2))):
            words = [one for one in (self.condition(made, groups, kinds, fine) for _ in range(chance.choice((1, 1, 2)))) if one]
            if words:
                verb, joint = chance.choice(("filter", "filter", "exclude")), chance.choice(("", "", "Q", "or"))
                having.append((verb, joint, tuple(dict(words).items())))
        sortable = [name for name in fine if kinds[name] != "json"]
        if chance.random() < 0.4 and sortable:
            names = chance.sample(sortable, min(len(sortable), chance.choice((1, 1, 2))))
            made = replace(made, order=tuple(chance.choice(("", "-")) + name for name in names))
        made = replace(made, having=tuple(having), backwards=chance.random() < 0.2)
        if chance.random() < 0.25:
            shown = [name for name in kinds if kinds[name] != "json"]
            made = replace(made, shown=tuple(chance.sample(shown, min(len(shown), chance.choice((1, 1, 2))))))
        if chance.random() < 0.3:
            low, size = chance.choice((0, 0, 1, 2)), chance.choice((None, 0, 1, 3))
            made = replace(made, part=(low, None if size is None else low + size))
        if chance.random() < 0.2 and not made.shown:
            made = replace(made, again=self.again(made, kinds))
        return made

    def again(self, made: Summary, kinds: dict[str, str]) -> tuple[Function, ...]:
        """Aggregates of the groups' exact values."""
        exact = {name for name, one in zip(made.names, made.functions, strict=True) if one.name in EXACT}
        names = [name for name in kinds if kinds[name] in NUMBERS and (name in exact or name in made.terms)]
        names = [name for name in names if name not in UNITS]
        choice = self.chance.choice
        return tuple(
            Function(name, choice(names), option=50 if name == "Percentile" else None)
            for name in self.chance.sample(EXACT, 2)
            if names
        )

    def condition(
        self, made: Summary, groups: list[dict[str, Any]], kinds: dict[str, str], fine: list[str]
    ) -> tuple[str, Any] | None:
        """A condition on a column of the groups, near one of their values; or None."""
        chance, lookup = self.chance, self.chance.choice(COMPARED)
        rounded = {name for name, one in zip(made.names, made.functions, strict=True) if one.name == "StdDev"}
        names = [
            name
            for name in fine
            if kinds[name] not in ("json", "number_type", "duration") and name not in rounded | {"account_sid"}
        ]
        if not names or not groups:
            return None
        name = chance.choice(names)
        if lookup == "isnull":
            return f"{name}__isnull", chance.random() < 0.5
        if name in made.terms and "__" not in name:
            anchor = chance.choice(self.asker.rows[self.resource, False])
            return f"{name}__{lookup}", self.asker.asked(self.resource, name, lookup, anchor)
        if kinds[name] in ("text", "sid") and lookup in ("exact", "in"):  # not every text is a number or a SID that is taken
            return None
        others = [one for one in names if {kinds[one], kinds[name]} <= {*NUMBERS, "amounts"}]
        if lookup not in ("in", "range") and others and chance.random() < 0.2:
            return f"{name}__{lookup}", Other(chance.choice(others))
        values = [near(chance, kinds[name], _sole(kinds[name], one[name])) for one in groups]
        values = [one for one in values if one is not None]
        if not values:
            return None
        if lookup == "in":
            return f"{name}__in", [chance.choice(values) for _ in range(chance.choice((0, 1, 3)))]
        if lookup == "range":
            return f"{name}__range", tuple(sorted(chance.choice(values) for _ in range(2)))
        return f"{name}__{lookup}", chance.choice(values)


def _one_unit(groups: list[dict[str, Any]], name: str) -> bool:
    return len({unit for one in groups for unit in one[name][0]}) <= 1


def near(chance: random.Random, kind: str, value: Any) -> Any:
    """A value that the library takes, beside one of the plain loop's; None for null."""
    if value is None or isinstance(value, (str, datetime, date)):
        return value
    if kind == "whole":
        return min(max(int(value) + chance.choice((0, 0, 0, 1, -1)), -(2**63)), 2**63 - 1)
    if kind == "flag":
        return bool(value)
    number = Fraction(value)
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    if Fraction(exact) == number and chance.random() < 0.7:
        return exact
    return exact.quantize(Decimal("0.001")) if abs(exact) < 10**20 else None  # a rounded one may be on either side
