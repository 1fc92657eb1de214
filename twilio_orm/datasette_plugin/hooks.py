"""Datasette's hooks for mirror files, for 0.65 and 1.0a. A mirror file is recognized by its ``application_id``.

0.65 reads metadata and queries whenever it needs them (``get_metadata``, ``canned_queries``); 1.0a is given them once, at its
start. Both call ``prepare_connection`` for each connection, which hides the bodies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from datasette import hookimpl

from ..mirror.sqlite.hidden_bodies import hide_bodies, is_hidden, is_mirror_file
from ..mirror.sqlite.word_index import is_index
from .saved_queries import QUERIES

NAME = "twilio-orm"
"""The name of the plugin in Datasette's configuration."""
HIDDEN = "hidden here: see show_bodies"
SHOWN = frozenset({"mirror_fields", "mirror_tables"})
"""The mirror's own tables that people read."""
FACETS = {
    "calls_enriched": ["direction", "status"], "messages_enriched": ["direction", "status", "error_code"],
    "spend_by_day": ["kind", "country"], "call": ["direction", "status"], "message": ["direction", "status"],
    "mirror_fields": ["table_name"], "mirror_tables": ["kind"],
}  # fmt: skip
NEWEST_FIRST = {"spend_by_day": "day"}
LABELS = ("friendly_name", "phone_number", "unique_name", "name")
"""The fields that name a record, the best first: Datasette shows them in place of SIDs."""

App = Callable[..., Awaitable[None]]
F = TypeVar("F", bound=Callable[..., Any])


class Mirror(NamedTuple):
    """What Datasette says of one mirror file: the metadata of the database, and the names of its saved queries."""

    metadata: dict[str, Any]
    queries: tuple[str, ...]


_known: WeakKeyDictionary[Any, dict[str, Mirror]] = WeakKeyDictionary()


def hook(function: F) -> F:
    """Mark a function as one that Datasette calls."""
    hookimpl(function)
    return function


def shows_bodies(datasette: Any) -> bool:
    """Return whether message bodies are shown: the plugin's setting ``show_bodies``. Pure."""
    return bool((datasette.plugin_config(NAME) or {}).get("show_bodies"))


@hook
def prepare_connection(conn: Any, database: str, datasette: Any) -> None:
    """Hide the bodies from a connection to a mirror file; with ``--crossdb``, from the connection that all files attach to."""
    if shows_bodies(datasette):
        return
    everything = database == "_memory" and getattr(datasette, "crossdb", False)
    if everything or is_mirror_file(conn):
        hide_bodies(conn)


@hook
def startup(datasette: Any) -> Callable[[], Awaitable[None]]:
    """Describe the mirror files as Datasette starts."""

    async def start() -> None:
        _known[datasette] = {
            name: await _describe(datasette, database)
            for name, database in datasette.databases.items()
            if not database.is_memory and await database.execute_fn(is_mirror_file)
        }
        if hasattr(datasette, "set_database_metadata"):  # 1.0a
            for name, mirror in _known[datasette].items():
                await _apply(datasette, name, mirror)

    return start


@hook
def get_metadata(datasette: Any) -> dict[str, Any]:
    """Return the metadata of the mirror files, for Datasette 0.65."""
    return {"databases": {name: mirror.metadata for name, mirror in _known.get(datasette, {}).items()}}


@hook
def canned_queries(datasette: Any, database: str) -> dict[str, dict[str, str]]:
    """Return the saved queries of a mirror file, for Datasette 0.65."""
    mirror = _known.get(datasette, {}).get(database)
    own = datasette.metadata("queries", database=database, fallback=False) or {}
    found = {name: QUERIES[name] for name in mirror.queries if name not in own} if mirror else {}
    return {name: {"title": one.title, "description": one.description, "sql": one.sql} for name, one in found.items()}


@hook
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """Refuse downloads while bodies are hidden: Datasette offers immutable files (``-i``) as a whole.

    Where it serves a mirror file, it refuses other databases too: a name can be spelled in many ways in an address.
    """

    def wrap(app: App) -> App:
        async def wrapped(scope: Any, receive: Any, send: Any) -> None:
            raw = scope.get("raw_path") or b""
            whole = str(scope.get("path") or "").endswith(".db") or raw.partition(b"?")[0].endswith(b".db")
            if whole:
                await datasette.invoke_startup()  # does nothing the second time
            if whole and _known.get(datasette) and not shows_bodies(datasette):
                await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
                await send({"type": "http.response.body", "body": b"the file holds message bodies, which are hidden here\n"})
            else:
                await app(scope, receive, send)

        return wrapped

    return wrap


