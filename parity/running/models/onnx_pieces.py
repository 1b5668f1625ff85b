"""What workers do with files for a script: the operator or the smallest piece that shows what was found."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from parity.axes import F64, Array
from parity.judging.cutting import behind, bounds
from parity.judging.twins import root_mean_square
from parity.operators.graph import Graph
from parity.routes.catalog import Catalog
from parity.routes.pieces import cut_file, write
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
    return "" if write(made.path, made.graph, seen, known, output, out) else "the oracle cannot compute it alone"


def by_optimiser(made: Ready, ran: Ran, i: int, runtime: str, catalog: Catalog, out: Path) -> str:
    """Write the smallest piece that the optimiser of a runtime makes wrong; why not, empty where it is written.

    ran: what the runtime gave without its optimiser. The values before a piece are those; a piece is an operator and those up to
    some number behind it, and the smallest number that shows it is taken.
    """
    seen, graph = _seen(made, ran, i), made.graph
    part, scratch = catalog.runtime(runtime), out / "piece.onnx"
    tried: set[tuple[str, frozenset[str]]] = set()
    for depth in (*DEPTHS, len(graph.nodes)):
        suspects: list[tuple[float, str, frozenset[str], Array]] = []
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
                suspects = sorted(suspects, key=lambda each: -each[0])[:SUSPECTS]
        for _, output, known, got in suspects:
            found = bounds(graph, {name: seen[name] for name in known}, output)
            if found is not None and _wrong(got, *found) and write(made.path, graph, seen, known, output, out):
                scratch.unlink()
                return ""
    return "no piece of the file shows it"


def _seen(made: Ready, ran: Ran, i: int) -> Mapping[str, Array]:
    """What was fed and what a route made of it, read when it is asked for."""
    return ChainMap(Values(ran.files[i]), made.fed_with(i))  # type: ignore[arg-type]  # it is only read


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
