"""Padding, strides and what hangs over the edge, for layers that slide a window. Whole numbers only."""

from __future__ import annotations

from collections.abc import Sequence

from parity.errors import FieldError
from parity.layers.base import Layer, Padding, Pads, Sizes, is_count, require

PLACES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
INPUTS = {1: "a signal (N, C, L)", 2: "an image (N, C, H, W)", 3: "a volume (N, C, D, H, W)"}
SEVERAL = {1: "", 2: ", or a pair of such numbers", 3: ", or three such numbers"}
SIDES = {1: "(before, after)", 2: "(top, bottom), (left, right)", 3: "(front, back), (top, bottom), (left, right)"}


def sides_mend(places: int) -> str:
    """How numbers for each place and for each side are written, for messages: (height, width) or ((top, bottom), (left, right))."""
    comma = "," * (places == 1)
    return f"({', '.join(PLACES[places])}{comma}) or ({SIDES[places]}{comma})"


def padding_mend(places: int) -> str:
    """What a padding may be, for messages."""
    return f'must be "same", "valid", a number, {sides_mend(places)}, all at least 0'


def size_mend(places: int, also: str = "", least: int = 1) -> str:
    """What a size may be, for messages."""
    return f"must be {also}at least {least}{SEVERAL[places]}"


def is_padding(value: object, places: int) -> bool:
    """Whether value is one of the spellings of :data:`parity.layers.base.Padding` for so many places."""
    if value in ("same", "valid") or is_count(value, 0):
        return True
    if not (isinstance(value, tuple) and len(value) == places):
        return False
    return all(is_count(v, 0) for v in value) or all(
        isinstance(side, tuple) and len(side) == 2 and all(is_count(v, 0) for v in side) for side in value
    )


def resolve_pads(padding: Padding, size: Sequence[int], kernel: Sizes, stride: Sizes, dilation: Sizes = ()) -> Pads:
    """(before, after) of each place for an input of ``size``: ((top, bottom), (left, right)) for an image.

    "same" is TensorFlow's: the output has ceil(size / stride) elements, and when the total is odd the extra element
    goes to the bottom and right (tf.nn documentation, "Notes on padding").
    """
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        sides = []
        for length, k, s, d in zip(size, kernel, stride, dilation or (1,) * len(kernel), strict=True):
            total = max((-(-length // s) - 1) * s + (k - 1) * d + 1 - length, 0)
            sides.append((total // 2, total - total // 2))
        return tuple(sides)
    if isinstance(padding, int):
        return ((padding, padding),) * len(kernel)
    return tuple((side, side) if isinstance(side, int) else side for side in padding)


def is_symmetric(pads: Pads) -> bool:
    """Whether both sides of each axis are padded alike, as torch's own padding argument says it."""
    return all(before == after for before, after in pads)


def flat(pads: Pads) -> tuple[int, ...]:
    """Pads as ONNX has them: what is before each place, then what is after: top, left, bottom, right."""
    return (*(before for before, _ in pads), *(after for _, after in pads))


def backwards(pads: Pads) -> tuple[int, ...]:
    """Pads as torch has them, the last place first: left, right, top, bottom."""
    return tuple(side for sides in reversed(pads) for side in sides)


def require_places(owner: Layer, field: str, shape: Sequence[int], places: int) -> None:
    """Raise :class:`FieldError` for ``field`` unless an input of this shape has so many places behind its channels."""
    require(owner, field, len(shape) == places + 2, f"needs {INPUTS[places]}, got {tuple(shape)}")


def require_room(owner: Layer, size: Sequence[int], kernel: Sizes, dilation: Sizes, pads: Pads) -> None:
    """Raise :class:`FieldError` unless a window fits into the padded places."""
    for axis, length, k, d, (before, after) in zip(PLACES[len(size)], size, kernel, dilation, pads, strict=True):
        span = (k - 1) * d + 1
        if length + before + after < span:
            mend = f"does not fit: {axis} {length} padded by {before}+{after} is less than the {span} it spans"
            raise FieldError(type(owner).__name__, "kernel", kernel, mend)
