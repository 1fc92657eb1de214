"""Datasette on a mirror file: every page, descriptions, saved queries, and bodies that nobody reads. For 0.65 and 1.0a."""

from __future__ import annotations

import asyncio
import configparser
import contextlib
import importlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Account, Call, IncomingPhoneNumber, Message, Recording, UsageRecord
from twilio_orm.mirror.sqlite.hidden_bodies import BODIES, hide_bodies, is_hidden
from twilio_orm.schema.registry import SCHEMAS
from twilio_orm.testing import FakeTwilio

pytest.importorskip("datasette")

from datasette.app import Datasette  # noqa: E402
from datasette.plugins import pm  # noqa: E402

from twilio_orm.cli import datasette as command  # noqa: E402
from twilio_orm.datasette_plugin import hooks  # noqa: E402
from twilio_orm.datasette_plugin.saved_queries import QUERIES  # noqa: E402

sqlite3.enable_callback_tracebacks(False)  # Datasette turns them on for the process, and other tests run in it

SECRET = "the blue parrot"
VIEWS = ("account_overview", "calls_enriched", "messages_enriched", "numbers_overview", "spend_by_day")
VALUES = {"days": "1", "since": "2026-01-01", "number": "+14155550100"}

if not pm.is_registered(hooks):  # as its entry point does where the package is installed
    pm.register(hooks, hooks.NAME)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror file with records of several kinds, one message of which says the secret, now and before."""
    fake = FakeTwilio()
    fake.populate(calls=60, messages=40, numbers=3, recordings=6, subaccounts=1, days=4, seed=2)
    sent = fake.messages.add(to="+14155550100", from_="+14155550101", body=f"{SECRET} one", status="sent")
    made = tmp_path_factory.mktemp("datasette") / "mirror.db"
    with twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=made, clock=lambda: fake.clock
    ) as connection:
        for model in (Account, IncomingPhoneNumber, Call, Message, Recording, UsageRecord):
            model.sync()
        fake.messages.change(sent["sid"], status="delivered", body=f"{SECRET} two")
        Message.sync()
        Message.filter(to="+14155550100").plan_delete()
        connection.index_words(Message)
    connection.close()  # the file holds everything then, and no journal does
    return made


@contextlib.contextmanager
def serving(made: Any) -> Iterator[Any]:
    """A Datasette, closed in the end."""
    try:
        yield made
    finally:
        for database in made.databases.values():
            database.close()


def answers(made: Any, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """What a coroutine returns that uses Datasette's client, after its start."""

    async def all_of_it() -> Any:
        await made.invoke_startup()
        return await work(made.client)

    return asyncio.run(all_of_it())


def get(made: Any, address: str, **parameters: str) -> Any:
    return answers(made, lambda client: client.get(address, params=parameters))


def rows(made: Any, sql: str, database: str = "mirror") -> Any:
    """The rows of any SQL, as users type it: 1.0a has another address for it."""

    async def ask(client: Any) -> Any:
        for address in (f"/{database}/-/query.json", f"/{database}.json"):
            found = await client.get(address, params={"sql": sql, "_shape": "arrays"})
            if found.status_code == 200 and "rows" in found.json():
                return [tuple(row) for row in found.json()["rows"]]
        raise AssertionError(found.text)

    return answers(made, ask)


@pytest.fixture
def opened(path: Path) -> Iterator[Any]:
    """Datasette as ``twilio-orm datasette`` starts it."""
    with serving(command.instance(str(path))) as made:
        yield made


@pytest.fixture
def bare(path: Path) -> Iterator[Any]:
    """Datasette as ``datasette mirror.db`` starts it."""
    with serving(Datasette([str(path)])) as made:
        yield made


# ---------------------------------------------------------------- pages


def test_every_view_table_and_saved_query_is_served(bare: Any, path: Path) -> None:
    """As a page and as JSON, with rows where there are records."""
    with contextlib.closing(sqlite3.connect(path)) as file:
        tables = [
            name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        ]

    async def ask(client: Any) -> None:
        for name in ("", "/mirror", *(f"/mirror/{one}" for one in (*VIEWS, *tables, *QUERIES))):
            values = VALUES if name.rpartition("/")[2] in QUERIES else {}
            page = await client.get(name or "/", params=values)
            served = not name.startswith("/mirror/mirror_words")
            assert page.status_code == (200 if served else 403), (name, page.text[:500])
            if name.count("/") == 2 and served:
                shown = await client.get(f"{name}.json", params={"_shape": "objects", **values})
                assert shown.status_code == 200, (name, shown.text[:500])
                assert shown.json()["rows"] or name.removeprefix("/mirror/") not in (*VIEWS, *QUERIES), name

    answers(bare, ask)


