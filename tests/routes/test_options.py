"""Every option of a route does what its word says, in the file, the session or the program, and a fault in it is found."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.axes import Array, Tensor
from parity.cases import Case, Sequential
from parity.cases.resized import open_axes, other_sizes
from parity.errors import Unsupported
from parity.layers import (
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    Linear,
    MaxPool2D,
    Pad2D,
    ReLU,
    Softmax,
    layer,
)
from parity.routes.catalog import Catalog, Route, installed
from parity.routes.exporters import opsets
from parity.routes.frameworks import compiling
from parity.running import selection
from parity.running.steps import export_step
from tests.faults.harness import Result, planted, run, started

torch = pytest.importorskip("torch", reason="real routes are asked with options")
pytest.importorskip("tensorflow", reason="real routes are asked with options")
onnx = pytest.importorskip("onnx", reason="real routes are asked with options")
ort = pytest.importorskip("onnxruntime", reason="real routes are asked with options")

ROOT = Path(__file__).parents[2]

BLOCK = Case("block", Sequential(("conv", Conv2D(3, 4, 3, padding=1)), ("norm", BatchNorm2D(4)), ("relu", ReLU())), (2, 3, 6, 8))  # fmt: skip
POOL = Case("pool", Sequential(("conv", Conv2D(3, 4, 3)), ("pool", GlobalAvgPool2D())), (2, 3, 6, 8))
SOFTMAX = Case("softmax", Softmax(), (2, 3, 6, 8))


def route(name: str) -> Route:
    return selection.route(installed().every_route(), name)


def file(case: Case, name: str, folder: Path) -> Any:
    """The file that a route's exporter writes of a case."""
    made = route(name)
    started(made.framework)
    return onnx.load(export_step(case, 0, made, installed(), folder).files["shipped"])


def opset(model: Any) -> int:
    (found,) = [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")]
    return int(found)


# ---- opsets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("torch>ort+opset16", 16),
        ("torch>ort+opset18", 18),
        ("torch>ort+opset21", 21),
        ("torchscript>ort+opset9", 9),
        ("torchscript>ort+opset17", 17),
        ("tensorflow>ort+opset13", 13),
        ("tensorflow>ort+opset18", 18),
    ],
)
def test_a_file_is_of_the_opset_that_was_asked_for(name: str, asked: int, tmp_path: Path) -> None:
    assert opset(file(BLOCK, name, tmp_path)) == asked


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("torch>ort+opset9", "dynamo exporter: asked for opset 9, it wrote opset 18"),
        ("tensorflow>ort+opset19", "tf2onnx exporter: make_sure failure: Opset 19 is not supported yet"),
        ("torchscript>ort+opset23", "torchscript exporter: Exporting to ONNX opset version 23 is not supported"),
    ],
)
def test_an_opset_that_an_exporter_does_not_write_is_unsupported(name: str, said: str) -> None:
    check = run(BLOCK, name, planted()).check
    assert check.status == "unsupported"
    assert said in check.reason


def test_a_sweep_has_the_opsets_that_change_an_operator_of_the_case() -> None:
    assert opsets.worth(SOFTMAX.graph) == (9, 11, 13)
    assert {9, 11, 22} <= set(opsets.worth(replace(BLOCK, model=Conv2D(3, 4, 3)).graph))
    assert opsets.worth(replace(BLOCK, model=ReLU()).graph) == (9, 13, 14)


def test_plus_opsets_asks_for_each_of_them() -> None:
    every = installed().every_route()
    found = selection.checks({"softmax": SOFTMAX}, every, [], ["torchscript>ort+opsets+plain"], ["cpu"])
    assert [made.name for _, made in found] == [f"torchscript>ort+opset{n}+plain" for n in (9, 11, 13)]


def test_the_default_of_another_opset_is_found() -> None:
    def without_axis(model: Any) -> None:
        for node in model.graph.node:
            if node.op_type == "Softmax":
                del node.attribute[:]

    # Up to opset 12 it is 1, and all axes behind it are summed over too; from 13 on it is -1.
    for asked in (11, 13):
        name = f"torchscript>ort+opset{asked}"
        assert run(SOFTMAX, name, planted()).kind is None
        found = run(SOFTMAX, name, planted(file=without_axis))
        assert (found.kind, found.born) == ("value", "softmax")


