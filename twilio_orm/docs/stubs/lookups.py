"""The stubs of the conditions and names that each resource takes; what several share is declared once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...schema.formats import camel
from .language import conditions, is_order, own_names, related_conditions, related_names, schemas, value_names
from .text import literal, module, typed_dict
from .value_types import kind_of

if TYPE_CHECKING:
    from ...schema.field import Column
    from ...schema.resource_schema import ResourceSchema

VALUES = "from .values import (\n    {}\n)\n"
NAMES = "from typing import Literal, TypeAlias\n"


class Shared:
    """Declarations that several resources share, named by what they are about, and by their first owner where two differ.

    :param suffix: the end of each name.
    """

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._made: dict[tuple[str, object], str] = {}

    def name(self, about: str, content: tuple[object, ...], owner: str) -> str:
        """Return the name of a declaration.

        :param about: the field or the relation.
        :param content: what is declared.
        :param owner: the resource.
        """
        if (about, content) not in self._made:
            plain, taken = camel(about), set(self._made.values())
            names = (plain, *(f"{plain}Of{owner}{number or ''}" for number in (0, 2, 3, 4)))
            self._made[about, content] = next(one for name in names if (one := name + self._suffix) not in taken)
        return self._made[about, content]

    def items(self) -> Iterator[tuple[str, object]]:
        """Yield each name and what it declares, by name."""
        yield from sorted((name, content) for (_, content), name in self._made.items())


class Lookups:
    """The stubs of the conditions and names of all resources.

    ``known`` are the types of the known values of fields and parameters.
    """

    def __init__(self) -> None:
        self.known = Shared("Value")
        self._fields, self._relations = Shared("Field"), Shared("Relation")
        self._names, self._orders = Shared("Name"), Shared("Order")
        self._lookups = [self._conditions(schema) for schema in schemas()]
        self._types = [self._name_types(schema) for schema in schemas()]

    def with_known(self, kind: str, column: Column[Any], name: str, owner: str) -> str:
        """Return a type, with the known values of a column beside it, which editors offer.

        :param kind: the type.
        :param column: the column.
        :param name: the column's field or parameter.
        :param owner: the resource.
        """
        return f"known.{self.known.name(name, tuple(column.values), owner)} | {kind}" if column.values else kind

    def _conditions(self, schema: ResourceSchema) -> str:
        """Return the declaration of the conditions of a resource."""
        bases, taken = [], set[str]()
        for name in own_names(schema):
            keys = conditions(schema, name)
            field = schema.key[0] if name == "pk" else schema.aliases.get(name, name)
            if name in keys:
                keys[name] = self.with_known(keys[name], schema.column(field), field, schema.name)
            if keys:
                bases.append("fields." + self._fields.name(name, tuple(keys.items()), schema.name))
            taken |= keys.keys()
        for relation in schema.links:
            keys = related_conditions(schema, relation)
            bases.append("relations." + self._relations.name(relation, tuple(keys.items()), schema.name))
        flags = {
            flag: self.with_known(f"One{kind_of(column)} | None", column, flag, schema.name)
            for flag, column in schema.flags.items()
            if flag not in taken
        }
        return typed_dict(f"{schema.name}Lookups", {**flags, "tz": "AZone"}, bases)

    def _name_types(self, schema: ResourceSchema) -> str:
        """Return the declarations of the names that ``values`` and ``order_by`` of a resource take."""
        groups = [(name, value_names(schema, name)) for name in own_names(schema)]
        groups += [(f"its_{relation}", list(related_names(schema, relation))) for relation in schema.links]
        names, orders = [], []
        for about, found in groups:
            names.append((about, found))
            orders.append((about, [sign + one for one in found if is_order(schema, one) for sign in ("", "-")]))
        return "\n".join([self._union(schema, "Name", names, self._names), self._union(schema, "Order", orders, self._orders)])

    def _union(self, schema: ResourceSchema, suffix: str, groups: list[tuple[str, list[str]]], shared: Shared) -> str:
        """Return the declaration of a type of names, where groups of more than two are declared once for all resources."""
        few = [one for _, found in groups if len(found) <= 2 for one in found]
        many = [f"shared.{shared.name(about, tuple(found), schema.name)}" for about, found in groups if len(found) > 2]
        return literal(schema.name + suffix, few, many)

    def files(self) -> dict[str, str]:
        """Return the texts of the stubs, by the name of the file."""
        fields, relations = dict(self._fields.items()), dict(self._relations.items())
        shared = [literal(name, names) for kind in (self._names, self._orders) for name, names in kind.items()]  # type: ignore[arg-type]
        return {
            "fields.pyi": module("The conditions on fields.", _imports(fields), _dicts(fields)),
            "relations.pyi": module("The conditions on fields of related records.", _imports(relations), _dicts(relations)),
            "shared_names.pyi": module("The names of parts of fields, and of fields of related records.", NAMES, shared),
            "names.pyi": module(
                "The names that ``values()`` and ``order_by()`` take.",
                NAMES + "\nfrom . import shared_names as shared\n",
                self._types,
            ),
            "lookups.pyi": module(
                "The conditions that each resource takes.",
                "from . import fields, known, relations\nfrom .values import AZone, OneFlag, OneNumber, OneText\n",
                self._lookups,
            ),
            "known.pyi": module(
                "The values that are known today; others pass, too.",
                "from typing import Literal, TypeAlias\n",
                [literal(name, values) for name, values in self.known.items()],  # type: ignore[arg-type]
            ),
        }


def _imports(declared: Mapping[str, object]) -> str:
    """Return the imports of a file of TypedDicts: of types of values, those that it uses."""
    words = {word for keys in declared.values() for _, kind in keys for word in kind.split(" | ")}  # type: ignore[attr-defined]
    names = sorted(word for word in words if word[0].isupper())
    known = "from . import known\n" if any(word.startswith("known.") for word in words) else ""
    return "from typing_extensions import TypedDict\n\n" + known + VALUES.format(",\n    ".join([*names[:-1], names[-1] + ","]))


def _dicts(declared: Mapping[str, object]) -> Iterator[str]:
    for name, keys in declared.items():
        yield typed_dict(name, dict(keys))  # type: ignore[call-overload]
