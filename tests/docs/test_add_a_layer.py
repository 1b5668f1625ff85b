from pathlib import Path

import pytest

from parity.records.file import read
from parity.records.lines import value
from parity.routes.catalog import installed
from tests.docs.pages import blocks, follow

PAGE = "add-a-layer.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A project made as the page says, and what each of its commands printed."""
    folder = tmp_path_factory.mktemp("project")
    return folder, [done.stdout for done in follow(PAGE, folder)]


def test_every_layer_of_the_page_passes_on_every_route(project: tuple[Path, list[str]]) -> None:
    folder, _ = project
    run = read(folder / "reports" / "latest.jsonl")
    assert run.finished
    assert {check.route for check in run.checks} == set(installed().routes())
    assert {check.case.split("/")[0] for check in run.checks} == {"hardtanh", "softsign", "prelu"}
    assert [check.id for check in run.checks if check.status != "pass"] == []


def test_the_slip_of_the_page_is_found_on_keras_routes_alone_and_in_its_layer(project: tuple[Path, list[str]]) -> None:
    folder, _ = project
    runs = [read(file) for file in sorted((folder / "reports").glob("*/records.jsonl"))]
    (failed,) = [bad for run in runs if (bad := [check for check in run.checks if check.status != "pass"])]
    assert {check.route for check in failed} == {name for name in installed().routes() if name.startswith("tensorflow")}
    assert {check.failure.born for check in failed if check.failure} == {"hardtanh", "hardtanh1"}


def test_the_composed_layer_needs_a_lambda_between_nothing_and_the_gate(project: tuple[Path, list[str]]) -> None:
    folder, _ = project
    run = read(folder / "reports" / "latest.jsonl")
    needs = [value(c.need) for c in run.checks if c.case.startswith("softsign/") and c.need is not None]
    assert 0.1 < max(needs) < run.run.lam


def test_the_shapes_of_the_page_are_shown(project: tuple[Path, list[str]]) -> None:
    _, printed = project
    assert any("hardtanh1" in out and "[2, 5, 11, 14]" in out for out in printed)


def test_a_page_may_hold_no_block_that_is_not_followed() -> None:
    assert [block.path for block in blocks(PAGE)] == [
        "cases/hardtanh.py",
        None,
        None,
        "cases/softsign.py",
        "cases/prelu.py",
        None,
    ]
