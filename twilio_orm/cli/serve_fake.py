"""``twilio-orm serve-fake``: serves a simulated Twilio account on a local port, to try things on. It never contacts Twilio."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import datetime, timezone

import click

import twilio_orm

from . import arguments, exit_codes
from .options import F, Options, common_options
from .output import write_line


def _number(kind: str, default: int) -> Callable[[F], F]:
    """Return the option that says how many records of a kind to invent."""
    what = f"Number of {'phone numbers' if kind == 'numbers' else kind}."
    return click.option(f"--{kind}", type=click.IntRange(min=0), default=default, show_default=True, metavar="N", help=what)


@click.command("serve-fake", short_help="Serve a simulated account on a local port.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8787, show_default=True, metavar="N", help="Port; 0 takes any free one."
)
@_number("calls", 500)
@_number("messages", 300)
@_number("numbers", 8)
@_number("conferences", 20)
@_number("recordings", 60)
@_number("applications", 3)
@_number("subaccounts", 2)
@click.option(
    "--days", type=click.IntRange(min=1), default=30, show_default=True, metavar="N", help="Spread them over the last N days."
)
@click.option("--seed", type=int, default=0, metavar="N", show_default=True, help="The same seed invents the same records.")
@click.option("--clock", metavar="WHEN", help="The present of the account: 30d, 2026-10-01 or an ISO time.  [default: now]")
@click.option("--awkward", is_flag=True, help="Mix in rare but possible data that breaks careless programs.")
@click.option("--defects", is_flag=True, help="Add a record with each defect that `twilio-orm audit` finds.")
@common_options
@click.pass_obj
def serve_fake(
    options: Options, /, port: int, days: int, seed: int, clock: str | None, awkward: bool, defects: bool, **counts: int
) -> int:
    """Serve a simulated account until Ctrl-C, and print the environment variables that point other programs at it.

    Nothing in it is real: its token opens no real account.

    \b
    Example:
      twilio-orm serve-fake > fake.env &      then, in the same shell:
      . ./fake.env; twilio-orm sync --mirror fake.db
    """
    from twilio_orm.testing import FakeTwilio  # slow to import, and no other command needs it

    now = datetime.now(timezone.utc)
    fake = FakeTwilio(clock=now if clock is None else arguments.moment(clock, now))
    fake.populate(days=days, seed=seed, awkward=awkward, **counts)
    if defects:
        fake.add_sound_records()
        fake.add_defects()
    try:
        server = fake.serve(port)
        url = server.__enter__()
    except OSError as error:
        raise twilio_orm.ConfigurationError(
            f"port {port} cannot be used ({error.strerror}): choose another with --port, or any free one with --port 0"
        ) from None
    try:
        for name, value in (("ACCOUNT_SID", fake.account_sid), ("AUTH_TOKEN", fake.auth_token), ("API_BASE_URL", url)):
            write_line(f"export TWILIO_{name}={value}", sys.stdout)
        sys.stdout.flush()
        options.out.remark(f"a simulated account is served at {url}; Ctrl-C stops it")
        _wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.__exit__(None, None, None)
    return exit_codes.OK


def _wait() -> None:
    """Wait for Ctrl-C."""
    forever = threading.Event()
    while not forever.wait(3600):  # a wait without a timeout could not be interrupted on Windows
        pass
