"""What the tools do: they read a guarded mirror, each within a time limit. Reads the disk; sends nothing and writes nothing."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import twilio_orm

from ..connection import Connection
from ..errors import BadValue, DoesNotExist, MissingScope, NotCovered, QueryError, suggest
from ..mirror import descriptions, exclusions
from ..mirror.sqlite.hidden_bodies import BODIES
from ..mirror.store import Mirror
from ..query.keywords import resolve
from ..schema.registry import SCHEMAS, by_prefix, resources
from ..schema.sids import is_sid
from .answers import BYTES, ROWS, Answer

if TYPE_CHECKING:
    from ..query.aggregates import Aggregate

SECONDS = 10
"""How long the statements of one call may take."""
BODIES_OPTION = "the server with `twilio-orm mcp --bodies`"
REPORTS = {name.replace("_", "-"): one for name, one in vars(twilio_orm.reports).items() if inspect.isfunction(one)}
"""The reports by their names."""
NOT_OFFERED = ("live", "connection")
"""The parameters of reports that the server sets."""
READ_BODIES = frozenset({"opt-outs"})
"""The reports that depend on the texts of messages."""
AGGREGATES = {one: getattr(twilio_orm, one.capitalize()) for one in ("count", "sum", "avg", "min", "max")}
"""What the tool ``query`` can aggregate."""


class MirrorReading:
    """Reads one mirror for the tools. Making it opens the file.

    :param connection: an offline connection to the mirror. It stays open when this is closed.
    :param bodies: whether message bodies and other content can be read.
    """

    def __init__(self, connection: Connection, *, bodies: bool = False) -> None:
        self.bodies = bodies
        self.mirror = Mirror(connection.mirror.path, SCHEMAS, readonly=True)
        self._guard = self.mirror.protect(bodies=bodies)
        self.mirror.open()
        self.connection = Connection(
            connection.credentials, connection.transport, self.mirror, strict=connection.strict, offline=True,
            account_sid=connection.account_sid if connection.knows_account else None,
        )  # fmt: skip
        self.models = {name: model for name, model in resources().items() if model.api_schema.mirrored}

    def close(self) -> None:
        """Close the mirror's file."""
        self.mirror.close()

    def call(self, function: Any, arguments: Mapping[str, Any], seconds: float = SECONDS) -> Answer:
        """Return the answer of a function of this class. Reads the disk.

        :param function: the function.
        :param arguments: its arguments, which were checked.
        :param seconds: how long its statements may take.
        :raises TwilioOrmError: there is no answer; the text of the error is for the agent.
        """
        with self.connection, self._guard.time_limit(seconds):
            answer: Answer = function(self, **arguments)
            return answer

    # -- the tools

    def describe(self, name: str = "") -> Answer:
        """List what can be read, or the fields of one resource or view, or the arguments of one report."""
        if not name:
            return self._overview()
        if name.replace("_", "-") in REPORTS:
            return _described_report(name.replace("_", "-"))
        table = name if name in descriptions.VIEWS else self._model(name).api_schema.table
        found = self._select(
            f"SELECT name, type, unit, description FROM mirror_fields WHERE table_name = '{table}' ORDER BY position"
        )
        hidden = BODIES.get(descriptions.SOURCES.get(table, table), ()) if not self.bodies else ()
        answer = Answer(caveats=[self._hidden_caveat(f"{table}.{one}" for one in hidden)] if hidden else [])
        answer.rows(("name", "type", "unit", "description"), found)
        return answer

    def query(
        self,
        model: str,
        conditions: Mapping[str, Any] | None = None,
        exclude: Mapping[str, Any] | None = None,
        fields: Iterable[str] = (),
        order_by: Iterable[str] = (),
        limit: int = ROWS,
        offset: int = 0,
        group_by: Iterable[str] = (),
        aggregate: Iterable[str] = (),
        partial: bool = False,
        all_accounts: bool = False,
    ) -> Answer:
        """The records of a resource that match conditions, or groups of them."""
        chosen = self._model(model)
        names, groups, aggregates = [*fields], [*group_by], dict(map(_aggregate, aggregate))
        if (groups or aggregates) and names:
            raise BadValue("fields is for records: groups have the fields of group_by and the results of aggregate")
        if groups and not aggregates:
            raise BadValue('group_by needs aggregate, such as ["count"] or ["sum(price)"]')
        query_set: Any = chosen.all().across_accounts() if all_accounts else chosen.all()
        if conditions:
            query_set = query_set.filter(**_conditions(conditions))
        if exclude:
            query_set = query_set.exclude(**_conditions(exclude))
        orders = [*order_by]
        self._refuse_hidden(query_set, [*names, *groups, *orders, *(one.field for one in aggregates.values() if one.field)])
        answer, offline = self._judged(query_set), query_set.offline(partial=partial, unknown="null")
        if aggregates and not groups:
            answer.rows([*aggregates], [[*offline.aggregate(**aggregates).values()]])
            return answer
        if aggregates:
            found = offline.values(*groups).annotate(**aggregates)
            columns = [*groups, *aggregates]
        else:
            hidden = self.mirror.excluded.get(chosen.api_schema.table, frozenset())
            columns = names or [one for one in chosen.api_schema.columns if one not in hidden]
            found = offline.values(*names) if names else offline
        found = found.order_by(*orders) if orders else found
        read = [*found[offset : offset + limit]]
        if read and isinstance(read[0], Mapping):
            columns = [*read[0]]  # by their own names, where an alias was given
        rows = [_values(one, columns) for one in read]
        more = found.count() - offset - len(rows) if len(rows) == limit else 0
        answer.rows(columns, rows, max(more, 0))
        return answer

    def sql(self, statement: str, limit: int = ROWS) -> Answer:
        """The rows of one SELECT on the mirror's file."""
        found = self._guard.select(self.mirror.open(), statement, limit, 4 * BYTES)
        tables = {model.api_schema.table: model for model in self.models.values()}
        fetched = {table: self._complete_since(tables[table]) for table in sorted(found.tables & tables.keys())}
        caveats = [
            "SQL reads what the file holds, of all accounts, deleted records included (mirror_gone is not null), whether or not"
            " it was fetched completely: the tool query judges that"
        ]
        if found.hidden:
            caveats.append(self._hidden_caveat(sorted(found.hidden)))
        answer = Answer(_earliest(fetched.values()), {"complete_as_of": fetched}, caveats)
        answer.truncated = found.truncated
        answer.rows(found.columns, found.rows, None if found.truncated else 0)
        return answer

    def report(self, name: str, arguments: Mapping[str, Any] | None = None) -> Answer:
        """One of the reports."""
        name = name.replace("_", "-")
        function = REPORTS.get(name)
        if function is None:
            raise BadValue(f"there is no report {name!r}{suggest(name, REPORTS)} Reports: {', '.join(REPORTS)}")
        given = dict(arguments or {})
        known = _parameters(function)
        for one, value in given.items():
            if one not in known:
                raise BadValue(f"the report {name} takes no argument {one!r}{suggest(one, known)} It takes {', '.join(known)}")
            _check_argument(name, one, known[one], value)
        missing = [one for one, parameter in known.items() if parameter.default is parameter.empty and one not in given]
        if missing:
            raise BadValue(f"the report {name} needs {', '.join(missing)} in arguments")
        if not self.bodies and (name in READ_BODIES or given.get("bodies")):
            raise BadValue(f"the report {name} reads the texts of messages, which are hidden here: start {BODIES_OPTION}")
        document = json.loads(function(**given, connection=self.connection).to_json())
        coverage = {"complete": document["complete"], "resources": document["coverage"]}
        answer = Answer(caveats=document["caveats"], coverage=coverage)
        answer.as_of = document["as_of"]
        answer.rows([one["name"] for one in document["columns"]], [[*row.values()] for row in document["rows"]])
        answer.data |= {"title": document["title"], "totals": answer.plain(document["totals"]), "tz": document["tz"]}
        return answer

    def record(self, sid: str) -> Answer:
        """One record by its SID."""
        found = [model for model in by_prefix(sid[:2]) if model.api_schema.mirrored] if is_sid(sid) else []
        if not found:
            raise BadValue("sid takes two letters that name a mirrored resource (CA, SM, PN ...) and 32 hexadecimal digits")
        for model in found:
            query = model.offline(partial=True).with_deleted().filter(**{model.api_schema.key[-1]: sid})
            record = next(iter(query), None)
            if record is not None:
                break
        else:
            names = " or ".join(one.__name__ for one in found)
            raise DoesNotExist(f"the mirror has no {names} {sid} of this account: it may not have fetched it")
        schema = model.api_schema
        hidden = self.mirror.excluded.get(schema.table, frozenset())
        fields = {name: value for name, value in record.to_dict().items() if name not in hidden}
        for name in schema.computed:
            with suppress(twilio_orm.NotLoaded):
                fields[name] = getattr(record, name)
        caveats = [self._hidden_caveat(f"{schema.table}.{one}" for one in sorted(hidden))] if hidden else []
        if not model.offline(partial=True).filter(**{schema.key[-1]: sid}).exists():
            caveats.append("the record is deleted at Twilio, or was absent from the latest complete listing")
        answer = Answer(query.as_of, None, caveats)
        answer.data = {"resource": schema.name, "fields": {name: answer.plain(value) for name, value in fields.items()}}
        return answer

    def freshness(self) -> Answer:
        """What the mirror holds, and when it was fetched."""
        status = self.connection.status()
        tables = {model.api_schema.table: model for model in self.models.values()}
        rows = []
        for table, count in status.rows.items():
            fetched = status.fetched.get(table)
            if count or fetched is not None:
                rows.append((table, count, fetched, self._complete_since(tables.get(table))))
        caveats = ["rows are those of all accounts, deleted records included; the times are those of the account of this server"]
        if status.later:
            caveats.append(f"{status.later} listings count for nothing: a wrong clock dated them later than now")
        answer = Answer(_earliest(row[3] for row in rows), {"account_sid": status.account_sid}, caveats)
        answer.rows(("table", "rows", "last_fetched", "complete_as_of"), rows)
        answer.data["now"] = answer.plain(self.connection.now())
        return answer

    # -- parts of them

    def _complete_since(self, model: Any) -> datetime | None:
        """The moment at which all records of a resource were complete, None if they never were or no account is chosen."""
        if model is None or not self.connection.knows_account:
            return None
        try:
            found = model.all().freshness()
        except MissingScope:
            return None
        return found.since if found.complete else None

    def _overview(self) -> Answer:
        rows = [(name, kind, text) for name, kind, text in descriptions.tables(self._schemas()) if kind == descriptions.VIEW]
        rows += [
            (name, f"resource, table {model.api_schema.table}", inspect.cleandoc(model.__doc__ or "").partition("\n")[0])
            for name, model in self.models.items()
        ]
        rows += [
            (name, "report", (one.__doc__ or "").partition("\n")[0].partition(". ")[0].rstrip("."))
            for name, one in REPORTS.items()
        ]
        answer = Answer(caveats=[] if self.bodies else [self._hidden_caveat(self._hidden_columns())])
        answer.rows(("name", "kind", "description"), rows)
        return answer

    def _schemas(self) -> Any:
        return tuple(model.api_schema for model in self.models.values())

    def _select(self, sql: str) -> list[tuple[Any, ...]]:
        try:
            return self._guard.select(self.mirror.open(), sql, 1000, 4 * BYTES).rows
        except QueryError as error:
            if "no such table" in str(error):
                raise NotCovered("the file has no views and descriptions yet: the next `twilio-orm sync` makes them") from None
            raise

    def _model(self, name: str) -> Any:
        """The class of a resource, by its name or its table."""
        found = next(
            (model for known, model in self.models.items() if name.lower() in (known.lower(), model.api_schema.table)), None
        )
        if found is None:
            raise BadValue(f"there is no resource {name!r}{suggest(name, self.models)} The tool describe lists them")
        return found

    def _judged(self, query_set: Any) -> Answer:
        """An answer that says what the mirror has fetched of a query set."""
        found = query_set.freshness()
        coverage = {"complete": found.complete, "missing": list(found.missing)}
        caveats = []
        if found.unconfirmed:
            name = query_set.query.schema.name
            caveats = [
                f"webhooks made or changed {found.unconfirmed} {name} records that were not read from Twilio since:"
                " null may stand for what is not known of them, such as a price"
            ]
        return Answer(found.since if found.complete else None, coverage, caveats)

    def _refuse_hidden(self, query_set: Any, names: Iterable[str]) -> None:
        """Refuse a query that depends on a hidden field."""
        hidden = self._hidden_fields()
        found = {*exclusions.fields_among(hidden, query_set.query)}
        for name in names:
            with suppress(QueryError):  # the query itself says what is wrong with the name
                target = resolve(query_set.query.schema, name.lstrip("-"))
                reads = target.schema.reads(target.field) if target.field else ()
                found |= {f"{target.schema.name}.{one}" for one in reads if one in hidden.get(target.schema.table, ())}
        if found:
            raise BadValue(
                f"{', '.join(sorted(found))} cannot be read here, as content that people wrote or said: start {BODIES_OPTION}"
            )

    def _hidden_fields(self) -> exclusions.Exclusions:
        return {} if self.bodies else {table: frozenset(names) for table, names in BODIES.items()}

    def _hidden_columns(self) -> list[str]:
        return [f"{table}.{one}" for table, names in self._hidden_fields().items() for one in sorted(names)]

    def _hidden_caveat(self, columns: Iterable[str]) -> str:
        return f"hidden here, as content that people wrote or said: {', '.join(columns)}"


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """The earliest of some moments; None if one is not known, or there is none."""
    known = [*moments]
    return None if None in known else min(filter(None, known), default=None)


