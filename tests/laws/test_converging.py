"""Sync converges: whatever happened while it was not looking, or while it was, a quiet one later the mirror holds the account.

After any schedule of lives, changes, trouble and crashes, once all lives are over, one incremental sync of each resource finds
every record that Twilio lists, as it is. What is tolerated until a full sync is exactly this:

* a record that the mirror holds in a state it truly had, and in which a sync is right never to look again: final, with its
  price where it is billed, or begun longer than ``settle_for`` ago. It was edited or deleted behind that;
* one record for each that was removed between two pages where that hides a neighbour (``deletion_hides``): it may be lacking.

Two full syncs a day and more apart find those, too: the mirror is the account, what was deleted is gone, what Twilio does not
keep any longer stays. And an incremental sync asks no more than its plan explains.

Among the records are such as never get their window's time, in any status; some lists are cut into windows; and while a sync is
under way another one may happen, from its beginning to its end.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cases import cases
from explaining import unexplained
from syncing import MODELS, Step, World, at_rest, began, same

import twilio_orm
from twilio_orm import Recording, connecting
from twilio_orm.mirror import bulk_load
from twilio_orm.sync import windows

pytestmark = pytest.mark.law

SCHEDULES = cases(60, thorough=2000, few=10)
AT_ONCE = cases(30, thorough=50, few=5)
SETTLE_FOR = timedelta(days=15)
NAMES = [model.__name__ for model in MODELS]
measured: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few tables, and page sizes that are put back."""
    monkeypatch.setattr(connecting, "SCHEMAS", [model.api_schema for model in MODELS])
    monkeypatch.setattr(windows, "PAGES", 2)
    monkeypatch.setattr(bulk_load, "FEW", 4)  # files are filled without some indexes
    for model in MODELS:
        monkeypatch.setattr(model.api_schema, "page_size", model.api_schema.page_size)


# ---------------------------------------------------------------- schedules


def schedule(seed: int) -> list[Step]:
    """What happens, in at most ten days."""
    chance = random.Random(f"schedule {seed}")
    names = chance.choice((NAMES, NAMES, [chance.choice(NAMES)], [chance.choice(NAMES)]))
    steps: list[Step] = []
    left = 10.0 * 86400
    for _ in range(chance.choice((3, 8, 15, 30))):
        word = chance.choice(("create", "create", "create", "sync", "sync", "advance", "advance", "ours", *CHANGES))
        if word == "advance":
            seconds = chance.choice((1, 20, 300, 1200, 4000, 40000, 90000, 200000)) * (0.5 + chance.random())
            if seconds < left:
                left -= seconds
                steps.append(("advance", seconds))
        elif word == "sync":
            steps.append(("sync", chance.choice(names), _how(chance), _trouble(chance, names)))
        else:
            steps.append(_change(chance, word, names))
    return steps


CHANGES = ("cancel", "delete", "remove", "change")


def _change(chance: random.Random, word: str, names: list[str]) -> Step:
    return ("ours",) if word == "ours" else (word, chance.choice(names), chance.random())


def _how(chance: random.Random) -> dict[str, Any]:
    how: dict[str, Any] = {"workers": chance.choice((1, 2, 4))}
    if chance.random() < 0.15:
        how["since"] = timedelta(days=chance.choice((1, 3, 12)))
    if chance.random() < 0.15:
        how["full"] = True
    return how


def _trouble(chance: random.Random, names: list[str]) -> Step:
    kind = chance.choice(("", "", "", "", "underneath", "underneath", "beside", "beside", *FAULTS, *CRASHES))
    when = int(chance.choice((1, 3, 10, 30)) * (0.5 + chance.random()))
    if kind == "underneath":
        words = ("create", "create", *CHANGES, "advance")
        steps = [("advance", 600.0) if word == "advance" else _change(chance, word, names) for word in chance.choices(words, k=3)]
        return (kind, when, tuple(steps))
    if kind == "beside":
        return (kind, when, (chance.choice(names), _how(chance)))
    if kind in CRASHES:
        return (kind, when, chance.random() < 0.5)
    return (kind, when, chance.choice((1, 1, 3, 8)))


