"""The options that every command takes, before it or after it; and the connection that they lead to."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click

import twilio_orm
from twilio_orm.connection import mirror_to_read
from twilio_orm.credentials import Environment

from .output import FORMATS, Output, say

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Settings:
    """What was said about output, mirror and account."""

    output: str = "table"
    quiet: bool = False
    verbose: bool = False
    mirror: str | None = None
    account_sid: str | None = None

    @property
    def out(self) -> Output:
        """Where the command's words go."""
        return Output(self.output, self.quiet)

    @contextmanager
    def connected(self, retries: int = 5, *, offline: bool = False) -> Iterator[twilio_orm.Connection]:
        """The environment's connection, or one to the subaccount below it, current in the block and closed after it.

        :param retries: tries of one request in all.
        :param offline: whether the mirror's file is read only, for which nobody needs to say who asks.
        :raises ConfigurationError: the environment does not say who asks, or there is no such file.
        """
        if offline:
            root = twilio_orm.connect(self.account_sid, mirror=self.mirror, offline=True)
        else:
            root = twilio_orm.connect(mirror=self.mirror, retries=retries)
        try:
            with self._logged(), root.under(self.account_sid) if self.account_sid else root as connection:
                yield connection
        finally:
            root.close()

    def has_mirror(self) -> bool:
        """Whether the mirror's file exists; looking must not make one.

        :raises ConfigurationError: nothing says where it lies.
        """
        return os.path.exists(mirror_to_read(self.mirror, self.account_sid, None, Environment(os.environ)))

    @contextmanager
    def _logged(self) -> Iterator[None]:
        """The library's DEBUG log on stderr, where it was asked for."""
        if not self.verbose:
            yield
            return
        logger, handler, level = logging.getLogger("twilio_orm"), _Lines(), logging.getLogger("twilio_orm").level
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)


class _Lines(logging.Handler):
    """Log records as lines on stderr, safe for any terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        say(f"{record.levelname.lower()}: {record.getMessage()}", sys.stderr)


def _kept(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Keep what was said; an option that was not said leaves what an earlier one said."""
    settings = context.ensure_object(Settings)
    if value is not None and option.name is not None:
        setattr(settings, option.name, value)


def _option(*names: str, **words: Any) -> Callable[[F], F]:
    return click.option(*names, callback=_kept, expose_value=False, **words)


_OPTIONS = (
    _option("-o", "--output", type=click.Choice(FORMATS), help="How data is written; a table unless said."),
    _option("-q", "--quiet", is_flag=True, default=None, help="No progress, no remarks."),
    _option("-v", "--verbose", is_flag=True, default=None, help="Log each request: method, path, status, time."),
    _option(
        "--mirror",
        metavar="PATH",
        help="The mirror's file; else TWILIO_ORM_MIRROR, else one per account in the data directory.",
    ),
    _option("--account-sid", metavar="AC...", help="A subaccount, with the credentials of the environment's account."),
)


def common(command: F) -> F:
    """Give a command the options that every command takes; what is said before the command's name counts too."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
