"""Slips of a port in layers that look up, drop, unfold and sample: each is caught in its layer, and none without it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from parity.cases import Case, Graph
from parity.layers import AlphaDropout, Bilinear, ChannelDropout, Embedding, GaussianDropout, GaussianNoise, Layer
from tests.faults.harness import planted, run

pytest.importorskip("torch", reason="the slips are planted in real torch modules")

Spelled = Callable[[Any, Any], Any]


def slipped(case: Case, spelled: Layer | Spelled) -> Case:
    """The case of one layer, defined as it is, in another layer's torch spelling, or changed by a function of torch and its own."""
    right: Any = case.model
    kind = type(right)

    def to_torch(self: Any, torch: Any, x: Any) -> Any:
        own = kind.to_torch(right, torch, x)
        return spelled.to_torch(torch, x) if isinstance(spelled, Layer) else spelled(torch, own)

    fields = {f.name: getattr(right, f.name) for f in dataclasses.fields(right)}
    return dataclasses.replace(case, model=type(kind.__name__, (kind,), {"to_torch": to_torch})(**fields))


def case(model: Layer, shape: tuple[int, ...], **more: Any) -> Case:
    return Case(f"{model.kind}/slip", model, shape, **more)


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


TRAINED: dict[str, Any] = dict(mode="training")
MANY, CHANNELS = (4, 8, 31, 32), (16, 200, 3, 4)
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
]


@pytest.mark.parametrize(
    ("right", "spelled"),
    [slip[1:] for slip in SLIPS],
    ids=[f"{slip[1].family}-{slip[0].replace(' ', '-')}" for slip in SLIPS],
)
def test_a_slip_is_caught_in_its_layer(right: Case, spelled: Layer | Spelled) -> None:
    found = run(slipped(right, spelled), "torch", planted())
    assert found.check.failure is not None, found.check.reason
    assert found.kind == "value" or (found.kind == "draws" and right.chance), found.check.reason
    assert found.born == right.family


@pytest.mark.parametrize(
    "right",
    [slip[1] for i, slip in enumerate(SLIPS) if str(slip[1]) not in map(str, (s[1] for s in SLIPS[:i]))],
    ids=lambda right: str(right.model),
)
def test_without_a_slip_the_same_check_passes(right: Case) -> None:
    found = run(right, "torch", planted())
    assert found.check.status == "pass", found.check.reason
