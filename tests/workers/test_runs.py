"""Whole runs in processes of their own: Ctrl-C, and two at once on one cache."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.workers.test_workers import ENVIRONMENT, ROOT, gone


def begin(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.workers.program", str(folder), *words]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
        start_new_session=True,
    )


@pytest.mark.parametrize("hang", ["sleep", "native-hang"])
def test_ctrl_c_keeps_what_ended_and_leaves_no_process_and_no_scratch(tmp_path: Path, hang: str) -> None:
    run = begin(tmp_path, "one", f"stuck=read:{hang}", "two")
    assert run.stdout is not None
    lines = [run.stdout.readline().split()[:2] for _ in range(5)]
    # All but the run that hangs: what waited behind it in its runtime was worth a second process.
    names = ("one[kit>reader]", "one[kit]", "stuck[kit]", "two[kit>reader]", "two[kit]")
    assert sorted(lines) == [[name, "pass"] for name in names]
    time.sleep(0.3)
    workers = psutil.Process(run.pid).children(recursive=True)
    assert len(workers) >= 4  # kit, maker, judge and reader, and what was worth a further start
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the whole group
    began = time.monotonic()
    rest, errors = run.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert (rest, errors, run.returncode) == ("interrupted\n", "", 0)
    assert all(gone(worker.pid) for worker in workers)
    assert list((tmp_path / "cache").glob("scratch-*")) == []


def test_ctrl_c_while_workers_start_leaves_none(tmp_path: Path) -> None:
    run = begin(tmp_path, "one")
    parent = psutil.Process(run.pid)
    while not (workers := parent.children(recursive=True)):
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the whole group
    out, errors = run.communicate(timeout=20)
    assert (out, errors) == ("interrupted\n", "")
    assert all(gone(worker.pid) for worker in workers)


def test_two_runs_at_once_on_one_cache_do_not_hurt_each_other(tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(5)]
    runs = [begin(tmp_path, *names) for _ in range(2)]
    outs = [run.communicate(timeout=60) for run in runs]
    for out, errors in outs:
        assert errors == ""
        assert sorted(line.split()[:2] for line in out.splitlines()) == sorted(
            [f"{name}[{r}]", "pass"] for name in names for r in ("kit", "kit>reader")
        )
    assert len(list((tmp_path / "cache" / "exports").iterdir())) == 1  # they are all of one structure
    assert list((tmp_path / "cache").glob("scratch-*")) == []
    out, _ = begin(tmp_path, *names).communicate(timeout=60)
    # Every entry the two left behind holds: nothing is made again, nothing is noted.
    assert sorted(out.splitlines()) == sorted(
        line for name in names for line in (f"{name}[kit] pass None", f"{name}[kit>reader] pass True")
    )
