"""The commands as one program; here, and nowhere else, errors become one line and an exit code. It asks nothing."""

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

from . import outcomes
from .asking import sql, status
from .demo import demo
from .differing import changes, diff, log
from .docs import docs
from .doctor import doctor
from .listing import ls
from .output import say
from .serving import serve_fake
from .settings import Settings, common
from .showing import show
from .syncing import sync
from .text import oneline

COMPLETION = "_TWILIO_ORM_COMPLETE"
"""The variable by which a shell asks for completions, and a user for the script that makes it ask: click's own."""


class Program(click.Group):
    """The commands; a word that is none of them is told which one was probably meant, whatever click's version."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name. Raises UsageError."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            raise no_command(args[0])
        return super().resolve_command(ctx, args)


def no_command(name: str) -> click.UsageError:
    """The error for a word that is no command."""
    return click.UsageError(f"there is no command {name!r}{suggest(name, program.commands)}")


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done; 1 findings, or not all of it; 2 the command, configuration or question; 3 credentials; "
    "4 not there; 5 too many requests, no network or Twilio itself; 130 interrupted.",
)
@click.version_option(twilio_orm.__version__, prog_name="twilio-orm", message="%(prog)s %(version)s")
@common
@click.pass_context
def program(context: click.Context) -> int:
    """Your Twilio account as a local database.

    Credentials come from the environment only: TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and
    TWILIO_API_SECRET. Data goes to stdout, progress and remarks to stderr.

    Completion in a shell: eval "$(_TWILIO_ORM_COMPLETE=bash_source twilio-orm)", or zsh_source, fish_source.
    """
    if context.invoked_subcommand is None:
        say(context.get_help(), sys.stderr, keep="\n")
    return outcomes.USAGE


@click.command("version", short_help="The version, as --version prints it.")
def version() -> int:
    """Print the version."""
    say(f"twilio-orm {twilio_orm.__version__}", sys.stdout)
    return outcomes.OK


@click.command("help", short_help="What a command does, as --help prints it.")
@click.argument("names", metavar="[COMMAND]", nargs=-1)
@click.pass_context
def helping(context: click.Context, names: tuple[str, ...]) -> int:
    """Print what COMMAND does, or the list of the commands."""
    parent = context.parent or context
    command: click.Command = program
    for name in names:
        found = program.get_command(parent, name) if command is program else None
        if found is None:
            raise no_command(name)
        command = found
    with click.Context(command, info_name=names[0] if names else parent.info_name, parent=parent if names else None) as shown:
        say(command.get_help(shown), sys.stdout, keep="\n")
    return outcomes.OK


for _command in (sync, ls, show, diff, log, changes, sql, status, doctor, demo, serve_fake, docs, version, helping):
    program.add_command(_command)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code. Reads and writes the standard streams."""
    settings = Settings()
    try:
        if (asked := os.environ.get(COMPLETION)) is not None:
            return shell_complete(program, {}, "twilio-orm", COMPLETION, asked)
        with _warned(settings):
            done = _invoke(arguments, settings)
            sys.stdout.flush()
            return done
    except (click.exceptions.Abort, KeyboardInterrupt):
        return outcomes.INTERRUPTED
    except BrokenPipeError:
        _let_go()
        return outcomes.OK
    except click.ClickException as error:
        return _usage(error)
    except twilio_orm.NotCovered as error:
        return _failed(f"{oneline(error)}; here that is `twilio-orm sync` or --partial", outcomes.code(error))
    except twilio_orm.TwilioOrmError as error:
        return _failed(oneline(error), outcomes.code(error))
    except OSError as error:
        return _failed(oneline(error.strerror or error), outcomes.PARTIAL)


def _invoke(arguments: list[str], settings: Settings) -> int:
    try:
        with program.make_context("twilio-orm", list(arguments), obj=settings) as context:
            result = program.invoke(context)
            return result if isinstance(result, int) else outcomes.OK
    except click.exceptions.Exit as done:
        return done.exit_code


def _usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "twilio-orm"
    return _failed(f"{oneline(error.format_message())} (see {path} --help)", outcomes.USAGE)


def _failed(words: str, code: int) -> int:
    with suppress(OSError):  # a closed stderr hears nothing
        sys.stdout.flush()
        say(f"error: {words}", sys.stderr)
    return code


def _let_go() -> None:
    """Point stdout nowhere, so that Python's last flush finds no closed pipe."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _warned(settings: Settings) -> Iterator[None]:
    """The library's warnings as remarks on stderr."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        settings.out.remark(f"warning: {oneline(message)}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", twilio_orm.MirrorWarning)
        warnings.showwarning = show
        yield
