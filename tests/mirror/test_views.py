"""The views of a mirror's file: what they say by plain SQLite, when they are made, and the tables that describe the file."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sample
from bodies import SCHEMA, account, row, rows
from cases import cases
from hypothesis import example, given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import Account, Call, IncomingPhoneNumber, Message, Recording
from twilio_orm.mirror import descriptions, mirror_file, views
from twilio_orm.mirror.own_tables import DESCRIBING
from twilio_orm.mirror.sqlite import view_maker
from twilio_orm.mirror.sqlite.statements import table_statements
from twilio_orm.mirror.store import Mirror
from twilio_orm.schema.countries import AREA_CODES, NO_CALLER, PREFIXES, boundaries, country_of_address
from twilio_orm.schema.registry import SCHEMAS
from twilio_orm.testing import FakeTwilio

HERE = Path(__file__).parent
OWNER = account(7)
VIEWS = tuple(descriptions.VIEWS)
DIGEST = "70cbf99a02f82a11"
"""Of what version ``mirror_file.VIEWS`` of the views and of the tables beside them says."""


@contextlib.contextmanager
def bare(path: Path | str, *, write: bool = False) -> Iterator[sqlite3.Connection]:
    """The file as any program opens it: without the library's functions."""
    with contextlib.closing(sqlite3.connect(path if write else f"file:{path}?mode=ro", uri=not write)) as opened:
        opened.row_factory = sqlite3.Row
        yield opened
        opened.commit()


def read(path: Path | str, sql: str, *values: Any) -> list[dict[str, Any]]:
    with bare(path) as opened:
        return [dict(one) for one in opened.execute(sql, values)]


def names(path: Path | str, kind: str) -> set[str]:
    return {one["name"] for one in read(path, "SELECT name FROM sqlite_master WHERE type = ?", kind)}


def mirror_at(path: Path | str, **options: Any) -> Mirror:
    return Mirror(str(path), SCHEMAS, *sample.HOME, **options)


def older_than_views(path: Path) -> None:
    """Make a file what a release without views left."""
    with bare(path, write=True) as opened:
        for name in VIEWS:
            opened.execute(f"DROP VIEW {name}")
        for name in DESCRIBING:
            opened.execute(f"DROP TABLE {name}")
        opened.execute("DELETE FROM mirror_about WHERE name = 'views'")


@pytest.fixture
def filled(fake: FakeTwilio, tmp_path: Path) -> Iterator[Path]:
    """A file with two accounts, some awkward records, a deleted call and a deleted number."""
    fake.populate(calls=120, messages=90, numbers=4, recordings=12, subaccounts=1, days=5, seed=3, awkward=True)
    fake.calls.add(to="client:anna", from_="+4930123456", status="completed", price="-0.10000", price_unit="EUR", duration="61")
    path = tmp_path / "mirror.db"
    with twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=path, clock=lambda: fake.clock
    ) as connection:
        for model in (Account, IncomingPhoneNumber, Call, Message, Recording):
            model.sync(all_accounts=model is not Account)
        for model, some in (
            (Call, list(Call.offline(partial=True))[0]),
            (IncomingPhoneNumber, list(IncomingPhoneNumber.offline())[0]),
        ):
            connection.mirror.tombstone(model.api_schema, (twilio_orm.query.ast.Condition("sid", "exact", some.sid),))
        yield path


# ---------------------------------------------------------------- what they say


