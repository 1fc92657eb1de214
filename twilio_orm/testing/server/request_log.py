"""The log of requests that FakeTwilio has received."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..definitions.catalog import ACCOUNTS_PATH
from ..world.media import STORAGE_HOST

if TYPE_CHECKING:
    from .http_messages import Request, Response


@dataclass(frozen=True)
class Seen:
    """A request that FakeTwilio received. Contains no headers, and so no credentials.

    :param method: the HTTP method.
    :param path: the path without its query string.
    :param query: the decoded pairs of the query string, in order.
    :param form: the pairs of the form, in order.
    :param account: the SID of the account in the path; the main account if the path names none.
    :param status: the HTTP status of the response; None if the connection was cut first.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...]
    account: str
    status: int | None

    def __str__(self) -> str:
        parameters = "&".join(f"{name}={value}" for name, value in (*self.query, *self.form))
        return f"{self.method} {self.path}{'?' if parameters else ''}{parameters} -> {self.status or 'cut'}"


def log_entry(request: Request, response: Response | None, main_account: str) -> Seen:
    """Build the entry of a request.

    :param response: the response; None if the connection was cut.
    :param main_account: the SID of the main account.
    """
    below = request.path.removeprefix(STORAGE_HOST).removeprefix(ACCOUNTS_PATH)
    account = below.strip("/").partition("/")[0].partition(".")[0]
    status = None if response is None else response.status
    return Seen(request.method, request.path, tuple(request.query), tuple(request.form), account or main_account, status)
