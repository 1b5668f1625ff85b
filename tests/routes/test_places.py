"""Where parameters lie in a file: found in whatever order of axes, and refused as soon as one float is not accounted for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.axes import Array
from parity.cases import Case
from parity.cases.parameters import Parameters, draw_parameters
from parity.cases.structure import marked
from parity.layers import Conv2D
from parity.routes.exporters.filled import difference
from parity.routes.exporters.places import Unplaced, fill, places

onnx = pytest.importorskip("onnx", reason="ONNX files are read and written")

CASE = Case("conv", Conv2D(3, 4, (2, 5)), (2, 3, 8, 9))
Stored = dict[str, Array]


def stored(parameters: Parameters) -> Stored:
    return dict(parameters["conv2d"])


def write(path: Path, initializers: Stored, attributes: dict[str, Any] | None = None, prefix: str = "") -> Path:
    """A file that holds these arrays; what it computes with them matters to nobody here."""
    helper, types = onnx.helper, onnx.TensorProto
    value = helper.make_tensor_value_info(f"{prefix}x", types.FLOAT, [1])
    names = [f"{prefix}{name}" for name in initializers]
    node = helper.make_node("Anything", [f"{prefix}x", *names], [f"{prefix}y"], domain="own", **(attributes or {}))
    tensors = [onnx.numpy_helper.from_array(np.ascontiguousarray(a), f"{prefix}{n}") for n, a in initializers.items()]
    out = helper.make_tensor_value_info(f"{prefix}y", types.FLOAT, [1])
    onnx.save(helper.make_model(helper.make_graph([node], "made", [value], [out], tensors)), path)
    return path


ORDERS: dict[str, Callable[[Array], Array]] = {
    "as it is": lambda w: w,
    "HWIO": lambda w: w.transpose(2, 3, 1, 0),
    "rows": lambda w: w.reshape(4, 30).T,
    "of rank five": lambda w: w.transpose(1, 0, 3, 2).reshape(3, 2, 2, 5, 2),
    "turned around": lambda w: w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3),
    "every second channel first": lambda w: w.reshape(2, 2, 3, 2, 5).transpose(1, 0, 2, 3, 4),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_file_that_is_filled_is_the_file_that_is_written_whatever_the_order(name: str, tmp_path: Path) -> None:
    def arranged(parameters: Parameters) -> Stored:
        return {**stored(parameters), "weight": ORDERS[name](parameters["conv2d"]["weight"])}

    parameters = draw_parameters(CASE, 3)
    of = write(tmp_path / "of.onnx", arranged(marked(CASE)))
    fill(of, tmp_path / "filled.onnx", places(of, CASE), parameters)
    made = write(tmp_path / "made.onnx", arranged(parameters))
    assert (tmp_path / "filled.onnx").read_bytes() == made.read_bytes() != of.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["filled.onnx", "made.onnx", "of.onnx"]


def test_parameters_in_attributes_and_in_graphs_within_are_found_too(tmp_path: Path) -> None:
    def within(parameters: Parameters) -> dict[str, Any]:
        tensors = {n: onnx.numpy_helper.from_array(a, n) for n, a in stored(parameters).items()}
        inner = onnx.helper.make_graph([], "inner", [], [], [tensors["bias"]])
        return {"value": tensors["weight"], "body": inner}

    of = write(tmp_path / "of.onnx", {}, within(marked(CASE)))
    parameters = draw_parameters(CASE, 0)
    fill(of, tmp_path / "filled.onnx", places(of, CASE), parameters)
    assert difference(tmp_path / "filled.onnx", write(tmp_path / "made.onnx", {}, within(parameters))) == ""


def test_numbers_that_somebody_wrote_and_whole_ones_stay(tmp_path: Path) -> None:
    others = {
        "ones": np.ones(7, np.float32),
        "low": np.asarray(-np.inf, np.float32),
        "shape": np.arange(2**10, dtype=np.int64),
        "eps": np.asarray(1e-5, np.float64),
    }
    of = write(tmp_path / "of.onnx", {**stored(marked(CASE)), **others}, {"epsilon": 1e-5, "scales": [1.0, 0.25]})
    assert {place.name for place in places(of, CASE)} == {"weight", "bias"}


def _shuffled(w: Array) -> Array:
    return np.random.default_rng(0).permutation(w.reshape(-1))


REFUSED: dict[str, tuple[Callable[[Stored], Stored], str]] = {
    "folded": (lambda s: {**s, "weight": s["weight"] * np.float32(1.5)}, "weight is no parameter as it is"),
    "negated": (lambda s: {**s, "weight": -s["weight"]}, "conv2d.weight is stored with other signs"),
    "dropped": (lambda s: {"weight": s["weight"]}, "conv2d.bias is not stored as it is"),
    "twice": (lambda s: {**s, "again": s["weight"].T}, "conv2d.weight is stored twice"),
    "joined": (lambda s: {"all": np.concatenate([s["weight"].reshape(-1), s["bias"]])}, "all is no parameter as it is"),
    "a part": (lambda s: {**s, "weight": s["weight"][:2]}, "weight is no parameter as it is"),
    "repeated": (lambda s: {**s, "bias": s["bias"][[0, 1, 2, 2]]}, "bias is no parameter as it is"),
    "shuffled": (lambda s: {**s, "weight": _shuffled(s["weight"])}, "conv2d.weight is stored in no order of axes"),
    "computed beside": (lambda s: {**s, "mean": s["weight"].mean(keepdims=True)}, "mean is no parameter as it is"),
    "not a number": (lambda s: {**s, "nan": np.full(2, np.nan, np.float32)}, "nan is no parameter as it is"),
    "a long constant": (lambda s: {**s, "third": np.full(2, 1 / 3, np.float32)}, "third is no parameter as it is"),
    "halves": (lambda s: {**s, "weight": s["weight"].astype(np.float16)}, "it has numbers of type FLOAT16"),
    "bytes": (lambda s: {**s, "zero": np.zeros(2, np.uint8)}, "it has numbers of type UINT8"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_float_that_is_not_accounted_for_refuses_the_file(name: str, tmp_path: Path) -> None:
    spoil, said = REFUSED[name]
    path = write(tmp_path / "of.onnx", spoil(stored(marked(CASE))))
    with pytest.raises(Unplaced, match=f"^{said}$"):
        places(path, CASE)


def test_an_attribute_that_nobody_wrote_and_numbers_beside_the_file_refuse_it(tmp_path: Path) -> None:
    path = write(tmp_path / "of.onnx", stored(marked(CASE)), {"alpha": 0.123456789})
    with pytest.raises(Unplaced, match=r"^an attribute is 0\.123456791$"):
        places(path, CASE)
    model = onnx.load(write(path, stored(marked(CASE))))
    onnx.save(model, path, save_as_external_data=True, location="beside.bin", size_threshold=0)
    with pytest.raises(Unplaced, match=r"^its numbers lie beside it$"):
        places(path, CASE)


def test_a_file_of_a_network_without_parameters_has_no_places_whatever_is_in_it(tmp_path: Path) -> None:
    from parity.layers import ReLU

    path = write(tmp_path / "of.onnx", {"third": np.full(2, 1 / 3, np.float32)})
    assert places(path, Case("relu", ReLU(), (2, 3, 4, 5))) == ()


def test_names_that_are_counted_are_no_difference_and_anything_else_is(tmp_path: Path) -> None:
    arrays = stored(draw_parameters(CASE, 0))
    one = write(tmp_path / "one.onnx", arrays, {"alpha": 1.0})
    assert difference(one, write(tmp_path / "named.onnx", arrays, {"alpha": 1.0}, prefix="functional_7_")) == ""
    others = {
        "a stored tensor of shape [4, 3, 2, 5]": ({**arrays, "weight": arrays["weight"] + 1}, {"alpha": 1.0}),
        "node 0 (Anything)": (arrays, {"alpha": 1.5}),
        "a stored tensor of shape [4]": ({**arrays, "bias": -arrays["bias"]}, {"alpha": 1.0}),
    }
    for said, (changed, attributes) in others.items():
        found = difference(write(tmp_path / "other.onnx", changed, attributes), one)
        assert found == f"{said} of the export is not in it"
    model = onnx.load(one)
    model.graph.initializer.add().CopyFrom(onnx.numpy_helper.from_array(np.ones(3, np.float32), "unread"))
    onnx.save(model, tmp_path / "other.onnx")
    assert difference(tmp_path / "other.onnx", one) == "it has 1 more parts than the export"
    model.graph.initializer.pop()
    model.graph.node.append(onnx.helper.make_node("Identity", ["y"], ["z"]))
    model.graph.output[0].name = "z"
    onnx.save(model, tmp_path / "other.onnx")
    assert difference(tmp_path / "other.onnx", one) == ""
    model = onnx.load(one)
    model.producer_name = "somebody"
    onnx.save(model, tmp_path / "other.onnx")
    assert difference(one, tmp_path / "other.onnx") == "what is not of the graph is another"
