"""Checkpoints of pages that have nothing else to store: they are stored with a later page, together. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..mirror.coverage.checkpoints import Checkpoint
    from .fetcher import JobResult

MOST = 8
"""So many pages that have nothing to store are read before their checkpoints are stored: after a crash they are read again."""


class PendingCheckpoints:
    """The checkpoints that are not stored yet, one for each reading of a list."""

    def __init__(self) -> None:
        self._by_owner: dict[str, Checkpoint] = {}

    def with_pages(self, results: Iterable[JobResult]) -> dict[str, Checkpoint]:
        """Return what is to be stored with these pages, by owner: their checkpoints behind those that are pending."""
        found = dict(self._by_owner)
        for checkpoint in [one.checkpoint for one in results if one.checkpoint is not None]:
            earlier = found.get(checkpoint.owner)
            found[checkpoint.owner] = checkpoint if earlier is None else earlier.followed_by(checkpoint)
        return found

    def may_wait(self, results: Iterable[JobResult], checkpoints: dict[str, Checkpoint]) -> bool:
        """Return whether these pages have nothing to store, and their checkpoints can be stored later.

        :param checkpoints: what :meth:`with_pages` returned.
        """
        pages = [one.page for one in results if one.page is not None]
        return not any(page.fresh or page.fingerprint is not None for page in pages) and all(
            one.target and one.moved < MOST for one in checkpoints.values()
        )

    def keep(self, checkpoints: dict[str, Checkpoint]) -> None:
        """Keep these for later; none if they are stored."""
        self._by_owner = checkpoints

    def drop(self, owner: str) -> None:
        """Drop the checkpoint of a list that was read to its end."""
        self._by_owner.pop(owner, None)
