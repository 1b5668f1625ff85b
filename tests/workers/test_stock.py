"""A cache that stays as large as it may be: what was used the longest ago goes, and never what a run has in hand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity_kit import route

from parity.cases.case import Case
from parity.errors import ParityError
from parity.layers import ReLU
from parity.running import cache
from parity.running.cache import fetch, scratch
from parity.running.stock import Entry, entries, remove, surplus, trim
from tests.workers.conftest import Runner
from tests.workers.test_cache import CONTENT, FACTS, Box

BYTES = sum(map(len, CONTENT.values()))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with scratch(tmp_path / "cache") as folder:
        yield Box(tmp_path / "cache", folder)


def fill(box: Box, *keys: str) -> None:
    """Store entries, each used a day after the one before; the folders they were made in are gone, as after a run."""
    for n, key in enumerate(keys):
        os.utime(box.store(key), times=(n * 86400, n * 86400))
    for folder in box.scratch.iterdir():
        shutil.rmtree(folder)


def keys(box: Box) -> list[str]:
    return [entry.path.name for entry in entries(box.cache)]


def test_entries_come_with_what_they_are_that_used_the_longest_ago_first(box: Box) -> None:
    fill(box, "b", "a")
    assert keys(box) == ["b", "a"]
    one = entries(box.cache)[1]
    assert (one.used, one.exporter, one.linked) == (86400, FACTS["exporter"], False)
    assert one.size == BYTES + (one.path / "entry.json").stat().st_size


def test_what_is_fetched_counts_as_used(box: Box) -> None:
    fill(box, "a", "b")
    box.fetch("a")
    assert keys(box) == ["b", "a"]


def test_a_cache_is_brought_down_to_its_limit_and_what_is_left_holds(box: Box) -> None:
    fill(box, "a", "b", "c")
    size = entries(box.cache)[0].size
    trim(box.cache, 3 * size)
    assert keys(box) == ["a", "b", "c"]
    trim(box.cache, 3 * size - 1)
    assert keys(box) == ["b", "c"]
    assert box.fetch("a") is None
    assert box.fetch("b") == CONTENT


def test_what_a_run_has_linked_stays_whatever_the_limit(box: Box) -> None:
    fill(box, "a", "b")
    kept = fetch(box.cache, "a", box.folder())
    assert kept is not None
    trim(box.cache, 0)
    assert keys(box) == ["a"]


def test_what_is_cleared_while_a_run_has_it_stays_that_run_s(box: Box) -> None:
    fill(box, "a")
    kept = fetch(box.cache, "a", box.folder())
    assert kept is not None
    remove(box.cache, entries(box.cache))
    assert keys(box) == []
    assert {name: path.read_bytes() for name, path in kept.files.items()} == CONTENT


def test_an_entry_that_goes_while_it_is_fetched_is_a_miss_and_no_damage(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(box, "a")
    link = cache._link

    def late(source: Path, target: Path) -> None:
        remove(box.cache, entries(box.cache))
        link(source, target)

    monkeypatch.setattr(cache, "_link", late)
    assert box.fetch("a") is None


def test_half_an_entry_that_a_dead_process_left_goes_with_the_next_run(box: Box) -> None:
    fill(box, "a")
    (box.cache / "exports" / "a").rename(box.cache / "removed-0")
    with scratch(box.cache):
        assert not (box.cache / "removed-0").exists()


def test_a_cache_that_may_not_be_written_is_one_line(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(box, "a")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(ParityError, match=r"^cache folder .*: cannot be written: Permission denied; make it writable"):
        trim(box.cache, 0)


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans())), st.integers(0, 500))
def test_no_more_goes_than_has_to_and_the_oldest_first(made: list[tuple[int, bool]], limit: int) -> None:
    found = [Entry(Path(str(n)), size, n, "", linked) for n, (size, linked) in enumerate(made)]
    gone = surplus(found, limit)
    left = sum(entry.size for entry in found if entry not in gone)
    assert left <= limit or all(entry.linked for entry in found if entry not in gone)
    assert gone == [entry for entry in found if not entry.linked][: len(gone)]
    assert not gone or left + gone[-1].size > limit


def test_a_run_leaves_a_cache_no_larger_than_it_may_be(run: Runner, tmp_path: Path) -> None:
    # An entry is of a structure, so each case is of one of its own.
    checks = [(Case(f"rows-{n}", ReLU(), (2, 3, n, 5)), route("kit>reader")) for n in (4, 6, 7)]
    run(checks)
    size = entries(tmp_path / "cache")[0].size
    run(checks, cache_limit=2 * size + size // 2)
    assert len(entries(tmp_path / "cache")) == 2
    run(checks, cache_limit=0)
    assert entries(tmp_path / "cache") == []
