"""Slips of a port in attention, and in layers that reshape, permute, cut, roll and learn an array: each is caught in the layer, and none without it."""

from __future__ import annotations

from typing import Any

import pytest

from parity.axes import Array
from parity.cases import Case
from parity.layers import (
    ClassToken,
    Layer,
    LayerNorm,
    LayerScale,
    Linear,
    MultiHeadAttention,
    Permute,
    PositionEmbedding,
    Reshape,
    Roll,
    Slice,
    WindowPartition,
    WindowReverse,
)
from parity.layers.learned import torch_module
from tests.faults.harness import Spelled, State, planted, run, slipped

pytest.importorskip("torch", reason="the slips are planted in real torch modules")

TOKENS, IMAGE = (2, 12, 7), (2, 6, 5, 7)


def function(f: Any) -> Spelled:
    return lambda torch: f


def projected(edit: Any) -> State:
    """What torch stores of query, key and value, edited."""
    return lambda state: {n: edit(a).copy() if "in_proj" in n else a for n, a in state.items()}


def dealt_to_heads(packed: Array) -> Array:
    """Channel by channel to the heads in turn, where each head has a run of them."""
    return packed.reshape(3, 4, 3, -1).swapaxes(1, 2).reshape(packed.shape)


def key_before_query(packed: Array) -> Array:
    return packed.reshape(3, 12, -1)[[1, 0, 2]].reshape(packed.shape)


def shifted_bias(state: dict[str, Array]) -> dict[str, Array]:
    return {**state, "attend.out_proj.bias": state["attend.out_proj.bias"] * 0}


def batch_behind_tokens(torch: Any) -> Any:
    """``batch_first`` forgotten: samples attend to one another."""

    class Forgotten(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.attend = torch.nn.MultiheadAttention(12, 3)

        def forward(self, v: Any) -> Any:
            tokens = v.transpose(1, 2)
            return self.attend(tokens, tokens, tokens, need_weights=False)[0].transpose(1, 2)

    return Forgotten()


def token_behind(torch: Any) -> Any:
    return torch_module(torch, (12, 1), lambda v, w: torch.cat([v, w.expand(v.shape[0], -1, -1)], dim=2))


def token_added(torch: Any) -> Any:
    return torch_module(torch, (12, 1), lambda v, w: torch.cat([v[:, :, :1] + w, v], dim=2))


ATTENTION = MultiHeadAttention(12, 3)

SLIPS: list[tuple[str, Layer, Any, Any, tuple[int, ...]]] = [
    ("heads split on the wrong axis", ATTENTION, None, projected(dealt_to_heads), TOKENS),
    ("another number of heads", ATTENTION, MultiHeadAttention(12, 4), None, TOKENS),
    ("query and key exchanged", ATTENTION, None, projected(key_before_query), TOKENS),
    ("bias of the output left out", ATTENTION, None, shifted_bias, TOKENS),
    ("batch_first forgotten", ATTENTION, batch_behind_tokens, None, TOKENS),
    ("no mask", MultiHeadAttention(12, 3, is_causal=True), ATTENTION, None, TOKENS),
    ("all places for each row", MultiHeadAttention(6, 2, axes="w"), MultiHeadAttention(6, 2, axes="hw"), None, IMAGE),
    ("channels behind", Reshape((6, 35)), function(lambda v: v.permute(0, 2, 3, 1).reshape(-1, 6, 35)), None, IMAGE),
    ("columns first", Reshape((6, -1)), function(lambda v: v.transpose(2, 3).flatten(2)), None, IMAGE),
    ("reshaped, not permuted", Permute((2, 1)), Reshape((7, 12)), None, TOKENS),
    ("the way back", Permute((2, 3, 1)), function(lambda v: v.permute(0, 3, 1, 2).reshape(2, 5, 7, 6)), None, IMAGE),
    ("one too late", Slice("c", 1, 4), Slice("c", 2, 5), None, IMAGE),
    ("even for odd", Slice("w", 0, 6, 2), Slice("w", 1, None, 2), None, IMAGE),
    ("to the other side", Roll((1, 2)), Roll((-1, -2)), None, IMAGE),
    ("height's shift for width's", Roll((1, 2)), Roll((2, 1)), None, IMAGE),
    ("height and width exchanged", WindowPartition((2, 4)), WindowPartition((4, 2)), None, (2, 5, 8, 12)),
    ("only reshaped", WindowPartition(4), Reshape((5, 6, 16)), None, (2, 5, 8, 12)),
    ("only reshaped back", WindowReverse(4, (8, 12)), Reshape((5, 8, 12)), None, (2, 5, 6, 16)),
    ("height and width back", WindowReverse((2, 4), (8, 12)), WindowReverse((4, 2), (8, 12)), None, (2, 5, 12, 8)),
    ("left out", LayerScale(6), lambda torch: torch_module(torch, (6, 1, 1), lambda v, w: v), None, IMAGE),
    ("added", LayerScale(6), lambda torch: torch_module(torch, (6, 1, 1), lambda v, w: v + w), None, IMAGE),
    ("left out", PositionEmbedding(12, 7), lambda torch: torch_module(torch, (12, 7), lambda v, w: v), None, TOKENS),
    ("backwards", PositionEmbedding(12, 7), None, lambda state: {"weight": state["weight"][:, ::-1].copy()}, TOKENS),
    ("behind", ClassToken(12), token_behind, None, TOKENS),
    ("added to the first", ClassToken(12), token_added, None, TOKENS),
    ("bias left out", Linear(12, 5), None, lambda state: {**state, "bias": state["bias"] * 0}, TOKENS),
    ("weight turned", Linear(12, 12), None, lambda state: {**state, "weight": state["weight"].T}, TOKENS),
    ("Keras' epsilon", LayerNorm("C", 12), LayerNorm("C", 12, 1e-3), None, TOKENS),
]


@pytest.mark.parametrize(
    ("right", "spelled", "state", "shape"),
    [slip[1:] for slip in SLIPS],
    ids=[f"{slip[1].kind}-{slip[0].replace(' ', '-')}" for slip in SLIPS],
)
def test_a_slip_is_caught_in_its_layer(right: Layer, spelled: Any, state: Any, shape: tuple[int, ...]) -> None:
    found = run(Case("slip", slipped(right, spelled, state), shape), "torch", planted())
    assert found.check.failure is not None, found.check.reason
    assert (found.kind, found.born) == ("value", right.kind), found.check.reason


@pytest.mark.parametrize(("right", "shape"), list(dict.fromkeys((slip[1], slip[4]) for slip in SLIPS)), ids=str)
def test_without_a_slip_the_same_check_passes(right: Layer, shape: tuple[int, ...]) -> None:
    found = run(Case("right", right, shape), "torch", planted())
    assert found.check.status == "pass", found.check.reason
