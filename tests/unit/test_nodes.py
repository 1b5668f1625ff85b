"""A model operator by operator and end to end, on arrays made here: what is wrong is named, the rest is judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.axes import Array
from parity.judging.compare import compare
from parity.judging.figures import familiar
from parity.judging.nodes import Judged, node_by_node
from parity.judging.oracle import Truth
from parity.judging.whole import Whole
from parity.operators.graph import Graph, Node
from parity.records.lines import value
from parity.records.model import Figure

RNG = np.random.default_rng(3)
X = RNG.standard_normal((2, 3, 6, 7)).astype(np.float32)
W = RNG.standard_normal((4, 3, 3, 3)).astype(np.float32)


def graph(*more: Node) -> Graph:
    nodes = (
        Node("Conv", ("x", "w"), ("a",), {"pads": [1, 1, 1, 1]}, "conv"),
        Node("Relu", ("a",), ("b",), {}, "relu"),
        Node("Split", ("b",), ("c", "d"), {"axis": 1, "num_outputs": 2}, "split"),
        Node("Add", ("c", "d"), ("y",), {}, "add"),
        *more,
    )
    return Graph(nodes, ("x",), ("y",), {"w": W})


def values(**changed: Any) -> dict[str, Array]:
    """What an honest runtime makes, in float32; ``changed`` are values that it makes otherwise, with what follows."""
    found: dict[str, Array] = {"x": X}
    padded = np.pad(X, ((0, 0), (0, 0), (1, 1), (1, 1))).astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    for name, make in {
        "a": lambda: np.einsum("nchwij,ocij->nohw", windows, W).astype(np.float32),
        "b": lambda: np.maximum(found["a"], 0),
        "c": lambda: found["b"][:, :2],
        "d": lambda: found["b"][:, 2:],
        "y": lambda: found["c"] + found["d"],
    }.items():
        found[name] = changed[name](make()) if name in changed else make()
    return found


def judged(seen: dict[str, Array], of: Graph | None = None) -> list[tuple[Figure, str]]:
    return [(found.figure, name) for found, name in node_by_node(of or graph(), seen)]


def statuses(seen: dict[str, Array], of: Graph | None = None) -> list[str]:
    return [figure.status for figure, _ in judged(seen, of)]


def moved(at: int, by: float) -> Any:
    def change(y: Array) -> Array:
        y = y.copy()
        y.flat[at] += np.float32(by)
        return y

    return change


def test_honest_values_pass_at_every_operator() -> None:
    assert statuses(values()) == ["pass"] * 4


@pytest.mark.parametrize(("name", "place"), [("a", 0), ("b", 1), ("c", 2), ("d", 2), ("y", 3)])
def test_a_wrong_value_is_its_own_operator_s_and_what_follows_is_judged_on_what_it_got(name: str, place: int) -> None:
    found = judged(values(**{name: moved(5, 0.01)}))
    assert [figure.status for figure, _ in found] == ["fail" if i == place else "pass" for i in range(4)]
    figure, output = found[place]
    assert output == name
    assert figure.kind == "value"
    assert figure.wrong == 1
    assert figure.worst is not None
    assert len(figure.worst.index) == 4


def test_operators_of_which_nothing_was_given_are_judged_with_the_next_one_that_was() -> None:
    def seen(**changed: Any) -> dict[str, Array]:
        found = values(**changed)
        return {name: array for name, array in found.items() if name not in ("b", "c")}

    found = [figure for figure, _ in node_by_node(graph(), seen())]
    assert [(each.operator, each.figure.status, each.together) for each in found] == [
        (0, "pass", 0),
        (2, "pass", 1),  # d alone, with the relu before it
        (3, "pass", 2),
    ]
    wrong = [figure for figure, _ in node_by_node(graph(), seen(b=moved(5, 0.5)))]
    assert [each.operator for each in wrong if each.figure.status == "fail"] == [
        3
    ]  # through c, of which nothing was seen


def test_a_value_that_was_turned_behind_an_unseen_one_is_judged_as_what_rounds_made_it() -> None:
    """As a layer that works channels last ends; a fault is that of the operator, not of the turn."""
    turned = graph(Node("Transpose", ("y",), ("z",), {"perm": [0, 2, 3, 1]}, "turn"))
    seen = values()
    seen["z"] = seen.pop("y").transpose(0, 2, 3, 1)
    (*_, last) = [figure for figure, _ in node_by_node(turned, seen)]
    assert (last.operator, last.figure.status, last.shape) == (3, "pass", (2, 6, 7, 2))
    seen["z"] = moved(5, 0.01)(seen["z"])
    (*_, last) = [figure for figure, _ in node_by_node(turned, seen)]
    assert (last.operator, last.figure.status) == (3, "fail")


def test_an_operator_whose_value_nothing_shows_is_not_judged() -> None:
    seen = values()
    del seen["y"]
    found = judged(seen)
    assert [figure.status for figure, _ in found] == ["pass"] * 3 + ["not judged"]
    assert found[3][0].reason == "the route gave no value of it"


def test_an_operator_without_a_rule_and_one_that_is_asked_for_nonsense_are_not_judged_and_the_rest_is() -> None:
    odd = [Node("Nonesuch", ("y",), ("z",), {}, "odd", "my.own"), Node("Reshape", ("y", "w"), ("v",), {}, "bad")]
    found = judged({**values(), "z": X, "v": X}, graph(*odd))
    assert [figure.status for figure, _ in found] == ["pass"] * 4 + ["not judged"] * 2
    assert found[4][0].reason == "no rule for my.own.Nonesuch"
    assert found[5][0].reason.startswith("the oracle cannot compute it: ")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda y: y[:1], "shape"),
        (lambda y: y.astype(np.float64), "dtype"),
        (lambda y: y * np.float32(np.nan), "nan"),
    ],
)
def test_structure_has_its_own_kinds(change: Any, kind: str) -> None:
    assert judged(values(y=change))[3][0].kind == kind


def test_values_without_any_number_are_right_where_the_oracle_has_none_either() -> None:
    empty = Node("Slice", ("y", "from", "to"), ("z",), {}, "none")
    of = Graph((empty,), ("y",), ("z",), {"from": np.array([0]), "to": np.array([0])})
    y = np.ones((2, 3), np.float32)
    assert statuses({"y": y, "z": np.ones((0, 3), np.float32)}, of) == ["pass"]
    assert statuses({"y": y, "z": np.ones((0, 4), np.float32)}, of) == ["fail"]
    assert statuses({"y": y, "z": np.ones((0, 3), np.float64)}, of) == ["fail"]


def test_whole_numbers_that_come_of_rounding_are_judged() -> None:
    of = Graph(
        (Node("QuantizeLinear", ("x", "s", "z"), ("q",)),), ("x",), ("q",), {"s": np.float32(0.05), "z": np.uint8(9)}
    )
    right = np.clip(np.rint(X.astype(np.float64) / np.float64(np.float32(0.05))) + 9, 0, 255).astype(np.uint8)
    assert statuses({"x": X, "q": right}, of) == ["pass"]
    wrong = right.copy()
    wrong.flat[4] = wrong.flat[4] // 2 + 90
    assert statuses({"x": X, "q": wrong}, of) == ["fail"]


def test_what_agrees_to_the_bit_is_judged_once() -> None:
    known: Judged = {}
    list(node_by_node(graph(), values(), known))
    before = dict(known)
    list(node_by_node(graph(), values(), known))
    assert known == before
    list(node_by_node(graph(), values(y=moved(0, 1.0)), known))
    assert len(known) == len(before) + 1


def test_axes_of_one_size_that_are_swapped_are_named_whatever_the_rank() -> None:
    y = RNG.standard_normal((3, 3, 3))
    truth = Truth(y, np.zeros(y.shape), 1e-6 * np.abs(y))
    found = compare(y.transpose(0, 2, 1).astype(np.float32), truth, None)
    assert found.kind == "axes"
    assert "N L C" in found.message


# ---- end to end


def test_an_output_is_judged_end_to_end_with_the_figures_people_know_beside_it() -> None:
    whole = Whole(graph(), {"x": X}, 0)
    assert whole.why_not == ""
    right = whole.output("y", values()["y"], None)
    assert right.figure.status == "pass"
    assert right.familiar is not None
    assert right.familiar.against == "the oracle"
    assert value(right.familiar.decibels) > 120
    wrong = whole.output("y", values(a=moved(9, 100.0))["y"], None)
    assert wrong.figure.status == "fail"


def test_an_output_without_a_finite_number_is_not_judged() -> None:
    root = Graph((Node("Sqrt", ("x",), ("y",)),), ("x",), ("y",))
    x = np.array([-1.0, -2.0], np.float32)
    found = Whole(root, {"x": x}, 0).output("y", np.sqrt(x + np.float32(np.nan)), None)
    assert found.figure.status == "not judged"
    assert found.familiar is None


def test_without_an_oracle_an_output_is_not_judged_and_is_compared_with_another_route() -> None:
    whole = Whole(graph(Node("Nonesuch", ("y",), ("z",))), {"x": X}, 0)
    found = whole.output("z", X, ("another", X))
    assert found.figure.status == "not judged"
    assert found.figure.reason == "no rule for Nonesuch"
    assert found.familiar is not None
    assert found.familiar.against == "another"
    assert found.familiar.decibels == "Infinity"
    assert whole.output("z", X, None).familiar is None


def test_the_largest_of_a_classifier_s_output_are_compared_and_of_other_outputs_not() -> None:
    right = np.arange(24.0).reshape(2, 12)
    got = right.copy()
    got[0, [11, 10]] = got[0, [10, 11]]
    got[1, 0] = 50.0
    found = familiar(got, right, "it")
    assert found is not None
    assert (found.top1, found.top5) == (0.0, 0.9)
    assert found.absolute == 38.0
    few = familiar(got[:, :9], right[:, :9], "it")
    assert few is not None
    assert few.top1 is None
    assert familiar(got, right[:1], "it") is None


def test_familiar_figures_are_those_of_their_definitions() -> None:
    found = familiar(np.array([3.0, 4.0, 0.0]), np.array([3.0, 5.0, 0.0]), "it")
    assert found is not None
    assert value(found.absolute) == 1.0
    assert value(found.relative) == 0.2
    assert value(found.cosine) == pytest.approx(29 / (5 * np.sqrt(34)))
    assert value(found.decibels) == pytest.approx(10 * np.log10(34))
