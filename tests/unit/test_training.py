"""Networks in training: batch statistics, what a pass makes of the states, and dropout by its statistics."""

from __future__ import annotations

from collections.abc import Callable
from math import comb, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.axes import Array
from parity.cases import Case, Sequential
from parity.cases.parameters import draw_input, draw_parameters
from parity.cases.probes import CALLS, why_not
from parity.errors import FieldError
from parity.judging.chances import LEVEL, Statistic, judge_draws
from parity.judging.judge import Judge, Judgement
from parity.judging.observation import Observation, load, observe, save
from parity.judging.oracle import truths
from parity.layers import BatchNorm2D, Conv2D, Dropout, ReLU
from parity.layers.base import Chance
from parity.operators.graph import as_value
from parity.records.lines import ProbeFigure

SHAPE = (4, 3, 6, 7)
NORM = Case("norm", BatchNorm2D(3, momentum=0.2), SHAPE, mode="training")
DROP = Case("drop", Dropout(rate=0.3), (4, 6, 20, 21), mode="training")


def step(x: Array, p: dict[str, Array], layer: BatchNorm2D) -> tuple[Array, ...]:
    """One pass of batch normalisation in training, written out in float64."""
    wide, p = x.astype(np.float64), {name: array.astype(np.float64) for name, array in p.items()}
    mean, var = wide.mean((0, 2, 3)), wide.var((0, 2, 3), ddof=int(layer.unbiased))
    centred = (wide - mean[:, None, None]) / np.sqrt(wide.var((0, 2, 3)) + layer.eps)[:, None, None]
    y = centred * p["gamma"][:, None, None] + p["beta"][:, None, None]
    running = [(1 - layer.momentum) * p[name] + layer.momentum * new for name, new in (("mean", mean), ("var", var))]
    return (y, *running)


def parameters(case: Case) -> dict[str, Array]:
    return draw_parameters(case, 0)[case.network.output.name]


@given(st.integers(0, 99), st.sampled_from([0.0, 0.01, 0.1, 1.0]), st.booleans())
def test_the_definition_is_the_text_book_s(seed: int, momentum: float, unbiased: bool) -> None:
    case = Case("norm", BatchNorm2D(3, momentum=momentum, unbiased=unbiased), SHAPE, mode="training", mean=2.0)
    x, p = draw_input(case, seed), draw_parameters(case, seed)["batchnorm2d"]
    found = truths(case.graph, {"input": as_value(x), **{f"batchnorm2d.{n}": as_value(a) for n, a in p.items()}})
    assert list(case.outputs) == ["batchnorm2d", "batchnorm2d.mean", "batchnorm2d.var"]
    for name, tensor, right in zip(case.graph.outputs, case.outputs.values(), step(x, p, case.model), strict=True):  # type: ignore[arg-type]
        assert found[name].y.shape == tensor.shape
        assert np.all(np.abs(found[name].y - right) <= 1e-12 * np.abs(right).max())


def test_at_inference_there_are_no_states_and_nothing_is_dropped() -> None:
    case = Case("norm", BatchNorm2D(3), SHAPE)
    assert not case.states
    assert list(case.outputs) == ["batchnorm2d"]
    assert Case("drop", Dropout(), SHAPE).chance is None


def test_only_the_data_are_asked_in_training() -> None:
    case = Case("conv", Conv2D(3, 4, 3), SHAPE, mode="training")
    assert why_not(case, "data") == ""
    assert why_not(case, "integer") == why_not(case, "impulse") == "asked at inference"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"model": Sequential(("drop", Dropout()), ReLU())},
            "no one answer in training, since drop draws: make that a case",
        ),
        ({"model": ReLU(), "batches": (1,)}, "batches=(1,) must be left out in training"),
        ({"model": ReLU(), "threads": (2,)}, "threads=(2,) must be left out in training"),
    ],
)
def test_what_has_no_meaning_in_training_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(FieldError) as caught:
        Case("case", shape=SHAPE, mode="training", **fields)
    assert said in str(caught.value)