def _described_report(name: str) -> Answer:
    function = REPORTS[name]
    answer = Answer()
    answer.fields(
        {"report": name, "arguments": [*_parameters(function)], "description": inspect.cleandoc(function.__doc__ or "")}
    )
    return answer


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    return {name: one for name, one in inspect.signature(function).parameters.items() if name not in NOT_OFFERED}


def _check_argument(report: str, name: str, parameter: inspect.Parameter, value: Any) -> None:
    """Check the type of a report's argument; the report itself checks its value.

    :raises BadValue: it has another type.
    """
    kinds = {"bool": (bool, "true or false"), "int": (int, "a whole number")}
    kind, words = kinds.get(str(parameter.annotation), ((str, list), "a text, or a list of texts where the report takes several"))
    several = value if isinstance(value, list) else []
    if (
        not isinstance(value, kind)
        or (kind is int and isinstance(value, bool))
        or not all(isinstance(one, str) for one in several)
    ):
        raise BadValue(f"the argument {name} of the report {report} takes {words}, not {type(value).__name__}")


def _conditions(given: Mapping[str, Any]) -> dict[str, Any]:
    """Conditions as ``filter()`` takes them. A regular expression is refused: no time limit stops it."""
    for name in given:
        if name.endswith(("__regex", "__iregex")):
            raise BadValue(f"{name}: regular expressions are not available here; use contains, startswith or endswith")
    return {name: _exact(value) for name, value in given.items()}


def _exact(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    return [_exact(one) for one in value] if isinstance(value, list) else value


def _aggregate(text: str) -> tuple[str, Aggregate]:
    """The name of a result and the aggregate of ``count``, or ``sum(price)``."""
    function, _, rest = text.replace(" ", "").partition("(")
    kind = AGGREGATES.get(function.lower())
    field = rest.removesuffix(")")
    if kind is None or (rest and not rest.endswith(")")) or not (field or function.lower() == "count"):
        raise BadValue(
            f'aggregate takes "count" or a function of a field, such as "sum(price)", not {text!r}: {", ".join(AGGREGATES)}'
        )
    name = f"{function.lower()}_{field}" if field else "count"
    return name, kind(field) if field else kind()


def _values(found: Any, columns: list[str]) -> list[Any]:
    """The values of a record or a row in the order of the columns; None for what the record was read without."""
    values = found if isinstance(found, Mapping) else found.to_dict()
    return [values.get(name) for name in columns]
