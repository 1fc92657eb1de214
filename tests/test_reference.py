"""The reference is complete and current: each page is what its declaration says, and each example runs."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases import for_each

import twilio_orm
from twilio_orm import connect, errors, resources
from twilio_orm.docs.generator.__main__ import REFERENCE as HERE
from twilio_orm.docs.generator.__main__ import pages, write
from twilio_orm.docs.generator.class_pages import PAGES, found, members
from twilio_orm.docs.generator.overview import index
from twilio_orm.docs.generator.resource_pages import page
from twilio_orm.http.messages import Request, Response
from twilio_orm.orm.queryset import QuerySet
from twilio_orm.orm.relations import Relation
from twilio_orm.orm.resource import Resource
from twilio_orm.query.lookups import PUBLIC
from twilio_orm.query.parser import parse
from twilio_orm.schema.parameters import Parameters
from twilio_orm.schema.text_fields import Constants
from twilio_orm.testing.server.faults import KINDS
from twilio_orm.testing.world.resources import Resources

MODELS = dict(resources())
CURRENT = pages()
EACH = for_each(MODELS)
STALE = "the pages are not what the declarations say: make reference"


# ---------------------------------------------------------------- current


CLASSES = [one.name for one in PAGES]


def test_every_resource_and_class_has_a_page_and_no_page_is_of_nothing() -> None:
    assert {path.name for path in HERE.glob("*.md")} == {f"{name}.md" for name in ("README", *MODELS, *CLASSES)}, STALE


@for_each([*MODELS, *CLASSES, "README"])
def test_a_page_is_current(name: str) -> None:
    assert (HERE / f"{name}.md").read_text(encoding="utf-8") == CURRENT[f"{name}.md"], STALE


def test_writing_changes_what_is_stale_and_nothing_else(tmp_path: Path) -> None:
    assert len(write(tmp_path)) == len(MODELS) + len(CLASSES) + 1
    assert write(tmp_path) == []
    (tmp_path / "Call.md").write_text("old")
    (tmp_path / "Telegram.md").write_text("of no resource")
    assert write(tmp_path) == ["Telegram.md", "Call.md"]
    assert (tmp_path / "Call.md").read_text(encoding="utf-8") == page(MODELS["Call"])
    assert not (tmp_path / "Telegram.md").exists()


# ---------------------------------------------------------------- complete


def section(name: str, title: str) -> str:
    """The sections of a page whose titles begin so."""
    parts = re.split(r"^## ", page(MODELS[name]), flags=re.M)
    return "\n".join(part for part in parts[1:] if part.startswith(title))


def codes(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def takes(name: str) -> Iterator[tuple[str, str, Parameters]]:
    """Every create and update, by its verb and the way of it."""
    model = MODELS[name]
    for verb in ("create", "update"):
        for parent_path, offer in model.api_schema.offers[f"{verb}s"].items():
            if offer is not None:
                yield verb, parent_path, offer


def known(name: str, verb: str, one: Parameters) -> dict[str, Any]:
    return one.by_name(MODELS[name].writable_fields(verb))


def own(name: str) -> dict[str, Any]:
    """What a resource and its abstract bases declare, by name."""
    kinds = [kind for kind in reversed(MODELS[name].__mro__) if issubclass(kind, Resource) and kind is not Resource]
    return {word: value for kind in kinds for word, value in vars(kind).items() if not word.startswith("_")}


@EACH
def test_fields_flags_and_secrets_are_told(name: str) -> None:
    schema = MODELS[name].api_schema
    assert {*schema.columns, *schema.derived} <= codes(section(name, "Fields"))
    assert set(schema.computed) <= codes(section(name, "Computed fields"))
    assert set(schema.flags) <= codes(section(name, "Search parameters"))
    assert schema.secrets <= codes(section(name, "Secrets"))


@EACH
def test_parameters_are_told_with_what_is_required(name: str) -> None:
    for verb, parent_path, one in takes(name):
        receiver = f"{name if verb == 'create' else '.*'}"
        titles = re.findall(rf"^## ({receiver}\.{verb}\(…\).*)$", page(MODELS[name]), re.M)
        text = section(name, next(title for title in titles if title.endswith(f"`{parent_path}`" if parent_path else ")")))
        rows = dict(re.findall(r"^\| `(\w+)` +\|(.*)$", text, re.M))
        assert rows.keys() == known(name, verb, one).keys()
        assert {row for row, rest in rows.items() if "| required" in rest} == set(one.required)
        assert not one.required or f"Required: {', '.join(f'`{word}`' for word in one.required)}." in text
        for group in one.one_of:
            assert f"At least one of: {', '.join(f'`{word}`' for word in group)}." in text
        if verb == "create":
            assert not one.order or f"in this order: {', '.join(f'`{word}`' for word in one.order)}." in text
            assert set(MODELS[name].api_schema.urls.parents(parent_path)) <= codes(text)
        assert set(one.removed) <= codes(text)


@EACH
def test_what_is_written_is_what_a_create_or_an_update_takes(name: str) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` +\|(.*) \|$", section(name, "Fields"), re.M))
    for field in MODELS[name].api_schema.columns:
        verbs = {verb for verb, _, one in takes(name) if field in known(name, verb, one)}
        told = (
            set(re.findall(r"create|update", rows[field].rpartition("|")[2]))
            if " written by " in section(name, "Fields")
            else set()
        )
        assert told == verbs, field


@EACH
def test_known_values_are_told(name: str) -> None:
    schema, text = MODELS[name].api_schema, codes(page(MODELS[name]))
    values = {value for column in (*schema.columns.values(), *schema.flags.values()) for value in column.values}
    values |= {value for constants in own(name).values() if isinstance(constants, Constants) for value in constants}
    values |= set(schema.branches[1]) if schema.branches else set()
    values |= set(schema.partition[1]) if schema.partition else set()
    values |= {value for verb, _, one in takes(name) for column in known(name, verb, one).values() for value in column.values}
    assert values <= text
    assert {f"{name}.{word}" for word, value in own(name).items() if isinstance(value, Constants)} <= text


@EACH
def test_relations_are_told(name: str) -> None:
    text = section(name, "Relations")
    for word, relation in own(name).items():
        if isinstance(relation, Relation):
            assert re.search(rf"^\| `{word}` +\| \[{relation.name}\]", text, re.M), word


@EACH
def test_actions_are_told(name: str) -> None:
    text = section(name, "Actions")
    mine = {word: value for word, value in own(name).items() if not hasattr(Resource, word)}
    mine = {word: value for word, value in mine.items() if word not in MODELS[name].api_schema.columns}
    for word, value in mine.items():
        if inspect.isfunction(value) or isinstance(value, (classmethod, staticmethod, property)):
            assert re.search(rf"^\* `\w+\.{word}[(`]", text, re.M), word
        elif type(value).__module__.startswith("twilio_orm.resources") and not isinstance(value, (Relation, type)):
            assert f"{name}.{word}" in codes(text), word
    for kind in MODELS[name].query_set_class.__mro__:
        if issubclass(kind, QuerySet) and kind is not QuerySet:
            for word in vars(kind):
                assert word.startswith("_") or hasattr(QuerySet, word) or re.search(rf"^\* `{word}\(", text, re.M), word


@EACH
def test_paths_and_operations_are_told(name: str) -> None:
    schema, text = MODELS[name].api_schema, section(name, "Paths")
    for path in (schema.path, *(parent_path.path for parent_path in schema.parent_paths.values())):
        assert f"/{path}.json`" in text or f"/{path}/{{" in text
    for tail in schema.branches[1].values() if schema.branches else ():
        assert f"/{schema.path}{tail}.json`" in text
    done = dict(re.findall(r"^\| (\w+) +\| (.*?) +\|", section(name, "Operations"), re.M))
    offers = {verb for verb, _, _ in takes(name)}
    deletable = any(schema.offers["deletable"].values())
    there = {
        "list": schema.lists and not schema.singleton, "fetch": schema.fetches and (schema.keyed or schema.singleton),
        "create": "create" in offers, "update": "update" in offers, "delete": deletable,
    }  # fmt: skip
    assert {one: done[one] != "no" for one in there} == there
    assert ("Not mirrored" in page(MODELS[name])) == (not schema.mirrored)
    assert ("Legacy" in page(MODELS[name])) == bool(schema.legacy)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Call", "| `status` | text | str | Twilio | update |"),
        ("Call", "| `start_time` | time | datetime | Twilio by days, rechecked here | |"),
        ("Call", "| `price` | amount | Decimal | here | |"),
        ("Call", "| `parent_call_sid` | SID `CA…` of [Call](Call.md) | str | Twilio | |"),
        ("Call", "| `url` | URL | str | one of a group | |"),
        ("Application", "| `friendly_name` | text | str | Twilio, rechecked here | create, update |"),
        ("UsageRecord", "| `start_date` | day | date | Twilio by first day, rechecked here |"),
        ("UsageRecord", "| `period` | text | str | Twilio, its own list |"),
        ("Participant", "| `conference_sid` | SID `CF…` of [Conference](Conference.md) | str | Twilio, in the path | |"),
        ("Recording", "| create | `Recording.create(…)` | below `call_sid` |"),
        ("Stream", "| `status` | text | str | mirror only | update |"),
        ("Token", "| `ttl` | whole number | int | not | create |"),
        ("Key", "`secret`: readable once, on the record that Twilio's reply made, by"),
        ("IncomingPhoneNumber", "| delete | `incoming_phone_number.release(confirm=…)`; `delete()` refuses |"),
        ("AvailablePhoneNumber", "| `country` | the two letters of a country, such as 'US' | str | required | |"),
    ],
)
def test_a_page_says_it_in_words(name: str, line: str) -> None:
    assert line in [re.sub(r" +", " ", one) for one in page(MODELS[name]).splitlines()]


# ---------------------------------------------------------------- readable


@for_each([*MODELS, *CLASSES, "README"])
def test_a_page_is_plain_text(name: str) -> None:
    text = CURRENT[f"{name}.md"]
    assert text.endswith("\n") and not text.endswith("\n\n") and "\n\n\n" not in text
    assert not re.search(r"[ \t]+$", text, re.M) and "``" not in text.replace("```", "")
    assert " object at 0x" not in text
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (HERE / target.partition("#")[0]).exists(), target
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_the_overview_names_everything() -> None:
    text = index()
    for name, model in MODELS.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| [{name}]({name}.md) "))
        assert f"`{model.api_schema.path}`" in row
        assert all(f"`{prefix}…`" in row for prefix in getattr(model.api_schema.columns.get("sid"), "prefixes", ()))
    for name in CLASSES:
        assert f"| [{name}]({name}.md) " in text
    assert set(PUBLIC) <= codes(text)


# ---------------------------------------------------------------- what is no resource


def text_of(name: str) -> str:
    return CURRENT[f"{name}.md"]


def test_every_public_name_is_described() -> None:
    titles = {title for name in CLASSES for title in re.findall(r"^#+ (\w+)$", text_of(name), re.M)}
    public = {name for name in twilio_orm.__all__ if not name.startswith("_")} - {"SmsMessage"}
    former = {"forget": "Erasing", "Forgotten": "Erasing"}
    assert public <= titles | MODELS.keys() | {"Sandbox", *former}
    for name, described in former.items():
        assert re.search(rf"`{name}(\(\))?` is the former name", text_of(described))


def test_every_public_method_is_described() -> None:
    for one in PAGES:
        text = text_of(one.name)
        for kind in filter(inspect.isclass, map(found, one.things)):
            for name, _ in members(kind):
                assert f"#### {name}\n" in text, f"{kind.__name__}.{name}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Resource", "filter get create sync update delete save refresh to_dict history"),
        ("QuerySet", "count explain diff first exists offline cached values plan_update aggregate"),
        ("Connection", "under prune sizes status sql close"),
        ("WritePlan", "apply undo load text"),
        ("Diff", "to_json to_markdown plan_revert"),
        ("reports", "text to_json to_markdown to_html to_csv to_records to_pandas complete"),
        ("FakeTwilio", "populate fail_next serve deliver deliveries receive advance add change remove expects_requests"),
    ],
)
def test_methods_have_a_section_each(name: str, words: str) -> None:
    assert set(words.split()) <= set(re.findall(r"^#### (\w+)$", text_of(name), re.M))


def test_the_query_sets_page_says_which_methods_send_nothing() -> None:
    lazy, asking = re.split(r"^### Methods that evaluate it$", text_of("QuerySet"), flags=re.M)
    for word in ("filter", "exclude", "order_by", "offline", "cached", "values", "prefetch"):
        assert f"\n#### {word}\n" in lazy, word
    for word in ("count", "exists", "get", "first", "sync", "aggregate"):
        assert f"\n#### {word}\n" in asking.partition("\n## ")[0], word


def test_every_error_and_fault_is_described() -> None:
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert kinds == set(re.findall(r"^## (\w+)$", text_of("Errors"), re.M))
    (tree,) = re.findall(r"```text\n(.*?)```", text_of("Errors"), re.S)
    assert kinds | {"Exception", "ConnectionError", "LookupError", "ValueError", "AttributeError"} == set(
        re.findall(r"\w+", tree)
    )
    told = codes(re.sub(r"```.*?```", "", text_of("FakeTwilio"), flags=re.S))
    assert {*KINDS, *Resources.__annotations__} <= told


# ---------------------------------------------------------------- the examples


def example(name: str) -> str:
    (block,) = re.findall(r"```python\n(.*?)```", page(MODELS[name]), re.S)
    return str(block)


@EACH
def test_an_example_names_only_what_exists(name: str) -> None:
    model, tree = MODELS[name], ast.parse(example(name))
    assert [ast.unparse(node) for node in tree.body if isinstance(node, ast.ImportFrom)] == [f"from twilio_orm import {name}"]
    assert getattr(twilio_orm, name) is model
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            call_exists(model, node, isinstance(node.func.value, ast.Name) and node.func.value.id == name)
        elif isinstance(node, ast.Attribute) and id(node) not in called:
            assert node.attr in {*model.api_schema.columns, *model.api_schema.derived}


def call_exists(model: Any, node: Any, of_class: bool) -> None:
    """Every word and argument of a call is one that the declaration knows."""
    verb, schema = node.func.attr, model.api_schema
    args = [ast.literal_eval(one) for one in node.args]
    words = {str(one.arg): ast.literal_eval(one.value) for one in node.keywords}
    if of_class and verb in ("filter", "get"):
        parse(schema, words)
        return
    if verb in ("create", "update"):
        offers = [(parent_path, one) for each, parent_path, one in takes(model.__name__) if each == verb]
        for parent_path, one in offers:
            where = set(schema.urls.parents(parent_path)) if verb == "create" else set()
            if words.keys() <= known(model.__name__, verb, one).keys() | where and len(args) <= len(one.order):
                return
        raise AssertionError(f"{model.__name__}.{verb} takes no {', '.join(words)}")
    function = getattr(model, verb) if of_class else inspect.getattr_static(model, verb)
    function = getattr(function, "method", function)
    inspect.signature(function).bind(*(() if of_class else (None,)), *args, **words)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A fake in which one record of everything exists."""
    monkeypatch.syspath_prepend(Path(__file__).parent / "testing")
    from fakeworld import World

    world = World(legacy=True)
    world.fake.offer("+14155550100")
    world.fake.recordings.change(world.sid("recordings"), status="in-progress")
    return world


