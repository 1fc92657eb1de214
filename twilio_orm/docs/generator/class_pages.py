"""The pages of what is no resource: connections, query sets, plans, diffs, reports, errors, the fake. From docstrings. Pure."""

from __future__ import annotations

import builtins
import importlib
import inspect
from collections.abc import Collection, Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any

from ...archive.archiver import ArchiveOutcome
from ...archive.manifest import ArchivedFile
from ...audits.findings import Repair
from ...changes.compare import LiveDiff
from ...changes.mirror_copies import MirrorCopy
from ...changes.plan import Outcome, PlanSummary
from ...changes.plan_steps import Step
from ...connection import Status
from ...http.budget import Meter
from ...mirror.copying import TableCopy
from ...mirror.coverage.sweeps import Sweep
from ...mirror.sizes import Sizes
from ...orm.cached import Freshness
from ...orm.groups import Groups
from ...orm.peewee_compat import ReadOnlyTable, RecordMethod
from ...orm.resource import Resource
from ...orm.values import Values
from ...sync.report import SyncPlan
from .markdown import annotation, listed, paragraphs, signature, table, whole
from .markdown import fields as said

PACKAGE = __package__.partition(".")[0]
PLAIN = {"object", "Generic", "Value", "Model", "Mapping", "Collection", "Protocol"}
"""Bases whose methods are not ours to describe."""
METACLASSES = {"ReadOnlyType", "ResourceType"}
"""Metaclasses whose methods are peewee's."""
AGGREGATES = ("Count", "Sum", "Avg", "Min", "Max", "Median", "Percentile", "StdDev", "Variance")
TRUNCATIONS = ("TruncYear", "TruncQuarter", "TruncMonth", "TruncWeek", "TruncDay", "TruncHour")
REPORTS = (
    "usage", "spend", "failures", "top_errors", "funnel", "dispositions", "idle", "trace", "timeline", "reconcile", "opt_outs",
)  # fmt: skip
WEBHOOKS = (
    "Receiver", "Received", "Callback", "verify", "Verdict", "absorb", "Outcome", "replay", "stored_callbacks",
)  # fmt: skip
INTERNAL = {
    "Connection": {"earliest", "exchange", "knows_account", "notify", "register_account", "require_network", "send", "timestamp"},
    "Resource": {
        "api_path",
        "assign_field",
        "bound_connection",
        "check_delete",
        "check_update",
        "complete_query",
        "create_below",
        "fetch_at",
        "finish_loading",
        "from_row",
        "from_rows",
        "hidden_value",
        "own_not_found",
        "own_query",
        "query_set_class",
        "read_field",
        "rebind",
        "stored_value",
        "using",
        "why_missing",
        "writable_fields",
    },
    "QuerySet": {
        "api_plan",
        "changed_after",
        "batches",
        "bound_connection",
        "executor",
        "export_result",
        "matched",
        "mirror_query",
        "mirror_reader",
        "rows",
        "subscription",
        "with_page_size",
        "with_query",
        "with_records",
        "within_parent",
    },
    "Step": {"changed_since", "differing", "update_values"},
    "Total": {"note"},
    **dict.fromkeys(AGGREGATES, {"bound", "counts_records", "default_name", "fits", "fraction", "nearest", "number"}),
}
"""Methods that other modules of the library call, and nobody else."""
LONGEST = 100
"""The longest signature on one line."""


@dataclass(frozen=True)
class Page:
    """One page: its name, its first paragraph, and what it describes: classes and functions, or their public names."""

    name: str
    about: str
    things: tuple[Any, ...]


PAGES = (
    Page("Connection", "Connecting to an account, choosing among several connections, and counting requests.",
         ("connect", "current", "Connection", Status, Sizes, "budget", "count_requests", Meter)),
    Page("Resource", "The methods that every resource has, on its class and on its records.", (Resource, "get", "resources")),
    Page("QuerySet", "Lazy queries: how one is built, what it answers, and the expressions that it takes.",
         ("QuerySet", Values, Groups, "Q", "F", *TRUNCATIONS, *AGGREGATES, "Amounts", "Verbatim", Freshness, Sweep)),
    Page("WritePlan", "Bulk changes, which are printed and journaled before anything is sent, and can be undone.",
         ("WritePlan", Step, PlanSummary, "Applied", Outcome)),
    Page("Archive", "The files of recordings and media in a folder, with a manifest.",
         ("ArchiveReport", ArchiveOutcome, ArchivedFile)),
    Page("Erasing", "Removing personal data, from the mirror alone or from Twilio as well.",
         ("redact", "together", "Redaction", "erase", "ErasePlan", "Receipt", "Erased")),
    Page("Diff", "Differences between Twilio, the mirror, a file, two accounts or two moments; and the history of records.",
         ("diff", "Diff", LiveDiff, "Change", "Event", "RecordEvent", "compare_mirrors")),
    Page("MirrorCopy", "Copies of a whole mirror, such as of a file to a shared mirror.",
         ("copy_mirror", MirrorCopy, TableCopy)),
    Page("Audit", "Controls that find what is wrong with an account, and what each of them found.",
         ("audit", "Audit", "Finding", Repair)),
    Page("reports", "Reports about an account: functions of `twilio_orm.reports`, and the value that each of them returns.",
         tuple(f"reports.{name}" for name in (*REPORTS, "Report", "ReportColumn", "Covered"))),
    Page("Report", "The result of a sync or of loading files, and what a sync would do.",
         ("Report", SyncPlan, "MirrorWarning", "load")),
    Page("webhooks", "Requests that Twilio sends to an application: functions and classes of `twilio_orm.webhooks`.",
         tuple(f"webhooks.{name}" for name in WEBHOOKS)),
    Page("Errors", "Every exception that the library raises on purpose, as one tree.", ()),
    Page("FakeTwilio", "A simulated Twilio account for tests. Pytest finds its fixture `fake_twilio` without an import.",
         tuple(f"testing.{name}" for name in ("FakeTwilio", "Rows", "Messages", "Calls", "ConnectionCut", "Total", "Seen",
                                             "ApiKey", "Credentials", "Delivery", "CallbackRequest", "CallbackReply",
                                             "SharedKey"))),
)  # fmt: skip


