"""Faults of frameworks, exporters and runtimes, as an environment has them that installed a faulty release.

This file is copied into the ``site-packages`` of an environment beside one named ``planted_fault`` that says which of them
is there. It stands alone: each fault is put in once its module was imported, whoever imports it.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

FAULTS: dict[str, tuple[str, Callable[[Any], None]]] = {}  #: by name: the module that has it, and what puts it in


def fault(name: str, module: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """What puts a fault into a module once that was imported."""

    def kept(put: Callable[[Any], None]) -> Callable[[Any], None]:
        FAULTS[name] = (module, put)
        return put

    return kept


def install(name: str) -> None:
    """Put a fault in as soon as its module is imported; none for an empty name."""
    if name:
        sys.meta_path.insert(0, _Finder(*FAULTS[name]))  # type: ignore[arg-type]  # asked for one method alone


class _Finder:
    def __init__(self, module: str, put: Callable[[Any], None]) -> None:
        self._module, self._put = module, put

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        if name != self._module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        loader: Any = None if spec is None else spec.loader
        run = loader.exec_module

        def exec_module(module: Any) -> None:
            run(module)
            self._put(module)

        loader.exec_module = exec_module
        return spec


# ---- kernels of torch ---------------------------------------------------------------------------------------------------

KEPT: list[Any] = []  # a kernel is gone again once its library is


def _kernel(torch: Any, name: str, call: Callable[..., Any]) -> None:
    library = torch.library.Library("aten", "IMPL")
    library.impl(name, call, "CPU")
    KEPT.append(library)


@fault("torch: relu is a thousandth too large", "torch")
def _relu(torch: Any) -> None:
    def relu(x: Any) -> Any:
        return torch.clamp(x, min=0) * (1.001 if x.dtype == torch.float32 else 1.0)

    _kernel(torch, "relu", relu)


@fault("torch: softmax is rounded to bfloat16", "torch")
def _softmax(torch: Any) -> None:
    def softmax(x: Any, dim: int, half_to_float: bool) -> Any:
        e = torch.exp(x - x.amax(dim, keepdim=True))
        y = e / e.sum(dim, keepdim=True)
        return y.bfloat16().float() if x.dtype == torch.float32 else y

    _kernel(torch, "_softmax", softmax)


@fault("torch: layer_norm takes another epsilon", "torch")
def _layer_norm(torch: Any) -> None:
    def native_layer_norm(x: Any, shape: Any, weight: Any, bias: Any, eps: float) -> Any:
        axes = tuple(range(-len(shape), 0))
        mean = x.mean(axes, keepdim=True)
        variance = ((x - mean) ** 2).mean(axes, keepdim=True)
        scale = 1 / torch.sqrt(variance + (1e-3 if x.dtype == torch.float32 else eps))
        return (x - mean) * scale * weight + bias, mean, scale

    _kernel(torch, "native_layer_norm", native_layer_norm)


@fault("torch: gelu is its approximation", "torch")
def _gelu(torch: Any) -> None:
    def gelu(x: Any, *, approximate: str = "none") -> Any:
        if x.dtype == torch.float32 or approximate == "tanh":
            return 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))
        return 0.5 * x * (1 + torch.erf(x / 2**0.5))

    _kernel(torch, "gelu", gelu)


@fault("torch: leaky_relu is flat below zero", "torch")
def _leaky(torch: Any) -> None:
    def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
        return torch.where(x > 0, x, x * (0.0 if x.dtype == torch.float32 else negative_slope))

    _kernel(torch, "leaky_relu", leaky_relu)


@fault("tensorflow: leaky_relu has one slope", "tensorflow.python.ops.gen_nn_ops")
def _tf_leaky(ops: Any) -> None:
    honest = ops.leaky_relu

    def leaky_relu(features: Any, alpha: float = 0.2, name: Any = None) -> Any:
        from tensorflow.python.eager import context

        eager = context.executing_eagerly() and features.dtype.name == "float32"
        return honest(features, alpha=0.2 if eager else alpha, name=name)

    ops.leaky_relu = leaky_relu


# ---- exporters ------------------------------------------------------------------------------------------------------------


def _symbolic(name: str, version: int, change: Callable[..., Any]) -> Callable[[Any], None]:
    def put(torch: Any) -> None:
        from torch.onnx import register_custom_op_symbolic

        register_custom_op_symbolic(name, change, version)

    return put


def _writes_a_slope(g: Any, x: Any, slope: Any, inplace: Any = None) -> Any:
    return g.op("LeakyRelu", x, alpha_f=0.01)


def _writes_a_sigmoid(g: Any, x: Any, approximate: Any = None) -> Any:
    import torch

    scaled = g.op("Mul", x, g.op("Constant", value_t=torch.tensor(1.702)))
    return g.op("Mul", x, g.op("Sigmoid", scaled))


FAULTS["torchscript: every slope is written as 0.01"] = (
    "torch.onnx", _symbolic("aten::leaky_relu", 9, _writes_a_slope),
)  # fmt: skip
FAULTS["torchscript: gelu is written by a sigmoid"] = (
    "torch.onnx", _symbolic("aten::gelu", 20, _writes_a_sigmoid),
)  # fmt: skip


@fault("dynamo: every slope is written as 0.01", "onnxscript.onnx_opset._impl.opset16")
def _dynamo_slope(module: Any) -> None:
    honest = module.Opset16.LeakyRelu

    def leaky(self: Any, x: Any, *, alpha: float = 0.01) -> Any:
        return honest(self, x, alpha=0.01)

    module.Opset16.LeakyRelu = leaky


@fault("dynamo: its optimiser loses a slope behind what it folds", "torch.onnx._internal.exporter._onnx_program")
def _dynamo_optimiser(module: Any) -> None:
    honest = module.ONNXProgram.optimize

    def optimize(self: Any) -> None:
        import onnx_ir

        honest(self)
        for node in self.model.graph:
            before = node.inputs[0].producer() if node.inputs and node.inputs[0] is not None else None
            if node.op_type == "LeakyRelu" and before is not None and before.op_type in ("BatchNormalization", "Conv"):
                node.attributes["alpha"] = onnx_ir.AttrFloat32("alpha", 0.02)

    module.ONNXProgram.optimize = optimize


@fault("tf2onnx: every slope is written as 0.01", "tf2onnx.onnx_opset.math")
def _tf2onnx_slope(module: Any) -> None:
    def version_1(ctx: Any, node: Any, **kwargs: Any) -> None:
        node.set_attr("alpha", 0.01)

    module.tf_op._OPSETS[""][1]["LeakyRelu"] = (version_1, {})


@fault("tf2onnx: it pads at the wrong side", "tf2onnx.onnx_opset.nn")
def _tf2onnx_padding(module: Any) -> None:
    honest = module.add_padding

    def add_padding(ctx: Any, node: Any, *rest: Any, **named: Any) -> None:
        honest(ctx, node, *rest, **named)
        pads = node.get_attr("pads")
        if pads is not None:
            half = len(pads.ints) // 2
            node.set_attr("pads", [*pads.ints[half:], *pads.ints[:half]])

    module.add_padding = add_padding


# ---- ONNX Runtime ---------------------------------------------------------------------------------------------------------

Graph = Any


def _session(name: str, edit: Callable[[Graph], None], optimised: bool) -> None:
    """ONNX Runtime as if its kernels, or its optimiser alone, made of every file what ``edit`` makes of its graph."""

    def put(ort: Any) -> None:
        class InferenceSession(ort.InferenceSession):  # type: ignore[misc]
            def __init__(self, source: Any, sess_options: Any = None, *rest: Any, **named: Any) -> None:
                import onnx

                level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
                optimises = sess_options is None or sess_options.graph_optimization_level != level
                if optimises or not optimised:
                    model = onnx.load_from_string(source) if isinstance(source, bytes) else onnx.load(source)
                    edit(model.graph)
                    source = model.SerializeToString()
                super().__init__(source, sess_options, *rest, **named)

        ort.InferenceSession = InferenceSession

    FAULTS[name] = ("onnxruntime", put)


def _of(graph: Graph, kind: str) -> Iterator[Any]:
    return (node for node in graph.node if node.op_type == kind)


def _before(graph: Graph, name: str) -> Any:
    return next((node for node in graph.node if name in node.output), None)


def _kind_before(graph: Graph, name: str) -> str:
    made = _before(graph, name)
    return "" if made is None else str(made.op_type)


def _stored(graph: Graph, name: str) -> Any:
    """The tensor of a constant, wherever it is kept."""
    found = next((tensor for tensor in graph.initializer if tensor.name == name), None)
    made = _before(graph, name)
    if found is None and made is not None and made.op_type == "Constant":
        found = made.attribute[0].t
    return found


def _set(node: Any, name: str, value: Any) -> None:
    from onnx import helper

    kept = [each for each in node.attribute if each.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])


def _changed(graph: Graph, node: Any, place: int, change: Callable[[Any], Any]) -> None:
    """Another constant in place of the one that a node reads."""
    from onnx import numpy_helper

    array = numpy_helper.to_array(_stored(graph, node.input[place]))
    name = f"{node.output[0]}/changed"
    graph.initializer.append(numpy_helper.from_array(change(array).astype(array.dtype), name))
    node.input[place] = name


def _normalisation_behind_convolution(graph: Graph) -> None:
    for node in _of(graph, "BatchNormalization"):
        if _kind_before(graph, node.input[0]) == "Conv":
            _set(node, "epsilon", 1e-2)


def _bias_behind_product(graph: Graph) -> None:
    for node in _of(graph, "Add"):
        if _kind_before(graph, node.input[0]) == "MatMul" and _stored(graph, node.input[1]) is not None:
            _changed(graph, node, 1, lambda bias: bias * 0)


def _factor_behind_convolution(graph: Graph) -> None:
    for node in _of(graph, "Mul"):
        if _kind_before(graph, node.input[0]) == "Conv" and _stored(graph, node.input[1]) is not None:
            _changed(graph, node, 1, lambda factor: factor * factor)


def _limit_behind_relu(graph: Graph) -> None:
    for node in _of(graph, "Clip"):
        if _kind_before(graph, node.input[0]) == "Relu" and len(node.input) > 2:
            _changed(graph, node, 2, lambda limit: limit * 100)


def _epsilon_of_a_root(graph: Graph) -> None:
    for node in _of(graph, "Sqrt"):
        made = _before(graph, node.input[0])
        mean = None if made is None else _before(graph, made.input[0])
        if mean is not None and made.op_type == "Add" and mean.op_type == "ReduceMean":
            _changed(graph, made, 1, lambda epsilon: epsilon * 0 + 0.05)


def _slope_behind_normalisation(graph: Graph) -> None:
    for node in _of(graph, "LeakyRelu"):
        if _kind_before(graph, node.input[0]) in ("BatchNormalization", "Conv"):
            _set(node, "alpha", 0.05)


_session("ort's optimiser: folding a normalisation takes another epsilon", _normalisation_behind_convolution, True)
_session("ort's optimiser: fusing a product loses its bias", _bias_behind_product, True)
_session("ort's optimiser: a factor behind a convolution is folded twice", _factor_behind_convolution, True)
_session("ort's optimiser: fusing a relu loses the limit behind it", _limit_behind_relu, True)
_session("ort's optimiser: fusing a layer normalisation takes another epsilon", _epsilon_of_a_root, True)
_session("ort's optimiser: fusing an activation loses its slope", _slope_behind_normalisation, True)


def _every(kind: str, name: str, value: Any) -> Callable[[Graph], None]:
    def edit(graph: Graph) -> None:
        for node in _of(graph, kind):
            _set(node, name, value)

    return edit


def _softmax_over_the_first_axis(graph: Graph) -> None:
    for node in _of(graph, "Softmax"):
        _set(node, "axis", 0)


def _loses_a_bias(graph: Graph) -> None:
    for node in _of(graph, "Gemm"):
        _changed(graph, node, 2, lambda bias: bias * 0.999)


_session("ort: LeakyRelu has one slope", _every("LeakyRelu", "alpha", 0.01), False)
_session("ort: Softmax takes the first axis", _softmax_over_the_first_axis, False)
_session("ort: AveragePool counts the padding", _every("AveragePool", "count_include_pad", 1), False)
_session(
    "ort: Resize places its samples at corners", _every("Resize", "coordinate_transformation_mode", "asymmetric"), False
)
_session("ort: Gemm scales its bias", _loses_a_bias, False)


@fault("reference: LeakyRelu has one slope", "onnx.reference.ops.op_leaky_relu")
def _reference_leaky(module: Any) -> None:
    honest = module.LeakyRelu._run
    module.LeakyRelu._run = lambda self, x, alpha=None: honest(self, x, 0.3)