MAPPED = [("POST", 400, 20001)]
# What the fake refuses since the world is as it is; anything else that it refuses is a fault of the example.
REFUSED = {
    "Account": ([("POST", 400, 20001)], "the main account is not suspended"),
    "Queue": ([("DELETE", 400, 20001)], "somebody waits in it"),
    **{name: (MAPPED, "the list is mapped already") for name in MODELS if name.endswith("Mapping")},
}


@pytest.mark.parametrize("name", MODELS)
def test_an_example_runs(name: str, world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The strict fake understands all that it asks; where it refuses a verb for the record's state, the record is the answer."""
    monkeypatch.chdir(tmp_path)
    schema, refused = MODELS[name].api_schema, []
    mine = world.rows.get(schema.list_key) or world.rows.get(schema.table, {})

    def sky(request: Request) -> Response:
        answer = world.fake.send(request)
        if answer.status < 400 or request.stream:
            return answer
        refused.append((request.method, answer.status, answer.json().get("code")))
        body = (
            b"" if request.method == "DELETE" else json.dumps(mine or {"sid": dict(request.form).popitem()[1]}).encode()
        )  # what is mapped
        return Response(200 if body else 204, {"content-type": "application/json"}, body)

    def there(found: re.Match[str]) -> str:
        word, prefix = found[1] or schema.key[-1], found[2]
        rows = [row["sid"] for row in world.rows.values() if str(row.get("sid", "")).startswith(prefix)]
        own = str(mine.get(word, ""))
        value = own if own.startswith(prefix) else (rows or [prefix + "0" * 32])[0]
        return f'{word}="{value}"' if found[1] else f'"{value}"'

    code = re.sub(r'(?:(\w+)=)?"([A-Z]{2})[0-9a-f]{32}"', there, example(name))
    connection = connect(world.fake.account_sid, world.fake.auth_token, transport=sky, mirror=":memory:")
    with connection:
        exec(compile(code, name, "exec"), {})
    assert world.fake.violations == []
    assert refused == REFUSED.get(name, ([], ""))[0]
