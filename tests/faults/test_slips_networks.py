"""Slips of a port in blocks that people ship, each in one place of a real torch module: told from the block, and born there."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from parity.axes import Array
from parity.cases import Case
from parity.cases.registry import load
from parity.judging.blame import whose
from parity.layers import (
    GELU,
    AvgPool2D,
    BatchNorm2D,
    ChannelShuffle,
    Conv2D,
    DepthwiseConv2D,
    HardSigmoid,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    MultiHeadAttention,
    Roll,
    Sigmoid,
    SiLU,
    Upsample,
)
from tests.faults.harness import Spelled, State, planted, run, with_slip
from tests.unit.conftest import CASES

pytest.importorskip("torch", reason="the slips are planted in real torch modules")


@cache
def case(name: str) -> Case:
    found = load(CASES).cases[name]
    assert isinstance(found, Case)
    return found


def other_way_round(torch: Any) -> Any:
    return lambda *values: torch.cat(values[::-1], dim=1)


def in_order(*order: int) -> Spelled:
    return lambda torch: lambda *values: torch.cat([values[i] for i in order], dim=1)


def left_out(torch: Any) -> Any:
    return torch.nn.Identity()


def first_alone(torch: Any) -> Any:
    return lambda first, *_: first


def added(torch: Any) -> Any:
    return torch.add


def hard_sigmoid_of_keras_2(torch: Any) -> Any:
    return lambda v: torch.clip(0.2 * v + 0.5, 0, 1)


def token_last(torch: Any) -> Any:
    class Last(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(12, 1))

        def forward(self, v: Any) -> Any:
            return torch.cat([v, self.weight.expand(v.shape[0], -1, -1)], dim=2)

    return Last()


def unscaled(torch: Any) -> Any:
    class Unscaled(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(6, 1, 1))

        def forward(self, v: Any) -> Any:
            return v

    return Unscaled()


def columns_of_windows_first(torch: Any) -> Any:
    return lambda v: v.unflatten(3, (-1, 4)).unflatten(2, (-1, 4)).permute(0, 1, 4, 2, 3, 5).flatten(4).flatten(2, 3)


def last_token(torch: Any) -> Any:
    return lambda v: v[:, :, -1:]


def heads_of_every_third(state: dict[str, Array]) -> dict[str, Array]:
    """Query, key and value dealt out to the heads channel by channel, where each head has a run of them."""
    return {
        name: array.reshape(3, 4, 3, -1).swapaxes(1, 2).reshape(array.shape) if "in_proj" in name else array
        for name, array in state.items()
    }


def of_weight(edit: Callable[[Array], Array]) -> State:
    return lambda state: {**state, "weight": edit(state["weight"]).copy()}


def channels_behind(torch: Any) -> Any:
    return lambda v: v.permute(0, 2, 3, 1).flatten(1)


def last_alone(torch: Any) -> Any:
    return lambda *values: values[-1]


#: The case, where in it, what is written, and the spelling or what is done to the stored numbers.
SLIPS: list[tuple[str, str, str, Any, Any]] = [
    ("cnn_block/small", "norm", "epsilon of Keras", BatchNorm2D(16, 1e-3), None),
    ("simple_cnn/small", "flatten", "channels behind", channels_behind, None),
    ("simple_cnn_leaky/small", "leakyrelu1", "slope of Keras", LeakyReLU(0.3), None),
    ("keras_cnn/small", "norm1", "epsilon of torch", BatchNorm2D(16), None),
    ("residual_block", "add", "no way round", first_alone, None),
    ("residual_block/same-even", "conv1", "padding 1 for same", Conv2D(16, 32, 3, 2, 1), None),
    ("concat_block", "join", "branches in another order", in_order(0, 2, 1, 3), None),
    ("inverted_residual", "add", "what came in left out", last_alone, None),
    ("dense_block", "join2", "the newest first", other_way_round, None),
    ("squeeze_excite", "gate", "no sigmoid", left_out, None),
    ("squeeze_excite/classified", "excite", "gate added", added, None),
    ("mbconv", "swish1", "no gate of its own", first_alone, None),
    ("mbconv", "gate", "hard sigmoid for sigmoid", HardSigmoid(), None),
    ("spatial_attention", "both", "largest before mean", other_way_round, None),
    ("shufflenet_unit", "shuffle", "groups of the other number", ChannelShuffle(6), None),
    ("shufflenet_unit", "join", "halves the other way round", other_way_round, None),
    (
        "shufflenet_unit/down-even",
        "middle_conv",
        "same for padding 1",
        DepthwiseConv2D(10, 3, 2, "same", bias=False),
        None,
    ),
    (
        "mobilenetv2_block/even",
        "depthwise_conv",
        "same for padding 1",
        DepthwiseConv2D(18, 3, 2, "same", bias=False),
        None,
    ),
    ("mobilenetv3_block", "expand", "SiLU for hard swish", SiLU(), None),
    ("mobilenetv3_block", "gate", "slope 0.2", hard_sigmoid_of_keras_2, None),
    ("regnet_block", "gate", "hard sigmoid for sigmoid", HardSigmoid(), None),
    (
        "regnet_block/even",
        "grouped_conv",
        "same for padding 1",
        Conv2D(24, 24, 3, 2, "same", groups=3, bias=False),
        None,
    ),
    ("ghost_block", "ghost1", "ghosts before what they are made of", other_way_round, None),
    ("ghost_block", "cheap1", "no ReLU behind the ghosts", left_out, None),
    ("inception_v3_block", "pool", "padding counted", AvgPool2D(3, stride=1, padding=1), None),
    ("inception_v3_block", "join", "branches in another order", in_order(0, 2, 1), None),
    ("unet", "join", "skip behind what is scaled up", other_way_round, None),
    ("unet", "up", "kernel turned", None, of_weight(lambda w: w[:, :, ::-1, ::-1])),
    ("unet/resized", "up", "align_corners", Upsample(size=(13, 21), mode="bilinear", align_corners=True), None),
    ("feature_pyramid", "up2", "bilinear for nearest", Upsample(scale_factor=2, mode="bilinear"), None),
    ("feature_pyramid", "top1", "nothing from above", first_alone, None),
    ("sppf", "pool1", "windows of 3", MaxPool2D(3, stride=1, padding=1), None),
    ("sppf", "join", "the largest window first", other_way_round, None),
    ("aspp", "far_conv", "dilation of its neighbour", Conv2D(8, 5, 3, padding=2, dilation=2, bias=False), None),
    ("aspp", "join", "the whole image first", in_order(3, 0, 1, 2), None),
    ("vit_block", "attend", "heads split on the wrong axis", None, heads_of_every_third),
    ("vit_block", "attend", "another number of heads", MultiHeadAttention(12, 4), None),
    ("vit_block", "norm1", "epsilon of Keras", LayerNorm("C", 12, 1e-3), None),
    ("vit_block", "classed", "class token behind", token_last, None),
    ("vit_block", "token", "the last token classified", last_token, None),
    ("vit_block/causal", "attend", "no mask", MultiHeadAttention(12, 4), None),
    ("swin_block", "windows", "columns of windows first", columns_of_windows_first, None),
    ("swin_block", "attention", "all windows at once", MultiHeadAttention(6, 3, axes="hw"), None),
    ("swin_block/shifted", "attention", "the mask forgotten", MultiHeadAttention(6, 3, axes="w"), None),
    ("swin_block/shifted", "attend", "not shifted back", left_out, None),
    ("swin_block/shifted", "shift", "shifted the other way", Roll((2, 2)), None),
    ("swin_block/merging", "join", "neighbours row by row", in_order(0, 2, 1, 3), None),
    ("convnext_block", "scale", "layer scale left out", unscaled, None),
    ("convnext_block", "gelu", "GELU by a tanh", GELU("tanh"), None),
    ("convnext_block", "norm", "epsilon of Keras", LayerNorm("C", 6, 1e-3), None),
]


@pytest.mark.parametrize(
    ("name", "node", "wrong", "state"),
    [(name, node, wrong, state) for name, node, _, wrong, state in SLIPS],
    ids=[f"{slip[0].replace('/', '-')}-{slip[2].replace(' ', '-')}" for slip in SLIPS],
)
def test_a_slip_is_told_from_the_block_and_born_in_its_layer(name: str, node: str, wrong: Any, state: Any) -> None:
    found = run(with_slip(case(name), node, wrong, state), "torch", planted())
    assert found.check.failure is not None, found.check.reason
    assert (found.kind, found.born) == ("value", node), found.check.reason


def keras_left_out(keras: Any) -> Any:
    return lambda v: v


def keras_first_alone(keras: Any) -> Any:
    return lambda first, *_: first


def keras_other_way_round(keras: Any) -> Any:
    return lambda *values: keras.layers.Concatenate()(list(values[::-1]))


def keras_gelu_of_ops(keras: Any) -> Any:
    return keras.ops.gelu


def same(layer: str, *arguments: Any, **how: Any) -> Spelled:
    return lambda keras: getattr(keras.layers, layer)(*arguments, padding="same", **how)


def with_default_epsilon(layer: str) -> Spelled:
    return lambda keras: getattr(keras.layers, layer)()


#: The same in ports to Keras.
KERAS: list[tuple[str, str, str, Any]] = [
    ("cnn_block/small", "norm", "epsilon of Keras", with_default_epsilon("BatchNormalization")),
    ("residual_block/projection-even", "conv1", "same for padding 1", same("Conv2D", 32, 3, 2, use_bias=False)),
    ("concat_block", "join", "branches in another order", keras_other_way_round),
    ("bottleneck", "add", "no way round", keras_first_alone),
    ("squeeze_excite", "gate", "no sigmoid", keras_left_out),
    ("shufflenet_unit", "shuffle", "groups of the other number", ChannelShuffle(6)),
    ("mobilenetv2_block/even", "depthwise_conv", "same for padding 1", same("DepthwiseConv2D", 3, 2, use_bias=False)),
    ("mobilenetv3_block", "gate", "sigmoid for hard sigmoid", Sigmoid()),
    ("inception_v3_block", "pool", "padding counted", AvgPool2D(3, stride=1, padding=1)),
    ("unet", "join", "skip behind what is scaled up", keras_other_way_round),
    ("feature_pyramid", "up2", "bilinear for nearest", Upsample(scale_factor=2, mode="bilinear")),
    ("sppf", "pool1", "windows of 3", same("MaxPooling2D", 3, 1)),
    ("vit_block", "norm1", "epsilon of Keras", with_default_epsilon("LayerNormalization")),
    ("swin_block/shifted", "shift", "shifted the other way", Roll((2, 2))),
    ("convnext_block", "gelu", "GELU of keras.ops", keras_gelu_of_ops),
]


@pytest.mark.parametrize(
    ("name", "node", "wrong"),
    [(name, node, wrong) for name, node, _, wrong in KERAS],
    ids=[f"{slip[0].replace('/', '-')}-{slip[2].replace(' ', '-')}" for slip in KERAS],
)
def test_a_slip_of_a_port_to_keras_is_told_from_the_block_and_is_the_spelling_s(
    name: str, node: str, wrong: Any
) -> None:
    slip = with_slip(case(name), node, wrong, framework="tensorflow")
    checks = [run(slip, route, planted()).check for route in ("tensorflow", "torch")]
    found, other = checks
    assert found.failure is not None, found.reason
    assert (found.failure.kind, found.failure.born) == ("value", node), found.reason
    assert other.status == "pass", other.reason
    assert whose(found, checks).startswith("tensorflow, or how the case is spelled in it: "), whose(found, checks)


def test_a_stride_at_another_convolution_is_told_where_it_comes_first() -> None:
    # ResNet's own place for it; torchvision moved it to the 3x3 convolution. What comes out has the same shape.
    moved = with_slip(case("bottleneck/projection"), "reduce", Conv2D(16, 6, 1, stride=2, bias=False))
    moved = with_slip(moved, "conv", Conv2D(6, 6, 3, padding=1, bias=False))
    found = run(moved, "torch", planted())
    assert (found.kind, found.born) == ("shape", "reduce"), found.check.reason


@pytest.mark.parametrize(
    ("name", "layer", "call", "born"),
    [
        ("shared_head", "head", 2, "head_again"),
        ("shared_head", "scores", 2, "scores_again"),
        ("recurrent_residual", "conv", 3, "conv3"),
        ("recurrent_residual", "norm", 2, "norm2"),
    ],
)
def test_a_layer_that_is_another_at_one_of_its_calls_is_named_there(
    name: str, layer: str, call: int, born: str
) -> None:
    def of_its_own(model: Any) -> None:
        (module,), calls = getattr(model, layer), [0]

        def other_weights(module: Any, inputs: Any, output: Any) -> Any:
            calls[0] += 1
            return output if calls[0] % CALLS[name] != call % CALLS[name] else 1.01 * output

        module.register_forward_hook(other_weights)

    found = run(case(name), "torch", planted(model=of_its_own))
    assert found.check.failure is not None, found.check.reason
    assert (found.kind, found.born) == ("value", born), found.check.reason


CALLS = {"shared_head": 2, "recurrent_residual": 3}  #: how often a forward pass calls a shared layer


@pytest.mark.parametrize("name", sorted({slip[0] for slip in SLIPS} | set(CALLS) | {"bottleneck/projection"}))
def test_without_a_slip_the_same_block_passes(name: str) -> None:
    found = run(case(name), "torch", planted())
    assert found.check.status == "pass", found.check.reason
