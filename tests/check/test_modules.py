"""``parity check`` of torch modules: exported, run every way there is, and whose it is where one differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.cases.asked import Asked
from parity.cases.subject import subject
from parity.errors import UsageError
from parity.records.model import ModelCheck
from parity.running.models.check import check
from parity.running.models.plan import Plan
from tests.check.conftest import Command
from tests.check.parts import catalog

torch: Any = pytest.importorskip("torch", reason="torch modules are exported and run")
for needed in ("onnxscript", "onnxruntime"):
    pytest.importorskip(needed, reason="torch modules are exported and run")

OWN = Path(__file__).parent / "own.py"
BARE = Path(__file__).parent / "own_bare.py"
IMAGE = (Asked("image", (2, 3, 12, 14)),)


def checked(
    name: str,
    given: Any = IMAGE,
    runtimes: Any = ("reference",),
    compiled: bool = False,
    devices: Any = (),
    **parts: str,
) -> ModelCheck:
    """A model of ``own.py`` checked; in one runtime alone where that is enough, since each is a process."""
    text = f"{OWN}:{name}"
    told = (catalog(**parts), runtimes, f"parity check {text}")
    return check(Plan(subject(text), given, None, 0, *told, limit=200.0, compiled=compiled, devices=devices))


@pytest.fixture(scope="module")
def honest() -> ModelCheck:
    """The honest module checked; compiled too, and run on cuda, as far as that goes without a compiler and a device."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXX", "no-such-compiler")
        return checked("honest", compiled=True, devices=("cuda",))


@pytest.fixture(scope="module")
def several() -> ModelCheck:
    """A model of two inputs and nested outputs checked, whose weights are others each time it is made."""
    return checked("several", (*IMAGE, Asked("scale", (2, 8, 1, 1))))


def statuses(found: ModelCheck) -> dict[str, str]:
    return {route.name: route.status for route in found.routes}


def functions(found: ModelCheck) -> dict[str, str]:
    return {graph.name: graph.function.status for graph in found.graphs if graph.function is not None}


def test_an_honest_module_is_one_function_and_honestly_rounded_on_every_route_and_on_real_data(
    parity: Command, tmp_path: Path
) -> None:
    np.savez(tmp_path / "data.npz", image=np.random.default_rng(0).random((2, 3, 12, 14)).astype(np.float32))
    done = parity(f"{OWN}:honest", "--inputs", "data.npz")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "image 2x3x12x14 float32: given" in done.stdout
    lines = done.stdout.splitlines()
    assert lines[0] == f"PASS  {OWN}:honest: of 7 routes 7 pass"
    order = ["same function?", "honestly rounded?", "figures", "repeat", "worst operators"]
    places = [next(i for i, line in enumerate(lines) if line.strip().startswith(word)) for word in order]
    assert places == sorted(places)
    (head,) = (
        i
        for i, line in enumerate(OWN.read_text().splitlines(), 1)
        if "return self.head(x.mean((2, 3)))" in line and i < 30
    )
    assert f"own.py:{head} " in done.stdout


def test_in_float64_the_definition_is_the_module_and_what_exporters_fold_in_float32_shows(honest: ModelCheck) -> None:
    assert functions(honest) == dict.fromkeys(("definition", "torch", "torchscript"), "pass")
    distances = [float(graph.function.distance or 0) for graph in honest.graphs if graph.function is not None]
    assert distances[0] < 1e-12 < min(distances[1:]) < 1e-5
    own = honest.routes[0]
    assert own.name == "torch"
    assert {each.figure.status for answer in own.answers for each in answer.operators} == {"pass"}


def test_where_there_is_no_compiler_that_is_said_and_the_rest_is_run(honest: ModelCheck) -> None:
    assert statuses(honest)["torch compiled"] == "not run"
    assert honest.routes[1].reason == "there is no C++ compiler no-such-compiler; install one, or name it by CXX"
    assert honest.status == "pass"


