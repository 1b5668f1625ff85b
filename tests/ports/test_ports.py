"""Ports from torch to Keras: an honest one is the same function, and what is planted is named, placed and alone.

A share of ``benchmarks/ports.py``, which runs them all; what a difference looks like has its tests in ``tests/unit/test_looks.py``.
"""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="what is ported is a torch module")
pytest.importorskip("tensorflow", reason="the port is a Keras model")

from tests.ports.faults import FAULTS, TOGETHER, Fault
from tests.ports.judged import checked, judged

SHARE = (
    "a residual that is missing",
    "NHWC flattened as NCHW",
    "Keras' epsilon throughout beside five wrong paddings",
    "one layer left in training",
)


def test_an_honest_port_is_the_same_function() -> None:
    found = checked("efficientnet", {})
    assert (found.status, found.differences, found.unproven) == ("pass", [], [])


@pytest.mark.parametrize(
    "fault", [each for each in (*FAULTS, *TOGETHER) if each.name in SHARE], ids=lambda each: each.name
)
def test_what_is_planted_is_named_with_what_it_looks_like_and_nothing_else_is(fault: Fault) -> None:
    found = judged(fault)
    assert found.verdict == "fail"
    assert (found.right, found.wrong, found.left) == (found.planted, 0, 0), found.said
    assert found.looks == found.planted, found.said
