"""reports/history.jsonl: one small line a check and run, bounded, and never torn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import RecordsError
from parity.records import history, shards
from parity.records.file import Records
from parity.records.history import KEPT, Point, append, entries, load
from parity.records.lines import Check
from tests.cli.conftest import ROOT
from tests.report import made


def run(n: int, *checks: Check, **changed: Any) -> Records:
    one = made.records(list(checks or [made.check("a", ratio=n / 1000)]))
    started = f"2026-01-01T00:00:{n:02}+00:00"
    return Records(msgspec.structs.replace(one.run, id=f"run-{n}", started=started, **changed), one.checks, one.end)


def test_each_run_adds_a_point_to_each_of_its_checks(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    append(path, run(1))
    append(path, run(2, made.check("a", ratio="NaN"), made.check("b", "torch@cuda", "crash", ratio=None)))
    assert load(path) == {
        "a[torch]": (
            Point("run-1", "2026-01-01T00:00:01+00:00", "pass", 0.001),
            Point("run-2", "2026-01-01T00:00:02+00:00", "pass", "NaN"),
        ),
        "b[torch@cuda]": (Point("run-2", "2026-01-01T00:00:02+00:00", "crash", None),),
    }
    assert load(tmp_path / "none.jsonl") == {}


def test_a_line_is_small_and_says_what_it_is_of() -> None:
    (entry,) = entries(run(3))
    assert json.loads(msgspec.json.encode(entry)) == {
        "case": "a",
        "route": "torch",
        "device": "cpu",
        "status": "pass",
        "ratio": 0.003,
        "run": "run-3",
        "started": "2026-01-01T00:00:03+00:00",
    }


def test_only_the_last_runs_of_each_check_are_kept_and_one_that_is_seldom_run_keeps_its_own(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    append(path, run(0, made.check("seldom")))
    for n in range(1, KEPT + 8):
        append(path, run(n))
    found = load(path)
    assert [point.run for point in found["a[torch]"]] == [f"run-{n}" for n in range(8, KEPT + 8)]
    assert [point.run for point in found["seldom[torch]"]] == ["run-0"]
    assert len(path.read_bytes().splitlines()) == KEPT + 1


def test_a_run_that_is_added_again_is_there_once(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    append(path, run(1, made.failing("a", "torch")))
    append(path, run(1))
    assert [point.status for point in load(path)["a[torch]"]] == ["pass"]


def test_what_an_interrupted_run_did_not_reach_says_nothing_of_a_check(tmp_path: Path) -> None:
    checks = [made.check("a"), made.check("b", status="not run", reason="interrupted")]
    whole, cut = run(1, *checks), run(2, *checks)
    assert cut.end is not None
    stopped = Records(cut.run, cut.checks, msgspec.structs.replace(cut.end, finished=False))
    for unfinished in (stopped, Records(cut.run, cut.checks, None)):
        assert [entry.case for entry in entries(unfinished)] == ["a"]
    assert [entry.case for entry in entries(whole)] == ["a", "b"]


def test_the_checks_of_a_merged_file_keep_their_shard_and_its_start(tmp_path: Path) -> None:
    merged = shards.merge([("oldest", run(1)), ("newest", run(2))], ["parity"])
    append(tmp_path / "h", merged)
    assert {name: [point.run for point in points] for name, points in load(tmp_path / "h").items()} == {
        "a[torch] (oldest)": ["run-1"],
        "a[torch] (newest)": ["run-2"],
    }
    assert set(load(tmp_path / "h")) == {shards.label(merged, check) for check in merged.checks}


def test_an_old_report_does_not_know_what_came_after_it(tmp_path: Path) -> None:
    for n in (1, 2, 3):
        append(tmp_path / "h", run(n))
    assert [point.run for point in load(tmp_path / "h", run(2).run.started)["a[torch]"]] == ["run-1", "run-2"]


@given(
    st.lists(
        st.one_of(st.just("line"), st.binary(max_size=40), st.just(b"[" * 5000), st.just(b"x" * 70_000)), max_size=6
    )
)
def test_lines_that_are_no_entry_are_passed_over(lines: list[Any]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "h"
        good = msgspec.json.encode(next(iter(entries(run(1)))))
        data = [good if line == "line" else line.replace(b"\n", b"") for line in lines]
        path.write_bytes(b"\n".join(data))
        if any(len(line) > history.LINE_LIMIT for line in data):
            with pytest.raises(RecordsError, match="remove it, a new one is begun"):
                load(path)
            return
        assert len(load(path).get("a[torch]", ())) == min(lines.count("line"), KEPT)
        append(path, run(2))
        assert [point.run for point in load(path)["a[torch]"]][-1] == "run-2"


PROGRAM = """
import sys
from pathlib import Path
from parity.records import history
from tests.compare.test_history import run
from tests.report import made
for n in range(15):
    history.append(Path(sys.argv[1]), run(int(sys.argv[2]) * 15 + n, made.check("a"), made.check(f"own-{sys.argv[2]}")))
"""


def test_runs_that_end_at_once_neither_tear_nor_lose_a_line(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(path), str(n)], env=environment) for n in range(3)
    ]  # fmt: skip
    assert [process.wait(timeout=120) for process in started] == [0, 0, 0]
    found = load(path)
    assert len(found["a[torch]"]) == KEPT
    for n in range(3):
        assert [point.run for point in found[f"own-{n}[torch]"]] == [f"run-{n * 15 + i}" for i in range(15)]
    assert len(path.read_bytes().splitlines()) == KEPT + 45


def test_a_run_that_holds_on_to_the_file_is_not_waited_for_forever(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "h"
    monkeypatch.setattr(history, "PATIENCE", 0.1)
    with history._alone(path), pytest.raises(OSError, match="another run holds it"):
        append(path, run(1))
    append(path, run(1))


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "h"
    append(path, run(1))
    before = path.read_bytes()
    program = (
        "import resource, sys; from pathlib import Path; from tests.compare.test_history import run, append\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: append(Path(sys.argv[1]), run(2))\n"
        "except OSError as error: print(error.strerror)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], env=environment, capture_output=True, text=True, check=True
    )
    assert "too large" in done.stdout
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [".h.lock", "h"]
