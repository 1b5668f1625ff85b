"""Layers that move channels: into space and back, and among their groups."""

from __future__ import annotations

from typing import Any, ClassVar

from parity.axes import Tensor
from parity.layers.base import Layer, is_count, layer, require


@layer
class PixelShuffle(Layer):
    """``N C r r H W`` as ``N C (H r) (W r)``: each channel of the output is made of r r channels in a row.

    ``tf.nn.depth_to_space`` takes them C apart instead, which ONNX's DepthToSpace calls DCR and torch's order CRD. Keras has
    neither: the images are turned over in space by ``reshape`` and ``transpose``.
    """

    kind: ClassVar[str] = "pixelshuffle"

    upscale_factor: int

    def check(self) -> None:
        require(self, "upscale_factor", is_count(self.upscale_factor), "must be a whole number of at least 1")

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) == 4 and shape[1] % self.upscale_factor**2 == 0
        require(self, "upscale_factor", good, f"squared must divide the channels of an image, got {shape}")

    def of_one_size(self, framework: str, x: Tensor) -> bool:
        return framework != "torch"  # its reshapes in Keras name height and width

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.DepthToSpace(x, blocksize=self.upscale_factor, mode="CRD")

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.PixelShuffle(self.upscale_factor)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, r, (_, c, h, w) = keras.ops, self.upscale_factor, x.shape

        def shuffle(v: Any) -> Any:
            split = ops.reshape(v, (-1, h, w, c // r**2, r, r))
            return ops.reshape(ops.transpose(split, (0, 1, 4, 2, 5, 3)), (-1, h * r, w * r, c // r**2))

        return shuffle


@layer
class PixelUnshuffle(Layer):
    """The inverse of :class:`PixelShuffle`: ``N C (H r) (W r)`` as ``N (C r r) H W``.

    ONNX's SpaceToDepth has the other order alone, and so has ``tf.nn.space_to_depth``.
    """

    kind: ClassVar[str] = "pixelunshuffle"

    downscale_factor: int

    def check(self) -> None:
        require(self, "downscale_factor", is_count(self.downscale_factor), "must be a whole number of at least 1")

    def fits(self, *inputs: Tensor) -> None:
        shape, r = inputs[0].shape, self.downscale_factor
        good = len(shape) == 4 and shape[2] % r == shape[3] % r == 0
        require(self, "downscale_factor", good, f"must divide height and width of an image, got {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        r, (_, c, h, w) = self.downscale_factor, x.shape
        split = op.Reshape(x, op.constant([0, c, h // r, r, w // r, r]))
        turned = op.Transpose(split, perm=(0, 1, 3, 5, 2, 4))
        return op.Reshape(turned, op.constant([0, c * r * r, h // r, w // r]))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.PixelUnshuffle(self.downscale_factor)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, r, (_, c, h, w) = keras.ops, self.downscale_factor, x.shape

        def unshuffle(v: Any) -> Any:
            split = ops.reshape(v, (-1, h // r, r, w // r, r, c))
            return ops.reshape(ops.transpose(split, (0, 1, 3, 5, 2, 4)), (-1, h // r, w // r, c * r * r))

        return unshuffle


@layer
class ChannelShuffle(Layer):
    """Channels dealt out anew: of ``groups`` groups, first the first of each, then the second of each (ShuffleNet).

    A layer in torch; composed in Keras and in ONNX.
    """

    kind: ClassVar[str] = "channelshuffle"

    groups: int

    def check(self) -> None:
        require(self, "groups", is_count(self.groups), "must be a whole number of at least 1")

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) == 4 and shape[1] % self.groups == 0
        require(self, "groups", good, f"must divide the channels of an image, got {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        g, (_, c, h, w) = self.groups, x.shape
        split = op.Transpose(op.Reshape(x, op.constant([0, g, c // g, h, w])), perm=(0, 2, 1, 3, 4))
        return op.Reshape(split, op.constant([0, c, h, w]))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.ChannelShuffle(self.groups)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, g, (_, c, h, w) = keras.ops, self.groups, x.shape

        def shuffle(v: Any) -> Any:
            split = ops.reshape(v, (-1, h, w, g, c // g))
            return ops.reshape(ops.transpose(split, (0, 1, 2, 4, 3)), (-1, h, w, c))

        return shuffle
