"""A plan in shards: joined, they are the one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity.records.file import Records, read
from tests.cli.conftest import Project, same

CHOSEN = ("good", "wrong", "odd", "gone", "dies", "cannot", "--route", "kit")


def shard(project: Project, number: int, *more: str) -> Path:
    words = ("run", *CHOSEN, "--shard", f"{number}/3", "--reports", f"s{number}", *more)
    assert project.parity(*words).returncode in (0, 1)
    return Path(f"s{number}", "latest.jsonl")


@pytest.fixture
def whole(project: Project) -> Records:
    assert project.parity("run", *CHOSEN).returncode == 1
    return project.latest()


def test_shards_joined_are_the_run_of_the_whole_plan(project: Project, whole: Records) -> None:
    times = ("--times", "reports/latest.jsonl")
    files = [str(shard(project, n, *times)) for n in (1, 2, 3)]
    counts = [read(project.folder / file).run.planned for file in files]
    assert sum(counts) == len(whole.checks) == 7
    assert min(counts) > 0
    done = project.parity("merge", *files, "-o", "all.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "all.jsonl: 7 checks of 3 shards\n", "")
    joined = read(project.folder / "all.jsonl")
    assert same(joined) == same(whole)
    assert joined.end is not None
    assert whole.end is not None
    assert (joined.end.counts, joined.end.exit_code) == (whole.end.counts, whole.end.exit_code)
    assert joined.run.planned == whole.run.planned
    done = project.parity("report", "all.jsonl", "--baseline", "reports/latest.jsonl")
    assert (done.returncode, done.stderr) == (0, "")

    done = project.parity("merge", *files[:2], "-o", "part.jsonl")
    said = "parity: error: shard 3/3 is missing; run what is missing and merge again\n"
    assert (done.returncode, done.stderr) == (4, said)
    assert not read(project.folder / "part.jsonl").finished
    other = shard(project, 3)  # balanced otherwise
    done = project.parity("merge", *files[:2], str(other), "-o", "none.jsonl")
    assert done.returncode == 2
    assert "s3 and s1 are not shards of one run: plan " in done.stderr
    assert not (project.folder / "none.jsonl").exists()


def test_a_shard_without_a_check_is_a_run_that_ends_well(project: Project) -> None:
    done = project.parity("run", "good/one", "--route", "kit", "--shard", "2/2")
    assert (done.returncode, done.stderr) == (0, "")
    records = project.latest()
    assert (records.finished, records.checks, records.run.planned) == (True, [], 0)
