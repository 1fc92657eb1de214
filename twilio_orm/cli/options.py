"""The options that every command accepts, before or after its name, and the connection that they describe."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import click

import twilio_orm
from twilio_orm.http.credentials import Environment
from twilio_orm.local_files import is_there, mirror_to_read
from twilio_orm.schema.sids import is_sid

from .output import FORMATS, Output, write_line

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Options:
    """The values of the common options."""

    output: str = "table"
    quiet: bool = False
    verbose: bool = False
    mirror: str | None = None
    account_sid: str | None = None

    @property
    def out(self) -> Output:
        """The writer for the command's data and remarks."""
        return Output(self.output, self.quiet)

    @contextmanager
    def connected(
        self, retries: int = 5, *, offline: bool = False, writable: bool = False, check: Callable[[], object] | None = None
    ) -> Iterator[twilio_orm.Connection]:
        """Connect as the environment and the options say; the connection is current in the block and closed after it.

        :param retries: how often one request is tried in all.
        :param offline: use the mirror's file alone, which needs no credentials.
        :param writable: with ``offline``, write the file, too.
        :param check: what the block will call, to name a wrong option before what is missing to connect; it sends nothing then.
        :raises ConfigurationError: credentials are missing or, offline, the mirror's file does not exist.
        :raises BadValue: neither, and ``check`` raises it.
        """
        try:
            if offline:
                root = twilio_orm.connect(self.account_sid, mirror=self.mirror, offline=True, writable=writable)
            else:
                root = twilio_orm.connect(mirror=self.mirror, retries=retries)
        except twilio_orm.ConfigurationError:
            if check is not None:
                _check_options(check)
            raise
        try:
            with self._logging(), root.under(self.account_sid) if self.account_sid else root as connection:
                yield connection
        finally:
            root.close()

    def has_mirror(self) -> bool:
        """Return whether the mirror's file exists, without creating it. A mirror with a URL is taken to be there.

        :raises ConfigurationError: neither the options nor the environment say where the mirror is.
        """
        return is_there(mirror_to_read(self.mirror, self.account_sid, None, Environment(os.environ)))

    @contextmanager
    def _logging(self) -> Iterator[None]:
        """Write the library's DEBUG log to stderr if ``--verbose`` was given."""
        if not self.verbose:
            yield
            return
        logger, handler, level = logging.getLogger("twilio_orm"), _LogLines(), logging.getLogger("twilio_orm").level
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)


def _check_options(check: Callable[[], object]) -> None:
    """Call a function on an empty mirror in memory, offline, for the errors that do not come from the mirror. Sends nothing.

    :raises BadValue: an option has a wrong value.
    :raises ConfigurationError: likewise, such as a file that cannot be read.
    """

    def refuse(*_: object) -> NoReturn:
        raise twilio_orm.Offline("options are checked without the network")

    empty = twilio_orm.connect("AC" + "0" * 32, "0" * 32, mirror=":memory:", transport=refuse)
    try:
        with empty:
            check()
    except (twilio_orm.BadValue, twilio_orm.ConfigurationError):
        raise
    except twilio_orm.TwilioOrmError:
        pass  # what an empty mirror cannot answer
    finally:
        empty.close()


class _LogLines(logging.Handler):
    """Writes log records as lines to stderr, safe for any terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        write_line(f"{record.levelname.lower()}: {record.getMessage()}", sys.stderr)


def _store(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Store an option's value. An option that is not given keeps the value given before the command's name."""
    options = context.ensure_object(Options)
    if value is not None and option.name is not None:
        setattr(options, option.name, value)


def _store_account(context: click.Context, option: click.Parameter, value: str | None) -> None:
    """Store the SID of a subaccount; the error does not repeat the value, which may be a secret pasted by mistake."""
    if value is not None and not is_sid(value, "AC"):
        raise click.BadParameter("it takes the SID of a subaccount: AC and 32 hexadecimal digits", context, option)
    _store(context, option, value)


def _option(*names: str, callback: Callable[..., None] = _store, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, callback=callback, expose_value=False, **settings)


_OPTIONS = (
    _option("-q", "--quiet", is_flag=True, default=None, help="Print no progress and no remarks."),
    _option("-v", "--verbose", is_flag=True, default=None, help="Log each request to stderr: method, path, status, time."),
    _option(
        "--mirror",
        metavar="PATH",
        help="Path of the mirror's file.  [default: $TWILIO_ORM_MIRROR, else one file per account in the user's data directory]",
    ),
    _option(
        "--account-sid",
        metavar="AC...",
        callback=_store_account,
        help="Work on this subaccount, with the credentials from the environment.",
    ),
)


public_url_option = click.option(
    "--public-url", metavar="URL", help="The URL by which Twilio reaches your receiver: https://example.com"
)
"""The option for the URL of the receiver: what it serves at, and what webhooks are compared with."""


def common_options(command: F) -> F:
    """Add the common options to a command."""
    return options_with(FORMATS)(command)


def options_with(formats: Sequence[str], *names: str) -> Callable[[F], F]:
    """Return a decorator that adds the common options to a command which writes other formats.

    :param formats: the formats of its data.
    :param names: other names of the option for the format.
    """
    output = _option("-o", "--output", *names, type=click.Choice(formats), help="Format of the data on stdout.  [default: table]")

    def add(command: F) -> F:
        for option in reversed((output, *_OPTIONS)):
            command = option(command)
        return command

    return add