@pytest.mark.parametrize(
    ("model", "view", "window"), [(Call, "calls_enriched", "start_time"), (Message, "messages_enriched", "date_sent")]
)
def test_a_view_of_records_says_what_the_models_say(filled: Path, model: Any, view: str, window: str) -> None:
    """Row by row: countries, sides, minutes, cost, the exact price, the meaning of errors, and what is deleted."""
    found = {one["sid"]: one for one in read(filled, f"SELECT * FROM {view}")}
    names = {one.sid: one.friendly_name for one in Account.offline(partial=True)}
    records = list(model.select())
    assert len(records) == len(found) > 100 - 20 * (model is Message)
    assert sum(one["deleted"] for one in found.values()) == (model is Call)
    for record in records:
        row = found[record.sid]
        computed = [name for name in model.api_schema.computed if name in row and name != "billed_minutes"]
        assert {name: row[name] for name in computed} == {name: getattr(record, name) for name in computed}
        for side in ("from_", "to"):
            assert row[f"{side.rstrip('_')}_country"] == country_of_address(getattr(record, side) or "")
        at = getattr(record, window) or record.date_created
        assert row["day"] == (at.date().isoformat() if at else None)
        assert row["account_name"] == names.get(record.account_sid)
        assert row["price_text"] == (None if record.price is None else str(record.price))
        assert row["cost"] == (None if record.price is None else float(-record.price))
        assert row["cost_unit"] == (record.price_unit and record.price_unit.upper())
        if model is Call:
            assert row["minutes"] == (None if record.duration is None else pytest.approx(record.duration / 60, abs=0.006))
            assert row["billed_minutes"] == record.billed_minutes


def test_sums_of_the_views_are_those_of_all_records(filled: Path) -> None:
    """Of each day and of each account, deleted records included; one unit at a time."""
    wanted: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    counts: Counter[str] = Counter()
    for model, window in ((Call, "start_time"), (Message, "date_sent"), (Recording, "start_time")):
        for one in model.select():
            at = getattr(one, window) or one.date_created
            counts[one.account_sid] += model is not Recording
            if one.price is not None:
                cost = abs(one.price) if model is Recording else -one.price
                wanted[at.date().isoformat(), one.account_sid, (one.price_unit or "").upper()] += cost
    found: dict[tuple[str, str, str], float] = defaultdict(float)
    for one in read(filled, "SELECT * FROM spend_by_day WHERE cost IS NOT NULL"):
        found[one["day"], one["account_sid"], one["cost_unit"] or ""] += one["cost"]
    assert found.keys() == wanted.keys()
    assert all(found[key] == pytest.approx(float(cost), abs=1e-9) for key, cost in wanted.items())
    accounts = {one["sid"]: one for one in read(filled, "SELECT * FROM account_overview")}
    assert {sid: one["calls"] + one["messages"] for sid, one in accounts.items() if one["calls"] + one["messages"]} == counts
    assert sum(one["numbers"] for one in accounts.values()) == len(
        [one for one in IncomingPhoneNumber.select() if one.mirror_gone is None]
    )


def test_costs_in_several_currencies_are_not_added_up(filled: Path) -> None:
    main = max(read(filled, "SELECT * FROM account_overview"), key=lambda one: one["calls"])
    assert main["cost"] is None
    assert {"EUR", "USD"} <= {*main["cost_unit"].split(",")}


def test_the_numbers_are_all_there_with_what_they_did(filled: Path) -> None:
    """Calls and messages of a number in its account, by what the models call its side."""
    used: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for model, word in ((Call, "calls"), (Message, "messages")):
        for one in model.select():
            if one.our_number is not None:
                into = one.direction in model.api_schema.computed["our_number"].sides["to"]
                used[one.account_sid, one.our_number][f"{word}_{'in' if into else 'out'}"] += 1
    found = read(filled, "SELECT * FROM numbers_overview")
    assert {one["sid"] for one in found} == {one.sid for one in IncomingPhoneNumber.select()}
    assert [one["deleted"] for one in found].count(1) == 1
    for one in found:
        kinds = ("calls_in", "calls_out", "messages_in", "messages_out")
        assert {kind: one[kind] for kind in kinds} == {
            kind: used[one["account_sid"], one["phone_number"]][kind] for kind in kinds
        }
        assert one["country"] == country_of_address(one["phone_number"])
    assert sum(one["calls_in"] for one in found) > 10


def tables_beside(opened: sqlite3.Connection) -> None:
    opened.execute(*table_statements(DESCRIBING["mirror_countries"]))
    opened.executemany("INSERT INTO mirror_countries VALUES (?, ?, ?, ?)", boundaries())


