"""``twilio-orm serve-fake``: a simulated account on a loopback port, to try things on. It never reaches Twilio."""

from __future__ import annotations

import sys
import threading
from datetime import datetime, timezone

import click

import twilio_orm

from . import arguments, exit_codes
from .options import Settings, common
from .output import say

_count = click.IntRange(min=0)


@click.command("serve-fake", short_help="A simulated account on a loopback port.")
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0 takes any free one.")
@click.option("--calls", type=_count, default=500, show_default=True)
@click.option("--messages", type=_count, default=300, show_default=True)
@click.option("--numbers", type=_count, default=8, show_default=True)
@click.option("--conferences", type=_count, default=20, show_default=True)
@click.option("--recordings", type=_count, default=60, show_default=True)
@click.option("--applications", type=_count, default=3, show_default=True)
@click.option("--subaccounts", type=_count, default=2, show_default=True)
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="Over how many days.")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds make equal histories.")
@click.option("--clock", metavar="WHEN", help="Where the account's clock stands; now, unless said.")
@click.option("--awkward", is_flag=True, help="Strew in data that breaks programs.")
@common
@click.pass_obj
def serve_fake(settings: Settings, /, port: int, days: int, seed: int, clock: str | None, awkward: bool, **counts: int) -> int:
    """Serve a made-up account until Ctrl-C, and print the environment that leads other programs to it.

    Nothing of it is real, its token included: it is worth nothing elsewhere.
    """
    from twilio_orm.testing import FakeTwilio  # as slow to import as all the rest: only who needs it waits

    now = datetime.now(timezone.utc)
    fake = FakeTwilio(clock=now if clock is None else arguments.moment(clock, now))
    fake.populate(days=days, seed=seed, awkward=awkward, **counts)
    try:
        server = fake.serve(port)
        url = server.__enter__()
    except OSError as error:
        raise twilio_orm.ConfigurationError(
            f"port {port} cannot be used ({error.strerror}): --port names another, --port 0 takes any free one"
        ) from None
    try:
        for name, value in (("ACCOUNT_SID", fake.account_sid), ("AUTH_TOKEN", fake.auth_token), ("API_BASE_URL", url)):
            say(f"export TWILIO_{name}={value}", sys.stdout)
        sys.stdout.flush()
        settings.out.remark(f"a simulated account answers at {url}; Ctrl-C ends it")
        _wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.__exit__(None, None, None)
    return exit_codes.OK


def _wait() -> None:
    """Until Ctrl-C."""
    forever = threading.Event()
    while not forever.wait(3600):
        pass
