"""An image read at computed places."""

from __future__ import annotations

from itertools import product
from typing import Any, ClassVar, Literal, get_args

from parity.axes import Tensor
from parity.layers.base import Layer, layer, require

SampleMode = Literal["bilinear", "nearest", "bicubic"]
SamplePadding = Literal["zeros", "border", "reflection"]
CUBIC = -0.75  #: the coefficient of the cubic kernel, as torch and ONNX have it

ONNX_MODES = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}


@layer
class GridSample(Layer):
    """An image or volume at the places that a grid names: ``N C H W`` and ``N 2 P Q`` to ``N C P Q``, or ``N C D H W`` and ``N 3 O P Q``.

    The grid's channels are x, y (and z), each from -1 to 1 over width, height (and depth): with align_corners over the middles
    of the outermost elements, else over their outer edges. mode: "bilinear" (of volumes trilinear), "nearest" (ties to even) or
    "bicubic" (images alone). padding_mode: what lies outside is 0, the border, or mirrored. torch and ONNX have the grid's
    channels last. Keras has none; it is composed.
    """

    kind: ClassVar[str] = "gridsample"
    takes: ClassVar[int | None] = 2

    mode: SampleMode = "bilinear"
    padding_mode: SamplePadding = "zeros"
    align_corners: bool = False

    def check(self) -> None:
        for name, words in (("mode", get_args(SampleMode)), ("padding_mode", get_args(SamplePadding))):
            require(self, name, getattr(self, name) in words, f"must be one of {', '.join(words)}")
        require(self, "align_corners", isinstance(self.align_corners, bool), "must be True or False")

    def fits(self, *inputs: Tensor) -> None:
        x, grid = (each.shape for each in inputs)
        require(self, "mode", len(x) in (4, 5), f"needs an image or a volume, got {x}")
        good = len(grid) == len(x) and grid[:2] == (x[0], len(x) - 2)
        require(self, "mode", good, f"needs a grid of {len(x) - 2} channels for {x}, got {grid}")
        require(self, "mode", len(x) == 4 or self.mode != "bicubic", "must not be bicubic for a volume")

    def to_onnx(self, op: Any, x: Any, grid: Any) -> Any:
        axes = range(len(x.shape))
        last = op.Transpose(grid, perm=(0, *axes[2:], 1))
        how = dict(mode=ONNX_MODES[self.mode], padding_mode=self.padding_mode, align_corners=int(self.align_corners))
        return op.GridSample(x, last, **how)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        sample = torch.nn.functional.grid_sample
        return lambda v, grid: sample(v, grid.movedim(1, -1), self.mode, self.padding_mode, self.align_corners)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, sizes, channels = keras.ops, x.shape[2:], x.shape[1]

        def mirrored(at: Any, n: int) -> Any:
            low, span = (0.0, n - 1.0) if self.align_corners else (-0.5, float(n))
            if span == 0:
                return ops.zeros_like(at)
            turned = ops.mod(ops.abs(at - low), 2 * span)
            return ops.minimum(turned, 2 * span - turned) + low

        def taps(at: Any, n: int) -> list[tuple[Any, Any]]:
            """Elements along one axis, whole numbers as floats, and what each counts."""
            if self.mode != "bicubic" and self.padding_mode != "zeros":
                at = ops.clip(mirrored(at, n) if self.padding_mode == "reflection" else at, 0, n - 1)
            whole = ops.round(at) if self.mode == "nearest" else ops.floor(at)
            part = at - whole
            if self.mode == "nearest":
                found = [(whole, ops.ones_like(part))]
            elif self.mode == "bilinear":
                found = [(whole, 1 - part), (whole + 1, part)]
            else:
                weights = (_outer(part + 1), _inner(part), _inner(1 - part), _outer(2 - part))
                found = [(whole + k, w) for k, w in enumerate(weights, -1)]
            if self.padding_mode == "zeros":
                found = [(i, w * ops.cast((i >= 0) & (i <= n - 1), x.dtype)) for i, w in found]
            elif self.padding_mode == "reflection" and self.mode == "bicubic":
                found = [(ops.round(mirrored(i, n)), w) for i, w in found]
            return [(ops.cast(ops.clip(i, 0, n - 1), "int32"), w) for i, w in found]

        def sample(v: Any, grid: Any) -> Any:
            flat, size = ops.reshape(v, (-1, channels)), grid.shape[1:-1]
            image = ops.cumsum(ops.ones_like(grid[..., 0], "int32"), axis=0) - 1
            along = []
            for axis, n in enumerate(sizes):
                g = grid[..., len(sizes) - 1 - axis]
                along.append(taps((g + 1) * ((n - 1) / 2) if self.align_corners else ((g + 1) * n - 1) / 2, n))
            total = None
            for chosen in product(*along):
                place, weight = image, None
                for (i, w), n in zip(chosen, sizes, strict=True):
                    place, weight = place * n + i, w if weight is None else weight * w
                seen = ops.reshape(ops.take(flat, ops.reshape(place, (-1,)), axis=0), (-1, *size, channels))
                part = seen * ops.expand_dims(weight, -1)
                total = part if total is None else total + part
            return total

        return sample


def _inner(d: Any) -> Any:
    """The cubic kernel at a distance from 0 to 1."""
    return ((CUBIC + 2) * d - (CUBIC + 3)) * d * d + 1


def _outer(d: Any) -> Any:
    """The cubic kernel at a distance from 1 to 2."""
    return CUBIC * (((d - 5) * d + 8) * d - 4)
