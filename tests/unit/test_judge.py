"""The judge on observations made in numpy: honest ones pass, and a failure is placed where it was born."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity.axes import Array
from parity.cases import Sequential
from parity.cases.case import INPUT, Case
from parity.cases.probes import inputs_of, parameters_of, variant_of, why_not
from parity.judging.judge import Judge, Judgement
from parity.judging.likeness import alike
from parity.judging.observation import Observation
from parity.layers import BatchNorm2D, Conv2D, Flatten, Linear, MaxPool2D, ReLU
from parity.records.lines import Check
from tests.unit.strategies import reference

CONV = Case("conv", Conv2D(3, 8, 3, padding=1), (2, 3, 7, 6))
NET = Case(
    "net",
    Sequential(
        ("conv1", Conv2D(3, 8, 3, padding=1)),
        ("norm", BatchNorm2D(8)),
        ("relu", ReLU()),
        ("pool", MaxPool2D(2)),
        ("flatten", Flatten()),
        ("fc", Linear(8 * 3 * 4, 5)),
    ),
    (2, 3, 6, 8),
)
EXACT = Case("exact", Sequential(("conv", Conv2D(3, 4, 3)), ("relu", ReLU())), (2, 3, 6, 8))


def compute(case: Case, x: Array, variant: str) -> list[Array]:
    """Every layer's output, each rounded to float32 as a real route stores it."""
    parameters: Any = parameters_of(case, variant, 0)  # type: ignore[arg-type]
    values = {INPUT: x}
    for node in case.network.nodes:
        reads = [values[name] for name in node.inputs]
        values[node.name] = reference(node.layer, *reads, **parameters[node.name]).astype(np.float32)
    return [values[node.name] for node in case.network.nodes]


def observation(case: Case) -> Observation:
    answers: Any = {
        probe: [(compute(case, x, variant_of(probe))[-1],) for x in inputs_of(case, probe, 0)]
        for probe in ("data", "integer", "impulse")
        if not why_not(case, probe)  # type: ignore[arg-type]
    }
    taps = tuple(compute(case, inputs_of(case, "data", 0)[0], "shipped")) if case.tapped else None
    return Observation(answers, taps)


def judge(case: Case, seen: Observation) -> Judgement:
    return Judge(case, 0).judge(seen)


@pytest.mark.parametrize("case", [CONV, NET, EXACT], ids=lambda case: case.name)
def test_an_honest_observation_passes_and_every_probe_and_layer_is_counted(case: Case) -> None:
    said = judge(case, observation(case))
    assert said.status == "pass"
    assert said.failure is None
    assert [p.probe for p in said.probes] == ["data", "integer", "impulse"]
    assert {p.status for p in said.probes} <= {"pass", "not applicable"}
    assert all(p.reason for p in said.probes if p.status == "not applicable")
    assert [figure.node for figure in said.layers] == [node.name for node in case.network.nodes]
    assert {figure.status for figure in said.layers} == {"pass"}


@pytest.mark.parametrize("node", ["conv1", "norm", "relu", "pool", "flatten", "fc"])
def test_a_fault_in_one_layer_is_born_there_although_all_after_it_differ_too(node: str) -> None:
    x = inputs_of(NET, "data", 0)[0]
    parameters = parameters_of(NET, "shipped", 0)
    values = {INPUT: x}
    for each in NET.network.nodes:
        y = reference(each.layer, *(values[n] for n in each.inputs), **parameters[each.name]).astype(np.float32)
        values[each.name] = y * np.float32(1.01) if each.name == node else y
    taps = tuple(values[each.name] for each in NET.network.nodes)
    said = judge(NET, Observation({"data": [(taps[-1],)]}, taps))
    assert said.status == "fail"
    assert said.failure is not None
    assert said.failure.born == node
    assert [figure.node for figure in said.layers if figure.status == "fail"] == [node]


def test_a_wrong_output_over_right_layers_is_born_in_none_of_them() -> None:
    seen = observation(NET)
    off = seen.answers["data"][0][0] * np.float32(1.01)
    said = judge(NET, replace(seen, answers={**seen.answers, "data": [(off,)]}))
    assert said.failure is not None
    assert (said.failure.where, said.failure.born) == ("output", None)


