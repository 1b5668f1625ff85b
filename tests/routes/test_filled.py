"""A share of the benchmark of filled files: each layer, mode and exporter, held against real exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.filled import CASES, asked, compared
from parity.cases.case import Case
from parity.cases.probes import parameters_of
from parity.cases.registry import load
from parity.cases.structure import marks
from parity.routes.catalog import installed
from parity.running.steps import export_file
from tests.faults.harness import started

#: The exporters, and how many sets of layers lie between two that are taken: what is made anew with Keras takes longest.
ROUTES = {"torch>ort": 18, "torchscript>ort": 6, "tensorflow>ort": 18, "definition>ort": 6}
LARGE = 50_000  #: numbers of a network that takes its time


def spread(step: int) -> list[Case]:
    """One case for every ``step``-th set of layers and mode in the registry, of those that store numbers, have elements and are exported."""
    found: dict[tuple[object, ...], Case] = {}
    for case in load(CASES).cases.values():
        if not isinstance(case, Case) or 0 in case.shape or case.gradient:
            continue
        if 0 < sum(mark.size for mark in marks(case)) < LARGE:
            layers = frozenset(type(node.layer).__name__ for node in case.network.nodes)
            found.setdefault((layers, case.mode), case)
    return list(found.values())[::step]


@pytest.mark.parametrize(("name", "step"), ROUTES.items(), ids=ROUTES)
def test_a_file_that_is_filled_is_the_file_that_an_export_gives(name: str, step: int, tmp_path: Path) -> None:
    catalog = installed()
    route = catalog.routes()[name]
    if reason := catalog.why_absent(route):
        pytest.skip(reason)
    started(route.framework)
    cases = spread(step)
    assert len(cases) * step > 100
    found = compared(asked(cases), 0, route, catalog, tmp_path)
    assert found.differ == {}
    assert found.filled > len(cases) / 2
    assert found.structures > found.unplaced.total()


def test_what_was_exported_before_does_not_show_in_a_file_of_tf2onnx(tmp_path: Path) -> None:
    catalog = installed()
    route = catalog.routes()["tensorflow>ort"]
    if reason := catalog.why_absent(route):
        pytest.skip(reason)
    started(route.framework)
    import onnx

    known = load(CASES).cases
    made: list[object] = []
    for name in ("add/convolutions", "alike/doubling4", "linear/37to10", "alike/doubling4"):
        case, path = known[name], tmp_path / "tapped.onnx"
        assert isinstance(case, Case)
        export_file(case, parameters_of(case, "tapped", 0), "tapped", route, catalog, path)
        made.append([(n.op_type, list(n.input), list(n.output)) for n in onnx.load(path).graph.node])
    assert made[1] == made[3]
