"""Faults in installed releases and in ports: whose they are said to be, and the script that shows them without parity."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from parity.cases.asked import Asked
from parity.cases.subject import subject
from parity.running.models import bare
from parity.running.models.check import check as checked
from parity.running.models.plan import Plan
from tests.check import models
from tests.check.conftest import Command
from tests.check.parts import catalog
from tests.check.planted import stages
from tests.check.planted.environment import Environment
from tests.check.planted.stages import STAGES, Stage

for needed in ("torch", "tensorflow", "keras", "tf2onnx", "onnxruntime"):
    pytest.importorskip(needed, reason="the faults are planted in it")

#: A framework, an optimiser and a port; an exporter's is in ``test_keras.py``, and ``benchmarks/own_faults.py`` runs all.
SHARE = (
    "torch: leaky_relu is flat below zero",
    "ort's optimiser: fusing a layer normalisation takes another epsilon",
    "a weight of a newer file",
)
SCRIPT = "shows.py"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("planted") / "environment")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the models need."""
    folder = tmp_path_factory.mktemp("models")
    stages.prepare(folder)
    return folder


def test_thirty_faults_are_planted_six_in_every_stage() -> None:
    assert len({(stage.stage, stage.fault) for stage in STAGES}) == len(STAGES) == 30
    assert set(Counter(stage.stage for stage in STAGES).values()) == {6}


@pytest.mark.parametrize("fault", SHARE, ids=lambda fault: fault.replace(" ", "-"))
def test_a_planted_fault_is_its_own_party_s_and_its_script_shows_it_until_it_is_gone(
    fault: str, environment: Environment, prepared: Path
) -> None:
    stage: Stage = next(each for each in STAGES if each.fault == fault)
    said = stages.check(stage, environment, prepared, "--script", SCRIPT)
    assert (said.verdict, said.exit_code) == ("right", 1), said.errors
    script = prepared / SCRIPT
    assert said.document["script"].startswith(f"{SCRIPT}: it shows it, run alone: ")
    assert "parity" not in script.read_text().replace("parity check", "")
    assert stages.script_status(script, environment, "" if stage.stage == "port" else fault) == 1
    if stage.stage != "port":
        assert stages.script_status(script, environment, "") == 0
    if stage.stage == "optimiser":
        data = script.with_suffix("")
        assert {"model.onnx", "test_data_set_0/input_0.pb", "test_data_set_0/output_0.pb"} <= {
            str(path.relative_to(data)) for path in data.rglob("*")
        }


def test_the_smallest_piece_is_taken_of_what_an_optimiser_makes_wrong(environment: Environment, prepared: Path) -> None:
    import onnx

    (stage,) = (each for each in STAGES if "fusing a product" in each.fault)
    stages.check(stage, environment, prepared, "--script", "smallest.py")
    piece = onnx.load(prepared / "smallest" / "model.onnx")
    assert [node.op_type for node in piece.graph.node] == ["MatMul", "Add"]


def test_where_nothing_is_wrong_nothing_is_written(parity: Command, tmp_path: Path) -> None:
    models.saved(models.chain(), tmp_path / "chain.onnx")
    done = parity("chain.onnx", "--input", "1x3x9x11", "--script", SCRIPT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "  script    nothing to show: nothing was found to be wrong" in done.stdout
    assert not list(tmp_path.glob("shows*"))


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("KernelSlips", "it finds nothing wrong"),  # workers have the fault, and no release
        ("Drifts", "it is nothing that one operator or one file does"),
    ],
)
def test_a_script_that_does_not_show_it_is_not_handed_over(tmp_path: Path, part: str, said: str) -> None:
    path, asked = models.saved(models.chain(), tmp_path / "chain.onnx"), [Asked("x", (1, 3, 9, 11))]
    plan = Plan(subject(str(path)), asked, None, 0, catalog(ort=part), (), "parity check", script=tmp_path / SCRIPT)
    found = checked(plan)
    assert found.status == "fail"
    assert found.script.startswith("none is handed over: ")
    assert said in found.script
    assert not list(tmp_path.glob("shows*"))


def test_a_script_has_a_name_that_leaves_one_for_its_folder(parity: Command, tmp_path: Path) -> None:
    models.saved(models.chain(), tmp_path / "chain.onnx")
    done = parity("chain.onnx", "--input", "1x3x9x11", "--script", "shows")
    assert done.returncode == 2
    assert "--script shows: name it SOMETHING.py" in done.stderr


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import sys\nsys.exit(1)", ""),
        ("print('fine')", "it finds nothing wrong"),
        ("raise ValueError('no such file')", "it raised ValueError: no such file"),
        ("import parity\nimport sys\nsys.exit(1)", "it raised ModuleNotFoundError: parity is not to be had here"),
        ("import os\nos.abort()", "it ended with exit status -6"),
        ("import time\ntime.sleep(60)", "it ran longer than 2 s"),
    ],
)
def test_only_a_script_that_ends_by_saying_so_shows_anything(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / SCRIPT).write_text(text)
    ran = bare.run(tmp_path / SCRIPT, 2.0)
    assert ran.shows is not bool(why)
    assert ran.why_not.startswith(why)
