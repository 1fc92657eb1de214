"""The parts of ``twilio-orm doctor`` that need no network: who asks, which host, and the mirror's file. They send nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

import twilio_orm
from twilio_orm.connection import Status, mirror_path
from twilio_orm.credentials import Credentials, resolve

from . import exit_codes
from .sanitize import many, oneline, span

_PLACE = ("TWILIO_REGION", "TWILIO_EDGE", "TWILIO_API_BASE_URL")
_NOBODY = "AC" + "0" * 32
_HOST = re.compile(r"api(?:\.([a-z0-9-]+))?\.([a-z]{2}[0-9])\.twilio\.com")
_HOME = "us1"
WAYS = "set TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and TWILIO_API_SECRET"


@dataclass(frozen=True)
class Finding:
    """What a check found: ``ok`` is None where it could not be told, ``do`` what helps, ``code`` the exit code if not ok."""

    check: str
    ok: bool | None
    found: str
    do: str = ""
    code: int = exit_codes.PARTIAL

    def row(self) -> dict[str, Any]:
        """The finding as a row of the result."""
        row = asdict(self)
        del row["code"]
        return row

    def line(self) -> str:
        """The finding as one line."""
        mark = {True: "ok", False: "wrong", None: "?"}[self.ok]
        return f"{mark:<6} {self.check:<12} {self.found}" + (f" -> {self.do}" if self.do else "")


def exit_code(findings: list[Finding]) -> int:
    """0 where nothing is wrong; else that of the credentials, of the network, or 1."""
    codes = {one.code for one in findings if one.ok is False}
    return next((code for code in (exit_codes.AUTH, exit_codes.NETWORK) if code in codes), min(codes, default=exit_codes.OK))


# ---------------------------------------------------------------- who asks


def credentials(environ: Mapping[str, str]) -> Finding:
    """Whether the environment says who asks, and how; nobody is asked whether it is good."""
    try:
        found = resolve(environ={name: value for name, value in environ.items() if name not in _PLACE})
    except twilio_orm.ConfigurationError as error:
        return Finding("credentials", False, _said(error), WAYS, exit_codes.AUTH)
    key = found.username != found.account_sid
    kind = f"API key {found.username[:2]}...{found.username[-4:]}" if key else "auth token"
    unused = "; TWILIO_AUTH_TOKEN is set too and not used" if key and environ.get("TWILIO_AUTH_TOKEN") else ""
    return Finding("credentials", True, f"{kind} of account {found.account_sid}{unused}")


def _said(error: twilio_orm.ConfigurationError) -> str:
    """What is wrong, without the advice to who writes Python."""
    return oneline(error).partition(": ")[0]


# ---------------------------------------------------------------- which host


def region(environ: Mapping[str, str]) -> Finding:
    """Whether region, edge and host fit together."""
    try:
        found = _placed({name: environ[name] for name in _PLACE if environ.get(name)})
    except twilio_orm.ConfigurationError as error:
        return Finding("region", False, _said(error), "correct TWILIO_REGION, TWILIO_EDGE or TWILIO_API_BASE_URL")
    wrong, do = _misfit(found)
    about = f"{found.host}, region {found.region}"
    return Finding("region", not wrong, f"{about}: {wrong}" if wrong else about, do)


def _placed(environ: Mapping[str, str]) -> Credentials:
    return resolve(_NOBODY, "-", environ=environ)


def _misfit(found: Credentials) -> tuple[str, str]:
    """What is wrong with a host, and what to do; nothing of hosts that are not Twilio's."""
    match = _HOST.fullmatch(found.host)
    if match is None and found.host != "api.twilio.com":
        return "", ""
    edge, where = match.groups() if match else (None, _HOME)
    usual = _usual(where)
    use = f"use {usual}: TWILIO_REGION={where}, TWILIO_EDGE={usual.split('.')[1]}, no TWILIO_API_BASE_URL" if usual else ""
    if where != _HOME and edge is None:
        return "hosts with a region and no edge stopped working on 2026-04-28", use or "name the edge with TWILIO_EDGE"
    if where != _HOME and usual is None:
        return "no edge is known to lead to this region", "check TWILIO_REGION and TWILIO_EDGE"
    if where != _HOME and found.host != usual:
        return "this edge is not known to lead to this region", use
    if where != found.region:
        return f"the host is of region {where}", f"set TWILIO_REGION={where}"
    return "", ""


