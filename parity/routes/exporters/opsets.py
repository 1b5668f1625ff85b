"""Versions of ONNX's operators: which are worth an export of a case, and which one a file is of."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from parity.errors import Unsupported
from parity.operators.graph import Graph

OLDEST = 9  #: the first that torch's exporters have


def spelled() -> range:
    """The opsets that a route's name may have, of whatever onnx there is, or none: told without importing it."""
    return range(OLDEST, 40)


def worth(graph: Graph) -> tuple[int, ...]:
    """The opsets of a sweep over a definition: the oldest, and each that brings or changes one of its operators.

    Between two of them every operator means the same, so that nothing but the number in the file would be another.
    """
    kinds = {node.kind for node in graph.nodes if not node.domain}
    return tuple(sorted({OLDEST}.union(*(_changes(kind) for kind in kinds))))


def every() -> range:
    """All opsets from the oldest on that the installed onnx knows."""
    import onnx

    return range(OLDEST, onnx.defs.onnx_opset_version() + 1)


def require(path: Path, opset: int | None, exporter: str) -> None:
    """Raise :class:`Unsupported` where a file is not of the opset that its exporter was asked for; None: for no certain one."""
    import onnx

    if opset is None:
        return
    imports = onnx.load(path, load_external_data=False).opset_import
    (wrote,) = [each.version for each in imports if each.domain in ("", "ai.onnx")]
    if wrote != opset:
        raise Unsupported(f"{exporter} exporter: asked for opset {opset}, it wrote opset {wrote}")


@cache
def _changes(kind: str) -> frozenset[int]:
    """The opsets above the oldest in which the definition of an operator is another than before."""
    import onnx

    found: set[int] = set()
    for opset in every():
        try:
            found.add(onnx.defs.get_schema(kind, opset, "").since_version)
        except onnx.defs.SchemaError:  # it came later
            continue
    return frozenset(version for version in found if version > OLDEST)
