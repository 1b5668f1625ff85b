"""Planted bugs by the stage whose they are, each with the party that must be named, or that none may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

import numpy as np

from parity.cases import Case
from tests.faults import plants
from tests.faults.harness import PlantedCatalog, planted
from tests.faults.plants import CEIL_MAX, CONV, DENSE, GRAPH, NET, NORM100, SAME

Change = Callable[[Any], Any]


@dataclass(frozen=True)
class Stage:
    """One bug. parts: of which frameworks, exporters or runtimes.

    who: how the blame of a failing check begins; "" where nobody can know; "own" where each framework is named on its own
    run and its own files; optimised: only where the runtime optimises.
    """

    name: str
    case: Case
    parts: frozenset[str]
    where: Literal["model", "file", "program"]
    edit: Change
    who: str
    optimised: bool = False

    @property
    def catalog(self) -> PlantedCatalog:
        """The installed parts with the bug in them."""
        return planted(**{self.where: self.edit}, only=self.parts, optimised=self.optimised)


# ---- answers: of a program, its last output changed on its way out


def _last(change: Change) -> Change:
    """Change the last output of whatever is asked; of a network's twin the other layers stay."""

    def edit(program: Any) -> Any:
        return lambda x: (*(outputs := program(x))[:-1], change(np.array(outputs[-1])))

    return edit


def _channel(index: int, factor: float, axis: int = 1) -> Change:
    def change(y: Any) -> Any:
        np.moveaxis(y, axis, 0)[index] *= np.float32(factor)
        return y

    return change


def _nan_at(step: int) -> Change:
    def change(y: Any) -> Any:
        y.flat[::step] = np.nan
        return y

    return change


def _lost_at(step: int) -> Change:
    """NaN at every so many elements, those of one program at others than those of another."""
    places = count(step)

    def edit(program: Any) -> Any:
        return _last(_nan_at(next(places)))(program)

    return edit


def _sometimes(every: int) -> Change:
    """Wrong one time in so many."""
    calls = count(1)

    def change(y: Any) -> Any:
        return y * np.float32(1.5) if next(calls) % every == 0 else y

    return _last(change)


def _drifting(y: Any) -> Any:
    return y * np.float32(1 + 0.01 * next(_calls))


_calls = count(1)


def _boom(program: Any) -> Any:
    def run(x: Any) -> Any:
        raise RuntimeError(f"kernel {id(program):#x} failed")

    return run


def _refuse(model: Any) -> Any:
    raise RuntimeError("the exporter lost its way")


def _declares_another_shape(model: Any) -> None:
    """The declared shape of the last output is one column too wide."""
    model.graph.output[-1].type.tensor_type.shape.dim[-1].dim_value += 1


def _no_such_operator(model: Any) -> None:
    plants._node(model, "Conv").op_type = "ConvolutionOfMyOwn"


TORCH, TENSORFLOW = frozenset({"torch"}), frozenset({"tensorflow"})
DYNAMO, TORCHSCRIPT, TF2ONNX = frozenset({"dynamo"}), frozenset({"torchscript"}), frozenset({"tf2onnx"})
ORT, EVALUATOR = frozenset({"onnxruntime"}), frozenset({"onnx-reference"})
BOTH = frozenset({"torch", "tensorflow"})
RUNTIMES = frozenset({"onnxruntime", "onnx-reference"})

STAGES = [
    # spelling: the model is built wrong, and every file of it is
    Stage("a kernel flipped in torch's spelling", CONV, TORCH, "model", plants._weight("conv2d", lambda w: w.flip(2, 3)), "torch, "),
    Stage("padded at the top and left in torch's spelling", SAME, TORCH, "model", plants._set("conv2d", padding=(1, 0, 1, 0)), "torch, "),
    Stage("another epsilon in Keras' spelling", NORM100, TENSORFLOW, "model", plants._keras("BatchNormalization", plants._epsilon), "tensorflow, "),
    Stage("leaky ReLU for ReLU in torch's spelling of a network", NET, TORCH, "model", plants._leaky_instead, "torch, "),
    # framework: its own run is wrong, its files are not
    Stage("torch's kernel scales a channel", CONV, TORCH, "program", _last(_channel(3, 1.01)), "torch, "),
    Stage("TensorFlow's kernel scales a channel", CONV, TENSORFLOW, "program", _last(_channel(3, 1.01, axis=3)), "tensorflow, "),
    Stage("torch's kernel loses NaN into a network's output", NET, TORCH, "program", _last(_nan_at(7)), "torch, "),
    Stage("torch answers otherwise each time", DENSE, TORCH, "program", _last(_drifting), "torch, "),
    Stage("TensorFlow raises", DENSE, TENSORFLOW, "program", _boom, "tensorflow, "),
    Stage("both frameworks scale a channel, their files are right", DENSE, BOTH, "program", _last(_channel(3, 1.5)), "own"),
    # exporter
    Stage("dynamo drops a bias", CONV, DYNAMO, "file", plants._bias_dropped, "the exporter dynamo"),
    Stage("tf2onnx pads at the wrong side", SAME, TF2ONNX, "file", plants._attribute("Conv", "pads", [1, 1, 0, 0]), "the exporter tf2onnx"),
    Stage("TorchScript concatenates in the other order", GRAPH, TORCHSCRIPT, "file", lambda model: plants._node(model, "Concat").input.reverse(), "the exporter torchscript"),
    Stage("dynamo loses ceil_mode", CEIL_MAX, DYNAMO, "file", plants._attribute("MaxPool", "ceil_mode", 0), "the exporter dynamo"),
    Stage("dynamo declares another shape than the file computes", CONV, DYNAMO, "file", _declares_another_shape, "the exporter dynamo"),
    Stage("dynamo writes an operator that nobody has", CONV, DYNAMO, "file", _no_such_operator, "the exporter dynamo"),
    Stage("TorchScript raises", CONV, TORCHSCRIPT, "file", _refuse, "the exporter torchscript"),
    # optimiser
    Stage("ONNX Runtime's optimiser breaks a network", NET, ORT, "program", _last(_channel(2, 1.01)), "the graph optimiser of ort", optimised=True),
    Stage("ONNX Runtime's optimiser breaks a layer", CONV, ORT, "program", _last(_channel(2, 1.01)), "the graph optimiser of ort", optimised=True),
    # runtime
    Stage("ONNX Runtime's kernel scales a channel", CONV, ORT, "program", _last(_channel(2, 1.01)), "the runtime ort"),
    Stage("ONNX Runtime's kernel scales a dense output", DENSE, ORT, "program", _last(_channel(2, 1.01)), "the runtime ort"),
    Stage("the evaluator's kernel scales a channel of a network", GRAPH, EVALUATOR, "program", _last(_channel(2, 1.01)), "the runtime reference"),
    Stage("the evaluator raises", DENSE, EVALUATOR, "program", _boom, "the runtime reference"),
    Stage("ONNX Runtime answers otherwise each time", DENSE, ORT, "program", _last(_drifting), "the runtime ort"),
    Stage("ONNX Runtime is wrong one time in seven", CONV, ORT, "program", _sometimes(7), "the runtime ort"),
    # two causes
    Stage("both runtimes lose NaN, each at other places", CONV, RUNTIMES, "program", _lost_at(11), ""),
    # as near to the bound as an honest kernel of another day
    Stage("ONNX Runtime rounds a little more than is allowed", CONV, ORT, "program", _last(_channel(2, 1 + 2.5e-6)), ""),
]  # fmt: skip
