"""``twilio-orm sync``: fetches resources into the mirror, one after the other; one that fails does not stop the others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import click

import twilio_orm
from twilio_orm import Report, UsageRecord
from twilio_orm.reports.periods import Window, month_window
from twilio_orm.schema.registry import parent_of

from . import arguments, exit_codes
from .options import Options, common_options
from .output import write_line
from .progress import SyncProgress
from .sanitize import counted, one_line

COLUMNS = ("resource", "new", "changed", "unchanged", "deleted", "requests", "seconds", "complete", "note")
DEFAULT = (
    "IncomingPhoneNumber", "OutgoingCallerId", "ShortCode", "Address", "Application", "Queue", "SipDomain",
    "SipCredentialList", "SipIpAccessControlList", "UsageTrigger", "Call", "Message", "Conference", "Recording",
    "UsageRecord", "Account",
)  # fmt: skip
_SHARED_FAILURES = (twilio_orm.Unauthorized, twilio_orm.Unreachable, twilio_orm.TooManyRequests)
"""Errors that the next resource would meet as well: two in a row end the command."""

OnPage = Callable[[Report], object]


@dataclass(frozen=True)
class Task:
    """One resource to sync: its name, and the function that syncs it."""

    name: str
    run: Callable[[OnPage], Report]


@dataclass(frozen=True)
class SyncOptions:
    """The options of the command: those of :meth:`Resource.sync`, and the month of usage, and whether its days are wanted."""

    since: datetime | None = None
    until: datetime | None = None
    full: bool = False
    workers: int = 4
    mutable_for: timedelta = timedelta(days=15)
    all_accounts: bool = False
    month: Window | None = None
    daily: bool = False

    def run(self, model: arguments.Model, on_page: OnPage) -> Report:
        """Sync one resource. Calls Twilio and writes the mirror."""
        return model.sync(
            self.since, self.until, on_page, full=self.full, workers=self.workers, mutable_for=self.mutable_for,
            all_accounts=self.all_accounts,
        )  # fmt: skip


def tasks(models: list[arguments.Model], how: SyncOptions) -> Iterator[Task]:
    """Yield a task for each resource, parents before the resources below them; for usage, two or more.

    :param models: the resources.
    :param how: the options.
    :raises QueryError: one of the resources cannot be synced; no task is yielded.
    """
    for model in models:
        _check(model)
    for model in sorted(models, key=lambda one: len(one.api_schema.urls.parents())):
        if model is UsageRecord:
            yield from _usage(how)
        else:
            yield Task(model.__name__, lambda on_page, model=model: how.run(model, on_page))  # type: ignore[misc]


def _check(model: arguments.Model) -> None:
    """Raise QueryError for a resource that cannot be synced."""
    declared, name = model.api_schema, model.__name__
    if not declared.lists:
        raise twilio_orm.QueryError(f"Twilio does not list {name}: it cannot be synced")
    if not declared.mirrored:
        why = "can only be fetched one by one" if declared.singleton else "is a search, not a collection"
        raise twilio_orm.QueryError(f"{name} {why}: it is not mirrored")
    if declared.urls.parents():
        parent_of(model)


def _usage(how: SyncOptions) -> Iterator[Task]:
    """Yield the tasks of UsageRecord.

    They are the sums of a month or its days; else the all-time totals, and the days since ``since`` or, without it, all months.
    Sums include subaccounts. Those of a month are also fetched without them; with ``all_accounts``, of each account.
    """
    if how.month is not None:
        period = "daily" if how.daily else "monthly"
        lists = {period: getattr(UsageRecord, period).between(how.month.first, how.month.last)}
    elif how.since is None:
        lists = {"all_time": UsageRecord.all_time, "monthly": UsageRecord.monthly}
    else:
        days: dict[str, Any] = {"start_date__gte": how.since.date()}
        if how.until is not None:
            days["end_date__lte"] = (how.until - timedelta(microseconds=1)).date()
        lists = {"all_time": UsageRecord.all_time, "daily": UsageRecord.daily.filter(**days)}
    for name, query in lists.items():
        yield Task(f"UsageRecord {name}", query.sync)
        if how.all_accounts:
            yield Task(f"UsageRecord {name} of each account", query.across_accounts().sync)
        elif how.month is not None:
            yield Task(f"UsageRecord {name} without subaccounts", query.filter(include_subaccounts=False).sync)


@dataclass(frozen=True)
class TaskResult:
    """The last report of a task, and the error that ended it, if one did."""

    report: Report
    error: twilio_orm.TwilioOrmError | None = None

    @property
    def complete(self) -> bool:
        """Whether the resource was fetched completely."""
        return self.report.complete and self.error is None

    def row(self) -> dict[str, Any]:
        """Return the result as a row of the output."""
        report = self.report
        notes = [*([report.note] if report.note else ()), *(f"skipped {one}" for one in report.skipped)]
        return {
            "resource": report.resource,
            "new": report.new,
            "changed": report.changed,
            "unchanged": report.unchanged,
            "deleted": report.deleted,
            "requests": report.requests,
            "seconds": round(report.seconds, 2),
            "complete": self.complete,
            "note": f"failed: {one_line(self.error)}" if self.error else "; ".join(notes),
        }

    def summary(self) -> str:
        """Return the result in one line for the progress."""
        if self.error:
            return "failed"
        report = self.report
        deleted = f" {report.deleted:,} deleted," if report.deleted else ""
        return (
            f"{counted(report.new, 'new record')}, {report.changed:,} changed, {report.unchanged:,} unchanged,{deleted}"
            f" {counted(report.requests, 'request')}, {report.seconds:.1f} s"
        )


def _run(task: Task, progress: SyncProgress) -> TaskResult:
    last = Report(task.name)

    def on_page(report: Report) -> None:
        nonlocal last
        last = report
        progress.page(report)

    progress.begin(task.name)
    try:
        return TaskResult(replace(task.run(on_page), resource=task.name))
    except (twilio_orm.ConfigurationError, twilio_orm.MirrorError, twilio_orm.QueryError):
        raise  # the fault is in the mirror or in the command: it would fail every resource
    except twilio_orm.TwilioOrmError as error:
        return TaskResult(replace(last, resource=task.name), error)


def run_all(todo: list[Task], progress: SyncProgress) -> list[TaskResult]:
    """Run the tasks and return their results. Stops after two failures in a row for a reason that the next would share."""
    results: list[TaskResult] = []
    for task in todo:
        result = _run(task, progress)
        previous = results[-1].error if results else None
        results.append(result)
        progress.end(result.summary())
        if isinstance(result.error, _SHARED_FAILURES) and type(previous) is type(result.error):
            break
    return results


def exit_code(results: list[TaskResult], planned: int) -> int:
    """Return 0 if every resource was fetched completely, the errors' own code if all failed alike, else 1.

    :param results: the results of the tasks that were run.
    :param planned: how many tasks there were.
    """
    errors = [result.error for result in results if result.error]
    if errors and len(errors) == len(results):
        codes = {exit_codes.code(error) for error in errors}
        return codes.pop() if len(codes) == 1 else exit_codes.PARTIAL
    complete = len(results) == planned and all(result.complete for result in results)
    return exit_codes.OK if complete else exit_codes.PARTIAL


@click.command(short_help="Fetch new and changed records into the mirror.")
@click.argument("names", metavar="[RESOURCE]...", nargs=-1)
@click.option("--since", metavar="WHEN", help="Fetch only records from this time on: 30d, 12h, 2026-10-01 or an ISO time (UTC).")
@click.option("--until", metavar="WHEN", help="Fetch only records before this time, likewise.")
@click.option("--month", metavar="YYYY-MM", help="Of usage: fetch the sums of this month, with and without subaccounts.")
@click.option("--daily", is_flag=True, help="With --month: fetch the days of the month, not its sums.")
@click.option("--full", is_flag=True, help="Fetch again what the mirror already has, to find deleted and edited records.")
@click.option(
    "--workers", type=click.IntRange(1, 32), default=4, show_default=True, metavar="N", help="Lists that are fetched in parallel."
)
@click.option(
    "--mutable-for",
    metavar="DURATION",
    help="Fetch records again that are not final, such as calls in progress, until they are this old.  [default: 15d]",
)
@click.option("--settle-for", hidden=True)  # the name of --mutable-for in older releases
@click.option("--all-accounts", is_flag=True, help="Also fetch the records of every active subaccount.")
@common_options
@click.pass_obj
def sync(
    options: Options,
    /,
    names: tuple[str, ...],
    since: str | None,
    until: str | None,
    month: str | None,
    daily: bool,
    mutable_for: str | None,
    settle_for: str | None,
    **settings: Any,
) -> int:
    """Fetch from Twilio what the mirror lacks: new records, and records that may have changed. The first sync fetches everything.

    RESOURCE is a class or a table, singular or plural; separate several by commas or spaces. Without RESOURCE: numbers, caller
    ids, short codes, addresses, applications, queues, SIP domains and lists, usage triggers, calls, messages, conferences,
    recordings, usage and accounts. Resources below a parent are fetched only if they are named, with a request for each parent
    in the mirror.

    \b
    Examples:
      twilio-orm sync                                 everything, then only what is new: run it from cron
      twilio-orm sync calls,messages --since 30d      the last 30 days
      twilio-orm sync conferences,participants        also the participants of each conference
      twilio-orm sync usage --month 2026-10           what Twilio billed in October; --daily: day by day
      twilio-orm sync calls --full                    list all calls again: two such syncs find deleted calls

    Calls, messages, conferences, recordings and notifications are fetched by time ranges: a range that was fetched before is not
    fetched again, except for records whose status or price is not final. A resource without a time filter is listed in full each
    time. Usage is fetched as all-time totals and by month or, with --since, by day; with --month, that month alone. An
    interrupted sync continues where it stopped when you run it again.

    If a resource fails, the others are still fetched. The exit code is then 1, or the error's own if all failed alike.
    """
    now = datetime.now(timezone.utc)
    first, last = (None if text is None else arguments.moment(text, now) for text in (since, until))
    if first is not None and last is not None and first >= last:
        raise click.UsageError("--since must be before --until")
    models = arguments.resources(names or DEFAULT)
    window = _month(month, daily, models, first is not None or last is not None)
    out = options.out
    given = next((one for one in (mutable_for, settle_for) if one is not None), "15d")
    how = SyncOptions(first, last, mutable_for=arguments.duration(given, now), month=window, daily=daily, **settings)
    with options.connected():
        todo = list(tasks(models, how))
        if not todo:
            raise click.UsageError("no resource is named")
        with SyncProgress(out, len(todo)) as progress:
            results = run_all(todo, progress)
        for result in results:
            if result.error is not None:
                write_line(f"error: {result.report.resource}: {one_line(result.error)}", sys.stderr)
        rows = [result.row() for result in results]
        rows += [{"resource": task.name, "complete": False, "note": "not tried"} for task in todo[len(results) :]]
        out.rows(COLUMNS, rows)
    return exit_code(results, len(todo))


def _month(text: str | None, daily: bool, models: list[arguments.Model], ends: bool) -> Window | None:
    """The window of ``--month``.

    :param ends: whether ``--since`` or ``--until`` was given.
    :raises UsageError: ``--month`` is not alone, or no month; ``--daily`` without it.
    """
    if text is None:
        if daily:
            raise click.UsageError("--daily takes --month: twilio-orm sync usage --month 2026-10 --daily")
        return None
    if models != [UsageRecord]:
        raise click.UsageError("--month is for usage alone: twilio-orm sync usage --month 2026-10")
    if ends:
        raise click.UsageError("--month excludes --since and --until")
    try:
        return month_window(text)
    except twilio_orm.BadValue:
        raise click.UsageError(f"--month takes a month such as 2026-10, not {text!r}") from None