BEGINNINGS = sorted({*f"{PREFIXES} {AREA_CODES}".replace(";", " ").split(), *NO_CALLER})
ADDRESSES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["+", "+", "+", "+1", "", "whatsapp:+", "rcs:+", "sms:+", "client:", "+0", " +", "++"]),
        st.sampled_from(BEGINNINGS) | st.text("0123456789", max_size=4),
        st.text("0123456789", max_size=12),
        st.sampled_from(["", "", "", "", "x", "\n", " ", "٣"]),
    ),
)


def test_countries_are_those_of_the_computed_fields() -> None:
    """For numbers near every prefix, and for addresses that are no numbers."""
    with contextlib.closing(sqlite3.connect(":memory:")) as opened:
        tables_beside(opened)
        sql = f"SELECT {views.country('a')} FROM (SELECT ? AS a)"

        @settings(max_examples=cases(400, thorough=20_000), deadline=None, derandomize=True, database=None)
        @given(ADDRESSES)
        @example("+266696687")
        @example("+2666966870")
        def law(address: str) -> None:
            assert opened.execute(sql, (address,)).fetchone()[0] == country_of_address(address)

        law()
        for start, *_ in boundaries():
            for digits in (start.ljust(11, "0"), start.ljust(8, "9"), start[:-1].ljust(9, "5")):
                assert opened.execute(sql, (f"+{digits}",)).fetchone()[0] == country_of_address(f"+{digits}"), digits
        assert opened.execute(sql, (None,)).fetchone()[0] is None


PRICES = st.decimals(-1000, 1000, places=5).map(str) | st.decimals(-1000, 1000, places=12).map(lambda one: format(one, "f"))


@settings(max_examples=cases(60, thorough=1000), deadline=None, derandomize=True, database=None)
@given(st.lists(PRICES, min_size=1, max_size=20))
@example(["-3E-5", "-0.0075", "1e22", "0", "-0", "0.1234567890123456789", "123456789012.12"])
def test_prices_come_back_to_the_letter(prices: list[str]) -> None:
    """As Twilio sent them: up to 15 digits, and more where the table's number would not give them back."""
    with contextlib.closing(sqlite3.connect(":memory:")) as opened:
        opened.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, price NUMERIC, mirror_extras TEXT)")
        extras, price = SCHEMA.codec.extras_slot, SCHEMA.index["price"]
        for number, text in enumerate(prices):
            stored = row(1, OWNER, price=text)
            opened.execute("INSERT INTO t VALUES (?, ?, ?)", (number, stored[price], stored[extras]))
        assert [one for (one,) in opened.execute(f"SELECT {views.price_text('t')} FROM t ORDER BY n")] == prices


# ---------------------------------------------------------------- when they are made


def test_a_file_of_every_earlier_schema_gets_them(tmp_path: Path) -> None:
    for old in HERE.glob("schema-*.db"):
        path = Path(shutil.copy(old, tmp_path / old.name))
        mirror = mirror_at(path)
        assert mirror.rows()["call"] == 3
        mirror.close()
        assert names(path, "view") == {*VIEWS}
        assert [one["sid"][-1] for one in read(path, "SELECT * FROM calls_enriched WHERE NOT deleted ORDER BY sid")] == ["1", "2"]


def test_views_of_another_release_are_replaced_if_they_are_older(tmp_path: Path) -> None:
    """By the version that is noted in the file."""
    path = tmp_path / "mirror.db"
    mirror_at(path).rows()
    with bare(path, write=True) as opened:
        opened.execute("DROP VIEW spend_by_day")
        opened.execute("CREATE VIEW spend_by_day AS SELECT 1 AS one")
        opened.execute("DELETE FROM mirror_countries")
        opened.execute("UPDATE mirror_about SET value = ? WHERE name = 'views'", (str(mirror_file.VIEWS + 1),))
    mirror_at(path).rows()
    assert read(path, "SELECT * FROM spend_by_day") == [{"one": 1}], "those of a later release stay"
    with bare(path, write=True) as opened:
        opened.execute("UPDATE mirror_about SET value = ? WHERE name = 'views'", (str(mirror_file.VIEWS - 1),))
    mirror_at(path).rows()
    assert read(path, "SELECT count(*) AS n FROM mirror_countries") == [{"n": len(boundaries())}]
    assert "one" not in {one["name"] for one in read(path, "SELECT name FROM pragma_table_info('spend_by_day')")}


