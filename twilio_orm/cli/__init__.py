"""The command line: a thin mouth over the library's public names; it decides nothing that the library does not."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Writes to stdout and stderr.

    :param arguments: the words after the program's name; else those of the process.
    """
    _filled()
    try:
        import click  # noqa: F401
        import rich  # noqa: F401
    except ImportError:
        print("error: the command line needs click and rich: pip install 'twilio_orm[cli]'", file=sys.stderr)
        return 2
    from .app import run

    return run(sys.argv[1:] if arguments is None else list(arguments))


def _filled() -> None:
    """Give the process the standard streams that it was started without, as services are: the work is done all the same.

    Without them, the mirror's file would be opened in the place of one, and be written to.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
