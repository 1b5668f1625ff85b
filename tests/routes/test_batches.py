"""A batch size that was baked into a network shows on the real routes: in the framework, in the files, in the runtimes."""

from __future__ import annotations

from typing import Any

import pytest

from parity.axes import Tensor
from parity.cases import Case, Sequential
from parity.layers import Conv2D, Layer, Linear, layer
from tests.faults.harness import Result, planted, run

pytest.importorskip("torch", reason="asks real torch modules and their files in other batches")
pytest.importorskip("tensorflow", reason="asks real Keras models and their files in other batches")
pytest.importorskip("onnxruntime", reason="asks real ONNX files in other batches")

ROUTES = ["torch", "tensorflow", "torch>ort", "torch>reference", "torchscript>ort", "tensorflow>ort"]


@layer
class Folded(Layer):
    """Features of an image, row by row; ``baked`` says how the batch size is read."""

    baked: str

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Flatten(x, axis=1)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        n, *image = x.shape
        if self.baked == "written":
            return lambda v: v.reshape(n, -1)
        if self.baked == "read":
            return lambda v: v.reshape(int(v.shape[0]), -1)
        return lambda v: v.reshape(-1, image[0] * image[1] * image[2])

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        n, c, h, w = x.shape
        size = c * h * w if self.baked == "no" else -1
        batch = n if self.baked == "written" else -1
        return lambda v: keras.ops.reshape(v, (batch, size))


def asked(baked: str, route: str, **ways: Any) -> Result:
    case = Case("folded", Sequential(("conv", Conv2D(3, 4, 3)), ("fold", Folded(baked))), (2, 3, 6, 8), **ways)
    return run(case, route, planted())


@pytest.mark.parametrize("route", ROUTES)
def test_a_network_that_is_made_for_any_batch_passes(route: str) -> None:
    found = asked("no", route, batches=(1, 5))
    assert found.kind is None, found.check.reason
    assert {figure.probe: figure.status for figure in found.check.probes}["batch"] == "pass"


@pytest.mark.parametrize(
    ("baked", "route"),
    [
        *(("written", route) for route in ROUTES),
        ("read", "torchscript>ort"),
        ("read", "torch>ort"),
        ("read", "torch>reference"),
    ],
)
def test_a_batch_size_that_was_baked_in_is_caught_and_only_by_another_one(baked: str, route: str) -> None:
    assert asked(baked, route).kind is None
    found = asked(baked, route, batches=(1, 5))
    assert found.kind in ("batch-size", "shape")
    assert found.check.failure is not None
    assert found.check.failure.probe == "batch"


@pytest.mark.parametrize(
    ("route", "status"),
    [
        ("torch", "pass"),
        ("torch>ort", "pass"),
        ("tensorflow>ort", "pass"),
        ("tensorflow", "not applicable"),
        ("torch>reference", "not applicable"),
    ],
)
def test_threads_are_set_where_a_route_can_and_put_back(route: str, status: str) -> None:
    import torch

    before = torch.get_num_threads()
    found = run(Case("dense", Linear(300, 40), (32, 300), threads=(2, 4)), route, planted())
    assert found.kind is None
    assert {figure.probe: figure.status for figure in found.check.probes}["threads"] == status
    assert torch.get_num_threads() == before
