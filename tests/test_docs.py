"""What the documents say is true and whole: examples run, and each lookup, error, resource and command is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import twilio_orm
from twilio_orm import Call, Connection, Message, errors
from twilio_orm.query.lookups import PUBLIC
from twilio_orm.schema.registry import CLASSES
from twilio_orm.testing import FakeTwilio

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
WRITTEN = [
    path
    for pattern in ("*.md", "*.cfg", "*.toml", "Makefile", ".ci/run", "*/**/*.py", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
]


def blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.S)


def test_the_examples_run(fake: FakeTwilio, connection: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    fake.populate(calls=200, days=30, seed=1)
    sid = fake.numbers.add(phone_number="+14155550100")["sid"]
    tour, language, changed, binding, _ = blocks(README)
    space: dict[str, object] = {}
    exec(tour.replace("twilio_orm.connect()", "None"), space)
    exec(language + binding, space)
    said = capsys.readouterr().out
    assert "Report(resource='Call'" in said and "keep  duration is above 60" in said
    assert dict(fake.requests[-2].form or fake.requests[-3].form) == {"VoiceUrl": "https://example.com/voice"}
    twilio_orm.IncomingPhoneNumber.sync()
    fake.numbers.change(sid, voice_url="https://elsewhere.example/")
    exec(changed, space)
    said = capsys.readouterr().out
    assert "voice_url  'https://example.com/voice' -> 'https://elsewhere.example/'" in said
    assert fake.numbers.get(sid)["voice_url"] == "https://example.com/voice"
    assert fake.violations == []


def test_the_fixture_of_the_readme_works(fake_twilio: FakeTwilio) -> None:
    space: dict[str, object] = {"Message": Message}
    exec(blocks(README)[4], space)
    space["test_report"](fake_twilio)  # type: ignore[operator]


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 200


@pytest.mark.parametrize("name", [*PUBLIC, *CLASSES, "SmsMessage"])
def test_lookups_and_resources_are_documented(name: str) -> None:
    assert f"`{name}`" in README or f"`{name} " in README


def test_errors_are_documented() -> None:
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert not {name for name in kinds if f"`{name}`" not in README}
    assert not {name for name in kinds if name not in (errors.__doc__ or "")}
    assert kinds <= set(twilio_orm.__all__)


def test_each_action_is_documented() -> None:
    ignored = {"DoesNotExist", "NotFound", "Status", "Type", "Direction", "account", "owner"}
    for name, model in CLASSES.items():
        own = {word for word, value in vars(model).items() if callable(value) and not word.startswith("_")}
        inherited = {"get", "filter"}
        for word in own - ignored - inherited:
            assert word in README, f"{name}.{word}"


def test_commands_and_variables_are_documented() -> None:
    click = pytest.importorskip("click")
    from twilio_orm import cli

    group = getattr(cli, "app", None) or getattr(cli, "cli", None)
    names = set(group.commands) if isinstance(group, click.Group) else {"sync", "ls", "sql", "status", "demo", "serve-fake"}
    for name in names:
        assert f"twilio-orm {name}" in README, name
    source = "".join(path.read_text() for path in (ROOT / "twilio_orm").glob("*.py"))
    for variable in set(re.findall(r"TWILIO_[A-Z_]+[A-Z]", source)):
        base = variable.replace("_API_KEY_SID", "_API_KEY").replace("_API_KEY_SECRET", "_API_SECRET")
        assert base in README, variable


def test_the_changelog_names_the_version() -> None:
    assert f"## {twilio_orm.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_project_speaks_of_itself_alone() -> None:
    """No machine's paths, no names of registries' hosts."""
    unwanted = re.compile(
        r"(?<![\w.])/(?:work|root|home|tmp)/|pypi\.org|files\.pythonhosted|" + "clau" + "de|" + "anthro" + "pic", re.I
    )
    for path in WRITTEN:
        if not any(part.startswith(".venv") for part in path.parts):
            found = unwanted.search(path.read_text(errors="replace"))
            assert found is None, f"{path.relative_to(ROOT)}: {found.group()}"


def test_the_drawing_names_every_room() -> None:
    drawing = (ROOT / "CONTRIBUTING.md").read_text()
    for path in (ROOT / "twilio_orm").iterdir():
        name = path.stem if path.suffix == ".py" else path.name
        if not name.startswith("_") and path.suffix in (".py", "") and name != "__pycache__":
            assert re.search(rf"\b{name}\b", drawing), name


def test_facts_about_the_class_are_as_told() -> None:
    assert Call.route is Call.redirect and twilio_orm.SmsMessage is Message
