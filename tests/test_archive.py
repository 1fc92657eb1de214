"""Archives of recordings and media: each file is whole and in the folder, and the manifest says what lies there."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import sqlite3
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cases import cases
from hypothesis import given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import (
    BadValue,
    Call,
    Conflict,
    Media,
    Message,
    MirrorCorrupt,
    NotLoaded,
    QueryError,
    Recording,
    Unauthorized,
    UnknownField,
    Unreachable,
    WritePlan,
)
from twilio_orm.archive import archiver
from twilio_orm.archive.manifest import NAME, Manifest
from twilio_orm.archive.pattern import PathPattern
from twilio_orm.http.messages import Request, Response
from twilio_orm.testing import FakeTwilio

RECORDINGS = 12
Answer = Callable[[Request, Response], Response]


@pytest.fixture
def sounds(fake: FakeTwilio) -> FakeTwilio:
    """An account with recordings."""
    fake.populate(calls=40, recordings=RECORDINGS, messages=40, days=10, seed=3)
    return fake


def connect(fake: FakeTwilio, answer: Answer) -> twilio_orm.Connection:
    """A connection whose answers for sounds are changed."""

    def send(request: Request) -> Response:
        found = fake.send(request)
        return answer(request, found) if request.target.endswith((".mp3", ".wav")) else found

    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:", retries=1)


def files(folder: Path) -> dict[str, bytes]:
    """The files of an archive by their paths, without the manifest."""
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file() and one.relative_to(folder) != Path(NAME)
    }


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / NAME).read_text().splitlines()]


def check(folder: Path) -> dict[str, Any]:
    """The manifest and the files say the same; the lines by SID."""
    found, there = {line["sid"]: line for line in lines(folder)}, files(folder)
    assert there.keys() == {line["path"] for line in found.values()}
    for line in found.values():
        assert line["sha256"] == hashlib.sha256(there[line["path"]]).hexdigest() and line["bytes"] == len(there[line["path"]]) > 0
    return found


# ---------------------------------------------------------------- what is archived


def test_recordings_are_archived_once(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    pattern, seen = tmp_path / "rec/{date}/{call_sid}-{sid}.mp3", []
    with connection:
        report = Recording.archive(pattern, workers=8, progress=lambda done, of: seen.append((done, of)))
        assert len(report.archived) == RECORDINGS and report.requests == RECORDINGS + 1 and report.bytes == RECORDINGS * 417
        assert seen == [(number, RECORDINGS) for number in range(1, RECORDINGS + 1)]
        found = check(tmp_path / "rec")
        for record in Recording.all():
            line = found[record.sid]
            assert line["path"] == f"{record.date_created:%Y-%m-%d}/{record.call_sid}-{record.sid}.mp3"
            assert line["account"] == sounds.account_sid and line["resource"] == "Recording"
            assert line["content_type"] == "audio/mpeg" and line["at"].endswith("Z")
        assert report.manifest == str(tmp_path / "rec" / NAME)
        before = (tmp_path / "rec" / NAME).read_bytes()
        with sounds.expects_requests(1):  # the list
            again = Recording.archive(pattern, workers=8, verify=True)
        assert len(again.present) == RECORDINGS and not again.archived
        assert (tmp_path / "rec" / NAME).read_bytes() == before


@pytest.mark.parametrize(("ending", "kind"), [("wav", "audio/wav"), ("{ext}", "audio/wav"), ("MP3", "audio/mpeg")])
def test_the_ending_chooses_the_format(
    sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path, ending: str, kind: str
) -> None:
    with connection:
        Recording.all()[:1].archive(tmp_path / ("{sid}." + ending))
    (line,) = check(tmp_path).values()
    assert line["content_type"] == kind and line["path"].endswith(ending.replace("{ext}", "wav"))
    assert (tmp_path / line["path"]).read_bytes()[:4] == (b"RIFF" if kind == "audio/wav" else b"\xff\xfb\x90\x00")


def test_media_have_the_endings_of_their_types(fake: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    message = fake.messages.add(num_media="3", status="received")
    for kind in ("image/jpeg", "application/pdf", "application/x-unheard-of"):
        fake.media.add(parent_sid=message["sid"], content_type=kind)
    with connection:
        report = Media.filter(parent_sid=message["sid"]).archive(tmp_path / "{parent_sid}" / "{sid}.{ext}")
    assert len(report.archived) == 3, report
    assert {(line["content_type"], line["path"].rpartition(".")[2]) for line in check(tmp_path / "").values()} == {
        ("image/jpeg", "jpg"), ("application/pdf", "pdf"), ("application/x-unheard-of", "bin"),
    }  # fmt: skip


def test_a_dry_run_writes_nothing(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    with connection, sounds.expects_requests(1):
        report = Recording.archive(tmp_path / "rec" / "{sid}.mp3", dry_run=True)
    assert (
        len(report.waiting) == RECORDINGS and str(report).startswith(f"{RECORDINGS} to download") and not list(tmp_path.iterdir())
    )
    with pytest.raises(TypeError, match="failed"):
        bool(report)


def test_an_archive_of_nothing_has_a_manifest(fake: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    with connection:
        report = Recording.archive(tmp_path / "rec" / "{sid}.mp3")
        assert not Recording.all().plan_delete(archived_in=report.manifest) and not lines(tmp_path / "rec")


def test_the_asynchronous_method_does_the_same(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    with connection:
        report = asyncio.run(Recording.aarchive(tmp_path / "{sid}.mp3"))
        assert len(asyncio.run(Recording.all().aarchive(tmp_path / "{sid}.mp3")).present) == len(report.archived) == RECORDINGS


def test_what_is_not_final_is_skipped(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    """The file of a recording in progress would be archived before its end."""
    growing = next(iter(sounds.recordings))["sid"]
    sounds.recordings.change(growing, status="in-progress")
    sounds.recordings.change(list(sounds.recordings)[1]["sid"], price=None)  # which says nothing about the file
    with connection:
        report = Recording.archive(tmp_path / "{sid}.mp3")
    assert [(one.sid, one.why) for one in report.skipped] == [(growing, "is not final yet (in-progress): archive again later")]
    assert check(tmp_path).keys() == {row["sid"] for row in sounds.recordings} - {growing}


def test_what_twilio_does_not_have_is_missing(sounds: FakeTwilio, tmp_path: Path) -> None:
    lost = next(iter(sounds.recordings))["sid"]

    def answer(request: Request, found: Response) -> Response:
        return Response(404, {"content-type": "text/plain"}) if lost in request.target else found

    with connect(sounds, answer):
        report = Recording.archive(tmp_path / "{sid}.mp3")
    assert [one.sid for one in report.missing] == [lost] and f"missing  {lost}" in str(report)
    assert check(tmp_path).keys() == {row["sid"] for row in sounds.recordings} - {lost}


# ---------------------------------------------------------------- what cannot be archived


@pytest.mark.parametrize(
    ("pattern", "error", "match"),
    [
        ("", BadValue, "empty"), ("rec/all.mp3", BadValue, "no field in braces"), ("rec/{sid}", BadValue, ".wav or .mp3"),
        ("rec/{sid}.ogg", BadValue, ".wav or .mp3"), ("rec/{nothing}.mp3", UnknownField, "nothing"),
        ("rec/{sids}.mp3", UnknownField, "did you mean 'sid'"), ("rec/{sid.upper}.mp3", BadValue, "plain names"),
        ("rec/{sid[0]}.mp3", BadValue, "plain names"), ("rec/{sid!r}.mp3", BadValue, "plain names"),
        ("rec/{sid:>9}.mp3", BadValue, "plain names"), ("rec/{}.mp3", BadValue, "plain names"),
        ("rec/{sid.mp3", BadValue, "cannot be read"),
        ("rec/{sid}/../../{sid}.mp3", BadValue, "'..', which is no name"), ("rec/{sid}//x.mp3", BadValue, "'', which is no name"),
        ("rec/{sid}/.mp3", BadValue, "begins with a dot"), ("rec/.{sid}.mp3", BadValue, "begins with a dot"),
        ("rec/{sid}\\x.mp3", BadValue, "on every system"), ("rec/{sid}" + "x" * 260 + ".mp3", BadValue, "longer than 255"),
        ("rec/{sid}\0.mp3", BadValue, "NUL"), (7, BadValue, "not a int"),
    ],
)  # fmt: skip
def test_a_wrong_pattern_sends_nothing(
    sounds: FakeTwilio, connection: twilio_orm.Connection, pattern: Any, error: type[Exception], match: str
) -> None:
    with connection, sounds.expects_requests(0), pytest.raises(error, match=match):
        Recording.archive(pattern)


@pytest.mark.parametrize("workers", [0, 33, True, "2", None, 1.5])
def test_a_wrong_number_of_workers_sends_nothing(sounds: FakeTwilio, connection: twilio_orm.Connection, workers: Any) -> None:
    with connection, sounds.expects_requests(0), pytest.raises(BadValue, match="workers"):
        Recording.archive("rec/{sid}.mp3", workers=workers)


def test_calls_have_no_files(sounds: FakeTwilio, connection: twilio_orm.Connection) -> None:
    with connection, sounds.expects_requests(0), pytest.raises(QueryError, match="a Call has no file"):
        Call.archive("rec/{sid}.mp3")


def test_a_field_that_was_not_read_names_no_path(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    """A list shows no track; a record that was fetched by itself has it."""
    sid = list(sounds.recordings)[0]["sid"]
    with connection:
        with pytest.raises(NotLoaded, match="without track"):
            Recording.all().archive(tmp_path / "{track}-{sid}.mp3")
        assert not list(tmp_path.iterdir())
        Recording.archive(tmp_path / "{conference_sid}-{sid}.mp3")
    assert check(tmp_path)[sid]["path"] == f"without-conference_sid-{sid}.mp3"


def test_records_of_all_accounts_are_archived(fake: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    fake.populate(calls=30, recordings=12, days=5, subaccounts=2, seed=3)
    with connection:
        found = {record.sid: record.account_sid for record in Recording.all().across_accounts()}
        report = Recording.all().across_accounts().archive(tmp_path / "{account_sid}/{sid}.mp3", workers=2)
    assert len(set(found.values())) > 1 and len(report.archived) == len(found)
    assert {sid: (line["account"], line["path"]) for sid, line in check(tmp_path).items()} == {
        sid: (account, f"{account}/{sid}.mp3") for sid, account in found.items()
    }


def test_two_records_with_one_path_are_refused_before_any_download(
    sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path
) -> None:
    with connection, sounds.expects_requests(1), pytest.raises(BadValue, match="have the same path"):
        Recording.archive(tmp_path / "rec/{date}/{status}.mp3")
    assert not list(tmp_path.iterdir())


def test_the_path_of_another_record_in_the_manifest_is_refused(
    sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path
) -> None:
    first, second = (row["sid"] for row in list(sounds.recordings)[:2])
    with connection:
        Recording.filter(sid=first).archive(tmp_path / "{status}.mp3")
        with pytest.raises(BadValue, match=f"is the file of {first}"):
            Recording.filter(sid=second).archive(tmp_path / "{status}.mp3")
    assert check(tmp_path).keys() == {first}


def test_the_manifest_is_no_file_of_a_record(fake: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    message = fake.messages.add(num_media="1", status="received")
    fake.media.add(parent_sid=message["sid"], content_type="manifest.jsonl")
    with connection, pytest.raises(BadValue, match="the manifest and ME"):
        Media.filter(parent_sid=message["sid"]).archive(tmp_path / "{content_type}")


def test_a_link_out_of_the_folder_is_refused(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    record = list(sounds.recordings)[0]
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / record["status"]).symlink_to(tmp_path / "elsewhere")
    with connection, sounds.expects_requests(1), pytest.raises(BadValue, match="leads out of .* symbolic link"):
        Recording.archive(tmp_path / "rec/{status}/{sid}.mp3")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_file_of_somebody_elses_is_never_replaced(
    sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path
) -> None:
    """But one with the same bytes is taken for the archive's: a crash came before its line."""
    first, second = (row["sid"] for row in list(sounds.recordings)[:2])
    (tmp_path / f"{first}.mp3").write_bytes(b"mine")
    with connection:
        Recording.filter(sid=second).archive(tmp_path / "{sid}.mp3")
        (tmp_path / NAME).unlink()
        report = Recording.archive(tmp_path / "{sid}.mp3")
    assert [one.sid for one in report.failed] == [first] and "another file is at" in report.failed[0].why
    assert (tmp_path / f"{first}.mp3").read_bytes() == b"mine" and len(report.archived) == RECORDINGS - 1
    assert {line["sid"] for line in lines(tmp_path)} == {row["sid"] for row in sounds.recordings} - {first}