FAULTS = ("429", "500", "reset_before", "reset_after", "cut_json")
CRASHES = ("crash", "crash", "absorb", "absorb", "finish_listing", "record_sweep", "drop_checkpoint")


# ---------------------------------------------------------------- the law


def wrong(seed: int, steps: list[Step], folder: Path) -> str | None:
    """What is wrong after a schedule, or None."""
    world = World(seed, folder, short=True)
    chance = random.Random(f"pages {seed}")
    for model in MODELS:
        model.api_schema.page_size = min(world.size, world.page) if chance.random() < 0.8 else 1000
    try:
        for step in steps:
            world.do(step)
        world.calm()
        for model in MODELS:
            said = quiet(world, model, chance.choice((1, 4)))
            if said:
                return f"{model.__name__}: after a quiet sync: {said}"
        for turn in (1, 2):
            for model in MODELS:
                with world.connection as connection:
                    if connection.mirror.metadata(f"full {connection.account_sid} {model.api_schema.table}"):
                        model.sync(full=True)  # goes on with one that broke off
                    report = model.sync(full=True, workers=chance.choice((1, 4)))
                if not report.whole:
                    return f"{model.__name__}: full sync {turn} is not whole: {report}"
            if turn == 1:
                world.fake.advance(timedelta(days=1, hours=1))
        for model in MODELS:
            said = exact(world, model)
            if said:
                return f"{model.__name__}: after two full syncs: {said}"
    finally:
        world.connection.close()
    measured["requests"] += len(world.fake.requests)
    return f"violations {world.fake.violations}" if world.fake.violations else None


def quiet(world: World, model: Any, workers: int) -> str | None:
    """What is wrong with one undisturbed incremental sync."""
    fake, name = world.fake, model.__name__
    with world.connection as connection:
        planned = model.sync_plan()
        broken = connection.mirror.checkpoints(fake.account_sid, model.api_schema)
        mutable = dict(connection.mirror.mutable_records(fake.account_sid, model.api_schema, fake.clock - SETTLE_FOR)[0])
        first = len(fake.requests)
        report = model.sync(workers=workers)
        asked = fake.requests[first:]
        if not report.whole:
            return f"it is not whole: {report}"
        said = None if broken else unexplained(model, planned, mutable, asked)
        if said:
            return f"{said}\nof {planned}\nasked:\n  " + "\n  ".join(map(str, asked))
        measured["quiet"] += len(asked)
        partial = {record.sid: record.to_api() for record in model.offline(partial=True)}
        try:
            whole = {record.sid: record.to_api() for record in model.offline()}
        except twilio_orm.NotCovered as error:
            return f"it is not covered: {error}"
        left, _ = connection.mirror.mutable_records(fake.account_sid, model.api_schema, fake.clock - SETTLE_FOR)
    if partial != whole:
        return "what is covered is not what there is"
    there = world.account(name)
    lacking = there.keys() - whole.keys()
    if len(lacking) > world.hidden:
        return f"lacks {[there[sid] for sid in lacking][:2]}"
    doubtful = world.doubtful(name)
    if nobody := [sid for sid, _ in left if sid not in there and began(name, whole[sid]) >= doubtful]:
        return f"{nobody} may still change, it says, and are not there any more"
    for sid, held in whole.items():
        if held == there.get(sid) or (sid not in there and began(name, held) < doubtful):
            continue
        if not at_rest(name, held, fake.clock - SETTLE_FOR):
            return f"{held}\nis now {there.get(sid)}"
        if not any(same(held, state) for _, state in world.history[sid]):
            return f"was never like this: {held}"
        measured["behind"] += 1
    return None


