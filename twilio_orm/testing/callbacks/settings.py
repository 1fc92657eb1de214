"""How callbacks are delivered, and what became of each. Opens no socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from .receivers import Deliver, is_loopback, receiver
from .requests import Url, split_url

if TYPE_CHECKING:
    from .signer import SharedKey


@dataclass
class Delivery:
    """What became of one callback.

    :param event: ``message-status``, ``message`` (one that came in), ``call-status``, ``voice`` (a request for TwiML),
        ``recording-status``, ``conference-start``, ``conference-end``, ``participant-join`` and its like, ``usage-trigger``.
    :param sid: the SID of the record.
    :param account_sid: the SID of the account, whose auth token signed.
    :param url: the URL as it is configured, without user name and password.
    :param parameters: the parameters, by name; not shown in the repr.
    :param token: the idempotency token, the same for each attempt and for a duplicate.
    :param happened_at: when it happened, by the simulated clock.
    :param sent_at: when it was last sent, by the simulated clock; None if it was not.
    :param outcome: ``delivered`` (a status of 2xx), ``failed``, ``waiting`` (for the next attempt), ``dropped`` by
        :meth:`FakeTwilio.deliver`, or ``no receiver`` if no receiver was named for its host.
    :param status: the HTTP status of the last reply; None if there was none.
    :param attempts: how often it was sent.
    :param duplicate: whether it was sent once more on purpose.
    :param error: the exception of the last attempt; None if there was a reply.
    """

    event: str
    sid: str
    account_sid: str
    url: str
    parameters: Mapping[str, str] = field(repr=False)
    token: str
    happened_at: datetime
    sent_at: datetime | None = None
    outcome: str = "waiting"
    status: int | None = None
    attempts: int = 0
    duplicate: bool = False
    error: BaseException | None = field(default=None, repr=False)


class DeliverySettings:
    """How callbacks are delivered. See :meth:`FakeTwilio.deliver` for the parameters.

    :raises ValueError: if one of them has no meaning.
    """

    def __init__(
        self,
        to: object,
        *,
        shuffle: int | None,
        duplicate: float,
        drop: float,
        delay: float | tuple[float, float],
        seed: int,
        retries: int,
        retry_delay: float,
        timeout: float,
        services: Mapping[str, str],
        shared_key: SharedKey | None,
    ) -> None:
        for name, share in (("duplicate", duplicate), ("drop", drop)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name}= is a share from 0 to 1, such as 0.2, not {share!r}")
        low, high = delay if isinstance(delay, tuple) else (delay, delay)
        if not 0 <= low <= high:
            raise ValueError(f"delay= is seconds of the clock, or the least and the most of them, not {delay!r}")
        if retries < 0 or retry_delay < 0 or timeout <= 0:
            raise ValueError("retries= and retry_delay= are 0 or more, timeout= is more than 0")
        for url in services.values():
            split_url(url)
        self.shuffle, self.duplicate, self.drop, self.seed = shuffle, duplicate, drop, seed
        self.delay = (low, high)
        self.retries, self.retry_delay = retries, timedelta(seconds=retry_delay)
        self.services, self.shared_key = services, shared_key
        self._timeout = timeout
        self._everything: Deliver | None = None
        self._hosts: dict[str, Deliver] = {}
        if isinstance(to, Mapping):
            self._hosts = {str(host).lower(): receiver(one, timeout) for host, one in to.items()}
        elif to is not None:
            self._everything = receiver(to, timeout)

    def receiver_of(self, url: Url) -> Deliver | None:
        """Return the receiver of a URL: that of its host, or of all hosts, or its own host if that is on the loopback interface.

        :returns: None if there is none.
        """
        for name in (url.origin.lower(), url.host.lower()):
            if name in self._hosts:
                return self._hosts[name]
        if self._everything is not None:
            return self._everything
        if url.scheme == "http" and is_loopback(url.host):
            return receiver(f"http://{url.origin}", self._timeout)
        return None

    def fate(self, token: str) -> tuple[bool, list[timedelta]]:
        """Return whether a callback is dropped, and the delay of each time that it is sent. The same token has the same fate."""
        chance = Random(f"{self.seed}/{token}")
        dropped, duplicated = chance.random() < self.drop, chance.random() < self.duplicate
        return dropped, [timedelta(seconds=chance.uniform(*self.delay)) for _ in range(1 + duplicated)]
