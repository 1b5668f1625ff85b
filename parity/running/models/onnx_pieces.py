"""Pieces of an ONNX file that stand alone, in the layout of ONNX's backend tests: what the workers of a script do with files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from parity.axes import F64, Array
from parity.judging.cutting import behind, bounds, cut
from parity.judging.twins import root_mean_square
from parity.operators.file import load
from parity.operators.graph import Graph
from parity.routes.catalog import Catalog
from parity.running.models.ready import Ready
from parity.running.models.runs import Ran
from parity.running.values import Values

DEPTHS = (0, 1, 2, 3, 4, 6, 8, 12, 20, 40)  #: how many operators behind another are tried before all are
SUSPECTS = 3  #: pieces of a size that are judged, those that the optimiser changes most


def by_operator(made: Ready, ran: Ran, i: int, operator: int, out: Path) -> str:
    """Write the piece of one operator on what a route gave it; why not, empty where it is written."""
    seen = _seen(made, ran, i)
    names = [name for name in made.graph.nodes[operator].outputs if name in seen]
    if not names:
        return "the route gave no value of it"
    output = names[0]
    known = _around(made.graph, seen, output, 0)
    return "" if _written(made, seen, known, output, out) else "the oracle cannot compute it alone"


def by_optimiser(made: Ready, ran: Ran, i: int, runtime: str, catalog: Catalog, out: Path) -> str:
    """Write the smallest piece that the optimiser of a runtime makes wrong; why not, empty where it is written.

    ran: what the runtime gave without its optimiser. The values before a piece are those; a piece is an operator and those up to
    some number behind it, and the smallest number that shows it is taken.
    """
    seen, graph = _seen(made, ran, i), made.graph
    part, scratch = catalog.runtime(runtime), out / "piece.onnx"
    tried: set[tuple[str, frozenset[str]]] = set()
    for depth in (*DEPTHS, len(graph.nodes)):
        suspects = []
        for output in _outputs(graph, seen):
            known = frozenset(_around(graph, seen, output, depth))
            if (output, known) in tried:
                continue
            tried.add((output, known))
            model = cut_file(made.path, made.graph, seen, known, output)
            if model is None:
                continue
            scratch.write_bytes(model.SerializeToString())
            try:
                program = part.program(scratch, "cpu", False, True)
                (got,) = program(*(seen[each.name] for each in model.graph.input))
            except Exception:  # noqa: BLE001 - a runtime may raise anything on a piece; another is tried
                continue
            distance = _distance(np.asarray(got), seen[output])
            if distance:
                suspects.append((distance, output, known, np.asarray(got)))
        for _, output, known, got in sorted(suspects, key=lambda each: -each[0])[:SUSPECTS]:
            found = bounds(graph, {name: seen[name] for name in known}, output)
            if found is not None and _wrong(got, *found) and _written(made, seen, known, output, out):
                scratch.unlink()
                return ""
    return "no piece of the file shows it"


def _seen(made: Ready, ran: Ran, i: int) -> dict[str, Array]:
    values = Values(ran.files[i])
    return {**made.fed_with(i), **{name: values[name] for name in values}}


def _stored(graph: Graph) -> set[str]:
    """The values that depend on nothing that is fed."""
    found = set(graph.constants)
    for node in graph.nodes:
        if all(name in found for name in node.inputs if name):
            found |= set(node.outputs)
    return found


def _around(graph: Graph, seen: Mapping[str, Array], output: str, depth: int) -> set[str]:
    """What a piece up to ``depth`` operators behind a value is fed."""
    stored = _stored(graph)
    return (behind(graph, output, depth, stored) & set(seen)) - stored


def _outputs(graph: Graph, seen: Mapping[str, Array]) -> Iterator[str]:
    stored = _stored(graph)
    for node in graph.nodes:
        yield from (name for name in node.outputs if name in seen and name not in stored)


def _distance(got: Array, plain: Array) -> float:
    """The largest difference of two arrays over the size of the second; infinite where they cannot be compared."""
    if got.shape != plain.shape or got.dtype != plain.dtype:
        return float("inf")
    if got.dtype.kind not in "fiub":
        return 0.0
    with np.errstate(all="ignore"):
        off = np.abs(got.astype(np.float64) - plain.astype(np.float64))
    off = off[np.isfinite(off)]
    return float(off.max() / (root_mean_square([plain]) or 1.0)) if off.size else 0.0


def _wrong(got: Array, y: Array, allowed: F64) -> bool:
    if got.shape != y.shape:
        return True
    same = (got == y) | (np.isnan(got.astype(np.float64)) & np.isnan(y.astype(np.float64))) | np.isinf(allowed)
    with np.errstate(all="ignore"):
        return bool((~same & ~(np.abs(got.astype(np.float64) - y.astype(np.float64)) <= allowed)).any())


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


@lru_cache(maxsize=1)
def _whole(path: Path) -> Any:
    """The model with its functions opened."""
    from onnx import inliner

    model = load(path)
    return inliner.inline_local_functions(model) if model.functions else model


def _declared(name: str, array: Array) -> Any:
    from onnx import helper

    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), list(array.shape))


def _written(made: Ready, seen: Mapping[str, Array], known: Collection[str], output: str, out: Path) -> bool:
    """Write a piece, its inputs, what is expected of it and how far it may be off; whether that could be done."""
    from onnx import checker, numpy_helper

    fed = {name: seen[name] for name in known}
    model, found = cut_file(made.path, made.graph, seen, known, output), bounds(made.graph, fed, output)
    if model is None or found is None:
        return False
    checker.check_model(model)
    expected, allowed = found
    data = out / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (out / "model.onnx").write_bytes(model.SerializeToString())
    for i, each in enumerate(model.graph.input):
        stored = numpy_helper.from_array(np.ascontiguousarray(seen[each.name]), each.name)
        (data / f"input_{i}.pb").write_bytes(stored.SerializeToString())
    stored = numpy_helper.from_array(np.ascontiguousarray(expected.astype(seen[output].dtype)), output)
    (data / "output_0.pb").write_bytes(stored.SerializeToString())
    np.savez(out / "exact.npz", expected=expected, allowed=allowed)
    return True
