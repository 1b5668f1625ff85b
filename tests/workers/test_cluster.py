"""A run on a Dask cluster of two workers on this machine: the records of an ordinary run, whatever dies on the way."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from parity_kit import CATALOG, MEMORY, case, route

from parity.cases import Case
from parity.errors import ParityError, UsageError
from parity.records.lines import Check, Seconds
from parity.routes.catalog import Route
from parity.running import cluster
from tests.workers.conftest import run_in

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.timeout(120)  # a cluster that does not close must not hold up the rest

Pairs = list[tuple[Case, Route]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder from which the workers and the tests are started, with a folder of cases."""
    folder, before = tmp_path_factory.mktemp("project"), Path.cwd()
    (folder / "cases").mkdir()
    (folder / "cases" / "of_it.py").write_text("CASES = []\n")
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.fixture(scope="module")
def local(project: Path) -> Iterator[Any]:
    """A scheduler and two workers with a nanny each, in processes of their own."""
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options, local_directory=str(project)) as made:
        yield made


def options(folder: Path, emit: Callable[[Check], None]) -> dict[str, Any]:
    """What a run is told besides its checks."""
    return {
        "seed": 0,
        "catalog": CATALOG,
        "cases_folder": Path("cases"),
        "cache_folder": Path("cache"),
        "arrays_folder": folder / "arrays",
        "threads": 1,
        "memory_limit": MEMORY,
        "emit": emit,
    }


def run(address: str, folder: Path, checks: Pairs, heard: Callable[[], object] = lambda: None) -> dict[str, Check]:
    """The checks, each told of once; ``heard`` is called at each."""
    emitted: list[Check] = []

    def emit(check: Check) -> None:
        emitted.append(check)
        heard()

    with cluster.joined(address, CATALOG, Path("cases")) as found:
        found.run(checks, **options(folder, emit))
    assert sorted(check.id for check in emitted) == sorted(f"{case.name}[{route.name}]" for case, route in checks)
    return {check.id: check for check in emitted}


def timeless(checks: dict[str, Check]) -> dict[str, Check]:
    return {name: msgspec.structs.replace(check, seconds=Seconds(), cached=None) for name, check in checks.items()}


def test_the_records_are_those_of_an_ordinary_run_and_arrays_come_back(local: Any, tmp_path: Path) -> None:
    routes = [route("kit"), route("kit>reader"), route("kit", device="cuda")]
    cases = [case("one"), case("two"), case("bad", "run:wrong"), case("lie", "export:lie"), case("odd", "run:raise")]
    checks = [(c, r) for c in cases for r in routes]
    there = run(local.scheduler_address, tmp_path, checks)
    here = run_in(tmp_path / "here", checks)
    assert timeless(there) == timeless(here)
    assert there["two[kit>reader]"].status == "pass"
    with (
        np.load(tmp_path / there["bad[kit]"].arrays) as one,
        np.load(tmp_path / "here" / here["bad[kit]"].arrays) as other,
    ):
        assert sorted(one) == sorted(other)
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_worker_that_dies_costs_its_case_one_more_run(local: Any, tmp_path: Path) -> None:
    checks = [(case("killed", "run:parent-once"), route()), *((case(f"c{n}"), route()) for n in range(4))]
    ended = run(local.scheduler_address, tmp_path, checks)
    assert Path("killed once").exists()
    assert {check.status for check in ended.values()} == {"pass"}


def test_a_case_whose_worker_dies_each_time_is_a_crash_that_names_them_and_costs_no_other(
    local: Any, tmp_path: Path
) -> None:
    checks = [(case("killer", "run:parent"), route()), *((case(f"c{n}"), route()) for n in range(4))]
    ended = run(local.scheduler_address, tmp_path, checks)
    killer = ended.pop("killer[kit]")
    assert killer.status == "crash"
    assert re.fullmatch(r"the Dask workers that ran it died: tcp://\S+ and tcp://\S+", killer.reason)
    assert {check.status for check in ended.values()} == {"pass"}


def test_ctrl_c_takes_back_what_has_not_begun(local: Any, tmp_path: Path) -> None:
    seen: list[Check] = []

    def emit(check: Check) -> None:
        seen.append(check)
        signal.raise_signal(signal.SIGINT)

    checks = [(case(f"c{n}"), route()) for n in range(30)]
    with cluster.joined(local.scheduler_address, CATALOG, Path("cases")) as found:
        with pytest.raises(KeyboardInterrupt):
            found.run(checks, **options(tmp_path, emit))
        with distributed.Client(local) as client:
            known = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))
    assert len(known) <= 4  # what has begun ends by itself
    assert 0 < len(seen) < 30


def test_workers_of_another_project_or_of_none_are_refused_with_what_differs(
    local: Any, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, text, said in (
        ("others", "", "UsageError: others: there is no such folder where it was started"),
        ("cases", "CASES = [1]\n", "does not have what is here: other files of cases; give it the same installation"),
    ):
        Path(folder).mkdir()
        Path(folder, "of_it.py").write_text(text)
        with pytest.raises(UsageError) as caught, cluster.joined(local.scheduler_address, CATALOG, Path(folder)):
            pass
        assert str(caught.value).startswith("Dask worker tcp://")
        assert said in str(caught.value)


def test_a_scheduler_that_does_not_answer_or_has_no_worker_is_a_sentence(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_LIMIT", 0.5)
    monkeypatch.setattr(cluster, "WORKER_LIMIT", 0.5)
    for address in ("tcp://127.0.0.1:1", "nowhere://x", "127.0.0.1:1"):
        said = f"--dask {address}: no scheduler answers .*start one with `dask scheduler`"
        with pytest.raises(UsageError, match=said), cluster.joined(address, CATALOG, Path("cases")):
            pass
    with distributed.LocalCluster(n_workers=0, processes=True, dashboard_address=":0") as empty:
        where, said = empty.scheduler_address, r"has no worker after 0\.5 s; start some with `dask worker tcp"
        with pytest.raises(UsageError, match=said), cluster.joined(where, CATALOG, Path("cases")):
            pass


def test_a_cluster_whose_workers_or_scheduler_go_away_ends_the_run_with_a_sentence(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "WORKER_LIMIT", 3.0)
    monkeypatch.setattr(cluster, "CONNECT_LIMIT", 3.0)
    for lost, said in (("worker", "no Dask worker is left at "), ("scheduler", "the Dask scheduler at .* is gone")):
        made = distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0")
        gone = made.close if lost == "scheduler" else partial(made.scale, 0)
        checks = [(case(f"{lost}{n}"), route()) for n in range(5)]
        with made, pytest.raises(ParityError, match=said):
            run(made.scheduler_address, tmp_path, checks, gone)
