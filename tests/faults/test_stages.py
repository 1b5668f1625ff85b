"""Whose a planted bug is: the right party is named on the routes that show it, or none, and never another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from parity.cases import Case
from parity.judging.blame import whose
from parity.records.lines import Check
from parity.routes.catalog import Route, installed
from tests.faults.harness import planted, run_in
from tests.faults.stages import STAGES, Stage

pytest.importorskip("torch", reason="the bugs are planted in real torch modules")
pytest.importorskip("tensorflow", reason="the bugs are planted in real Keras models")
pytest.importorskip("onnxruntime", reason="the bugs are planted in real ONNX files")

Honest = Callable[[Case, Route], Check]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the exports of honest parts are kept, a folder a case."""
    return tmp_path_factory.mktemp("honest")


@pytest.fixture(scope="module")
def honest(folder: Path) -> Honest:
    """The checks of honest parts, each run once."""
    kept: dict[tuple[str, str], Check] = {}

    def run(case: Case, route: Route) -> Check:
        if (key := (case.name, route.name)) not in kept:
            (folder / case.name).mkdir(exist_ok=True)
            kept[key] = run_in(folder / case.name, case, route.name, planted()).check
        return kept[key]

    return run


def checks(stage: Stage, honest: Honest, folder: Path, fresh: Path) -> list[Check]:
    """The checks of all routes: those that use a planted part with the bug, the others honest."""
    found = []
    for route in installed().routes().values():
        touched = {"model": {route.framework}, "file": {route.exporter}}.get(stage.where, {route.runtime})
        if stage.parts.isdisjoint(touched):
            found.append(honest(stage.case, route))
            continue
        honest(stage.case, route)  # so that a bug of a program meets the files that are there already
        at = folder / stage.case.name if stage.where == "program" else fresh
        found.append(run_in(at, stage.case, route.name, stage.catalog).check)
    return found


def test_twenty_and_more_bugs_are_planted_and_every_stage_has_some() -> None:
    assert len({stage.name for stage in STAGES}) == len(STAGES) >= 20
    assert len({stage.who for stage in STAGES}) >= 9


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name.replace(" ", "-"))
def test_a_planted_bug_is_its_own_party_s_or_nobody_s(
    stage: Stage, honest: Honest, folder: Path, tmp_path: Path
) -> None:
    found = checks(stage, honest, folder, tmp_path)
    failing = [check for check in found if check.status != "pass"]
    assert failing
    said = {check.route: whose(check, found) for check in failing}
    for check in failing:
        who = f"{check.framework}, " if stage.who == "own" else stage.who
        assert not said[check.route] or (who and said[check.route].startswith(who)), said
    assert any(said.values()) == bool(stage.who), said


@pytest.mark.parametrize(
    "case", sorted({stage.case.name: stage.case for stage in STAGES}.items()), ids=lambda item: item[0]
)
def test_without_a_bug_every_route_passes(case: tuple[str, Case], honest: Honest) -> None:
    for route in installed().routes().values():
        check = honest(case[1], route)
        assert check.status == "pass", check.reason
