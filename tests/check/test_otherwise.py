"""``parity check`` asks a model otherwise: a sample alone, other sizes of free axes, another number of threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

import parity
from parity.cases.asked import Asked
from parity.cases.sizes import another
from parity.cases.subject import subject
from parity.records.model import ModelCheck
from parity.report.model import screen
from parity.running.models.check import check
from parity.running.models.plan import Plan
from tests.check import models
from tests.check.parts import catalog

pytest.importorskip("onnxruntime", reason="files are run")


def free(tmp_path: Path) -> str:
    """A file whose batch, height and width are free."""
    proto = models.chain()
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "n"
    return str(models.saved(proto, tmp_path / "free.onnx"))


def checked(text: str, *shape: int, **parts: str) -> ModelCheck:
    plan = Plan(subject(text), (Asked("x", shape),), None, 0, catalog(**parts), ("ort",), "parity check", limit=200.0)
    return check(plan)


def test_a_file_with_free_axes_is_tried_with_a_sample_alone_and_with_other_sizes(tmp_path: Path) -> None:
    found = checked(free(tmp_path), 3, 3, 24, 20)
    assert found.tried == ["0 to 1", "about 0", "constant", "the last alone", "height 16, width 16"]
    assert found.status == "pass"
    shapes = [[answer.outputs[0].shape[0] for answer in route.answers] for route in found.routes]
    assert shapes == [[3, 3, 3, 1, 3]] * 2
    assert all(route.alone is not None for route in found.routes)
    assert [route.threads is None for route in found.routes] == [False, True]  # only what people run is asked again
    lines = [line.text for line in screen(found)]
    assert "            also the last alone; height 16, width 16" in lines
    assert any(line.startswith("  bits      the last sample alone: ") for line in lines)


def test_a_runtime_that_is_wrong_about_a_sample_alone_fails_on_that_alone(tmp_path: Path) -> None:
    found = checked(free(tmp_path), 2, 3, 9, 11, ort="SlipsAlone")
    assert {finding.inputs for finding in found.findings} == {"the last alone"}
    assert [(route.status, route.alone) for route in found.routes] == [("fail", False), ("fail", False)]


def test_a_runtime_that_is_wrong_with_another_number_of_threads_fails_on_that(tmp_path: Path) -> None:
    found = checked(free(tmp_path), 1, 3, 9, 11, ort="SlipsThreaded")
    (finding,) = found.findings
    assert finding.routes == ["ort"]
    assert finding.inputs == "0 to 1, another number of threads"
    assert [route.threads for route in found.routes] == [False, None]


def test_that_a_file_cannot_be_computed_on_other_sizes_of_its_free_axes_is_told(tmp_path: Path) -> None:
    nodes = [helper.make_node("Reshape", ["x", "to"], ["r"]), helper.make_node("Relu", ["r"], ["y"])]
    inputs = [models.value("x", TensorProto.FLOAT, ["n", "width"])]
    path = models.saved(models.made(nodes, inputs, ["y"], {"to": np.array([3, 5, 2])}), tmp_path / "baked.onnx")
    found = checked(str(path), 3, 10)
    assert found.tried == ["drawn"]
    assert [note.partition(": ")[0] for note in found.notes] == [
        "its axes are free, but on other inputs (the last alone) it cannot be computed",
        "its axes are free, but on other inputs (width 8) it cannot be computed",
    ]
    assert found.status == "pass"


def test_what_a_person_gave_is_tried_alone_and_nothing_is_drawn(tmp_path: Path) -> None:
    path, x = free(tmp_path), np.ones((2, 3, 9, 11), np.float32)
    found = parity.check(path, inputs={"x": x}, runtimes=["ort"]).document
    assert isinstance(found, ModelCheck)
    assert found.tried == ["given", "the last alone"]


@pytest.mark.parametrize(("size", "other"), [(1, 1), (2, 1), (3, 2), (24, 16), (25, 24), (64, 32), (224, 192)])
def test_another_size_is_smaller_and_halves_as_often(size: int, other: int) -> None:
    assert another(size) == other
