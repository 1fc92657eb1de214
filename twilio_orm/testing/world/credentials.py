"""The credentials that FakeTwilio hands out to tests."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """Test credentials: those with which Twilio checks requests and carries nothing out.

    :param account_sid: the SID of the account of the credentials, which is in the paths of requests.
    :param auth_token: its auth token; not shown in the repr.
    """

    account_sid: str
    auth_token: str = field(repr=False)


@dataclass(frozen=True)
class ApiKey:
    """An API key.

    :param sid: its SID, the user name of HTTP Basic authentication.
    :param secret: its secret, the password; not shown in the repr.
    :param account_sid: the SID of the account it belongs to.
    """

    sid: str
    secret: str = field(repr=False)
    account_sid: str
