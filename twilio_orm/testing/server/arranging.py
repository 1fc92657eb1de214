"""Arranges faults for the next requests: what a test calls. The faults themselves are in :mod:`.faults`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .faults import KINDS, Fault, Match, check_match, check_refusal

if TYPE_CHECKING:
    from ..world.lock import Lock


class Arranging:
    """The faults that are still due, and the method that arranges them."""

    if TYPE_CHECKING:
        lock: Lock
        faults: list[Fault]

    def fail_next(
        self,
        kind: str,
        times: int = 1,
        *,
        match: Match = None,
        code: int | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        seconds: float = 0.0,
        callback: Callable[[], object] | None = None,
        host: str = "https://evil.invalid",
    ) -> None:
        """Arrange a fault for the next requests::

            fake.fail_next("429", times=2, match="GET /Calls", retry_after=1)

        ``401``, ``403``, ``404``, ``409``, ``429``, ``500`` and ``html_error`` answer with an error instead of processing the
        request; so does ``refuse``, with an error code of Twilio's, e.g. ``fail_next("refuse", code=21610)``. ``reset_before``
        and ``reset_after`` cut the connection before or after it is processed; in process they raise ConnectionCut.
        ``cut_json`` cuts the body in half. ``slow`` waits. ``hostile_next_page`` lets ``next_page_uri`` point to another host,
        and ``self_next_page`` to the page itself. ``changes_underneath`` calls ``callback`` after the page was built.

        :param kind: one of the kinds above.
        :param times: for how many requests.
        :param match: which requests: a method, ``"POST"``; a part of the path, ``"/Calls"``; both, ``"GET /Calls"``; or a
            function of the Request. None for all.
        :param code: the error code of ``refuse``.
        :param status: its HTTP status; by default the one that belongs to the code.
        :param retry_after: seconds for the header ``Retry-After`` of ``429`` and ``500``; None for no such header.
        :param seconds: real seconds that the request takes in addition.
        :param callback: what ``changes_underneath`` calls.
        :param host: where ``hostile_next_page`` points to.
        :raises ValueError: for an unknown kind, ``refuse`` without a code, or a ``match`` that no request has, such as one with a
            query.
        """
        kind = str(kind)
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is none of the faults {', '.join(KINDS)}")
        check_match(match)
        check_refusal(kind, code, status)
        with self.lock:
            self.faults.append(Fault(kind, times, match, retry_after, seconds, host, callback, code, status))
