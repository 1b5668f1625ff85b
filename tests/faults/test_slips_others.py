"""Slips of a port in layers that look up, drop, unfold and sample: each is caught in its layer, and none without it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from parity.cases import Case, Graph
from parity.cases.network import Network, as_network
from parity.layers import (
    AlphaDropout,
    ArgMin,
    Bilinear,
    ChannelDropout,
    Conv2D,
    CosineSimilarity,
    CumSum,
    Dropout,
    Embedding,
    Fold,
    GaussianDropout,
    GaussianNoise,
    GridSample,
    HardTanh,
    Layer,
    Linear,
    MaxPoolIndices1D,
    MaxPoolIndices2D,
    MaxPoolIndices3D,
    PairwiseDistance,
    Unfold,
)
from tests.faults.harness import planted, run
from tests.faults.keras_slips import unpooled

pytest.importorskip("torch", reason="the slips are planted in real torch modules")

Spelled = Callable[[Any, Any], Any]


def slipped(case: Case, spelled: Layer | Spelled) -> Case:
    """The case, defined as it is, its last layer in another's torch spelling, or changed by a function of torch and its own."""
    *before, last = as_network(case.model).nodes
    right: Any = last.layer
    kind = type(right)

    def to_torch(self: Any, torch: Any, x: Any) -> Any:
        own = kind.to_torch(right, torch, x)
        return spelled.to_torch(torch, x) if isinstance(spelled, Layer) else spelled(torch, own)

    fields = {f.name: getattr(right, f.name) for f in dataclasses.fields(right)}
    wrong = type(kind.__name__, (kind,), {"to_torch": to_torch})(**fields)
    return dataclasses.replace(case, model=Network((*before, dataclasses.replace(last, layer=wrong))))


def case(model: Layer | Network, shape: tuple[int, ...], **more: Any) -> Case:
    return Case(f"{as_network(model).output.layer.kind}/slip", model, shape, **more)


def counted_from_one(torch: Any, own: Any) -> Any:
    """Indices that begin with 1, as in a vocabulary that keeps 0 for padding."""
    return [lambda v: (v + 1) % 23, *own]


def padding_is_zero(torch: Any, own: Any) -> Any:
    """The row of the padding taken for zeros, which it is only in a new table."""
    own[0].register_forward_hook(lambda module, inputs, rows: rows * (inputs[0] != 3).unsqueeze(-1))
    return own


def in_training(drawn: Callable[[Any, Any], Any]) -> Spelled:
    """Another function in place of a layer, of torch and the input."""
    return lambda torch, own: lambda v: drawn(torch, v)


def constants_of_another_selu(torch: Any, v: Any) -> Any:
    """The floor taken as -alpha, without SELU's scale."""
    rate, floor = 0.5, -1.6732632
    a = ((1 - rate) * (1 + rate * floor**2)) ** -0.5
    return a * torch.where(torch.rand_like(v) < rate, floor, v) - a * rate * floor


def sides_exchanged(torch: Any, own: Any) -> Any:
    """The two rows of features the other way round, of as many features each."""
    forward = own.forward
    own.forward = lambda x1, x2: forward(x2, x1)
    return own


def bias_twice(torch: Any, own: Any) -> Any:
    own.register_forward_hook(lambda module, inputs, y: y + module.bias)
    return own


def through_the_batch(torch: Any, own: Any) -> Any:
    """Places counted through the whole input, as ONNX does."""
    module, places = own

    def counted(v: Any) -> Any:
        found = places(module(v))
        planes = torch.arange(v.shape[0] * v.shape[1]).reshape(*v.shape[:2], *(1,) * (v.dim() - 2))
        return found + planes * v[0, 0].numel()

    return counted


def slices_apart(torch: Any, own: Any) -> Any:
    """Places counted in each slice of a volume by itself."""
    module, places = own
    return lambda v: places(module(v)) % v[0, 0, 0].numel()


def with_channels(torch: Any, own: Any) -> Any:
    """Places counted through an image with its channels last, as TensorFlow does."""
    return [*own, lambda found: found * 3 + torch.arange(3).reshape(1, 3, 1, 1)]


def with_padding(torch: Any, own: Any) -> Any:
    """Places counted in the padded signal."""
    pad = torch.nn.ConstantPad1d(1, float("-inf"))
    return [pad, torch.nn.MaxPool1d(3, 2, return_indices=True), lambda pooled: pooled[1]]


def added_up(torch: Any, own: Any) -> Any:
    """A value once for each window that it is the largest of."""
    return lambda v, where: torch.zeros_like(v).flatten(2).scatter_add(2, where.flatten(2), v.flatten(2)).view_as(v)


