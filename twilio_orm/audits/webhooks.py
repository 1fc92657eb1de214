"""Controls of webhooks: empty ones, plain http, demo URLs, dead ones, overridden ones, and those that point elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..resources.accounts import Application
from ..resources.numbers import IncomingPhoneNumber
from ..resources.sip import SipDomain
from ..resources.usage import UsageTrigger
from ..schema.web_urls import is_below, is_public_url
from .controls import PROBES, PUBLIC_URL, Context, Row, control
from .findings import UPDATE, Finding, Repair
from .webhook_fields import (
    CALLBACK,
    OVERRIDES,
    SMS,
    URLS,
    VOICE,
    UrlField,
    capable,
    host,
    names,
    overridden_by,
    scheme,
    shown,
    used_urls,
)

DEMO_HOSTS = ("demo.twilio.com",)
"""The hosts of the URLs that the Console gives to a new number."""
READS = tuple(model.__name__ for model in URLS)
ELSEWHERE = "webhooks-elsewhere"
"""The name of the control that compares webhooks with a public URL."""
KINDS = (VOICE, SMS, CALLBACK)
STATUS_CALLBACKS = {
    IncomingPhoneNumber: "status_callback",
    Application: "status_callback",
    SipDomain: "voice_status_callback_url",
}
Judge = Callable[[Any, Row], Finding]


def _each(context: Context, judge: Judge, models: Iterable[Any] = URLS) -> Iterator[Finding]:
    """A finding for each record of these resources, all that have webhooks by default; one that cannot be read is one skip."""
    for model in models:
        yield from context.attempt(lambda model=model: [judge(model, row) for row in context.all(model, *names(model))])  # type: ignore[misc]


def _wrong(context: Context, model: Any, row: Row, what: str, fields: list[str], repair: Repair | None = None) -> Finding:
    """An alarm that names fields, or an ok finding if there are none."""
    if fields:
        return context.alarm(model.__name__, row["sid"], f"{what}: {', '.join(fields)}", repair)
    return context.ok(model.__name__, row["sid"], f"not {what}")


# ---------------------------------------------------------------- empty


@control(
    "webhooks-empty", "nothing answers the calls or messages of a number, or a usage trigger has no URL to call",
    "IncomingPhoneNumber", "Application", "UsageTrigger", channels=(VOICE, SMS),
)  # fmt: skip
def empty(context: Context) -> Iterator[Finding]:
    """Numbers whose calls or messages nothing answers, and usage triggers without a URL."""
    yield from context.attempt(lambda: _empty_numbers(context))
    yield from context.attempt(lambda: _empty_triggers(context))


def _empty_triggers(context: Context) -> Iterator[Finding]:
    """Usage triggers of which nobody is told when they fire."""
    for row in context.all(UsageTrigger, *names(UsageTrigger)):
        if row["callback_url"]:
            yield context.ok("UsageTrigger", row["sid"], "it calls a URL when it fires")
        else:
            yield context.alarm("UsageTrigger", row["sid"], "it calls nobody when it fires: callback_url is empty")


def _empty_numbers(context: Context) -> Iterator[Finding]:
    """Numbers whose calls or messages nothing answers: without a URL, or with an application that has none."""
    numbers = context.all(IncomingPhoneNumber, *names(IncomingPhoneNumber))
    needed = {sid for row in numbers for channel in (VOICE, SMS) if (sid := overridden_by(row, channel)) and sid[:2] == "AP"}
    if needed:  # only then are the applications needed
        as_of = context.as_of
        applications = {row["sid"]: row for row in context.all(Application, *names(Application))}
        context.as_of = min((one for one in (as_of, context.as_of) if one is not None), default=None)
    else:
        applications = {}
    for row in numbers:
        problems = [
            problem
            for channel in context.limits["channels"]
            if channel in (VOICE, SMS) and capable(row, channel) and (problem := _unanswered(row, channel, applications))
        ]
        if problems:
            yield context.alarm("IncomingPhoneNumber", row["sid"], "; ".join(problems))
        else:
            yield context.ok("IncomingPhoneNumber", row["sid"], "calls and messages are answered")


def _unanswered(row: Row, channel: str, applications: dict[str, Row]) -> str:
    """Why nothing answers a channel of a number; empty if something does."""
    what, other = ("calls", "") if channel == VOICE else ("messages", ", unless a Messaging Service answers them")
    sid = overridden_by(row, channel)
    if sid is None:
        return "" if row.get(f"{channel}_url") else f"nothing answers its {what}: {channel}_url is empty{other}"
    if sid[:2] != "AP":  # a trunk, which this API does not show
        return ""
    if sid not in applications:
        return f"nothing answers its {what}: the application {sid} does not exist"
    filled = applications[sid].get(f"{channel}_url")
    return "" if filled else f"nothing answers its {what}: {channel}_url of its application {sid} is empty"


# ---------------------------------------------------------------- http, demo


@dataclass(frozen=True)
class ToHttps:
    """A function of a record: the value of one of its fields with ``https`` as the scheme.

    :param field: the field.
    """

    field: str

    def __call__(self, record: Any) -> str:
        url = str(getattr(record, self.field) or "")
        return "https" + url[len("http") :] if scheme(url) == "http" else url


@control("webhooks-http", "a webhook is not https, so that anyone on the way reads it", *READS)
def plain_http(context: Context) -> Iterator[Finding]:
    """Records with a URL that Twilio requests and that is not https. Repair: the same URL with https, if it names no port."""

    def judge(model: Any, row: Row) -> Finding:
        found = [(one, url) for one, url in used_urls(model, row) if scheme(url) != "https"]
        fixable = [one.name for one, url in found if scheme(url) == "http" and _has_no_port(url)]
        repair = Repair(model.__name__, UPDATE, tuple((name, ToHttps(name)) for name in fixable)) if fixable else None
        return _wrong(context, model, row, "without https", _texts(found), repair)

    return _each(context, judge)


def _has_no_port(url: str) -> bool:
    try:
        return urlsplit(url).port is None
    except ValueError:
        return False


@control("webhooks-demo", "a webhook is Twilio's demo, which says a greeting and nothing else", *READS)
def demo(context: Context) -> Iterator[Finding]:
    """Records with a URL of Twilio's demo, which new numbers have."""

    def judge(model: Any, row: Row) -> Finding:
        found = [(one, url) for one, url in used_urls(model, row) if host(url) in DEMO_HOSTS]
        return _wrong(context, model, row, "Twilio's demo", _texts(found))

    return _each(context, judge)