TEXTS = st.text(max_size=40) | st.sampled_from(
    ["..", ".", "/", "../../etc/passwd", "C:\\x", "a/b", "\0", "\n", "~", "con", "\ud800"]
)


@settings(max_examples=cases(100, thorough=2000), deadline=None)
@given(
    st.lists(TEXTS, min_size=3, max_size=3), st.sampled_from(["{status}/{sid}", "x-{status}-{sid}", "{status}{source}/a{sid}"])
)
def test_no_value_leads_out_of_the_folder(values: list[str], text: str) -> None:
    """A path is that of a plain name in folders below the archive's, or it is refused."""
    pattern = PathPattern(f"/srv/rec/{text}.wav", Recording.api_schema, Recording.file_formats)
    assert pattern.folder == "/srv/rec"
    try:
        path = pattern.path(dict(zip(("status", "sid", "source"), values, strict=True)), "wav")
    except BadValue:
        return
    assert path.count("/") == text.count("/") and path == os.path.normpath(path) and not os.path.isabs(path)
    assert not any(one in path for one in "\\:\0\n") and path.isprintable()
    assert all(part not in ("", ".", "..") and not part.startswith(".") for part in path.split("/"))


# ---------------------------------------------------------------- runs that were interrupted


def test_a_run_that_was_refused_goes_on(sounds: FakeTwilio, tmp_path: Path) -> None:
    sent: list[str] = []

    def answer(request: Request, found: Response) -> Response:
        sent.append(request.target)
        return Response(401, {"content-type": "application/json"}, b'{"code": 20003}') if len(sent) == 5 else found

    with connect(sounds, answer):
        with pytest.raises(Unauthorized):
            Recording.archive(tmp_path / "{sid}.mp3", workers=1)
        assert len(check(tmp_path)) == 4
        report = Recording.archive(tmp_path / "{sid}.mp3", workers=1)
        assert (len(report.present), len(report.archived)) == (4, RECORDINGS - 4)
    assert len(check(tmp_path)) == RECORDINGS and len(sent) == RECORDINGS + 1


