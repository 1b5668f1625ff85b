"""Operations of ``keras.ops`` that a functional model records."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from parity.errors import Unsupported
from parity.operators.build import Named
from parity.operators.formats import FORMATS
from parity.routes.lowering.table import Rule, Writer, lowers, rank, to_numpy

END = 2**63 - 1  #: beyond the last place of any axis


def _dtype(value: Any) -> Any:
    """What Keras looks at to find the type of a result: numbers have none of their own."""
    import keras

    if isinstance(value, bool | int | float):
        return type(value)
    return value.dtype if isinstance(value, Named) else keras.backend.standardize_dtype(value.dtype)


def alike(op: Writer, *values: Any, also: Any = None) -> list[Named]:
    """Operands in the type that Keras promotes them to; numbers and arrays become constants."""
    import keras

    dtype = keras.backend.result_type(*map(_dtype, values), *([also] if also else []))
    return [given(op, value, dtype) for value in values]


def given(op: Writer, value: Any, dtype: str) -> Any:
    """A value, number, array or variable in a type."""
    if isinstance(value, Named):
        return op.as_type(value, dtype)
    if isinstance(value, bool | int | float):
        return op.number(value, dtype)
    array = to_numpy(value)
    kept = op.stored(f"{op.scope}.constant.{len(op.values)}", array) if array.dtype.name in FORMATS else None
    return op.as_type(kept if kept is not None else op.constant(array), dtype)


def _binary(kind: str, also: Any = None) -> Rule:
    def rule(op: Writer, operation: Any, x1: Any, x2: Any) -> Any:
        return getattr(op, kind)(*alike(op, x1, x2, also=also))

    return rule


for kind, operator in {
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Maximum": "Max",
    "Minimum": "Min",
    "Greater": "Greater",
    "GreaterEqual": "GreaterOrEqual",
    "Less": "Less",
    "LessEqual": "LessOrEqual",
    "Equal": "Equal",
}.items():
    lowers("ops", kind)(_binary(operator))
for kind in ("Divide", "TrueDivide"):
    lowers("ops", kind)(_binary("Div", float))


@lowers("ops", "Power")
def _power(op: Writer, operation: Any, x1: Any, x2: Any) -> Any:
    if isinstance(x2, int | float) and x2 == 2 and isinstance(x1, Named):
        return op.Mul(x1, x1)
    return op.Pow(*alike(op, x1, x2))


def _unary(kind: str) -> Rule:
    def rule(op: Writer, operation: Any, x: Named) -> Any:
        if x.dtype not in FORMATS and kind not in ("Abs", "Neg", "Sign"):
            raise Unsupported(f"of {x.dtype}")
        return getattr(op, kind)(x)

    return rule


for kind, operator in {
    "Negative": "Neg",
    "Absolute": "Abs",
    "Sign": "Sign",
    "Sqrt": "Sqrt",
    "Exp": "Exp",
    "Log": "Log",
    "Reciprocal": "Reciprocal",
    "Erf": "Erf",
    "Sin": "Sin",
    "Cos": "Cos",
    "Floor": "Floor",
    "Ceil": "Ceil",
}.items():
    lowers("ops", kind)(_unary(operator))


@lowers("ops", "ZerosLike", "OnesLike")
def _filled(op: Writer, operation: Any, x: Named, dtype: str | None = None) -> Any:
    """Nothing is less than itself, NaN neither."""
    nothing = op.Less(x, x)
    return op.Cast(nothing if type(operation).__name__ == "ZerosLike" else op.Not(nothing), to=dtype or x.dtype)


@lowers("ops", "Square")
def _squared(op: Writer, operation: Any, x: Named) -> Any:
    return op.Mul(x, x)


@lowers("ops", "Rsqrt")
def _inverse_root(op: Writer, operation: Any, x: Named) -> Any:
    return op.Reciprocal(op.Sqrt(x))


@lowers("ops", "Clip")
def _clipped(op: Writer, operation: Any, x: Named) -> Any:
    return op.Clip(x, op.number(operation.x_min, x.dtype), op.number(operation.x_max, x.dtype))


@lowers("ops", "Cast")
def _cast(op: Writer, operation: Any, x: Named) -> Any:
    return op.as_type(x, operation.dtype)


@lowers("ops", "ConvertToTensor")
def _as_tensor(op: Writer, operation: Any, x: Named) -> Any:
    return x if operation.dtype is None else op.as_type(x, operation.dtype)


@lowers("ops", "Where")
def _chosen(op: Writer, operation: Any, condition: Named, x1: Any, x2: Any) -> Any:
    return op.Where(op.as_type(condition, "bool"), *alike(op, x1, x2))


# ---- along axes -----------------------------------------------------------------------------------------------------


def _axes(operation: Any, x: Named) -> list[int]:
    axis = operation.axis
    if axis is None:
        return list(range(rank(x)))
    return [int(a) % rank(x) for a in (axis if isinstance(axis, list | tuple) else [axis])]


def _reduction(kind: str) -> Rule:
    def rule(op: Writer, operation: Any, x: Named) -> Any:
        if getattr(operation, "initial", None) is not None:
            raise Unsupported("a first value")
        if x.dtype not in FORMATS:
            raise Unsupported(f"of {x.dtype}")
        axes = op.integers(*_axes(operation, x))
        return getattr(op, kind)(x, axes, keepdims=int(operation.keepdims))

    return rule


for kind, operator in {
    "Mean": "ReduceMean",
    "Sum": "ReduceSum",
    "Max": "ReduceMax",
    "Amax": "ReduceMax",
    "Min": "ReduceMin",
    "Amin": "ReduceMin",
    "Logsumexp": "ReduceLogSumExp",
}.items():
    lowers("ops", kind)(_reduction(operator))


@lowers("ops", "Var")
def _variance(op: Writer, operation: Any, x: Named) -> Any:
    """That of the population."""
    axes = op.integers(*_axes(operation, x))
    centred = op.Sub(x, op.ReduceMean(x, axes, keepdims=1))
    return op.ReduceMean(op.Mul(centred, centred), axes, keepdims=int(operation.keepdims))


@lowers("ops", "Matmul")
def _product(op: Writer, operation: Any, x1: Any, x2: Any) -> Any:
    return op.MatMul(*alike(op, x1, x2))


@lowers("ops", "Einsum")
def _einsum(op: Writer, operation: Any, *operands: Any) -> Any:
    return op.Einsum(*alike(op, *operands), equation=operation.subscripts.replace(" ", ""))


# ---- movement -------------------------------------------------------------------------------------------------------


@lowers("ops", "Concatenate")
def _joined(op: Writer, operation: Any, xs: Sequence[Any]) -> Any:
    return op.Concat(*alike(op, *xs), axis=int(operation.axis))


@lowers("ops", "Stack")
def _stacked(op: Writer, operation: Any, xs: Sequence[Any]) -> Any:
    axis = int(operation.axis)
    return op.Concat(*(op.Unsqueeze(v, op.integers(axis)) for v in alike(op, *xs)), axis=axis)


@lowers("ops", "Reshape")
def _reshaped(op: Writer, operation: Any, x: Named) -> Any:
    return op.Reshape(x, op.integers(*(-1 if n is None else int(n) for n in operation.newshape)))


@lowers("ops", "Transpose")
def _transposed(op: Writer, operation: Any, x: Named) -> Any:
    axes = operation.axes if operation.axes is not None else reversed(range(rank(x)))
    return op.Transpose(x, perm=tuple(int(a) % rank(x) for a in axes))


@lowers("ops", "Swapaxes")
def _swapped(op: Writer, operation: Any, x: Named) -> Any:
    order = list(range(rank(x)))
    a, b = operation.axis1 % rank(x), operation.axis2 % rank(x)
    order[a], order[b] = b, a
    return op.Transpose(x, perm=tuple(order))


@lowers("ops", "ExpandDims")
def _expanded(op: Writer, operation: Any, x: Named) -> Any:
    axes = operation.axis if isinstance(operation.axis, list | tuple) else [operation.axis]
    return op.Unsqueeze(x, op.integers(*axes))


@lowers("ops", "Squeeze")
def _squeezed(op: Writer, operation: Any, x: Named) -> Any:
    axis = operation.axis
    if axis is None:
        axis = [a for a, n in enumerate(x.shape) if n == 1 and a]
    return op.Squeeze(x, op.integers(*(axis if isinstance(axis, list | tuple) else [axis])))


@lowers("ops", "Tile")
def _tiled(op: Writer, operation: Any, x: Named) -> Any:
    repeats = operation.repeats
    repeats = [repeats] if isinstance(repeats, int) else list(repeats)
    return op.Tile(x, op.integers(*[1] * (rank(x) - len(repeats)), *repeats))


@lowers("ops", "GetItem")
def _item(op: Writer, operation: Any, x: Named, key: Any) -> Any:
    """numpy's basic indices: numbers, slices, new axes and an ellipsis."""
    # A list is what a tuple is after Keras has read it back; one of numbers alone would pick places.
    basic = isinstance(key, tuple) or (isinstance(key, list) and not all(isinstance(k, int) for k in key))
    keys = list(key) if basic else [key]
    if not all(k is None or k is Ellipsis or isinstance(k, int | slice) for k in keys):
        raise Unsupported("an index that is no number or slice")
    taken = sum(k is not None and k is not Ellipsis for k in keys)
    if Ellipsis not in keys:
        keys.append(Ellipsis)
    at = keys.index(Ellipsis)
    keys[at : at + 1] = [slice(None)] * (rank(x) - taken)
    cuts, gone, new, axis, place = [], [], [], 0, 0
    for k in keys:
        if k is None:
            new.append(place)
            place += 1
            continue
        if isinstance(k, slice):
            step = 1 if k.step is None else int(k.step)
            start = (0 if step > 0 else END) if k.start is None else int(k.start)
            end = (END if step > 0 else -END) if k.stop is None else int(k.stop)
            cuts.append((axis, start, end, step))
            place += 1
        else:
            cuts.append((axis, k, END if k == -1 else k + 1, 1))
            gone.append(axis)
        axis += 1
    cuts = [cut for cut in cuts if cut[1:] != (0, END, 1)]
    if cuts:
        axes, starts, ends, steps = (op.integers(*column) for column in zip(*cuts, strict=True))
        x = op.Slice(x, starts, ends, axes, steps)
    x = op.Squeeze(x, op.integers(*gone)) if gone else x
    return op.Unsqueeze(x, op.integers(*new)) if new else x