@pytest.mark.parametrize("kind", ["opened", "bare"])
def test_the_file_is_described(kind: str, request: pytest.FixtureRequest) -> None:
    """The database, its tables, fields with their units, and saved queries; internal and empty tables are hidden."""
    made = request.getfixturevalue(kind)
    front, call, view, query = (get(made, f"/mirror{name}").text for name in ("", "/call", "/calls_enriched", "/spend_by_month"))
    assert "Mirror of a Twilio account at api.twilio.com (us1). Times are UTC." in front
    found = answers(made, lambda client: client.get("/mirror.json")).json()
    hidden = {one["name"] for one in found["tables"] if one["hidden"]}
    assert {"mirror_about", "mirror_sweeps", "mirror_steps", "queue", "conference"} <= hidden
    assert not hidden & {"call", "message", "message_history", "recording", "mirror_fields", "mirror_tables"}
    assert "A phone call, made or received." in call
    assert "how long the call lasted (seconds)" in call and "how long the call lasted (seconds)" in view
    assert "positive for a charge; null while it is not known (currency in cost_unit)" in view
    assert "Cost of calls, messages and recordings by month" in query
    listed = get(made, "/mirror/-/queries" if hasattr(made, "add_query") else "/mirror").text
    assert all(one.title in listed for one in QUERIES.values())


def test_references_show_names(opened: Any) -> None:
    """The account of a call is a link with its friendly name."""
    assert re.search(r'<a href="/mirror/account/AC[0-9a-f]{32}">Main account</a>', get(opened, "/mirror/call").text)


def test_facets_are_there(opened: Any) -> None:
    found = get(opened, "/mirror/calls_enriched.json", _facet="status", _shape="objects").json()["facet_results"]
    assert {"direction", "status"} <= {*found.get("results", found)}


# ---------------------------------------------------------------- bodies

STATEMENTS = [
    "SELECT DISTINCT body FROM message",
    "SELECT DISTINCT body FROM messages_enriched",
    "SELECT DISTINCT body FROM message_history",
    "SELECT DISTINCT main.MESSAGE.BODY FROM main.message",
    "SELECT group_concat(body) FROM message",
    "SELECT count(*) - count(*) FROM message WHERE body LIKE '%parrot%' HAVING count(*) > 0",
    "WITH x AS (SELECT * FROM message) SELECT DISTINCT body FROM x",
    "SELECT DISTINCT record FROM mirror_steps",
    "SELECT DISTINCT mirror_extras FROM message",
    "SELECT min(m.body) FROM message AS m JOIN message AS n ON m.body = n.body",
]


@pytest.mark.parametrize("kind", ["opened", "bare"])
def test_bodies_are_null_in_every_statement(kind: str, request: pytest.FixtureRequest, path: Path) -> None:
    """In tables, views, history, the journal and any SQL; other fields are there."""
    with contextlib.closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM message WHERE body LIKE ?", (f"%{SECRET}%",)).fetchone() == (1,)
        assert file.execute("SELECT count(*) FROM message_history WHERE body LIKE ?", (f"%{SECRET}%",)).fetchone() == (1,)
        assert file.execute("SELECT count(*) FROM mirror_steps WHERE record LIKE ?", (f"%{SECRET}%",)).fetchone()[0] > 0
    made = request.getfixturevalue(kind)
    for sql in STATEMENTS:
        assert rows(made, sql) in ([(None,)], []), sql
    assert rows(made, 'SELECT count("to") FROM messages_enriched') == [(41,)]
    for name in ("message", "messages_enriched", "message_history", "mirror_steps", "one_number"):
        for ending in ("", ".json", ".csv"):
            assert SECRET not in get(made, f"/mirror/{name}{ending}", **(VALUES if name in QUERIES else {})).text
    assert "text of the message; personal data; hidden here" in get(made, "/mirror/message").text


def test_bodies_are_shown_on_request(path: Path) -> None:
    for made in (
        command.instance(str(path), show_bodies=True),
        Datasette([str(path)], metadata={"plugins": {"twilio-orm": {"show_bodies": True}}}),
    ):
        with serving(made):
            assert SECRET in get(made, "/mirror/messages_enriched").text
            assert rows(made, "SELECT count(*) FROM message WHERE body LIKE '%parrot%'") == [(1,)]


def test_what_is_hidden_is_in_the_tables() -> None:
    """Each column that is hidden exists, and each personal text that names nobody is hidden."""
    columns = {schema.table: schema.columns for schema in SCHEMAS if schema.mirrored}
    for table, names in BODIES.items():
        assert table in ("mirror_steps", "mirror_callbacks") or {*names} <= columns[table].keys()
    content = {
        (table, name)
        for table, some in columns.items()
        for name, one in some.items()
        if one.personal and one.kind in ("text", "json")
    }
    named = re.compile(r"name|formatted|street|postal|description")
    assert {one for one in content if not is_hidden(*one)} == {one for one in content if named.search(one[1])}


