"""Parameters that say which number they are, and which parameters an exporter has no reason to look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.axes import Array
from parity.cases import Case, Sequential, structure
from parity.cases.parameters import Parameters, draw_parameters
from parity.cases.structure import digest, marked, marks, plain, read
from parity.layers import BatchNorm2D, Conv2D, Draw, Linear

CASE = Case(
    "some/case",
    Sequential(("conv", Conv2D(3, 4, 3)), ("norm", BatchNorm2D(4))),
    (2, 3, 8, 9),
    scale=10.0,
    mean=2.0,
    draws={"conv.bias": Draw(spread=2.0)},
)


def flat(parameters: Parameters) -> Array:
    return np.concatenate([array.reshape(-1) for stored in parameters.values() for array in stored.values()])


@given(st.permutations(range(3 * 4 * 9 + 4 + 4 * 4)))
def test_every_marked_number_says_which_it_is_in_whatever_order(order: list[int]) -> None:
    assert sum(mark.size for mark in marks(CASE)) == len(order)
    numbers = read(flat(marked(CASE))[order])
    assert numbers is not None
    assert numbers.tolist() == order


def test_marked_numbers_are_apart_however_many_there_are() -> None:
    case = Case("wide", Linear(2**10, 2**11), (3, 2**10))
    made = flat(marked(case))
    assert len(np.unique(np.abs(made))) == len(made) == 2**21 + 2**11
    assert np.isfinite(made).all()
    numbers = read(made)
    assert numbers is not None
    assert np.array_equal(numbers, np.arange(len(made)))


def test_they_are_of_a_sign_that_the_layer_could_draw() -> None:
    made = marked(CASE)
    assert (made["norm"]["var"] > 0).all()
    assert (made["norm"]["gamma"] > 0).all()
    assert {-1, 1} == set(np.sign(made["conv"]["weight"]).reshape(-1))


@pytest.mark.parametrize(
    "computed",
    [
        lambda p: p["conv"]["weight"] * p["norm"]["gamma"].reshape(4, 1, 1, 1),
        lambda p: p["norm"]["gamma"] / np.sqrt(p["norm"]["var"] + np.float32(1e-5)),
        lambda p: p["conv"]["weight"].sum(axis=(1, 2, 3)),
        lambda p: np.zeros(4, np.float32),
        lambda p: np.full(4, -np.inf, np.float32),
        lambda p: np.full(4, np.nan, np.float32),
        lambda p: np.zeros(0, np.float32),
    ],
)
def test_what_was_computed_and_what_somebody_wrote_is_no_number(computed: object) -> None:
    assert read(computed(marked(CASE))) is None  # type: ignore[operator]


def test_more_numbers_than_can_be_told_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "MOST", 100)
    with pytest.raises(ValueError, match="more than 100 numbers"):
        marked(CASE)


def test_what_is_drawn_is_no_part_of_a_structure_and_everything_else_is() -> None:
    same = replace(CASE, name="other", scale=1.0, mean=0.0, draws={}, threads=(2,), batches=(1,))
    assert structure.structure(same) == structure.structure(CASE)
    for other in (
        replace(CASE, shape=(2, 3, 8, 10)),
        replace(CASE, mode="training"),
        replace(CASE, tags=("pictures",)),
        replace(CASE, model=Sequential(("conv", Conv2D(3, 4, 3)), ("norm", BatchNorm2D(4, eps=1e-3)))),
    ):
        assert structure.structure(other) != structure.structure(CASE)


def test_drawn_parameters_are_plain() -> None:
    assert all(plain(draw_parameters(CASE, seed)) for seed in range(20))
    assert plain({"relu": {}})


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("conv.bias", [0, 0, 0, 0]),
        ("norm.gamma", [1, 1, 1, 1]),
        ("norm.gamma", [0.3, 0.3, 0.3, 0.3]),
        ("norm.gamma", [0]),
        ("norm.var", [1]),
        ("norm.gamma", [-1]),
    ],
)
def test_a_number_all_over_is_not_plain(name: str, array: list[float]) -> None:
    made = draw_parameters(CASE, 0)
    node, parameter = name.split(".")
    made[node][parameter] = np.asarray(array, np.float32)
    assert not plain(made)


def test_two_parameters_that_are_alike_are_not_plain_and_their_order_is_in_the_digest() -> None:
    made = draw_parameters(CASE, 0)
    swapped = {**made, "norm": {**made["norm"], "beta": made["norm"]["mean"], "mean": made["norm"]["beta"]}}
    assert plain(swapped)
    assert digest(swapped) != digest(made) == digest(draw_parameters(CASE, 0))
    assert not plain({**made, "norm": {**made["norm"], "beta": made["norm"]["mean"].copy()}})
