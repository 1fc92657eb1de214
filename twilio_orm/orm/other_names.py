"""Names of Django, peewee and twilio-python that query sets do not have, and the name to use in their place. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import suggest

LOCKED = "Twilio locks nothing: save(if_unchanged=True) raises Conflict if a record was changed meanwhile"
NO_BULK = "Twilio has no bulk request: create() makes one record"
PLANNED = "plan_update(field=value or function of the record).apply() changes each record, save() changes one"
OVER_SQL = "select() is peewee's SQL over the mirror, and raw() reads it by a text of SQL; both are methods of the class"
NO_MANAGER = "there is no manager: the class has the methods of its query sets, and objects is all()"
GROUPED = "values(…).annotate(…) groups, and filter() after it chooses among the groups"
JOINED = "filter(call__status=…) compares fields of related records, and prefetch(…) fetches them"
SLICED = "a slice takes a part, query_set[10:20], and pages(page_size) gives one page after the other"

INSTEAD = {
    # Django
    "bulk_create": NO_BULK, "abulk_create": NO_BULK, "bulk_update": PLANNED, "abulk_update": PLANNED,
    "select_for_update": LOCKED, "raw": OVER_SQL, "extra": OVER_SQL,
    "complex_filter": "filter() takes Q objects and lookups together",
    "fetch_mode": "prefetch(…) fetches related records together; otherwise each is fetched when it is first used",
    "totally_ordered": "ordered tells whether there is an order; records that it leaves equal are in the order of their keys",
    "resolve_expression": "a query set is the value of an in only: filter over the relation, or pass list(query_set)",
    "db": "bound_connection() is the connection of a query set", "db_manager": "using(connection) takes the connection itself",
    **dict.fromkeys(
        ("as_manager", "auto_created", "check", "contribute_to_class", "creation_counter", "deconstruct", "from_queryset",
         "get_queryset", "use_in_migrations"), NO_MANAGER
    ),
    # peewee
    "where": "filter() takes the conditions", "orwhere": "filter(Q(…) | Q(…)) or query_set | query_set",
    "limit": SLICED, "offset": SLICED, "paginate": SLICED, "group_by": GROUPED, "having": GROUPED,
    "join": JOINED, "left_outer_join": JOINED, "switch": JOINED, "from_": OVER_SQL, "select": OVER_SQL, "with_cte": OVER_SQL,
    "cte": OVER_SQL, "window": OVER_SQL, "columns": "values(…) and only(…) name fields",
    "dicts": "values() gives dicts", "tuples": "values_list() gives tuples", "namedtuples": "values_list(…, named=True)",
    "scalar": "aggregate(n=Count())['n'], or values_list('sid', flat=True).first()", "scalars": "values_list('sid', flat=True)",
    "execute": "list(query_set) fetches the records", "sql": "explain() says which requests are sent",
    "peek": "first() gives the first record", "union_all": "union() gives each record once",
    "intersect": "intersection() gives the records of both", "except_": "difference() gives the records of the first alone",
    "order_by_extend": "order_by() takes all fields at once",
    # twilio-python and others
    "list": "list(query_set) fetches the records", "stream": "iterator() gives the records one by one", "page": SLICED,
    "fetch": "get() fetches the one record", "one": "get() fetches the one record", "one_or_none": "get_or_none()",
    "find": "filter() and get() find records", "find_by": "filter() and get() find records", "len": "count()",
    "size": "count()", "length": "count()", "filter_by": "filter() takes the conditions", "limit_by": SLICED,
    "to_list": "list(query_set) fetches the records", "bulk_delete": "delete(confirm=True) deletes each record",
}  # fmt: skip
"""What to do in place of a method that other libraries have."""

OF_RECORDS = {
    **dict.fromkeys(("fetch", "reload", "refetch"), "refresh() fetches the record again"),
    **dict.fromkeys(("full_clean", "clean", "clean_fields"), "a value is checked when it is assigned or passed to create()"),
    "get_deferred_fields": "to_dict() has the fields that were read",
    "remove": "delete() deletes the record at Twilio",
}
"""The same for records."""


def refusal(subject: str, name: str, known: Iterable[str]) -> str:
    """The text of the error for a name that does not exist.

    :param subject: the class or the object that lacks it, for the beginning of the text.
    :param name: the name.
    :param known: the names that exist.
    """
    if name in INSTEAD:
        return f"{subject} has no {name}(): {INSTEAD[name]}"
    return f"{subject} has no attribute {name!r}{suggest(name, known)}"