def test_the_whole_file_cannot_be_downloaded(path: Path) -> None:
    """Datasette offers immutable files."""
    with serving(Datasette([], immutables=[str(path)])) as made:
        for spelled in ("/mirror.db", "/~6dirror.db", "/%6dirror.db", "/mirror%2edb", "/mirror.db?x=1"):
            found = get(made, spelled)
            assert found.status_code in (403, 404) and b"SQLite format" not in found.content, spelled
        assert rows(made, "SELECT DISTINCT body FROM message") == [(None,)]
    with serving(Datasette([], immutables=[str(path)], metadata={"plugins": {"twilio-orm": {"show_bodies": True}}})) as made:
        assert get(made, "/mirror.db").status_code == 200


def test_attached_files_are_hidden_too(path: Path, tmp_path: Path) -> None:
    with serving(Datasette([str(path)], crossdb=True, memory=True)) as made:
        assert rows(made, "SELECT DISTINCT body FROM mirror.message", "_memory") == [(None,)]


# ---------------------------------------------------------------- others' files, and what their owners say


def test_other_databases_are_left_alone(path: Path, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "theirs.db")) as file:
        file.execute("CREATE TABLE message (body TEXT, mirror_extras TEXT)")
        file.execute("INSERT INTO message VALUES ('theirs', 'too')")
        file.commit()
    with serving(Datasette([str(path), str(tmp_path / "theirs.db")])) as made:
        assert rows(made, "SELECT * FROM message", "theirs") == [("theirs", "too")]
        page = get(made, "/theirs").text
        assert "Twilio" not in page and "spend_by_month" not in page


def test_what_the_user_configured_stays(path: Path) -> None:
    said = {"databases": {"mirror": {
        "description": "Ours", "tables": {"call": {"description": "Rings", "label_column": "status", "facets": ["answered_by"]}},
        "queries": {"coverage": {"sql": "SELECT 'mine' AS whose"}},
    }}}  # fmt: skip
    options = (
        {"config": {"databases": {"mirror": {"queries": said["databases"]["mirror"]["queries"]}}}}
        if hasattr(Datasette, "add_query")
        else {}
    )
    with serving(Datasette([str(path)], metadata=said, **options)) as made:
        assert "Ours" in get(made, "/mirror").text
        page = get(made, "/mirror/call").text
        assert "Rings" in page and "A phone call, made or received." not in page
        assert get(made, "/mirror/coverage.json", _shape="objects").json()["rows"] == [{"whose": "mine"}]
        assert get(made, "/mirror/unpriced").status_code == 200


def test_the_file_is_not_written(opened: Any, path: Path) -> None:
    with (
        contextlib.closing(opened.get_database("mirror").connect()) as file,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        file.execute("DELETE FROM call")


def test_a_file_without_views_is_served_all_the_same(path: Path, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute(f"VACUUM INTO '{tmp_path / 'mirror.db'}'")
    with contextlib.closing(sqlite3.connect(tmp_path / "mirror.db")) as file:
        for view in VIEWS:
            file.execute(f"DROP VIEW {view}")
        file.execute("DROP TABLE mirror_fields")
        file.commit()
    with serving(Datasette([str(tmp_path / "mirror.db")])) as made:
        assert get(made, "/mirror/call").status_code == 200
        assert get(made, "/mirror/spend_by_month").status_code == 404
        assert rows(made, "SELECT DISTINCT body FROM message") == [(None,)]


# ---------------------------------------------------------------- the plugin and the command


def test_the_entry_point_is_the_module_of_the_hooks() -> None:
    config = configparser.ConfigParser()
    config.read(Path(__file__).parents[1] / "setup.cfg")
    name, _, module = config["options.entry_points"]["datasette"].strip().partition(" = ")
    assert (name, importlib.import_module(module)) == (hooks.NAME, hooks)


def test_hiding_works_on_any_connection(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as file:
        hide_bodies(file)
        assert file.execute("SELECT DISTINCT body FROM message").fetchall() == [(None,)]
        assert file.execute("SELECT count(*) FROM message").fetchone() == (41,)


def test_without_datasette_the_command_says_what_to_install(run: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasette.app", None)
    found = run("datasette", "--mirror", str(path))
    assert found.code == 2 and "pip install 'twilio_orm[datasette]'" in found.err


def test_a_port_that_is_taken_is_said(run: Any, path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        found = run("datasette", "--mirror", str(path), "--port", port)
    assert found.code == 2 and f"port {port} of 127.0.0.1 cannot be used" in found.err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
def test_the_command_serves_until_it_is_stopped(path: Path) -> None:
    words = [sys.executable, "-m", "twilio_orm.cli", "datasette", "--mirror", str(path), "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as process:
        assert process.stderr is not None
        try:
            found = re.search(r"is served at (http://127\.0\.0\.1:\d+/); Ctrl-C stops it", process.stderr.readline())
            assert found
            with urllib.request.urlopen(f"{found[1]}mirror/messages_enriched.json?_shape=objects", timeout=30) as response:
                assert b"body" in (text := response.read()) and SECRET.encode() not in text
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
