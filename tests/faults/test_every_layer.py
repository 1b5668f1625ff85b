"""Every layer and block that parity has is met by slips: two of a layer, one of them in Keras where there is something to set, and one of a block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

import parity.layers
from parity.cases import Case
from parity.cases.registry import load
from parity.layers import Layer
from tests.faults import (
    keras_slips,
    plants,
    test_slips_activations,
    test_slips_attention,
    test_slips_combine,
    test_slips_networks,
    test_slips_norm,
    test_slips_others,
    test_slips_places,
    test_slips_shape,
    test_slips_signals_and_volumes,
    test_slips_unbatched,
)
from tests.unit.conftest import CASES

LAYERS: set[type[Layer]] = {
    found
    for name in parity.layers.__all__
    if isinstance(found := getattr(parity.layers, name), type) and issubclass(found, Layer) and found is not Layer
}

TABLES: tuple[Iterable[Any], ...] = (
    test_slips_activations.SLIPS,
    test_slips_activations.STORED,
    test_slips_attention.SLIPS,
    test_slips_combine.SLIPS,
    test_slips_norm.SLIPS,
    test_slips_others.SLIPS,
    test_slips_places.SLIPS,
    test_slips_shape.SLIPS,
    test_slips_signals_and_volumes.SLIPS,
    test_slips_unbatched.SLIPS,
)

#: Families that ask something of networks, and are no network of their own.
ASKED = {"alike", "bfloat16", "empty", "float16", "float64", "gradient", "training", "unbatched"}

#: Whole networks, of seconds each, made of blocks that have slips of their own.
WHOLE = {"vgg16_features", "vgg16", "resnet18", "mobilenet_v2"}


def meant(row: Any) -> type[Layer]:
    """The layer that a row is about: its first, or the last of its case."""
    parts = row if isinstance(row, tuple) else vars(row).values()
    first = next(part for part in parts if isinstance(part, Layer | Case))
    return type(first.network.output.layer if isinstance(first, Case) else first)


def planted() -> Iterator[type[Layer]]:
    """The layer of each slip in torch, and of each fault that is born in a layer of a torch model."""
    for table in TABLES:
        yield from map(meant, table)
    for fault in plants.FAULTS:
        if "model" in fault.where and fault.route == "torch":
            yield next(type(node.layer) for node in fault.case.network.nodes if node.name == fault.born)


def names(layers: Iterable[type[Layer]]) -> list[str]:
    return sorted(layer.__name__ for layer in layers)


def test_two_slips_are_planted_for_every_layer() -> None:
    counted = Counter(planted())
    assert names(layer for layer in LAYERS if counted[layer] < 2) == []


def test_a_slip_in_keras_is_planted_for_every_layer_that_has_something_to_set() -> None:
    counted = Counter(meant(slip) for slip in keras_slips.SLIPS)
    assert names(layer for layer in LAYERS if fields(layer) and not counted[layer]) == []  # type: ignore[arg-type]


def test_a_slip_is_planted_in_every_block() -> None:
    cases = [case for case in load(CASES).cases.values() if isinstance(case, Case) and len(case.network.nodes) > 3]
    networks = {case.family for case in cases} - {layer.kind for layer in LAYERS} - ASKED
    slipped = {slip[0].split("/")[0] for slip in (*test_slips_networks.SLIPS, *test_slips_networks.KERAS)}
    assert sorted(networks - WHOLE - slipped - set(test_slips_networks.CALLS)) == []
    assert len(networks) >= 30