def test_what_sees_no_such_device_is_not_run_and_says_why_and_the_cpu_decides(honest: ModelCheck) -> None:
    if torch.cuda.is_available():
        pytest.skip("torch sees a cuda device")
    assert {name: status for name, status in statuses(honest).items() if name != "torch compiled"} == {
        **dict.fromkeys(("torch", "torch>reference", "torchscript>reference"), "pass"),
        **dict.fromkeys(("torch@cuda", "torch>reference@cuda", "torchscript>reference@cuda"), "not run"),
    }
    reasons = [route.reason for route in honest.routes if route.name.endswith("@cuda")]
    assert reasons[0] == f"torch {torch.__version__} sees no device cuda"
    assert set(reasons[1:]) == {"the ONNX reference evaluator runs on cpu only"}
    assert honest.status == "pass"


def test_a_module_tells_whether_its_bits_stay_the_same(honest: ModelCheck) -> None:
    assert honest.routes[0].alone is not None
    assert honest.routes[0].threads is not None


def test_an_exporter_that_writes_another_function_is_named_where_another_writes_the_model() -> None:
    found = checked("traced_otherwise")
    assert functions(found) == {"definition": "pass", "torch": "pass", "torchscript": "fail"}
    assert set(statuses(found).values()) == {"pass"}  # each run is honest to the file that it was given
    (finding,) = found.findings
    assert finding.routes == ["torchscript>reference"]
    assert finding.what.startswith("another function than the model: output output, inputs ")
    assert finding.whose == "the exporter torchscript: definition is the same function"
    assert finding.born == "/Mul, Mul of the file, for which the model has no part"
    assert finding.looks == "missing operator: none in the first, Mul in the second"
    assert found.status == "fail"


def test_a_model_that_every_exporter_writes_otherwise_is_nobody_s() -> None:
    found = checked("exported_otherwise")
    assert functions(found) == dict.fromkeys(("definition", "torch", "torchscript"), "fail")
    assert {finding.whose for finding in found.findings} == {""}


def test_a_kernel_of_the_framework_is_named_with_the_line_of_the_code_that_called_it() -> None:
    found = checked("kernel_slips")
    (finding,) = [each for each in found.findings if each.graph == 0]
    assert finding.routes == ["torch"]
    assert finding.whose.startswith("the framework: ")
    assert found.graphs[0].operators[finding.operator or 0].kind == "Relu"
    assert finding.source is not None
    assert finding.source.text == "x = self.activated(self.norm(self.conv(image)))"


def test_a_runtime_s_slips_are_its_own_on_each_file() -> None:
    found = checked("honest", runtimes=(), reference="ReferenceSlips")
    whose = {finding.whose.partition(":")[0] for finding in found.findings}
    assert whose == {"the runtime reference"}
    assert {tuple(finding.routes) for finding in found.findings} == {("torch>reference",), ("torchscript>reference",)}


def test_a_branch_on_the_numbers_is_refused_by_one_exporter_and_the_other_is_shown_to_have_baked_one_in() -> None:
    found = checked("branching")
    assert statuses(found) == {"torch": "not judged", "torch>reference": "error", "torchscript>reference": "pass"}
    assert found.routes[0].reason.startswith("nothing says what it computes: GuardOnDataDependentSymNode: ")
    assert functions(found) == {"torchscript": "fail"}
    (finding,) = found.findings
    assert (finding.routes, finding.whose) == (
        ["torchscript>reference"],
        "",
    )  # no other file shows that the model can be written


def test_what_no_exporter_can_write_is_said_in_the_exporters_words() -> None:
    with pytest.raises(UsageError, match=r"no exporter could write it: torch: .+; torchscript: .*_native_multi_head"):
        checked("Attends", (Asked("t", (2, 3, 4)),))


