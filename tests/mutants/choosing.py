"""Which tests are likely to notice a mutant: the files for a module, then the tests among them that run the changed lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .making import Mutant

DEFAULT = (
    "twilio_orm/query/planner.py", "twilio_orm/query/api_requests.py", "twilio_orm/query/constraints.py",
    "twilio_orm/query/intervals.py", "twilio_orm/mirror/coverage/sweeps.py", "twilio_orm/mirror/coverage/absence.py",
    "twilio_orm/mirror/coverage/checkpoints.py", "twilio_orm/sync/scan.py", "twilio_orm/sync/windows.py",
    "twilio_orm/sync/incremental.py", "twilio_orm/sync/job_planner.py", "twilio_orm/sync/listing.py",
    "twilio_orm/sync/absence.py", "twilio_orm/sync/worker_pool.py", "twilio_orm/sync/fetcher.py", "twilio_orm/orm/cached.py",
)  # fmt: skip

STORIES = [
    "tests/test_queryset.py", "tests/test_records.py", "tests/mirror/test_mirror_store.py", "tests/testing/test_fake_stories.py",
    "tests/test_tenants.py", "tests/resources/test_verbs.py", "tests/resources/test_whole.py", "tests/test_transport.py",
    "tests/test_relations.py", "tests/test_secrets.py",
]  # fmt: skip
LAWS = [
    "tests/laws/test_containment.py", "tests/laws/test_one_answer.py", "tests/laws/test_everywhere.py",
    "tests/laws/test_widening.py", "tests/laws/test_refusing.py", "tests/laws/test_usage.py", "tests/laws/test_absorbing.py",
]  # fmt: skip
BATCH = "tests/laws/test_mutations.py::test_the_planner_itself_passes"

SYNCING = [
    "tests/test_sync.py", "tests/test_freshness.py", "tests/laws/test_converging.py", "tests/laws/test_cached.py",
    "tests/test_jobs.py", "tests/test_workers.py", "tests/mirror/test_sync_kills.py", "tests/mirror/test_mirror_store.py",
    "tests/mirror/test_coverage.py", "tests/mirror/test_doubts.py", "tests/test_retention.py", "tests/test_clocks.py",
    "tests/laws/test_aging.py", "tests/laws/test_any_clock.py",
]  # fmt: skip
PLANNING = ["tests/test_plan.py", *LAWS, *STORIES, "tests/contract/test_same_requests.py"]

HOSTILE = "tests/test_hostile_answers.py"
PAGES = [
    "tests/laws/test_listing.py", "tests/mirror/test_recognising.py", HOSTILE,
    "tests/laws/test_endless.py",
]  # fmt: skip
EXPRESSIONS = [
    "tests/test_expressions.py", "tests/test_computed.py", "tests/test_times.py", "tests/test_values.py",
    "tests/test_decimals.py",
]  # fmt: skip
GROUPS = ["tests/test_aggregates.py", "tests/test_values.py", "tests/test_rows.py", "tests/test_class_methods.py"]
ACCOUNTS = [
    "tests/test_across_accounts.py", "tests/laws/test_accounts.py", "tests/test_own_account.py",
    "tests/laws/test_past_account.py",
]  # fmt: skip
QUERIES = ["tests/test_combining.py", "tests/test_words.py", "tests/test_language.py", "tests/test_reads.py"]

# The likeliest first. A module that is not here has the tests named after it, those that speak of it, and the stories.
FILES = {
    "planner": [*PLANNING, BATCH, "tests/test_sync.py", "tests/test_freshness.py", "tests/laws/test_cached.py"],
    "constraints": [*PLANNING, *SYNCING, "tests/test_intervals.py"],
    "api_requests": [*PLANNING, *SYNCING],
    "intervals": ["tests/test_intervals.py", *SYNCING, *LAWS, *STORIES],
    "sweeps": [*SYNCING, *LAWS, *STORIES, "tests/mirror/test_mirror_files.py"],
    "absence": [*SYNCING, *LAWS, *STORIES, "tests/mirror/test_mirror_files.py", "tests/test_across_accounts.py"],
    "checkpoints": [*SYNCING, *STORIES, "tests/mirror/test_mirror_files.py"],
    "fetcher": ["tests/test_page_requests.py", *SYNCING, *STORIES, HOSTILE],
    "scan": [
        *SYNCING, *LAWS, *STORIES, "tests/mirror/test_mirror_files.py", HOSTILE,
    ],
    "windows": ["tests/test_windows.py", *SYNCING],
    "incremental": [*SYNCING, *STORIES, HOSTILE],
    "job_planner": [*SYNCING, *STORIES],
    "pages": ["tests/test_page_requests.py", *PAGES, *SYNCING, *STORIES],
    "listing": ["tests/test_page_requests.py", "tests/laws/test_endless.py", *SYNCING, *LAWS, *STORIES, HOSTILE],
    "worker_pool": ["tests/test_workers.py", *SYNCING],
    "sync_state": [*SYNCING, *STORIES],
    "nested": [*ACCOUNTS, *SYNCING, *PAGES, *STORIES],
    "estimate": [*SYNCING],
    **dict.fromkeys(("splitter", "page_parser", "page_cache", "decoder", "responses"), [*PAGES, *SYNCING, *LAWS, *STORIES]),
    **dict.fromkeys(
        ("operands", "arithmetic", "truncations", "expressions", "row_expressions", "computed_column"),
        [*EXPRESSIONS, *GROUPS, *QUERIES, *LAWS, *STORIES],
    ),
    **dict.fromkeys(
        ("aggregates", "aggregate_functions", "bound_aggregates", "group_by", "groups", "result_schema", "value_reader"),
        [*GROUPS, *EXPRESSIONS, *QUERIES, *LAWS, *STORIES],
    ),
    **dict.fromkeys(("accounts", "account_tree", "accounts_report"), [*ACCOUNTS, *SYNCING, *LAWS, *STORIES]),
    **dict.fromkeys(
        ("executor", "executors", "coverage_report"),
        ["tests/test_offline.py", "tests/test_freshness.py", *QUERIES, *ACCOUNTS, "tests/laws/test_cached.py", *LAWS, *STORIES],
    ),
    "combine": [*QUERIES, *LAWS, *STORIES],
    "related_filters": ["tests/test_relations.py", "tests/test_lists_below.py", *QUERIES, *LAWS, *STORIES],
    **dict.fromkeys(
        ("related_fields", "related_aggregates", "related_tables", "related_values", "extension"),
        ["tests/test_related_values.py", "tests/laws/test_over_relations.py", *EXPRESSIONS, *GROUPS, *QUERIES],
    ),
    "cached": [
        "tests/test_freshness.py", "tests/test_memory.py", "tests/laws/test_cached.py", *STORIES, "tests/test_privacy.py",
        HOSTILE,
    ],
}  # fmt: skip

# Tests that load a module in their own way, so that nothing is seen of the lines that they run.
BLIND = {BATCH: "planner"}

# Tests that judge the source's text, not what it does; and the tool's own.
ABOUT_TEXT = ("test_architecture", "test_docs", "test_typing", "test_reference", "test_mutations", "test_mutants")


def files(module: str, root: Path) -> list[str]:
    """The test files for a module, the likeliest first."""
    stem = Path(module).stem
    if stem in FILES:
        listed = FILES[stem]
    else:
        every = [one for one in sorted(root.glob("tests/**/test_*.py")) if one.stem not in ABOUT_TEXT]
        named = [one for one in every if stem in one.stem]
        telling = [one for one in every if one not in named and stem in one.read_text()]
        listed = [*(str(one.relative_to(root)) for one in (*named, *telling)), *LAWS, *STORIES]
    return [one for one in dict.fromkeys(listed) if (root / one.partition("::")[0]).exists()]


@dataclass
class Known:
    """What is known of the tests: how long each takes, the lines it runs, and how many mutants of a module it noticed.

    :param patience: the seconds that one parametrized test may take with all its cases.
    """

    patience: float
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[str, set[int]]] = field(default_factory=dict)
    kills: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def learn(self, found: dict[str, Any]) -> None:
        """Take in what a measured run left."""
        self.seconds.update(found["seconds"])
        for test, modules in found["lines"].items():
            for module, lines in modules.items():
                self.lines.setdefault(test, {}).setdefault(module, set()).update(lines)

    def tests(self, mutant: Mutant, listed: Iterable[str]) -> list[str]:
        """The tests of these files that run the mutant's lines, those that notice most in least time first."""
        names = set(listed)
        some = [one for one in self.seconds if self._is_listed(one, names) and self._runs(one, mutant)]
        kills = self.kills[mutant.module]
        some.sort(key=lambda one: -(kills[one] + 0.5) / (self.seconds[one] + 0.05))
        return list(self._borne(some))

    def check(self) -> list[str]:
        """Every test that may be chosen for any mutant, the quick ones first."""
        return list(self._borne(sorted(self.seconds, key=lambda one: self.seconds[one])))

    def _is_listed(self, test: str, names: set[str]) -> bool:
        return test in names or test.partition("::")[0] in names

    def _runs(self, test: str, mutant: Mutant) -> bool:
        if mutant.early or BLIND.get(test) == Path(mutant.module).stem:
            return True
        return not self.lines.get(test, {}).get(mutant.module, set()).isdisjoint(mutant.lines)

    def _borne(self, tests: list[str]) -> Iterable[str]:
        spent: dict[str, float] = defaultdict(float)
        for test in tests:
            name = test.partition("[")[0]
            if not spent[name] or spent[name] + self.seconds[test] <= self.patience:
                spent[name] += self.seconds[test]
                yield test
