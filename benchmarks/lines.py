"""A line of the table: what two sides took in the same rounds, their paired ratio, and what it has to reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

HEAD = ("what", "ours", "peer", "ratio", "to reach", "")


@dataclass
class Line:
    """One comparison.

    :param what: what was done; ``peer`` what is compared with.
    :param ours: our seconds, a round each; ``theirs`` the peer's in the same rounds.
    :param least: the least that theirs / ours (times as quick) must be.
    :param most: the most that ours / theirs (times the time) may be.
    :param limit: the most seconds that ours may take; without any of the three the line is for information.
    :param slower: whether the line is told as times the time, as it is with ``most``.
    :param faults: what was wrong besides the time; each misses the line.
    """

    what: str
    peer: str
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    least: float | None = None
    most: float | None = None
    limit: float | None = None
    slower: bool = False
    faults: list[str] = field(default_factory=list)

    def add(self, ours: float, theirs: float) -> None:
        """A round's two measurements."""
        self.ours.append(ours)
        self.theirs.append(theirs)

    @property
    def ratios(self) -> list[float]:
        """The paired ratios, one a round: theirs / ours, or ours / theirs where the line is told as times the time."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return [ours / theirs if self._by_time else theirs / ours for ours, theirs in pairs]

    @property
    def _by_time(self) -> bool:
        return self.slower or self.most is not None

    @property
    def ok(self) -> bool:
        """Whether the median of the paired ratios reaches what it has to, and nothing else was wrong."""
        middle = median(self.ratios)
        slow = (self.least is not None and middle < self.least) or (self.most is not None and middle > self.most)
        return not slow and not self.faults and (self.limit is None or median(self.ours) <= self.limit)

    def cells(self) -> tuple[str, ...]:
        """The line as a row of the table."""
        low, high = min(self.ratios), max(self.ratios)
        goal = "for information"
        if self.most is not None:
            goal = f"{self.most:g}x the time at most"
        elif self.limit is not None:
            goal = f"{amount(self.limit)} at most"
        elif self.least is not None:
            goal = f"{self.least:g}x as quick" if self.least != 1 else "quicker"
        verdict = "ok" if self.ok else "MISSED"
        return (
            self.what,
            spread(self.ours),
            f"{spread(self.theirs)} {self.peer}",
            f"{median(self.ratios):.2f}x {'the time' if self._by_time else 'as quick'} ({low:.2f}-{high:.2f})",
            goal,
            "" if self.ok and goal == "for information" else verdict,
        )


UNITS = (("s", 1.0, 2, 0.5), ("ms", 1e3, 1, 0.0005), ("µs", 1e6, 2, 0.0))
"""Units with their digits, each for seconds from its last number on."""


def amount(seconds: float) -> str:
    """Seconds in a unit that fits."""
    unit, factor, _, _ = next(one for one in UNITS if seconds >= one[3])
    return f"{factor * seconds:g} {unit}"


def spread(seconds: list[float]) -> str:
    """The median and the range, in a unit that fits."""
    unit, factor, digits, _ = next(one for one in UNITS if median(seconds) >= one[3])
    middle, low, high = (f"{factor * value:.{digits}f}" for value in (median(seconds), min(seconds), max(seconds)))
    return f"{middle} {unit} ({low}-{high})"


def table(lines: list[Line]) -> str:
    """The lines as a table of Markdown, its columns aligned."""
    rows = [HEAD, *(line.cells() for line in lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    texts = [f"| {' | '.join(cells)} |" for cells in padded]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(texts)
