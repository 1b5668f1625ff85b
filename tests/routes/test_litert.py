"""LiteRT, where it is installed: right on honest networks, and what is wrong in a converted model is found where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from parity.cases import Case, Sequential
from parity.cases.probes import parameters_of
from parity.layers import BatchNorm2D, Conv2D, Dropout, Embedding, Flatten, Linear, ReLU
from parity.routes.catalog import installed
from parity.routes.frameworks import litert
from parity.running import selection
from tests.faults.harness import planted, run, started

CASE = Case(
    "block",
    Sequential(("conv", Conv2D(3, 4, 3)), ("norm", BatchNorm2D(4)), ("relu", ReLU()), ("drop", Dropout()), ("flat", Flatten()), ("dense", Linear(96, 5))),
    (2, 3, 6, 8),
    batches=(1, 5),
)  # fmt: skip
ROUTES = ["litert", "litert+plain"]


@pytest.fixture(autouse=True)
def _there() -> None:
    if reason := installed().why_absent(selection.route(installed().every_route(), "litert")):
        pytest.skip(reason)


@pytest.mark.parametrize("name", ROUTES)
def test_a_network_passes_in_every_batch(name: str) -> None:
    found = run(CASE, name, planted())
    assert found.kind is None, found.check.reason


def test_whole_numbers_go_in_as_they_are() -> None:
    found = run(Case("words", Embedding(50, 6), (2, 7), dtype="int64", below=50), "litert", planted())
    assert found.kind is None, found.check.reason


def test_the_twin_gives_every_layer_in_the_order_of_the_network() -> None:
    started("litert")
    part: Any = installed().framework("litert")
    made = part.program(part.build(CASE, parameters_of(CASE, "tapped", 0), True), "cpu", False)
    shapes = [y.shape for y in made(np.ones((2, 6, 8, 3), np.float32))]
    assert shapes == [CASE.tensors[node.name].in_layout("NHWC") for node in CASE.network.nodes]


def of_a_weight(model: Any) -> None:
    kernel = model.layers[1].kernel
    changed = kernel.numpy()
    changed[0, 0, 0, 0] += 0.01
    kernel.assign(changed)


def of_an_activation(model: Any) -> None:
    (relu,) = [each for each in model.layers if type(each).__name__ == "ReLU"]
    relu.max_value = 1.0


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize(("fault", "born"), [(of_a_weight, "conv"), (of_an_activation, "relu")])
def test_what_is_converted_wrongly_is_found_and_born_where_it_is(
    name: str, fault: Callable[[Any], None], born: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = litert._converted

    def wrongly(model: Any) -> bytes:
        fault(model)
        return honest(model)

    monkeypatch.setattr(litert, "_converted", wrongly)
    found = run(CASE, name, planted())
    assert (found.kind, found.born) == ("value", born)


@pytest.mark.parametrize("name", ROUTES)
def test_a_fault_of_some_kernels_is_born_on_their_route_and_gone_on_the_other(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    honest = interpreter.Interpreter.get_signature_runner
    made = interpreter.Interpreter.__init__

    def remembers(self: Any, *arguments: Any, **named: Any) -> None:
        self.kernels = named["experimental_op_resolver_type"]
        made(self, *arguments, **named)

    def wrong(self: Any) -> Any:
        runner = honest(self)
        if (self.kernels is interpreter.OpResolverType.BUILTIN) is (name == "litert+plain"):
            return runner
        return lambda **x: {name: y * np.float32(1.001) for name, y in runner(**x).items()}

    monkeypatch.setattr(interpreter.Interpreter, "__init__", remembers)
    monkeypatch.setattr(interpreter.Interpreter, "get_signature_runner", wrong)
    found = run(CASE, name, planted())
    assert (found.kind, found.born) == ("value", "conv")
    (other,) = set(ROUTES) - {name}
    assert run(CASE, other, planted()).kind is None


def test_an_operator_that_the_format_has_not_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReLU, "to_keras", lambda self, keras, x: lambda v: keras.ops.erf(v))
    found = run(Case("erf", ReLU(), (2, 7)), "litert", planted())
    assert found.check.status == "unsupported"
    assert "litert: TF Select ops: Erf" in found.check.reason


@pytest.mark.parametrize("mode", ["training", "gradient"])
def test_there_is_neither_training_nor_a_gradient(mode: Any) -> None:
    found = run(Case("norm", BatchNorm2D(4), (5, 4, 6, 8), mode=mode), "litert", planted())
    assert found.check.status == "unsupported"
    assert "as it is at inference" in found.check.reason


def test_it_runs_only_where_it_is_named() -> None:
    assert "litert" not in installed().routes()


def test_why_a_model_cannot_be_traced_is_told_and_not_the_converters_own_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def spelled(self: Any, keras: Any, x: Any) -> Any:
        class Broken(keras.layers.Layer):  # type: ignore[misc]
            def compute_output_shape(self, shape: Any) -> Any:
                return shape

            def call(self, x: Any) -> Any:
                raise ValueError("no such thing in a graph")

        return Broken()

    monkeypatch.setattr(ReLU, "to_keras", spelled)
    found = run(Case("broken", ReLU(), (2, 7)), "litert", planted())
    assert found.check.status == "error"
    assert "Broken.call()" in found.check.reason
