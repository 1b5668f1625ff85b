"""Pieces of an ONNX file as files of their own, in the layout of ONNX's backend tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from parity.axes import Array
from parity.judging.cutting import bounds, cut
from parity.operators.file import load
from parity.operators.graph import Graph


def cut_file(path: Path, of: Graph, seen: Mapping[str, Array], known: Collection[str], output: str) -> Any:
    """The operators between known values and one other as a file; None where it takes more than that.

    path, of: the file and its graph; seen: arrays by name, for the shapes and types of what is fed and given.
    """
    from onnx import helper

    piece = cut(of, known, output)
    if piece is None or output not in seen:
        return None
    whole = _whole(path)
    wanted = {name for node in piece.nodes for name in node.outputs if name}
    nodes = [node for node in whole.graph.node if wanted & set(node.output)]
    reads = {name for node in nodes for name in node.input}
    tensors = [tensor for tensor in whole.graph.initializer if tensor.name in reads]
    inputs = [_declared(name, seen[name]) for name in piece.inputs]
    graph = helper.make_graph(nodes, "piece", inputs, [_declared(output, seen[output])], tensors)
    return helper.make_model(graph, opset_imports=list(whole.opset_import), ir_version=whole.ir_version)


DATA = "test_data_set_0"  #: where such a test has its inputs and outputs


@lru_cache(maxsize=1)
def _whole(path: Path) -> Any:
    """The model with its functions opened."""
    from onnx import inliner

    model = load(path)
    return inliner.inline_local_functions(model) if model.functions else model


def _declared(name: str, array: Array) -> Any:
    from onnx import helper

    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), list(array.shape))


def write(path: Path, of: Graph, seen: Mapping[str, Array], known: Collection[str], output: str, out: Path) -> bool:
    """Write a piece in the layout of ONNX's backend tests, with what is expected of it in float64 and how far it may be off.

    Arguments are those of :func:`cut_file`; ``out`` is the folder. Whether there is such a piece and the oracle can compute it.
    """
    from onnx import checker, numpy_helper

    model = cut_file(path, of, seen, known, output)
    found = bounds(of, {name: seen[name] for name in known}, output)
    if model is None or found is None:
        return False
    checker.check_model(model)
    expected, allowed = found
    data = out / DATA
    data.mkdir(parents=True, exist_ok=True)
    (out / "model.onnx").write_bytes(model.SerializeToString())
    stored = {f"input_{i}": (each.name, seen[each.name]) for i, each in enumerate(model.graph.input)}
    stored["output_0"] = (output, expected.astype(seen[output].dtype))
    for file, (name, array) in stored.items():
        tensor = numpy_helper.from_array(np.ascontiguousarray(array), name)
        (data / f"{file}.pb").write_bytes(tensor.SerializeToString())
    np.savez(out / "exact.npz", expected=expected, allowed=allowed)
    return True
