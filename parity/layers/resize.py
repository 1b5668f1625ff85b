"""Resizing of images: nearest, by a tent, by a cubic, by areas."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

import numpy as np

from parity.axes import F64, Tensor
from parity.errors import Unsupported
from parity.layers.base import Layer, Sizes, is_number, is_size, layer, require, sized

UpsampleMode = Literal["nearest", "nearest-exact", "bilinear", "bicubic", "area"]
INTERPOLATED = ("bilinear", "bicubic")
CUBIC = -0.75  #: the coefficient of Keys' cubic in torch's bicubic; with antialias it is PIL's, -0.5, and so it always is in TensorFlow


@layer
class Upsample(Layer):
    """Images at another size, larger or smaller; the centre of element i lies at ``i + 0.5``.

    Give ``size``, a number or (height, width), or ``scale_factor``, by which the size is multiplied and made whole; places in the
    input follow from the factor itself, with recompute_scale_factor from the sizes. mode: "nearest" takes element
    ``floor(i / scale)``; "nearest-exact" the one nearest to the centre, ``floor((i + 0.5) / scale)``; "bilinear" and "bicubic"
    (Keys' cubic, coefficient -0.75) interpolate, with align_corners between the outermost centres; with antialias the window
    grows as the image shrinks and weights outside are left out, and the cubic's coefficient is -0.5; "area" is the mean over the
    elements that one is made of.

    torch has all of it, and is "nearest" where nothing is said. Keras' UpSampling2D is so too, and takes whole factors alone. Its
    Resizing is "bilinear" where nothing is said; its "nearest" is "nearest-exact" here; its "bicubic" is this one with antialias
    where an image grows, to three digits alone, since TensorFlow takes the weights from a table, unless it is told antialias; and it
    knows neither align_corners nor "area".
    """

    kind: ClassVar[str] = "upsample"

    size: int | Sizes | None = None
    scale_factor: float | tuple[float, float] | None = None
    mode: UpsampleMode = "nearest"
    align_corners: bool = False
    antialias: bool = False
    recompute_scale_factor: bool = False

    def check(self) -> None:
        one = (self.size is None) != (self.scale_factor is None)
        require(self, "size", one, f"must be given, or scale_factor={self.scale_factor}, and not both")
        good = self.size is None or is_size(self.size, 2)
        require(self, "size", good, "must be a whole number of at least 1, or (height, width)")
        factors: Any = self.scale_factor if isinstance(self.scale_factor, tuple) else (self.scale_factor,) * 2
        good = self.scale_factor is None or (len(factors) == 2 and all(is_number(f) and f > 0 for f in factors))
        require(self, "scale_factor", good, "must be a positive number, or a pair of them")
        require(
            self, "mode", self.mode in get_args(UpsampleMode), f"must be one of {', '.join(get_args(UpsampleMode))}"
        )
        for name in ("align_corners", "antialias"):
            said = getattr(self, name)
            require(self, name, isinstance(said, bool), "must be True or False")
            require(self, name, not said or self.mode in INTERPOLATED, f"must be False with mode={self.mode!r}")
        mixed = self.align_corners and self.antialias
        require(self, "antialias", not mixed, "must be False with align_corners=True, which Resize does not define")
        good = isinstance(self.recompute_scale_factor, bool) and not (self.recompute_scale_factor and self.size)
        require(self, "recompute_scale_factor", good, "must be False with a size, else True or False")

    def _factors(self) -> tuple[float, float] | None:
        """By how much height and width are multiplied, None where the sizes say it."""
        if self.scale_factor is None or self.recompute_scale_factor or self.align_corners or self.mode == "area":
            return None
        return self.scale_factor if isinstance(self.scale_factor, tuple) else (self.scale_factor, self.scale_factor)

    def _sizes(self, x: Any) -> Sizes:
        """Height and width of the output."""
        if self.size is not None:
            return sized(self.size, 2)
        factor: Any = self.scale_factor
        rows, columns = factor if isinstance(factor, tuple) else (factor, factor)
        return int(x.shape[2] * rows), int(x.shape[3] * columns)

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        said = "size" if self.scale_factor is None else "scale_factor"
        require(self, said, len(shape) == 4, f"needs an image (N, C, H, W), got {shape}")
        sizes = self._sizes(inputs[0])
        require(self, said, min(sizes) >= 1, f"leaves nothing of the image {shape}")
        if self.mode == "area":
            whole = all(n % out == 0 for n, out in zip(shape[2:], sizes, strict=True))
            require(self, said, whole, f'must divide the size of the image {shape} with mode="area"')

    def to_onnx(self, op: Any, x: Any) -> Any:
        sizes, factors = self._sizes(x), self._factors()
        if self.mode == "area":
            window = tuple(n // out for n, out in zip(x.shape[2:], sizes, strict=True))
            return op.AveragePool(x, kernel_shape=window, strides=window)
        if self.mode == "nearest":
            how: dict[str, Any] = dict(coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        elif self.mode == "nearest-exact":
            how = dict(coordinate_transformation_mode="half_pixel", nearest_mode="round_prefer_ceil")
        else:
            how = dict(coordinate_transformation_mode="align_corners" if self.align_corners else "half_pixel")
        if self.antialias:
            how |= dict(antialias=1, exclude_outside=1)
        if self.mode == "bicubic":
            how["cubic_coeff_a"] = -0.5 if self.antialias else CUBIC
        how |= dict(mode={"bilinear": "linear", "bicubic": "cubic"}.get(self.mode, "nearest"), axes=(2, 3))
        if factors is None:
            return op.Resize(x, None, None, op.constant(list(sizes)), **how)
        return op.Resize(x, None, op.constant([float(f) for f in factors]), **how)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        corners = self.align_corners if self.mode in INTERPOLATED else None
        recompute = True if self.recompute_scale_factor else None
        if not self.antialias:
            return torch.nn.Upsample(self.size, self.scale_factor, self.mode, corners, recompute)
        # The layer has no antialias, its function has.
        return lambda v: torch.nn.functional.interpolate(
            v, self.size, self.scale_factor, self.mode, corners, recompute, antialias=True
        )

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        layers, sizes = keras.layers, self._sizes(x)
        whole = all(out % n == 0 for n, out in zip(x.shape[2:], sizes, strict=True))
        factor = (sizes[0] // x.shape[2], sizes[1] // x.shape[3])
        by_size = self._factors() is None or self._factors() == tuple(
            out / n for n, out in zip(x.shape[2:], sizes, strict=True)
        )
        if self.mode == "area":
            return layers.AveragePooling2D((x.shape[2] // sizes[0], x.shape[3] // sizes[1]))
        if self.mode in ("nearest", "nearest-exact"):
            if whole and by_size:
                return layers.UpSampling2D(factor, interpolation="nearest")
            if self.mode == "nearest-exact" and by_size:
                return layers.Resizing(*sizes, interpolation="nearest")
            rows, columns = (np.floor(places + 0.5).astype(int).tolist() for places in self._places(x))
            return lambda v: keras.ops.take(keras.ops.take(v, rows, axis=1), columns, axis=2)
        if by_size and not self.align_corners and (self.mode == "bilinear" or self.antialias):
            if whole and self.mode == "bilinear" and not self.antialias:
                return layers.UpSampling2D(factor, interpolation="bilinear")
            return layers.Resizing(*sizes, interpolation=self.mode, antialias=self.antialias)
        if self.antialias:
            raise Unsupported(
                "Keras' Resizing takes a size, and this factor gives other places than the size that comes of it"
            )
        # Keras' own would be another function: the same weights as two sums of products.
        each = zip(self._places(x), x.shape[2:], strict=True)
        rows, columns = (self._weights(places, n).astype(np.float32) for places, n in each)
        return lambda v: keras.ops.einsum("pw,nowc->nopc", columns, keras.ops.einsum("oh,nhwc->nowc", rows, v))

    def _places(self, x: Any) -> list[F64]:
        """Where the rows and the columns of the output lie in the input, in its elements."""
        found, factors = [], self._factors()
        for axis, (n, out) in enumerate(zip(x.shape[2:], self._sizes(x), strict=True)):
            i = np.arange(out, dtype=np.float64)
            upper, lower = (n, out) if factors is None else (1.0, factors[axis])
            if self.align_corners:
                found.append(i * (n - 1) / max(out - 1, 1))
            elif self.mode == "nearest":
                found.append(np.minimum(np.floor(i * upper / lower), n - 1))
            elif self.mode == "nearest-exact":
                found.append(np.minimum((i + 0.5) * upper / lower, n - 0.5) - 0.5)
            else:
                found.append((i + 0.5) * upper / lower - 0.5)
        return found

    def _weights(self, places: F64, n: int) -> F64:
        """What each element of the output is made of: ``out n``, without antialias. What lies outside counts for the edge."""
        weights, a = np.zeros((len(places), n)), CUBIC
        for k in range(-1, 3):
            element = np.floor(places) + k
            d = np.abs(places - element)
            inner, outer = ((a + 2) * d - (a + 3)) * d * d + 1, a * (((d - 5) * d + 8) * d - 4)
            cubic = np.where(d <= 1, inner, np.where(d < 2, outer, 0.0))
            share = np.maximum(1 - d, 0.0) if self.mode == "bilinear" else cubic
            np.add.at(weights, (np.arange(len(places)), np.clip(element, 0, n - 1).astype(int)), share)
        return weights
