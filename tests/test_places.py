"""Where the mirror lies: the data directory, the home directory, and paths that are none."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

import pytest
from forking import as_nobody

import twilio_orm
from twilio_orm import ConfigurationError, Message, QueryError
from twilio_orm.local_files import data_directory
from twilio_orm.testing import FakeTwilio

SID = "AC" + "1" * 32


def refuse(request: object) -> object:
    raise AssertionError(f"nothing is sent: {request}")


@pytest.mark.skipif(sys.platform == "darwin" or os.name == "nt", reason="the XDG specification is not theirs")
@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, "/users/anna/.local/share"), ({"XDG_DATA_HOME": ""}, "/users/anna/.local/share"),
        ({"XDG_DATA_HOME": "/data"}, "/data"), ({"XDG_DATA_HOME": "data"}, "/users/anna/.local/share"),
        ({"XDG_DATA_HOME": "./data"}, "/users/anna/.local/share"), ({"XDG_DATA_HOME": "~/data"}, "/users/anna/.local/share"),
    ],
)  # fmt: skip
def test_a_relative_data_directory_is_ignored(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], found: str) -> None:
    """All paths of the specification are absolute; one that is not counts as if it were not there."""
    monkeypatch.setenv("HOME", "/users/anna")
    assert str(data_directory(given)) == found


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root becomes nobody at all")
@pytest.mark.parametrize(
    ("environ", "given", "words"),
    [
        ({}, {}, "the home directory is not known: set HOME, or name the mirror's path by mirror="),
        ({"HOME": ""}, {}, "the home directory is not known"),
        ({"HOME": "here"}, {}, "the home directory is not known"),
        ({"XDG_DATA_HOME": "data"}, {}, "the home directory is not known"),
        ({"XDG_DATA_HOME": "/data"}, {}, "/data/twilio_orm/AC"),
        ({}, {"mirror": "~/mirror.db"}, "mirror '~/mirror.db' begins with a home directory that is not known"),
        ({}, {"mirror": "~nobody-at-all/mirror.db"}, "begins with a home directory that is not known"),
        ({}, {"mirror": "./~/mirror.db"}, "/~/mirror.db"),
    ],
)
def test_no_home_makes_no_folder_of_that_name(environ: dict[str, str], given: dict[str, str], words: str) -> None:
    """A user without HOME and without an entry in the system's list: the error says what to set, nothing is called ``~``."""
    import twilio_orm.http.transport  # noqa: F401  # another user may not read it

    def connect() -> str:
        for name in ("HOME", "XDG_DATA_HOME"):
            os.environ.pop(name, None)
        os.environ.update(environ)
        try:
            path = twilio_orm.connect(SID, "2" * 32, transport=refuse, **given).mirror.path  # type: ignore[arg-type]
        except ConfigurationError as error:
            path = str(error)
        return f"{path} {os.listdir()}"

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o1777)
        said = as_nobody(connect, Path(folder), number=61234)  # no system gives it a name or a home
    assert words in said
    assert said.endswith(" []")


def test_what_is_no_path_is_refused_before_anything_is_done(tmp_path: Path, fake: FakeTwilio) -> None:
    """A NUL, no text, a URL: ConfigurationError, for a mirror that is read alone too; a file that is wanted is QueryError."""
    for given, words in (("a\0b", "NUL"), (f"{tmp_path}\0.db", "NUL"), (5, "not 5"), ("", "empty"), ("http://x", "URL")):
        for offline in (False, True):
            with pytest.raises(ConfigurationError, match=words):
                twilio_orm.connect(SID, "2" * 32, transport=refuse, mirror=given, offline=offline)  # type: ignore[arg-type]
    with contextlib.closing(twilio_orm.connect(SID, "2" * 32, transport=refuse, mirror=os.fsencode(tmp_path / "m.db"))) as found:  # type: ignore[arg-type]
        assert found.mirror.path == str(tmp_path / "m.db")
        with pytest.raises(QueryError, match="NUL"):
            Message.all().diff("a\0b.csv")
