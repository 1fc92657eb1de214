"""The views of a mirror's file, for people who write SQL; and the tables that views read besides those of records. Pure.

Views use no function that an application defines: ``sqlite3``, Datasette and every other program can read them. They show
deleted records too, marked in ``deleted``. :mod:`twilio_orm.mirror.view_maker` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..schema.countries import boundaries
from ..schema.error_texts import ERROR_TEXTS
from .sqlite.dialect import SQLITE

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema


def constants() -> dict[str, tuple[tuple[Any, ...], ...]]:
    """Return the rows of the tables that views read."""
    return {"mirror_countries": boundaries(), "mirror_error_texts": tuple(ERROR_TEXTS.items())}


def country(address: str) -> str:
    """Return an SQL expression for the country of an address: that of :func:`twilio_orm.schema.countries.country_of_address`.

    :param address: the SQL expression of the address.
    """
    return f"""(
  SELECT CASE WHEN length({address}) - instr({address}, '+') BETWEEN shortest AND longest THEN country END FROM mirror_countries
  WHERE rtrim({address}, '0123456789') IN ('+', 'whatsapp:+', 'rcs:+') AND digits <= substr({address}, instr({address}, '+') + 1)
  ORDER BY digits DESC LIMIT 1)"""


def price_text(row: str) -> str:
    """Return an SQL expression for a price as Twilio sent it: from the extras, or the table's number with at least 5 decimals.

    :param row: the alias of the table.
    """
    price, extras = f"{row}.price", f"{row}.mirror_extras"
    return f"""CASE
  WHEN {price} IS NULL THEN NULL WHEN instr({extras}, '"price":') THEN CAST(json_extract({extras}, '$.price') AS TEXT)
  WHEN CAST(printf('%.5f', {price}) AS REAL) = {price} THEN printf('%.5f', {price})
  WHEN CAST(printf('%.15f', {price}) AS REAL) = {price} THEN rtrim(printf('%.15f', {price}), '0')
  ELSE CAST({price} AS TEXT) END"""


def views(schemas: Mapping[str, ResourceSchema]) -> dict[str, str]:
    """Return the SELECT of each view, in an order in which each reads those before it. Pure.

    :param schemas: the schemas of ``call`` and ``message``.
    """
    call, message = schemas["call"], schemas["message"]
    calls_in, messages_in = (_texts(one.computed["our_number"].sides["to"]) for one in (call, message))
    minutes = call.computed["billed_minutes"].sql(SQLITE, "c.duration")
    unbilled_calls, unbilled_messages = (_texts(sorted(_unbilled(one))) for one in (call, message))
    return {
        "calls_enriched": f"""SELECT
  c.sid, c.account_sid, a.friendly_name AS account_name, c.parent_call_sid, c.direction, c.status, c.answered_by,
  c.from_, {country("c.from_")} AS from_country,
  c."to", {country('c."to"')} AS to_country,
  {_party(call, "our_number", "c")} AS our_number,
  {_party(call, "other_number", "c")} AS other_number,
  date(coalesce(c.start_time, c.date_created)) AS day, c.start_time, c.end_time, c.date_created, c.queue_time,
  c.duration, round(c.duration / 60.0, 2) AS minutes, {minutes} AS billed_minutes,
  CAST(-c.price AS REAL) AS cost, upper(c.price_unit) AS cost_unit,
  {price_text("c")} AS price_text,
  c.price IS NULL AND coalesce(c.status, '') NOT IN ({unbilled_calls}) AS unpriced,
  c.phone_number_sid, c.trunk_sid, c.mirror_gone IS NOT NULL AS deleted
FROM call AS c LEFT JOIN account AS a ON a.sid = c.account_sid""",
        "messages_enriched": f"""SELECT
  m.sid, m.account_sid, a.friendly_name AS account_name, m.messaging_service_sid, m.direction, m.status,
  m.from_, {country("m.from_")} AS from_country,
  m."to", {country('m."to"')} AS to_country,
  {_party(message, "our_number", "m")} AS our_number,
  {_party(message, "other_number", "m")} AS other_number,
  date(coalesce(m.date_sent, m.date_created)) AS day, m.date_sent, m.date_created, m.body, m.num_segments, m.num_media,
  CAST(-m.price AS REAL) AS cost, upper(m.price_unit) AS cost_unit,
  {price_text("m")} AS price_text,
  m.price IS NULL AND coalesce(m.status, '') NOT IN ({unbilled_messages}) AS unpriced,
  m.error_code, m.error_message, e.text AS error_text, m.mirror_gone IS NOT NULL AS deleted
