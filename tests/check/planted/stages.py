"""Thirty faults by the stage they are planted in: the model that meets each, and what has to be said of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.check.planted import files
from tests.check.planted.environment import Environment

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
TORCH, KERAS = str(HERE / "nets.py"), str(HERE / "nets_keras.py")
NET = (f"{TORCH}:net", "--input", "2x3x12x14")
MIXER = (f"{TORCH}:mixer", "--input", "2x5x12")
LAYERS = (f"{KERAS}:net", "--input", "2x12x14x3")
FILE = ("long.onnx",)


@dataclass(frozen=True)
class Stage:
    """A fault in a stage, and what is typed; whose: how what is said of its party begins; born: what the place says it is."""

    stage: str
    fault: str  #: its name in ``plants.py``; of a port, what is wrong with it
    typed: tuple[str, ...]
    whose: str
    born: str


def _kernel(fault: str, typed: tuple[str, ...], born: str) -> Stage:
    return Stage("framework", fault, typed, "the framework", born)


def _exporter(fault: str, typed: tuple[str, ...], whose: str, born: str) -> Stage:
    return Stage("exporter", fault, typed, f"the exporter {whose}:", born)


def _optimiser(fault: str, typed: tuple[str, ...] = FILE) -> Stage:
    return Stage("optimiser", f"ort's optimiser: {fault}", typed, "the graph optimiser of ort", "not seen")


def _runtime(fault: str, born: str, typed: tuple[str, ...] = FILE, whose: str = "ort") -> Stage:
    return Stage("runtime", f"{whose}: {fault}", typed, f"the runtime {whose}", born)


def _port(fault: str, name: str, born: str) -> Stage:
    typed = (f"{TORCH}:ported", f"{KERAS}:{name}", "--input", "2x3x12x14")
    return Stage("port", fault, typed, "the port", born)


STAGES = [
    _kernel("torch: relu is a thousandth too large", NET, "Relu"),
    _kernel("torch: softmax is rounded to bfloat16", NET, "Softmax"),
    _kernel("torch: layer_norm takes another epsilon", MIXER, "LayerNormalization"),
    _kernel("torch: gelu is its approximation", MIXER, "Gelu"),
    _kernel("torch: leaky_relu is flat below zero", NET, "LeakyRelu"),
    _kernel("tensorflow: leaky_relu has one slope", LAYERS, "LeakyRelu"),
    _exporter("torchscript: every slope is written as 0.01", NET, "torchscript", "LeakyRelu"),
    _exporter("torchscript: gelu is written by a sigmoid", MIXER, "torchscript", "Gelu"),
    _exporter("dynamo: every slope is written as 0.01", NET, "torch", "LeakyRelu"),
    _exporter("dynamo: its optimiser loses a slope behind what it folds", NET, "torch", "LeakyRelu"),
    _exporter("tf2onnx: every slope is written as 0.01", LAYERS, "tensorflow", "LeakyRelu"),
    _exporter("tf2onnx: it pads at the wrong side", LAYERS, "tensorflow", "Conv"),
    _optimiser("folding a normalisation takes another epsilon"),
    _optimiser("fusing a product loses its bias"),
    _optimiser("a factor behind a convolution is folded twice"),
    _optimiser("fusing a relu loses the limit behind it"),
    _optimiser("fusing a layer normalisation takes another epsilon"),
    _optimiser("fusing an activation loses its slope", NET),
    _runtime("LeakyRelu has one slope", "LeakyRelu"),
    _runtime("Softmax takes the first axis", "Softmax"),
    _runtime("AveragePool counts the padding", "AveragePool", NET),
    _runtime("Resize places its samples at corners", "Resize"),
    _runtime("Gemm scales its bias", "Gemm"),
    _runtime("LeakyRelu has one slope", "LeakyRelu", whose="reference"),
    _port("Keras' epsilon", "epsilon_of_keras", "norm"),
    _port("Keras' padding", "padding_of_keras", "conv1"),
    _port("Keras' slope", "slope_of_keras", "leaky"),
    _port("GELU by tanh", "gelu_by_tanh", "gelu"),
    _port("halves joined in the other order", "joined_in_the_other_order", "cat"),
    Stage("port", "a weight of a newer file", ("long.onnx", "newer.onnx"), "the port", "conv2"),
]


@dataclass(frozen=True)
class Said:
    """What ``parity check`` said of a fault."""

    verdict: str  #: right, silent, or wrong: whether the party and the place that are named are those of the fault
    document: dict[str, Any]
    exit_code: int
    errors: str


def prepare(folder: Path) -> None:
    """What the models of all stages need in the folder in which they are checked."""
    import onnx

    from tests.check.planted import nets

    onnx.save(files.long(), folder / "long.onnx")
    onnx.save(files.with_a_slip(files.long()), folder / "newer.onnx")
    weights = {name: value.numpy() for name, value in nets.ported().state_dict().items()}
    np.savez(folder / "weights.npz", **weights)


def check(stage: Stage, environment: Environment, folder: Path, *more: str) -> Said:
    """Check the model of a stage in an environment with its fault; ``folder`` is prepared."""
    environment.plant("" if stage.stage == "port" else stage.fault)
    done = subprocess.run(
        [str(environment.python), "-m", "parity", "check", *stage.typed, "--json", *more],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    document = json.loads(done.stdout) if done.stdout else {}
    found = document.get("differences" if stage.stage == "port" else "findings", [])
    judge = _port_verdict if stage.stage == "port" else _verdict
    return Said(judge(stage, found), document, done.returncode, done.stderr)


def _verdict(stage: Stage, findings: list[dict[str, Any]]) -> str:
    named = [each for each in findings if each.get("whose")]
    if not named:
        return "silent"
    right = all(each["whose"].startswith(stage.whose) for each in named)
    return "right" if right and stage.born in (named[0].get("born") or "") else "wrong"


def _port_verdict(stage: Stage, differences: list[dict[str, Any]]) -> str:
    if not differences:
        return "silent"
    first = differences[0]
    names = [str(value) for spot in (first.get("one"), first.get("two")) if spot for value in spot.values()]
    return "right" if len(differences) == 1 and any(stage.born in name for name in names) else "wrong"


def script_status(script: Path, environment: Environment, fault: str) -> int | None:
    """How a script ends in an empty folder of an environment with this fault; None where there is no script."""
    if not script.exists():
        return None
    environment.plant(fault)
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(script, name)
        shutil.copytree(script.with_suffix(""), Path(name) / script.stem)
        command = [str(environment.python), "-I", script.name]
        return subprocess.run(command, cwd=name, capture_output=True, timeout=300).returncode
