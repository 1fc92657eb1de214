"""The command line ``twilio-orm``. Every command calls the library's public functions and adds no behaviour of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Writes to stdout and stderr.

    :param arguments: the arguments after the program's name; the arguments of this process if omitted.
    """
    _open_missing_streams()
    try:
        import click  # noqa: F401
        import rich  # noqa: F401
    except ImportError:
        print("error: the command line needs click and rich: pip install 'twilio_orm[cli]'", file=sys.stderr)
        return 2
    from .app import run

    return run(sys.argv[1:] if arguments is None else list(arguments))


def _open_missing_streams() -> None:
    """Open the null device for each standard stream that the process was started without, as cron and services may do.

    Otherwise the operating system would give a free descriptor (0, 1 or 2) to the mirror's file, and whatever writes to that
    standard stream would write into the mirror.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
