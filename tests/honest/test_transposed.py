"""A layer of somebody's own on every route: honest parts pass, tf2onnx's extra rows are told, and what is planted is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parity.cases import Case, Sequential
from parity.judging.blame import whose
from parity.layers import Conv2D, ReLU
from parity.records.lines import Check
from parity.routes.catalog import installed
from tests.faults import plants
from tests.faults.harness import planted, run_in
from tests.transposed import ConvTranspose2D

pytest.importorskip("torch", reason="half of the routes are torch's")
pytest.importorskip("tensorflow", reason="the other half is TensorFlow's")
pytest.importorskip("onnxruntime", reason="the exported files are run in it")

IMAGE = (2, 3, 7, 10)
UP = Case("up", ConvTranspose2D(3, 5, 4, 2, 1), IMAGE)
GAPS = Case("gaps", ConvTranspose2D(3, 5, 2, 3), IMAGE)
DECODER = Case(
    "decoder",
    Sequential(
        ("conv", Conv2D(3, 8, 3, 2, 1)),
        ("up", ConvTranspose2D(8, 4, 4, 2, 1)),
        ("relu", ReLU()),
        ("last", ConvTranspose2D(4, 6, 3, 2)),
    ),
    (2, 3, 16, 12),
)
EXTRA = Case("extra", ConvTranspose2D(3, 5, 3, 2, 1, 1), IMAGE)
MORE = Case("more", ConvTranspose2D(3, 5, (3, 4), (2, 3), (0, 2), (1, 2)), IMAGE)


def checks(case: Case, folder: Path, **fault: Any) -> dict[str, Check]:
    """The checks of a case on every route."""
    catalog = planted(**fault)
    return {route: run_in(folder, case, route, catalog).check for route in installed().routes()}


def told(found: dict[str, Check]) -> dict[str, tuple[str | None, str | None, str]]:
    """Of each route that fails: the kind, where it was born, and whose it is."""
    failed = {route: check for route, check in found.items() if check.failure is not None}
    assert all(check.status == "pass" for route, check in found.items() if route not in failed)
    return {
        route: (check.failure.kind, check.failure.born, whose(check, found.values()).partition(":")[0])
        for route, check in failed.items()
        if check.failure is not None
    }


@pytest.mark.parametrize("case", [UP, GAPS, DECODER], ids=lambda case: case.name)
def test_every_route_passes(case: Case, tmp_path: Path) -> None:
    for route in installed().routes():
        check = run_in(tmp_path, case, route, planted()).check
        assert check.status == "pass", (route, check.reason)


@pytest.mark.parametrize("case", [EXTRA, MORE], ids=lambda case: case.name)
def test_extra_rows_are_refused_in_the_files_of_tf2onnx_alone_and_are_its_own(case: Case, tmp_path: Path) -> None:
    # tf2onnx writes them as negative pads, which ONNX has not: ONNX Runtime does not load the file. Of two it puts one in front,
    # and the evaluator, which takes negative pads, gives another image.
    found = checks(case, tmp_path)
    born = "convtranspose2d" if case is MORE else None
    assert told(found) == {
        "tensorflow>ort": ("onnx-invalid", None, "the exporter tf2onnx"),
        "tensorflow>reference": ("onnx-invalid", born, "the exporter tf2onnx"),
    }


def _turned(model: Any) -> None:
    plants._keras_weights("Conv2DTranspose", 0, lambda kernel: kernel[::-1, ::-1])(model)


SLIPS: dict[str, tuple[Case, dict[str, Any], str, str, str]] = {
    "a kernel turned once too often in Keras": (
        DECODER, {"model": _turned, "only": frozenset({"tensorflow"})}, "tensorflow", "up", "tensorflow, or how the case is spelled in it"),
    "height and width of the kernel swapped in torch": (
        DECODER, {"model": plants._weight("last", lambda w: w.transpose(2, 3)), "only": frozenset({"torch"})}, "torch", "last", "torch, or how the case is spelled in it"),
    "one weight of a file": (
        UP, {"file": plants._initializer(4, plants._times((0, 0, 0, 0), 1.0001)), "only": frozenset({"dynamo"})}, "torch>", "convtranspose2d", "the exporter dynamo"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_found_in_its_layer_and_named(slip: str, tmp_path: Path) -> None:
    case, fault, begins, born, who = SLIPS[slip]
    found = told(checks(case, tmp_path, **fault))
    assert set(found) == {route for route in installed().routes() if route.startswith(begins)}
    assert set(found.values()) == {("value", born, who)}
