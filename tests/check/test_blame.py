"""Slips in real runtimes: where they were born and whose they are, or that nobody is named."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from parity.cases.asked import Asked
from parity.cases.subject import subject
from parity.errors import MissingError
from parity.records.model import ModelCheck
from parity.running.models.check import check
from parity.running.models.plan import Plan
from tests.check import models
from tests.check.parts import catalog

pytest.importorskip("onnxruntime", reason="the slips are planted in real runtimes")

SHAPE = [Asked("x", (1, 3, 9, 11))]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.saved(models.chain(), tmp_path_factory.mktemp("model") / "chain.onnx")


@cache  # several tests look at one check
def checked(path: Path, limit: float = 120.0, **parts: str) -> ModelCheck:
    plan = Plan(subject(str(path)), SHAPE, None, 0, catalog(**parts), (), "parity check", limit=limit)
    return check(plan)


def statuses(found: ModelCheck) -> dict[str, str]:
    return {route.name: route.status for route in found.routes}


def test_an_honest_model_passes_on_every_route_and_every_operator_is_judged(chain: Path) -> None:
    found = checked(chain)
    assert found.status == "pass"
    assert statuses(found) == {"ort": "pass", "ort plain": "pass", "reference": "pass"}
    assert found.findings == []
    assert found.graphs[0].unjudged == ()
    assert found.tried == ["0 to 1", "about 0", "constant", "height 8, width 10"]
    judged = {route.name: [len(answer.operators) for answer in route.answers] for route in found.routes}
    assert judged == {"ort": [0] * 4, "ort plain": [6] * 4, "reference": [6]}


def asked(found: ModelCheck) -> dict[str, int]:
    """How many sets of inputs each route was asked for."""
    return {route.name: len(route.answers) for route in found.routes}


def test_a_slow_runtime_is_asked_for_the_first_inputs_alone_and_for_all_where_something_is_wrong(chain: Path) -> None:
    assert asked(checked(chain)) == {"ort": 4, "ort plain": 4, "reference": 1}
    for wrong in ("KernelSlips", "Crashes"):
        assert asked(checked(chain, ort=wrong))["reference"] == 4
    assert asked(checked(chain, ort="Absent"))["reference"] == 4


def test_an_optimiser_that_slips_is_named_and_no_operator_is(chain: Path) -> None:
    found = checked(chain, ort="OptimiserSlips")
    assert statuses(found) == {"ort": "fail", "ort plain": "pass", "reference": "pass"}
    (finding,) = found.findings
    assert finding.operator is None
    assert finding.born.startswith("not seen")
    assert finding.whose.startswith("the graph optimiser of ort")


def test_a_kernel_that_slips_is_its_runtime_s_and_born_in_its_operator(chain: Path) -> None:
    found = checked(chain, ort="KernelSlips")
    assert statuses(found) == {"ort": "fail", "ort plain": "fail", "reference": "pass"}
    first, rest = found.findings
    assert first.routes == ["ort plain"]
    assert first.operator == 2
    assert found.graphs[0].operators[2].name == "second"
    assert first.whose.startswith("the runtime ort: reference")
    assert rest.routes == ["ort"]
    assert rest.whose == ""  # it is wrong without its optimiser too


def test_an_evaluator_that_slips_is_named_and_onnx_runtime_is_not(chain: Path) -> None:
    found = checked(chain, reference="ReferenceSlips")
    assert statuses(found) == {"ort": "pass", "ort plain": "pass", "reference": "fail"}
    (finding,) = found.findings
    assert finding.operator == 2
    assert finding.whose.startswith("the runtime reference: ort plain")


def test_where_every_route_slips_alike_nobody_is_named(chain: Path) -> None:
    found = checked(chain, ort="KernelSlips", reference="ReferenceSlips")
    assert set(statuses(found).values()) == {"fail"}
    assert found.findings[0].routes == ["ort plain", "reference"]
    assert found.findings[0].operator == 2
    assert [finding.whose for finding in found.findings] == ["", ""]


def test_a_slip_of_a_hair_fails_and_nobody_is_named(chain: Path) -> None:
    found = checked(chain, ort="KernelSlipsAHair")
    assert found.status == "fail"
    assert statuses(found)["ort plain"] == "fail"
    assert [finding.whose for finding in found.findings if "ort plain" in finding.routes] == [""]


def test_a_file_is_its_own_truth_so_a_wrong_weight_in_it_is_no_fault(chain: Path, tmp_path: Path) -> None:
    import onnx
    from onnx import numpy_helper

    proto = onnx.load(chain)
    stored = next(t for t in proto.graph.initializer if t.name == "w2")
    wrong = numpy_helper.to_array(stored) * np.float32(3.0)
    stored.CopyFrom(numpy_helper.from_array(wrong, "w2"))
    found = checked(models.saved(proto, tmp_path / "wrong.onnx"))
    assert found.status == "pass"
    assert found.findings == []


def test_answers_that_change_are_told_of_their_route_and_blame_no_optimiser(chain: Path) -> None:
    found = checked(chain, ort="Drifts")
    assert {route.name: route.repeats for route in found.routes} == {
        "ort": False,
        "ort plain": False,
        "reference": True,
    }
    assert statuses(found) == {"ort": "fail", "ort plain": "fail", "reference": "pass"}
    said = [finding for finding in found.findings if "asked again" in finding.what]
    assert [finding.routes for finding in said] == [["ort"], ["ort plain"]]
    assert not any("optimiser" in finding.whose for finding in found.findings)


@pytest.mark.parametrize(
    ("part", "status", "said"),
    [
        ("Crashes", "crash", "killed by SIGSEGV while running in ort"),
        ("Sleeps", "timeout", "ran longer than 6 s while running in ort"),
        ("LosesAnOutput", "fail", "0 outputs, expected 1"),
        ("Absent", "not run", "a_module_that_nobody_has is not installed: pip install it"),
    ],
)
def test_a_route_that_gives_nothing_says_why_and_the_others_are_judged(
    chain: Path, part: str, status: str, said: str
) -> None:
    found = checked(chain, ort=part, **({"limit": 6.0} if part == "Sleeps" else {}))
    ort = found.routes[0]
    assert (ort.name, ort.status) == ("ort", status)
    assert said in ort.reason
    assert statuses(found)["reference"] == "pass"
    assert found.status == ("pass" if status == "not run" else status)


def test_a_runtime_that_refuses_is_not_green_and_decides_nothing(chain: Path) -> None:
    found = checked(chain, reference="Refuses")
    assert statuses(found) == {"ort": "pass", "ort plain": "pass", "reference": "unsupported"}
    assert found.routes[-1].reason == "it knows no such operator"
    assert found.status == "pass"


def test_a_route_without_its_values_is_not_judged_and_says_so(chain: Path) -> None:
    found = checked(chain, ort="GivesNoValues")
    plain = found.routes[1]
    assert plain.status == "not judged"
    assert "too many outputs" in plain.reason
    assert [o.figure.status for o in plain.answers[0].outputs] == ["pass"]
    assert found.status == "not judged"


def test_without_any_runtime_nothing_could_run(chain: Path) -> None:
    parts = replace(catalog(), runtimes={"absent": "tests.check.parts:Absent"})
    plan = Plan(subject(str(chain)), SHAPE, None, 0, parts, (), "parity check")
    with pytest.raises(MissingError, match="nothing could run: a_module_that_nobody_has is not installed"):
        check(plan)
