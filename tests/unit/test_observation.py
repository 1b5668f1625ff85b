"""Observations: what is asked of a route, in its own axes, and the file that carries the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.axes import Array, Layout, to_layout
from parity.cases import Sequential
from parity.cases.case import INPUT, Case
from parity.cases.parameters import draw_input, draw_parameters
from parity.cases.probes import Variant, inputs_of, parameters_of
from parity.judging.observation import Observation, load, observe, save
from parity.judging.program import Program
from parity.layers import BatchNorm2D, Conv2D, Flatten, Linear, ReLU
from tests.unit.strategies import reference

NETWORK = Case(
    "net", Sequential(("conv", Conv2D(3, 2, 3)), ("relu", ReLU()), ("flatten", Flatten()), ("fc", Linear(40, 4))),
    (2, 3, 6, 7),
)  # fmt: skip
LAYER = Case("conv2d", Conv2D(3, 4, 3), (2, 3, 6, 7))


def by_reference(case: Case, seed: int, layout: Layout, asked: list[Variant]) -> object:
    """A route that computes with the references, in the axes of ``layout``."""

    def program(variant: Variant) -> Program:
        asked.append(variant)
        parameters = parameters_of(case, variant, seed)

        def run(raw: Array) -> tuple[Array, ...]:
            x = raw if layout == "NCHW" else raw.transpose(0, 3, 1, 2)
            values = {INPUT: x}
            for node in case.network.nodes:
                inputs = (values[name] for name in node.inputs)
                values[node.name] = reference(node.layer, *inputs, **parameters[node.name]).astype(np.float32)
            nodes = case.network.nodes if variant == "tapped" else case.network.nodes[-1:]
            return tuple(to_layout(values[node.name], case.tensors[node.name], layout) for node in nodes)

        return run

    return program


@pytest.mark.parametrize("case", [NETWORK, LAYER], ids=lambda case: case.name)
def test_a_channels_last_route_is_observed_as_a_channels_first_one(case: Case) -> None:
    seen = []
    for layout in ("NCHW", "NHWC"):
        asked: list[Variant] = []
        observation = observe(case, 3, by_reference(case, 3, layout, asked), layout)  # type: ignore[arg-type]
        seen.append(observation)
        assert set(asked) == ({"shipped", "tapped", "integer"} if case.tapped else {"shipped", "integer"})
    first, last = seen
    assert first.answers.keys() == last.answers.keys()
    for probe, runs in first.answers.items():
        for ours, theirs in zip(runs, last.answers[probe], strict=True):
            np.testing.assert_array_equal(ours[0], theirs[0])
    assert (first.taps is None) == (last.taps is None) == (not case.tapped)
    for ours, theirs in zip(first.taps or (), last.taps or (), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_every_probe_that_applies_is_run_once_for_each_of_its_inputs() -> None:
    observation = observe(LAYER, 3, by_reference(LAYER, 3, "NCHW", []), "NCHW")  # type: ignore[arg-type]
    assert list(observation.answers) == ["data", "integer", "impulse"]
    for probe, runs in observation.answers.items():
        assert len(runs) == len(inputs_of(LAYER, probe, 3))
    x, parameters = draw_input(LAYER, 3), draw_parameters(LAYER, 3)["conv2d"]
    expected = reference(LAYER.network.output.layer, x, **parameters).astype(np.float32)
    np.testing.assert_array_equal(observation.answers["data"][0][0], expected)
    norm = Case("norm", BatchNorm2D(3), (2, 3, 6, 7))
    assert list(observe(norm, 3, by_reference(norm, 3, "NCHW", []), "NCHW").answers) == ["data"]  # type: ignore[arg-type]


def test_missing_and_extra_taps_are_kept_for_the_judge_to_name() -> None:
    for given in (0, 1, 6):
        outputs = tuple(np.zeros((2, 2, 4, 5), np.float32) for _ in range(given))
        observation = observe(NETWORK, 0, lambda variant, outputs=outputs: lambda x: outputs, "NCHW")  # type: ignore[misc]
        assert observation.taps is not None
        assert len(observation.taps) == given


def test_what_is_saved_is_loaded_to_the_bit(tmp_path: Path) -> None:
    odd = np.asarray([[np.nan, np.inf, -np.inf, -0.0, 2.0**-149]], np.float32)
    observation = Observation(
        {
            "data": [(odd,)],
            "integer": [(odd.astype(np.float64), np.asarray([[1, 2]], np.int64)), ()],
            "impulse": [(np.asarray(1.5, np.float16),), (np.empty((0, 3), np.float32),), (np.asarray([True]),)],
        },
        (odd, np.arange(6, dtype=np.int8).reshape(1, 6)),
        unoptimised={"data": [(-odd,)], "impulse": [(), (odd,)]},
    )
    save(observation, tmp_path / "seen.pickle")
    back = load(tmp_path / "seen.pickle")
    assert back.answers.keys() == observation.answers.keys()
    assert back.unoptimised is not None
    assert observation.unoptimised is not None
    assert back.unoptimised.keys() == observation.unoptimised.keys()
    pairs: list[Any] = [(back.taps, observation.taps)]
    for probe, runs in observation.unoptimised.items():
        pairs += list(zip(back.unoptimised[probe], runs, strict=True))
    for probe, runs in observation.answers.items():
        pairs += list(zip(back.answers[probe], runs, strict=True))
    for loaded, kept in pairs:
        assert loaded is not None
        assert kept is not None
        for ours, theirs in zip(loaded, kept, strict=True):
            assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
            assert ours.tobytes() == theirs.tobytes()


def test_an_observation_without_taps_or_answers_stays_without(tmp_path: Path) -> None:
    save(Observation(), tmp_path / "none.npz")
    assert load(tmp_path / "none.npz") == Observation()
    save(Observation(unoptimised={}), tmp_path / "same.npz")
    assert load(tmp_path / "same.npz") == Observation(unoptimised={})
    save(Observation({"data": [()]}, ()), tmp_path / "empty.npz")
    assert load(tmp_path / "empty.npz") == Observation({"data": [()]}, ())


def asked_twice(shipped: Program, plain: Program) -> Observation:
    return observe(LAYER, 3, lambda variant: shipped, "NCHW", lambda variant: plain)


def test_without_the_optimiser_only_what_differs_is_kept() -> None:
    def plain(x: Array) -> tuple[Array, ...]:
        return (np.full((2, 4, 4, 5), x.sum(), np.float32),)

    def other_on_whole_numbers(x: Array) -> tuple[Array, ...]:
        return (plain(x)[0] + np.all(x == np.rint(x)).astype(np.float32),)

    def boom(x: Array) -> tuple[Array, ...]:
        raise RuntimeError("no kernel")

    assert asked_twice(plain, plain).unoptimised == {}
    kept = asked_twice(plain, other_on_whole_numbers).unoptimised
    assert kept is not None
    assert list(kept) == ["integer", "impulse"]
    assert asked_twice(plain, boom).unoptimised is None
    assert observe(LAYER, 3, lambda variant: plain, "NCHW").unoptimised is None


def test_what_the_file_as_it_ships_does_not_say_again_is_no_doing_of_the_optimiser() -> None:
    calls = 0

    def every_seventh(x: Array) -> tuple[Array, ...]:
        nonlocal calls
        calls += 1
        return (np.full((2, 4, 4, 5), calls % 7 == 3, np.float32),)

    assert asked_twice(every_seventh, lambda x: (np.zeros((2, 4, 4, 5), np.float32),)).unoptimised is None
