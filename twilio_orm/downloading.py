"""Files of Twilio's, written to a path or an open file in pieces. The network and the disk meet here on the caller's order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from .connection import Connection
from .wire import Request


def download(connection: Connection, path: str, target: str | os.PathLike[str] | BinaryIO) -> int:
    """Write the file at ``path`` to ``target``; a path is replaced only once everything has arrived.

    Redirects are followed without credentials.

    :param path: below Twilio's host. :param target: a path, or a file open for writing bytes.
    :returns: the number of bytes written. :raises ApiError: Twilio does not have it (any more).
    """
    answer = connection.transport.media(Request("GET", path))
    if not isinstance(target, (str, os.PathLike)):
        return sum(target.write(piece) for piece in answer)
    place = Path(target)
    part = place.with_name(place.name + ".part")
    try:
        with open(part, "wb") as file:
            size = sum(file.write(piece) for piece in answer)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    return size