def test_views_give_way_to_a_table_of_that_name(tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    mirror_at(path).rows()
    older_than_views(path)
    with bare(path, write=True) as opened:
        opened.execute("CREATE TABLE calls_enriched (mine)")
    mirror_at(path).rows()
    assert names(path, "view") == set()
    assert read(path, "SELECT mine FROM calls_enriched") == []


def test_what_is_current_is_not_written_again(tmp_path: Path) -> None:
    """Neither where the version says so, nor where the file is compared and nothing differs."""
    path = tmp_path / "mirror.db"
    seen = set()
    for _ in range(3):
        mirror = mirror_at(path)
        mirror.rows()
        mirror.close()
        with bare(path, write=True) as opened:
            seen.add(tuple(opened.execute("PRAGMA schema_version").fetchone()))
            opened.execute("DELETE FROM mirror_about WHERE name = 'views'")
    assert len(seen) == 1


def test_a_file_that_is_only_read_has_the_views_that_it_has(tmp_path: Path) -> None:
    """``offline=True`` writes nothing, and a file without views answers all else."""
    path = tmp_path / "mirror.db"
    mirror = mirror_at(path)
    mirror.absorb(SCHEMA, rows(1, 3, OWNER), mirror.revision())
    mirror.close()
    older_than_views(path)
    before = path.read_bytes()
    connection = twilio_orm.connect(mirror=path, offline=True)
    assert connection.sql("SELECT count(*) FROM call") == [(3,)]
    with pytest.raises(twilio_orm.QueryError, match="no such table: calls_enriched"):
        connection.sql("SELECT * FROM calls_enriched")
    connection.close()
    assert path.read_bytes() == before
    mirror_at(path).rows()
    connection = twilio_orm.connect(mirror=path, offline=True)
    assert connection.sql("SELECT count(*) FROM calls_enriched") == [(3,)]
    connection.close()


def test_a_file_that_cannot_be_written_is_used_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mirror.db"
    mirror = mirror_at(path)
    mirror.absorb(SCHEMA, rows(1, 3, OWNER), mirror.revision())
    mirror.close()
    older_than_views(path)
    with monkeypatch.context() as patched:
        patched.setattr(
            view_maker, "make", lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("database or disk is full"))
        )
        mirror = mirror_at(path)
        assert mirror.rows()["call"] == 3
        mirror.close()
    assert not names(path, "view")
    mirror_at(path).rows()
    assert names(path, "view") == {*VIEWS}


@pytest.mark.sqlite("PostgreSQL has no views of a mirror")
def test_a_mirror_in_memory_has_them_where_sql_is_asked(fake: FakeTwilio, connection: twilio_orm.Connection) -> None:
    fake.populate(calls=10, seed=1)
    Call.sync()
    assert connection.sql("SELECT count(*) FROM calls_enriched") == [(10,)]
    assert connection.sql("SELECT DISTINCT kind FROM spend_by_day") == [("call",)]


def test_a_copy_in_memory_of_an_older_file_has_them(tmp_path: Path) -> None:
    path = Path(shutil.copy(HERE / "schema-1.db", tmp_path / "old.db"))
    connection = twilio_orm.connect(mirror=path, offline=True)
    assert connection.sql("SELECT count(*) FROM calls_enriched") == [(3,)]
    connection.close()


def test_rewriting_and_copying_the_file_keeps_them(filled: Path, tmp_path: Path) -> None:
    with bare(filled) as opened:
        opened.execute(f"VACUUM INTO '{tmp_path / 'copy.db'}'")
    for view in VIEWS:
        assert read(tmp_path / "copy.db", f"SELECT * FROM {view}") == read(filled, f"SELECT * FROM {view}") != []


