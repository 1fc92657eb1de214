"""Controls of accounts: balance, suspended accounts, usage triggers and API keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from ..resources.accounts import Account, Balance, Key
from ..resources.usage import UsageRecord, UsageTrigger
from .controls import Context, control
from .findings import UPDATE, Finding, Repair


@control(
    "balance", "the balance lasts only a few days more", "Balance", "UsageRecord", main_account=True, days=14, spend_days=7
)  # fmt: skip
def balance(context: Context) -> Iterator[Finding]:
    """How many days the balance lasts, at the daily mean of what all accounts spent in the last whole days."""
    account = context.connection.account_sid
    found = context.all(Balance, "balance", "currency")
    if not found or found[0]["balance"] is None:
        yield context.skip("Balance", account, "the balance is not known")
        return
    amount, currency = Decimal(found[0]["balance"]), str(found[0]["currency"] or "")
    read = context.as_of or context.now()
    days = max(int(context.limits["spend_days"]), 1)
    first, last = read.date() - timedelta(days=days), read.date() - timedelta(days=1)
    query: Any = UsageRecord.daily.using(context.connection).filter(category="totalprice")
    query = query.filter(start_date__gte=first, end_date__lte=last)
    how = f"UsageRecord.daily.between({str(first)!r}, {str(last)!r}).sync() or `twilio-orm sync usage --since {days + 1}d`"
    rows = context.rows(query, "price", "price_unit", sync=how)
    if context.as_of is not None and context.as_of < datetime.combine(read.date(), time(), timezone.utc):
        yield context.skip("UsageRecord", None, f"the usage was read before {last} was over: {how}")
        return
    context.as_of = None if context.as_of is None else min(context.as_of, read)
    if any(str(row["price_unit"] or currency).upper() != currency.upper() for row in rows):
        yield context.skip("UsageRecord", None, "balance and usage are in different currencies")
        return
    spent = sum((Decimal(row["price"] or 0) for row in rows), Decimal(0)) / days
    each = f"{amount:f} {currency}, at {spent:.2f} {currency} a day in the last {days} days"
    if amount <= 0:
        yield context.alarm("Balance", account, f"the balance is {amount:f} {currency}")
    elif spent > 0 and amount / spent < Decimal(str(context.limits["days"])):
        yield context.alarm("Balance", account, f"the balance lasts {amount / spent:.1f} days: {each}")
    else:
        yield context.ok("Balance", account, f"the balance lasts long enough: {each}")


@control("suspended-accounts", "an account is suspended", "Account", main_account=True)
def suspended(context: Context) -> Iterator[Finding]:
    """Accounts and subaccounts that are suspended; closed ones are ok, since nobody opens them again. Repair: activate."""
    for row in context.all(Account, "sid", "status"):
        if row["status"] == "suspended":
            repair = Repair("Account", UPDATE, (("status", "active"),), (("status", "suspended"),))
            yield context.alarm("Account", row["sid"], "suspended", repair)
        else:
            yield context.ok("Account", row["sid"], str(row["status"]))


@control("usage-triggers", "no usage trigger tells when usage grows", "UsageTrigger", main_account=True)
def usage_triggers(context: Context) -> Iterator[Finding]:
    """Whether there is any usage trigger. One of the main account counts the usage of its subaccounts, too."""
    count = len(context.all(UsageTrigger, "sid"))
    if count:
        yield context.ok("UsageTrigger", None, f"{count} usage trigger{'s' * (count != 1)}")
    else:
        yield context.alarm("UsageTrigger", None, "there is no usage trigger")


@control("old-keys", "an API key was created long ago and never replaced", "Key", days=365)
def old_keys(context: Context) -> Iterator[Finding]:
    """API keys older than so many days. There is no repair: programs need a new key before this one is deleted."""
    limit, now = timedelta(days=float(context.limits["days"])), context.now()
    for row in context.all(Key, "sid", "date_created"):
        age = None if row["date_created"] is None else now - row["date_created"]
        if age is None:
            yield context.skip("Key", row["sid"], "its age is not known")
        elif age > limit:
            yield context.alarm("Key", row["sid"], f"{age.days} days old: create a new key, use it, then delete this one")
        else:
            yield context.ok("Key", row["sid"], f"{age.days} days old")
