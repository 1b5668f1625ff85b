"""What two graphs cannot show on some inputs: weights behind what never opens, outputs that nothing decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parity.judging.parting import Compared, compare_graphs
from parity.judging.twins import Side
from parity.operators.graph import Graph, Node, as_value

RNG = np.random.default_rng(5)
FED = ({"x": as_value(RNG.random((2, 3, 5, 6)).astype(np.float32))},)
KERNELS = {
    "first": np.abs(RNG.standard_normal((4, 3, 1, 1))).astype(np.float32),
    "shut": np.array([0, 0, 0, -100], np.float32),
    "second": RNG.standard_normal((2, 4, 1, 1)).astype(np.float32),
}
#: The last channel of the first convolution never gets past the activation.
NET = Graph(
    (
        Node("Conv", ("x", "first", "shut"), ("a",)),
        Node("Relu", ("a",), ("r",)),
        Node("Conv", ("r", "second"), ("y",)),
    ),
    ("x",),
    ("y",),
    KERNELS,
)


def compared(one: Graph, two: Graph) -> Compared:
    return compare_graphs(Side(one, FED), Side(two, FED))


def test_a_weight_that_differs_where_nothing_shows_it_is_said_and_the_two_are_not_called_the_same() -> None:
    other = KERNELS["second"].copy()
    other[1, 3] += 1
    found = compared(NET, replace(NET, constants={**KERNELS, "second": other}))
    assert found.partings == ()
    assert found.unseen == ("second and second differ in 1 of 8 elements, which does not show",)
    assert not found.same
    assert compared(NET, NET).unseen == ()
    assert compared(NET, NET).same


def test_a_weight_that_shows_is_named_once() -> None:
    other = KERNELS["second"].copy()
    other[1, 2] += 1
    found = compared(NET, replace(NET, constants={**KERNELS, "second": other}))
    assert len(found.partings) == 1
    assert found.unseen == ()


def test_an_output_that_no_input_decides_agrees_by_its_numbers() -> None:
    made = Node("Neg", ("first",), ("fixed",))
    one = replace(NET, nodes=(*NET.nodes, made), outputs=("y", "fixed"))
    assert compared(one, one).same
    other = replace(
        one, constants={**KERNELS, "more": KERNELS["first"] + 1}, nodes=(*NET.nodes, replace(made, inputs=("more",)))
    )
    found = compared(one, other)
    assert not found.same
    assert found.outputs == (("y", "y", True), ("fixed", "fixed", False))
