"""What the documents say is true and whole: examples run, and each lookup, error, resource and command is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import GUIDE, Page, blocks, broken_links, matches, merged, pages

import twilio_orm
from twilio_orm import Call, Message, errors
from twilio_orm.docs.generator.class_pages import INTERNAL
from twilio_orm.query.lookups import PUBLIC
from twilio_orm.schema.registry import CLASSES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
REFERENCE = ROOT / "twilio_orm" / "docs" / "reference"
ARCHITECTURE = ROOT / "twilio_orm" / "docs" / "architecture.md"
WRITTEN = [
    path
    for pattern in ("*.md", "*.cfg", "*.toml", "Makefile", ".ci/run", "*/**/*.py", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
]


LINKED = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")),
    *sorted((ROOT / "twilio_orm").glob("**/*.md")),
]


def guide(name: str) -> str:
    return (GUIDE / f"{name}.md").read_text(encoding="utf-8")


# ---------------------------------------------------------------- pages that run


@pytest.mark.parametrize("path", pages(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_page_runs_and_prints_what_it_says(path: Path) -> None:
    found = Page(path).run().differences
    assert not found, "\n".join(["python -m tests.documents --update writes outputs anew", *map(str, found)])


@pytest.mark.parametrize("path", LINKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_somewhere(path: Path) -> None:
    broken = broken_links(path)
    assert broken == []


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n", "a", True),
        ("a\n", "b\n", False),
        ("a …\n", "a 1.5 s\n", True),
        ("a … b\nc\n", "a 1\nx b\nc\n", False),
        ("a\n…\nz\n", "a\nb\nc\nz\n", True),
        ("a\n…\nz\n", "a\nz\n", True),
        ("a\n…\nz\n", "a\nb\n", False),
        ("a (b)*\n", "a (b)*\n", True),
        ("", "", True),
        ("", "a\n", False),
        ("a\n", "", False),
    ],
)
def test_outputs_are_compared_line_by_line(expected: str, actual: str, same: bool) -> None:
    assert matches(expected, actual) is same


def test_an_update_keeps_the_lines_that_still_match() -> None:
    assert merged("took …\nold\nmirror …\n", "took 3 s\nnew\nmirror at a path\n") == "took …\nnew\nmirror …"


JOBS = (  # words of each job in the list of what users want, in its order, and the heading of its section
    ("test all", "Test it without Twilio"),
    ("spend per subaccount", "What did each account and category cost?"),
    ("cost per number", "What did each of our numbers cost?"),
    ("reconcile", "Does the invoice agree with the logs?"),
    ("failed messages", "Why do messages fail, where, and at what cost?"),
    ("warehouse", "Keep a copy for a warehouse"),
    ("webhooks", "Which webhooks are dead, demo, http or empty?"),
    ("changed on my numbers", "What changed on our numbers since Friday?"),
    ("rollback", "Repoint webhooks, and take it back"),
    ("unused", "Which numbers do we pay for and not use?"),
    ("purge recordings", "Purge old recordings after downloading them"),
    ("erase", "Erase or redact one person"),
    ("one call", "Everything about one call"),
    ("one number", "All contact with one number"),
    ("STOP", "Did we text anyone after STOP?"),
    ("stuck", "What is stuck or unhealthy now?"),
)


def test_each_job_is_a_section_of_at_most_five_lines_that_print() -> None:
    _, *sections = re.split(r"^## ", guide("jobs"), flags=re.M)
    assert {section.partition("\n")[0] for section in sections} == {heading for _, heading in JOBS}
    for section in sections:
        shown = [block for block in blocks("## " + section) if block.kind in ("python", "console")]
        commands = re.findall(r"^\$ (?!echo ).*\n", "".join(one.body for one in shown if one.kind == "console"), re.M)
        lines = [line for one in shown if one.kind == "python" for line in one.body.splitlines() if line.strip()]
        assert 1 <= len(lines) + len(commands) <= 5, section
        printed = [one for one in shown if one.output or re.search(r"^(?!\$ )", one.body.strip(), re.M)]
        assert printed and printed[-1] is shown[-1], section


def test_each_job_that_users_want_is_on_the_page() -> None:
    wanted = ROOT.parent / "shared" / "users.md"
    if not wanted.exists():
        pytest.skip("the list of what users want is not part of a distribution")
    rows = re.findall(r"^\| J(\d+) ([^|]+) \|", wanted.read_text(encoding="utf-8"), re.M)
    assert [int(number) for number, _ in rows] == list(range(len(JOBS)))
    assert all(words in job for (words, _), (_, job) in zip(JOBS, rows, strict=True))


PAGE = """# A page

<!-- setup
fake.populate(calls=20, seed=1)
hidden = Call = __import__("twilio_orm").Call
assert connection is __import__("twilio_orm").current()
-->

```python
import twilio_orm

twilio_orm.connect()
print(Call.sync().new)
print("as", "it was", "fake" in globals())
```

```text
%s
as … False
```

<!-- setup
assert fake.clock == connection.now()
-->

```console
$ twilio-orm ls Call --offline -o csv --columns sid > calls.csv
…
$ twilio-orm nonsense
error: …
$ echo $?
%s
$ pip install nothing-of-this-name
```

<!-- needs: no_such_module -->

```python
import no_such_module
```

```sql
SELECT count(*), NULL FROM call;
SELECT count(*) FROM call WHERE sid = '';
```

```text
20|
0
```

