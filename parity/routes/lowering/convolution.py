"""Convolutions of any rank, depthwise, separable and transposed ones included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity.layers.windows import resolve_pads
from parity.operators.build import Named
from parity.routes.lowering.activation import activated
from parity.routes.lowering.table import Writer, channels_first, lowers, rank


def pads(
    padding: str, size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[int, ...]:
    """Pads as ONNX has them, all before and then all after, of axes of these sizes. "causal" pads in front alone."""
    if padding == "causal":
        sides = [((k - 1) * d, 0) for k, d in zip(kernel, dilation, strict=True)]
    else:
        axes = zip(size, kernel, stride, dilation, strict=True)
        sides = [resolve_pads(padding, (n, 1), (k, 1), (s, 1), (d, 1))[0] for n, k, s, d in axes]  # type: ignore[arg-type]
    return (*(before for before, _ in sides), *(after for _, after in sides))


def _convolved(
    op: Writer, layer: Any, x: Named, weight: Named, bias: Named | None, group: int, strides: Sequence[int]
) -> Any:
    """``weight`` is O I spatial, ``x`` has its channels second."""
    kernel, dilation = weight.shape[2:], tuple(layer.dilation_rate)
    return op.Conv(
        x,
        weight,
        bias,
        kernel_shape=kernel,
        strides=tuple(strides),
        dilations=dilation,
        pads=pads(layer.padding, x.shape[2:], kernel, strides, dilation),
        group=group,
    )


def _outs_first(op: Writer, kernel: Named) -> Any:
    """Spatial I O to O I spatial."""
    n = rank(kernel)
    return op.turned(kernel, (n - 1, n - 2, *range(n - 2)))


def _by_channel(op: Writer, kernel: Named) -> Any:
    """Spatial C M to C M 1 spatial, channels and multiples in one axis."""
    n, (channels, multiples) = rank(kernel), kernel.shape[-2:]
    turned = op.turned(kernel, (n - 2, n - 1, *range(n - 2)))
    return op.Reshape(turned, op.integers(channels * multiples, 1, *kernel.shape[:-2]))


def _strides(layer: Any, n: int) -> tuple[int, ...]:
    """Depthwise layers keep one number where all strides are alike."""
    strides = layer.strides
    return (strides,) * n if isinstance(strides, int) else tuple(strides)


@lowers("layers", "Conv1D", "Conv2D", "Conv3D")
def _convolution(op: Writer, layer: Any, x: Named) -> Any:
    image = channels_first(op, x, layer.data_format)
    weight = _outs_first(op, op.weight(layer.kernel))
    y = _convolved(op, layer, image, weight, op.weight(layer.bias), layer.groups, layer.strides)
    return activated(op, layer, y)


@lowers("layers", "DepthwiseConv1D", "DepthwiseConv2D")
def _depthwise(op: Writer, layer: Any, x: Named) -> Any:
    image = channels_first(op, x, layer.data_format)
    weight = _by_channel(op, op.weight(layer.kernel))
    strides = _strides(layer, rank(x) - 2)
    y = _convolved(op, layer, image, weight, op.weight(layer.bias), image.shape[1], strides)
    return activated(op, layer, y)


@lowers("layers", "SeparableConv1D", "SeparableConv2D")
def _separable(op: Writer, layer: Any, x: Named) -> Any:
    image = channels_first(op, x, layer.data_format)
    weight = _by_channel(op, op.weight(layer.depthwise_kernel))
    each = _convolved(op, layer, image, weight, None, image.shape[1], _strides(layer, rank(x) - 2))
    pointwise = _outs_first(op, op.weight(layer.pointwise_kernel))
    y = op.Conv(each, pointwise, op.weight(layer.bias))
    return activated(op, layer, y)


@lowers("layers", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def _transposed(op: Writer, layer: Any, x: Named) -> Any:
    """TensorFlow's: the gradient of a convolution that pads an output of the size Keras asks for."""
    image = channels_first(op, x, layer.data_format)
    strides, dilation = tuple(layer.strides), tuple(layer.dilation_rate)
    kernel = op.weight(layer.kernel)  # spatial O I
    last = rank(kernel) - 1
    weight, size = op.turned(kernel, (last, last - 1, *range(last - 1))), kernel.shape[:-2]
    outside = tuple(layer.compute_output_shape(x.shape))
    wanted = outside[2:] if layer.data_format == "channels_first" else outside[1:-1]
    cut = pads(layer.padding, wanted, size, strides, dilation)
    before, after, more = list(cut[: len(size)]), [], []
    for n, length, k, s, d, b in zip(image.shape[2:], wanted, size, strides, dilation, before, strict=True):
        left = (n - 1) * s + (k - 1) * d + 1 - b - length  # what is cut off behind, or is missing there
        after.append(max(left, 0))
        more.append(max(-left, 0))
    y = op.ConvTranspose(
        image,
        weight,
        op.weight(layer.bias),
        kernel_shape=size,
        strides=strides,
        dilations=dilation,
        pads=(*before, *after),
        output_padding=tuple(more),
    )
    return activated(op, layer, y)
