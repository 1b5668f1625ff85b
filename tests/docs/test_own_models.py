"""The page of own models, followed: its files are written and its commands run."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from parity.records.file import read
from parity.records.model import ModelCheck
from tests.docs.pages import follow

pytest.importorskip("torch", reason="the page exports a torch model")
pytest.importorskip("onnxruntime", reason="the page runs it")
pytest.importorskip("tensorflow", reason="the page ports it to Keras")

PAGE = "own-models.md"
README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder in which the page was followed, and what each of its commands printed."""
    folder = tmp_path_factory.mktemp("own")
    return folder, [done.stdout for done in follow(PAGE, folder)]


def test_the_model_of_the_page_passes_on_the_routes_of_its_tables(followed: tuple[Path, list[str]]) -> None:
    folder, (module, _, file, *_) = followed
    assert module.startswith("PASS  net.py:build: of 7 routes 7 pass\n")
    assert file.startswith("PASS  net.onnx: of 3 routes 3 pass\n")
    for route in ("ort ", "ort plain ", "reference "):
        assert f"\n  torch>{route}" in module
        assert f"\n  torchscript>{route}" in module
        assert f"\n  {route}" in file
    lines = (folder / "net.py").read_text().splitlines()
    (dense,) = (i for i, line in enumerate(lines, 1) if "return self.head(x)" in line)
    assert f"net.py:{dense} " in module
    assert f"net.py:{dense} " in file


def test_real_data_is_fed(followed: tuple[Path, list[str]]) -> None:
    folder, printed = followed
    assert "image 2x3x20x24 float32: given" in printed[3]
    assert "of 2 routes 2 pass" in printed[3]
    assert "Operators, in order of computation" in (folder / "net.html").read_text()


def test_the_port_of_the_page_differs_as_it_says_and_is_the_same_once_mended(followed: tuple[Path, list[str]]) -> None:
    folder, printed = followed
    differs = (folder / "differs.txt").read_text()
    assert differs.startswith("DIFFERENT  net.py:build and port.py:build: they differ in 1 place; ")
    assert "looks like epsilon: 1e-05 in the first, 0.001 in the second" in differs
    assert "x = torch.relu(self.norm(self.conv(image)))" in differs
    # What a reader of README sees first is what is printed, but for the last digits.
    shown = README.split("```text\n")[1].split("```")[0]
    assert re.sub(r"\d[\d.e+-]*", "N", shown) == re.sub(r"\d[\d.e+-]*", "N", differs)
    assert [said.split()[0] for said in printed if said.startswith(("SAME", "DIFFERENT"))] == ["SAME"]


def test_the_script_of_the_page_shows_the_epsilon_without_parity(followed: tuple[Path, list[str]]) -> None:
    folder, printed = followed
    assert "script     epsilon.py: it shows it, run alone: " in (folder / "differs.txt").read_text()
    text = (folder / "epsilon.py").read_text()
    assert "torch.nn.BatchNorm2d(num_features=8" in text
    assert "'epsilon': 0.001" in text
    (said,) = (each for each in printed if each.startswith("keras on TensorFlow beside torch: "))
    assert " numbers wrong; at " in said


def test_the_test_of_the_page_passes(followed: tuple[Path, list[str]]) -> None:
    _, printed = followed
    assert any("1 passed" in said for said in printed)


def test_the_cases_of_the_page_are_run_by_both_doors(followed: tuple[Path, list[str]]) -> None:
    folder, printed = followed
    run, session = printed[-2:]
    assert "10 passed, 0 failed, 0 known, 0 unsupported, 0 not run" in run
    assert "2 passed" in session
    made = read(folder / "reports" / "latest.jsonl")
    assert {check.route for check in made.checks} == {"onnx>ort", "onnx>reference"}
    assert all(check.own and check.layers and check.input_shape == [2, 3, 20, 24] for check in made.checks)


def test_the_document_is_of_another_seed(followed: tuple[Path, list[str]]) -> None:
    folder, _ = followed
    found = msgspec.json.decode((folder / "net.json").read_bytes(), type=ModelCheck)
    assert found.seed == 7
    assert found.status == "pass"