def _texts(found: list[tuple[UrlField, str]]) -> list[str]:
    return [f"{one.name} {shown(url)}" for one, url in found]


# ---------------------------------------------------------------- dead


@control("webhooks-dead", "a webhook does not respond; needs probes", *READS, needs=PROBES, expires_days=14, timeout_seconds=5)
def dead(context: Context) -> Iterator[Finding]:
    """Records with a URL that a probe finds dead. Sends requests to these servers, if probes were chosen."""
    if not context.probe:
        return iter([context.skip(READS[0], None, "no server was contacted: choose probes, --probe dns,http,tls")])
    from .probing import Prober

    prober = Prober(context.probe, float(context.limits["timeout_seconds"]), float(context.limits["expires_days"]))
    for model in URLS:  # all at once: a server that does not respond is waited for once
        list(context.attempt(lambda model=model: _collect(context, prober, model)))  # type: ignore[misc]
    prober.run()

    def judge(model: Any, row: Row) -> Finding:
        sure, unsure = list[str](), list[str]()
        for one, url in used_urls(model, row):
            bad, unknown = prober.problems(url, _method(one, row))
            sure += [f"{one.name} {shown(url)} {text}" for text in bad]
            unsure += [f"{one.name} {shown(url)} {text}" for text in unknown]
        if sure:
            return context.alarm(model.__name__, row["sid"], "; ".join(sure))
        if unsure:
            return context.skip(model.__name__, row["sid"], "; ".join(unsure))
        return context.ok(model.__name__, row["sid"], f"every webhook passes {', '.join(context.probe)}")

    return _each(context, judge)


