"""``twilio-orm sync``: hear resources whole, one after the other; what fails is told and does not stop the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import click

import twilio_orm
from twilio_orm import Report, UsageRecord
from twilio_orm.nesting import parent_of

from . import arguments, exit_codes
from .options import Settings, common
from .output import say
from .progress import Watch
from .sanitize import many, oneline

COLUMNS = ("resource", "new", "changed", "unchanged", "gone", "requests", "seconds", "whole", "note")
DEFAULT = (
    "IncomingPhoneNumber", "OutgoingCallerId", "ShortCode", "Address", "Application", "Queue", "SipDomain",
    "SipCredentialList", "SipIpAccessControlList", "UsageTrigger", "Call", "Message", "Conference", "Recording",
    "UsageRecord", "Account",
)  # fmt: skip
_HOPELESS = (twilio_orm.Unauthorized, twilio_orm.Unreachable, twilio_orm.TooManyRequests)
"""What fails one resource after another for the same reason: the second time in a row is the last."""

Progress = Callable[[Report], object]


@dataclass(frozen=True)
class Step:
    """One pass: its name, and what runs it."""

    name: str
    run: Callable[[Progress], Report]


@dataclass(frozen=True)
class How:
    """How every one of them is synced: the options of the command."""

    since: datetime | None = None
    until: datetime | None = None
    full: bool = False
    workers: int = 4
    settle_for: timedelta = timedelta(days=15)
    all_accounts: bool = False

    def run(self, model: arguments.Model, progress: Progress) -> Report:
        """Sync one resource."""
        options: dict[str, Any] = {**vars(self)}
        del options["since"], options["until"]
        return model.sync(self.since, self.until, progress, **options)


def steps(models: list[arguments.Model], how: How) -> Iterator[Step]:
    """The passes over these resources, parents before what lives below them; nothing where one cannot be synced.

    Usage takes two: the sums of all time, and rows by day or by month.

    :raises QueryError: a resource cannot be synced; the words say why.
    """
    for model in models:
        _check(model)
    for model in sorted(models, key=lambda one: len(arguments.shape(one).parents())):
        if model is UsageRecord and not how.all_accounts:
            yield from _usage(how.since, how.until)
        else:
            yield Step(model.__name__, lambda progress, model=model: how.run(model, progress))  # type: ignore[misc]


def _check(model: arguments.Model) -> None:
    """Refuse what no pass can hear. Raises QueryError."""
    declared, name = arguments.shape(model), model.__name__
    if not declared.lists:
        raise twilio_orm.QueryError(f"Twilio does not list {name}: there is nothing to sync")
    if not declared.mirrored:
        why = "is read one by one" if declared.singleton else "is a search, not a collection"
        raise twilio_orm.QueryError(f"{name} {why}: it is not mirrored")
    if declared.parents():
        parent_of(model)


def _usage(since: datetime | None, until: datetime | None) -> Iterator[Step]:
    """Days within the window, or all months where there is none: days of all time would be a very long list."""
    yield Step("UsageRecord all_time", UsageRecord.all_time.sync)
    if since is None:
        yield Step("UsageRecord monthly", UsageRecord.monthly.sync)
        return
    days = {"start_date__gte": since.date()}
    if until is not None:
        days["end_date__lte"] = (until - timedelta(microseconds=1)).date()
    yield Step("UsageRecord daily", UsageRecord.daily.filter(**days).sync)


@dataclass(frozen=True)
class Outcome:
    """What became of a step: its report as far as it got, and the error that ended it."""

    report: Report
    error: twilio_orm.TwilioOrmError | None = None

    def row(self) -> dict[str, Any]:
        """The outcome as a row of the result."""
        notes = [*([self.report.note] if self.report.note else ()), *(f"left out {one}" for one in self.report.skipped)]
        words = f"failed: {oneline(self.error)}" if self.error else "; ".join(notes)
        row = {**asdict(self.report), "note": words, "whole": self.report.whole and self.error is None}
        return {**row, "seconds": round(self.report.seconds, 2)}


def _run(step: Step, watch: Watch) -> Outcome:
    last = Report(step.name)

    def heard(report: Report) -> None:
        nonlocal last
        last = report
        watch.page(report)

    watch.begin(step.name)
    try:
        return Outcome(replace(step.run(heard), resource=step.name))
    except (twilio_orm.ConfigurationError, twilio_orm.MirrorError, twilio_orm.QueryError):
        raise  # of the file or the command, not of this resource
    except twilio_orm.TwilioOrmError as error:
        return Outcome(replace(last, resource=step.name, whole=False), error)


def sync_all(todo: list[Step], watch: Watch) -> list[Outcome]:
    """Every step's outcome. Stops where two in a row fail for a reason that the next would share."""
    done: list[Outcome] = []
    for step in todo:
        outcome = _run(step, watch)
        report, error = outcome.report, outcome.error
        done.append(outcome)
        watch.end(
            "failed"
            if error
            else f"{many(report.new, 'new record')}, {report.changed:,} changed, {report.unchanged:,} unchanged,"
            + (f" {report.gone:,} gone," if report.gone else "")
            + f" {many(report.requests, 'request')}, {report.seconds:.1f} s"
        )
        before = done[-2].error if len(done) > 1 else None
        if isinstance(error, _HOPELESS) and type(before) is type(error):
            break
    return done


