"""The other sizes that a case can be asked for, so that a file exported at its own size can be run at them. Pure.

An axis may have another size where the case's definition is then the same graph, constants and all: where it is not, the
layer is another function by what it says itself, and no file has to be both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from parity.axes import Shape
from parity.cases.case import Case
from parity.cases.probes import variants
from parity.errors import FieldError
from parity.operators.spelled import spelled_out

MORE = (
    1,
    3,
    2,
    24,
    4,
)  #: how much longer an axis is tried: odd and even steps, and one that every usual stride divides
FEW = 3  #: how many other sizes are asked for


def open_axes(case: Case, framework: str) -> tuple[int, ...]:
    """The canonical axes of the input that may have another size, the batch among them; none in training and of gradients.

    Where a layer is spelled for one size in the framework, the batch alone. Features and channels are what a layer is made for, and stay.
    """
    return tuple(axis for axis in _free(case, framework) if _longer(case, axis))


def other_sizes(case: Case, framework: str) -> tuple[Shape, ...]:
    """Up to three other canonical shapes that all open axes have at once, or as many of them as go together."""
    axes = open_axes(case, framework)
    for kept in [axes, axes[:1]] if axes[1:] else [axes]:
        lengths = [_lengths(case, axis) for axis in kept]
        made = [_with(case.shape, kept, [some[i % len(some)] for some in lengths]) for i in range(FEW)] if kept else []
        good = [shape for shape in dict.fromkeys(made) if _same(case, shape) and _asked_alike(case, shape)]
        if good:
            return tuple(good)
    return ()


def resized(case: Case, shape: Shape) -> Case:
    """The case on an input of another shape, with the parameters that it has, since they are drawn by its name."""
    return replace(
        case,
        shape=shape,
        batches=(),
        threads=(),
        unbatched=False,
        equal_sizes=case.equal_sizes or "another size of a case",
    )


def _free(case: Case, framework: str) -> list[int]:
    if case.mode != "inference":
        return []
    nodes = case.network.nodes
    fixed = any(node.layer.of_one_size(framework, case.tensors[node.inputs[0]]) for node in nodes)
    return [0] if fixed else [axis for axis in range(len(case.shape)) if axis != 1]


def _longer(case: Case, axis: int) -> list[int]:
    found = [case.shape[axis] + more for more in MORE]
    return [length for length in found if _same(case, _with(case.shape, [axis], [length]))]


def _lengths(case: Case, axis: int) -> list[int]:
    """Sizes of one axis; of the batch a single image comes early, since that is how models are served."""
    found = _longer(case, axis)
    return [found[0], 1, *found[1:]] if axis == 0 and case.shape[0] > 1 else found


def _with(shape: Shape, axes: Sequence[int], lengths: Sequence[int]) -> Shape:
    made = list(shape)
    for axis, length in zip(axes, lengths, strict=True):
        made[axis] = length
    return tuple(made)


def _asked_alike(case: Case, shape: Shape) -> bool:
    """Whether no model is needed at another size that is not exported at the case's own, such as that of whole numbers."""
    return {*variants(resized(case, shape))} <= {*variants(case)}


def _same(case: Case, shape: Shape) -> bool:
    try:
        return bool(spelled_out(resized(case, shape).graph) == spelled_out(case.graph))
    except FieldError:
        return False
