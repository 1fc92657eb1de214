"""As of a moment at which all was heard, the mirror says what the account was then, whatever has become of it since."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cases import cases
from syncing import MODELS, Payload, World, began, same
from test_converging import schedule

from twilio_orm import connecting

pytestmark = pytest.mark.law

SEEDS = range(cases(25, thorough=300))
Account = dict[str, dict[str, Payload]]


@pytest.fixture(autouse=True)
def _few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SCHEMAS", [model.api_schema for model in MODELS])


def heard_whole(world: World) -> tuple[datetime, Account, dict[str, float]]:
    """Two full syncs a day and more apart, while nothing changes; what the account is at that moment, and what may have aged."""
    world.drift, world.fake.settings.deletion_hides, world.fake.settings.list_lag = 0, False, timedelta(0)
    for _ in range(2):
        world.fake.advance(timedelta(days=1, hours=1))
        for model in MODELS:
            with world.connection as connection:
                if connection.mirror.metadata(f"full {connection.account_sid} {model.api_schema.table}"):
                    model.sync(full=True)  # goes on with one that broke off
                assert model.sync(full=True).whole
    at = world.fake.clock
    world.fake.advance(timedelta(seconds=1))
    names = [model.__name__ for model in MODELS]
    return at, {name: world.account(name) for name in names}, {name: world.doubtful(name) for name in names}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mirror_as_of_a_full_sync_is_the_account_as_it_was(seed: int, tmp_path: Path) -> None:
    world, moments = World(seed, tmp_path), list[tuple[datetime, Account, dict[str, float]]]()
    try:
        steps = schedule(seed)
        for part in (steps[: len(steps) // 2], steps[len(steps) // 2 :]):
            for step in part:
                world.do(step)
            moments.append(heard_whole(world))
        for step in schedule(seed + 1000):
            world.do(step)
        with world.connection:
            for at, account, doubtful in moments:
                for model in MODELS:
                    then, name = {record.sid: record.to_api() for record in model.as_of(at)}, model.__name__
                    aged = {sid for sid in then.keys() - account[name].keys() if began(name, then[sid]) < doubtful[name]}
                    assert then.keys() - aged == account[name].keys()
                    assert all(same(then[sid], payload) for sid, payload in account[name].items())
    finally:
        world.connection.close()