def exit_code(outcomes_: list[Outcome], planned: int) -> int:
    """0 where all was heard; the failures' own code where nothing else happened; else 1."""
    errors = [outcome.error for outcome in outcomes_ if outcome.error]
    if errors and len(errors) == len(outcomes_):
        codes = {exit_codes.code(error) for error in errors}
        return codes.pop() if len(codes) == 1 else exit_codes.PARTIAL
    whole = not errors and len(outcomes_) == planned and all(outcome.report.whole for outcome in outcomes_)
    return exit_codes.OK if whole else exit_codes.PARTIAL


@click.command(short_help="Fill the mirror from Twilio.")
@click.argument("names", metavar="[RESOURCES]...", nargs=-1)
@click.option("--since", metavar="WHEN", help="Only from then on: 30d, 12h, 2026-10-01 or an ISO time (UTC).")
@click.option("--until", metavar="WHEN", help="Only before then, likewise.")
@click.option("--full", is_flag=True, help="Read again what was heard before, to find what was deleted or edited.")
@click.option("--workers", type=click.IntRange(1, 32), default=4, show_default=True, help="Lists read at the same time.")
@click.option("--settle-for", metavar="HOW LONG", default="15d", show_default=True, help="How old a record may still change.")
@click.option("--all-accounts", is_flag=True, help="Of every active subaccount too.")
@common
@click.pass_obj
def sync(settings: Settings, /, names: tuple[str, ...], since: str | None, until: str | None, **options: Any) -> int:
    """Bring the mirror up to date with Twilio: what is new, and what may still change. The first time that is everything.

    Without names: numbers, caller ids, short codes, addresses, applications, queues, SIP domains and lists, usage
    triggers, calls, messages, conferences, recordings, usage and accounts. Names are those of the classes or tables,
    singular or plural, in any case, with commas or spaces between them: "calls,messages".

    What lives below parents is read when it is named, below each parent that the mirror holds: "conferences,participants"
    takes a request for each conference.

    Calls, messages, conferences, recordings and notifications are read by windows of time: what was heard before is not read
    again, unless its status or price was not final. A resource without a time filter is read in full. Usage is read as sums
    of all time and, with --since, by day, else by month. A resource that fails is reported and the next one is read; then
    the exit code is 1, or the failure's own code if all failed.
    """
    now = datetime.now(timezone.utc)
    first, last = (None if text is None else arguments.moment(text, now) for text in (since, until))
    if first is not None and last is not None and first >= last:
        raise click.UsageError("--since must be before --until")
    out = settings.out
    settle_for = now - arguments.moment(options.pop("settle_for"), now)
    how = How(first, last, settle_for=settle_for, **options)
    with settings.connected():
        todo = list(steps(arguments.resources(names or DEFAULT), how))
        if not todo:
            raise click.UsageError("no resource is named")
        with Watch(out, len(todo)) as watch:
            done = sync_all(todo, watch)
        for outcome in done:
            if outcome.error is not None:
                say(f"error: {outcome.report.resource}: {oneline(outcome.error)}", sys.stderr)
        rows = [outcome.row() for outcome in done]
        rows += [{"resource": step.name, "whole": False, "note": "not tried"} for step in todo[len(done) :]]
        out.rows(COLUMNS, rows)
    return exit_code(done, len(todo))
