"""One word per concept: the words that were retired stand nowhere in the package, the documents and the command line.

Except in the glossary of ``docs/architecture.md``, in the aliases that keep former public names, and where a word means something
else (sqlite3's cursors, hashlib's digests): each exception is listed here.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "twilio_orm"

RETIRED = {
    "query": r"questions?|ask(?:s|ed|ing)?",
    "request": r"ask_for|asks",
    "constraints": r"facts|impl(?:y|ies|ied)",
    "pushed down, residual filter": r"trusted",
    "sweep, covered, fetched": r"(?:un)?hear[sd]?|hearings?",
    "suspect, deleted": r"doubt(?:s|ed|ful)?|missed|with_gone|gone",
    "final, mutable, expired": r"(?:un)?settle[sd]?|settling",
    "fingerprint": r"digests?|outlines?",
    "excluded": r"left[ _]out|leave[sd]?[ _]out|omissions?",
    "redact, erase": r"forget(?:s|ting)?|forgotten",
    "write plan": r"draft(?:s|ed|ing)?",
    "predicate, SQL, explanation": r"faces?",
    "package, module": r"rooms?|house|mouths?",
}
WORDS = re.compile(r"\b(?:" + "|".join(RETIRED.values()) + r")\b", re.I)

IDENTIFIERS = re.compile(
    r"^_?(?:shapes?|ways?|told|heard|unheard|asked|asks?|hers|theirs|facts|doubts?|gone|settled|unsettled|digests?|faces?|"
    r"left_out|forgotten|missed|imply|pushed|cursors?)$"
)
"""Names that say less than the standard term, or another thing."""

# By file below the root: what may stand there, and why. An empty path: anywhere.
ALLOWED: dict[str, dict[str, str]] = {
    "": {
        r"mirror_gone|mirror_digest|mirror_missed\w*|mirror_cursors?\w*": "tables and columns of mirror files keep their names",
        r"with_gone|\.gone\b|leave_out|settle_for|--settle-for|--questions": "aliases",
        r"\.settled\b|forget\(|``(?:gone|settled|forget|whole)``": "aliases, too",
    },
    "twilio_orm/__init__.py": {r'"(?:Forgotten|forget)"': "aliases"},
    "twilio_orm/cli/redact.py": {r"[`\"]?(?:twilio-orm )?forget[`\"]?": "the former name of a command"},
    "twilio_orm/cli/app.py": {"forget": "the same"},
    "twilio_orm/docs/guide/command-line.md": {"`forget`": "the same"},
    "twilio_orm/connection.py": {r"(``)?heard(``)?": "an alias"},
    "twilio_orm/changes/erasure.py": {r"(``)?[Ff]orgotten(``)?": "aliases, and a key of a receipt's JSON"},
    "twilio_orm/changes/diff.py": {r"told": "an alias"},
    "twilio_orm/testing/world/generator.py": {r"Room (\{|$)": "names of conferences, as Python 3.12 and others read it"},
    "twilio_orm/sync/splitter.py": {"digests?": "hashlib's"},
    "twilio_orm/mirror/sqlite/database.py": {"_?cursor": "SQLite's"},
    "twilio_orm/mirror/sqlite/connections.py": {"_?cursor": "SQLite's"},
    "twilio_orm/mirror/revisions.py": {'"heard"': "a value in mirror files"},
    "twilio_orm/mirror/own_tables.py": {'digest INTEGER|"digest"': "a column of mirror files"},
    "twilio_orm/mirror/coverage/page_cache.py": {
        r"\bdigest (?:=|IN|FROM)|DISTINCT digest|SELECT digest|WHERE digest|\(digest\b|p\.digest\b": "a column of mirror files"
    },
    "twilio_orm/mirror/coverage/absence.py": {"digest": "hashlib's"},
    "twilio_orm/mirror/copied_tables.py": {"digest": "hashlib's"},
    "twilio_orm/webhooks/signature.py": {"digest": "hmac's"},
    "twilio_orm/docs/guide/webhooks.md": {"digest": "hmac's"},
    "twilio_orm/docs/guide/privacy.md": {r"Ask \(415\)": "the body of a message"},
    "twilio_orm/sync/report.py": {"gone|settled": "aliases"},
    "twilio_orm/docs/reference/Report.md": {"(?:`|#### )(?:gone|settled)": "aliases"},
    "twilio_orm/docs/reference/Connection.md": {"(?:`|#### )heard": "an alias"},
    "twilio_orm/docs/reference/Erasing.md": {"[Ff]orgotten": "aliases"},
    "twilio_orm/docs/architecture.md": {r"\|.*\|": "the glossary names what its words replace"},
}


def texts() -> Iterator[tuple[str, int, str]]:
    """Each line that a reader reads: documents, and the package's docstrings, comments and texts, as path, line and text."""
    for path in [*PACKAGE.rglob("*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md"))]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield str(path.relative_to(ROOT)), number, line
    for path in PACKAGE.rglob("*.py"):
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            if token.type in (tokenize.STRING, tokenize.COMMENT) or tokenize.tok_name[token.type] == "FSTRING_MIDDLE":
                for offset, line in enumerate(token.string.splitlines()):
                    yield str(path.relative_to(ROOT)), token.start[0] + offset, line


def names() -> Iterator[tuple[str, int, str]]:
    """Each name in the package's code, as path, line and name."""
    for path in PACKAGE.rglob("*.py"):
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            if token.type == tokenize.NAME:
                yield str(path.relative_to(ROOT)), token.start[0], token.string


def exceptions(path: str) -> list[str]:
    return [*ALLOWED[""], *ALLOWED.get(path, {})]


def found(path: str, text: str) -> list[str]:
    """The retired words of a line, without what may stand there."""
    for one in exceptions(path):
        text = re.sub(one, " ", text)
    return WORDS.findall(text)


def test_retired_words_stand_nowhere() -> None:
    wrong = [f"{path}:{number}: {', '.join(words)}" for path, number, line in texts() if (words := found(path, line))]
    assert not wrong, f"{len(wrong)} lines:\n" + "\n".join(wrong[:80])


def test_names_are_standard_terms() -> None:
    wrong = [
        f"{path}:{number}: {name}" for path, number, name in names() if IDENTIFIERS.match(name) and not found_name(path, name)
    ]
    assert not wrong, f"{len(wrong)} names:\n" + "\n".join(wrong[:80])


def found_name(path: str, name: str) -> bool:
    """Whether a name may stand in a file."""
    return any(re.fullmatch(one, name) for one in exceptions(path))


@pytest.mark.parametrize(
    "text", ["It asks nothing.", "the question was heard whole", "a doubt", "forgotten", "its digest", "left out"]
)
def test_each_kind_of_retired_word_is_seen(text: str) -> None:
    assert found("README.md", text)