def test_an_output_missing_extra_or_unanswered_has_its_own_name() -> None:
    seen = observation(CONV)
    (y,) = seen.answers["data"][0]
    for outputs, kind in (((), "output-missing"), ((y, y), "output-extra")):
        said = judge(CONV, Observation({**seen.answers, "data": [outputs, (y,)]}, None))
        assert said.failure is not None
        assert said.failure.kind == kind
    said = judge(CONV, Observation({"data": [(y,)]}, None))  # no answer to the other probes
    assert said.status == "fail"
    assert said.failure is not None
    assert said.failure.kind == "output-missing"


@pytest.mark.parametrize("change", [lambda taps: taps[:-1], lambda taps: (*taps, taps[0]), lambda taps: None])
def test_taps_that_do_not_match_the_layers_are_never_a_pass(change: Any) -> None:
    seen = observation(NET)
    said = judge(NET, replace(seen, taps=change(seen.taps)))
    assert said.failure is not None
    assert said.failure.kind == "unmatched-layer"
    assert {figure.status for figure in said.layers} == {"not judged"}


def test_integers_that_are_off_by_one_bit_are_inexact() -> None:
    seen = observation(EXACT)
    (y,) = seen.answers["integer"][0]
    off = y.copy()
    off.flat[int(np.argmax(off))] = np.nextafter(off.max(), np.float32(1e9))
    said = judge(EXACT, replace(seen, answers={**seen.answers, "integer": [(off,)]}))
    assert said.failure is not None
    assert (said.failure.kind, said.failure.probe) == ("inexact", "integer")


def test_one_weight_off_by_a_ten_thousandth_shows_under_impulses() -> None:
    seen = observation(CONV)
    parameters: Any = parameters_of(CONV, "shipped", 0)["conv2d"]
    weight = parameters["weight"].copy()
    weight[5, 2, 0, 1] *= np.float32(1.0001)
    runs = [
        (reference(CONV.network.output.layer, x, weight, parameters["bias"]).astype(np.float32),)
        for x in inputs_of(CONV, "impulse", 0)
    ]
    said = judge(CONV, replace(seen, answers={**seen.answers, "impulse": runs}))
    assert said.failure is not None
    assert said.failure.probe == "impulse"


def test_products_of_shortened_operands_are_said_to_match_tf32() -> None:
    seen = observation(CONV)
    parameters: Any = parameters_of(CONV, "shipped", 0)["conv2d"]

    def shortened(a: Array) -> Array:  # round to nearest, 10 bits of mantissa kept
        return ((a.view(np.uint32) + np.uint32(0x1000)) & np.uint32(0xFFFFE000)).view(np.float32)

    def run(x: Array) -> tuple[Array]:
        y = reference(CONV.network.output.layer, shortened(x), shortened(parameters["weight"]), parameters["bias"])
        return (y.astype(np.float32),)

    answers: Any = {**seen.answers, "data": [run(x) for x in inputs_of(CONV, "data", 0)]}
    said = Judge(CONV, 0).judge(replace(seen, answers=answers), device="cuda")
    assert said.failure is not None
    assert said.failure.explained == "TF32"
    # A cpu has no TF32, so there it is no excuse.
    on_cpu = judge(CONV, replace(seen, answers=answers))
    assert on_cpu.failure is not None
    assert on_cpu.failure.explained is None
    del answers["impulse"], answers["integer"]
    allowed = Judge(CONV, 0).judge(Observation(answers, None), tf32=True)
    assert next(p for p in allowed.probes if p.probe == "data").status == "pass"


def by_fft(x: Array, weight: Array, bias: Array, pad: int) -> Array:
    """A convolution as a float32 FFT computes it: transformed, multiplied frequency by frequency, transformed back."""
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    size = padded.shape[2:]
    spectrum = np.einsum("nchw,ochw->nohw", np.fft.rfft2(padded), np.conj(np.fft.rfft2(weight, size)))
    height, width = (n - k + 1 for n, k in zip(size, weight.shape[2:], strict=True))
    y = np.fft.irfft2(spectrum, size)[:, :, :height, :width] + bias[:, None, None]
    assert y.dtype == np.float32
    return y


def transformed(change: float = 0.0) -> Observation:
    """CONV by an FFT; change: of one weight, in every probe."""
    answers: Any = {}
    for probe in ("data", "integer", "impulse"):
        parameters: Any = parameters_of(CONV, variant_of(probe), 0)["conv2d"]  # type: ignore[arg-type]
        weight = parameters["weight"].copy()
        weight[2, 1, 0, 1] += np.float32(change)
        inputs = inputs_of(CONV, probe, 0)  # type: ignore[arg-type]
        answers[probe] = [(by_fft(x, weight, parameters["bias"], 1),) for x in inputs]
    return Observation(answers, None)


