"""The stubs are current, and they hold all that the library knows: models, fields, lookups, parameters, methods."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cases import for_each

import twilio_orm
from twilio_orm.docs.stubs.__main__ import BY_HAND, FOLDER, write
from twilio_orm.docs.stubs.language import accepts, is_order, is_value
from twilio_orm.docs.stubs.models import files
from twilio_orm.query.lookups import COMPARING, PUBLIC
from twilio_orm.schema.registry import resources
from twilio_orm.schema.text_fields import Json, Method, Twiml, Url
from twilio_orm.schema.timezones import PARTS

MODELS = resources()
RARE = (Json, Method, Twiml, Url)
"""Kinds of fields by which few look for related records: the stubs do not know them there."""
current = cache(files)


@cache
def classes() -> dict[str, ast.ClassDef]:
    """The classes of the stubs by name, each with the file it is in."""
    found = {}
    for name, text in current().items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef):
                found[f"{name.removesuffix('.pyi')}.{node.name}"] = node
    return found


@cache
def keys(name: str) -> frozenset[str]:
    """The keys of a TypedDict of the stubs, those that it inherits included."""
    node = classes()[name]
    found = {one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)}
    for base in node.bases:
        if isinstance(base, ast.Attribute):
            found |= keys(ast.unparse(base))
    return frozenset(found)


@cache
def texts(name: str) -> frozenset[str]:
    """The texts of a type of names, those of the types in it included."""
    found: set[str] = set()
    for file in ("names.pyi", "shared_names.pyi"):
        for node in ast.parse(current()[file]).body:
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name and node.value is not None:
                for one in ast.walk(node.value):
                    if isinstance(one, ast.Constant):
                        found.add(one.value)
                    elif isinstance(one, ast.Attribute):
                        found |= texts(one.attr)
    return frozenset(found)


def test_they_are_current() -> None:
    """``make stubs`` was run after the last change."""
    for name, text in current().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name} is stale: run make stubs"
    assert {path.name for path in FOLDER.iterdir()} == {*current(), BY_HAND}


def test_writing_changes_what_is_stale_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{write.__module__}.files", current)
    assert write(tmp_path) == [*current()]
    assert write(tmp_path) == []
    (tmp_path / "fields.pyi").write_text("old")
    (tmp_path / "nothing.pyi").write_text("")
    (tmp_path / BY_HAND).write_text("")
    assert sorted(write(tmp_path)) == ["fields.pyi", "nothing.pyi"]
    assert (tmp_path / BY_HAND).exists()


def test_they_are_small_enough() -> None:
    """Data, and yet: an editor reads it at every start."""
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 750_000


def test_ruff_would_write_them_so() -> None:
    for words in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "-q", str(FOLDER)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


@for_each(MODELS)
def test_every_condition_is_known(name: str) -> None:
    """Whatever the parser accepts on the record's own fields; and of related records, each field."""
    schema, known = MODELS[name].api_schema, keys(f"lookups.{name}Lookups")
    of_parts = [one for one in COMPARING if one not in ("exact", "isnull")]  # these two add nothing to a part
    endings = ["", *PUBLIC, *PARTS, *(f"{part}__{lookup}" for part in (*PARTS, "date") for lookup in of_parts)]
    for field in (*schema.fields, *schema.aliases, "pk"):
        for ending in endings:
            keyword = f"{field}__{ending}" if ending else field
            if keyword != "from" and accepts(schema, keyword):
                assert keyword in known
    assert {*schema.flags, "tz"} <= known
    for relation, link in schema.links.items():
        assert f"{relation}__isnull" in known
        for field in link.other().fields if link.kind != "below" else ():
            rare = field in ("uri", "subresource_uris") or isinstance(link.other().column(field), RARE)
            if not rare and accepts(schema, f"{relation}__{field}"):
                assert f"{relation}__{field}" in known


@for_each(MODELS)
def test_no_condition_is_known_that_the_parser_refuses(name: str) -> None:
    schema = MODELS[name].api_schema
    for keyword in keys(f"lookups.{name}Lookups") - {"tz", *schema.flags}:
        assert accepts(schema, keyword), keyword


@for_each(MODELS)
def test_every_name_is_known(name: str) -> None:
    schema = MODELS[name].api_schema
    fields = (*schema.fields, *schema.aliases, "pk")
    candidates = {*fields, *(f"{field}__{part}" for field in fields for part in (*PARTS, "date"))}
    assert texts(f"{name}Name") >= {one for one in candidates if is_value(schema, one)}
    assert texts(f"{name}Order") >= {sign + one for one in candidates if is_order(schema, one) for sign in ("", "-")}
    assert all(is_value(schema, one) for one in texts(f"{name}Name"))
    assert all(is_order(schema, one) for one in texts(f"{name}Order"))


@for_each(MODELS)
def test_every_parameter_is_known(name: str) -> None:
    model: Any = MODELS[name]
    for verb, when, end in (("creates", "create", "Create"), ("updates", "update", "Update")):
        for path, takes in model.api_schema.offers[verb].items():
            if takes:
                known = keys(f"parameters.{name}{end}")
                assert takes.by_name(model.writable_fields(when)).keys() <= known
                assert {*takes.order, *takes.required} <= known
                assert verb == "updates" or {*model.api_schema.urls.scope(path)} <= known


@for_each(MODELS)
def test_every_model_has_its_classes_with_their_methods(name: str) -> None:
    """Each method of a query set or a class that takes conditions or parameters by keyword, but for what a resource replaces."""
    for kind, end in ((twilio_orm.QuerySet, "QuerySet"), (twilio_orm.Resource, "")):
        methods = {one.name for one in classes()[f"models.{name}{end}"].body if isinstance(one, ast.FunctionDef)}
        wanted = {"filter", "exclude", "get", "get_or_none", "get_or_create"}
        own = {one for base in MODELS[name].__mro__ if "resources" in base.__module__ for one in vars(base)} if not end else set()
        assert wanted - own <= methods
        takes = [one for one in vars(kind) if not one.startswith("_") and takes_lookups(kind, one)]
        assert {*takes} - own <= methods
    of_class = {one.name for one in classes()[f"models.{name}Methods"].body if isinstance(one, ast.FunctionDef)}
    assert {"aget", "aget_or_none", "aget_or_create", "aupdate_or_create"} <= of_class
    assert ("acreate" in of_class) == (f"parameters.{name}Create" in classes())
    assert ("plan_update" in of_class) == (f"parameters.{name}Plan" in classes())
    assert issubclass(MODELS[name], twilio_orm.Resource)
    assert not hasattr(MODELS[name], "_typed_names")


def takes_lookups(kind: type, name: str) -> bool:
    """Whether a method takes ``**lookups``."""
    found = inspect.getattr_static(kind, name)
    function = getattr(found, "__func__", getattr(found, "method", found))
    return inspect.isfunction(function) and "lookups" in inspect.signature(function).parameters


def test_nothing_of_them_is_there_at_run_time() -> None:
    code = "import sys, twilio_orm as t; print(t.Call.__bases__, [one for one in sys.modules if 'typed' in one])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(<Model: InProgress>,) []\n"


def test_at_run_time_they_have_no_protocol() -> None:
    """Python 3.13's :mod:`typing` takes a base that has its attributes for a type parameter."""
    from twilio_orm.resources import common

    base = common.typed.CallQuerySet["Call"]
    assert not [name for name in ("__typing_subst__", "__parameters__", "__origin__", "__wrapped__") if hasattr(base, name)]
