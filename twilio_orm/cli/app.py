"""The program ``twilio-orm``: its commands, and the one place where errors become a line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click
from click.shell_completion import shell_complete

import twilio_orm
from twilio_orm.errors import suggest

from . import exit_codes
from .apply import apply
from .archive import archive
from .audit import audit
from .callbacks import callbacks
from .changes import changes
from .copy import copy
from .dashboard import dashboard
from .datasette import datasette
from .demo import demo
from .diff import diff
from .docs import docs
from .doctor import doctor
from .erase import erase
from .export import export
from .index import index
from .load import load
from .log import log
from .ls import ls
from .mcp import mcp
from .options import Options, common_options
from .output import write_line
from .plan import plan
from .plans import plans
from .purge import purge
from .receive import receive
from .redact import forget, redact
from .report import report
from .sanitize import one_line
from .serve_fake import serve_fake
from .show import show
from .sql import sql
from .status import status
from .sync import sync
from .sync_commands import named
from .tail import tail
from .undo import undo

COMPLETION = "_TWILIO_ORM_COMPLETE"
"""The environment variable by which click's shell completion scripts call the program, and by which it prints these scripts."""


class Program(click.Group):
    """The group of commands. It suggests a command for a misspelt one, which older versions of click do not."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name.

        :raises UsageError: there is no such command.
        """
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            raise no_command(args[0])
        return super().resolve_command(ctx, args)


def no_command(name: str) -> click.UsageError:
    """Return the error for a name that is not a command."""
    return click.UsageError(f"there is no command {name!r}{suggest(name, program.commands)}")


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 success; 1 differences or problems found, or only part of the work done; 2 wrong command, "
    "configuration or query; 3 credentials missing or rejected; 4 not found; 5 rate limit, network or Twilio failure; "
    "130 interrupted.",
)
@click.version_option(twilio_orm.__version__, prog_name="twilio-orm", message="%(prog)s %(version)s")
@common_options
@click.pass_context
def program(context: click.Context) -> int:
    """Your Twilio account as a local database.

    `sync` copies calls, messages, numbers and more into the mirror, one SQLite file. `ls`, `show` and `diff` call Twilio; with
    --offline, `ls` and `show` read the mirror, as `sql`, `status`, `log`, `changes` and `dashboard` always do, and `audit` and
    `report` do without --live. Only `purge`, `apply`, `undo` and `erase` change anything at Twilio, and only with --yes.

    Credentials come from the environment only: TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and
    TWILIO_API_SECRET. Data goes to stdout, progress and remarks to stderr. The options below may stand before or after the
    command.

    \b
    Examples:
      twilio-orm doctor                                  check credentials, network and mirror
      twilio-orm sync calls,messages --since 30d         fetch the last 30 days into the mirror
      twilio-orm ls calls start_time__gte=7d --offline   query the mirror
      twilio-orm sql "select count(*) from call"         the same with SQL

    Shell completion: eval "$(_TWILIO_ORM_COMPLETE=bash_source twilio-orm)", or zsh_source, fish_source.
    """
    if context.invoked_subcommand is None:
        write_line(context.get_help(), sys.stderr, keep="\n")
    return exit_codes.USAGE


@click.command("version", short_help="Print the version.")
def version() -> int:
    """Print the version."""
    write_line(f"twilio-orm {twilio_orm.__version__}", sys.stdout)
    return exit_codes.OK


@click.command("help", short_help="Print the help of a command.")
@click.argument("names", metavar="[COMMAND]", nargs=-1)
@click.pass_context
def help_(context: click.Context, names: tuple[str, ...]) -> int:
    """Print the help of COMMAND, or the list of commands."""
    parent = context.parent or context
    command: click.Command = program
    for name in names:
        found = program.get_command(parent, name) if command is program else None
        if found is None:
            raise no_command(name)
        command = found
    with click.Context(command, info_name=names[0] if names else parent.info_name, parent=parent if names else None) as shown:
        write_line(command.get_help(shown), sys.stdout, keep="\n")
    return exit_codes.OK


for _command in (
    sync, load, ls, show, export, report, dashboard, audit, diff, log, changes, tail, sql, status, datasette, mcp, receive,
    doctor, archive, copy, purge, plan, plans, apply, undo, erase, redact, forget, index, callbacks, demo, serve_fake, docs,
    version, help_,
):  # fmt: skip
    program.add_command(_command)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code. Writes to stdout and stderr.

    :param arguments: the arguments after the program's name.
    """
    options = Options()
    try:
        if (instruction := os.environ.get(COMPLETION)) is not None:
            return shell_complete(program, {}, "twilio-orm", COMPLETION, instruction)
        with _warnings_as_remarks(options):
            code = _invoke(arguments, options)
            sys.stdout.flush()
            return code
    except (click.exceptions.Abort, KeyboardInterrupt):
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        _discard_stdout()
        return exit_codes.OK
    except click.ClickException as error:
        return _usage_error(error)
    except twilio_orm.NotCovered as error:
        how = named(error.syncs) or "`twilio-orm sync`"
        how += ", or --partial" * _takes(arguments, "partial")
        return _failed(f"{one_line(error)}; on the command line: {how}", exit_codes.code(error))
    except twilio_orm.NotLoaded as error:
        how = " or ".join([*filter(None, [named(error.syncs)]), *["--unknown null"] * _takes(arguments, "unknown")])
        return _failed(one_line(error) + (f"; on the command line: {how}" if how else ""), exit_codes.code(error))
    except twilio_orm.TwilioOrmError as error:
        return _failed(one_line(error), exit_codes.code(error))
    except OSError as error:
        return _failed(one_line(error.strerror or error), exit_codes.PARTIAL)


def _invoke(arguments: list[str], options: Options) -> int:
    try:
        with program.make_context("twilio-orm", list(arguments), obj=options) as context:
            result = program.invoke(context)
            return result if isinstance(result, int) else exit_codes.OK
    except click.exceptions.Exit as done:
        return done.exit_code


def _takes(arguments: list[str], option: str) -> bool:
    """Whether the command that these arguments name has an option, such as ``partial``."""
    command = next((program.commands[one] for one in arguments if one in program.commands), None)
    return command is not None and any(one.name == option for one in command.params)


def _usage_error(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "twilio-orm"
    return _failed(f"{one_line(error.format_message()).removesuffix('.')} (see {path} --help)", exit_codes.USAGE)


def _failed(message: str, code: int) -> int:
    with suppress(OSError):  # stdout may be closed or its disk full
        sys.stdout.flush()
        write_line(f"error: {message}", sys.stderr)
    return code


def _discard_stdout() -> None:
    """Redirect stdout to the null device, so that Python's last flush does not fail on the closed pipe."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _warnings_as_remarks(options: Options) -> Iterator[None]:
    """In the block, write the library's warnings to stderr as remarks."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        options.out.remark(f"warning: {one_line(message)}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", twilio_orm.MirrorWarning)
        warnings.showwarning = show
        yield
