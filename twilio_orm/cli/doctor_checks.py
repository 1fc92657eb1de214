"""The checks of ``twilio-orm doctor`` that need no network: credentials, host, and the mirror's file. They send nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import twilio_orm
from twilio_orm.audits.webhook_fields import shown
from twilio_orm.http.credentials import Credentials, resolve
from twilio_orm.local_files import mirror_place
from twilio_orm.webhooks.absorbing import stored_callbacks

from . import exit_codes
from .sanitize import counted, duration_text, one_line

if TYPE_CHECKING:
    from twilio_orm.connection import Status

_HOST_VARIABLES = ("TWILIO_REGION", "TWILIO_EDGE", "TWILIO_API_BASE_URL")
_PLACEHOLDER_SID = "AC" + "0" * 32
_HOST = re.compile(r"api(?:\.([a-z0-9-]+))?\.([a-z]{2}[0-9])\.twilio\.com")
_HOME_REGION = "us1"
SET_CREDENTIALS = "set TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and TWILIO_API_SECRET"


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    :param check: the name of the check.
    :param ok: whether all is well; None if that is not known.
    :param found: what the check found.
    :param do: what to do about it.
    :param code: the exit code if it is not ok.
    """

    check: str
    ok: bool | None
    found: str
    do: str = ""
    code: int = exit_codes.PARTIAL

    def row(self) -> dict[str, Any]:
        """Return the finding as a row of the output."""
        row = asdict(self)
        del row["code"]
        return row

    def line(self) -> str:
        """Return the finding as one line."""
        verdict = {True: "ok", False: "wrong", None: "?"}[self.ok]
        return f"{verdict:<6} {self.check:<12} {self.found}" + (f" -> {self.do}" if self.do else "")


def exit_code(findings: list[Finding]) -> int:
    """Return 0 if nothing is wrong; else the code for credentials, for the network, or 1, in this order."""
    codes = {one.code for one in findings if one.ok is False}
    return next((code for code in (exit_codes.AUTH, exit_codes.NETWORK) if code in codes), min(codes, default=exit_codes.OK))


# ---------------------------------------------------------------- credentials


def credentials(environ: Mapping[str, str]) -> Finding:
    """Check whether the environment has credentials, and which; they are not verified."""
    try:
        found = resolve(environ={name: value for name, value in environ.items() if name not in _HOST_VARIABLES})
    except twilio_orm.ConfigurationError as error:
        return Finding("credentials", False, _first_clause(error), SET_CREDENTIALS, exit_codes.AUTH)
    key = found.username != found.account_sid
    kind = f"API key {found.username[:2]}...{found.username[-4:]}" if key else "auth token"
    unused = "; TWILIO_AUTH_TOKEN is also set and not used" if key and environ.get("TWILIO_AUTH_TOKEN") else ""
    return Finding("credentials", True, f"{kind} of account {found.account_sid}{unused}")


def _first_clause(error: twilio_orm.ConfigurationError) -> str:
    """Return the error without the advice that follows its colon, which is for Python programs."""
    return one_line(error).partition(": ")[0]


# ---------------------------------------------------------------- host


def region(environ: Mapping[str, str]) -> Finding:
    """Check whether region, edge and host fit together."""
    try:
        found = _resolve_host({name: environ[name] for name in _HOST_VARIABLES if environ.get(name)})
    except twilio_orm.ConfigurationError as error:
        return Finding("region", False, _first_clause(error), "correct TWILIO_REGION, TWILIO_EDGE or TWILIO_API_BASE_URL")
    wrong, do = _host_problem(found)
    about = f"{found.host}, region {found.region}"
    return Finding("region", not wrong, f"{about}: {wrong}" if wrong else about, do)


def _resolve_host(environ: Mapping[str, str]) -> Credentials:
    return resolve(_PLACEHOLDER_SID, "-", environ=environ)


def _host_problem(found: Credentials) -> tuple[str, str]:
    """Return what is wrong with a host, and what to do; two empty texts if nothing is, or if the host is not Twilio's."""
    match = _HOST.fullmatch(found.host)
    if match is None and found.host != "api.twilio.com":
        return "", ""
    edge, region = match.groups() if match else (None, _HOME_REGION)
    default = _default_host(region)
    use = f"use {default}: TWILIO_REGION={region}, TWILIO_EDGE={default.split('.')[1]}, no TWILIO_API_BASE_URL" if default else ""
    if region != _HOME_REGION and edge is None:
        return "hosts with a region and no edge stopped working on 2026-04-28", use or "name the edge with TWILIO_EDGE"
    if region != _HOME_REGION and default is None:
        return "no edge is known to lead to this region", "check TWILIO_REGION and TWILIO_EDGE"
    if region != _HOME_REGION and found.host != default:
        return "this edge is not known to lead to this region", use
    if region != found.region:
        return f"the host is in region {region}", f"set TWILIO_REGION={region}"
    return "", ""


def _default_host(region: str) -> str | None:
    """Return the host of a region whose edge is known; None for another region, and for the home region, which needs no edge."""
    if region == _HOME_REGION:
        return None
    try:
        return _resolve_host({"TWILIO_REGION": region}).host
    except twilio_orm.ConfigurationError:
        return None


# ---------------------------------------------------------------- the mirror's file


def named_mirror(given: str | None, environ: Mapping[str, str]) -> list[Finding]:
    """Check the mirror's path without opening the file, for lack of credentials that say whose it is.

    :param given: the value of ``--mirror``.
    :param environ: the environment.
    """
    given = given or environ.get("TWILIO_ORM_MIRROR")
    if not given:
        return [Finding("database", None, "without an account, the default path is not known")]
    try:
        path = mirror_place(given, _resolve_host({}), environ)
    except twilio_orm.ConfigurationError as error:
        return [Finding("database", False, one_line(error), "correct --mirror or TWILIO_ORM_MIRROR")]
    if not isinstance(path, str):
        return [Finding("database", None, f"{path.shown}; not opened for lack of credentials")]
    return [_check_path(path) or Finding("database", None, f"{path}, {size(path)}; not opened for lack of credentials")]


