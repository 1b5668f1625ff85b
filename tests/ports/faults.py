"""What a port gets wrong, planted one at a time in the ports of ``keras_nets``: where it lies and what it has to look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Fault:
    """``options`` plant it in the port of a network; ``at`` are the layers or modules that it may rightly be said of.

    ``in_training`` among them names modules: then it is the network itself, exported while these train. One set of names for every
    place where the two have to differ. looks: what each has to look like, in words that stand in what is said; nothing where no
    look is asked for.
    """

    name: str
    network: str
    options: Mapping[str, Any]
    at: tuple[tuple[str, ...], ...]
    looks: tuple[str, ...]
    fresh: bool = field(default=False)  #: planted when all was done, and nothing was mended for it


def fault(name: str, network: str, at: str, looks: str, fresh: bool = False, **options: Any) -> Fault:
    """One fault at one place; several names of it are separated by blanks. A dot in an option is written ``__``."""
    return Fault(name, network, _dotted(options), (tuple(at.split()),), (looks,), fresh)


def _dotted(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("__", "."): value for key, value in options.items()}


def one_off(index: tuple[int, ...], by: float) -> Callable[[Any], Any]:
    """A weight with one element changed."""

    def change(w: Any) -> Any:
        w[index] += by
        return w

    return change


def channel_scaled(w: Any) -> Any:
    """A kernel whose third output channel is half as large again."""
    w[2] *= 1.5
    return w


def halved(w: Any) -> Any:
    """A weight that went through float16."""
    return w.astype(np.float16).astype(np.float32)


FAULTS = [
    fault("BatchNorm's epsilon at Keras' default", "resnet", "layer1.bn2", "epsilon: 1e-05 in the first, 0.001", layer1__bn2__epsilon=1e-3),
    fault("stride 2 padded as Keras' same does", "resnet", "conv1", "padding", conv1__padding="same"),
    fault("pooling padded as Keras' same does", "resnet", "maxpool", "padding", maxpool__same=True),
    fault("a residual that is missing", "resnet", "layer1 layer1.add layer1.relu2", "missing", layer1__no_residual=True),
    fault("weights in half precision", "resnet", "layer2.conv2", "half precision", **{"weight.layer2.conv2.weight": halved}),
    fault("a kernel's height and width swapped", "vgg", "features.2", "kernel axes", features__2__order=(3, 2, 1, 0)),
    fault("NHWC flattened as NCHW", "vgg", "flatten classifier.0", "flattened", flatten__last=True),
    fault("a bias that is missing", "vgg", "classifier.0", "missing bias", classifier__0__no_bias=True),
    fault("another activation", "vgg", "features.3", "activation: relu in the first, silu", features__2__activation="silu"),
    fault("one element of a weight", "mobilenet", "blocks.0.project.0", "1 of 108 elements", **{"weight.blocks.0.project.0.weight": one_off((3, 5, 0, 0), 0.05)}),
    fault("one channel of a weight scaled", "mobilenet", "blocks.1.depthwise.0", "weights", **{"weight.blocks.1.depthwise.0.weight": channel_scaled}),
    fault("ReLU for ReLU6", "mobilenet", "head.2", "activation", head__most=None),
    fault("a concatenation in another order", "densenet", "cat2", "order", cat2__swapped=True),
    fault("padding left out of the mean of a pool", "densenet", "smooth", "count_include_pad", smooth__same=True),
    fault("tanh for erf in GELU", "vit", "blocks.1 gelu_1", "approximation: none in the first, tanh", blocks__1__tanh=True),
    fault("LayerNorm's epsilon at Keras' default", "vit", "blocks.0.norm2", "epsilon: 1e-06 in the first, 0.001", blocks__0__norm2__epsilon=1e-3),
    fault("softmax over another axis", "vit", "blocks.0 blocks.0.softmax", "axis: Softmax over -1 in the first, over -2", blocks__0__axis=-2),
    fault("a LeakyReLU's slope at Keras' default", "unet", "down2.act", "slope: 0.1 in the first, 0.3", down2__slope=0.3),
    fault("nearest for bilinear", "unet", "up1", "interpolation: linear", up1__mode="nearest"),
    fault("a transposed convolution's kernel turned around", "unet", "up2", "kernel axes", **{"weight.up2.weight": lambda w: w[:, :, ::-1, ::-1]}),
    fault("one layer left in training", "efficientnet", "block1.bn1", "eval() forgotten", in_training=("block1.bn1",)),
    fault("0 to 255 taken for 0 to 1", "efficientnet", "rescaling normalise", "divided by 255", bytes=True),
    fault("BGR for RGB", "efficientnet", "get_item normalise", "BGR for RGB", bgr=True),
    fault("another mean and deviation", "efficientnet", "normalise", "mean and deviation", mean=[0.5] * 3, std=[0.5] * 3),
]  # fmt: skip

#: Planted when all was done; nothing was mended for them. Where the missing softmax is said to be, and what missing scale looks like,
#: was first expected in other words ("softmax", which no side calls a layer, and "number").
FRESH = [
    fault("a deviation taken for a variance", "resnet", "layer2.bn2", "weights", fresh=True, **{"weight.layer2.bn2.running_var": np.sqrt}),
    fault("a kernel's rows turned around", "resnet", "layer1.conv1", "kernel axes", fresh=True, **{"weight.layer1.conv1.weight": lambda w: w[:, :, ::-1]}),
    fault("the mean for the largest in a pool", "vgg", "features.7", "", fresh=True, features__7__mean=True),
    fault("queries and keys swapped", "vit", "blocks.0", "order", fresh=True, blocks__0__qkv=(1, 0, 2)),
    fault("scores that are not scaled", "vit", "blocks.1", "missing operator: Mul", fresh=True, blocks__1__scale=1.0),
    fault("a class token at the end", "vit", "cat", "order", fresh=True, cls__last=True),
    fault("a hard sigmoid for a sigmoid", "efficientnet", "block1.gate", "activation: sigmoid in the first, hard sigmoid", fresh=True, block1__gate="hard_sigmoid"),
    fault("a softmax that is missing", "densenet", "classifier", "missing operator: Softmax", fresh=True, no_softmax=True),
]  # fmt: skip

#: The normalisations of the resnet, and what is padded there on one side where the stride is 2.
NORMS = (
    "bn1",
    *(f"layer{i}.{part}" for i in (1, 2, 3, 4) for part in ("bn1", "bn2")),
    *(f"layer{i}.downsample.1" for i in (2, 3, 4)),
)
STRIDED = ("conv1", *(f"layer{i}.conv1" for i in (2, 3, 4)))

#: Several at once: two, and Keras' defaults in every layer.
TOGETHER = [
    Fault(
        "eval() forgotten throughout", "resnet", {"in_training": NORMS},
        tuple((norm,) for norm in NORMS), ("eval() forgotten",) * len(NORMS),
    ),
    Fault(
        "a slope and the order of a concatenation", "unet", {"bottom.slope": 0.3, "cat1.swapped": True},
        (("bottom.act",), ("cat1",)), ("slope", "order"),
    ),
    Fault(
        "an epsilon and a weight of the next convolution", "resnet",
        {"layer1.bn1.epsilon": 1e-3, "weight.layer1.conv2.weight": one_off((1, 2, 0, 1), 0.1)},
        (("layer1.bn1",), ("layer1.conv2",)), ("epsilon", "1 of 576 elements"),
    ),
    Fault(
        "Keras' epsilon throughout beside five wrong paddings", "resnet",
        {"epsilon": 1e-3, "maxpool.same": True, **{f"{name}.padding": "same" for name in STRIDED}},
        tuple((name,) for name in (*NORMS, *STRIDED, "maxpool")),
        (*["epsilon"] * len(NORMS), *["padding"] * 5),
    ),
    Fault(
        "Keras' epsilon throughout beside two wrong paddings", "mobilenet",
        {"epsilon": 1e-3, "stem.0.padding": "same", "blocks.1.depthwise.0.padding": "same"},
        (
            *((f"{at}.1",) for at in ("stem", "head", *(f"blocks.{i}.{part}" for i in range(3) for part in ("expand", "depthwise", "project")))),
            ("stem.0",), ("blocks.1.depthwise.0",),
        ),
        (*["epsilon"] * 11, *["padding"] * 2),
    ),
]  # fmt: skip
