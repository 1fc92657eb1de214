"""The command ``python -m tests.mutants``: make mutants, run the likeliest tests against each, tell what nobody noticed."""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .choosing import DEFAULT, Known, files
from .making import Mutant, mutants
from .running import Outcome, Task, Tree, run, warm
from .telling import Tally, explained, shown, table
from .watching import Choose, Measure

ROOT = Path(__file__).resolve().parents[2]
FIRST = 8
"""Tests of a mutant's first run; those that pass them meet the rest."""


def options(words: list[str]) -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", help="paths of modules; without any, the heart of the library")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many, drawn from every module in proportion")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) // 2), help="mutants tried at a time")
    parser.add_argument("--timeout", type=float, default=60, help="seconds beyond four times what the tests usually take")
    parser.add_argument("--tests", nargs="+", metavar="FILE", help="test files instead of those known for the module")
    parser.add_argument("--patience", type=float, default=6, help="seconds for all cases of one parametrized test")
    parser.add_argument("--least", type=float, default=90, help="percent killed or explained, below which the exit is 1")
    parser.add_argument("--explained", action="store_true", help="try those known to change nothing, too")
    parser.add_argument("--only", metavar="PATTERN", help="only mutants in whose id this is found")
    parser.add_argument("--list", action="store_true", help="only show the mutants")
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree, if it is another")
    return parser.parse_args(words)


class Session:
    """One run of the tool over one tree."""

    def __init__(self, asked: argparse.Namespace, trees: list[Tree]) -> None:
        self.asked, self.trees, self.root = asked, trees, trees[0].root
        self.modules = [one for one in asked.modules or DEFAULT if asked.modules or (self.root / one).exists()]
        self.sources = {one: (self.root / one).read_bytes() for one in self.modules}
        self.listed = {one: asked.tests or files(one, self.root) for one in self.modules}
        self.known = Known(asked.patience)
        self.tally = Tally()

    def draw(self) -> list[Mutant]:
        """The mutants to try: all, or a sample with its share of each module."""
        every = {one: mutants(one, source) for one, source in self.sources.items()}
        if self.asked.only:
            every = {one: [each for each in made if re.search(self.asked.only, each.id)] for one, made in every.items()}
        total = sum(map(len, every.values()))
        size = min(self.asked.sample or total, total)
        chance = random.Random(self.asked.seed)
        ends = [round(size * sum(len(every[one]) for one in self.modules[:at]) / (total or 1)) for at in range(len(every) + 1)]
        drawn = []
        for at, made in enumerate(every.values()):
            drawn += sorted(chance.sample(made, ends[at + 1] - ends[at]), key=made.index)
        return drawn

    # -- the library as it is

    def measure(self) -> list[str]:
        """Run every test file on the library as it is; learn what each test takes and reaches. What failed is returned."""
        failed: list[str] = []

        def done(outcome: Outcome) -> None:
            failed.extend(outcome.found.get("failed") or [f"{outcome.about}: {outcome.ended}"] * (outcome.ended != "passed"))
            if "seconds" in outcome.found:
                self.known.learn(outcome.found)

        listed = dict.fromkeys(one for some in self.listed.values() for one in some)
        plugin = partial(Measure, modules=self.modules, patience=self.known.patience)
        run((partial(Task, [one], plugin, 1200, one, False) for one in listed), self.trees, done)
        return failed

    def check(self) -> list[str]:
        """Run the tests once more as a mutant will have them: chosen, in another order, under their limits."""
        failed: list[str] = []
        tests = self.known.check()
        parts = [tests[at :: len(self.trees)] for at in range(len(self.trees))]
        tasks = (partial(self._task, part, part) for part in parts if part)
        run(tasks, self.trees, lambda one: failed.extend(one.found.get("failed") or [one.ended] * (one.ended != "passed")))
        return failed

    # -- the mutants

    def _task(self, tests: list[str], about: object, edit: tuple[str, bytes, bytes] | None = None) -> Task:
        usual = self.known.seconds
        limits = {one: 5 + 10 * usual[one] for one in tests}
        seconds = self.asked.timeout + 4 * sum(usual[one] for one in tests)
        plugin = partial(Choose, modules=self.modules, limits=limits)
        return Task(list(dict.fromkeys(one.partition("::")[0] for one in tests)), plugin, seconds, about, edit=edit)

    def _trial(self, mutant: Mutant) -> Task:
        """A mutant's first run: on the few likeliest tests, whose files are soon read."""
        tests = self.known.tests(mutant, self.listed[mutant.module])
        return self._on(mutant, tests[:FIRST], tests[FIRST:])

    def _on(self, mutant: Mutant, tests: list[str], rest: list[str]) -> Task:
        source = self.sources[mutant.module]
        return self._task(tests, (mutant, rest), (mutant.module, mutant.applied(source), source))

    def attempt(self, drawn: list[Mutant], told: Callable[[int], None]) -> None:
        """Try every mutant that some test reaches and nobody explained."""
        reasons = {} if self.asked.explained else explained()
        tried = []
        for mutant in drawn:
            if mutant.key in reasons:
                self.tally.explained.add(mutant.id)
            elif self.known.tests(mutant, self.listed[mutant.module]):
                tried.append(partial(self._trial, mutant))
            else:
                self.tally.survived.append(mutant)

        def done(outcome: Outcome) -> Callable[[], Task] | None:
            mutant, rest = outcome.about
            if outcome.ended == "passed" and rest:
                return partial(self._on, mutant, rest, [])
            if outcome.ended == "passed":
                self.tally.survived.append(mutant)
            else:
                self.tally.killed.add(mutant.id)
                self.known.kills[mutant.module].update(outcome.found.get("failed", ())[:1])
            told(len(self.tally.killed) + len(self.tally.survived))
            return None

        run(tried, self.trees, done)


