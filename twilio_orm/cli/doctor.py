"""``twilio-orm doctor``: what is set up, whether it works, and what to do about it. It changes nothing anywhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import click

import twilio_orm
from twilio_orm.credentials import resolve
from twilio_orm.shape import ROOT
from twilio_orm.wire import Request, Response, parse_time

from . import doctor_checks, exit_codes
from .doctor_checks import Finding
from .options import Settings, common
from .sanitize import oneline, span

COLUMNS = ("check", "ok", "found", "do")
SKEW = timedelta(seconds=60)
TRIES = 2
REFUSED = (
    "check the account's SID, that the token or secret is whole and still valid, that it was made in this region, "
    "and that the account is active"
)


@click.command(short_help="Whether credentials, region, clock and database are well.")
@click.option("--offline", is_flag=True, help="Only what needs no network.")
@common
@click.pass_obj
def doctor(settings: Settings, offline: bool) -> int:
    """Check the credentials, the region, the way to Twilio, this machine's clock, and the mirror's file.

    Each check is a line: ok, wrong or ?, what was found, and what to do. Twilio is asked for the account itself and,
    if that is refused, as a standard API key may not read it, for one of its numbers. No secret is printed; no mirror is
    made. Exit codes: 0 nothing is wrong; 3 credentials are missing or refused; 5 no network; else 1.
    """
    findings = _examine(settings, offline)
    if settings.output == "table":
        settings.out.lines(one.line() for one in findings)
    else:
        settings.out.rows(COLUMNS, [one.row() for one in findings])
    return doctor_checks.exit_code(findings)


def _examine(settings: Settings, offline: bool) -> list[Finding]:
    """Every finding, in the order of the lines."""
    who, where = doctor_checks.credentials(os.environ), doctor_checks.region(os.environ)
    if not who.ok or _hostless():
        unasked = [] if offline else [_unknown(name, "Twilio was not asked") for name in ("network", "clock")]
        return [who, where, *unasked, *doctor_checks.named_mirror(settings.mirror, os.environ)]
    try:
        with settings.connected(TRIES) as connection:
            return _connected(connection, who, where, offline, doctor_checks.mirror)
    except twilio_orm.ConfigurationError as error:  # who and where are well: it is the mirror's
        wrong = [Finding("database", False, oneline(error), "correct --mirror or TWILIO_ORM_MIRROR")]
    with replace(settings, mirror=":memory:").connected(TRIES) as connection:
        return _connected(connection, who, where, offline, lambda _: wrong)


def _hostless() -> bool:
    """Whether no host can be made of region, edge and base URL, though it is clear who asks."""
    try:
        resolve(environ=os.environ)
    except twilio_orm.ConfigurationError:
        return True
    return False


def _connected(
    connection: twilio_orm.Connection,
    who: Finding,
    where: Finding,
    offline: bool,
    mirror: Callable[[twilio_orm.Connection], list[Finding]],
) -> list[Finding]:
    if connection.account_sid != connection.credentials.account_sid:
        who = replace(who, found=f"{who.found}, for its subaccount {connection.account_sid}")
    if offline:
        asked = [replace(who, found=f"{who.found}; Twilio was not asked"), where]
    else:
        who, *network = _asked(connection, who)
        asked = [who, where, *network]
    return [*asked, *mirror(connection)]


def _unknown(check: str, why: str) -> Finding:
    return Finding(check, None, why)


# ---------------------------------------------------------------- asking Twilio


def _asked(connection: twilio_orm.Connection, who: Finding) -> list[Finding]:
    """What one or two requests tell of the credentials, the network and the clock. Touches the network."""
    host = connection.credentials.host
    account = f"{ROOT}/Accounts/{connection.account_sid}"
    try:
        answer, who = _probe(connection, account, who)
    except twilio_orm.TwilioOrmError as error:
        if isinstance(error, (twilio_orm.Unauthorized, twilio_orm.Forbidden, twilio_orm.NotFound)):
            return [
                _refused(who, error),
                Finding("network", True, f"{host} answers"),
                _unknown("clock", "no answer to compare it with"),
            ]
        code = exit_codes.code(error)
        network = Finding(
            "network", False, oneline(error), _way_out(error), code if code == exit_codes.NETWORK else exit_codes.PARTIAL
        )
        unknown = replace(who, ok=None, found=f"{who.found}; nobody said whether it is good")
        return [unknown, network, _unknown("clock", "no answer to compare it with")]
    return [who, Finding("network", True, f"{host} answers"), _clock(answer, datetime.now(timezone.utc))]


def _probe(connection: twilio_orm.Connection, account: str, who: Finding) -> tuple[Response, Finding]:
    """An answer that these credentials got, and what it says of them. Raises ApiError, Unreachable."""
    try:
        answer = connection.send(Request("GET", f"{account}.json"))
    except (twilio_orm.Unauthorized, twilio_orm.Forbidden):
        answer = connection.send(Request("GET", f"{account}/IncomingPhoneNumbers.json?PageSize=1"))
        return answer, replace(who, found=f"{who.found}: accepted, though not for the account itself (a standard key?)")
    if answer.problem().get("sid") != connection.account_sid:
        raise twilio_orm.UnexpectedAnswer(
            "the answer is not the account", status=answer.status, method="GET", path=f"{account}.json"
        )
    status = answer.problem().get("status")
    if status in ("active", None):
        return answer, replace(who, found=f"{who.found}: accepted")
    found = f"{who.found}: accepted, and the account is {status}"
    return answer, replace(who, ok=False, found=found, do="an account that is not active does little: see the Console")


def _refused(who: Finding, error: twilio_orm.ApiError) -> Finding:
    """The finding that Twilio does not take these credentials, or allows them nothing that was asked."""
    said = f"HTTP {error.status}" + (f", code {error.code}" if error.code is not None else "")
    if isinstance(error, twilio_orm.NotFound):
        return replace(
            who, ok=False, found=f"{who.found}: Twilio knows no such account ({said})", do=REFUSED, code=exit_codes.AUTH
        )
    if isinstance(error, twilio_orm.Forbidden):
        found = f"{who.found}: allowed to read neither the account nor its numbers ({said})"
        do = "give the key these permissions, or use another; test credentials read nothing"
        return replace(who, ok=False, found=found, do=do, code=exit_codes.AUTH)
    return replace(who, ok=False, found=f"{who.found}: refused with {said}", do=REFUSED, code=exit_codes.AUTH)


def _way_out(error: twilio_orm.TwilioOrmError) -> str:
    if isinstance(error, twilio_orm.TooManyRequests):
        return "others ask with this account too: wait a little"
    if isinstance(error, twilio_orm.ServerError):
        return "wait, and see status.twilio.com"
    return "check the network, a proxy (HTTPS_PROXY), and the host's name above"


def _clock(answer: Response, now: datetime) -> Finding:
    """This machine's clock against the answer's Date."""
    there = parse_time(answer.headers.get("date", ""))
    if there is None:
        return _unknown("clock", "the answer has no Date to compare it with")
    apart = now - there
    if abs(apart) <= SKEW:
        return Finding("clock", True, f"{abs(apart).total_seconds():.0f} s from Twilio's")
    side = "ahead of" if apart > timedelta(0) else "behind"
    return Finding(
        "clock", False, f"{span(abs(apart))} {side} Twilio's", "set the clock (NTP): windows of time are reckoned by it"
    )
