"""The same seed gives the same numbers on every machine and in every process; the names decide, not the order."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.axes import Array
from parity.cases import Case, Sequential
from parity.cases.parameters import draw_input, draw_integers, draw_parameters
from parity.cases.probes import inputs_of
from parity.cases.streams import draw, words
from parity.layers import BatchNorm2D, Conv2D, Draw, Embedding, Linear, ReLU

CASE = Case(
    "golden/case",
    Sequential(("conv", Conv2D(3, 4, 3)), ("norm", BatchNorm2D(4)), ("relu", ReLU())),
    (2, 3, 8, 9),
    scale=10.0,
    mean=2.0,
)

#: Written by the first implementation. A change here moves every number parity ever recorded.
GOLDEN = {
    "conv.weight": "4f9c991f544165f8",
    "conv.bias": "401c51470df35e38",
    "norm.gamma": "e7c0eb3da6a8404b",
    "norm.beta": "4f02b4e60f04f9a1",
    "norm.mean": "d6022d4515bb4a91",
    "norm.var": "b027d27604a8daeb",
    "input": "ecc85895fc63b15a",
    "integers": "d5c5e593f77a7c6a",
    "uniform": "5426526abccec7f2",
}


def digests() -> dict[str, str]:
    drawn: dict[str, Array] = {
        f"{node}.{name}": array for node, stored in draw_parameters(CASE, 7).items() for name, array in stored.items()
    }
    drawn["input"] = draw_input(CASE, 7)
    drawn["integers"] = draw_integers((5, 6), 4, 7, CASE.name, "integer")
    drawn["uniform"] = draw((5, 6), "uniform", 7, CASE.name).astype(np.float32)
    return {name: hashlib.sha256(array.astype("<f4").tobytes()).hexdigest()[:16] for name, array in drawn.items()}


def test_the_numbers_are_the_ones_that_were_always_drawn() -> None:
    assert digests() == GOLDEN


@pytest.mark.parametrize("hash_seed", ["0", "12345"])
def test_another_process_draws_the_same_numbers(hash_seed: str) -> None:
    script = "from tests.unit.test_parameters import digests; print(digests())"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"}
    printed = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, timeout=60, env=environment, cwd=Path(__file__).parents[2],
    ).stdout  # fmt: skip
    assert printed.strip() == str(GOLDEN)


def test_adding_a_layer_does_not_move_the_weights_of_the_others() -> None:
    longer = Case(
        "golden/case",
        Sequential(("first", Conv2D(3, 3, 1)), ("conv", Conv2D(3, 4, 3)), ("norm", BatchNorm2D(4)), ("relu", ReLU())),
        (2, 3, 8, 9),
    )
    before, after = draw_parameters(CASE, 7), draw_parameters(longer, 7)
    for name, array in before["conv"].items():
        np.testing.assert_array_equal(after["conv"][name], array)
    for name, array in before["norm"].items():
        np.testing.assert_array_equal(after["norm"][name], array)


def test_seed_case_node_and_parameter_each_move_the_numbers() -> None:
    streams = [words(4, *key).tobytes() for key in [
        (0, "a", "conv", "weight"), (1, "a", "conv", "weight"), (0, "b", "conv", "weight"),
        (0, "a", "fc", "weight"), (0, "a", "conv", "bias"), (0, "a", "con", "vweight"),
    ]]  # fmt: skip
    assert len(set(streams)) == len(streams)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**31))
def test_a_shorter_array_is_the_beginning_of_a_longer_one(first: int, second: int, seed: int) -> None:
    short, long = sorted((first, second))
    np.testing.assert_array_equal(words(long, seed)[:short], words(short, seed))


@pytest.mark.parametrize("kind", ["normal", "uniform"])
@pytest.mark.parametrize("seed", range(5))
def test_numbers_have_mean_0_and_variance_1(kind: str, seed: int) -> None:
    z = draw((40_000,), kind, seed, kind)  # type: ignore[arg-type]
    # Five standard errors: of a mean 1/sqrt(n), of a variance at most sqrt(2/n).
    assert abs(z.mean()) < 5 / 200
    assert abs(z.var() - 1) < 5 * np.sqrt(2) / 200
    limit = 3.4642 if kind == "normal" else np.sqrt(3)
    assert np.max(np.abs(z)) <= limit
    assert z.dtype == np.float64


def test_an_input_is_scale_times_mean_plus_z() -> None:
    x = draw_input(CASE, 7)
    z = draw((2, 3, 8, 9), "normal", 7, "golden/case", "input")
    np.testing.assert_array_equal(x, (10.0 * (2.0 + z)).astype(np.float32))
    assert x.dtype == np.float32


def test_whole_numbers_of_an_input_reach_both_ends_of_their_range_in_its_dtype() -> None:
    case = Case("embedding/many", Embedding(5, 3), (2, 400), dtype="int32", below=5)
    x = draw_input(case, 7)
    assert (x.dtype, x.shape) == (np.int32, (2, 400))
    assert np.unique(x).tolist() == [0, 1, 2, 3, 4]
    first, other = inputs_of(case, "data", 7)
    assert (first == x).all()
    assert (other == 4 - x).all()


def test_a_parameter_is_drawn_as_its_layer_says_or_as_the_case_says() -> None:
    plain = Case("norm", BatchNorm2D(500), (2, 500, 3, 4))
    far = Case("norm", BatchNorm2D(500), (2, 500, 3, 4), draws={"batchnorm2d.var": Draw("uniform", 100.0, 15.0)})
    usual, moved = draw_parameters(plain, 0)["batchnorm2d"], draw_parameters(far, 0)["batchnorm2d"]
    assert usual["var"][0] == np.float32(0.004)
    assert abs(usual["var"][1:].mean() - 1) < 0.1
    assert abs(moved["var"].mean() - 100) < 5
    assert moved["var"].min() > 70
    np.testing.assert_array_equal(usual["gamma"], moved["gamma"])
    assert all(array.dtype == np.float32 for array in usual.values())


def test_weights_keep_the_size_of_what_passes_through() -> None:
    weight = draw_parameters(Case("fc", Linear(1000, 50), (2, 1000)), 0)["linear"]["weight"]
    assert abs(weight.std() * np.sqrt(1000) - 1) < 0.05
    kernel = draw_parameters(Case("conv", Conv2D(64, 32, 3), (2, 64, 8, 9)), 0)["conv2d"]["weight"]
    assert abs(kernel.std() * np.sqrt(64 * 9 / 2) - 1) < 0.05


@pytest.mark.parametrize("largest", [1, 4])
def test_whole_numbers_reach_both_ends_and_are_even_between(largest: int) -> None:
    drawn = draw_integers((9000,), largest, "key")
    assert drawn.dtype == np.float32
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == list(range(-largest, largest + 1))
    share = 9000 / (2 * largest + 1)
    assert np.max(np.abs(counts - share)) < 6 * np.sqrt(share)