def mirror(connection: twilio_orm.Connection) -> list[Finding]:
    """Check whether the mirror's file can be used, whether it is damaged, and what it contains. Reads the disk."""
    path, shared = connection.mirror.path, connection.mirror.database.shared
    problem = None if shared else _check_path(path)
    if problem is not None:
        return [problem]
    findings = []
    try:
        database = connection.mirror.open()
        about = ", ".join([path, *([] if shared else [size(path)]), database.describe(), "writable"])
        findings.append(Finding("database", True, about))
        findings.append(_integrity(database.flaws(), shared=shared))
        for resource in connection.mirror.stale_word_indexes():
            what = f"the index of the words of {resource} is stale, and queries read the texts"
            findings.append(Finding("index", False, what, "`twilio-orm index messages` makes it anew"))
        if failed := sum(1 for _ in stored_callbacks(connection, failed=True)):
            what = f"{counted(failed, 'webhook')} could not be processed"
            findings.append(Finding("callbacks", False, what, "`twilio-orm callbacks --failed --replay`"))
        findings.append(_records(connection.status()))
    except (twilio_orm.MirrorError, twilio_orm.ConfigurationError) as error:
        do = _REPAIR if isinstance(error, twilio_orm.MirrorCorrupt) else "see the message, or choose another mirror with --mirror"
        findings.append(Finding("integrity" if findings else "database", False, one_line(error), do))
    return findings


_REPAIR = "keep the file and sync into a new one (--mirror PATH); the command .recover of sqlite3 may save what is in the old one"


def _check_path(path: str) -> Finding | None:
    """Return the finding about a path that has no mirror to open, or None if it has one."""
    if path == ":memory:":
        return Finding("database", True, "in memory: it is lost when the process ends")
    folder = os.path.dirname(path) or "."
    if not os.path.exists(path):
        while not os.path.exists(folder):
            folder = os.path.dirname(folder) or "."
        if not (os.path.isdir(folder) and os.access(folder, os.W_OK)):
            why = f"{path} cannot be created: {folder} is not writable"
            return Finding("database", False, why, "make it writable, or choose another path with --mirror")
        return Finding("database", True, f"{path} does not exist yet", "`twilio-orm sync` creates it")
    if not os.path.isfile(path):
        return Finding("database", False, f"{path} is not a file", "choose another path with --mirror")
    if not all(os.access(one, os.R_OK | os.W_OK) for one in (path, folder)):
        why = f"{path}: the file and its folder must be readable and writable"
        return Finding("database", False, why, "correct their permissions, or choose another path with --mirror")
    if os.path.getsize(path) == 0:
        return Finding("database", True, f"{path} is empty", "`twilio-orm sync` fills it")
    return None


def _integrity(flaws: list[str], *, shared: bool) -> Finding:
    if not flaws:
        return Finding("integrity", True, "each table can be read" if shared else "SQLite found no damage")
    return Finding("integrity", False, one_line("; ".join(flaws)), _REPAIR)


def _records(state: Status) -> Finding:
    rows = counted(sum(state.rows.values()), "row")
    if state.later:
        why = f"{rows}; {counted(state.later, 'sweep')} dated later than now, by a clock that was wrong: the mirror ignores them"
        return Finding("records", False, why, "`twilio-orm sync` fetches again what they covered")
    if not state.fetched:
        return Finding("records", True, f"{rows}; nothing fetched for this account yet", "`twilio-orm sync`")
    last = max(state.fetched.values())
    return Finding("records", True, f"{rows}, last fetched {duration_text(datetime.now(timezone.utc) - last)} ago")


# ---------------------------------------------------------------- webhooks


def webhooks(connection: twilio_orm.Connection, public_url: str, *, live: bool = False) -> Finding:
    """Check whether the webhooks of the account's records point to a URL. Reads the mirror or, live, calls Twilio.

    :param connection: the connection to the account.
    :param public_url: the URL.
    :param live: let Twilio answer, and not the mirror.
    """
    name = "webhooks-elsewhere"
    do = f"`twilio-orm audit --only {name} --public-url {shown(public_url)}`"
    if not live and not connection.mirror.file_exists():
        return Finding("webhooks", None, "not checked: there is no mirror", "`twilio-orm sync`")
    try:
        found = twilio_orm.audit([name], live=live, public_url=public_url, connection=connection)
    except twilio_orm.TwilioOrmError as error:
        return Finding("webhooks", None, f"not checked: {one_line(error)}")
    unread = sorted({one.resource for one in found.skips if one.sid is None})
    lacks = f"; not judged: {', '.join(unread)}" if unread else ""
    if found.alarms:
        first = found.alarms[0]
        more = f", and {counted(len(found.alarms) - 1, 'other record')}" if found.alarms[1:] else ""
        what = f"{first.resource} {first.sid} {first.reason}{more}"
        return Finding("webhooks", False, one_line(what) + lacks, f"{do} lists all")
    judged = sum(one.sid is not None for one in found)
    if unread:
        return Finding(
            "webhooks",
            None,
            f"{counted(judged, 'record')}: none points elsewhere{lacks}",
            f"`twilio-orm sync {','.join(unread)}`",
        )
    return Finding("webhooks", True, f"{counted(judged, 'record')}: none points elsewhere than to {shown(public_url)}")


def size(path: str) -> str:
    """Return the size of a file as text: ``1.4 MB``."""
    count = float(os.path.getsize(path))
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
