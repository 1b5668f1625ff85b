"""The porting guide: every layer is in it, every row is as declared, and the page is what the rows give."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.porting import guide
from benchmarks.porting.__main__ import KEPT, PAGE, ROOT
from benchmarks.porting.bites import BITES, CASES
from benchmarks.porting.model import Pair
from benchmarks.porting.page import page
from benchmarks.porting.run import Outcome, as_said, moved, spelled
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
]


def test_every_layer_has_an_entry() -> None:
    assert guide.without_entry() == [], (
        "say in benchmarks/porting/ what it is in torch, Keras and ONNX, or that it is nothing there"
    )


def test_every_name_means_one_pair() -> None:
    names = [pair.name for each in guide.COUNTERPARTS for pair in each.pairs]
    assert len(names) == len(set(names))
    assert len(BITES) == 10
    assert {name for bite in BITES for name in bite.pairs} | set(CASES) <= set(names)


def test_every_argument_is_one_of_what_stands_above_it() -> None:
    for each in guide.COUNTERPARTS:
        for argument in each.arguments:
            for cell, names in zip(argument, (each.torch, each.keras, each.onnx), strict=True):
                for word in cell.split(", ") if cell and not cell.startswith("(") else []:
                    assert any(word in FIGURES["signatures"][name] for name in spelled(names)), f"{names}: {word}"


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_what_was_found_of_a_pair_is_what_is_said_of_it(pair: Pair) -> None:
    assert as_said(pair, FIGURES["pairs"][pair.name])


def test_the_page_is_what_the_rows_the_figures_and_the_registry_give() -> None:
    assert PAGE.read_text() == page(FIGURES, load(ROOT / "cases")), "run python -m benchmarks.porting --page"


def test_a_share_of_the_rows_gives_the_same_when_it_is_run_again() -> None:
    for package in ("torch", "tensorflow", "keras"):
        pytest.importorskip(package, reason=f"needs {package}")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.porting", *SHARE]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert all(name in done.stdout for name in SHARE)


SAME: Outcome = {"off": 1e-15, "of": 2.0}
FAR: Outcome = {"off": 0.5, "of": 2.0}
DIFFERS = Pair("a", LeakyReLU(), (2, 3), "x", "y", "z", "why")
ALIKE = Pair("b", LeakyReLU(), (2, 3), "x", "y")


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