# ---- optimisers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["torch>ort", "torchscript>ort"])
def test_unoptimised_leaves_the_exporters_own_optimiser_out(name: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    optimised = file(BLOCK, name, tmp_path / "a").graph.node
    written = file(BLOCK, f"{name}+unoptimised", tmp_path / "b").graph.node
    if name == "torch>ort":
        assert len(written) > len(optimised)
    assert run(BLOCK, f"{name}+unoptimised", planted()).kind is None


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("", "ORT_ENABLE_ALL"),
        ("+extended", "ORT_ENABLE_EXTENDED"),
        ("+basic", "ORT_ENABLE_BASIC"),
        ("+plain", "ORT_DISABLE_ALL"),
    ],
)
def test_a_session_has_the_level_that_was_asked_for(word: str, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    levels: list[Any] = []
    real = ort.InferenceSession

    def session(path: str, options: Any, **more: Any) -> Any:
        levels.append(options.graph_optimization_level)
        return real(path, options, **more)

    monkeypatch.setattr(ort, "InferenceSession", session)
    assert run(replace(BLOCK, model=ReLU()), f"torchscript>ort{word}", planted()).kind is None
    assert levels[0] == getattr(ort.GraphOptimizationLevel, level)


def test_an_optimiser_that_folds_wrongly_is_gone_at_plain() -> None:
    def folds_wrongly(program: Callable[..., tuple[Array, ...]]) -> Any:
        return lambda *x: tuple(y * np.float32(1.001) for y in program(*x))

    fault = planted(program=folds_wrongly, only=frozenset({"onnxruntime"}), optimised=True)
    for level in ("", "+basic", "+extended"):
        failure = run(BLOCK, f"torchscript>ort{level}", fault).check.failure
        assert failure is not None
        assert failure.unoptimised == "pass"
    assert run(BLOCK, "torchscript>ort+plain", fault).kind is None


# ---- other sizes ----------------------------------------------------------------------------------------------------


def test_an_axis_is_open_where_the_definition_stays_the_same_graph() -> None:
    assert open_axes(POOL, "torch") == (0, 2, 3)
    assert other_sizes(POOL, "torch") == ((3, 3, 7, 9), (1, 3, 9, 11), (5, 3, 8, 10))
    fixed = Case("fixed", Sequential(Flatten(), Linear(144, 5)), (2, 3, 6, 8))
    assert open_axes(fixed, "torch") == (0,)
    assert other_sizes(fixed, "torch") == ((3, 3, 6, 8), (1, 3, 6, 8), (5, 3, 6, 8))
    assert open_axes(replace(BLOCK, mode="training"), "torch") == ()


def test_a_layer_that_is_spelled_for_one_size_keeps_its_image_in_that_framework() -> None:
    padded = Case("padded", Pad2D(1, mode="replicate"), (2, 3, 6, 8))
    assert open_axes(padded, "torch") == (0, 2, 3)
    assert open_axes(padded, "tensorflow") == (0,)
    counted = Case("counted", AvgPool2D(3, stride=2, padding=1, count_include_pad=False), (2, 3, 6, 8))
    assert open_axes(counted, "torch") == (0, 2, 3)
    assert open_axes(counted, "tensorflow") == (0,)
    uneven = replace(counted, model=AvgPool2D(3, stride=2, padding=((0, 1), (1, 0)), count_include_pad=False))
    assert open_axes(uneven, "torch") == (0,)
    hanging = replace(counted, model=MaxPool2D(3, stride=2, ceil_mode=True))
    assert open_axes(hanging, "torch") == (0, 2, 3)
    assert open_axes(hanging, "tensorflow") == (0,)


DYNAMIC = ["torch>ort+dynamic", "torchscript>ort+dynamic", "tensorflow>ort+dynamic"]


@pytest.mark.parametrize("name", DYNAMIC)
def test_the_axes_of_a_dynamic_file_are_open_and_it_is_judged_at_other_sizes(name: str, tmp_path: Path) -> None:
    (given,) = file(POOL, name, tmp_path).graph.input
    axes = [axis.HasField("dim_value") for axis in given.type.tensor_type.shape.dim]
    assert axes == ([False, False, False, True] if name.startswith("tensorflow") else [False, True, False, False])
    found = run(POOL, name, planted())
    assert found.kind is None, found.check.reason
    assert "judged at 3x3x7x9, 1x3x9x11, 5x3x8x10 too" in found.check.probes[0].note
    assert found.observation is not None
    assert [given.answers["data"][0][0].shape for given in found.observation.sizes.values()] == [(3, 4), (1, 4), (5, 4)]


@layer
class Pooled(Layer):
    """The mean of an image, ``baked`` as a size that was read or written as a Python number."""

    baked: str

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Flatten(op.GlobalAveragePool(x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        n, c, h, w = x.shape
        if self.baked == "batch":
            return lambda v: v.mean((2, 3)).reshape(n, c)
        return [torch.nn.AvgPool2d((h, w)), torch.nn.Flatten()]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        n, c, h, w = x.shape
        if self.baked == "batch":
            return [lambda v: keras.ops.reshape(v, (n, h * w, c)), lambda v: keras.ops.mean(v, 1)]
        return [lambda v: keras.ops.sum(v, (1, 2)), lambda v: v / float(h * w)]


@pytest.mark.parametrize("name", DYNAMIC)
@pytest.mark.parametrize("baked", ["batch", "image"])
def test_a_size_that_was_baked_in_passes_at_its_own_and_is_found_at_others(baked: str, name: str) -> None:
    case = Case("baked", Sequential(("conv", Conv2D(3, 4, 3)), ("pool", Pooled(baked))), (2, 3, 6, 8))
    assert run(case, name.partition("+")[0], planted()).kind is None
    check = run(case, name, planted()).check
    assert check.status in ("fail", "error"), check.reason
    if baked == "image" and check.failure is not None and check.failure.born is not None:
        assert check.failure.born == "pool"


def test_what_is_wrong_at_another_size_alone_is_told_with_that_size() -> None:
    def for_pairs(program: Callable[..., tuple[Array, ...]]) -> Any:
        return lambda x: tuple(y if len(x) != 1 else y + np.float32(0.5) for y in program(x))

    fault = planted(program=for_pairs, only=frozenset({"onnxruntime"}))
    assert run(POOL, "torchscript>ort", fault).kind is None
    check = run(POOL, "torchscript>ort+dynamic", fault).check
    assert check.status == "fail"
    assert check.reason.startswith("at 1x3x9x11, where its own size passes: ")


# ---- compilers ------------------------------------------------------------------------------------------------------


class Scaled(torch.nn.Module):
    def __init__(self, factor: float, module: Any) -> None:
        super().__init__()
        self.factor, self.module = factor, module

    def forward(self, x: Any) -> Any:
        return self.module(x) * self.factor


@pytest.mark.skipif(bool(compiling.why_no_compiler()), reason="torch.compile needs a C++ compiler")
def test_every_module_is_compiled_however_many_were_and_what_torch_would_not_compile_is_an_error() -> None:
    from torch._dynamo import config, exc, utils

    with config.patch(recompile_limit=1):  # it is 8
        for factor in (2.0, 3.0):
            module = compiling.compiled(Scaled(factor, torch.nn.ReLU()))
            before = utils.counters["frames"]["ok"]
            assert module(torch.ones(3)).tolist() == [factor] * 3
            assert utils.counters["frames"]["ok"] == before + 1
        with pytest.raises(exc.FailOnRecompileLimitHit):
            module(torch.ones(2, 3))


@pytest.mark.skipif(bool(compiling.why_no_compiler()), reason="torch.compile needs a C++ compiler")
def test_torch_compile_compiles_and_a_fault_in_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    real = torch.compile
    monkeypatch.setattr(torch, "compile", lambda module, **how: made.append(module) or real(module, **how))
    assert run(BLOCK, "torch+compile", planted()).kind is None
    assert made
    monkeypatch.setattr(torch, "compile", lambda module, **how: Scaled(1.001, module))
    assert wrong(run(BLOCK, "torch+compile", planted()))
    assert run(BLOCK, "torch", planted()).kind is None


def test_without_a_compiler_it_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    check = run(BLOCK, "torch+compile", planted()).check
    assert (check.status, check.reason) == (
        "unsupported",
        "there is no C++ compiler no-such-compiler; install one, or name it by CXX",
    )


def test_xla_compiles_and_a_fault_in_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    asked: list[Any] = []
    real = tf.function

    def function(*model: Any, **how: Any) -> Any:
        asked.append(how)
        return real(*model, **how)

    monkeypatch.setattr(tf, "function", function)
    assert run(BLOCK, "tensorflow+xla", planted()).kind is None
    assert dict(jit_compile=True) in asked

    def compiles_wrongly(*model: Any, **how: Any) -> Any:
        return (lambda x: model[0](x) * 1.001) if model and how == dict(jit_compile=True) else real(*model, **how)

    monkeypatch.setattr(tf, "function", compiles_wrongly)
    assert wrong(run(BLOCK, "tensorflow+xla", planted()))
    assert run(BLOCK, "tensorflow", planted()).kind is None


def wrong(found: Result) -> bool:
    return found.kind in ("value", "inexact")


def test_a_required_opset_is_looked_for_in_the_file(tmp_path: Path) -> None:
    onnx.save(file(replace(BLOCK, model=ReLU()), "torchscript>ort+opset13", tmp_path), tmp_path / "one.onnx")
    opsets.require(tmp_path / "one.onnx", 13, "some")
    with pytest.raises(Unsupported, match="some exporter: asked for opset 14, it wrote opset 13"):
        opsets.require(tmp_path / "one.onnx", 14, "some")


def test_the_documented_table_is_what_the_parts_say() -> None:
    page = (ROOT / "docs" / "running.md").read_text()
    rows = dict(re.findall(r"^\| `\+(\w+)` \| .* \| (.*) \|$", page, re.MULTILINE))
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    here = Catalog(*(points[f"parity.{group}"] for group in ("frameworks", "exporters", "runtimes", "simplifiers")))
    parts = [
        *map(here.framework, here.frameworks),
        *map(here.exporter, here.exporters),
        *map(here.runtime, here.runtimes),
    ]
    said = {option.spelled.removeprefix("+"): option.does for part in parts for option in part.options}
    said |= {name: here.simplifier(name).does for name in here.simplifiers}
    assert rows == said