def test_a_network_drops_nothing_where_its_rate_is_zero() -> None:
    assert Case("case", Sequential(Dropout(rate=0.0), ReLU()), SHAPE, mode="training").chance is None


def judged(case: Case, program: Callable[[Array], tuple[Array, ...]], stateless: str = "") -> Judgement:
    return Judge(case, 0).judge(observe(case, 0, lambda variant: program, "NCHW", stateless=stateless))


def figures(judgement: Judgement) -> dict[str, ProbeFigure]:
    return {figure.probe: figure for figure in judgement.probes}


def passes(layer: BatchNorm2D) -> Callable[[Array], tuple[Array, ...]]:
    return lambda x: tuple(out.astype(np.float32) for out in step(x, parameters(NORM), layer))


def test_an_honest_pass_holds_in_output_and_states() -> None:
    judgement = judged(NORM, passes(NORM.model))  # type: ignore[arg-type]
    assert judgement.status == "pass"
    assert figures(judgement)["states"].status == "pass"


@pytest.mark.parametrize(
    ("layer", "where", "said"),
    [
        (BatchNorm2D(3, momentum=0.8), "batchnorm2d.mean", ""),
        (BatchNorm2D(3, momentum=0.2, unbiased=True), "batchnorm2d.var", "right for a pass that takes the unbiased"),
    ],
)
def test_a_state_that_is_moved_otherwise_fails_by_its_name(layer: BatchNorm2D, where: str, said: str) -> None:
    judgement = judged(NORM, passes(layer))
    assert judgement.failure is not None
    assert (judgement.failure.kind, judgement.failure.where, judgement.failure.probe) == ("value", where, "states")
    assert judgement.failure.born == "batchnorm2d"
    assert said in judgement.failure.message
    assert figures(judgement)["data"].status == "pass"


def test_states_that_are_not_given_are_missed_and_told_where_a_route_has_none() -> None:
    alone = lambda x: passes(NORM.model)(x)[:1]  # type: ignore[arg-type]  # noqa: E731
    missed = judged(NORM, alone)
    assert missed.failure is not None
    assert missed.failure.kind == "output-missing"
    assert figures(missed)["states"].status == "not judged"
    told = judged(NORM, alone, "a file gives the output alone")
    assert told.status == "pass"
    assert figures(told)["states"].reason == "a file gives the output alone"


def test_why_there_are_no_states_survives_the_way_between_processes(tmp_path: Path) -> None:
    for why in ("", "a file gives the output alone"):
        save(Observation(stateless=why), tmp_path / "it.npz")
        assert load(tmp_path / "it.npz").stateless == why


# ---- what is dropped at random ---------------------------------------------------------------------------------------


def dropping(shape: tuple[int, ...] = DROP.shape, rate: float = 0.3, scale: float = 0.7, fixed: bool = False) -> Any:
    """Dropout with masks of a shape of its own, drawn anew at each call or not."""
    random = np.random.default_rng(7)
    masks = [random.random(shape) >= rate for _ in range(CALLS + 1)]
    left = iter(masks)
    return lambda x: ((x * (masks[0] if fixed else next(left)) / np.float32(scale)).astype(np.float32),)


def test_an_honest_dropout_passes_and_says_what_it_kept() -> None:
    judgement = judged(DROP, dropping())
    assert judgement.status == "pass"
    said = figures(judgement)["draws"].note
    assert said.startswith("elements are kept in ")
    assert "expected 70.00%; 6 statistics at a level of 1e-06 in all" in said


N, C, H, W = DROP.shape


@pytest.mark.parametrize(
    ("program", "kind", "said"),
    [
        (dropping(rate=0.33), "draws", "elements are kept in 6"),
        (dropping(fixed=True), "draws", "the same element in two calls fares alike in 100.00%"),
        (dropping((1, C, H, W)), "draws", "neighbours along n fare alike in 100.00%"),
        (dropping((N, 1, H, W)), "draws", "neighbours along c fare alike in 100.00%"),
        (dropping((N, C, 1, 1)), "draws", " fare alike in 100.00%"),
        (dropping(scale=1.0), "value", ""),
        (lambda x: (x,), "value", ""),
        (lambda x: (x * 0,), "draws", "elements are kept in 0.00%"),
    ],
)
def test_dropout_that_is_none_fails(program: Any, kind: str, said: str) -> None:
    judgement = judged(DROP, program)
    assert judgement.failure is not None
    assert (judgement.failure.kind, judgement.failure.born) == (kind, "dropout")
    assert said in judgement.failure.message
    assert judgement.need is None or kind == "value"


