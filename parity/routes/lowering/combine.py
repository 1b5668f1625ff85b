"""Layers that combine several values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity.errors import Unsupported
from parity.operators.build import Named
from parity.routes.lowering.table import Rule, Writer, lowers, rank


def _alike(op: Writer, values: Sequence[Named]) -> list[Named]:
    """Values of one rank: Keras puts axes of one behind the batch until they are."""
    most = max(rank(v) for v in values)
    made = []
    for v in values:
        missing = most - rank(v)
        made.append(v if not missing else op.Unsqueeze(v, op.integers(*range(1, 1 + missing))))
    return made


def _many(kind: str) -> Rule:
    """The rule of a layer that is one operator of any number of inputs."""

    def rule(op: Writer, layer: Any, values: Sequence[Named]) -> Any:
        return getattr(op, kind)(*_alike(op, values))

    return rule


lowers("layers", "Average")(_many("Mean"))
lowers("layers", "Maximum")(_many("Max"))
lowers("layers", "Minimum")(_many("Min"))


@lowers("layers", "Add")
def _added(op: Writer, layer: Any, values: Sequence[Named]) -> Any:
    alike = _alike(op, values)
    return op.Add(*alike) if len(alike) == 2 else op.Sum(*alike)


@lowers("layers", "Subtract")
def _subtracted(op: Writer, layer: Any, values: Sequence[Named]) -> Any:
    return op.Sub(*_alike(op, values))


@lowers("layers", "Multiply")
def _multiplied(op: Writer, layer: Any, values: Sequence[Named]) -> Any:
    first, *rest = _alike(op, values)
    for v in rest:
        first = op.Mul(first, v)
    return first


@lowers("layers", "Concatenate", integers=True)
def _joined(op: Writer, layer: Any, values: Sequence[Named]) -> Any:
    return op.Concat(*values, axis=int(layer.axis))


@lowers("layers", "Dot")
def _dotted(op: Writer, layer: Any, values: Sequence[Named]) -> Any:
    """Sums of products along one axis of each, of samples by themselves; two vectors give an axis of one."""
    if layer.normalize:
        raise Unsupported("normalize=True")
    x, y = values
    axes = [layer.axes] * 2 if isinstance(layer.axes, int) else list(layer.axes)
    a, b = axes[0] % rank(x), axes[1] % rank(y)
    left = "n" + "".join("k" if i == a else "abcdef"[i] for i in range(1, rank(x)))
    right = "n" + "".join("k" if i == b else "uvwxyz"[i] for i in range(1, rank(y)))
    out = "n" + "".join(letter for letter in left[1:] + right[1:] if letter != "k")
    made = op.Einsum(x, y, equation=f"{left},{right}->{out}")
    return op.Unsqueeze(made, op.integers(1)) if out == "n" else made


@lowers("applications", "CustomScaleLayer")
def _added_by_a_share(op: Writer, layer: Any, values: Sequence[Named]) -> Any:
    return op.Add(values[0], op.Mul(values[1], op.number(layer.scale)))
