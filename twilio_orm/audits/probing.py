"""Probes of the webhooks of one audit: each URL once, several servers at a time. :mod:`twilio_orm.http.probes` sends them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from ..http.probes import ProbeResult, probe

WORKERS = 8
"""How many servers are probed at a time."""


class Prober:
    """Collects URLs, then probes each of them once.

    :param kinds: the kinds of probes: ``dns``, ``http``, ``tls``.
    :param timeout: seconds to wait for a server.
    :param expires_days: a certificate that expires within so many days counts as a problem.
    """

    def __init__(self, kinds: tuple[str, ...], timeout: float, expires_days: float) -> None:
        self._kinds, self._timeout, self._within = kinds, timeout, timedelta(days=expires_days)
        self._results: dict[tuple[str, str], list[ProbeResult]] = {}

    def add(self, url: str, method: str) -> None:
        """Add a URL to those that :meth:`run` probes. Sends nothing.

        :param url: the URL.
        :param method: the method by which Twilio requests it.
        """
        self._results.setdefault((url, method), [])

    def run(self) -> None:
        """Probe every URL that was added. Sends requests to these servers."""

        def one(key: tuple[str, str]) -> list[ProbeResult]:
            return probe(key[0], self._kinds, method=key[1], timeout=self._timeout, expires_within=self._within)

        with ThreadPoolExecutor(WORKERS) as pool:
            self._results = dict(zip(self._results, pool.map(one, list(self._results)), strict=True))

    def problems(self, url: str, method: str) -> tuple[list[str], list[str]]:
        """What is certainly wrong with a URL that was probed, and what may be wrong. Pure.

        :param url: the URL.
        :param method: the method by which Twilio requests it.
        """
        results = self._results[url, method]
        return [one.reason for one in results if one.ok is False], [one.reason for one in results if one.ok is None]