def one_further(torch: Any, own: Any) -> Any:
    """Places that were counted from one."""
    return lambda v, where: own(v, (where - 1) % v[0, 0].numel())


def taps_before_channels(torch: Any, own: Any) -> Any:
    """Columns in the order of Keras' patches."""
    return [own, lambda v: v.unflatten(1, (3, -1)).transpose(1, 2).flatten(1, 2)]


def averaged(torch: Any, own: Any) -> Any:
    """Where columns overlap their mean and not their sum."""
    ones = torch.ones(2, 27, 66)
    return [lambda v: own(v) / own(ones)]


def cut_behind(torch: Any, own: Any) -> Any:
    """The padded image cut on its far sides alone."""
    return [torch.nn.Fold((10, 15), 3, stride=2), lambda v: v[:, :, :8, :13]]


def columns_first(torch: Any, own: Any) -> Any:
    """The grid read as (row, column)."""
    return lambda v, grid: own(v, grid.flip(1))


def without_eps(torch: Any, own: Any) -> Any:
    return lambda a, b: (a - b).norm(dim=-1, keepdim=True)


def as_a_loss(torch: Any, own: Any) -> Any:
    """Keras' loss of that name, which is smallest where two are alike."""
    return lambda a, b: -own(a, b)


TRAINED: dict[str, Any] = dict(mode="training")
MANY, CHANNELS = (4, 8, 31, 32), (16, 200, 3, 4)
PAIR = Graph(
    left=(Linear(13, 5), "input"), right=(Linear(13, 5), "input"), bilinear=(Bilinear(5, 5, 4), "left", "right")
)


def sampled(layer: GridSample) -> Network:
    return Graph(grid=(Conv2D(3, 2, 3, padding=1), "input"), gridsample=(layer, "input", "grid"))


def beside(layer: Layer) -> Network:
    other = (HardTanh(-0.5, 0.75), "input")
    return Graph(**{"other": other, layer.kind: (layer, "input", "other")})


WORDS: dict[str, Any] = dict(dtype="int64", below=23)

