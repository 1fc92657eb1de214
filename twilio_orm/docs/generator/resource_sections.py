"""The sections of a resource's page: paths, operations, fields, parameters, relations, actions. Pure."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ...orm.relations import Below, Many, One
from ...schema.field import CREATE, UPDATE, Column
from .declarations import (
    Model,
    abilities,
    actions,
    branches,
    constants,
    deletable,
    filtered,
    is_method,
    kind,
    listing,
    one_of,
    parameters,
    places,
    prefixes,
    queries,
    refuses_delete,
    relations,
    takes,
    variable,
    written,
)
from .markdown import first, link, listed, signature, table

if TYPE_CHECKING:
    from ...schema.parameters import Parameters


def where(model: Model) -> list[str]:
    """The paths."""
    schema = model.api_schema
    rows = []
    for parent_path, path in places(model):
        below = f" below `{parent_path}`" if parent_path else ""
        if listing(schema):
            rows.append((f"list{below}", f"`{path}`"))
        if schema.singleton:
            rows.append((f"the record{below}", f"`{path}`"))
        elif schema.keyed and set(abilities(model)) & {"fetch", "update", "delete"}:
            rows.append((f"one{below}", f"`{one_of(schema, path)}`"))
        if not listing(schema) and not schema.singleton:
            rows.append((f"create{below}", f"`{path}`"))
    if schema.branches:
        rows += [(f"list of {schema.branches[0]} `{value}`", f"`{path}`") for value, path in branches(model)]
    return ["## Paths", "", *table(("what", "path"), rows)]


def done(model: Model) -> list[str]:
    """The operations, and what is peculiar about them."""
    schema, name, var, can = model.api_schema, model.__name__, variable(model), abilities(model)
    parents = ", ".join(f"{parent}=…" for parent in schema.urls.parents())
    settable = any(UPDATE in written(model, field) for field in schema.columns)
    sid = "" if schema.singleton else schema.key[-1]
    words = {
        "list": f"`{name}.filter({parents or '…'})`" + ("" if parents else f", `{name}.all()`"),
        "fetch": f"`{name}.get({', '.join(filter(None, (sid, parents)))})`",
        "create": f"`{name}.create(…)`",
        "update": f"`{var}.update(…)`" + (f", or set fields and `{var}.save()`" if settable else ""),
        "delete": f"`{var}.delete()`",
    }
    if "delete" in can and refuses_delete(model):
        confirmed = [one for one, value in actions(model).items() if inspect.isfunction(value) and "confirm" in signature(value)]
        words["delete"] = " or ".join(f"`{var}.{one}(confirm=…)`" for one in confirmed) + "; `delete()` refuses"
    parent_paths = {
        "list": ["", *schema.parent_paths], "fetch": ["", *schema.parent_paths], "create": takes(model, CREATE),
        "update": takes(model, UPDATE), "delete": deletable(model),
    }  # fmt: skip
    rows = []
    for one, how in words.items():
        at = (
            ", ".join(f"below `{parent_path}`" if parent_path else "its own path" for parent_path in parent_paths[one])
            if schema.parent_paths and one in can
            else ""
        )
        rows.append((one, how if one in can else "no", at))
    lines = ["## Operations", "", *table(("operation", "how", "where"), rows)]
    notes = _notes(model)
    return [*lines, "", *(f"* {note}" for note in notes)] if notes else lines


def _notes(model: Model) -> list[str]:
    schema, name = model.api_schema, model.__name__
    notes = []
    if schema.legacy:
        notes.append(f"Legacy: {schema.legacy}.")
    if schema.urls.parents():
        notes.append(_below(model))
    if schema.singleton:
        notes.append("Its path holds one record and no list" + ("." if schema.fetches else ", and Twilio does not give it back."))
    elif not schema.lists:
        notes.append("Twilio does not list it" + ("." if schema.fetches else ", and does not give one by its SID."))
    elif not schema.keyed:
        notes.append("A record has no address of its own: it is found in the list.")
    if not schema.mirrored:
        only = "" if schema.lists or schema.fetches else "; it is known from the reply that made it"
        notes.append(f"Not mirrored: nothing of it is stored{only}.")
    else:
        notes.append(f"Mirrored in the table `{schema.table}`, by {listed(schema.key)}.")
        if not (schema.lists or schema.fetches):
            notes.append(f"The mirror has the records that were created through this library: `{name}.offline(partial=True)`.")
    if schema.window:
        notes.append(f"`{name}.sync(since=…, until=…)` filters by `{schema.window}`.")
    for parent_path, one in schema.parent_paths.items():
        by = f"can be filtered by {listed(one.filters.split())}" if one.filters else "takes no filters of Twilio's"
        notes.append(f"The list below `{parent_path}` {by}.")
    if schema.branches:
        notes.append(f"`{schema.branches[0]}` selects a list of its own: {listed(schema.branches[1])}.")
    if schema.dated:
        notes.append(f"Lists are requested by day where `{schema.dated[0]}` is {listed(schema.dated[1])}.")
    if schema.partition:
        field, values = schema.partition
        notes.append(f"A query that does not name `{field}` sends one request for each of {listed(values)}.")
    if schema.hides:
        field, value = schema.hides
        notes.append(
            f"Records whose `{field}` is `{value}` are returned only with {listed(f'{flag}=True' for flag in schema.flags)}."
        )
    if schema.numbered:
        notes.append(f"`{schema.numbered}` is the record's place in the list, from 0.")
    if schema.snapshot:
        notes.append("A record that a complete listing no longer holds has left the list.")
    if listing(schema) and not schema.paged:
        notes.append("Twilio sends one page.")
    others = {alias: field for alias, field in schema.aliases.items() if alias not in relations(model)}
    if others:
        notes.append("In filters, " + ", ".join(f"`{alias}` means `{field}`" for alias, field in others.items()) + ".")
    return notes


def _below(model: Model) -> str:
    schema = model.api_schema
    kinds = [
        link(relation.name) for parent in schema.urls.parents() for relation in relations(model).values() if relation.by == parent
    ]
    where = f"It lives below {' and '.join(dict.fromkeys(kinds))}: " if kinds else ""
    each = ["every query"] * (schema.lists or schema.fetches) + ["every create"] * bool(takes(model, CREATE))
    described = f"{' and '.join(each)} names {listed(schema.urls.parents())}."
    return where + described if where else described.capitalize()


def fields(model: Model) -> list[str]:
    """Fields and their known values, search parameters, secrets."""
    schema = model.api_schema
    rows = []
    for name in (*schema.columns, *schema.derived):
        named, read, _ = kind(schema.column(name))
        rows.append((f"`{name}`", named, read, filtered(schema, name), written(model, name)))
    lines = ["## Fields", "", *table(("field", "type", "Python", "filtered by", "written by"), rows)]
    lines += _known(model)
    marks = (
        ("unlisted", "Not in the list, only in single records, so that no query can filter by it"),
        ("volatile", "Changes by itself, and is not compared by a diff unless `volatile=True`"),
        ("personal", "Personal: `exclude_fields` can keep it out of the mirror, and `redact()` empties it"),
    )
    for mark, words in marks:
        marked = [name for name, column in schema.columns.items() if getattr(column, mark)]
        lines += ["", f"{words}: {listed(marked)}."] if marked else []
    lines += _computed(model)
    if schema.flags:
        rows = []
        for name, column in schema.flags.items():
            named, _, given = kind(column)
            rows.append((f"`{name}`", named, given, "required" if name in schema.urls.parents() else "", listed(column.values)))
        head = ("parameter", "type", "Python", "needed", "values")
        lines += [
            "",
            "## Search parameters",
            "",
            "Keyword arguments of `filter()` that change which records Twilio lists.",
            "",
            *table(head, rows),
        ]
    if schema.secrets:
        lines += [
            "",
            "## Secrets",
            "",
            f"{listed(sorted(schema.secrets))}: readable once, on the record that Twilio's reply made, by",
        ]
        lines.append("`.reveal()`; never stored, never shown.")
    return lines


def _computed(model: Model) -> list[str]:
    """The fields that are computed from others."""
    rows = []
    for name, one in model.api_schema.computed.items():
        rows.append((f"`{name}`", kind(one.column)[1], listed(one.reads), one.meaning))
    about = [
        "## Computed fields",
        "",
        "Computed here from other fields: Twilio does not send them, and the mirror does not store them. Filters, `values()`,",
        "aggregates and `order_by()` take them by name; `values()` without names, `to_dict()`, diffs and history do not.",
        "",
        *table(("field", "Python", "computed from", "meaning"), rows),
    ]
    return ["", *about] if rows else []


def _known(model: Model) -> list[str]:
    schema = model.api_schema
    lists = constants(model)
    found: dict[tuple[str, ...], list[str]] = {}
    for name, column in schema.columns.items():
        values = column.values or (tuple(schema.branches[1]) if schema.branches and schema.branches[0] == name else ())
        if values:
            found.setdefault(tuple(values), []).append(name)
    for known in lists.values():
        found.setdefault(tuple(known), [])
    lines = []
    for values, names in found.items():
        owners = listed(f"{model.__name__}.{one}" for one, known in lists.items() if tuple(known) == values)
        subject = f"{listed(names)} ({owners})" if names and owners else listed(names) or owners
        lines.append(f"* {subject}: {listed(values)}")
    return ["", "Known values:", "", *lines] if lines else []


def operation(model: Model, when: str) -> list[str]:
    """What ``create`` or ``update`` takes, by each way."""
    lines = []
    for parent_path, one in takes(model, when).items():
        below = f" below `{parent_path}`" if parent_path else ""
        receiver = model.__name__ if when == CREATE else variable(model)
        lines += ["", f"## {receiver}.{when}(…){below}", "", *_needs(model, when, parent_path, one)]
        rows = [_parameter(name, column, one) for name, column in parameters(model, when, parent_path).items()]
        if rows:
            lines += ["", *table(("parameter", "type", "Python", "needed", "values"), rows)]
    return lines[1:]


def _needs(model: Model, when: str, parent_path: str, one: Parameters) -> list[str]:
    schema = model.api_schema
    path = dict(places(model))[parent_path]
    lines = [f"* `POST {path if when == CREATE else one_of(schema, path)}`"]
    if when == CREATE:
        if one.order:
            lines.append(f"* By position, in this order: {listed(one.order)}.")
        if schema.urls.parents(parent_path):
            lines.append(f"* Where: {listed(schema.urls.parents(parent_path))}, by name.")
        if schema.branches:
            lines.append(f"* Where, if wanted: `{schema.branches[0]}`, by name.")
    if one.required:
        lines.append(f"* Required: {listed(one.required)}.")
    lines += [f"* At least one of: {listed(group)}." for group in one.one_of]
    lines += [f"* `{name}` was removed from Twilio's API: use `{instead}`." for name, instead in one.removed.items()]
    return lines


def _parameter(name: str, column: Column[Any], one: Parameters) -> tuple[str, ...]:
    named, _, given = kind(column)
    needed = "required" if name in one.required else "one of a group" if any(name in group for group in one.one_of) else ""
    return f"`{name}`", named, given, needed, listed(column.values)


def neighbours(model: Model) -> list[str]:
    """The relations."""
    rows = []
    for name, relation in relations(model).items():
        many = isinstance(relation, (Many, Below))
        by = "the account" if isinstance(relation, Below) else f"`{relation.by}` {'there' if many else 'here'}"
        rows.append((f"`{name}`", link(relation.name), "many" if many else "one", by))
    lines = ["## Relations", "", *table(("relation", "class", "how many", "by"), rows)]
    one = next((name for name, relation in relations(model).items() if isinstance(relation, One)), "")
    if one in model.api_schema.aliases:
        lines += ["", f"In filters, the name of a relation to one record means its field: `{model.__name__}.filter({one}=…)`."]
    return lines if rows else []


def verbs(model: Model) -> list[str]:
    """The methods of its own, and those of its query sets."""
    shortcuts: dict[str, list[str]] = {}
    lines = []
    for name, value in actions(model).items():
        if is_method(value):
            lines.append(f"* {_verb(model, name, value)}")
        else:
            shortcuts.setdefault(first(type(value).__doc__), []).append(f"{model.__name__}.{name}")
    lines += [f"* {listed(names)}: {doc}" for doc, names in shortcuts.items()]
    lines = ["## Actions", "", *lines] if lines else []
    extra = [f"* `{name}{signature(value)}`: {first(value.__doc__)}" for name, value in queries(model).items()]
    if extra:
        head = f"Query sets of {model.__name__}, such as `{model.__name__}.filter(…)` and relations to it, also have:"
        lines += ["", head, "", *extra] if lines else ["## Actions", "", head, "", *extra]
    return lines


def _verb(model: Model, name: str, value: Any) -> str:
    of_class = isinstance(value, classmethod)
    function = value.__func__ if of_class else value
    whole = f"{model.__name__ if of_class else variable(model)}.{name}"
    if isinstance(value, property):
        return f"`{whole}`: {first(value.__doc__)}"
    if function.__name__ != name:
        return f"`{whole}{signature(function)}`: the same as `{function.__name__}`."
    return f"`{whole}{signature(function)}`: {first(function.__doc__)}"


def identity(model: Model) -> str:
    """What a record's SID begins with, or nothing."""
    column = model.api_schema.columns.get("sid", model.api_schema.columns.get(model.api_schema.key[-1]))
    return prefixes(column) if getattr(column, "prefixes", ()) else ""


def parts(model: Model) -> list[list[str]]:
    """Every section of a page but its title and its example, in order."""
    return [
        where(model),
        done(model),
        fields(model),
        operation(model, CREATE),
        operation(model, UPDATE),
        neighbours(model),
        verbs(model),
    ]
