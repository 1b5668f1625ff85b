"""Resizing of signals, images and volumes: nearest, by a tent, by a cubic, by areas."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

import numpy as np

from parity.axes import F64, Tensor
from parity.errors import Unsupported
from parity.layers.base import Layer, Sizes, is_number, is_size, layer, require
from parity.layers.padding import taken
from parity.layers.windows import PLACES, require_places
from parity.operators.formats import rounded

UpsampleMode = Literal["nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic", "area"]
LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3}  #: torch's words, by how many places they interpolate along
INTERPOLATED = {**LINEAR, "bicubic": 2}
CUBIC = -0.75  #: the coefficient of Keys' cubic in torch's bicubic; with antialias it is PIL's, -0.5, and so it always is in TensorFlow


@layer
class Upsample(Layer):
    """Signals ``N C L``, images ``N C H W`` or volumes ``N C D H W`` at another size, larger or smaller; the centre of element i lies at ``i + 0.5``.

    Give ``size``, a number or one for each place, or ``scale_factor``, by which the size is multiplied and made whole; places in the
    input follow from the factor itself, with recompute_scale_factor from the sizes. mode: "nearest" takes element
    ``floor(i / scale)``; "nearest-exact" the one nearest to the centre, ``floor((i + 0.5) / scale)``; "linear" of a signal,
    "bilinear" and "bicubic" of an image (Keys' cubic, coefficient -0.75), "trilinear" of a volume interpolate, with align_corners between the
    outermost centres; with antialias, of images alone, the window grows as the image shrinks and weights outside are left out, and the
    cubic's coefficient is -0.5; "area" is the mean over the elements that one is made of.

    torch has all of it, and is "nearest" where nothing is said. Keras' UpSampling1D to 3D are so too, and take whole factors alone. Its
    Resizing, of images alone, is "bilinear" where nothing is said; its "nearest" is "nearest-exact" here; its "bicubic" is this one with
    antialias where an image grows, to three digits alone, since TensorFlow takes the weights from a table, unless it is told antialias;
    and it knows neither align_corners nor "area".
    """

    kind: ClassVar[str] = "upsample"

    size: int | Sizes | None = None
    scale_factor: float | tuple[float, ...] | None = None
    mode: UpsampleMode = "nearest"
    align_corners: bool = False
    antialias: bool = False
    recompute_scale_factor: bool = False

    def check(self) -> None:
        one = (self.size is None) != (self.scale_factor is None)
        require(self, "size", one, f"must be given, or scale_factor={self.scale_factor}, and not both")
        good = self.size is None or any(is_size(self.size, places) for places in PLACES)
        require(self, "size", good, "must be a whole number of at least 1, or one for each place")
        factors: Any = self.scale_factor if isinstance(self.scale_factor, tuple) else (self.scale_factor,)
        good = self.scale_factor is None or (len(factors) in PLACES and all(is_number(f) and f > 0 for f in factors))
        require(self, "scale_factor", good, "must be a positive number, or one for each place")
        require(
            self, "mode", self.mode in get_args(UpsampleMode), f"must be one of {', '.join(get_args(UpsampleMode))}"
        )
        for name in ("align_corners", "antialias"):
            said = getattr(self, name)
            require(self, name, isinstance(said, bool), "must be True or False")
            require(self, name, not said or self.mode in INTERPOLATED, f"must be False with mode={self.mode!r}")
        images = not self.antialias or INTERPOLATED[self.mode] == 2
        require(self, "antialias", images, f"must be False with mode={self.mode!r}: torch has it for images alone")
        mixed = self.align_corners and self.antialias
        require(self, "antialias", not mixed, "must be False with align_corners=True, which Resize does not define")
        good = isinstance(self.recompute_scale_factor, bool) and not (self.recompute_scale_factor and self.size)
        require(self, "recompute_scale_factor", good, "must be False with a size, else True or False")

    def _factors(self, x: Any) -> tuple[float, ...] | None:
        """By how much the size of each place is multiplied, None where the sizes say it."""
        if self.scale_factor is None or self.recompute_scale_factor or self.align_corners or self.mode == "area":
            return None
        return self._each(x, self.scale_factor)

    def _each(self, x: Any, said: Any) -> tuple[Any, ...]:
        """What is said of each place of an input that has a ``shape``."""
        return said if isinstance(said, tuple) else (said,) * (len(x.shape) - 2)

    def _sizes(self, x: Any) -> Sizes:
        """The size of each place of the output."""
        if self.size is not None:
            return self._each(x, self.size)
        factors = self._each(x, self.scale_factor)
        return tuple(int(n * factor) for n, factor in zip(x.shape[2:], factors, strict=True))

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        said = "size" if self.scale_factor is None else "scale_factor"
        if self.mode in INTERPOLATED:
            require_places(self, "mode", shape, INTERPOLATED[self.mode])
        spatial, given = len(shape) - 2, getattr(self, said)
        good = spatial in PLACES and len(self._each(inputs[0], given)) == spatial
        require(self, said, good, f"does not fit the input {shape}")
        sizes = self._sizes(inputs[0])
        require(self, said, min(sizes) >= 1, f"leaves nothing of the input {shape}")
        if self.mode == "area":
            whole = all(n % out == 0 for n, out in zip(shape[2:], sizes, strict=True))
            require(self, said, whole, f'must divide the size of the input {shape} with mode="area"')

    def to_onnx(self, op: Any, x: Any) -> Any:
        sizes, factors = self._sizes(x), self._factors(x)
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
        kernel = "linear" if self.mode in LINEAR else "cubic" if self.mode == "bicubic" else "nearest"
        how |= dict(mode=kernel, axes=tuple(range(2, len(x.shape))))
        if factors is None:
            return op.Resize(x, None, None, op.constant(list(sizes)), **how)
        return op.Resize(x, None, op.constant([float(f) for f in factors], "float32"), **how)

    def of_one_size(self, framework: str, x: Tensor) -> bool:
        # Keras has the whole factors of UpSampling2D; anything else names a size, or weights of rows and columns.
        factors = self._factors(x)
        whole = factors is not None and all(factor == int(factor) for factor in factors)
        plain = self.mode in ("nearest", "bilinear") and not (self.align_corners or self.antialias)
        return framework != "torch" and not (whole and plain)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        corners = self.align_corners if self.mode in INTERPOLATED else None
        recompute = True if self.recompute_scale_factor else None
        if not self.antialias:
            return torch.nn.Upsample(self.size, self.scale_factor, self.mode, corners, recompute)
        # The layer has no antialias, its function has.
        return lambda v: torch.nn.functional.interpolate(
            v, self.size, self.scale_factor, self.mode, corners, recompute, antialias=True
        )

    def needs_batch(self, x: Tensor) -> str:
        return "torch.nn.Upsample takes the first two axes for batch and channels, so of a sample alone it resizes one axis less"

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        layers, sizes, places = keras.layers, self._sizes(x), len(x.shape) - 2
        each = list(zip(x.shape[2:], sizes, strict=True))
        whole = all(out % n == 0 for n, out in each)
        factor = tuple(out // n for n, out in each)
        by_size = self._factors(x) in (None, tuple(out / n for n, out in each))
        if self.mode == "area":
            return getattr(layers, f"AveragePooling{places}D")(tuple(n // out for n, out in each))
        if self.mode in ("nearest", "nearest-exact"):
            if whole and by_size:
                return getattr(layers, f"UpSampling{places}D")(factor if places > 1 else factor[0])
            if self.mode == "nearest-exact" and by_size and places == 2:
                return layers.Resizing(*sizes, interpolation="nearest")
            at = [np.floor(found + 0.5).astype(int).tolist() for found in self._places(x)]
            return lambda v: taken(keras.ops, v, at)
        if by_size and not self.align_corners and (self.mode == "bilinear" or self.antialias):
            if whole and self.mode == "bilinear" and not self.antialias:
                return layers.UpSampling2D(factor, interpolation="bilinear")
            return layers.Resizing(*sizes, interpolation=self.mode, antialias=self.antialias)
        if self.antialias:
            raise Unsupported(
                "Keras' Resizing takes a size, and this factor gives other places than the size that comes of it"
            )
        # Keras' own would be another function, and it has none of signals and volumes: the same weights as sums of products.
        weights = [
            rounded(self._weights(found, n), x.dtype) for found, (n, _) in zip(self._places(x), each, strict=True)
        ]

        def summed(v: Any) -> Any:
            for axis, weight in enumerate(weights, 1):
                letters = "nabcd"[: places + 2]
                v = keras.ops.einsum(f"o{letters[axis]},{letters}->{letters.replace(letters[axis], 'o')}", weight, v)
            return v

        return summed

    def _places(self, x: Any) -> list[F64]:
        """Where along each place the elements of the output lie in the input, in its elements."""
        found, factors = [], self._factors(x)
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
            share = np.maximum(1 - d, 0.0) if self.mode in LINEAR else cubic
            np.add.at(weights, (np.arange(len(places)), np.clip(element, 0, n - 1).astype(int)), share)
        return weights
