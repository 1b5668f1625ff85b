"""The torch framework builds whatever a network may be."""

from __future__ import annotations

import pytest

from parity.cases import Case, Sequential
from parity.layers import Conv2D, ReLU
from tests.faults.harness import planted, run

pytest.importorskip("torch", reason="builds real torch modules")


@pytest.mark.parametrize("name", ["training", "type", "forward", "conv"])
def test_a_node_may_be_called_what_a_module_has_already(name: str) -> None:
    case = Case("named", Sequential((name, Conv2D(3, 4, 3)), ("relu", ReLU())), (2, 3, 6, 7))
    assert run(case, "torch", planted()).kind is None