def cut(found: Response) -> Response:
    """An answer whose second half does not come."""

    def pieces() -> Iterator[bytes]:
        yield found.body[: len(found.body) // 2]

    return Response(200, {**found.headers, "content-length": str(len(found.body))}, chunks=pieces())


def test_a_download_that_is_cut_off_is_tried_again(sounds: FakeTwilio, tmp_path: Path) -> None:
    sent: list[str] = []

    def answer(request: Request, found: Response) -> Response:
        sent.append(request.target)
        return cut(found) if sent.count(request.target) < archiver.TRIES else found

    with connect(sounds, answer):
        assert len(Recording.archive(tmp_path / "{sid}.mp3").archived) == RECORDINGS
    assert len(check(tmp_path)) == RECORDINGS and len(sent) == RECORDINGS * archiver.TRIES


def test_a_file_that_is_always_cut_off_fails_and_leaves_nothing(sounds: FakeTwilio, tmp_path: Path) -> None:
    bad = {row["sid"] for row in list(sounds.recordings)[::4]}

    def answer(request: Request, found: Response) -> Response:
        return cut(found) if any(sid in request.target for sid in bad) else found

    with connect(sounds, answer):
        report = Recording.archive(tmp_path / "{sid}.mp3")
    assert {one.sid for one in report.failed} == bad and all(isinstance(one.error, Unreachable) for one in report.failed)
    assert check(tmp_path).keys() == {row["sid"] for row in sounds.recordings} - bad


def test_a_network_that_is_down_ends_the_run(sounds: FakeTwilio, tmp_path: Path) -> None:
    with connect(sounds, lambda _, found: cut(found)), pytest.raises(Unreachable):
        Recording.archive(tmp_path / "{sid}.mp3", workers=1)
    assert not files(tmp_path) and not lines(tmp_path)


def test_a_manifest_that_was_cut_off_anywhere_is_completed(
    sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path
) -> None:
    """Only the file of the last line is downloaded again, and none if only the newline is missing."""
    with connection:
        Recording.all()[:3].archive(tmp_path / "{sid}.mp3", workers=1)
        whole = (tmp_path / NAME).read_bytes()
        start = whole[:-1].rindex(b"\n") + 1
        for end in (start, start + 1, start + 20, len(whole) - 2, len(whole) - 1):
            (tmp_path / NAME).write_bytes(whole[:end])
            report = Recording.all()[:3].archive(tmp_path / "{sid}.mp3", workers=2)
            assert len(report.present) == (3 if end == len(whole) - 1 else 2)
            assert len(check(tmp_path)) == 3 and (tmp_path / NAME).read_bytes().startswith(whole[:start])


def test_another_line_that_cannot_be_read_is_an_error(
    sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path
) -> None:
    (tmp_path / NAME).write_text('{"sid": 1}\n')
    with connection, sounds.expects_requests(0), pytest.raises(BadValue, match="line 1 of .*manifest"):
        Recording.archive(tmp_path / "{sid}.mp3")


@pytest.mark.parametrize("verify", [False, True])
def test_a_file_that_was_damaged_is_downloaded_again(
    sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path, verify: bool
) -> None:
    """One of another size always, one of other bytes where checksums are compared."""
    with connection:
        Recording.archive(tmp_path / "{sid}.mp3")
        shorter, other, lost = (tmp_path / line["path"] for line in lines(tmp_path)[:3])
        shorter.write_bytes(shorter.read_bytes()[:-1])
        other.write_bytes(b"x" * other.stat().st_size)
        lost.unlink()
        report = Recording.archive(tmp_path / "{sid}.mp3", verify=verify)
    assert {one.path for one in report.archived} == {one.name for one in ((shorter, other, lost) if verify else (shorter, lost))}
    assert len(check(tmp_path) if verify else files(tmp_path)) == RECORDINGS


def test_what_a_killed_run_left_is_removed(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    with connection:
        Recording.archive(tmp_path / "{date}/{sid}.mp3")
        folder = (tmp_path / lines(tmp_path)[0]["path"]).parent
        (folder / f".archive-{'a' * 16}.part").write_bytes(b"half")
        (folder / ".archive-mine.part").write_bytes(b"mine")
        Recording.archive(tmp_path / "{date}/{sid}.mp3")
    assert [one.name for one in folder.iterdir() if one.name.startswith(".")] == [".archive-mine.part"]


def test_a_file_that_a_killed_run_named_is_entered_without_a_download(
    sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path
) -> None:
    """It died between the name and the line of the manifest: the file still has its other name."""
    with connection:
        Recording.archive(tmp_path / "{date}/{sid}.wav", workers=1)
        whole = (tmp_path / NAME).read_text().splitlines(keepends=True)
        last, first = (tmp_path / json.loads(line)["path"] for line in (whole[-1], whole[0]))
        (tmp_path / NAME).write_text("".join(whole[:-1]))
        os.link(last, last.parent / f".archive-{'b' * 16}.part")
        os.link(first, first.parent / f".archive-{'c' * 16}.part")  # it died right after the line
        with sounds.expects_requests(1):
            report = Recording.archive(tmp_path / "{date}/{sid}.wav")
    assert len(report.present) == RECORDINGS == len(check(tmp_path)) and not list(tmp_path.rglob(".archive-*"))


def test_a_folder_that_is_a_file_sends_nothing(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    (tmp_path / "rec").write_text("mine")
    with connection, sounds.expects_requests(0), pytest.raises(BadValue, match="is no folder"):
        Recording.archive(tmp_path / "rec" / "{sid}.mp3")


def test_two_runs_in_one_folder_exclude_each_other(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with connection, Manifest(tmp_path).writing(), pytest.raises(Conflict, match="another process is archiving"):
        Recording.archive(tmp_path / "{sid}.mp3")
    assert not files(tmp_path)


def test_a_file_is_never_in_memory_as_a_whole(sounds: FakeTwilio, tmp_path: Path) -> None:
    size, piece = 24 * 2**20, b"\xff\xfb\x90\x00" + bytes(2**16 - 4)

    def answer(_: Request, __: Response) -> Response:
        return Response(200, {"content-type": "audio/mpeg"}, chunks=iter([piece] * (size // len(piece))))

    with connect(sounds, answer):
        records = Recording.all()[:2]
        tracemalloc.start()
        try:
            report = records.archive(tmp_path / "{sid}.mp3", workers=2)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert report.bytes == 2 * size and peak < 8 * 2**20, peak


# ---------------------------------------------------------------- deletion of what is archived


@pytest.mark.parametrize("way", [lambda report: report.manifest, lambda report: Path(report.manifest).parent])
def test_what_is_archived_is_deleted(
    sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path, way: Callable[[Any], Any]
) -> None:
    with connection:
        report = Recording.archive(tmp_path / "{sid}.wav", workers=4)
        plan = Recording.all().plan_delete(archived_in=way(report))
        assert len(plan) == RECORDINGS and f"archived as {report.archived[0].path}" in plan.text(None)
        done = plan.apply()
    assert len(done.ok) == RECORDINGS and not [row for row in sounds.recordings if row["status"] != "deleted"]
    assert len(check(tmp_path)) == RECORDINGS


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "lost": (lambda path: path.unlink(), "is not there"),
    "shorter": (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes, not the"),
    "empty": (lambda path: path.write_bytes(b""), "has 0 bytes"),
    "other bytes": (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"?"), "another checksum"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "no regular file"),
    "a link": (
        lambda path: (path.rename(path.with_suffix(".old")), path.symlink_to(path.with_suffix(".old"))),
        "no regular file",
    ),
    "elsewhere": (
        lambda path: (path.parent.rename(path.parents[2] / "elsewhere"), path.parent.symlink_to(path.parents[2] / "elsewhere")),
        "leads out of",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("when", ["before the plan", "before apply", "after a restart"])
def test_what_does_not_lie_there_is_not_deleted(
    sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path, damage: str, when: str
) -> None:
    change, why = DAMAGES[damage]
    with connection:
        report = Recording.archive(tmp_path / "rec/{sid}/{sid}.wav")
        path = tmp_path / "rec" / report.archived[5].path
        if when == "before the plan":
            change(path)
        plan = Recording.all().plan_delete(archived_in=report.manifest)
        if when != "before the plan":
            assert len(plan) == RECORDINGS
            change(path)
        done = (WritePlan.load(plan.id) if when == "after a restart" else plan).apply(workers=2)
    assert len(done.ok) == RECORDINGS - 1 and [one.sid for one in done.skipped] == [report.archived[5].sid]
    assert why in done.skipped[0].why and why in str(done)
    assert [row["sid"] for row in sounds.recordings if row["status"] != "deleted"] == [report.archived[5].sid]


def test_a_file_that_is_lost_between_two_tries_is_noticed(sounds: FakeTwilio, tmp_path: Path) -> None:
    """A DELETE that was answered with 429 was not carried out; its file is read again before the next one."""
    lost: list[Path] = []

    def send(request: Request) -> Response:
        if request.method == "DELETE" and not lost:
            lost.append(tmp_path / f"{request.target.rpartition('/')[2].removesuffix('.json')}.wav")
            lost[0].unlink()
            return Response(429, {"retry-after": "0"})
        return sounds.send(request)

    with twilio_orm.connect(sounds.account_sid, sounds.auth_token, transport=send, mirror=":memory:", retries=1):
        report = Recording.archive(tmp_path / "{sid}.wav")
        done = Recording.all().plan_delete(archived_in=report.manifest).apply(workers=1)
    assert [one.sid for one in done.skipped] == [lost[0].stem] and len(done.ok) == RECORDINGS - 1


def test_what_is_not_in_the_manifest_is_skipped(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    with connection:
        report = Recording.all()[:4].archive(tmp_path / "{sid}.wav")
        plan = Recording.all().plan_delete(archived_in=report.manifest)
    assert len(plan) == 4 and {step.sid for step in plan if step.verb} == {one.sid for one in report.archived}
    assert {step.why for step in plan if not step.verb} == {"is not in the archive's manifest"}


def test_another_accounts_archive_deletes_nothing(sounds: FakeTwilio, connection: twilio_orm.Connection, tmp_path: Path) -> None:
    with connection:
        Recording.archive(tmp_path / "{sid}.wav")
        text = (tmp_path / NAME).read_text()
        (tmp_path / NAME).write_text(text.replace(sounds.account_sid, "AC" + "0" * 32))
        assert not Recording.all().plan_delete(archived_in=tmp_path)
        (tmp_path / NAME).write_text(text.replace('"path": "', '"path": "../' + tmp_path.name + "/"))
        plan = Recording.all().plan_delete(archived_in=tmp_path)
    assert not plan and all("leads out of" in step.why for step in plan)


@pytest.mark.parametrize("wrong", ["", "nowhere", "nowhere/manifest.jsonl", 7, "a\0b"])
def test_a_manifest_that_is_not_there_sends_nothing(sounds: FakeTwilio, connection: twilio_orm.Connection, wrong: Any) -> None:
    with connection, sounds.expects_requests(0):
        with pytest.raises(BadValue, match="manifest"):
            Recording.all().plan_delete(archived_in=wrong)
        with pytest.raises(QueryError, match="a Message has none"):
            Message.all().plan_delete(archived_in=wrong)


def test_a_damaged_journal_deletes_nothing(sounds: FakeTwilio, tmp_path: Path) -> None:
    """The archived file of a step that cannot be read is an error, and not a step without an archive."""
    path = tmp_path / "mirror.db"
    with twilio_orm.connect(sounds.account_sid, sounds.auth_token, transport=sounds.send, mirror=path):
        report = Recording.archive(tmp_path / "{sid}.wav")
        plan = Recording.all().plan_delete(archived_in=report.manifest)
        with contextlib.closing(sqlite3.connect(path)) as bare, bare:
            bare.execute("UPDATE mirror_steps SET fields = replace(fields, 'sha256', 'sha1')")
        with pytest.raises(MirrorCorrupt, match="archived file"):
            plan.apply()
    assert not [row for row in sounds.recordings if row["status"] == "deleted"]
