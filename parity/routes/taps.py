"""A file that gives every value of its graph, so that each operator can be judged on what it really got."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME = "every-value.onnx"


def with_every_value(path: Path, folder: Path) -> tuple[Path, list[str]]:
    """The file of ``path`` again in ``folder``, with what every operator makes among its outputs, behind its own.

    Local functions are opened first, as the oracle does it. Gives the new file and the names of all its outputs in order. Data
    that lies beside the file is copied beside the new one, since a runtime reads none from elsewhere.
    """
    import onnx
    from onnx import inliner

    model = onnx.load(path, load_external_data=False)
    if model.functions:
        model = inliner.inline_local_functions(model)
    names = [output.name for output in model.graph.output]
    made = dict.fromkeys(name for node in model.graph.node for name in node.output if name)
    inner = [name for name in made if name not in names]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in inner)
    for place in dict.fromkeys(_places(model.graph)):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path.parent / place, folder / place)
    onnx.save(model, folder / NAME)
    return folder / NAME, [*names, *inner]


def _places(graph: Any) -> Iterator[str]:
    """Where the data of a graph lies that is not in the file itself, relative to the file."""
    from onnx import TensorProto

    tensors = [*graph.initializer]
    for node in graph.node:
        for attribute in node.attribute:
            tensors += [attribute.t, *attribute.tensors]
            for inner in (attribute.g, *attribute.graphs):
                yield from _places(inner)
    for tensor in tensors:
        if tensor.data_location == TensorProto.EXTERNAL:
            yield from (entry.value for entry in tensor.external_data if entry.key == "location")