@lowers("ops", "Pad")
def _padded(op: Writer, operation: Any, x: Named, constant_values: Any = None) -> Any:
    width = operation.pad_width
    if operation.mode != "constant" or not all(isinstance(side, list | tuple) for side in width):
        raise Unsupported(f"mode={operation.mode!r}, pad_width={width}")
    edges = [before for before, _ in width] + [after for _, after in width]
    return op.Pad(x, op.integers(*edges), op.number(constant_values or 0.0, x.dtype))


@lowers("ops", "Flip")
def _turned_round(op: Writer, operation: Any, x: Named) -> Any:
    axes = _axes(operation, x)
    return op.Slice(
        x, *(op.integers(*[n] * len(axes)) for n in (END, -END)), op.integers(*axes), op.integers(*[-1] * len(axes))
    )


@lowers("ops", "Split")
def _split(op: Writer, operation: Any, x: Named) -> Any:
    parts, n = operation.indices_or_sections, x.shape[operation.axis]
    edges = [0, *parts, n] if isinstance(parts, list | tuple) else [n // parts * k for k in range(parts + 1)]
    sizes = [b - a for a, b in pairwise(edges)]
    made = op.Split(x, op.integers(*sizes), outputs=len(sizes), axis=operation.axis)
    return list(made) if len(sizes) > 1 else made


@lowers("ops", "Take")
def _taken(op: Writer, operation: Any, x: Any, indices: Any) -> Any:
    if operation.axis is None or not isinstance(indices, Named):
        raise Unsupported("without an axis, or of places that are no value of the model")
    x = x if isinstance(x, Named) else given(op, x, _dtype(x))
    return op.Gather(x, indices, axis=int(operation.axis))


@lowers("ops", "Normalize")
def _to_length(op: Writer, operation: Any, x: Named) -> Any:
    import keras

    if operation.order != 2:
        raise Unsupported(f"order={operation.order}")
    least = keras.backend.epsilon() if operation.epsilon is None else operation.epsilon
    norm = op.ReduceL2(x, op.integers(*_axes(operation, x)), keepdims=1)
    return op.Div(x, op.Max(norm, op.number(least, x.dtype)))
