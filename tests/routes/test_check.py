"""Files that the ONNX checker, shape inference or parity refuses: what is said of each, and whose shapes are right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from parity.routes.exporters.check import Complaint, check_file

IMAGE = (1, 3, 11, 13)
#: A window that would start in the padding: the operator's text ignores it, onnx's inference counts it.
CEIL: dict[str, Any] = {"kernel_shape": [2, 2], "strides": [3, 3], "pads": [1, 1, 1, 1], "ceil_mode": 1}


def checked(
    path: Path, kind: str, shape: Sequence[int | str] | None, expected: tuple[int, ...], count: int = 1, **given: Any
) -> Complaint | None:
    """The complaint about a file of one node that declares ``shape`` where ``expected`` is right."""
    dtype, stored, fed = given.pop("dtype", TensorProto.FLOAT), given.pop("stored", ()), given.pop("fed", ())
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, IMAGE)
    y = helper.make_tensor_value_info("y", dtype, shape)
    node = helper.make_node(kind, ["x"], ["y"], **given)
    model = helper.make_model(helper.make_graph([node], "g", [x], [y]), opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, path / "shipped.onnx")
    return check_file(path / "shipped.onnx", [expected] * count, stored, fed)


@pytest.mark.parametrize("declared", [IMAGE, (1, 3, "h", "w"), (None,) * 4])
def test_a_good_file_is_given_back_without_a_word_whatever_it_leaves_open(tmp_path: Path, declared: Any) -> None:
    assert checked(tmp_path, "Relu", declared, IMAGE) is None


def test_what_is_no_onnx_is_refused_and_no_shape_is_spoken_of(tmp_path: Path) -> None:
    said = checked(tmp_path, "StatefulPartitionedCall", IMAGE, IMAGE)
    assert said is not None
    assert (said.kind, said.inferred) == ("onnx-invalid", None)
    assert said.message.startswith("shipped.onnx: No Op registered for StatefulPartitionedCall")


def test_a_shape_that_the_exporter_made_up_stands_against_the_inferred_one(tmp_path: Path) -> None:
    said = checked(tmp_path, "Relu", (1, 3, 11, 12), IMAGE)
    assert said is not None
    assert (said.kind, said.inferred) == ("onnx-invalid", "right")
    assert "(13) vs (12)" in said.message


def test_where_inference_counts_a_window_too_many_the_inferred_shape_is_the_wrong_one(tmp_path: Path) -> None:
    said = checked(tmp_path, "MaxPool", (1, 3, 4, 5), (1, 3, 4, 5), **CEIL)
    assert said is not None
    assert (said.kind, said.inferred) == ("onnx-invalid", "wrong")
    said = checked(tmp_path, "MaxPool", (1, 3, 5, 6), (1, 3, 4, 5), **CEIL)
    assert said is not None
    assert (said.kind, said.inferred) == ("onnx-shape", "wrong")
    assert said.message == "shipped.onnx: output y declares [1, 3, 5, 6], expected [1, 3, 4, 5]"


def test_whole_numbers_are_declared_as_what_they_are(tmp_path: Path) -> None:
    said = {
        name: checked(tmp_path, "Cast", IMAGE, IMAGE, to=kind, dtype=kind, stored=["int64"])
        for name, kind in {"same": TensorProto.INT64, "shorter": TensorProto.INT32}.items()
    }
    assert said["same"] is None
    assert said["shorter"] == Complaint("dtype", "shipped.onnx: output y declares INT32, expected INT64")


@pytest.mark.parametrize("fed", ["float32", "bfloat16"])
def test_a_file_reads_the_type_that_it_is_given(tmp_path: Path, fed: str) -> None:
    said = checked(tmp_path, "Relu", IMAGE, IMAGE, fed=[fed])
    complaint = Complaint("dtype", "shipped.onnx: input x declares FLOAT, expected BFLOAT16")
    assert said == (None if fed == "float32" else complaint)


def test_another_dtype_and_another_number_of_outputs_are_complaints_too(tmp_path: Path) -> None:
    said = checked(tmp_path, "Cast", IMAGE, IMAGE, to=TensorProto.DOUBLE, dtype=TensorProto.DOUBLE)
    assert said == Complaint("dtype", "shipped.onnx: output y declares DOUBLE, expected FLOAT")
    said = checked(tmp_path, "Relu", IMAGE, IMAGE, count=2)
    assert said == Complaint("output-missing", "shipped.onnx declares 1 outputs, expected 2")
    said = checked(tmp_path, "Relu", IMAGE, IMAGE, count=0)
    assert said == Complaint("output-extra", "shipped.onnx declares 1 outputs, expected 0")
