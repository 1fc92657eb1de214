"""``twilio-orm doctor``: checks the credentials, the network, the clock and the mirror's file. It changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import click

import twilio_orm
from twilio_orm.http.credentials import resolve
from twilio_orm.http.messages import Request, Response
from twilio_orm.schema.times import parse_time
from twilio_orm.schema.urls import ROOT
from twilio_orm.schema.web_urls import check_public_url

from . import doctor_checks, exit_codes
from .doctor_checks import Finding
from .options import Options, common_options, public_url_option
from .sanitize import duration_text, one_line

COLUMNS = ("check", "ok", "found", "do")
MAX_SKEW = timedelta(seconds=60)
TRIES = 2
"""How often one request is tried in all."""
CHECK_CREDENTIALS = (
    "check that the account SID is right, that the token or secret was copied in full and is still valid, that it belongs to "
    "this region, and that the account is active"
)


@click.command(short_help="Check credentials, network, clock and mirror.")
@click.option("--offline", is_flag=True, help="Run only the checks that need no network.")
@public_url_option
@common_options
@click.pass_obj
def doctor(options: Options, offline: bool, public_url: str | None) -> int:
    """Check the credentials, the region, the connection to Twilio, this machine's clock, and the mirror's file.

    Prints a line for each check: ok, wrong, or ? if it cannot be known; what was found; and what to do. To check the
    credentials, the command fetches the account; if Twilio refuses that, as it does for standard API keys, it lists one phone
    number. No secret is printed, and no mirror is created.

    With --public-url, it also lists numbers, applications, SIP domains and usage triggers, and checks whether their webhooks
    point to that URL; with --offline, as the mirror has them. `twilio-orm audit --only webhooks-elsewhere` names each.

    Exit codes: 0 nothing is wrong; 3 credentials are missing or rejected; 5 no network; 1 anything else is wrong.
    """
    if public_url is not None:
        check_public_url(public_url)
    findings = _findings(options, offline, public_url)
    if options.output == "table":
        options.out.lines(one.line() for one in findings)
    else:
        options.out.rows(COLUMNS, [one.row() for one in findings])
    return doctor_checks.exit_code(findings)


def _findings(options: Options, offline: bool, public_url: str | None) -> list[Finding]:
    """Return every finding, in the order of the lines."""
    credentials, region = doctor_checks.credentials(os.environ), doctor_checks.region(os.environ)
    if not credentials.ok or _host_is_invalid():
        skipped = [] if offline else [_unknown(name, "not checked: no request was sent") for name in ("network", "clock")]
        webhooks = [] if public_url is None else [_unknown("webhooks", "not checked: no request was sent")]
        return [credentials, region, *skipped, *doctor_checks.named_mirror(options.mirror, os.environ), *webhooks]
    try:
        with options.connected(TRIES) as connection:
            findings = _connected(connection, credentials, region, offline, doctor_checks.mirror)
            if public_url is not None and offline:
                findings.append(doctor_checks.webhooks(connection, public_url))
        return findings if public_url is None or offline else [*findings, _live_webhooks(options, findings, public_url)]
    except twilio_orm.ConfigurationError as error:  # it is not about credentials or region, which were checked above
        wrong = [Finding("database", False, one_line(error), "correct --mirror or TWILIO_ORM_MIRROR")]
    with replace(options, mirror=":memory:").connected(TRIES) as connection:
        findings = _connected(connection, credentials, region, offline, lambda _: wrong)
    if public_url is None:
        return findings
    offline_webhooks = _unknown("webhooks", "not checked: the mirror cannot be used")
    return [*findings, offline_webhooks if offline else _live_webhooks(options, findings, public_url)]


def _live_webhooks(options: Options, findings: list[Finding], public_url: str) -> Finding:
    """Return the finding about webhooks, if the account could be read. Calls Twilio; stores nothing on the disk."""
    if any(one.check in ("credentials", "network") and not one.ok for one in findings):
        return _unknown("webhooks", "not checked: the account could not be read")
    with replace(options, mirror=":memory:").connected(TRIES) as connection:
        return doctor_checks.webhooks(connection, public_url, live=True)


def _host_is_invalid() -> bool:
    """Return whether region, edge and base URL give no host."""
    try:
        resolve(environ=os.environ)
    except twilio_orm.ConfigurationError:
        return True
    return False


def _connected(
    connection: twilio_orm.Connection,
    credentials: Finding,
    region: Finding,
    offline: bool,
    mirror: Callable[[twilio_orm.Connection], list[Finding]],
) -> list[Finding]:
    if connection.account_sid != connection.credentials.account_sid:
        credentials = _add(credentials, f", for its subaccount {connection.account_sid}")
    if offline:
        findings = [_add(credentials, "; not verified: no request was sent"), region]
    else:
        credentials, *network = _check_twilio(connection, credentials)
        findings = [credentials, region, *network]
    return [*findings, *mirror(connection)]


def _unknown(check: str, why: str) -> Finding:
    return Finding(check, None, why)


# ---------------------------------------------------------------- checks that call Twilio


def _check_twilio(connection: twilio_orm.Connection, credentials: Finding) -> list[Finding]:
    """Return the findings about the credentials, the network and the clock. Calls Twilio, once or twice."""
    host = connection.credentials.host
    account = f"{ROOT}/Accounts/{connection.account_sid}"
    try:
        response, credentials = _probe(connection, account, credentials)
    except twilio_orm.TwilioOrmError as error:
        if isinstance(error, (twilio_orm.Unauthorized, twilio_orm.Forbidden, twilio_orm.NotFound)):
            return [
                _refused(credentials, error),
                Finding("network", True, f"{host} responds"),
                _unknown("clock", "not checked: no usable response"),
            ]
        code = exit_codes.code(error)
        network = Finding(
            "network", False, one_line(error), _network_advice(error), code if code == exit_codes.NETWORK else exit_codes.PARTIAL
        )
        unknown = _add(credentials, "; not verified", ok=None)
        return [unknown, network, _unknown("clock", "not checked: no usable response")]
    return [credentials, Finding("network", True, f"{host} responds"), _clock(response, datetime.now(timezone.utc))]


def _probe(connection: twilio_orm.Connection, account: str, credentials: Finding) -> tuple[Response, Finding]:
    """Return a response that these credentials got, and the finding about them. Calls Twilio.

    :raises ApiError: Twilio refused.
    :raises Unreachable: no response came.
    """
    try:
        response = connection.send(Request("GET", f"{account}.json"))
    except (twilio_orm.Unauthorized, twilio_orm.Forbidden):
        response = connection.send(Request("GET", f"{account}/IncomingPhoneNumbers.json?PageSize=1"))
        return response, _add(credentials, ": accepted, though not for the account itself (a standard key?)")
    if response.problem().get("sid") != connection.account_sid:
        raise twilio_orm.UnexpectedAnswer(
            "the response is not the account", status=response.status, method="GET", path=f"{account}.json"
        )
    status = response.problem().get("status")
    if status in ("active", None):
        return response, _add(credentials, ": accepted")
    do = "see the account in the Twilio Console: most requests fail until it is active"
    return response, _add(credentials, f": accepted, and the account is {status}", ok=False, do=do)


def _refused(credentials: Finding, error: twilio_orm.ApiError) -> Finding:
    """Return the finding that Twilio rejects these credentials, or that they may read neither the account nor its numbers."""
    response = f"HTTP {error.status}" + (f", code {error.code}" if error.code is not None else "")
    found, do = f": rejected with {response}", CHECK_CREDENTIALS
    if isinstance(error, twilio_orm.NotFound):
        found = f": Twilio has no such account ({response})"
    elif isinstance(error, twilio_orm.Forbidden):
        found = f": not allowed to read the account or its numbers ({response})"
        do = "give the key these permissions, or use another; Twilio's test credentials cannot read anything"
    return _add(credentials, found, ok=False, do=do, code=exit_codes.AUTH)


def _add(finding: Finding, found: str, **changes: Any) -> Finding:
    """Return a finding with more text about what was found, and with other changes."""
    return replace(finding, found=finding.found + found, **changes)


def _network_advice(error: twilio_orm.TwilioOrmError) -> str:
    if isinstance(error, twilio_orm.TooManyRequests):
        return "other programs use up this account's rate limit: wait and try again"
    if isinstance(error, twilio_orm.ServerError):
        return "wait and try again; see status.twilio.com"
    return "check the network, the proxy (HTTPS_PROXY) and the host name above"


def _clock(response: Response, now: datetime) -> Finding:
    """Return the finding about this machine's clock, compared with the response's Date header."""
    there = parse_time(response.headers.get("date", ""))
    if there is None:
        return _unknown("clock", "the response has no Date header to compare it with")
    apart = now - there
    if abs(apart) <= MAX_SKEW:
        return Finding("clock", True, f"{abs(apart).total_seconds():.0f} s from Twilio's clock")
    side = "ahead of" if apart > timedelta(0) else "behind"
    do = "set the clock (NTP): relative times such as 30d are computed from it"
    return Finding("clock", False, f"{duration_text(abs(apart))} {side} Twilio's clock", do)
