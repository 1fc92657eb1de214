"""What a query of all accounts would send, what the mirror covers of it, and its sync: account by account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import Forbidden, NotFound, Unauthorized
from ..mirror import exclusions
from ..query.accounts import joined
from ..query.constraints import query_constraints
from ..query.planner import offline_plan
from ..schema.registry import CLASSES
from ..sync.report import Report, added
from ..sync.scan import scan_query
from . import cached, coverage_report, related_filters
from .account_tree import Tree, account_tree, own_context, without_subaccounts
from .executors import LIVE, PARTIAL, LiveExecutor

if TYPE_CHECKING:
    from ..mirror.coverage.sweeps import Sweep


def explain(query_set: Any) -> str:
    """See :meth:`QuerySet.explain`."""
    connection, complete = query_set.bound_connection(), query_set.model.complete_query
    query, covers = complete(without_subaccounts(query_set.query)), list[str]()
    if not query_set.source.is_offline:
        related_filters.check(query, connection)
    if connection.mirror.file_exists():
        reader, tree = query_set.mirror_reader(), _known_accounts(query_set)
        for own in tree.connections:
            for request in related_filters.outlined(complete(tree.query), own)[0].requests:
                found = reader.coverage(own.account_sid, query.schema, request.constraints)
                covers.append(f"{own.account_sid} {found.describe()}")
        unknown = _unknown_fields(query_set, tree)
        covers += [f"depends on {', '.join(unknown)}, which the mirror does not know"] if unknown else []
    main = connection.account_sid
    first = f"The same of each active account that GET /2010-04-01/Accounts.json lists below {main}. Of that one:"
    return f"{first}\n{related_filters.explained(query, connection, covers)}"


def freshness(query_set: Any) -> cached.Freshness:
    """See :meth:`QuerySet.freshness`."""
    connection, model, schema = query_set.bound_connection(), query_set.model, query_set.query.schema
    accounts = coverage_report.freshness(CLASSES["Account"].using(connection))
    since = [] if accounts.since is None else [accounts.since]
    missing = [f"the list of accounts: {one}" for one in accounts.missing]
    tree, now, unconfirmed = _known_accounts(query_set), connection.now(), 0
    for own in tree.connections:
        requests = offline_plan(model.complete_query(tree.query), own.account_sid)
        covered, gaps = cached.coverage_of(own, schema, requests, None)
        since += covered
        missing += [f"{own.account_sid}: {cached.describe_gap(gap)}" for gap in gaps]
        unconfirmed += own.mirror.count_unconfirmed(own.account_sid, schema)
    missing += [f"{one}, which the mirror does not know of every record" for one in _unknown_fields(query_set, tree)]
    return cached.Freshness(min([now, *since]) if since else None, now, tuple(missing), unconfirmed)


def sweeps(query_set: Any) -> list[Sweep]:
    """See :meth:`QuerySet.coverage`."""
    schema, tree = query_set.query.schema, _known_accounts(query_set)
    known = query_constraints(query_set.model.complete_query(tree.query)).equal
    found = []
    for own in tree.connections:
        for sweep in own.mirror.snapshot(own.now()).sweeps(own.account_sid, schema):
            if all(known.get(name, value) == value for name, value in sweep.constraints.equal.items()):
                found.append(sweep)
    return found


def sync(query_set: Any, progress: Callable[[Report], object] | None) -> Report:
    """Fetch a query of every account completely, once. Calls Twilio; writes to the disk. See :meth:`QuerySet.sync`.

    An account that is not active, or refuses, is named in the report's ``skipped``, and the next one is fetched.
    """
    context = query_set._context(replace(LIVE, across=True))
    LiveExecutor(own_context(context, context.connection)).check(without_subaccounts(query_set.query))
    tree = account_tree(context, query_set.query)
    total = Report(query_set.query.schema.name, complete=True)
    total = replace(total, skipped=tuple(f"{one.sid}: {one.status}" for one in tree.skipped))
    for own in tree.connections:
        tell = None if progress is None else (lambda part, before=total: progress(added(before, part)))
        try:
            part = scan_query(own, LiveExecutor(own_context(context, own)).plan(tree.query), tell)
        except (Unauthorized, Forbidden, NotFound) as error:
            total = replace(total, skipped=(*total.skipped, f"{own.account_sid}: {error.message}"), complete=False)
            continue
        total = added(total, part)
    return total


def _known_accounts(query_set: Any) -> Tree:
    """The accounts that a query is about, as far as the mirror has them. Reads the disk."""
    context = query_set._context(query_set.source)
    known = context.of(replace(PARTIAL, across=True), context.connection)
    return account_tree(known, query_set.query, query_set.mirror_reader())


def _unknown_fields(query_set: Any, tree: Tree) -> list[str]:
    """The fields that a query needs and the mirror does not know: excluded, or redacted in some record."""
    query = related_filters.own_values(query_set.model.complete_query(tree.query))
    snapshot = query_set.mirror_reader()
    snapshot.open()
    if not tree.connections:
        return []
    query = joined([(own.account_sid, query) for own in tree.connections])
    excluded = exclusions.fields_among(query_set.bound_connection().mirror.excluded, query)
    return excluded or snapshot.uncertain_fields(query, with_deleted=query_set.source.deleted)
