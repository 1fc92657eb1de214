"""A fork of this process, whose threads (the fake's server) stay in the parent."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

NOBODY = 65534


def forked() -> int:
    """The child's number, or 0 in the child."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of processes with threads
        return os.fork()


def as_nobody(work: Callable[[], Any], folder: Path, number: int = NOBODY) -> str:
    """What the work says when it is done in a folder by a user who owns nothing here.

    :param number: the user's, where this process is root's and can become that.
    """
    read, write = os.pipe()
    if not (child := forked()):
        try:
            if os.getuid() == 0:
                os.setgid(number)
                os.setuid(number)
            os.chdir(folder)
            os.write(write, str(work()).encode())
        except BaseException as error:
            os.write(write, f"failed: {error!r}".encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text