def class_pages() -> dict[str, str]:
    """Every such page as Markdown, by its file's name. Touches nothing."""
    return {f"{one.name}.md": page(one) for one in PAGES}


def page(one: Page) -> str:
    """One page as Markdown."""
    lines = [f"# {one.name}", "", one.about, "", "[All pages](README.md)", ""]
    things = [found(thing) for thing in one.things]
    for thing in things:
        lines += ["", *(_class(thing, things) if isinstance(thing, type) else _function(thing, "##"))]
    if one.name == "Errors":
        lines += _errors()
    return "\n".join(paragraphs([*"\n".join(lines).split("\n"), ""]))


def found(thing: Any) -> Any:
    """What a public name stands for; anything else is itself."""
    if not isinstance(thing, str):
        return thing
    module, _, name = thing.rpartition(".")
    return getattr(importlib.import_module(f"{PACKAGE}.{module}".rstrip(".")), name)


# ---------------------------------------------------------------- functions


def _function(function: Any, mark: str, name: str = "") -> list[str]:
    title = name or function.__name__
    brackets = "" if isinstance(function, property) else signature(function)
    doc = (function.fget if isinstance(function, property) else function).__doc__
    call = [f"`{title}{brackets}`", ""] if brackets else []
    if len(title + brackets) > LONGEST:
        call = ["```python", *_one_a_line(title, function), "```", ""]
    return [f"{mark} {title}", "", *call, whole(doc), "", *said(doc), ""]


def _one_a_line(title: str, function: Any) -> list[str]:
    """A signature with each parameter on a line of its own."""
    known = inspect.signature(function)
    alone = [
        signature(_Bare(known.replace(parameters=[one], return_annotation=known.empty))) for one in known.parameters.values()
    ]
    stars = [at for at, one in enumerate(known.parameters.values()) if one.kind is one.KEYWORD_ONLY][:1]
    lines = [f"    {text[1:-1].removeprefix('*, ')}," for text in alone if text != "()"]
    if stars and not any(one.kind is one.VAR_POSITIONAL for one in known.parameters.values()):
        lines.insert(stars[0] - (len(alone) - len(lines)), "    *,")
    return [f"{title}(", *lines, signature(_Bare(known.replace(parameters=[])))[1:]]


class _Bare:
    """Something that has a signature, and is nothing else."""

    def __init__(self, known: inspect.Signature) -> None:
        self.__signature__ = known

    def __call__(self) -> None:
        """Do nothing."""


# ---------------------------------------------------------------- classes


def _class(kind: type[Any], beside: Collection[Any]) -> list[str]:
    """The section of a class; what it has from another class of the same page is described there."""
    base = next((one for one in kind.__mro__[1:] if one in beside), object)
    doc = vars(kind).get("__doc__") or ""
    own = "" if is_dataclass(kind) and doc.startswith(f"{kind.__name__}(") else doc
    lines = [f"## {kind.__name__}", "", whole(own), "", *said(own), ""]
    if kind.__init__ is not object.__init__ and said(kind.__init__.__doc__):
        lines += [*said(kind.__init__.__doc__), ""]
    if is_dataclass(kind):
        inherited = {one.name for one in fields(base)} if is_dataclass(base) else set()
        shown = [one for one in fields(kind) if not one.name.startswith("_") and one.name not in inherited]
        rows = [(f"`{one.name}`", f"`{annotation(one.type)}`", _default(one)) for one in shown]
        lines += [*table(("attribute", "type", "default"), rows), ""]
    else:
        lines += [*(f"* `{hint}`: {listed(names)}" for hint, names in _annotated(kind).items()), ""]
    lines += [f"It also has all that [{base.__name__}](#{base.__name__.lower()}) has.", ""] if base is not object else []
    for title, some in _groups(kind, base):
        lines += ["", f"### {title}", ""]
        for name, value in some:
            lines += ["", *_function(value, "####", name)]
    return lines


