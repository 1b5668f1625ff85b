"""Cases of gradients: what they ask, how a gradient is judged and named, and where it is told that there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from parity.axes import Array, Tensor, from_layout, to_layout
from parity.cases import Case, Graph, Sequential
from parity.cases.gradient import COTANGENT
from parity.cases.parameters import draw_input, draw_parameters
from parity.cases.probes import inputs_of, variants, why_not
from parity.cases.structure import marked, structure
from parity.errors import FieldError, Unsupported
from parity.judging.again import changed
from parity.judging.gradients import born_of
from parity.judging.judge import Judge, Judgement
from parity.judging.observation import observe
from parity.judging.oracle import DECIDED, MORE_DRAWS, Truth, truths
from parity.layers import (
    Add,
    ArgMax,
    BatchNorm2D,
    Conv2D,
    Embedding,
    Flatten,
    GridSample,
    Linear,
    MultiHeadAttention,
    ReLU,
)
from parity.operators.base import Operator, Site
from parity.operators.build import Spelling
from parity.operators.formats import TF32, Format
from parity.operators.gradient.backward import backward
from parity.operators.graph import Node, Value, as_value, plain, walk
from parity.records.lines import ProbeFigure

SHAPE = (2, 3, 6, 7)
DENSE = Case("dense", Linear(5, 4), (3, 5), mode="gradient")
NET = Case(
    "net", Sequential(("conv", Conv2D(3, 4, 3)), ("norm", BatchNorm2D(4)), ("relu", ReLU())), SHAPE, mode="gradient"
)
WAYS = Case(
    "ways",
    Graph(left=(Conv2D(3, 4, 1), "input"), right=(Conv2D(3, 4, 1), "input"), add=(Add(), "left", "right")),
    SHAPE,
    mode="gradient",
)


def test_gradients_are_by_the_input_and_by_every_parameter_that_is_trained() -> None:
    assert list(NET.gradients) == ["d input", "d conv.weight", "d conv.bias", "d norm.gamma", "d norm.beta"]
    assert list(NET.outputs) == ["relu", *NET.gradients]
    assert NET.graph.outputs == tuple(NET.outputs)
    assert NET.graph.inputs[-1] == f"{COTANGENT}.relu"
    assert [NET.gradients[name].shape for name in ("d input", "d conv.weight", "d norm.beta")] == [
        SHAPE,
        (4, 3, 3, 3),
        (4,),
    ]
    assert not Case("net", NET.model, SHAPE).gradients
    assert not NET.states


def test_the_cotangent_is_drawn_by_name_and_stored_beside_the_parameters() -> None:
    drawn = draw_parameters(NET, 0)
    assert drawn[COTANGENT]["relu"].shape == NET.output.shape
    assert not np.array_equal(drawn[COTANGENT]["relu"], draw_parameters(NET, 1)[COTANGENT]["relu"])
    assert COTANGENT not in draw_parameters(Case("net", NET.model, SHAPE), 0)
    assert marked(structure(NET))[COTANGENT]["relu"].shape == NET.output.shape


def test_only_the_data_are_asked_and_once() -> None:
    assert why_not(NET, "data") == ""
    assert why_not(NET, "integer") == why_not(NET, "impulse") == "asked of the network without its gradients"
    assert len(inputs_of(NET, "data", 0)) == 1
    assert variants(NET) == ("shipped", "tapped")


@pytest.mark.parametrize("name", ["batches", "threads"])
def test_no_other_batch_or_number_of_threads_is_asked(name: str) -> None:
    with pytest.raises(FieldError, match="must be left out where gradients are asked"):
        Case("case", ReLU(), SHAPE, mode="gradient", **{name: (1,)})  # type: ignore[arg-type]


def test_an_operator_without_a_derivative_is_unsupported_by_its_name() -> None:
    with pytest.raises(Unsupported, match="there is no rule for the derivative of ArgMax"):
        _ = Case("argmax", Sequential(Conv2D(3, 4, 3), ArgMax("c")), SHAPE, mode="gradient").graph


TABLE = Case("table", Embedding(5, 4), (2, 7), dtype="int64", below=5, mode="gradient")


def test_of_whole_numbers_the_gradients_by_parameters_alone_are_asked() -> None:
    assert list(TABLE.gradients) == ["d embedding.weight"]
    found, indices = derived(TABLE)["d embedding.weight"], draw_input(TABLE, 0)
    cotangent = draw_parameters(TABLE, 0)[COTANGENT]["embedding"]
    for row in range(5):
        added = sum(cotangent[n, :, i] for n, i in zip(*np.nonzero(indices == row), strict=True))
        assert np.abs(found[row] - added).max() < 1e-6
    assert judged(TABLE).status == "pass"
    with pytest.raises(FieldError, match="whole numbers have no derivative, and no parameter is stored"):
        Case("case", ReLU(), SHAPE, dtype="int64", below=5, mode="gradient")


def test_a_row_that_is_looked_up_twice_and_counted_once_is_seen() -> None:
    def once(answers: dict[str, Array]) -> None:
        wrong, cotangent = answers["d embedding.weight"], draw_parameters(TABLE, 0)[COTANGENT]["embedding"]
        for (n, i), row in np.ndenumerate(draw_input(TABLE, 0)):
            wrong[row] = cotangent[n, :, i]

    failure = judged(TABLE, once).failure
    assert failure is not None
    assert (failure.where, failure.born) == ("d embedding.weight", "embedding")


def test_axes_of_a_parameter_are_named_and_have_no_layout() -> None:
    weight, image = NET.gradients["d conv.weight"], NET.gradients["d input"]
    array = np.arange(108.0).reshape(4, 3, 3, 3)
    assert weight.axes == ("o", "i", "h", "w")
    assert np.array_equal(from_layout(array, weight, "NHWC"), array)
    assert np.array_equal(to_layout(array, weight, "NHWC"), array)
    assert weight.in_layout("NHWC") == (4, 3, 3, 3)
    assert image == Tensor(SHAPE)


# ---- judged ----------------------------------------------------------------------------------------------------------


def derived(case: Case) -> dict[str, Array]:
    """What float64 says, rounded to float32."""
    feeds = {"input": as_value(draw_input(case, 0))}
    feeds |= {f"{n}.{p}": as_value(a) for n, each in draw_parameters(case, 0).items() for p, a in each.items()}
    found = walk(case.graph, feeds)
    return {name: np.asarray(found[name].y, np.float32) for name in case.outputs}


def in_float32(rule: Operator, at: Site, node: Node, inputs: list[Value | None]) -> list[Value]:
    """Each operator's answer as float32 stores it."""
    return [Value(np.float32(value.y).astype(np.float64), value.dtype) for value in plain(rule, at, node, inputs)]