SLIPS: list[tuple[str, Case, Layer | Spelled]] = [
    ("counted from one", case(Embedding(23, 8), (2, 11), **WORDS), counted_from_one),
    ("padding is zero", case(Embedding(23, 8, 3), (2, 130), **WORDS), padding_is_zero),
    ("max_norm left out", case(Embedding(23, 8, max_norm=1.0), (2, 11), **WORDS), Embedding(23, 8)),
    (
        "another norm",
        case(Embedding(23, 8, max_norm=1.0, norm_type=1.0), (2, 11), **WORDS),
        Embedding(23, 8, max_norm=1.0),
    ),
    (
        "elements for channels",
        case(ChannelDropout(0.4), CHANNELS, **TRAINED),
        in_training(lambda torch, v: torch.dropout(v, 0.4, True)),
    ),
    (
        "one mask for the batch",
        case(ChannelDropout(0.4), CHANNELS, **TRAINED),
        in_training(lambda torch, v: v * torch.dropout(torch.ones_like(v[:1, :, :1, :1]), 0.4, True)),
    ),
    ("rate is what is kept", case(Dropout(0.4), MANY, **TRAINED), Dropout(0.6)),
    (
        "channels for elements",
        case(Dropout(0.4), CHANNELS, **TRAINED),
        in_training(lambda torch, v: torch.feature_dropout(v, 0.4, True)),
    ),
    ("rate is what is kept", case(ChannelDropout(0.4), CHANNELS, **TRAINED), ChannelDropout(0.6)),
    (
        "drops at inference",
        case(ChannelDropout(0.4), CHANNELS),
        in_training(lambda torch, v: torch.feature_dropout(v, 0.4, True)),
    ),
    (
        "plain dropout",
        case(AlphaDropout(0.5), MANY, **TRAINED),
        in_training(lambda torch, v: torch.dropout(v, 0.5, True)),
    ),
    ("alpha without scale", case(AlphaDropout(0.5), MANY, **TRAINED), in_training(constants_of_another_selu)),
    (
        "variance for deviation",
        case(GaussianNoise(0.25), MANY, **TRAINED),
        GaussianNoise(0.5),
    ),
    (
        "uniform noise of that deviation",
        case(GaussianNoise(0.25), MANY, **TRAINED),
        in_training(lambda torch, v: v + (torch.rand_like(v) - 0.5) * 0.25 * 12**0.5),
    ),
    (
        "one noise for all channels",
        case(GaussianNoise(0.25), MANY, **TRAINED),
        in_training(lambda torch, v: v + torch.randn_like(v[:, :1]) * 0.25),
    ),
    (
        "rate for deviation",
        case(GaussianDropout(0.3), MANY, **TRAINED),
        in_training(lambda torch, v: v * (1 + 0.3 * torch.randn_like(v))),
    ),
    (
        "noise that is added",
        case(GaussianDropout(0.3), MANY, **TRAINED),
        in_training(lambda torch, v: v + (3 / 7) ** 0.5 * torch.randn_like(v)),
    ),
    ("sides exchanged", case(PAIR, (3, 13)), sides_exchanged),
    ("bias twice", case(PAIR, (3, 13)), bias_twice),
    ("through the batch", case(MaxPoolIndices2D(2), (2, 3, 12, 6)), through_the_batch),
    ("through the batch", case(MaxPoolIndices1D(3), (2, 3, 37)), through_the_batch),
    ("through the batch", case(MaxPoolIndices3D(2), (2, 3, 5, 7, 6)), through_the_batch),
    ("slice by slice", case(MaxPoolIndices3D(2), (2, 3, 5, 7, 6)), slices_apart),
    ("through the channels", case(MaxPoolIndices2D(2), (2, 3, 12, 6)), with_channels),
    ("counted with the padding", case(MaxPoolIndices1D(3, 2, 1), (2, 3, 37)), with_padding),
    ("added where windows overlap", case(unpooled(2), (2, 3, 13, 6)), added_up),
    ("added where windows overlap", case(unpooled(1), (2, 3, 37)), added_up),
    ("added where windows overlap", case(unpooled(3), (2, 3, 5, 7, 6)), added_up),
    ("counted from one", case(unpooled(1), (2, 3, 37)), one_further),
    ("counted from one", case(unpooled(3), (2, 3, 5, 7, 6)), one_further),
    ("the smallest put back", case(unpooled(2), (2, 3, 13, 6)), lambda torch, own: lambda v, where: own(-v, where)),
    ("taps before channels", case(Unfold(3), (2, 3, 8, 13)), taps_before_channels),
    ("rows for columns of a stride", case(Unfold(3, stride=(2, 1)), (2, 3, 8, 13)), Unfold(3, stride=(1, 2))),
    ("mean of what overlaps", case(Fold((8, 13), 3), (2, 27, 66)), averaged),
    ("padding cut off behind", case(Fold((8, 13), 3, padding=1, stride=2), (2, 27, 28)), cut_behind),
    ("align_corners", case(sampled(GridSample(align_corners=True)), (2, 3, 9, 14)), GridSample()),
    ("border for zeros", case(sampled(GridSample()), (2, 3, 9, 14)), GridSample(padding_mode="border")),
    ("row before column", case(sampled(GridSample()), (2, 3, 9, 14)), columns_first),
    ("largest for smallest", case(ArgMin("c"), (2, 5, 7, 11)), lambda torch, own: lambda v: v.argmax(1, True)),
    ("the smallest in size", case(ArgMin("c"), (2, 5, 7, 11)), lambda torch, own: lambda v: v.abs().argmin(1, True)),
    ("with itself", case(CumSum("w", exclusive=True), (2, 5, 7, 11)), CumSum("w")),
    ("from the front", case(CumSum("w", reverse=True), (2, 5, 7, 11)), CumSum("w")),
    ("as a loss", case(beside(CosineSimilarity("c")), (2, 5, 7, 11)), as_a_loss),
    ("another eps", case(beside(CosineSimilarity("f", 1e-3)), (2, 37), scale=1e-4), CosineSimilarity("f")),
    ("eps left out", case(beside(PairwiseDistance("f", eps=1e-3)), (2, 37)), without_eps),
    ("another order", case(beside(PairwiseDistance("f", p=1.0)), (2, 37)), PairwiseDistance("f")),
]


@pytest.mark.parametrize(
    ("right", "spelled"),
    [slip[1:] for slip in SLIPS],
    ids=[f"{slip[1].family}-{slip[0].replace(' ', '-')}" for slip in SLIPS],
)
def test_a_slip_is_caught_in_its_layer(right: Case, spelled: Layer | Spelled) -> None:
    found = run(slipped(right, spelled), "torch", planted())
    assert found.check.failure is not None, found.check.reason
    assert found.kind in ("value", "shape") or (found.kind == "draws" and right.chance), found.check.reason
    assert found.born == right.family


@pytest.mark.parametrize(
    "right",
    [slip[1] for i, slip in enumerate(SLIPS) if str(slip[1]) not in map(str, (s[1] for s in SLIPS[:i]))],
    ids=lambda right: str(right.model),
)
def test_without_a_slip_the_same_check_passes(right: Case) -> None:
    found = run(right, "torch", planted())
    assert found.check.status == "pass", found.check.reason
