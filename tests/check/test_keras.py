"""``parity check`` of Keras models: layer by layer beside its own graph, and what its export makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from parity.cases.asked import Asked
from parity.cases.subject import subject
from parity.records.model import ModelCheck
from parity.running.models.check import check
from parity.running.models.plan import Plan
from tests.check.conftest import Command
from tests.check.parts import catalog

for needed in ("tensorflow", "keras", "tf2onnx", "onnxruntime"):
    pytest.importorskip(needed, reason="Keras models are exported and run")

OWN = Path(__file__).parent / "own_keras.py"


def checked(name: str, shape: Any, runtimes: Any = ("reference",), script: Path | None = None) -> ModelCheck:
    text = f"{OWN}:{name}"
    given = (Asked("", shape),)
    told = f"parity check {text}"
    return check(Plan(subject(text), given, None, 0, catalog(), runtimes, told, limit=200.0, script=script))


def functions(found: ModelCheck) -> dict[str, str]:
    return {graph.name: graph.function.status for graph in found.graphs if graph.function is not None}


def test_an_honest_model_is_one_function_and_each_layer_honestly_rounded(parity: Command) -> None:
    done = parity(f"{OWN}:honest", "--input", "2x12x14x3", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = msgspec.json.decode(done.stdout, type=ModelCheck)
    assert {route.name: route.status for route in found.routes} == dict.fromkeys(
        ("tensorflow", "tensorflow>ort", "tensorflow>ort plain", "tensorflow>reference"), "pass"
    )
    assert functions(found) == {"definition": "pass", "tensorflow": "pass"}
    definition = found.graphs[0].function
    assert definition is not None
    assert float(definition.distance or 0) < 1e-12
    own = found.routes[0].answers[0].operators
    judged = [found.graphs[0].operators[each.operator].kind for each in own if each.figure.status == "pass"]
    assert {"Conv", "BatchNormalization", "Add"} <= set(judged)
    assert all(each.figure.status == "pass" for each in own)


def test_an_export_that_is_another_function_is_its_exporter_s_and_a_script_shows_it(tmp_path: Path) -> None:
    script = tmp_path / "shows.py"
    found = checked("exported_otherwise", (2, 6, 7, 3), script=script)
    assert functions(found) == {"definition": "pass", "tensorflow": "fail"}
    assert found.findings[0].whose == "the exporter tensorflow: definition is the same function"
    assert found.script.startswith(
        f"{script}: it shows it, run alone: what it exports, in ONNX's reference evaluator: "
    )


def test_an_export_that_takes_more_than_the_model_is_not_run_and_says_so() -> None:
    own, exported = checked("normalised", (2, 6, 7, 3)).routes
    assert (own.status, exported.status) == ("pass", "error")
    assert exported.reason.startswith("tensorflow: its file takes image, ")
    assert exported.reason.endswith(", the model image; what the others are fed is not said")


def test_a_layer_without_a_rule_is_named_and_the_export_is_judged_all_the_same() -> None:
    found = checked("with_a_layer_that_nothing_reads", (2, 6, 7, 3))
    own, exported = found.routes
    assert (own.status, exported.status) == ("not judged", "pass")
    assert own.reason.startswith("nothing says what it computes: ")
    assert "'halved' (Halved)" in own.reason
    assert functions(found) == {"tensorflow": "pass"}
    assert found.status == "not judged"


@pytest.mark.parametrize(
    ("name", "shape", "kinds"),
    [
        ("with_a_layer_of_its_own", (2, 6, 7, 3), {"Mul", "Conv"}),
        ("subclassed", (2, 12, 14, 3), {"Conv", "BatchNormalization", "Relu", "Add", "Gemm"}),
    ],
)
def test_classes_of_a_person_s_own_are_judged_by_what_they_go_through(name: str, shape: Any, kinds: set[str]) -> None:
    found = checked(name, shape)
    assert functions(found) == {"definition": "pass", "tensorflow": "pass"}
    assert {route.status for route in found.routes} == {"pass"}
    own = found.routes[0].answers[0].operators
    judged = {found.graphs[0].operators[each.operator].kind for each in own if each.figure.status == "pass"}
    assert kinds <= judged
    assert "calls of classes of your own were traced: what they go through is judged" in found.notes


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("unbuilt", "it is not built: call it once on real inputs before it is given"),
        ("looks", "in call\n    return super().call(image) if keras.ops.max(image) > 0"),
    ],
)
def test_what_cannot_be_checked_is_one_sentence_with_the_mend(parity: Command, name: str, said: str) -> None:
    done = parity(f"{OWN}:{name}", "--input", "2x12x14x3")
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


LIVE = """
import parity
import pytest
from parity.errors import UsageError
from tests.check import own_keras

for name, shape, said in (
    ("honest", None, "batch"),
    ("honest", "2x12x14x4", "input 'image' is 2x12x14x4, the model wants batchx12x14x3"),
    ("hides", "2x12x14x3", "gives other numbers than the layers that it goes through on symbolic inputs"),
):
    with pytest.raises(UsageError) as refused:
        parity.check(getattr(own_keras, name)(), inputs=shape, runtimes=["reference"])
    assert said in str(refused.value), refused.value
print(parity.check(own_keras.honest(), inputs="2x12x14x3", runtimes=["reference"]).verdict)
"""


def test_a_live_keras_model_is_checked_or_refused_in_its_own_process() -> None:
    """In a process of its own here, since TensorFlow takes its threads once and other tests set them."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", LIVE],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.endswith("pass\n"), done.stderr
