"""Entries that hold, entries that do not, and scratch folders of the living and the dead."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.running.cache import ENTRY, Damaged, fetch, scratch, store

CONTENT = {"shipped.onnx": b"the network", "integer.onnx": b"", "shipped.onnx.data": bytes(range(256)) * 50}
FACTS = {"exporter": "writer", "variants": {"shipped": "shipped.onnx"}}


class Box:
    """A cache with a scratch folder, and ways in and out of it."""

    def __init__(self, cache: Path, scratch: Path) -> None:
        self.cache, self.scratch, self._numbers = cache, scratch, count()

    def folder(self) -> Path:
        made = self.scratch / f"f{next(self._numbers)}"
        made.mkdir()
        return made

    def store(self, key: str = "k") -> Path:
        folder = self.folder()
        for name, data in CONTENT.items():
            (folder / name).write_bytes(data)
        store(self.cache, key, folder, sorted(CONTENT), FACTS)
        return self.cache / "exports" / key

    def fetch(self, key: str = "k") -> dict[str, bytes] | None:
        kept = fetch(self.cache, key, self.folder())
        if kept is None:
            return None
        assert kept.facts == FACTS
        return {name: path.read_bytes() for name, path in kept.files.items()}


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with scratch(tmp_path / "cache") as folder:
        yield Box(tmp_path / "cache", folder)


def test_what_is_stored_comes_back(box: Box) -> None:
    assert box.fetch() is None
    box.store()
    assert box.fetch() == CONTENT


def test_storing_twice_keeps_one_entry_that_holds(box: Box) -> None:
    box.store()
    box.store()
    assert box.fetch() == CONTENT
    assert [path.name for path in (box.cache / "exports").iterdir()] == ["k"]


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGE = {
    "a flipped bit": (lambda entry: _flip(entry / "shipped.onnx"), "shipped.onnx is not what was stored"),
    "a file cut off": (
        lambda entry: os.truncate(entry / "shipped.onnx.data", 100),
        "shipped.onnx.data is not what was stored",
    ),
    "an emptied file": (lambda entry: os.truncate(entry / "shipped.onnx", 0), "shipped.onnx is not what was stored"),
    "a file lost": (lambda entry: (entry / "integer.onnx").unlink(), "integer.onnx is missing"),
    "no index": (lambda entry: (entry / ENTRY).unlink(), f"{ENTRY} is missing"),
    "half an index": (lambda entry: os.truncate(entry / ENTRY, 60), f"{ENTRY} cannot be read"),
    "another index": (lambda entry: (entry / ENTRY).write_text("[]"), f"{ENTRY} cannot be read"),
    "an edited index": (
        lambda entry: (entry / ENTRY).write_text((entry / ENTRY).read_text().replace("writer", "wroter")),
        f"{ENTRY} is not what was stored",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named_and_the_entry_removed_so_that_it_is_made_again(box: Box, name: str) -> None:
    spoil, said = DAMAGE[name]
    entry = box.store()
    spoil(entry)
    into = box.folder()
    with pytest.raises(Damaged, match=f"^{said}$"):
        fetch(box.cache, "k", into)
    assert not entry.exists()
    assert list(into.iterdir()) == []
    assert box.fetch() is None
    box.store()
    assert box.fetch() == CONTENT


def test_an_entry_under_another_key_does_not_hold(box: Box) -> None:
    box.store().rename(box.cache / "exports" / "other")
    with pytest.raises(Damaged, match="is of another entry"):
        box.fetch("other")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_any_byte_is_seen_or_changes_nothing(box: Box, data: st.DataObject) -> None:
    entry = box.cache / "exports" / "k"
    shutil.rmtree(entry, ignore_errors=True)
    box.store()
    path = entry / data.draw(st.sampled_from([ENTRY, "shipped.onnx", "shipped.onnx.data"]))
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        assert box.fetch() == CONTENT
    except Damaged:
        assert not entry.exists()


def test_what_was_fetched_stays_when_another_run_takes_the_entry_away(box: Box) -> None:
    entry = box.store()
    kept = fetch(box.cache, "k", box.folder())
    assert kept is not None
    shutil.rmtree(entry)
    assert {name: path.read_bytes() for name, path in kept.files.items()} == CONTENT


def test_a_file_system_without_links_is_served_by_copies(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    box.store()
    assert box.fetch() == CONTENT


def test_the_cache_keeps_itself_out_of_version_control_and_backups(box: Box) -> None:
    assert (box.cache / ".gitignore").read_text() == "*\n"
    assert (box.cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_a_scratch_folder_is_gone_at_the_end_whatever_happened(tmp_path: Path) -> None:
    def fail() -> None:
        with scratch(tmp_path) as folder:
            (folder / "sub").mkdir()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.glob("scratch-*")) == []


def test_scratch_folders_of_the_dead_are_removed_and_of_the_living_kept(tmp_path: Path) -> None:
    with scratch(tmp_path) as alive:
        dead = tmp_path / "scratch-1-dead"
        dead.mkdir()
        (dead / "observation.npz").write_bytes(b"x")
        dead.with_suffix(".lock").touch()
        lockless = tmp_path / "scratch-2-older"
        lockless.mkdir()
        with scratch(tmp_path) as second:
            assert alive.is_dir()
            assert second.is_dir()
            assert not dead.exists()
            assert not dead.with_suffix(".lock").exists()
            assert not lockless.exists()
        assert alive.is_dir()


def test_a_run_holds_its_lock_as_long_as_it_lives(tmp_path: Path) -> None:
    with scratch(tmp_path) as folder, folder.with_suffix(".lock").open("rb") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_the_index_names_every_file_with_its_digest(box: Box) -> None:
    index = json.loads((box.store() / ENTRY).read_text())["content"]
    assert sorted(index["files"]) == sorted(CONTENT)
    assert {len(digest) for digest in index["files"].values()} == {64}
