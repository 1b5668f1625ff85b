"""Slips of a port with whole numbers: a way through floats, another type, zeros that win: each is caught, and none without it."""

from __future__ import annotations

from typing import Any

import pytest

from parity.cases import Case, Graph, Network
from parity.layers import Add, Layer, MaxPool2D, Pad2D, ReLU, Roll, Sum
from tests.faults.harness import planted, run, slipped

pytest.importorskip("torch", reason="the slips are planted in real torch modules")

LARGE = {"least": -(2**29), "below": 2**29}
NEGATIVE = {"least": -50, "below": 0}


def model(layer: Layer) -> Layer | Network:
    return Graph(moved=(Roll((2, 3)), "input"), joined=(layer, "input", "moved")) if layer.takes is None else layer


def through_floats(torch: Any) -> Any:
    return lambda a, b: (a.float() + b.float()).int()


def left_alone(torch: Any) -> Any:
    """torch's own type of a sum of int32 is int64."""
    return lambda v: torch.sum(v, dim=[2, 3])


def zeros_win(torch: Any) -> Any:
    return lambda v: torch.nn.functional.max_pool2d(torch.nn.functional.pad(v, (1, 1, 1, 1)), 3, 2)


def by_a_float(torch: Any) -> Any:
    return lambda v: torch.maximum(v, torch.zeros(()))


def edge_in_floats(torch: Any) -> Any:
    return lambda v: torch.nn.functional.pad(v.float(), (1, 1, 1, 1)).to(v.dtype)


@pytest.mark.parametrize(
    ("layer", "spelled", "drawn", "kind"),
    [
        (Add(), through_floats, LARGE, "value"),
        (Sum("hw"), left_alone, NEGATIVE, "dtype"),
        (MaxPool2D(3, stride=2, padding=1), zeros_win, NEGATIVE, "value"),
        (ReLU(), by_a_float, NEGATIVE, "dtype"),
        (Pad2D(1), edge_in_floats, LARGE, "value"),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_slip_with_whole_numbers_is_told_from_the_layer(
    layer: Layer, spelled: Any, drawn: dict[str, int], kind: str
) -> None:
    made = [
        Case("slip", model(each), (2, 4, 6, 11), dtype="int32", **drawn)  # type: ignore[arg-type]
        for each in (slipped(layer, spelled, None), layer)
    ]
    wrong, right = (run(case, "torch", planted()) for case in made)
    assert wrong.kind == kind, wrong.check.reason
    assert right.kind is None, right.check.reason
