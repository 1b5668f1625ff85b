"""A run on a cluster, by the command line."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Project, same

distributed = pytest.importorskip("distributed")

CHOSEN = ("good", "wrong", "odd", "dies", "cannot", "--route", "kit")


def test_a_run_on_a_cluster_writes_what_an_ordinary_run_does(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project.parity("run", *CHOSEN).returncode == 1
    here = project.latest()
    monkeypatch.chdir(project.folder)  # where the workers are started
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options) as local:
        words = ("--dask", local.scheduler_address, "--times", "reports/latest.jsonl", "--json", "--reports", "there")
        done = project.parity("run", *CHOSEN, *words)
    assert done.returncode == 1
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["type"] for line in said] == ["run", *["check"] * 6, "end"]
    (path,) = (project.folder / "there").glob("*/records.jsonl")
    assert path.read_text() == done.stdout
    (project.folder / "reports" / "latest.jsonl").write_bytes(path.read_bytes())
    assert same(project.latest()) == same(here)
    (arrays,) = (check.arrays for check in here.checks if check.case == "wrong")
    assert (path.parent / "arrays" / arrays.rpartition("/")[2]).exists()


def test_a_cluster_that_is_not_there_is_a_line_and_nothing_is_written(project: Project) -> None:
    done = project.parity("run", "good", "--dask", "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert done.stderr.startswith("parity: error: --dask tcp://127.0.0.1:1: no scheduler answers (")
    assert len(done.stderr.splitlines()) == 1
    assert not (project.folder / "reports").exists()