def _default(one: Any) -> str:
    if one.default_factory is not MISSING:
        return "empty"
    return "" if one.default is MISSING else f"`{one.default!r}`" if len(repr(one.default)) < 30 else "…"


def _annotated(kind: type[Any]) -> dict[str, list[str]]:
    """The attributes that a class and its bases only annotate, by their type."""
    hints: dict[str, list[str]] = {}
    for one in reversed(kind.__mro__):
        for name, hint in vars(one).get("__annotations__", {}).items() if one.__module__.startswith(PACKAGE) else ():
            if not name.startswith("_") and name not in vars(one) and kind is not Resource:
                hints.setdefault(annotation(hint), []).append(name)
    return hints


def _groups(kind: type[Any], base: type[Any]) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """The public methods and properties of a class, in groups with titles."""
    there = [one for one in members(kind) if getattr(kind, one[0], None) is not getattr(base, one[0], kind)]
    lazy = [(name, value) for name, value in there if _lazy(value)] if kind.__name__ == "QuerySet" else []
    if kind is Resource:
        static = {name for name, value in _all(kind).items() if isinstance(value, classmethod)}
        yield "On the class", [*(one for one in there if one[0] in static), *members(type(kind))]
        yield "On a record", [one for one in there if one[0] not in static]
    elif lazy:
        yield "Methods that return a query set, and send nothing", lazy
        yield "Methods that evaluate it", [one for one in there if one not in lazy]
    elif there:
        yield f"Methods and properties of {kind.__name__}", there


def _lazy(value: Any) -> bool:
    """Whether a method gives another query set."""
    result = "" if isinstance(value, property) else annotation(inspect.signature(value).return_annotation)
    return result == "Self" or result.startswith(("QuerySet", "Values"))


def _all(kind: type[Any]) -> dict[str, Any]:
    """What a class and its bases define, the bases first, in the order of the source."""
    kinds = [one for one in reversed(kind.__mro__) if one.__module__.startswith(PACKAGE) and one.__name__ not in PLAIN]
    kinds = [one for one in kinds if not (kind is Resource and not issubclass(one, ReadOnlyTable))]
    kinds = [one for one in kinds if one.__name__ not in METACLASSES]
    names = dict.fromkeys(name for one in kinds for name in vars(one))
    return {name: next(vars(one)[name] for one in reversed(kinds) if name in vars(one)) for name in names}


def members(kind: type[Any]) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class describes, functions bare, by name."""
    for name, value in _all(kind).items():
        function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        function = function.method if isinstance(function, RecordMethod) else function
        known = inspect.isfunction(function) or isinstance(function, property)
        if (
            name.startswith("_")
            or name in INTERNAL.get(kind.__name__, ())
            or not known
            or "lambda" in getattr(function, "__qualname__", "")
        ):
            continue
        if (function.fget if isinstance(function, property) else function).__doc__:
            yield name, function


# ---------------------------------------------------------------- errors


def errors() -> list[type[Exception]]:
    """Every exception that is a public name."""
    public = importlib.import_module(PACKAGE)
    values = (getattr(public, name) for name in public.__all__)
    return [one for one in values if isinstance(one, type) and issubclass(one, public.TwilioOrmError)]


def _errors() -> list[str]:
    kinds = errors()
    root = next(one for one in kinds if not any(base in kinds for base in one.__mro__[1:]))
    lines = ["", "```text", *_tree(root, kinds, ""), "```", ""]
    for kind in _ordered(root, kinds):
        bases = [base.__name__ for base in kind.__bases__]
        doc = vars(kind).get("__doc__")
        lines += ["", f"## {kind.__name__}", "", f"Subclass of {listed(bases)}.", "", whole(doc), "", *said(doc), ""]
        for name, value in vars(kind).items():
            if isinstance(value, property) and not name.startswith("_"):
                lines += ["", *_function(value, "###", name)]
    return lines


def _builtin(kind: type[Any]) -> bool:
    return getattr(builtins, kind.__name__, None) is kind and kind not in (object, BaseException)


def _below(kind: type[Any], kinds: list[type[Exception]]) -> list[type[Exception]]:
    return [one for one in kinds if next(base for base in one.__mro__[1:] if base in kinds or base is Exception) is kind]


def _ordered(kind: type[Exception], kinds: list[type[Exception]]) -> Iterator[type[Exception]]:
    yield kind
    for one in _below(kind, kinds):
        yield from _ordered(one, kinds)


def _tree(kind: type[Exception], kinds: list[type[Exception]], margin: str) -> Iterator[str]:
    bases = [base.__name__ for base in kind.__bases__ if _builtin(base)]
    yield kind.__name__ + (f"({', '.join(bases)})" if bases else "")
    below = _below(kind, kinds)
    for at, one in enumerate(below):
        last = at == len(below) - 1
        for number, line in enumerate(_tree(one, kinds, "")):
            yield margin + (("└── " if last else "├── ") if not number else ("    " if last else "│   ")) + line
