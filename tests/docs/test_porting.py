"""The porting guide: every layer is in it, every row is as declared, and the page is what the rows give."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.porting import guide
from benchmarks.porting.__main__ import KEPT, PAGE, ROOT
from benchmarks.porting.links import Links
from benchmarks.porting.model import Counterpart, Pair, Said, Turn
from benchmarks.porting.page import page
from benchmarks.porting.recipes import RECIPES
from benchmarks.porting.run import Outcome, as_said, as_turned, moved, spelled
from benchmarks.porting.traps import TRAPS
from parity.cases.registry import load
from parity.layers import LeakyReLU

FIGURES = json.loads(KEPT.read_text())
PAIRS = guide.pairs()

#: Run anew by the test: what bites most, one of each kind of outcome, and what would have to be silent.
SHARE = [
    "conv2d stride 2, padding 1",
    "conv2d stride 2, same",
    "flatten",
    "batch norm",
    "batch norm after a step",
    "leaky relu",
    "gelu",
    "gelu, keras.activations and keras.ops",
    "average pool, padded",
    "prelu",
    "bilinear to a size",
    "transposed, twice the size",
    "attention",
    "embedding",
    "concatenate",
    *guide.turns(),
]

PROGRAMS = sorted((ROOT / "docs" / "porting").glob("*.py"))


def needs(*packages: str) -> None:
    """Skip where one is absent; none is imported, since what runs them is a process of its own."""
    if absent := [package for package in packages if find_spec(package) is None]:
        pytest.skip(f"needs {', '.join(absent)}")


def test_every_layer_has_an_entry() -> None:
    assert guide.without_entry() == [], (
        "say in benchmarks/porting/ what it is in torch, Keras and ONNX, or that it is nothing there"
    )


def test_every_name_means_one_pair_or_turn() -> None:
    names = [pair.name for each in guide.COUNTERPARTS for pair in each.pairs] + [turn.name for turn in guide.TURNS]
    assert len(names) == len(set(names))
    assert len(TRAPS) == 10


@pytest.mark.parametrize(
    "statement",
    [
        lambda: Said("Keras turns the kernel.", ""),
        lambda: Pair("a", LeakyReLU(), (2, 3), "x", "y", case=" "),
        lambda: Turn("a", "x", "y", (2, 3), "[w]", "dict()", ""),
        lambda: Counterpart("LeakyReLU", "Activations", "torch.nn.LeakyReLU", "keras.layers.LeakyReLU", "LeakyRelu"),
    ],
    ids=["a sentence", "a pair", "a turn of weights", "a layer without a row"],
)
def test_a_statement_that_nothing_checks_cannot_be_written(statement: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"name the case|give pairs"):
        statement()


def test_what_checks_a_statement_is_a_case_with_its_layer_or_a_program_that_is_there() -> None:
    links = Links(load(ROOT / "cases"))
    assert links.to("flatten") == "[`flatten/then-linear`](../cases/shape.py)"
    wanting = (
        ("conv2d/no-such-case", None),
        ("divergences/no_such_program.py", None),
        ("flatten/then-linear", LeakyReLU()),
    )
    for by, layer in wanting:
        with pytest.raises(KeyError, match=r"no program|no case"):
            _ = links.case(by, layer) if layer else links.to(by)


def test_every_program_of_the_guide_is_named_in_it() -> None:
    said = {step.by for steps in RECIPES.values() for step in steps} | {turn.case for turn in guide.TURNS}
    assert {f"porting/{program.name}" for program in PROGRAMS} == {by for by in said if by.startswith("porting/")}


def test_the_programs_of_the_guide_find_both_frameworks_the_same() -> None:
    needs("torch", "tensorflow", "keras", "onnxruntime", "tf2onnx")
    # One process for all of them: what they cost is the import of the frameworks, in the order that the one which exports needs.
    programs = sorted(PROGRAMS, key=lambda program: program.name != "to_onnx.py")
    one = "import runpy, sys\nfor path in sys.argv[1:]:\n try: runpy.run_path(path, run_name='__main__')\n except SystemExit as end: print(end.code, path)"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-I", "-c", one, *map(str, programs)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    ended = [line for line in done.stdout.splitlines() if line.endswith(".py")]
    assert ended == [f"0 {program}" for program in programs], done.stdout


def test_every_argument_is_one_of_what_stands_above_it() -> None:
    for each in guide.COUNTERPARTS:
        for argument in each.arguments:
            for cell, names in zip(argument, (each.torch, each.keras, each.onnx), strict=True):
                for word in cell.split(", ") if cell and not cell.startswith("(") else []:
                    assert any(word in FIGURES["signatures"][name] for name in spelled(names)), f"{names}: {word}"


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_what_was_found_of_a_pair_is_what_is_said_of_it(pair: Pair) -> None:
    assert as_said(pair, FIGURES["pairs"][pair.name])


def test_turned_weights_make_the_same_function() -> None:
    assert FIGURES["weights"].keys() == guide.turns().keys()
    assert [name for name, off in FIGURES["weights"].items() if not as_turned(off)] == []


def test_the_page_is_what_the_rows_the_figures_and_the_registry_give() -> None:
    assert PAGE.read_text() == page(FIGURES, load(ROOT / "cases")), "run python -m benchmarks.porting --page"


def test_a_share_of_the_rows_gives_the_same_when_it_is_run_again() -> None:
    needs("torch", "tensorflow", "keras")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.porting", *SHARE]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert all(name in done.stdout for name in SHARE)


SAME: Outcome = {"off": 1e-15, "of": 2.0}
FAR: Outcome = {"off": 0.5, "of": 2.0}
DIFFERS = Pair("a", LeakyReLU(), (2, 3), "x", "y", "z", "why", case="leakyrelu/image")
ALIKE = Pair("b", LeakyReLU(), (2, 3), "x", "y", case="leakyrelu/image")


@pytest.mark.parametrize(
    ("pair", "found", "said"),
    [
        (ALIKE, {"other": SAME}, True),
        (ALIKE, {"other": FAR}, False),
        (ALIKE, {"other": {"refused": "why"}}, False),
        (DIFFERS, {"other": FAR, "instead": SAME}, True),
        (DIFFERS, {"other": SAME, "instead": SAME}, False),
        (DIFFERS, {"other": FAR, "instead": FAR}, False),
        (DIFFERS, {"other": {"shapes": ["2x3", "2x4"]}, "instead": SAME}, True),
        (replace(DIFFERS, other=""), {"instead": SAME}, True),
        (replace(DIFFERS, remains="less"), {"other": FAR, "instead": {"off": 0.04, "of": 2.0}}, True),
        (replace(DIFFERS, remains="less"), {"other": FAR, "instead": {"off": 0.06, "of": 2.0}}, False),
        (replace(DIFFERS, remains="less"), {"other": FAR, "instead": SAME}, False),
        (replace(ALIKE, single=True), {"other": {"off": 1e-6, "of": 2.0}}, True),
        (ALIKE, {"other": {"off": 1e-6, "of": 2.0}}, False),
    ],
)
def test_what_is_alike_must_be_silent_and_what_differs_must_differ(
    pair: Pair, found: dict[str, Outcome], said: bool
) -> None:
    assert as_said(pair, found) is said


def test_a_figure_that_moved_is_seen() -> None:
    assert not moved(DIFFERS, {"other": FAR}, {"other": {"off": 0.51, "of": 2.0}})
    assert moved(DIFFERS, {"other": FAR}, {"other": {"off": 0.6, "of": 2.0}})
    assert moved(DIFFERS, {"other": FAR}, {"other": SAME})
    assert moved(DIFFERS, {"other": FAR}, {"other": {"refused": "why"}})
    assert moved(DIFFERS, {"other": {"shapes": ["2", "3"]}}, {"other": {"shapes": ["2", "4"]}})
    assert not moved(DIFFERS, {"other": {"refused": "one"}}, {"other": {"refused": "two"}})


def test_every_case_that_a_row_names_is_there_and_every_file_that_the_page_names() -> None:
    broken = [
        target
        for target in PAGE.read_text().split("](")[1:]
        if not target.startswith(("http", "#"))
        and not (PAGE.parent / Path(target.split(")")[0].split("#")[0])).exists()
    ]
    assert broken == []
