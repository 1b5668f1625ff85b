"""Whether a file takes a batch of any size."""

from __future__ import annotations

from pathlib import Path


def fixed_batch(path: Path) -> int | None:
    """The batch size that a file declares for its input; None where it leaves it open."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    stored = {tensor.name for tensor in graph.initializer}
    (read,) = [given for given in graph.input if given.name not in stored]
    first = read.type.tensor_type.shape.dim[:1]
    return int(first[0].dim_value) if first and first[0].HasField("dim_value") else None