def exact(world: World, model: Any) -> str | None:
    """What is wrong with a mirror that heard everything twice."""
    with world.connection as connection:
        held = {record.sid: record.to_api() for record in model.offline()}
        ever = {record.sid: record.to_api() for record in model.offline(partial=True).with_gone()}
        there = world.account(model.__name__)
        gone = ever.keys() - {
            sid for (sid,) in connection.sql(f"SELECT sid FROM {model._meta.table_name} WHERE mirror_gone IS NULL")
        }
    doubtful = world.doubtful(model.__name__)
    aged = {sid for sid, one in ever.items() if sid not in there and began(model.__name__, one) < doubtful}
    alive = {row["sid"] for row in world.rows(model.__name__) if row["status"] != "deleted"}
    if lost := (ever.keys() & alive) - held.keys():
        return f"{[ever[sid] for sid in lost][:2]} were never deleted"
    for sid in there.keys() | held.keys() - aged:
        if held.get(sid) != there.get(sid):
            return f"holds {held.get(sid)}\nand there is {there.get(sid)}"
    for sid in ever.keys() - held.keys() - gone - aged:
        if ever[sid]["status"] != "deleted":
            return f"is neither there nor gone: {ever[sid]}"
    measured["gone"] += len(gone)
    measured["aged"] += len(aged & held.keys())
    return None


# ---------------------------------------------------------------- tests


@pytest.mark.parametrize("start", range(0, SCHEDULES, AT_ONCE))
def test_sync_converges(start: int, tmp_path: Path) -> None:
    """Every schedule ends with the mirror equal to the account."""
    for seed in range(start, start + AT_ONCE):
        steps = schedule(seed)
        measured["schedules"] += 1
        said = told(seed, steps, tmp_path)
        if said:
            steps, said = shrink(seed, steps, said, tmp_path)
            lines = "\n  ".join(map(repr, steps))
            pytest.fail(f"schedule {seed}:\n  {lines}\n{said}", pytrace=False)


def test_what_is_listed_late_is_found_on_the_other_side_of_midnight() -> None:
    """A recording of yesterday that no list showed until after today's first sync."""
    world = World(0)
    world.fake.advance(timedelta(hours=35, minutes=50) - timedelta(hours=world.fake.clock.hour))
    world.fake.settings.list_lag, world.drift = timedelta(minutes=50), 0
    call = world.fake.calls.add(status="in-progress", start_time=world.fake.clock)["sid"]
    with world.connection:
        Recording.sync()
        world.post("POST", f"Calls/{call}/Recordings")
        world.fake.advance(timedelta(minutes=20))
        Recording.sync()
        assert not Recording.offline().filter(call_sid=call).exists()
        world.fake.advance(timedelta(hours=1))
        Recording.sync()
        assert Recording.offline().filter(call_sid=call).count() == 1
    world.connection.close()


def told(seed: int, steps: list[Step], folder: Path) -> str | None:
    """What is wrong, be it an exception."""
    for one in folder.glob(f"{seed}.db*"):
        one.unlink()
    try:
        return wrong(seed, steps, folder)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def shrink(seed: int, steps: list[Step], said: str, folder: Path) -> tuple[list[Step], str]:
    """Fewer steps that go wrong as well."""
    at = 0
    while at < len(steps):
        fewer = [*steps[:at], *steps[at + 1 :]]
        less = told(seed, fewer, folder)
        steps, said, at = (fewer, less, at) if less else (steps, said, at + 1)
    return steps, said


@pytest.mark.slow
def test_the_schedules_are_worth_it() -> None:
    """Most of what may happen did happen."""
    if measured["schedules"] < SCHEDULES:
        pytest.skip("the schedules above did not all run")
    assert measured["behind"] > SCHEDULES // 10, measured
    assert measured["gone"] > SCHEDULES // 2, measured
    assert measured["aged"] > SCHEDULES // 10, measured
