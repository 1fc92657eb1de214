"""A fork of this process, whose threads (the fake's server) stay in the parent."""

from __future__ import annotations

import os
import warnings


def forked() -> int:
    """The child's number, or 0 in the child."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of processes with threads
        return os.fork()