def say(text: str) -> None:
    """A line about what is going on."""
    print(text, file=sys.stderr, flush=True)


def judged(session: Session, drawn: list[Mutant]) -> int:
    """Try the mutants and print what became of them."""
    began = time.monotonic()

    def told(count: int) -> None:
        if count % 20 == 0:
            minutes = (time.monotonic() - began) / 60
            say(f"{count} of {len(drawn)}, {len(session.tally.survived)} survived, {count / minutes:.0f} a minute")

    session.attempt(drawn, told)
    text, part = table(drawn, session.tally)
    print(text)
    for mutant in sorted(session.tally.survived, key=drawn.index):
        print("\n" + shown(mutant))
    tried, minutes = len(session.tally.killed) + len(session.tally.survived), (time.monotonic() - began) / 60
    say(f"\n{tried} tried in {minutes:.1f} minutes, {tried / minutes:.0f} a minute")
    return int(part < session.asked.least)


def main(words: list[str]) -> int:
    """Run the command; its exit is 0, 1 where too many survived, 2 where the library as it is fails its tests."""
    asked = options(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was begun is cleared away
    with tempfile.TemporaryDirectory(prefix="mutants-") as home:
        Path(home).chmod(0o755)  # some tests become nobody
        first = Tree.grow(asked.root.resolve(), Path(home) / "0")
        session = Session(asked, [first])
        drawn = session.draw()
        if asked.list or not drawn:
            print("\n".join(f"{one.id}\n  - {one.old}\n  + {one.new}" for one in drawn))
            return 0
        warm(Path(session.modules[0]).parts[0])
        say(f"{len(drawn)} mutants; first the library as it is")
        session.trees += [first.twin(Path(home) / str(at)) for at in range(1, asked.jobs)]
        failed = session.measure() or session.check()
        if failed:
            say("the library as it is fails:\n  " + "\n  ".join(failed))
            return 2
        return judged(session, drawn)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
