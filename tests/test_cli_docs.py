"""``twilio-orm docs``: every page of the documentation is listed and printed, from a checkout and from an installation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import click
import pytest
from commandline import Run

from twilio_orm.cli.docs import find, pages

ROOT = Path(__file__).parents[1]
WRITTEN = sorted((ROOT / "twilio_orm" / "docs").glob("**/*.md"))
STUBS = sorted((ROOT / "twilio_orm" / "resources" / "typed").glob("*.pyi"))


def test_every_page_is_listed(run: Run) -> None:
    said = run("docs")
    assert said.code == 0 and said.err == ""
    for name in ("README", "CHANGELOG", "reference/Call", "reference/QuerySet", "guide/querying"):
        assert f"\n{name} " in said.out, name
    assert {str(path.relative_to(ROOT / "twilio_orm" / "docs").with_suffix("")) for path in WRITTEN} <= pages().keys()


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_page_is_printed_as_it_is(run: Run, path: Path) -> None:
    name = str(path.relative_to(ROOT / "twilio_orm" / "docs").with_suffix(""))
    assert run("docs", name) == (0, path.read_text(encoding="utf-8"), "")


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("querying", "# Querying"),
        ("Querying.md", "# Querying"),
        ("Call", "# Call"),
        ("call", "# Call"),
        ("sip_domain", "# SipDomain"),
        ("errors", "# Errors"),
        ("reference", "# Reference"),
        ("reference/", "# Reference"),
        ("README", "# twilio_orm"),
        ("changelog", "# Changelog"),
    ],
)
def test_a_page_is_found_by_a_part_of_its_name(run: Run, word: str, title: str) -> None:
    said = run("docs", word)
    assert said.code == 0 and said.out.splitlines()[0] == title


def test_what_is_spelled_exactly_goes_before_the_guide_and_that_before_the_reference() -> None:
    there = {name: Path(name) for name in ("guide/README", "guide/errors", "reference/Errors", "reference/README")}
    words = {
        "Errors": "reference/Errors", "errors": "guide/errors", "ERRORS": "guide/errors", "README": "guide/README",
        "reference": "reference/README", "Guide": "guide/README", "reference/errors": "reference/Errors",
    }  # fmt: skip
    assert {word: str(find(word, there)) for word in words} == words


@pytest.mark.parametrize(("word", "meant"), [("queryng", "querying"), ("calls", "Call"), ("Conferense", "Conference")])
def test_a_misspelt_page_is_told_which_one_was_meant(run: Run, word: str, meant: str) -> None:
    said = run("docs", word)
    assert said.code == 2 and said.out == ""
    assert said.err == f"error: there is no page {word!r}; did you mean {meant!r}? `twilio-orm docs` lists all of them\n"


def test_a_pager_is_used_on_a_terminal_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(click, "echo_via_pager", shown.append)
    run("docs", "Call")
    assert shown == []
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run("docs", "Call").out == ""
    assert shown[0].startswith("# Call\n")


def test_what_is_built_brings_every_page(tmp_path: Path) -> None:
    """The package, the source and the shared files of an installation, as setuptools makes them of this checkout."""
    pytest.importorskip("setuptools")
    copy = tmp_path / "source"
    copy.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "twilio_orm", copy / "twilio_orm", ignore=shutil.ignore_patterns("__pycache__"))
    words = ["build", "--build-lib", "../built", "install_data", "--install-dir", "../shared", "sdist", "--dist-dir", "../sdist"]
    script = f"import setuptools; setuptools.setup(script_args={words!r})"
    done = subprocess.run([sys.executable, "-c", script], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    wanted = {str(path.relative_to(ROOT)) for path in (*WRITTEN, *STUBS)} | {"twilio_orm/py.typed"}
    assert wanted <= {str(path.relative_to(tmp_path / "built")) for path in (tmp_path / "built").rglob("*")}
    shared = tmp_path / "shared" / "share" / "doc" / "twilio_orm"
    assert {path.name for path in shared.iterdir()} == {"README.md", "CHANGELOG.md"}
    (source,) = (tmp_path / "sdist").glob("*.tar.gz")
    with tarfile.open(source) as unpacked:
        assert wanted | {"README.md", "CHANGELOG.md", "LICENSE"} <= {name.partition("/")[2] for name in unpacked.getnames()}
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "built")}
    command = [sys.executable, "-m", "twilio_orm.cli", "docs", "Call"]
    printed = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True).stdout
    assert printed == (ROOT / "twilio_orm" / "docs" / "reference" / "Call.md").read_bytes()
