"""Bugs of training, planted in real modules, models and files: each is caught by its kind and in its layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from parity.cases import Case, Sequential
from parity.judging.blame import whose
from parity.layers import BatchNorm2D, Conv2D, Dropout, ReLU
from tests.faults.harness import planted, run

pytest.importorskip("torch", reason="the faults are planted in real torch modules")
pytest.importorskip("tensorflow", reason="the faults are planted in real Keras models")
pytest.importorskip("onnxruntime", reason="the faults are planted in real ONNX files")

NORM = Case("norm", BatchNorm2D(6), (4, 6, 9, 8), mode="training")
NET = Case(
    "net",
    Sequential(("conv", Conv2D(3, 6, 3)), ("norm", BatchNorm2D(6, unbiased=True)), ("relu", ReLU())),
    (4, 3, 9, 8),
    mode="training",
)
DROP = Case("drop", Dropout(rate=0.4), (4, 6, 20, 21), mode="training")


def piece(node: str, **fields: Any) -> Callable[[Any], None]:
    return lambda model: [setattr(getattr(model, node)[0], name, value) for name, value in fields.items()] and None


def layer(kind: str, **fields: Any) -> Callable[[Any], None]:
    def edit(model: Any) -> None:
        (found,) = [one for one in model.layers if type(one).__name__ == kind]
        for name, value in fields.items():
            setattr(found, name, value)

    return edit


def channels_at_once(model: Any) -> None:
    import torch

    model.dropout[0].forward = lambda x: torch.nn.functional.dropout2d(x, 0.4, training=True)


def attribute(name: str, value: float) -> Callable[[Any], None]:
    def edit(model: Any) -> None:
        (found,) = [a for node in model.graph.node for a in node.attribute if a.name == name]
        found.f = value

    return edit


@pytest.mark.parametrize(
    ("case", "route", "where", "kind", "place", "born"),
    [
        (NET, "torch", {"model": piece("norm", momentum=0.9)}, "value", "norm.mean", "norm"),
        (NET, "torch", {"model": lambda model: model.eval()}, "value", "norm", "norm"),
        (NET, "torch", {"model": piece("norm", eps=1e-3)}, "value", "norm", "norm"),
        (NORM, "tensorflow", {"model": layer("BatchNormalization", momentum=0.1)}, "value", "batchnorm2d.mean", None),
        (NORM, "tensorflow", {"model": layer("BatchNormalization", trainable=False)}, "value", "batchnorm2d", None),
        (NORM, "definition>ort", {"file": attribute("momentum", 0.1)}, "value", "batchnorm2d.mean", None),
        (NORM, "torchscript>reference", {"file": attribute("epsilon", 1e-3)}, "value", "batchnorm2d", None),
        (DROP, "torch", {"model": piece("dropout", p=0.5)}, "value", "output", None),
        (DROP, "torch", {"model": channels_at_once}, "draws", "output", None),
        (DROP, "torch", {"model": lambda model: model.eval()}, "value", "output", None),
        (DROP, "tensorflow", {"model": layer("Dropout", noise_shape=(1, 20, 21, 6))}, "draws", "output", None),
        (DROP, "tensorflow", {"model": layer("Dropout", rate=0.39)}, "value", "output", None),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "name", ""),
)
def test_a_bug_of_training_is_caught_where_it_is(
    case: Case, route: str, where: dict[str, Any], kind: str, place: str, born: str | None
) -> None:
    found = run(case, route, planted(**where))
    assert found.check.failure is not None, found.check.reason
    assert (found.kind, found.check.failure.where) == (kind, place), found.check.reason
    assert found.born == (born or case.network.output.name)


@pytest.mark.parametrize("route", ["torch", "tensorflow", "torchscript>ort", "definition>ort", "definition>reference"])
@pytest.mark.parametrize("case", [NORM, NET, DROP], ids=lambda case: case.name)
def test_without_a_bug_the_same_check_passes_or_says_which_variance_it_takes(case: Case, route: str) -> None:
    found = run(case, route, planted())
    if case is DROP and route.startswith("definition"):
        assert found.check.status == "unsupported"
    elif (case, route) in ((NORM, "torch"), (NET, "tensorflow")):
        assert found.check.failure is not None
        assert "right for a pass that takes the " in found.check.failure.message
    else:
        assert found.check.status == "pass", found.check.reason


def test_an_exporter_that_forgets_training_is_blamed_where_its_framework_is_right() -> None:
    checks = [run(NET, route, planted()).check for route in ("torch", "torch>ort", "torch>reference")]
    assert [check.status for check in checks] == ["pass", "fail", "fail"]
    for check in checks[1:]:
        assert whose(check, checks).startswith("the exporter dynamo: ")


def test_dropout_that_does_not_draw_anew_is_named_by_what_two_calls_share() -> None:
    def fixed(model: Any) -> None:
        import torch

        model.dropout[0].register_forward_pre_hook(lambda module, inputs: torch.manual_seed(3) and None)

    found = run(DROP, "torch", planted(model=fixed))
    assert found.kind == "draws"
    assert "the same element in two calls fares alike in 100.00%" in found.check.reason
