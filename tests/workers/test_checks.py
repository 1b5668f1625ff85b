"""Checks made of answers: pure."""

from __future__ import annotations

import re
import shlex

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity_kit import case, route

from parity.cases import Case, Sequential
from parity.cases.model import summary
from parity.judging.judge import Judgement
from parity.layers import Conv2D, ReLU
from parity.records.lines import Failure, ProbeFigure
from parity.records.verdict import KINDS
from parity.routes.exporters.check import Complaint
from parity.running.checks import file_name, judged_as, refused, troubled, unrun
from parity.running.worker import Answer


@given(st.lists(st.text(min_size=1, max_size=300), unique=True, max_size=20))
def test_arrays_of_different_checks_have_different_names_that_any_file_system_takes(ids: list[str]) -> None:
    names = [file_name(check_id) for check_id in ids]
    assert len({name.lower() for name in names}) == len(ids)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9._+=-]{5,140}", name)


def test_a_network_is_summed_up_by_its_layers() -> None:
    network = Sequential(Conv2D(3, 4, 3), ReLU(), Conv2D(4, 4, 1))
    assert summary(Case("n", network, (2, 3, 5, 7))) == "3 layers: 2 Conv2D, 1 ReLU"
    assert summary(case("one")) == "ReLU()"


def test_the_command_that_repeats_survives_a_shell() -> None:
    check = unrun(case("a'b;c"), route("kit>reader", device="cuda"), -3, "interrupted")
    assert shlex.split(check.repeat) == ["parity", "run", "a'b;c[kit>reader@cuda]", "--seed", "-3"]
    assert (check.status, check.reason, check.device) == ("not run", "interrupted", "cuda")


def test_a_judgement_becomes_the_check_with_every_figure() -> None:
    made = judged_as(unrun(case("one"), route(), 0), Judgement("pass", "", 0.5, 1.5))
    assert (made.status, made.reason, made.ratio, made.need) == ("pass", "", 0.5, 1.5)


@pytest.mark.parametrize("ending", ["error", "crash", "timeout"])
def test_trouble_keeps_its_words_and_what_the_process_said_last(ending: str) -> None:
    answer = Answer(ending, message="what happened", detail="last\nwords")  # type: ignore[arg-type]
    made = troubled(unrun(case("one"), route(), 0), answer, "export", "exporting with writer")
    assert (made.status, made.reason, made.notes, made.failure) == (ending, "what happened", ["last\nwords"], None)


LIE = Complaint("onnx-shape", "shipped.onnx: output y declares [1], expected [2]", "right")
REFUSED = f"{KINDS['onnx-shape']}: {LIE.message}; run all the same: "


def test_a_refused_file_that_runs_well_fails_for_the_refusal_and_keeps_its_figures() -> None:
    probes = (ProbeFigure(probe="data", status="pass", ratio=0.5),)
    made = refused(judged_as(unrun(case("one"), route(), 0), Judgement("pass", "", 0.5, 1.5, probes)), LIE)
    assert (made.status, made.ratio, made.probes) == ("fail", 0.5, list(probes))
    assert made.reason == REFUSED + "its answers agree with the oracle"
    assert made.failure == Failure(kind="onnx-shape", message=LIE.message, refused=LIE.message, inferred="right")


def test_a_refused_file_that_runs_wrong_fails_for_the_refusal_and_tells_both() -> None:
    wrong = Failure(kind="value", message="relu: m", where="relu", born="relu", probe="data", wrong=3)
    probes = (ProbeFigure(probe="data", status="fail"),)
    judged = judged_as(unrun(case("one"), route(), 0), Judgement("fail", "relu: m", 9.0, 9.0, probes, failure=wrong))
    made = refused(judged, LIE)
    assert (made.status, made.reason) == ("fail", REFUSED + "relu: m")
    more = {"kind": "onnx-shape", "values": "value", "refused": LIE.message, "inferred": "right"}
    assert made.failure == msgspec.structs.replace(wrong, **more)


@pytest.mark.parametrize("ending", ["error", "unsupported", "crash", "timeout", "fail"])
def test_a_refused_file_that_does_not_run_fails_for_the_refusal_and_says_how_it_ended(ending: str) -> None:
    answer = Answer(ending, message="no", kind="shape", detail="words")  # type: ignore[arg-type]
    made = refused(troubled(unrun(case("one"), route(), 0), answer, "run", "running in kit"), LIE)
    assert (made.status, made.reason, made.notes) == ("fail", REFUSED + "no", ["words"])
    assert made.failure is not None
    assert (made.failure.kind, made.failure.values, made.step) == ("onnx-shape", None, "run")


def test_a_refusal_is_no_ending_of_what_never_ran_or_could_not_be_judged() -> None:
    unasked = unrun(case("one"), route(), 0, "no device")
    assert refused(unasked, LIE) == unasked
    lost = troubled(unasked, Answer("error", message="no"), "judge", "judging")
    assert refused(lost, LIE) == lost
