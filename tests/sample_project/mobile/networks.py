"""A network of parity's layers and of this project's own."""

from __future__ import annotations

from mobile.layers import CappedReLU
from parity.cases import Graph, Network
from parity.layers import Add, BatchNorm2D, Conv2D


def inverted_residual(channels: int, wide: int) -> Network:
    """MobileNetV2's block: widen, one convolution a channel, narrow, and add what came in."""
    return Graph(
        widen=(Conv2D(channels, wide, 1, bias=False), "input"),
        norm1=(BatchNorm2D(wide), "widen"),
        cap1=(CappedReLU(), "norm1"),
        depthwise=(Conv2D(wide, wide, 3, padding=1, groups=wide, bias=False), "cap1"),
        norm2=(BatchNorm2D(wide), "depthwise"),
        cap2=(CappedReLU(), "norm2"),
        narrow=(Conv2D(wide, channels, 1, bias=False), "cap2"),
        norm3=(BatchNorm2D(channels), "narrow"),
        join=(Add(), "norm3", "input"),
    )