def test_an_exporter_that_kills_its_process_costs_its_own_file_alone() -> None:
    found = checked("dying")
    assert statuses(found) == {"torch": "pass", "torch>reference": "pass", "torchscript>reference": "crash"}
    assert found.routes[2].reason == "killed by SIGSEGV while exporting by torchscript"
    assert {each.figure.status for answer in found.routes[0].answers for each in answer.operators} == {"pass"}


def test_a_model_is_made_once_and_where_it_has_to_be_made_again_its_weights_must_be_the_same(
    several: ModelCheck,
) -> None:
    assert several.status == "pass"
    found = checked("dying_unseeded")
    assert found.routes[0].status == "error"
    assert found.routes[0].reason.endswith("its weights are others each time it is made, whatever the seed is")


def test_inputs_and_outputs_are_named_as_the_code_names_them(several: ModelCheck) -> None:
    assert [each.name for each in several.inputs] == ["image", "scale"]
    for route in several.routes:
        assert [output.name for output in route.answers[0].outputs] == ["logits", "maps.0", "maps.1"]
    assert set(statuses(several).values()) == {"pass"}


def test_a_module_that_keeps_a_state_does_not_repeat() -> None:
    found = checked("drifting")
    assert found.routes[0].repeats is False
    assert "the same input gave another answer when it was asked again" in [each.what for each in found.findings]


def test_a_module_without_a_twin_in_float64_is_rounded_honestly_but_its_function_is_not_judged() -> None:
    found = checked("single")
    assert set(statuses(found).values()) == {"pass"}
    assert set(functions(found).values()) == {"not judged"}
    assert found.status == "not judged"
    said = found.graphs[0].function
    assert said is not None
    assert said.reason == "running the model in float64: TypeError: only float32 here"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([f"{BARE}:nothing"], "there is no 'nothing' in it; it has fails\n"),
        (["torch.nn:Lineer"], "there is no 'Lineer' in it; did you mean Linear or LazyLinear; it has Buffer, "),
        ([f"{BARE}:number"], "'number' is of type int, neither a model nor a function that gives one"),
        ([f"{BARE}:fails", "--input", "1"], "calling fails() failed: ValueError: no weights here\n"),
        ([f"{OWN}"], f"it does not say which model in it; write {OWN}:NAME, of Net, SlipsWhenExported, "),
        (["nosuch.py:net"], "nosuch.py: there is no such file"),
        (["no_such_module:net"], "importing it failed: ModuleNotFoundError: No module named 'no_such_module'"),
        (
            [f"{OWN}:honest"],
            "input 'image': the model does not say its shape; give it, for example by --input image=1x3x224x224",
        ),
        ([f"{OWN}:honest", "--input", "2x4x12x14"], "its forward fails on image (2, 4, 12, 14) torch.float32: "),
        ([f"{OWN}:honest", "--input", "wrong=1x3"], "--input wrong: the model has no such input; its inputs are image"),
    ],
)
def test_what_a_person_gets_wrong_is_one_sentence_with_the_mend(parity: Command, words: list[str], said: str) -> None:
    done = parity(*words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_in_the_person_s_code_shows_their_lines_and_none_of_ours(parity: Command) -> None:
    said = parity(f"{BARE}:fails", "--input", "1").stderr
    assert 'own_bare.py", line' in said
    assert "raise ValueError" in said
    assert "loading.py" not in said


def test_of_a_function_that_imports_its_framework_the_input_that_picks_rows_is_drawn_and_the_other_left_out() -> None:
    text = f"{OWN.with_name('own_late.py')}:late"
    given = [Asked("", (3, 4), "int64")]
    found = check(Plan(subject(text), given, None, 0, catalog(), ("reference",), "parity check"))
    assert found.status == "pass", found.routes
    assert [(each.name, each.shape) for each in found.inputs] == [("input_ids", [3, 4])]
    assert found.inputs[0].values == "whole numbers 0 to 6"
    assert found.notes == ["it was in training: eval() was called"]
