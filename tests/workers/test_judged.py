"""A judgement is taken from the cache only for the very bits, question and code that it was made of, and only if it passed."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parity_kit import CATALOG, case, route

from parity.cases import Case
from parity.judging.judge import Judge, Judgement
from parity.judging.observation import Observation, load, save
from parity.layers import Conv2D, LeakyReLU
from parity.routes.catalog import Route
from parity.running import jobs, judged, steps
from parity.running.cache import JUDGEMENTS
from parity.running.judged import JUDGES, judged_key
from tests.workers.conftest import Runner

ONE, ROUTE = case("one"), route("kit")


class Box:
    """An observation, a cache, and how often the judge was asked."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.seen, self.kept, self.arrays = folder / "seen.pickle", folder / "cache", folder / "arrays.npz"
        self.kept.mkdir()
        steps.run_step(ONE, 0, ROUTE, CATALOG, None, self.seen)
        self.asked = 0
        real = Judge.judge

        def counted(judge: Judge, *given: Any, **options: Any) -> Judgement:
            self.asked += 1
            return real(judge, *given, **options)

        patch.setattr(Judge, "judge", counted)

    def judge(self) -> Judgement:
        return jobs.judge(ONE, 0, ROUTE, self.seen, self.arrays, self.kept)

    def change(self, by: float) -> None:
        found: Observation = load(self.seen)
        ((given,),) = found.answers["data"][:1]
        given.flat[0] += np.float32(by)
        save(found, self.seen)


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    return Box(tmp_path, monkeypatch)


def test_what_repeats_to_the_bit_is_judged_once_and_the_judgement_is_the_same(box: Box) -> None:
    first, again = box.judge(), box.judge()
    assert (first.status, again, box.asked) == ("pass", first, 1)


def test_another_bit_is_judged(box: Box) -> None:
    box.judge()
    box.change(1.0)
    assert box.judge().status == "fail"


def test_a_failure_is_judged_each_time_and_leaves_its_arrays_each_time(box: Box) -> None:
    box.change(1.0)
    for _ in range(2):
        assert box.judge().status == "fail"
        box.arrays.unlink()
    assert box.asked == 2


@pytest.mark.parametrize(
    "sql",
    [
        """UPDATE judgements SET said = CAST('{"status":"pass"}' AS BLOB)""",
        "UPDATE judgements SET said = x'7b'",
        "UPDATE judgements SET key = key || 'x'",
    ],
)
def test_what_does_not_hold_is_judged(box: Box, sql: str) -> None:
    first = box.judge()
    with sqlite3.connect(box.kept / JUDGEMENTS) as store:
        store.execute(sql)
    store.close()
    assert (box.judge(), box.asked) == (first, 2)


def test_a_store_that_is_none_costs_no_verdict(box: Box) -> None:
    (box.kept / JUDGEMENTS).write_bytes(b"no database")
    assert [box.judge().status for _ in range(2)] == ["pass", "pass"]
    assert box.asked == 2


def test_the_oldest_are_let_go(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged, "MOST", 2)
    passed = box.judge()
    for key in "abc":
        judged.keep(box.kept, key, passed)
    assert [judged.recalled(box.kept, key) is not None for key in "abc"] == [False, True, True]


OTHERS: dict[str, tuple[Case, int, Route]] = {
    "name": (case("two"), 0, ROUTE),
    "tag": (case("one", "pictures"), 0, ROUTE),
    "layer": (replace(ONE, model=LeakyReLU(0.1)), 0, ROUTE),
    "field": (replace(ONE, model=LeakyReLU(0.2)), 0, ROUTE),
    "weights": (replace(ONE, model=Conv2D(3, 2, 1)), 0, ROUTE),
    "scale": (replace(ONE, scale=2.0), 0, ROUTE),
    "seed": (ONE, 1, ROUTE),
    "tf32": (ONE, 0, replace(ROUTE, options=("tf32",))),
    "device": (ONE, 0, replace(ROUTE, device="cuda")),
    "file": (ONE, 0, route("kit>reader")),
}


def test_whatever_is_asked_otherwise_has_another_key(box: Box) -> None:
    keys = {what: judged_key(*asked, box.seen) for what, asked in OTHERS.items()}
    assert len({judged_key(ONE, 0, ROUTE, box.seen), *keys.values()}) == 1 + len(OTHERS)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of parity's code that the key is taken of."""
    shutil.copytree(judged.ROOT, tmp_path / "parity", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(judged, "ROOT", tmp_path / "parity")
    judged._judges.cache_clear()
    yield tmp_path / "parity"
    judged._judges.cache_clear()


@pytest.mark.parametrize("module", ["operators/activation.py", "judging/oracle.py", "layers/activation.py"])
def test_other_code_that_judges_has_another_key(box: Box, copied: Path, module: str) -> None:
    before = judged_key(ONE, 0, ROUTE, box.seen)
    with (copied / module).open("a") as file:
        file.write("# changed\n")
    judged._judges.cache_clear()
    assert judged_key(ONE, 0, ROUTE, box.seen) != before


def test_all_of_parity_that_the_judge_imports_is_in_the_key() -> None:
    said = "import sys, parity.judging.judge; print(*(m for m in sys.modules if m.startswith('parity.')))"
    made = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    rooms = {room.removesuffix(".py").replace("/", ".") for room in JUDGES}
    imported = [name.removeprefix("parity.") for name in made.stdout.split()]
    assert "judging.oracle" in imported
    assert [name for name in imported if not any(f"{name}.".startswith(f"{room}.") for room in rooms)] == []


def test_a_warm_run_says_what_the_cold_one_said_and_none_is_kept_without_the_cache(run: Runner, tmp_path: Path) -> None:
    checks = [(ONE, ROUTE), (case("off", "run:wrong"), ROUTE)]
    assert not (tmp_path / "cache" / JUDGEMENTS).exists()
    bare = run(checks, use_cache=False)
    assert not (tmp_path / "cache" / JUDGEMENTS).exists()
    for ended in (run(checks), run(checks)):
        for name, check in ended.items():
            assert (check.status, check.ratio, check.probes) == (bare[name].status, bare[name].ratio, bare[name].probes)
    assert (tmp_path / "cache" / JUDGEMENTS).exists()
