"""A line of the table: what two sides took in the same rounds, their paired ratio, and what it has to reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

HEAD = ("what", "ours", "peer", "ratio", "to reach", "")


@dataclass
class Line:
    """One comparison.

    :param what: what was done; ``peer`` what is compared with.
    :param ours: our seconds, a round each; ``theirs`` the peer's in the same rounds.
    :param least: the least that theirs / ours (times as quick) must be.
    :param most: the most that ours / theirs (times the time) may be.
    :param limit: the most that ours may take.
    :param beyond: the most that ours may be above theirs; without any of the four the line is for information.
    :param slower: whether the line is told as times the time, as it is with ``most``.
    :param unit: what is counted: seconds, or bytes.
    :param faults: what was wrong besides; each misses the line.
    """

    what: str
    peer: str
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    least: float | None = None
    most: float | None = None
    limit: float | None = None
    beyond: float | None = None
    slower: bool = False
    unit: str = "s"
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
    def _above(self) -> list[float]:
        return [ours - theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def _by_time(self) -> bool:
        return self.slower or self.most is not None or self.unit != "s"

    @property
    def ok(self) -> bool:
        """Whether the medians reach what they have to, and nothing else was wrong."""
        if self.faults or not self.ours:
            return False
        middle = median(self.ratios)
        reached = (
            self.least is None or middle >= self.least,
            self.most is None or middle <= self.most,
            self.limit is None or median(self.ours) <= self.limit,
            self.beyond is None or median(self._above) <= self.beyond,
        )
        return all(reached)

    def goal(self) -> str:
        """What has to be reached."""
        goals = []
        if self.most is not None:
            goals.append(f"{self.most:g}x the {NOUNS[self.unit]} at most")
        if self.limit is not None:
            goals.append(f"{amount(self.limit, self.unit)} at most")
        if self.beyond is not None:
            goals.append(f"{amount(self.beyond, self.unit)} more at most")
        if self.least is not None:
            goals.append(f"{self.least:g}x as quick" if self.least != 1 else "as quick")
        return ", ".join(goals) or "for information"

    def cells(self) -> tuple[str, ...]:
        """The line as a row of the table."""
        goal = self.goal()
        if not self.ours:
            return self.what, "", self.peer, "", goal, "MISSED"
        low, high, middle = min(self.ratios), max(self.ratios), median(self.ratios)
        told = f"{middle:.2f}x {f'the {NOUNS[self.unit]}' if self._by_time else 'as quick'} ({low:.2f}-{high:.2f})"
        if self.beyond is not None:
            told = f"{spread(self._above, self.unit)} more"
        verdict = "ok" if self.ok else "MISSED"
        return (
            self.what,
            spread(self.ours, self.unit),
            f"{spread(self.theirs, self.unit)} {self.peer}",
            told,
            goal,
            "" if self.ok and goal == "for information" else verdict,
        )


def filled(table: Sequence[tuple[str, int, Line]], said: Mapping[str, Any]) -> list[Line]:
    """The lines of questions that one process has answered by turns, with what it measured.

    :param table: for each line the question, and which of its sides is the peer.
    :param said: for each question the seconds of its sides, a round each, ours first; and ``faults`` by question.
    """
    for name, peer, line in table:
        for took in said[name]:
            line.add(took[0], took[peer])
        line.faults += [said["faults"][name]] if name in said["faults"] else []
    return [line for _, _, line in table]


NOUNS = {"s": "time", "B": "size"}
UNITS = {
    "s": (("s", 1.0, 2, 0.5), ("ms", 1e3, 1, 0.0005), ("µs", 1e6, 2, float("-inf"))),
    "B": (("MB", 1e-6, 1, 1e5), ("bytes", 1.0, 0, float("-inf"))),
}
"""Units with their digits, each for what is counted from its last number on."""


def amount(counted: float, kind: str = "s") -> str:
    """What was counted, in a unit that fits."""
    unit, factor, _, _ = next(one for one in UNITS[kind] if counted >= one[3])
    return f"{factor * counted:g} {unit}"


def spread(counted: list[float], kind: str = "s") -> str:
    """The median and the range, in a unit that fits."""
    unit, factor, digits, _ = next(one for one in UNITS[kind] if median(counted) >= one[3])
    middle, low, high = (f"{factor * value:.{digits}f}" for value in (median(counted), min(counted), max(counted)))
    return f"{middle} {unit} ({low}-{high})"


def table(lines: list[Line]) -> str:
    """The lines as a table of Markdown, its columns aligned."""
    rows = [HEAD, *(line.cells() for line in lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    texts = [f"| {' | '.join(cells)} |" for cells in padded]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(texts)