def _usual(where: str) -> str | None:
    """The host of a region whose edge is known; of the home region that without an edge."""
    if where == _HOME:
        return None
    try:
        return _placed({"TWILIO_REGION": where}).host
    except twilio_orm.ConfigurationError:
        return None


# ---------------------------------------------------------------- the mirror's file


def named_mirror(given: str | None, environ: Mapping[str, str]) -> list[Finding]:
    """The mirror's file where nobody is known whose it is: only what it looks like from outside."""
    path = given or environ.get("TWILIO_ORM_MIRROR")
    if not path:
        return [Finding("database", None, "without an account there is no saying where it lies")]
    try:
        where = mirror_path(path, _placed({}), environ)
    except twilio_orm.ConfigurationError as error:
        return [Finding("database", False, oneline(error), "correct --mirror or TWILIO_ORM_MIRROR")]
    return [_outside(where) or Finding("database", None, f"{where}, {size(where)}; not opened: nobody says whose it is")]


def mirror(connection: twilio_orm.Connection) -> list[Finding]:
    """The mirror's file: whether it can be used, is whole, and what it holds. Reads the disk."""
    path = connection.mirror.path
    outside = _outside(path)
    if outside is not None:
        return [outside]
    findings = []
    try:
        with connection.mirror.open().reading() as file:
            version = file.execute("PRAGMA user_version").fetchone()[0]
        findings.append(Finding("database", True, f"{path}, {size(path)}, schema {version}, writable"))
        with connection.mirror.open().reading() as file:
            flaws = [str(row[0]) for row in file.execute("PRAGMA integrity_check(3)").fetchall()]
            for (table,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for _ in file.execute(f'SELECT * FROM "{table}"'):  # that its texts are texts, no check of SQLite's tells
                    pass
        findings.append(_integrity(flaws))
        findings.append(_records(connection.status()))
    except (twilio_orm.MirrorError, twilio_orm.ConfigurationError) as error:
        do = _MEND if isinstance(error, twilio_orm.MirrorCorrupt) else "see the message; --mirror names another file"
        findings.append(Finding("integrity" if findings else "database", False, oneline(error), do))
    return findings


_MEND = "keep the file and sync into another (--mirror PATH); sqlite3's .recover may save what it holds"


def _outside(path: str) -> Finding | None:
    """What is to be said of a path without opening it; None where there is a file that may be opened."""
    if path == ":memory:":
        return Finding("database", True, "in memory: nothing outlives the process")
    folder = os.path.dirname(path) or "."
    if not os.path.exists(path):
        while not os.path.exists(folder):
            folder = os.path.dirname(folder) or "."
        if not (os.path.isdir(folder) and os.access(folder, os.W_OK)):
            why = f"{path} cannot be made: {folder} is not writable"
            return Finding("database", False, why, "allow writing there, or name another path with --mirror")
        return Finding("database", True, f"{path} is not there yet", "`twilio-orm sync` makes it")
    if not os.path.isfile(path):
        return Finding("database", False, f"{path} is no file", "name another path with --mirror")
    if not all(os.access(one, os.R_OK | os.W_OK) for one in (path, folder)):
        why = f"{path}: the file and its folder must be readable and writable"
        return Finding("database", False, why, "correct their permissions, or name another path with --mirror")
    if os.path.getsize(path) == 0:
        return Finding("database", True, f"{path} is empty", "`twilio-orm sync` fills it")
    return None


def _integrity(flaws: list[str]) -> Finding:
    if flaws == ["ok"]:
        return Finding("integrity", True, "SQLite finds the file whole")
    return Finding("integrity", False, oneline("; ".join(flaws)), _MEND)


def _records(state: Status) -> Finding:
    rows = many(sum(state.rows.values()), "row")
    if state.later:
        why = f"{rows}; {many(state.later, 'sweep')} dated later than now, by a clock that was wrong: nothing is taken from them"
        return Finding("records", False, why, "`twilio-orm sync` lists anew what they covered")
    if not state.heard:
        return Finding("records", True, f"{rows}; nothing heard for this account yet", "`twilio-orm sync`")
    last = max(state.heard.values())
    return Finding("records", True, f"{rows}, last heard {span(datetime.now(timezone.utc) - last)} ago")


def size(path: str) -> str:
    """The size of a file in words: ``1.4 MB``."""
    count = float(os.path.getsize(path))
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