def judged(case: Case, change: Callable[[dict[str, Array]], Any] = lambda answers: None) -> Judgement:
    answers = derived(case)
    change(answers)
    feeds = {"input": as_value(draw_input(case, 0))}
    feeds |= {f"{n}.{p}": as_value(a) for n, each in draw_parameters(case, 0).items() for p, a in each.items()}
    made = walk(case.forward, feeds, in_float32, keep=[node.name for node in case.network.nodes])
    taps = tuple(np.asarray(made[node.name].y, np.float32) for node in case.network.nodes)
    programs = {"shipped": lambda x: tuple(answers.values()), "tapped": lambda x: taps}
    return Judge(case, 0).judge(observe(case, 0, programs.__getitem__, "NCHW"))


def figures(judgement: Judgement) -> dict[str, ProbeFigure]:
    return {figure.probe: figure for figure in judgement.probes}


@pytest.mark.parametrize("case", [DENSE, NET, WAYS], ids=lambda case: case.name)
def test_right_gradients_hold(case: Case) -> None:
    judgement = judged(case)
    assert judgement.status == "pass", judgement.reason
    assert figures(judgement)["gradients"].status == "pass"


def test_a_gradient_of_which_nothing_wrong_would_show_is_named() -> None:
    """A key's bias moves no weight of attention: its gradient is what rounding leaves. Where an element is read is no such thing."""
    attention = Case("net", MultiHeadAttention(4, 2), (2, 4, 5), mode="gradient")
    said = "nothing wrong would show of d multiheadattention.key_bias: one number would pass as all of it"
    assert figures(judged(attention))["gradients"].note == said
    places = Graph(grid=(Conv2D(3, 2, 1), "input"), sample=(GridSample(), "input", "grid"))
    assert figures(judged(Case("net", places, (2, 3, 5, 7), mode="gradient")))["gradients"].note == ""


