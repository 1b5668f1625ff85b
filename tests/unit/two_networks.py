"""One small network written twice: channels first in fused operators, and channels last as a Keras lowering writes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from parity.axes import Array
from parity.judging.twins import Side, turned
from parity.operators.graph import Graph, Node, Value, as_value

CHANNELS_LAST, CHANNELS_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]


class Writer:
    """Writes nodes; every call gives the name of what it makes."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = {}

    def __call__(self, kind: str, *inputs: Any, at: str = "", **attributes: Any) -> str:
        names = tuple(x if isinstance(x, str) else self.constant(x, f"{at or kind}.{k}") for k, x in enumerate(inputs))
        out = f"{at or kind.lower()}:{len(self.nodes)}"
        self.nodes.append(Node(kind, names, (out,), attributes, out, scope=at))
        return out

    def constant(self, array: Any, name: str) -> str:
        name = f"{name}/{len(self.constants)}"
        self.constants[name] = np.asarray(array)
        return name

    def graph(self, output: str) -> Graph:
        return Graph(tuple(self.nodes), ("x",), (output,), self.constants, 21)


def parameters(seed: int = 0) -> dict[str, Array]:
    """What both networks store, in the axes of the first, as float32."""
    rng = np.random.default_rng(seed)
    shapes = {
        "conv1": (8, 3, 3, 3), "conv2": (8, 8, 3, 3), "dw": (8, 1, 3, 3), "dw.b": (8,), "pw": (12, 8, 1, 1), "pw.b": (12,),
        "a": (6, 12, 1, 1), "a.b": (6,), "b": (6, 12, 3, 3), "b.b": (6,), "fc1": (12, 12), "fc1.b": (12,), "ln.g": (12,),
        "ln.b": (12,), "fc2": (144, 10), "fc2.b": (10,),
    }  # fmt: skip
    made = {n: rng.standard_normal(s) / np.sqrt(max(np.prod(s[1:]), 1) if len(s) > 1 else 1) for n, s in shapes.items()}
    for n, c in (("bn1", 8), ("bn2", 8), ("bn3", 12)):
        made |= {f"{n}.g": 1 + rng.standard_normal(c) / 4, f"{n}.b": rng.standard_normal(c) / 2}
        made |= {f"{n}.m": rng.standard_normal(c) / 2, f"{n}.v": rng.uniform(0.004, 1.5, c)}
    return {n: v.astype(np.float32) for n, v in made.items()}


def first(p: dict[str, Array], **other: Any) -> Graph:
    """Channels first. ``other`` gives settings by name that are otherwise as the second network has them."""
    w = Writer()
    eps = other.get("eps", 1e-5)

    def norm(x: str, n: str) -> str:
        return w("BatchNormalization", x, *(p[f"{n}.{k}"] for k in "gbmv"), at=n, epsilon=other.get(f"{n}.eps", eps))

    pads1 = other.get("conv1.pads", [1, 1, 1, 1])
    x = w(
        "LeakyRelu",
        norm(w("Conv", "x", p["conv1"], at="conv1", strides=[2, 2], pads=pads1), "bn1"),
        at="act1",
        alpha=0.1,
    )
    y = w("Relu", norm(w("Conv", x, p["conv2"], at="conv2", pads=[1, 1, 1, 1]), "bn2"), at="act2")
    x = w("Add", x, y, at="add1")
    x = w("Conv", x, p["dw"], p["dw.b"], at="dw", group=8, strides=[2, 2], pads=[1, 1, 1, 1])
    x = norm(w("Conv", x, p["pw"], p["pw.b"], at="pw"), "bn3")
    x = w("Gelu", x, at="act3")
    a, b = w("Conv", x, p["a"], p["a.b"], at="a"), w("Conv", x, p["b"], p["b.b"], at="b", pads=[1, 1, 1, 1])
    x = w("Concat", a, b, at="cat", axis=1)
    x = w("Resize", x, "", np.array([1, 1, 2, 2], np.float32), at="up", mode="linear")
    x = w("AveragePool", x, at="pool", kernel_shape=[2, 2], strides=[2, 2])
    x = w("Transpose", x, at="permute", perm=CHANNELS_LAST)
    y = w("LayerNormalization", x, p["ln.g"], p["ln.b"], at="ln", epsilon=1e-6)
    y = w("Gelu", w("Add", w("MatMul", y, p["fc1"], at="fc1"), p["fc1.b"], at="fc1"), at="act5")
    x = w("Transpose", w("Add", x, y, at="add2"), at="permute2", perm=CHANNELS_FIRST)
    x = w("Flatten", x, at="flatten")
    return w.graph(w("Gemm", x, p["fc2"], p["fc2.b"], at="fc2"))


