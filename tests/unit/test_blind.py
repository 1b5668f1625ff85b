"""An input on which one number everywhere would pass tells nothing, and is named."""

from __future__ import annotations

import numpy as np
import pytest

from parity.cases import Case
from parity.judging.blind import blind_to
from parity.judging.judge import Judge
from parity.judging.observation import Observation, observe
from parity.judging.oracle import Truth
from parity.layers import MaxPool2D, ReLU, Sigmoid


def truth(y: list[float], allowed: float) -> Truth:
    array = np.array([y])
    return Truth(array, np.zeros_like(array), np.full_like(array, allowed))


@pytest.mark.parametrize(
    ("y", "allowed", "number"),
    [
        ([1e-9, 2e-8, 1e-8], 1e-7, 0.0),
        ([0.9, 1.0, 1.1], 0.2, 1.0),
        ([-1e-8, 1e-8], 2e-8, 0.0),
        ([0.9, 1.0, 1.1], 0.05, None),
        ([1e-9, 1e-3], 1e-7, None),
        ([0.0, 0.0, 0.0], 1e-7, None),  # one number is the answer
        ([3.0, 3.0], 1e-7, None),
        ([5.0], 1.0, None),
        ([1e-40, 1e-42], 1e-7, None),  # all of it may be flushed
        ([float("inf"), 1.0, 1.1], 0.2, 1.05),
        ([float("nan"), float("inf")], 0.2, None),
    ],
)
def test_one_number_passes_where_every_bound_holds_it_and_the_answers_differ(
    y: list[float], allowed: float, number: float | None
) -> None:
    assert blind_to(truth(y, allowed), 1) == (number if number is None else pytest.approx(number))


def test_only_the_first_images_count_and_nothing_that_is_unspecified() -> None:
    two = Truth(np.array([[1e-9, 2e-9], [0.5, 0.9]]), np.zeros((2, 2)), np.full((2, 2), 1e-7))
    assert blind_to(two, 1) == 0.0
    assert blind_to(two, 2) is None
    free = np.array([[False, False], [True, True]])
    assert blind_to(Truth(two.y, two.evaluation, two.storage, unspecified=free), 2) == 0.0


def observed(case: Case, wrong: bool = False) -> Observation:
    def program(variant: str) -> object:
        return lambda x: (np.zeros_like(x) if wrong else (1 / (1 + np.exp(-x.astype(float)))).astype(np.float32),)

    return observe(case, 0, program, "NCHW")  # type: ignore[arg-type]


def test_a_check_on_an_input_that_tells_nothing_says_so() -> None:
    blind = Case("tail", Sigmoid(), (2, 3, 5, 7), mean=-18.0)
    seeing = Case("tail", Sigmoid(), (2, 3, 5, 7), scale=2.0, mean=-5.0)
    notes = [Judge(case, 0).judge(observed(case)).probes[0].note for case in (blind, seeing)]
    assert notes == ["the case's input tells nothing: 0 everywhere would pass as its answer", ""]


def test_layers_that_give_their_input_back_or_one_number_are_not_accused() -> None:
    for case in (Case("relu", ReLU(), (2, 3, 5, 7), mean=-100.0), Case("pool", MaxPool2D(2), (2, 3, 4, 6))):
        judge = Judge(case, 0)
        assert blind_to(judge._truth("data", False, None), 2) is None
