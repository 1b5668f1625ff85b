"""The programs that show divergences without parity: each declared one has one, and they end as is said of them."""

from __future__ import annotations

import ast
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from parity.cases.registry import load

ROOT = Path(__file__).parents[2]
OURS = {"parity", "parity_cases", "tests", "benchmarks"}
LINES = 40

#: What takes a second each; all of them are run by ``tox run -e divergences``.
CHEAP = ["reference_mean_broadcast", "onnxruntime_dilation_auto_pad", "reference_conv_valid"]


def benchmark() -> ModuleType:
    path = ROOT / "benchmarks" / "divergences.py"
    spec = importlib.util.spec_from_file_location("benchmark_divergences", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


divergences = benchmark()
PROGRAMS = divergences.programs()


def test_every_declared_divergence_has_a_program_that_is_there() -> None:
    there = {program.name for program in PROGRAMS}
    for entry in divergences.entries():
        assert entry.script in there, f"{entry.reason}: name its program in docs/divergences with script="


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_program_is_short_says_what_it_shows_and_knows_nothing_of_parity(program: Path) -> None:
    text = program.read_text()
    assert len(text.splitlines()) <= LINES
    assert len(divergences.description(program).partition("\n")[0]) > 30
    assert program.stem.partition("_")[0] in divergences.WHOSE
    names = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not names & OURS
    assert "sys.exit(" in text


def test_the_page_is_what_is_kept_of_their_last_run() -> None:
    kept = json.loads(divergences.KEPT.read_text())
    assert set(kept["programs"]) == {program.stem for program in PROGRAMS}
    assert divergences.PAGE.read_text() == divergences.page(kept), "run python benchmarks/divergences.py --page"


def test_what_is_kept_is_what_is_declared() -> None:
    kept = json.loads(divergences.KEPT.read_text())
    declared = divergences.entries()
    for name, ended in kept["programs"].items():
        if ended["differs"] is not None:
            versions = kept["versions"] | ended.get("versions", {})
            assert divergences.as_declared(f"{name}.py", ended["differs"], declared, versions), name


def test_the_ten_worst_follow_from_what_is_declared() -> None:
    kept = json.loads(divergences.KEPT.read_text())
    found = divergences.standings(divergences.entries(), load(ROOT / "cases").cases.values())
    assert {name: list(standing) for name, standing in found.items()} == kept["standing"], (
        "run python benchmarks/divergences.py --page"
    )


def test_a_wrong_answer_is_worse_than_a_crash_and_that_than_a_refusal_then_what_more_meet() -> None:
    standing = {
        "keras_refused": divergences.Standing("refused", 9, 9),
        "keras_dies": divergences.Standing("the process dies", 0, 1),
        "keras_few": divergences.Standing("wrong without a word", 0, 8),
        "keras_many": divergences.Standing("wrong without a word", 2, 3),
        "keras_mended": divergences.Standing("wrong without a word", 9, 9),
        "reference_many": divergences.Standing("wrong without a word", 9, 9),
    }
    endings = {name: divergences.Ended(name != "keras_mended", "") for name in standing}
    assert divergences.worst(endings, standing) == ["keras_many", "keras_few", "keras_dies", "keras_refused"]


def test_a_program_that_fails_is_no_divergence(tmp_path: Path) -> None:
    program = tmp_path / "keras_typo.py"
    program.write_text("import nothing_of_this_name\n")
    assert divergences.run(program) == (None, "needs nothing_of_this_name")
    program.write_text("import sys\nprint('needs a CUDA device')\nsys.exit(77)\n")
    assert divergences.run(program) == (None, "needs a CUDA device")
    program.write_text("raise ValueError('a typing error')\n")
    with pytest.raises(RuntimeError, match="a typing error"):
        divergences.run(program)
    program.write_text("import sys\nprint('3 and 4')\nprint('so')\nsys.exit(1)\n")
    assert divergences.run(program) == (True, "3 and 4 / so")
    program.write_text("print('3 and 3')\n")
    assert divergences.run(program) == (False, "3 and 3")


@pytest.mark.parametrize("name", CHEAP)
def test_a_few_end_as_they_are_declared(name: str) -> None:
    pytest.importorskip("onnxruntime", reason="needs ONNX Runtime")
    program = divergences.FOLDER / f"{name}.py"
    found = divergences.run(program)
    assert divergences.as_declared(program.name, found.differs, divergences.entries(), divergences.installed())
