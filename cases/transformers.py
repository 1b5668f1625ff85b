"""Blocks of transformers for images and of what is built like them: ViT, Swin and ConvNeXt. Normalisations have torchvision's epsilon, 1e-6 or 1e-5.

Where GELU is taken by a tanh it is since tf2onnx writes no file of the other one.
"""

from dataclasses import replace

from parity.cases import Case, Graph, Network
from parity.layers import (
    GELU,
    Add,
    ClassToken,
    Concatenate,
    Conv2D,
    DepthwiseConv2D,
    LayerNorm,
    LayerScale,
    Linear,
    MultiHeadAttention,
    PositionEmbedding,
    Reshape,
    Roll,
    Slice,
    WindowPartition,
    WindowReverse,
)

from .blocks import cases
from .families import Nodes


def perceptron(reads: str, channels: int, approximate: str = "none") -> Nodes:
    """Two dense layers on every token by itself, four times as wide between; what they give is called ``mlp``."""
    return {
        "wide": (Linear(channels, 4 * channels), reads),
        "gelu": (GELU(approximate), "wide"),
        "mlp": (Linear(4 * channels, channels), "gelu"),
    }


def encoder(reads: str, attention: Nodes, channels: int, eps: float, approximate: str = "none") -> Nodes:
    """Attention, which reads ``norm1`` and gives ``attend``, and a perceptron, each normalised before and added after."""
    return {
        "norm1": (LayerNorm("C", channels, eps), reads),
        **attention,
        "add1": (Add(), "attend", reads),
        "norm2": (LayerNorm("C", channels, eps), "add1"),
        **perceptron("norm2", channels, approximate),
        "add2": (Add(), "mlp", "add1"),
    }


def vit(approximate: str) -> Network:
    """A ViT of one block (Dosovitskiy et al. 2021): patches of 4 by 4, a class token in front, positions, and the token classified."""
    return Graph(
        patches=(Conv2D(3, 12, 4, stride=4), "input"),
        tokens=(Reshape((12, -1)), "patches"),
        classed=(ClassToken(12), "tokens"),
        placed=(PositionEmbedding(12, 16), "classed"),
        **encoder("placed", {"attend": (MultiHeadAttention(12, 3), "norm1")}, 12, 1e-6, approximate),
        norm=(LayerNorm("C", 12, 1e-6), "add2"),
        token=(Slice("l", 0, 1), "norm"),
        flat=(Reshape((12,)), "token"),
        head=(Linear(12, 10), "flat"),
    )


# One block with causal attention, as image models that predict patch by patch have it (iGPT, Chen et al. 2020).
CAUSAL = Graph(**encoder("input", {"attend": (MultiHeadAttention(12, 4, is_causal=True), "norm1")}, 12, 1e-5, "tanh"))


WINDOW, IMAGE = 4, (8, 12)


def regions(shift: int) -> tuple[tuple[int, ...], ...]:
    """Which part of the image each place of each window was in before the image was moved by ``shift``: nine, most windows of one."""
    height, width = IMAGE

    def band(i: int, size: int) -> int:
        return (i >= size - WINDOW) + (i >= size - shift)

    return tuple(
        tuple(
            3 * band(i, height) + band(j, width) for i in range(top, top + WINDOW) for j in range(left, left + WINDOW)
        )
        for top in range(0, height, WINDOW)
        for left in range(0, width, WINDOW)
    )


def windowed(shift: int) -> Nodes:
    """Swin's attention in windows of 4 by 4 of an image of 8 by 12, which is moved by ``shift`` before and back after.

    What meets in a window by going round is kept apart.
    """
    there: Nodes = {"shift": (Roll((-shift, -shift)), "norm1")} if shift else {}
    back: Nodes = {"attend": (Roll((shift, shift)), "whole")} if shift else {}
    return {
        **there,
        "windows": (WindowPartition(WINDOW), "shift" if shift else "norm1"),
        "attention": (MultiHeadAttention(6, 3, axes="w", regions=regions(shift) if shift else None), "windows"),
        "whole" if shift else "attend": (WindowReverse(WINDOW, IMAGE), "attention"),
        **back,
    }


# Swin's two blocks (Liu et al. 2021), without the biases of relative positions.
SWIN = Graph(**encoder("input", windowed(0), 6, 1e-5))
SWIN_SHIFTED = Graph(**encoder("input", windowed(2), 6, 1e-5))
SWIN_TANH = Graph(**encoder("input", windowed(2), 6, 1e-5, "tanh"))

# What halves the image between Swin's stages: four neighbours side by side, in the order of torchvision and timm, and half of that kept.
PATCH_MERGING = Graph(
    odd_columns=(Slice("w", 1, None, 2), "input"),
    even_columns=(Slice("w", 0, None, 2), "input"),
    top_left=(Slice("h", 0, None, 2), "even_columns"),
    bottom_left=(Slice("h", 1, None, 2), "even_columns"),
    top_right=(Slice("h", 0, None, 2), "odd_columns"),
    bottom_right=(Slice("h", 1, None, 2), "odd_columns"),
    join=(Concatenate(), "top_left", "bottom_left", "top_right", "bottom_right"),
    norm=(LayerNorm("C", 24, 1e-5), "join"),
    reduce=(Linear(24, 12, bias=False), "norm"),
)

# ConvNeXt's block (Liu et al. 2022): 7x7 of each channel by itself, LayerNorm over the channels, a perceptron, and the scale of the branch.
CONVNEXT = Graph(
    depthwise=(DepthwiseConv2D(6, 7, padding=3), "input"),
    norm=(LayerNorm("C", 6, 1e-6), "depthwise"),
    **perceptron("norm", 6),
    scale=(LayerScale(6), "mlp"),
    add=(Add(), "scale", "input"),
)

# The same as a network begins, where the branch hardly counts.
CONVNEXT_FRESH = Graph(
    depthwise=(DepthwiseConv2D(6, 7, padding=3), "input"),
    norm=(LayerNorm("C", 6, 1e-6), "depthwise"),
    **perceptron("norm", 6, "tanh"),
    scale=(LayerScale(6, 1e-6), "mlp"),
    add=(Add(), "scale", "input"),
)

CASES = [
    # What tf2onnx writes no file of is for the full set: that it cannot is said at the end of an export like the others.
    *(replace(case, quick=False) for case in cases("vit_block", vit("none"), (2, 3, 12, 20))),
    Case("vit_block/tanh", vit("tanh"), (2, 3, 12, 20), batches=(1, 5), quick=False),
    Case("vit_block/causal", CAUSAL, (2, 12, 7), quick=False),
    *(replace(case, quick=False) for case in cases("swin_block", SWIN, (2, 6, 8, 12))),
    Case("swin_block/shifted", SWIN_SHIFTED, (2, 6, 8, 12), quick=False),
    Case("swin_block/merging", PATCH_MERGING, (2, 6, 8, 12)),
    Case("swin_block/shifted-tanh", SWIN_TANH, (2, 6, 8, 12), batches=(1, 5), quick=False),
    *cases("convnext_block", CONVNEXT, (2, 6, 11, 14)),
    Case("convnext_block/fresh-tanh", CONVNEXT_FRESH, (2, 6, 11, 14), quick=False),
]
