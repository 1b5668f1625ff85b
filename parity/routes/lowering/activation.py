"""Activations: functions that layers are given by name, and layers and operations that are nothing else."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

from parity.errors import Unsupported
from parity.operators.build import Named
from parity.routes.lowering.table import Rule, Writer, as_before, lowers, rule_of

#: Where Keras keeps the functions.
ROOMS = ("keras.src.activations.activations", "keras.src.ops.nn", "keras.src.ops.numpy")

Activation = Callable[..., Any]


def activate(op: Writer, given: Any, x: Named) -> Any:
    """What ``activation=given`` makes of a value. Raises :class:`Unsupported` for a function that is not Keras' own."""
    if given is None:
        return x
    if hasattr(given, "compute_dtype") and (rule := rule_of(given)) is not None:
        return rule(op, given, x)
    name = getattr(given, "__name__", type(given).__name__)
    if getattr(given, "__module__", "") not in ROOMS or name not in ACTIVATIONS:
        raise Unsupported(f"activation {name} has no rule")
    defaults = {p.name: p.default for p in signature(given).parameters.values() if p.default is not Parameter.empty}
    return ACTIVATIONS[name](op, x, **defaults)


def activated(op: Writer, layer: Any, image: Named) -> Any:
    """An image with its channels second, activated as the layer says and in the layer's own axes.

    Element by element that comes first: the layer's operators then end with the one that only turns axes.
    """
    given = layer.activation
    if getattr(given, "__name__", "") in ALONG_AN_AXIS or hasattr(given, "compute_dtype"):
        return activate(op, given, as_before(op, image, layer.data_format))
    return as_before(op, activate(op, given, image), layer.data_format)


# ---- functions ------------------------------------------------------------------------------------------------------


def _relu(
    op: Writer, x: Named, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """Keras' generalised ReLU: linear between a threshold and a largest value, ``slope (x - threshold)`` below."""
    slope, threshold = float(negative_slope or 0.0), float(threshold or 0.0)
    if slope and max_value is None and not threshold:
        return op.LeakyRelu(x, alpha=slope)
    y = op.ThresholdedRelu(x, alpha=threshold) if threshold else op.Relu(x)
    if max_value is not None:
        y = op.Clip(y, op.number(0.0, x.dtype), op.number(max_value, x.dtype))
    if not slope:
        return y
    below = op.Sub(op.number(threshold, x.dtype), x) if threshold else op.Neg(x)
    return op.Sub(y, op.Mul(op.number(slope, x.dtype), op.Relu(below)))


def _one(axis: Any) -> int:
    axes = list(axis) if isinstance(axis, list | tuple) else [axis]
    if len(axes) != 1 or axes[0] is None:
        raise Unsupported(f"a softmax over axis={axis}; only over one axis")
    return int(axes[0])


#: Klambauer et al. (2017) to all digits: ONNX's own defaults are those of float32.
SELU = dict(alpha=1.6732632423543772848, gamma=1.0507009873554804934)

ALONG_AN_AXIS = ("softmax", "log_softmax")

#: What Keras' own functions are, by their names; parameters are called as Keras calls them.
ACTIVATIONS: dict[str, Activation] = {
    "linear": lambda op, x: x,
    "relu": _relu,
    "relu6": lambda op, x: _relu(op, x, max_value=6.0),
    "leaky_relu": lambda op, x, negative_slope: op.LeakyRelu(x, alpha=float(negative_slope)),
    "elu": lambda op, x, alpha=1.0: op.Elu(x, alpha=float(alpha)),
    "celu": lambda op, x, alpha=1.0: op.Celu(x, alpha=float(alpha)),
    "selu": lambda op, x: op.Selu(x, **SELU),
    "gelu": lambda op, x, approximate: op.Gelu(x, approximate="tanh" if approximate else "none"),
    "sigmoid": lambda op, x: op.Sigmoid(x),
    "log_sigmoid": lambda op, x: op.Neg(op.Softplus(op.Neg(x))),
    "silu": lambda op, x: op.Mul(x, op.Sigmoid(x)),
    "hard_sigmoid": lambda op, x: op.HardSigmoid(x, alpha=1 / 6, beta=0.5),
    "hard_silu": lambda op, x: op.HardSwish(x),
    "mish": lambda op, x: op.Mish(x),
    "tanh": lambda op, x: op.Tanh(x),
    "tanh_shrink": lambda op, x: op.Sub(x, op.Tanh(x)),
    "hard_tanh": lambda op, x: op.Clip(x, op.number(-1.0, x.dtype), op.number(1.0, x.dtype)),
    "hard_shrink": lambda op, x, threshold: op.Shrink(x, lambd=float(threshold), bias=0.0),
    "soft_shrink": lambda op, x, threshold: op.Shrink(x, lambd=float(threshold), bias=float(threshold)),
    "softplus": lambda op, x: op.Softplus(x),
    "softsign": lambda op, x: op.Softsign(x),
    "exponential": lambda op, x: op.Exp(x),
    "softmax": lambda op, x, axis: op.Softmax(x, axis=_one(axis)),
    "log_softmax": lambda op, x, axis: op.LogSoftmax(x, axis=_one(axis)),
}


# ---- layers and operations ------------------------------------------------------------------------------------------


@lowers("layers", "Activation")
def _named(op: Writer, layer: Any, x: Named) -> Any:
    return activate(op, layer.activation, x)


@lowers("layers", "ReLU")
@lowers("activations", "ReLU")
def _general_relu(op: Writer, layer: Any, x: Named) -> Any:
    return _relu(op, x, layer.negative_slope, layer.max_value, layer.threshold)


@lowers("layers", "PReLU")
def _prelu(op: Writer, layer: Any, x: Named) -> Any:
    return op.PRelu(x, op.weight(layer.alpha))


def _of(name: str, *parameters: str) -> Rule:
    """The rule of a layer or operation that is one function, whose parameters are its attributes."""

    def rule(op: Writer, layer: Any, x: Named) -> Any:
        return ACTIVATIONS[name](op, x, **{p: getattr(layer, p) for p in parameters})

    return rule


lowers("layers", "LeakyReLU")(_of("leaky_relu", "negative_slope"))
lowers("layers", "ELU")(_of("elu", "alpha"))
lowers("layers", "Softmax")(_of("softmax", "axis"))
for kind, name, *parameters in (
    ("Relu", "relu"),
    ("Relu6", "relu6"),
    ("LeakyRelu", "leaky_relu", "negative_slope"),
    ("Elu", "elu", "alpha"),
    ("Celu", "celu", "alpha"),
    ("Selu", "selu"),
    ("Gelu", "gelu", "approximate"),
    ("Sigmoid", "sigmoid"),
    ("LogSigmoid", "log_sigmoid"),
    ("Silu", "silu"),
    ("HardSigmoid", "hard_sigmoid"),
    ("HardSilu", "hard_silu"),
    ("Tanh", "tanh"),
    ("TanhShrink", "tanh_shrink"),
    ("HardTanh", "hard_tanh"),
    ("HardShrink", "hard_shrink", "threshold"),
    ("SoftShrink", "soft_shrink", "threshold"),
    ("Softplus", "softplus"),
    ("Softsign", "softsign"),
    ("Softmax", "softmax", "axis"),
    ("LogSoftmax", "log_softmax", "axis"),
):
    lowers("ops", kind)(_of(name, *parameters))