# ---------------------------------------------------------------- privacy and time travel


def test_redacting_a_number_reaches_the_views(filled: Path, fake: FakeTwilio) -> None:
    """They say it no more, the tables beside them say the same as before, and sums stay."""
    number = next(one["to"] for one in read(filled, "SELECT * FROM messages_enriched WHERE direction = 'outbound-api'"))
    beside = {name: read(filled, f"SELECT * FROM {name}") for name in DESCRIBING}
    spent = read(filled, "SELECT sum(records) AS n, round(sum(cost), 5) AS cost FROM spend_by_day")
    assert any(number in map(str, one.values()) for view in VIEWS for one in read(filled, f"SELECT * FROM {view}"))
    twilio_orm.redact(number)
    assert not any(number in map(str, one.values()) for view in VIEWS for one in read(filled, f"SELECT * FROM {view}"))
    assert {name: read(filled, f"SELECT * FROM {name}") for name in DESCRIBING} == beside
    assert read(filled, "SELECT sum(records) AS n, round(sum(cost), 5) AS cost FROM spend_by_day") == spent


def test_excluded_fields_are_null_in_the_views(fake: FakeTwilio, tmp_path: Path) -> None:
    fake.populate(messages=20, seed=2)
    connection = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "m.db",
        exclude_fields={"Message": ["body", "to"]}, clock=lambda: fake.clock,
    )  # fmt: skip
    Message.sync()
    columns = ("body", '"to"', "to_country")
    found = read(tmp_path / "m.db", f"SELECT DISTINCT {', '.join(columns)} FROM messages_enriched")
    assert found == [{"body": None, "to": None, "to_country": None}]
    connection.close()


def test_earlier_moments_are_read_as_before(filled: Path, fake: FakeTwilio) -> None:
    before = fake.clock
    fake.advance(timedelta(hours=2))
    Call.sync()
    assert Call.as_of(before, partial=True).count() <= Call.offline().count()
    assert len(read(filled, "SELECT sid FROM calls_enriched")) == Call.select().count()


# ---------------------------------------------------------------- the tables that describe the file


def test_every_table_and_field_is_described(filled: Path) -> None:
    """In words, and amounts, times and durations with their units."""
    described = {one["name"]: one for one in read(filled, "SELECT * FROM mirror_tables")}
    there = {name for name in names(filled, "table") | names(filled, "view") if not name.startswith("sqlite_")}
    assert there <= described.keys()
    assert all(one["description"].endswith(".") for one in described.values())
    assert {one["kind"] for one in described.values()} == {"records", "history", "view", "bookkeeping"}
    fields = {(one["table_name"], one["name"]): one for one in read(filled, "SELECT * FROM mirror_fields")}
    for table in there - {name for name in there if name.startswith("mirror_") or name.endswith("_history")}:
        columns = read(filled, "SELECT name, type FROM pragma_table_info(?) ORDER BY cid", table)
        assert [name for of, name in fields if of == table] == [one["name"] for one in columns]
        for one in columns:
            about = fields[table, one["name"]]
            assert about["description"], (table, one["name"])
            counted = about["type"] in ("number", "time") or "duration" in one["name"]
            assert about["unit"] or not counted, (table, one["name"])


def test_what_the_views_say_has_a_version() -> None:
    """Files are brought up to date by it: with another view or description, raise VIEWS and note the digest here."""
    schemas = {schema.table: schema for schema in SCHEMAS if schema.mirrored}
    said = [views.views(schemas), views.constants(), descriptions.tables((*schemas.values(),)), descriptions.COMPUTED,
            descriptions.fields((*schemas.values(),), ()), DESCRIBING]  # fmt: skip
    assert (mirror_file.VIEWS, hashlib.sha256(repr(said).encode()).hexdigest()[:16]) == (4, DIGEST)