```python
import pytest


@pytest.mark.parametrize("count", [1, 2])
def test_report(fake_twilio, count):
    from twilio_orm import Message

    fake_twilio.connect()
    for _ in range(count):
        fake_twilio.messages.add(status="failed", error_code=30003)
    assert Message.filter(status="failed").count() == count%s
```
"""


def test_the_harness_sees_what_is_wrong_and_writes_outputs_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("documents.ROOT", tmp_path)
    path, right = tmp_path / "page.md", PAGE % (20, 2, "")
    path.write_text(right)
    assert list(map(str, Page(path).run().differences)) == []
    path.write_text(PAGE % (19, 1, ""))
    page = Page(path).run()
    assert [one.failed for one in page.differences] == [False, False]
    assert "-19\n+20" in str(page.differences[0]) and page.text == right
    path.write_text(PAGE % (20, 2, " + 1"))
    (difference,) = Page(path).run().differences
    assert difference.failed and "2 failed" in str(difference)
    path.write_text("```console\n$ rm nothing\n$ twilio-orm ls Nothing\n```\n```python\n1 / 0\n```\n")
    found = list(map(str, Page(path).run().differences))
    assert len(found) == 3 and "NOT_RUN" in found[0] and "there is no resource 'Nothing'" in found[1]
    assert 'page.md", line 6' in found[2] and "ZeroDivisionError" in found[2]


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# One `thing`, and more\n\n## Twice\n\n## Twice\n\n```\n# not a heading\n```\n")
    lines = [
        "[a](b.md) [b](b.md#one-thing-and-more) [c](b.md#twice-1) [d](#here) [e](https://example.com/x)",
        "[f](b.md#twice-2) [g](c.md) [h](#there) [i](b.md#not-a-heading) `[j](k.md)`",
        "# Here",
    ]
    (tmp_path / "a.md").write_text("\n\n".join(lines))
    assert broken_links(tmp_path / "a.md") == ["b.md#twice-2", "c.md", "#there", "b.md#not-a-heading"]


# ---------------------------------------------------------------- complete


def test_the_readme_is_short_and_its_example_sends_one_field() -> None:
    assert len(README.splitlines()) <= 120
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) <= 80
    sent = [dict(one.form) for one in Page(ROOT / "README.md").run().fake.requests if one.method == "POST"]
    assert sent[2] == {"VoiceUrl": "https://example.com/voice"} and len(sent) == 4


@pytest.mark.parametrize("name", PUBLIC)
def test_lookups_are_documented(name: str) -> None:
    assert f"`{name}`" in guide("querying")


@pytest.mark.parametrize("name", [*CLASSES, "SmsMessage"])
def test_resources_are_documented(name: str) -> None:
    model = getattr(twilio_orm, name)
    assert f"[{model.__name__}]({model.__name__}.md)" in (REFERENCE / "README.md").read_text()
    assert f"`{name}`" in (text := (REFERENCE / f"{model.__name__}.md").read_text()) or text.startswith(f"# {name}\n")


def test_errors_are_documented() -> None:
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert not {name for name in kinds if f"`{name}`" not in guide("errors")}
    assert not {name for name in kinds if name not in (errors.__doc__ or "")}
    assert kinds <= set(twilio_orm.__all__)


def test_each_action_is_documented() -> None:
    ignored = {"DoesNotExist", "NotFound", "Status", "Type", "Direction", "account", "owner"}
    for name, model in CLASSES.items():
        own = {word for word, value in vars(model).items() if callable(value) and not word.startswith("_")}
        inherited = {"get", "filter"}
        text = (REFERENCE / f"{name}.md").read_text()
        for word in own - ignored - inherited - INTERNAL["Resource"]:
            assert re.search(rf"[`.]{word}\b", text), f"{name}.{word}"


def test_commands_and_variables_are_documented() -> None:
    click = pytest.importorskip("click")
    from twilio_orm.cli import app

    assert isinstance(app.program, click.Group) and len(app.program.commands) >= 14
    rows = re.findall(r"^\| (.*?) \|", guide("command-line").partition("\n## Commands\n")[2].partition("\n### ")[0], re.M)
    assert {name for row in rows for name in re.findall(r"`([\w-]+)`", row)} == set(app.program.commands)
    told = README + "".join(path.read_text() for path in GUIDE.glob("*.md"))
    inner = [path for path in (ROOT / "twilio_orm").rglob("*.py") if path.parts[len(ROOT.parts) + 1] not in ("testing", "docs")]
    source = "".join(path.read_text() for path in inner)
    for variable in set(re.findall(r"TWILIO_[A-Z_]+[A-Z]", source)):
        base = variable.replace("_API_KEY_SID", "_API_KEY").replace("_API_KEY_SECRET", "_API_SECRET")
        assert base in told, variable


@pytest.mark.parametrize("path", sorted(GUIDE.glob("*.md")), ids=lambda path: path.stem)
def test_the_guides_index_names_each_page(path: Path) -> None:
    assert path.stem == "README" or f"]({path.name})" in guide("README")


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


def test_the_glossary_is_short() -> None:
    glossary = ARCHITECTURE.read_text().partition("## Glossary")[2]
    assert 1 < sum(line.startswith("| ") for line in glossary.splitlines()) - 1 <= 20


def test_the_drawing_names_every_package() -> None:
    drawing = ARCHITECTURE.read_text()
    for path in (ROOT / "twilio_orm").iterdir():
        name = path.stem if path.suffix == ".py" else path.name
        if not name.startswith("_") and path.suffix in (".py", "") and name != "__pycache__":
            assert re.search(rf"\b{name}\b", drawing), name


def test_facts_about_the_class_are_as_told() -> None:
    assert Call.route is Call.redirect and twilio_orm.SmsMessage is Message