# ---------------------------------------------------------------- what is said of a file


async def _describe(datasette: Any, database: Any) -> Mirror:
    """Read from a mirror file what Datasette says of it."""
    home = dict(await _rows(database, "SELECT name, value FROM mirror_about WHERE name IN ('host', 'region')"))
    there = dict(await _rows(database, "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
    about: dict[str, str] = {}
    fields: dict[str, dict[str, str]] = {}
    if there.keys() >= SHOWN:
        about = dict(await _rows(database, "SELECT name, description FROM mirror_tables"))
        for table, name, unit, words in await _rows(database, "SELECT table_name, name, unit, description FROM mirror_fields"):
            fields.setdefault(table, {})[name] = f"{words} ({unit})" if unit else words
    columns = await _rows(
        database,
        "SELECT m.name, c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        " AND m.sql NOT LIKE 'CREATE VIRTUAL %'",
    )
    tables: dict[str, dict[str, Any]] = {}
    for name, kind in there.items():
        words = fields.get(name.removesuffix("_history"), {})
        words = {field: _said(datasette, name, field, text) for field, text in words.items()}
        labels = [one for one in LABELS if (name, one) in columns]
        found = {
            "description": about.get(name), "columns": words, "facets": FACETS.get(name), "sort_desc": NEWEST_FIRST.get(name),
            "label_column": labels[0] if labels else None,
            "hidden": name not in SHOWN and (name.startswith("mirror_") or (kind == "table" and await _is_empty(database, name))),
        }  # fmt: skip
        tables[name] = {key: value for key, value in found.items() if value}
        if is_index(name):  # SQLite cannot list what is in it
            tables[name]["allow"] = False
    description = f"Mirror of a Twilio account at {home.get('host')} ({home.get('region')}). Times are UTC."
    return Mirror({"description": description, "tables": tables}, tuple(QUERIES) if "spend_by_day" in there else ())


def _said(datasette: Any, table: str, field: str, text: str) -> str:
    return f"{text}; {HIDDEN}" if is_hidden(table, field) and not shows_bodies(datasette) else text


async def _rows(database: Any, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a query; Datasette's own ``execute`` would cut them off at a thousand."""
    found: list[tuple[Any, ...]] = await database.execute_fn(lambda conn: [tuple(row) for row in conn.execute(sql)])
    return found


async def _is_empty(database: Any, table: str) -> bool:
    return not await _rows(database, f'SELECT 1 FROM "{table}" LIMIT 1')


async def _apply(datasette: Any, name: str, mirror: Mirror) -> None:
    """Give Datasette 1.0a what is said of a file. What its user has configured stays."""
    if "description" not in await datasette.get_database_metadata(name):
        await datasette.set_database_metadata(name, "description", mirror.metadata["description"])
    databases = datasette.config.setdefault("databases", {})
    configured = databases.setdefault(name, {}).setdefault("tables", {})
    for table, said in mirror.metadata["tables"].items():
        settings = configured.setdefault(table, {})
        for key in ("facets", "sort_desc", "label_column", "hidden"):
            if key in said:
                settings.setdefault(key, said[key])
        if said.get("hidden"):
            continue
        if "description" in said and "description" not in await datasette.get_resource_metadata(name, table):
            await datasette.set_resource_metadata(name, table, "description", said["description"])
        for column, text in said.get("columns", {}).items():
            if "description" not in await datasette.get_column_metadata(name, table, column):
                await datasette.set_column_metadata(name, table, column, "description", text)
    if hasattr(datasette, "add_query"):  # before, 1.0a called canned_queries
        own = (databases[name].get("queries") or {}).keys()
        for query in mirror.queries:
            if query not in own:
                title, description, sql = QUERIES[query]
                await datasette.add_query(name, query, sql, title=title, description=description, is_trusted=True, source=NAME)
