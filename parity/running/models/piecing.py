"""What the worker of a person's model does for a script: parts of the model, each written as a script with its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parity.axes import F64, Array
from parity.judging.cutting import bounds
from parity.routes.models.own import Piece
from parity.running.models import module, templates
from parity.running.models.module import Asking
from parity.running.models.ready import Ready
from parity.running.values import Values

MOST = 4  #: parts that are tried

#: Of each framework: the text that computes a part, the one that ends a script of its kernel, and what it imports.
TEXTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "torch": (templates.TORCH, templates.TORCH_KERNEL, ("import torch",)),
    "keras": (templates.KERAS, templates.KERAS_KERNEL, ("import keras",)),
}


@dataclass(frozen=True)
class About:
    """What a script is of: the framework of the model, the exporter by its label or none, and the command that found it.

    runtime: what runs the file that the exporter writes, by its name in the catalog.
    """

    kind: str
    exporter: str
    runtime: str
    repeat: str
    name: str  #: of the script


def parts(
    asking: Asking,
    definition: Ready,
    where: Sequence[str],
    right: tuple[Ready, str] | None,
    i: int,
    about: About,
    folder: Path,
) -> list[Path]:
    """Write a script of every part of the model that makes what an operator makes, the plainest first; where they are.

    where: names of the operator and of its outputs, any of which finds it in the definition; right: where the definition is
    another function, a file that is the same, and the operator's name there, which then says how far rounding goes.
    """
    graph = definition.graph
    place = next((node for node in graph.nodes if {node.name, *node.outputs} & {*where} - {""}), None)
    if place is None:
        return []
    made: list[Path] = []
    for piece in module.pieces(asking, place, Values(definition.fed.files[i])):
        found = bounds(graph, piece.inputs, piece.output) if right is None else _through(*right, i)
        if found is not None:
            made.append(_write(piece, found[1], about, folder / str(len(made))))
        if len(made) == MOST:
            break
    return made


def _through(made: Ready, name: str, i: int) -> tuple[Array, F64] | None:
    """A value of a file in float64, and how far a run of the whole file may be off there."""
    place = next((node for node in made.graph.nodes if name in (node.name, *node.outputs)), None)
    return None if place is None else bounds(made.graph, made.fed_with(i), place.outputs[0])


def _write(piece: Piece, allowed: F64, about: About, folder: Path) -> Path:
    script = folder / about.name
    data = script.with_suffix("")
    data.mkdir(parents=True)
    inputs = {f"input/{i}": array for i, array in enumerate(piece.inputs.values())}
    np.savez(data / "values.npz", **inputs, **piece.weights, allowed=allowed)  # type: ignore[arg-type]
    text, end, imports = TEXTS[about.kind]
    needs = {"torch": "torch", "keras": "keras on TensorFlow"}[about.kind]
    runner = templates.RUNNERS[about.runtime]
    if about.exporter:
        end = runner.text + templates.EXPORTED.replace("$export", templates.CALLS[about.exporter])
        needs += f" with its ONNX export, and {runner.imports.split()[1].partition('.')[0]}"
        imports = (runner.imports, *imports)
    script.write_text(
        templates.made(
            [text, end],
            imports,
            call=runner.call,
            runs=runner.says,
            title=f"{piece.title}: {'what is exported of it computes' if about.exporter else 'float32 gives'} something else.",
            needs=needs,
            folder=data.name,
            repeat=about.repeat,
            count=len(inputs),
            code=piece.code,
        )
    )
    return script