def _collect(context: Context, prober: Any, model: Any) -> list[Finding]:
    for row in context.all(model, *names(model)):
        for one, url in used_urls(model, row):
            prober.add(url, _method(one, row))
    return []


def _method(one: UrlField, row: Row) -> str:
    return str(row.get(one.method) or "POST")


# ---------------------------------------------------------------- overridden, elsewhere


@control("webhooks-overridden", "a number has URLs of its own that its application or trunk overrides", "IncomingPhoneNumber")
def overridden(context: Context) -> Iterator[Finding]:
    """Numbers with URLs that Twilio ignores, which mislead whoever reads or changes them. Repair: clear them."""
    for row in context.all(IncomingPhoneNumber, *names(IncomingPhoneNumber)):
        found = [
            (one, by)
            for one in URLS[IncomingPhoneNumber]
            if one.channel in OVERRIDES and row.get(one.name) and (by := overridden_by(row, one.channel))
        ]
        if not found:
            yield context.ok("IncomingPhoneNumber", row["sid"], "no URL of its own is overridden")
            continue
        texts = [f"{one.name} {shown(str(row[one.name]))} is overridden by {by}" for one, by in found]
        by_fields = dict(next((name, row[name]) for name in OVERRIDES[one.channel] if row.get(name)) for one, _ in found)
        changes = tuple((one.name, "") for one, _ in found)
        repair = Repair("IncomingPhoneNumber", UPDATE, changes, tuple(by_fields.items()))
        yield context.alarm("IncomingPhoneNumber", row["sid"], "; ".join(texts), repair)


@control(
    ELSEWHERE, "a webhook does not point to the URL of our receiver; needs public_url or other_urls", *READS,
    needs=PUBLIC_URL, public_url="", other_urls=(), kinds=KINDS, url="",
)  # fmt: skip
def elsewhere(context: Context) -> Iterator[Finding]:
    """Records with a URL that is not below a public URL of ours, or without a status callback.

    Fallback URLs, which are for when ours fail, are not judged. Repair, if the thresholds give a URL: set the status callback.
    """
    limits = context.limits
    public = [one for one in (limits["public_url"], *limits["other_urls"]) if one]
    if not public:
        return iter(
            [context.skip(READS[0], None, "no public URL to compare with: --public-url, or [webhooks-elsewhere] public_url")]
        )
    ours = [*public, *filter(is_public_url, [limits["url"].partition("?")[0]])]
    where = " or ".join(map(shown, public))

    def judge(model: Any, row: Row) -> Finding:
        found = [
            (one, url)
            for one, url in used_urls(model, row)
            if one.channel in limits["kinds"] and not one.is_fallback and not any(is_below(url, our) for our in ours)
        ]
        callback = STATUS_CALLBACKS.get(model, "")
        if overridden_by(row, VOICE) is not None:  # the application or trunk has the status callback
            found, callback = [(one, url) for one, url in found if one.name != callback], ""
        texts = _texts(found)
        if callback and CALLBACK in limits["kinds"] and not row[callback]:
            texts.append(f"{callback} is empty")
        if not texts:
            return context.ok(model.__name__, row["sid"], f"no webhook points elsewhere than to {where}")
        changed = bool(callback and limits["url"]) and any(text.partition(" ")[0] == callback for text in texts)
        repair = Repair(model.__name__, UPDATE, ((callback, limits["url"]),)) if changed else None
        return context.alarm(model.__name__, row["sid"], f"does not point to {where}: {', '.join(texts)}", repair)

    return _each(context, judge)