def test_a_device_that_transforms_convolutions_is_judged_by_what_transforms_round_and_it_is_said() -> None:
    said = Judge(CONV, 0).judge(transformed(), device="cuda")
    assert said.status == "pass", said.reason
    notes = {probe.probe: probe.note for probe in said.probes}
    assert notes["integer"] == "not bit equal: no farther off than Winograd F(4,3) rounds"
    # On a cpu nobody chooses one unasked: there it only says what the failure looks like.
    on_cpu = judge(CONV, transformed())
    assert on_cpu.failure is not None
    assert (on_cpu.failure.kind, on_cpu.failure.explained) == ("inexact", "Winograd F(4,3)")


def test_a_transform_excuses_no_wrong_weight_and_nothing_where_the_integers_are_exact() -> None:
    wrong = Judge(CONV, 0).judge(transformed(0.01), device="cuda")
    assert wrong.status == "fail"
    direct = observation(CONV)
    data: Any = transformed().answers["impulse"]
    mixed = Judge(CONV, 0).judge(replace(direct, answers={**direct.answers, "impulse": data}), device="cuda")
    assert mixed.failure is not None
    assert mixed.failure.probe == "impulse"


def test_a_single_wrong_weight_is_not_excused_by_an_algorithm() -> None:
    seen = observation(CONV)
    parameters: Any = parameters_of(CONV, "shipped", 0)["conv2d"]
    x = inputs_of(CONV, "data", 0)
    wrong = [reference(CONV.network.output.layer, each, **parameters).astype(np.float32) for each in x]
    wrong[0][0, 3, 2, 1] *= np.float32(1 + 2e-4)
    said = Judge(CONV, 0).judge(replace(seen, answers={**seen.answers, "data": [(y,) for y in wrong]}), device="cuda")
    assert said.failure is not None
    assert said.failure.explained is None


def test_an_answer_that_changes_when_it_is_asked_again_is_not_repeatable_whatever_its_size() -> None:
    seen = observation(CONV)
    (y,) = seen.answers["data"][0]
    assert judge(CONV, replace(seen, again=(y.copy(),))).status == "pass"
    moved = y.copy()
    moved[1, 2, 3, 0] = np.nextafter(moved[1, 2, 3, 0], np.float32(9))
    said = judge(CONV, replace(seen, again=(moved,)))
    assert said.failure is not None
    assert said.failure.kind == "not-repeatable"
    assert "1 of 672 elements moved, by up to 0." in said.reason


def test_the_evidence_of_a_failure_holds_what_was_compared() -> None:
    seen = observation(CONV)
    off = seen.answers["data"][0][0] + np.float32(1)
    said = judge(CONV, replace(seen, answers={**seen.answers, "data": [(off,)]}))
    assert set(said.evidence) == {"observed", "expected", "allowed", "input0"}
    assert np.array_equal(said.evidence["observed"], off)
    assert said.failure is not None
    assert said.failure.place is not None
    assert list(said.failure.place.index) == ["n", "c", "h", "w"]


def test_routes_that_agree_to_the_bit_get_the_same_figures_and_one_that_differs_is_judged_anew() -> None:
    judge_of_net = Judge(NET, 0)
    seen = observation(NET)
    first = judge_of_net.judge(seen)
    assert judge_of_net.judge(seen) == first
    assert seen.taps is not None
    off = list(seen.taps)
    off[2] = off[2] * np.float32(1.01)
    said = judge_of_net.judge(replace(seen, taps=tuple(off)))
    assert [figure.node for figure in said.layers if figure.status == "fail"] == ["relu", "pool"]


def deep(case: Case) -> Observation:
    """An honest observation whose integer answers are off by one in one place, and only there."""
    seen = observation(case)
    (y,) = seen.answers["integer"][0]
    off = y.copy()
    off[1, 2, 1, 3] += 1
    return replace(seen, answers={**seen.answers, "integer": [(off,)]})


def test_a_failed_integer_probe_of_a_network_is_born_nowhere_and_shows_what_it_was_asked() -> None:
    said = judge(EXACT, deep(EXACT))
    assert said.failure is not None
    assert (said.failure.kind, said.failure.where, said.failure.born) == ("inexact", "output", None)
    assert {figure.status for figure in said.layers} == {"pass"}
    (asked,) = inputs_of(EXACT, "integer", 0)
    assert np.array_equal(said.evidence["input0"], asked)
    assert np.abs(said.evidence["observed"] - said.evidence["expected"]).sum() == 1
    assert said.failure.unoptimised is None  # nobody asked, and layers that are right on other inputs prove nothing


