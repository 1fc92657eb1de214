"""What is said of the mutants: which are known to change nothing, the table, and the survivors."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from .making import Mutant

EQUIVALENT = Path(__file__).with_name("equivalent.txt")
ENTRY = re.compile(r"^(\S+?)(?::\d+:\d+)? in (\S+), (\S+)\n +- (.*)\n +\+ (.*)\n +=(.*(?:\n {6,}\S.*)*)", re.MULTILINE)

Key = tuple[str, ...]


def explained(path: Path = EQUIVALENT) -> dict[Key, str]:
    """The mutants that are known to change nothing, by their keys, each with its reason."""
    found = ENTRY.finditer(path.read_text() if path.exists() else "")
    return {tuple(part.strip() for part in one.groups()[:5]): " ".join(one[6].split()) for one in found}


@dataclass
class Tally:
    """How the mutants fared."""

    killed: set[str] = field(default_factory=set)
    explained: set[str] = field(default_factory=set)
    survived: list[Mutant] = field(default_factory=list)


def shown(mutant: Mutant) -> str:
    """A mutant as its place, its kind and the line before and after: a reason below makes it an entry of the known ones."""
    place = f"{mutant.module}:{mutant.line}:{mutant.column} in {mutant.where}, {mutant.kind}"
    return f"{place}\n  - {mutant.old}\n  + {mutant.new}"


def table(mutants: Collection[Mutant], tally: Tally) -> tuple[str, float]:
    """The table, a row a module; and the part of all that was killed or explained, in percent."""
    width = max(len("all"), *(len(one.module) for one in mutants))
    lines = [f"{'module':{width}}  mutants  killed  explained  survived  killed or explained"]
    modules = list(dict.fromkeys(one.module for one in mutants))
    part = 100.0
    for name in [*modules, *["all"] * (len(modules) > 1)]:
        ids = {one.id for one in mutants if name in ("all", one.module)}
        killed, known = len(ids & tally.killed), len(ids & tally.explained)
        part = 100 * (killed + known) / len(ids)
        lines.append(f"{name:{width}}  {len(ids):7}  {killed:6}  {known:9}  {len(ids) - killed - known:8}  {part:18.1f}%")
    return "\n".join(lines), part