def test_the_definition_is_the_text_book_s() -> None:
    found, p, x = derived(DENSE), draw_parameters(DENSE, 0), draw_input(DENSE, 0).astype(np.float64)
    dy, w = p[COTANGENT]["linear"].astype(np.float64), p["linear"]["weight"]
    for name, right in (("d input", dy @ w), ("d linear.weight", dy.T @ x), ("d linear.bias", dy.sum(0))):
        assert np.abs(found[name] - right).max() <= 2**-24 * np.abs(right).max(), name


@pytest.mark.parametrize(
    ("case", "wrong", "where", "born"),
    [
        (NET, ["d conv.weight"], "d conv.weight", "conv"),
        (NET, ["d norm.gamma"], "d norm.gamma", "norm"),
        (NET, ["d input"], "d input", "conv"),
        (NET, ["d input", "d conv.weight", "d conv.bias"], "d conv.bias", None),
        (NET, ["d conv.weight", "d norm.gamma"], "d norm.gamma", None),
        (WAYS, ["d input"], "d input", None),
        (WAYS, ["d left.weight", "d left.bias"], "d left.bias", "left"),
        (DENSE, ["d input", "d linear.weight"], "d linear.weight", "linear"),
    ],
)
def test_a_wrong_gradient_is_named_and_its_layer_where_that_is_sure(
    case: Case, wrong: list[str], where: str, born: str | None
) -> None:
    judgement = judged(
        case, lambda answers: answers.update({name: answers[name] * np.float32(1.001) for name in wrong})
    )
    assert judgement.failure is not None
    assert (judgement.failure.probe, judgement.failure.where, judgement.failure.born) == ("gradients", where, born)
    assert judgement.failure.message.startswith(f"{where}: ")
    assert figures(judgement)["data"].status == "pass"
    if case.tapped:
        assert born_of(case, wrong) == born


def test_gradients_that_are_not_given_are_missed() -> None:
    judgement = judged(NET, lambda answers: answers.pop("d norm.beta"))
    assert judgement.failure is not None
    assert judgement.failure.kind == "output-missing"
    assert figures(judgement)["gradients"].status == "not judged"


def test_a_gradient_that_changes_when_it_is_asked_again_is_told_by_its_name() -> None:
    before = derived(DENSE)
    weight = before["d linear.weight"].copy()
    weight.flat[3] = np.nextafter(weight.flat[3], np.float32(9))
    truths = {name: Truth(y, np.ones(y.shape), np.zeros(y.shape)) for name, y in before.items()}
    assert changed(DENSE, [*before.values()], [*before.values()], truths) is None
    said = changed(DENSE, [*before.values()], [*(before | {"d linear.weight": weight}).values()], truths)
    assert said is not None
    assert said.startswith(f"1 of {weight.size} elements of d linear.weight moved, by up to ")


def test_a_place_in_a_weight_is_told_by_the_weight_s_axes() -> None:
    judgement = judged(NET, lambda answers: answers.update({"d conv.weight": answers["d conv.weight"] + 1}))
    assert judgement.failure is not None
    assert judgement.failure.place is not None
    assert list(judgement.failure.place.index) == ["o", "i", "h", "w"]
    assert (judgement.failure.sight, judgement.failure.pictures) == (None, None)


# ---- kinks -----------------------------------------------------------------------------------------------------------


