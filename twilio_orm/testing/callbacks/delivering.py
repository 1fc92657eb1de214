"""What a test says about callbacks: where they go, in which order, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .sender import Sender
from .settings import Delivery, DeliverySettings

if TYPE_CHECKING:
    from ..world.lock import Lock
    from ..world.state import State
    from .signer import SharedKey


class Delivering:
    """The part of FakeTwilio that sends callbacks.

    :param state: the state of the simulation.
    :param lock: its lock.
    """

    def __init__(self, state: State, lock: Lock) -> None:
        self.sender = Sender(state, lock)
        self._callback_lock = lock

    def deliver(
        self,
        to: object = None,
        *,
        shuffle: int | None = None,
        duplicate: float = 0.0,
        drop: float = 0.0,
        delay: float | tuple[float, float] = 0.0,
        seed: int = 0,
        retries: int = 1,
        retry_delay: float = 0.0,
        timeout: float = 15.0,
        services: Mapping[str, str] | None = None,
        shared_key: SharedKey | None = None,
    ) -> None:
        """Send signed callbacks from now on, for what requests, :meth:`advance` and the records' methods change::

            fake.deliver(to=app)
            fake.deliver(to={"app.example.com": app, "voice.example.com": "http://127.0.0.1:8000"})
            fake.deliver(to=app, shuffle=7, duplicate=0.2, drop=0.1)

        A callback is sent when it is due by the clock, while the lock is free, so that the receiver may send requests. One
        that fails, by an exception or a status of 5xx, is sent again. :attr:`deliveries` is the log. Requests go to this
        process and to the loopback interface only.

        :param to: the receiver of all callbacks, or a mapping from the hosts of their URLs to receivers. A receiver is a WSGI
            app, an ASGI app, a function of a :class:`~twilio_orm.testing.CallbackRequest` that returns None, a status, TwiML
            or a CallbackReply, or the base URL of a server on the loopback interface. None sends those callbacks whose own
            URL is on the loopback interface.
        :param shuffle: a seed: the callbacks of one operation, such as one :meth:`advance`, are sent in a random order. None
            for the order of the events.
        :param duplicate: the share of callbacks that are sent twice.
        :param drop: the share of callbacks that are not sent.
        :param delay: seconds of the simulated clock until a callback is sent, or the least and the most of them.
        :param seed: which callbacks are dropped, duplicated and delayed; the same seed has the same effect.
        :param retries: how often a callback that failed is sent again; ``#rc=2`` of a URL comes first.
        :param retry_delay: seconds of the simulated clock before each of these; 0 for at once.
        :param timeout: real seconds that a server may take to answer.
        :param services: the URL to which a messaging service sends the status of its messages, by its SID.
        :param shared_key: what signs with HMAC-SHA256 instead of the auth token with HMAC-SHA1.
        :raises ValueError: if one of them has no meaning, or a URL in ``to`` is not on the loopback interface.
        """
        settings = DeliverySettings(
            to, shuffle=shuffle, duplicate=duplicate, drop=drop, delay=delay, seed=seed, retries=retries,
            retry_delay=retry_delay, timeout=timeout, services=dict(services or {}), shared_key=shared_key,
        )  # fmt: skip
        with self._callback_lock:
            self.sender.start(settings)

    @property
    def deliveries(self) -> list[Delivery]:
        """What became of each callback, in the order in which they were first sent or dropped: copies of the log's entries."""
        return self.sender.log()

    @property
    def not_simulated(self) -> list[str]:
        """What the simulation did not carry out of the TwiML that receivers answered, in order: ``CA…: Pay``."""
        return list(self.sender.answers.not_simulated)