FROM message AS m LEFT JOIN account AS a ON a.sid = m.account_sid LEFT JOIN mirror_error_texts AS e ON e.code = m.error_code""",
        "numbers_overview": f"""WITH used AS (
  SELECT account_sid, our_number, direction IN ({calls_in}) AS inbound, 1 AS calls, 0 AS messages, duration,
    0 AS segments, cost, cost_unit, unpriced, coalesce(start_time, date_created) AS at
  FROM calls_enriched
  UNION ALL
  SELECT account_sid, our_number, direction IN ({messages_in}), 0, 1, 0, num_segments, cost, cost_unit, unpriced,
    coalesce(date_sent, date_created)
  FROM messages_enriched
), sums AS (
  SELECT account_sid, our_number,
    sum(calls * inbound) AS calls_in, sum(calls * NOT inbound) AS calls_out, round(total(duration) / 60, 2) AS call_minutes,
    sum(messages * inbound) AS messages_in, sum(messages * NOT inbound) AS messages_out, sum(segments) AS segments,
    {_COST}, max(at) AS last_used
  FROM used WHERE our_number IS NOT NULL GROUP BY account_sid, our_number
)
SELECT
  n.sid, n.account_sid, a.friendly_name AS account_name, n.phone_number, {country("n.phone_number")} AS country,
  n.friendly_name, n.type, n.date_created,
  coalesce(s.calls_in, 0) AS calls_in, coalesce(s.calls_out, 0) AS calls_out, coalesce(s.call_minutes, 0.0) AS call_minutes,
  coalesce(s.messages_in, 0) AS messages_in, coalesce(s.messages_out, 0) AS messages_out, coalesce(s.segments, 0) AS segments,
  {_SUMMED}, s.last_used,
  n.mirror_gone IS NOT NULL AS deleted
FROM incoming_phone_number AS n
LEFT JOIN account AS a ON a.sid = n.account_sid
LEFT JOIN sums AS s ON s.account_sid = n.account_sid AND s.our_number = n.phone_number""",
        "account_overview": f"""WITH used AS (
  SELECT account_sid, 1 AS calls, 0 AS messages, duration, 0 AS segments, cost, cost_unit, unpriced,
    coalesce(start_time, date_created) AS at
  FROM calls_enriched
  UNION ALL
  SELECT account_sid, 0, 1, 0, num_segments, cost, cost_unit, unpriced, coalesce(date_sent, date_created) FROM messages_enriched
), sums AS (
  SELECT account_sid, sum(calls) AS calls, round(total(duration) / 60, 2) AS call_minutes, sum(messages) AS messages,
    sum(segments) AS segments,
    {_COST}, min(at) AS first_used, max(at) AS last_used
  FROM used GROUP BY account_sid
), accounts AS (
  SELECT sid FROM account UNION SELECT sid FROM mirror_accounts
)
SELECT
  o.sid, a.friendly_name, a.status, a.type, a.owner_account_sid, a.date_created,
  (SELECT count(*) FROM incoming_phone_number AS n WHERE n.account_sid = o.sid AND n.mirror_gone IS NULL) AS numbers,
  coalesce(s.calls, 0) AS calls, coalesce(s.call_minutes, 0.0) AS call_minutes,
  coalesce(s.messages, 0) AS messages, coalesce(s.segments, 0) AS segments,
  {_SUMMED}, s.first_used, s.last_used,
  a.mirror_gone IS NOT NULL AS deleted
FROM accounts AS o LEFT JOIN account AS a ON a.sid = o.sid LEFT JOIN sums AS s ON s.account_sid = o.sid""",
        "spend_by_day": f"""WITH spent AS (
  SELECT day, account_sid, account_name, 'call' AS kind, direction,
    CASE WHEN direction IN ({calls_in}) THEN from_country ELSE to_country END AS country, minutes AS quantity,
    'minutes' AS quantity_unit, cost, cost_unit, unpriced
  FROM calls_enriched
  UNION ALL
  SELECT day, account_sid, account_name, 'message', direction,
    CASE WHEN direction IN ({messages_in}) THEN from_country ELSE to_country END, num_segments, 'segments', cost, cost_unit,
    unpriced
  FROM messages_enriched
  UNION ALL
  SELECT date(coalesce(r.start_time, r.date_created)), r.account_sid, a.friendly_name, 'recording', NULL, NULL,
    r.duration / 60.0, 'minutes', CAST(abs(r.price) AS REAL), upper(r.price_unit), r.price IS NULL
  FROM recording AS r LEFT JOIN account AS a ON a.sid = r.account_sid
)
SELECT day, account_sid, account_name, kind, direction, country, count(*) AS records,
  round(total(quantity), 2) AS quantity, quantity_unit, round(sum(cost), 5) AS cost, cost_unit, sum(unpriced) AS unpriced
FROM spent GROUP BY day, account_sid, kind, direction, country, cost_unit""",
    }  # fmt: skip


_COST = (
    "round(sum(cost), 5) AS cost, sum(unpriced) AS unpriced,\n"
    "    group_concat(DISTINCT CASE WHEN cost IS NOT NULL THEN coalesce(cost_unit, '?') END) AS cost_unit"
)
_SUMMED = "CASE WHEN instr(s.cost_unit, ',') THEN NULL ELSE s.cost END AS cost, s.cost_unit, coalesce(s.unpriced, 0) AS unpriced"
"""A sum of costs in one unit; null where the units differ."""


def _party(schema: ResourceSchema, name: str, row: str) -> str:
    computed = schema.computed[name]
    return str(computed.sql(SQLITE, *(f'{row}."{schema.columns[read].column_name}"' for read in computed.reads)))


def _unbilled(schema: ResourceSchema) -> set[str]:
    """The statuses after which no price is to come."""
    rule = schema.finality
    return {*rule.final} - {*rule.billed} if rule else set()


def _texts(values: Any) -> str:
    return ", ".join(f"'{value}'" for value in values)