def second(p: dict[str, Array], **other: Any) -> Graph:
    """Channels last, with decomposed normalisations and activations. ``other`` plants what a port gets wrong."""
    w = Writer()

    def set_(name: str, default: Any) -> Any:
        return other.get(name, default)

    def image(kind: str, x: str, *more: Any, at: str, **attributes: Any) -> str:
        x = w("Transpose", x, at=at, perm=CHANNELS_FIRST)
        return w("Transpose", w(kind, x, *more, at=at, **attributes), at=at, perm=CHANNELS_LAST)

    def norm(x: str, n: str) -> str:
        g, b, m, v = (p[f"{n}.{k}"] for k in "gbmv")
        deviation = w("Sqrt", w("Add", v, np.float64(set_(f"{n}.eps", set_("eps", 1e-5))), at=n), at=n)
        scale = w("Mul", w("Reciprocal", deviation, at=n), g, at=n)
        shift = w("Sub", b, w("Mul", m, scale, at=n), at=n)
        return w("Add", w("Mul", x, scale, at=n), shift, at=n)

    def gelu(x: str, at: str, approximate: bool) -> str:
        if approximate:
            cube = w("Mul", w("Pow", x, np.float64(3), at=at), np.float64(0.044715), at=at)
            inner = w("Tanh", w("Mul", w("Add", x, cube, at=at), np.float64(np.sqrt(2 / np.pi)), at=at), at=at)
            return w("Mul", w("Mul", x, np.float64(0.5), at=at), w("Add", inner, np.float64(1), at=at), at=at)
        inner = w("Erf", w("Div", x, w("Sqrt", np.float64(2), at=at), at=at), at=at)
        return w("Mul", w("Mul", x, np.float64(0.5), at=at), w("Add", inner, np.float64(1), at=at), at=at)

    x = other["before"](w, "x") if "before" in other else "x"
    x = norm(
        image("Conv", x, set_("conv1", p["conv1"]), at="conv1", strides=[2, 2], pads=set_("conv1.pads", [1, 1, 1, 1])),
        "bn1",
    )
    x = w("LeakyRelu", x, at="act1", alpha=set_("alpha", 0.1))
    y = norm(image("Conv", x, set_("conv2", p["conv2"]), at="conv2", pads=set_("conv2.pads", [1, 1, 1, 1])), "bn2")
    x = w("Add", x, y if set_("no_relu", False) else w("Relu", y, at="act2"), at="add1")
    x = image("Conv", x, p["dw"], p["dw.b"], at="dw", group=8, strides=[2, 2], pads=set_("dw.pads", [1, 1, 1, 1]))
    x = norm(image("Conv", x, set_("pw", p["pw"]), p["pw.b"], at="pw"), "bn3")
    x = gelu(x, "act3", set_("tanh", False))
    a = image("Conv", x, p["a"], set_("a.b", p["a.b"]), at="a")
    b = image("Conv", x, p["b"], p["b.b"], at="b", pads=[1, 1, 1, 1])
    x = w("Concat", *((b, a) if set_("swapped", False) else (a, b)), at="cat", axis=3)
    mode = set_("resize", "half_pixel")
    x = image(
        "Resize", x, "", np.array([1, 1, 2, 2], np.float32), at="up", mode="linear", coordinate_transformation_mode=mode
    )
    x = image("AveragePool", x, at="pool", kernel_shape=[2, 2], strides=[2, 2])
    centred = w("Sub", x, w("ReduceMean", x, np.array([3]), at="ln"), at="ln")
    variance = w("ReduceMean", w("Mul", centred, centred, at="ln"), np.array([3]), at="ln")
    deviation = w("Sqrt", w("Add", variance, np.float64(set_("ln.eps", 1e-6)), at="ln"), at="ln")
    if set_("ln.branches", False):  # x s + (b - m s), as batch_normalization of TensorFlow has it
        scale = w("Mul", w("Reciprocal", deviation, at="ln"), p["ln.g"], at="ln")
        mean = w("Neg", w("ReduceMean", x, np.array([3]), at="ln"), at="ln")
        shift = w("Add", w("Mul", mean, scale, at="ln"), p["ln.b"], at="ln")
        y = w("Add", w("Mul", x, scale, at="ln"), shift, at="ln")
    else:
        y = w("Add", w("Mul", w("Div", centred, deviation, at="ln"), p["ln.g"], at="ln"), p["ln.b"], at="ln")
    y = w("MatMul", y, p["fc1"], at="fc1")
    y = y if set_("no_bias", False) else w("Add", y, p["fc1.b"], at="fc1")
    x = w("Add", x, gelu(y, "act5", False), at="add2")
    kernel = p["fc2"]
    if not set_("flatten", False):
        kernel = kernel.reshape(12, 4, 3, 10).transpose(1, 2, 0, 3).reshape(144, 10)
    x = w("Reshape", x, np.array([-1, 144]), at="flatten")
    x = w("MatMul", x, kernel, at="fc2")
    return w.graph(w("Add", x, p["fc2.b"], at="fc2"))


def folded(graph: Graph, epsilon: float) -> Graph:
    """With every normalisation folded into its convolution in float32, as exporters do."""
    nodes: list[Node] = []
    constants: dict[str, Any] = dict(graph.constants)
    for node in graph.nodes:
        if node.kind != "BatchNormalization":
            nodes.append(node)
            continue
        before = nodes.pop()
        g, b, m, v = (constants[name] for name in node.inputs[1:])
        scale = g / np.sqrt(v + np.float32(epsilon))
        bias = constants[before.inputs[2]] if len(before.inputs) > 2 else np.float32(0)
        names = f"{node.name}.w", f"{node.name}.b"
        constants |= {
            names[0]: constants[before.inputs[1]] * scale[:, None, None, None],
            names[1]: (bias - m) * scale + b,
        }
        nodes.append(replace(before, inputs=(before.inputs[0], *names), outputs=node.outputs))
    return replace(graph, nodes=tuple(nodes), constants=constants)


def feeds(count: int = 2, seed: int = 5) -> tuple[dict[str, Value], ...]:
    """Inputs of the first network, with different batches."""
    rng = np.random.default_rng(seed)
    return tuple({"x": as_value(rng.standard_normal((2 + k, 3, 16, 12)).astype(np.float32))} for k in range(count))


def pair(seed: int = 0, one: dict[str, Any] | None = None, **other: Any) -> tuple[Side, Side]:
    """Both networks with the same inputs, the second with what ``other`` plants."""
    p, fed = parameters(seed), feeds()
    here, there = first(p, **(one or {})), second(p, **other)
    return Side(here, fed), Side(there, turned(fed, {"x": ("x", CHANNELS_LAST)}))