@pytest.mark.parametrize(("outputs", "kind"), [(0, "output-missing"), (2, "output-extra")])
def test_a_lost_output_of_a_network_is_no_unmatched_layer_of_its_twin(outputs: int, kind: str) -> None:
    seen = observation(NET)
    answers: Any = {p: [y * outputs for y in runs] for p, runs in seen.answers.items()}
    said = judge(NET, replace(seen, answers=answers, taps=()))
    assert said.failure is not None
    assert (said.failure.kind, said.failure.where, said.failure.born) == (kind, "output", None)


@pytest.mark.parametrize("case", [CONV, NET], ids=lambda case: case.name)
def test_the_file_without_its_optimiser_is_judged_beside_a_failure(case: Case) -> None:
    seen = observation(case)
    off = [(runs[0] * np.float32(1.01),) for runs in seen.answers["data"]]
    wrong = replace(seen, answers={**seen.answers, "data": off})
    asked: list[tuple[Any, Any]] = [(None, None), ({}, "fail"), ({"data": off}, "fail"), (seen.answers, "pass")]
    for plain, expected in asked:
        failure = judge(case, replace(wrong, unoptimised=plain)).failure
        assert failure is not None
        assert (failure.unoptimised, failure.repeats) == (expected, True)
    assert judge(case, replace(seen, unoptimised={"data": off})).status == "pass"  # nobody ships that


def test_a_layer_that_is_wrong_in_the_twin_which_no_optimiser_touched_is_wrong_without_it_too() -> None:
    seen = observation(NET)
    assert seen.taps is not None
    taps = (seen.taps[0] * np.float32(1.01), *seen.taps[1:])
    failure = judge(NET, replace(seen, taps=taps, unoptimised={})).failure
    assert failure is not None
    assert (failure.born, failure.unoptimised) == ("conv1", "fail")


def test_what_does_not_repeat_may_be_right_by_luck_without_the_optimiser() -> None:
    seen = observation(CONV)
    off = [(runs[0] * np.float32(1.01),) for runs in seen.answers["data"]]
    answers = {**seen.answers, "data": off}
    wrong = replace(seen, answers=answers, again=seen.answers["data"][0], unoptimised=seen.answers)
    failure = judge(CONV, wrong).failure
    assert failure is not None
    assert (failure.kind, failure.unoptimised, failure.repeats) == ("value", None, False)


def alike_as_checks(one: Judgement, other: Judgement) -> bool:
    def check(judgement: Judgement) -> Check:
        given: Any = {"case": "c", "route": "r", "device": "cpu", "status": "fail", "failure": judgement.failure}
        return Check(**given, probes=list(judgement.probes))

    return alike(check(one), check(other))


def test_one_fault_on_two_routes_is_alike_and_two_faults_are_not() -> None:
    def faulty(share: float, channel: int, low: bool) -> Judgement:
        """A channel off by a share, on a route that rounds down or one that rounds to nearest."""
        seen = observation(CONV)
        answers: Any = {}
        for probe, runs in seen.answers.items():
            made = []
            for (y,) in runs:
                off = y.copy()
                off[:, channel] *= np.float32(1 + share)
                made.append((np.nextafter(off, np.float32(0)) if low and probe == "data" else off,))
            answers[probe] = made
        return judge(CONV, replace(seen, answers=answers))

    one = faulty(0.01, 2, low=False)
    assert one.failure is not None
    assert one.failure.sketch is not None
    assert one.failure.sketch.elements > 50
    assert alike_as_checks(one, faulty(0.01, 2, low=True))
    assert not alike_as_checks(one, faulty(0.01, 3, low=False))
    assert not alike_as_checks(one, faulty(0.04, 2, low=False))


def test_inexact_answers_are_alike_where_they_differ_by_what_other_numbers_would_round() -> None:
    def moved(noise: float) -> Judgement:
        seen = observation(EXACT)
        (y,) = seen.answers["integer"][0]
        off = y + 1e-3 + noise * np.random.default_rng(0).uniform(-1, 1, y.shape)
        return judge(EXACT, replace(seen, answers={**seen.answers, "integer": [(off.astype(np.float32),)]}))

    assert alike_as_checks(moved(0), moved(2e-6))
    assert not alike_as_checks(moved(0), moved(5e-4))
