"""The saved queries that Datasette offers for a mirror file: reports over the views of the file. Pure."""

from __future__ import annotations

from typing import NamedTuple


class SavedQuery(NamedTuple):
    """A query with a title and a description. A ``:name`` in its SQL is a parameter, which people may leave empty."""

    title: str
    description: str
    sql: str


QUERIES = {
    "spend_by_month": SavedQuery(
        "Spend by month",
        "Cost of calls, messages and recordings by month, account and currency. Months are UTC.",
        """SELECT substr(day, 1, 7) AS month, account_name, account_sid, kind, sum(records) AS records,
  round(sum(cost), 2) AS cost, cost_unit, sum(unpriced) AS unpriced
FROM spend_by_day GROUP BY month, account_sid, kind, cost_unit ORDER BY month DESC, cost DESC""",
    ),
    "spend_by_country": SavedQuery(
        "Spend by country",
        "Cost by the country of the other side. Days are UTC; since: the first day, such as 2026-06-01, or empty for all.",
        """SELECT country, kind, direction, sum(records) AS records, round(sum(quantity), 2) AS quantity, quantity_unit,
  round(sum(cost), 2) AS cost, cost_unit
FROM spend_by_day WHERE day >= :since
GROUP BY country, kind, direction, cost_unit ORDER BY cost DESC""",
    ),
    "numbers_by_cost": SavedQuery(
        "Numbers by cost",
        "The account's numbers, the costly ones first.",
        """SELECT phone_number, friendly_name, country, account_name, calls_in, calls_out, call_minutes, messages_in,
  messages_out, cost, cost_unit, last_used
FROM numbers_overview WHERE NOT deleted ORDER BY cost DESC""",
    ),
    "unused_numbers": SavedQuery(
        "Unused numbers",
        "Numbers without a call or message in so many days; 90 where days is empty.",
        """SELECT phone_number, friendly_name, type, account_name, date_created, last_used
FROM numbers_overview
WHERE NOT deleted AND coalesce(last_used, '') < datetime('now', '-' || coalesce(nullif(:days, ''), 90) || ' days')
ORDER BY last_used""",
    ),
    "failed_messages": SavedQuery(
        "Failed messages by error",
        "Messages that failed or were not delivered, by error code and country.",
        """SELECT error_code, error_text, to_country, count(*) AS messages, count(DISTINCT "to") AS numbers, max(day) AS last_day
FROM messages_enriched WHERE status IN ('failed', 'undelivered')
GROUP BY error_code, to_country ORDER BY messages DESC""",
    ),
    "message_statuses": SavedQuery(
        "Messages by status",
        "How many messages of each direction and country have which status.",
        """SELECT direction, CASE WHEN direction = 'inbound' THEN from_country ELSE to_country END AS country, status,
  count(*) AS messages, sum(num_segments) AS segments
FROM messages_enriched GROUP BY direction, country, status ORDER BY direction, messages DESC""",
    ),
    "calls_by_hour": SavedQuery(
        "Calls by hour",
        "Calls by the UTC hour of their start, and the share in percent that was completed.",
        """SELECT strftime('%H', start_time) AS hour, direction, count(*) AS calls,
  round(100.0 * sum(status = 'completed') / count(*), 1) AS completed_percent
FROM calls_enriched WHERE start_time IS NOT NULL GROUP BY hour, direction ORDER BY hour, direction""",
    ),
    "one_number": SavedQuery(
        "One number",
        "The latest 500 calls and messages of a number, in E.164 such as +14155550100, on either side.",
        """SELECT * FROM (
  SELECT coalesce(start_time, date_created) AS at, 'call' AS kind, sid, direction, status, from_, "to", minutes AS quantity,
    'minutes' AS quantity_unit, cost, cost_unit
  FROM calls_enriched WHERE from_ = :number OR "to" = :number
  UNION ALL
  SELECT coalesce(date_sent, date_created), 'message', sid, direction, status, from_, "to", num_segments, 'segments',
    cost, cost_unit
  FROM messages_enriched WHERE from_ = :number OR "to" = :number
) ORDER BY at DESC LIMIT 500""",
    ),
    "unpriced": SavedQuery(
        "Records without a price",
        "Calls, messages and recordings whose price is still to come, which sums do not include.",
        """SELECT day, account_name, kind, direction, country, sum(unpriced) AS unpriced, sum(records) AS records
FROM spend_by_day WHERE unpriced GROUP BY day, account_sid, kind, direction, country ORDER BY day DESC""",
    ),
    "usage": SavedQuery(
        "Usage by category",
        "What Twilio bills, by category. Categories contain each other: do not add them up.",
        """SELECT u.account_sid, a.friendly_name AS account_name, u.period, u.category, u.description, u.start_date, u.end_date,
  u.usage, u.usage_unit, u.price, u.price_unit
FROM usage_record AS u LEFT JOIN account AS a ON a.sid = u.account_sid
WHERE u.mirror_gone IS NULL AND u.price <> 0 ORDER BY u.start_date DESC, u.price DESC""",
    ),
    "coverage": SavedQuery(
        "What was fetched, and when",
        "The latest complete listing of each resource and account. equal and spans are the conditions that it was listed by.",
        """SELECT s.resource, s.account_sid, a.friendly_name AS account_name, s.equal, s.spans, max(s.ended_at) AS as_of
FROM mirror_sweeps AS s LEFT JOIN account AS a ON a.sid = s.account_sid
GROUP BY s.resource, s.account_sid, s.equal, s.spans ORDER BY as_of DESC""",
    ),
}  # fmt: skip
"""The saved queries by name."""
