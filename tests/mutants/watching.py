"""What goes into pytest inside a forked child: one plugin that measures the tests, one that runs the likeliest of them."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

STRANGER = 70
"""The exit of a child whose package came from elsewhere than its own tree."""


class _Plugin:
    """Leaves its findings in a file, and sees to it that the tree's own package is what the tests import."""

    def __init__(self, findings: Path, modules: list[str]) -> None:
        self.findings, self.modules = findings, modules
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_collection_finish(self) -> None:
        packages = {Path(module).parts[0] for module in self.modules}
        for name, module in list(sys.modules.items()):
            place = getattr(module, "__file__", None)
            if place and name.split(".")[0] in packages and not Path(place).is_relative_to(os.getcwd()):
                os.write(2, f"{name} came from {place}".encode())
                os._exit(STRANGER)

    def _leave(self, **found: Any) -> None:
        self.findings.write_text(json.dumps({"failed": self.failed, **found}))


class Measure(_Plugin):
    """Notes how long each test takes, and which lines of the modules it runs."""

    def __init__(self, findings: Path, modules: list[str], patience: float) -> None:
        super().__init__(findings, modules)
        os.environ["COVERAGE_CORE"] = "ctrace"  # the one that knows contexts in every Python
        from coverage import Coverage

        self._coverage = Coverage(data_file=None, config_file=False, include=[os.path.abspath(one) for one in modules])
        self._patience = patience
        self._seconds: dict[str, float] = {}
        self._spent: dict[str, float] = defaultdict(float)
        self._coverage.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: Any) -> None:
        """Of a test with many cases, no more are run than a mutant will see."""
        if self._spent[item.nodeid.partition("[")[0]] > self._patience:
            pytest.skip("enough of it")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self._coverage.switch_context(item.nodeid)
        name = item.nodeid.partition("[")[0]
        tired, began = self._spent[name] > self._patience, time.perf_counter()
        try:
            return (yield)
        finally:
            if not tired:
                self._seconds[item.nodeid] = time.perf_counter() - began
                self._spent[name] += self._seconds[item.nodeid]

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        lines: dict[str, dict[str, list[int]]] = {}
        for module in self.modules:
            for line, tests in data.contexts_by_lineno(os.path.abspath(module)).items():
                for test in filter(None, tests):
                    lines.setdefault(test, {}).setdefault(module, []).append(line)
        self._leave(seconds=self._seconds, lines=lines)


class Choose(_Plugin):
    """Runs these tests in this order, each with a limit in seconds after which the process ends."""

    def __init__(self, findings: Path, modules: list[str], limits: dict[str, float]) -> None:
        super().__init__(findings, modules)
        self.limits = limits

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        place = {test: at for at, test in enumerate(self.limits)}
        items[:] = sorted((one for one in items if one.nodeid in place), key=lambda one: place[one.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        signal.setitimer(signal.ITIMER_REAL, self.limits[item.nodeid])
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def pytest_sessionfinish(self) -> None:
        self._leave()