def near_a_kink(margin: float) -> tuple[Any, dict[str, Any]]:
    """A sum that comes out at so many halves of a unit above 0, where it then meets a ReLU: graph and feeds."""
    op = Spelling()
    x, w = op.parameter("x", (1, 2)), op.parameter("w", (2, 1))
    made = backward(op.graph(op.Relu(op.MatMul(x, w))), {"x": (1, 2), "w": (2, 1)}, "dy", {"x": "d x"})
    feeds = {"x": np.asarray([[1.0, 1.0]]), "w": np.asarray([[1.0], [-1.0 + margin * 2.0**-24]]), "dy": np.ones((1, 1))}
    return made, {name: as_value(value, "float32") for name, value in feeds.items()}


@pytest.mark.parametrize("margin", [0.1, 1.0, 3.0])
def test_what_noise_can_bring_over_a_kink_may_lie_on_either_side(margin: float) -> None:
    graph, feeds = near_a_kink(margin)
    for key in range(20):
        truth = truths(graph, feeds, key=key, decided=DECIDED, count=MORE_DRAWS)["d x"]
        assert truth.y[0, 0] == 1
        assert (truth.allowed() > 1).all()


@pytest.mark.parametrize("x", [0.0, -1.0])
def test_what_lies_on_a_kink_to_the_bit_may_be_either_side_s_and_all_else_is_exact(x: float) -> None:
    op = Spelling()
    fed = op.parameter("x", (1, 3))
    made = backward(op.graph(op.Clip(fed, op.constant(-1.0), op.constant(0.0))), {"x": (1, 3)}, "dy", {"x": "d x"})
    feeds = {"x": as_value(np.asarray([[x, -0.5, 2.0]]), "float32"), "dy": as_value(np.ones((1, 3)), "float32")}
    truth = truths(made, feeds, decided=DECIDED, count=MORE_DRAWS)["d x"]
    assert truth.allowed()[0, 0] > 1
    assert truth.y[0, 1:].tolist() == [1, 0]
    assert truth.evaluation[0, 1:].max() < 1


def test_what_noise_cannot_is_held_as_sharply_as_ever() -> None:
    graph, feeds = near_a_kink(1000.0)
    assert truths(graph, feeds, decided=DECIDED)["d x"].allowed().max() < 1e-6


def test_far_from_a_kink_a_dead_element_has_to_stay_dead() -> None:
    case = Case("relu", Sequential(Conv2D(3, 4, 3), ReLU(), Flatten()), SHAPE, mode="gradient")
    judgement = judged(case, lambda answers: answers.update({"d input": answers["d input"] + np.float32(1e-3)}))
    assert judgement.status == "fail"


@pytest.mark.parametrize("override", [None, TF32], ids=["float32", "TF32"])
def test_a_number_that_a_floor_has_made_is_not_decided_a_second_time(override: Format | None) -> None:
    """Where an element is read is open near the middle between two, and nowhere else; it never lies outside."""
    op = Spelling()
    x = op.parameter("x", (1, 1, 1, 4))
    grid = op.constant([[[[-0.9, 0.0], [-0.3, 0.0], [0.1, 0.0], [0.85, 0.0]]]])
    fed = op.graph(op.GridSample(x, op.Mul(grid, op.constant(1.0))))
    made = backward(fed, {"x": (1, 1, 1, 4)}, "dy", {"x": "d x"})
    ones = as_value(np.ones((1, 1, 1, 4)), "float32")
    truth = truths(made, {"x": ones, "dy": ones}, decided=DECIDED, count=MORE_DRAWS, override=override)["d x"]
    assert truth.allowed().max() < 1e-5


def test_nothing_is_less_than_itself_whatever_is_drawn() -> None:
    op = Spelling()
    x = op.parameter("x", (1, 3))
    rounded = op.Mul(x, x)
    graph = op.graph(op.Cast(op.Less(rounded, rounded), to="float32"))
    feeds = {"x": as_value(np.asarray([[0.5, 1.0, -2.0]]), "float32")}
    (truth,) = truths(graph, feeds, decided=DECIDED, count=MORE_DRAWS).values()
    assert truth.allowed().max() < 1e-30
