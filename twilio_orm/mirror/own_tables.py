"""The tables of the mirror's own that every mirror has, and those of plans and of descriptions, as data. Pure."""

from __future__ import annotations

from .revisions import is_change
from .table_definition import COUNTED, UNNUMBERED, Index, Table, TableColumn, columns_of, id_column

_CONSTRAINTS = "account_sid TEXT!, resource TEXT!, equal TEXT!, spans TEXT!"
_SWEEP = columns_of(f"{_CONSTRAINTS}, began_at TEXT!, ended_at TEXT!, revision INTEGER!")
_SUSPECT = columns_of("resource TEXT!, record INTEGER!, equal TEXT!, others TEXT!, firm INTEGER!, at TEXT!")
_UNTIL = TableColumn("until", "INTEGER", required=True)

_REVISIONS = Table(
    "mirror_revisions",
    (*id_column(), *columns_of("at TEXT!, kind TEXT")),
    ("id",),
    (
        Index("mirror_revisions_at", ("at",)),
        Index("mirror_revisions_changes", ("id",), is_change),
    ),
)
OWN = (
    Table("mirror_about", columns_of("name TEXT, value TEXT!"), ("name",)),
    Table("mirror_accounts", columns_of("sid TEXT, root TEXT!"), ("sid",)),
    _REVISIONS,
    Table(
        "mirror_sweeps",
        (*id_column(counted=True), *_SWEEP),
        ("id",),
        (Index("mirror_sweeps_question", ("account_sid", "resource", "equal", "spans"), unique=True),),
    ),
    Table("mirror_sweeps_history", (*columns_of("id INTEGER!"), *_SWEEP, _UNTIL)),
    Table(
        "mirror_missed",
        (*_SUSPECT, TableColumn("revision", "INTEGER", required=True, default="0")),
        ("resource", "record", "equal", "others"),
        numbers=UNNUMBERED,
    ),
    Table("mirror_missed_history", (*_SUSPECT, *columns_of("revision INTEGER!"), _UNTIL)),
    Table(
        "mirror_cursors",
        (
            *id_column(),
            *columns_of(
                f"{_CONSTRAINTS}, target TEXT!, began_at TEXT!, revision INTEGER!, owner TEXT!, pages INTEGER!, newest TEXT!"
            ),
        ),
        ("id",),
    ),
    Table(
        "mirror_cursor_pages",
        columns_of("cursor INTEGER!, marks BLOB!"),
        indexes=(Index("mirror_cursor_pages_cursor", ("cursor",)),),
    ),
    Table(
        "mirror_pages",
        columns_of(
            "digest INTEGER, resource TEXT!, runs BLOB!, total INTEGER!, revision INTEGER!, low INTEGER, high INTEGER, keys BLOB,"
            " summary TEXT"
        ),
        ("digest",),
    ),
    Table(
        "mirror_blocks",
        columns_of("resource TEXT!, low INTEGER!, high INTEGER!, fingerprint INTEGER!, total INTEGER!"),
        ("resource", "low"),
        numbers=UNNUMBERED,
    ),
)
"""The tables of the mirror's own that every mirror has, but for those of plans."""
JOURNAL = (
    Table(
        "mirror_plans",
        columns_of(
            "id TEXT, account_sid TEXT!, resource TEXT!, kind TEXT!, made TEXT!, unchanged INTEGER!, holder TEXT, since TEXT,"
            " beat TEXT"
        ),
        ("id",),
        numbers=COUNTED,
    ),
    Table(
        "mirror_steps",
        columns_of(
            "plan TEXT!, number INTEGER!, verb TEXT!, key TEXT!, way TEXT!, record TEXT, fields TEXT, state TEXT!, why TEXT,"
            " at TEXT"
        ),
        ("plan", "number"),
    ),
)
"""The tables of plans: see :mod:`twilio_orm.mirror.journal`."""
DESCRIBING = {
    table.name: table
    for table in (
        Table(
            "mirror_countries",
            columns_of("digits TEXT, shortest INTEGER!, longest INTEGER!, country TEXT"),
            ("digits",),
            numbers=UNNUMBERED,
        ),
        Table("mirror_error_texts", columns_of("code INTEGER, text TEXT!"), ("code",)),
        Table("mirror_tables", columns_of("name TEXT, kind TEXT!, description TEXT!"), ("name",), numbers=UNNUMBERED),
        Table(
            "mirror_fields",
            columns_of("table_name TEXT!, position INTEGER!, name TEXT!, type TEXT!, unit TEXT, description TEXT!"),
            ("table_name", "position"),
            numbers=UNNUMBERED,
        ),
    )
}
"""The tables that say the same in every mirror, by name. They hold nothing of an account."""
