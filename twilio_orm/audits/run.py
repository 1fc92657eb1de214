"""Runs an audit: chooses the controls, their accounts and their thresholds, and collects the findings."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..connecting import current
from ..errors import BadValue, NotCovered
from ..http.probes import check_kinds
from ..resources.accounts import Account
from . import account_state, callbacks, inventory, traffic, webhooks
from .controls import Context, Control, Row, chosen
from .findings import Audit, Finding
from .thresholds import load

if TYPE_CHECKING:
    from ..connection import Connection

MODULES = (webhooks, traffic, callbacks, account_state, inventory)
"""The modules of the controls: importing one registers them."""


def audit(
    only: Iterable[str] | None = None,
    *,
    live: bool = False,
    probe: Collection[str] = (),
    thresholds: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    all_accounts: bool = False,
    public_url: str | None = None,
    connection: Connection | None = None,
) -> Audit:
    """Find what is wrong with an account. Reads the mirror; calls Twilio if ``live``; changes nothing.

    A control whose records the mirror has not fetched completely gives a skip that names the sync, never an ok.

    :param only: controls such as ``webhooks-http``, or groups such as ``webhooks``; all of them by default.
    :param live: let Twilio answer, and not the mirror. The controls of messages and calls then list all of these.
    :param probe: probes of webhooks, of ``dns``, ``http`` and ``tls``: they send requests to the servers of the webhooks.
    :param thresholds: the path of a TOML file, or a mapping of the same form: a table for each control, ``{"balance": {"days":
        30}}``, and ``accounts`` with such tables by SID.
    :param all_accounts: every active account of the tree, and not the connection's alone.
    :param public_url: the URL to which webhooks should point, as ``Receiver`` takes it: the threshold of ``webhooks-elsewhere``
        for all accounts but those that have one of their own.
    :param connection: the connection; the current one by default.
    :returns: the findings of all controls.
    :raises BadValue: an unknown control, probe or threshold; ``public_url`` is no URL, or no control takes it. Nothing was sent.
    :raises ConfigurationError: the file of thresholds cannot be read.
    :raises NotCovered: ``all_accounts``, and the mirror has not fetched the list of accounts.
    """
    controls, kinds, limits = chosen(only), check_kinds(probe), load(thresholds)
    if public_url is not None:
        if webhooks.ELSEWHERE not in [one.name for one in controls]:
            raise BadValue(f"public_url is for the control {webhooks.ELSEWHERE}, which is not among those of only=: add it")
        limits = limits.with_public_url(webhooks.ELSEWHERE, public_url)
    connection = connection or current()
    if live:
        connection.require_network("audit(live=True)")
    lists: dict[tuple[str, str], list[Row]] = {}
    accounts = _accounts(connection, live) if all_accounts else [connection]
    findings: list[Finding] = []
    for one in controls:
        for own in accounts:
            is_main = _is_main(own)
            if one.main_account and not is_main and len(accounts) > 1:
                continue
            context = Context(one, own, limits.of(one, own.account_sid), live=live, probe=kinds, lists=lists)
            findings += [_of_main_account(context, one)] if one.main_account and not is_main else _run(context, one)
    return Audit(tuple(findings))


def controls() -> list[Control]:
    """Every control, in the order in which they run. Pure."""
    return chosen(None)


def _run(context: Context, one: Control) -> Iterable[Finding]:
    found = list(context.attempt(lambda: one.check(context)))
    return found or [context.ok(one.reads[0], None, "there is no record to judge")]


def _of_main_account(context: Context, one: Control) -> Finding:
    return context.skip(one.reads[0], None, "this is judged for the main account only, and this is a subaccount")


def _is_main(connection: Connection) -> bool:
    """Whether an account is a main account, as far as the connection and the mirror know. Reads the disk."""
    known = connection.mirror.accounts() if connection.mirror.file_exists() else {}
    main = known.get(connection.account_sid) or connection.credentials.account_sid
    return main in ("", None, connection.account_sid)


def _accounts(connection: Connection, live: bool) -> list[Connection]:
    """Connections to the active accounts of the tree, the connection's own first. Reads the mirror or calls Twilio."""
    query: Any = Account.using(connection)
    try:
        rows = list((query if live else query.offline()).order_by("pk").values_list("sid", "status"))
    except NotCovered as error:
        raise NotCovered(f"all_accounts needs the list of accounts: {error}", syncs=error.syncs) from None
    own = connection.account_sid
    others = [sid for sid, status in rows if status == "active" and sid != own]
    return [connection, *(connection.under(sid) for sid in others)]