@pytest.mark.parametrize("probability", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("trials", [1, 7, 40, 200])
def test_a_count_leaves_its_limit_no_more_often_than_the_level_says(trials: int, probability: float) -> None:
    for level in (0.3, 0.01, LEVEL):
        refused = sum(
            comb(trials, k) * probability**k * (1 - probability) ** (trials - k)
            for k in range(trials + 1)
            if Statistic("", k, trials, probability).divergence() > log(2 / level)
        )
        assert refused <= level


def test_inputs_of_zero_tell_nothing_of_what_is_kept() -> None:
    x = np.array([[0.0, 1.0, 0.0, 1.0] * 500], np.float32)
    drawn = np.random.default_rng(0).random((8, *x.shape)) < 0.5
    comparison, told = judge_draws(Chance("drop", 0.5), x, list(x * drawn), ("n", "f"))
    assert comparison.kind is None
    assert "of 8,000, expected" in told
    assert judge_draws(Chance("drop", 0.5), x * 0, list(x * drawn), ("n", "f"))[0].kind == "empty"


# ---- other chances ---------------------------------------------------------------------------------------------------


def noisy(made: Callable[[Array], Array], chance: Chance, x: Array | None = None) -> str | None:
    """How eight calls of a function are judged."""
    x = draw_input(DROP, 0) if x is None else x
    outputs = [made(x).astype(np.float32) for _ in range(CALLS)]
    return judge_draws(chance, x, outputs, DROP.input.axes)[0].kind


def test_noise_is_held_to_its_deviation_its_shape_and_its_independence() -> None:
    random = np.random.default_rng(5)
    normal = random.standard_normal
    added, multiplied = Chance("add", 0.5), Chance("multiply", 0.5)
    assert noisy(lambda x: x + 0.5 * normal(x.shape), added) is None
    assert noisy(lambda x: x * (1 + 0.5 * normal(x.shape)), multiplied) is None
    wrong = [
        lambda x: x + 0.48 * normal(x.shape),
        lambda x: x + 0.5 * normal(x.shape) + 0.015,
        lambda x: x + 0.5 * np.abs(normal(x.shape)),
        lambda x: x + 0.5 * normal((1, *x.shape[1:])),
        lambda x: x + 0.5 * normal((*x.shape[:3], 1)),
        lambda x: x + random.laplace(scale=0.5 / np.sqrt(2), size=x.shape),
        lambda x: x * (1 + 0.5 * normal(x.shape)),
    ]
    assert [noisy(made, added) for made in wrong] == ["draws"] * len(wrong)
    assert noisy(wrong[0], multiplied) == "draws"


def test_noise_below_the_rounding_of_its_input_tells_nothing() -> None:
    assert noisy(lambda x: x, Chance("add", 0.5), np.full(DROP.shape, 1e7, np.float32)) == "empty"


def test_channels_are_dropped_as_one_and_to_what_the_layer_says() -> None:
    random, shape = np.random.default_rng(6), (*DROP.shape[:2], 1, 1)
    zeroed, floored = Chance("drop", 0.3, channels=True), Chance("drop", 0.3, -1.25)
    assert noisy(lambda x: x * (random.random(shape) >= 0.3), zeroed) is None
    assert noisy(lambda x: x * (random.random(x.shape) >= 0.3), zeroed) == "draws"
    assert noisy(lambda x: x * (random.random((4, 1, 1, 1)) >= 0.3), zeroed) == "draws"
    assert noisy(lambda x: np.where(random.random(x.shape) >= 0.3, x, -1.25), floored) is None
    assert noisy(lambda x: np.where(random.random(x.shape) >= 0.3, x, -1.251), floored) == "draws"
