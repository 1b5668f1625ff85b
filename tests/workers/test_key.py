"""What an export was made of decides whether it is believed: whatever a spelling reads, when it changes, the key does."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from parity_kit import CATALOG, case, route

from parity.cases import Case
from parity.cases.registry import load
from parity.layers import Conv2D, Draw, ReLU
from parity.routes.catalog import Route
from parity.running import key as keys
from parity.running.key import entry_key, structure_key
from parity.running.sources import sources
from tests.workers.conftest import Runner

LAYER = """
from pathlib import Path

from parity.cases import Case
from parity.layers import Layer, layer
from parity_cases import helper


@layer
class Scaled(Layer):
    def to_onnx(self, op, x):
        return op.Identity(x)

    def to_torch(self, torch, x):
        import lazily

        return lambda v: v * helper.SCALE * lazily.SCALE * float((Path(__file__).parent / "data" / "scale").read_text())

    def to_keras(self, keras, x):
        from packaged.deep import tool

        return lambda v: v * tool.scale()


CASES = [Case("scaled", Scaled(), (2, 3, 4, 5))]
"""
PLAIN = """
from parity.cases import Case
from parity.layers import ReLU

CASES = [Case("plain", ReLU(), (2, 3, 4, 5))]
"""
FILES = {
    "cases/own.py": LAYER,
    "cases/plain.py": PLAIN,
    "cases/helper.py": "from further import SCALE",
    "cases/data/scale": "1.0",
    "further.py": "SCALE = 1.0",
    "lazily.py": "import indirect\nSCALE = indirect.SCALE",
    "indirect.py": "SCALE = 1.0",
    "packaged/__init__.py": "",
    "packaged/deep/tool.py": "def scale():\n    return 1.0",
    "packaged/deep/weights.bin": "1",
    "beside.txt": "read by further.py",
    "sub/unseen.py": "SCALE = 1.0",
}
READ = [name for name in FILES if name not in ("cases/plain.py", "sub/unseen.py")]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path, with a layer that reads what lies beside it, behind it and elsewhere."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    for name in ("further", "lazily", "indirect", "packaged"):
        sys.modules.pop(name, None)


def key(made: Case, name: str = "kit>reader") -> str:
    return structure_key(made, route(name), CATALOG)


@pytest.mark.parametrize("name", READ)
def test_whatever_a_spelling_can_read_is_in_the_key(project: Path, name: str) -> None:
    made = load(project / "cases").cases["scaled"]
    before = key(made)
    assert key(made) == before
    path = project / name
    path.write_text(path.read_text().replace("1", "2") + "\n")
    assert key(made) != before


def test_a_new_file_beside_is_in_the_key_and_what_no_import_reaches_is_not(project: Path) -> None:
    made = load(project / "cases").cases["scaled"]
    before = key(made)
    (project / "sub" / "unseen.py").write_text("SCALE = 2.0")
    (project / "cases" / "__pycache__").mkdir(exist_ok=True)
    (project / "cases" / "__pycache__" / "own.pyc").write_text("compiled")
    (project / "cases" / ".hidden").write_text("an editor's")
    assert key(made) == before
    (project / "packaged" / "more.npy").write_text("weights")
    assert key(made) != before


def test_a_case_of_parity_layers_alone_does_not_depend_on_the_folder(project: Path) -> None:
    made = load(project / "cases").cases["plain"]
    before = key(made)
    (project / "cases" / "helper.py").write_text("SCALE = 3.0")
    assert key(made) == before


def test_links_are_followed_and_one_that_leads_back_ends(project: Path) -> None:
    elsewhere = project / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "scale").write_text("1")
    (project / "cases" / "linked").symlink_to(elsewhere)
    (project / "cases" / "back").symlink_to(project / "cases")
    os.mkfifo(project / "cases" / "pipe")
    made = load(project / "cases").cases["scaled"]
    before = key(made)
    (elsewhere / "scale").write_text("2")
    assert key(made) != before


def test_a_large_file_that_changes_is_read_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parity.running.sources.LARGE", 5000)
    made = load(project / "cases").cases["scaled"]
    before = key(made)
    path = project / "packaged" / "deep" / "weights.bin"
    path.write_text("123456" * 1000)
    once = key(made)
    path.write_text("654321" * 1000)
    os.utime(path, ns=(1, 1))
    assert len({before, once, key(made)}) == 3


def test_a_module_without_a_file_cannot_be_told_so_no_key_is_given() -> None:
    made = type("Loose", (ReLU,), {"__module__": "made_by_hand"})
    sys.modules["made_by_hand"] = type(sys)("made_by_hand")
    try:
        with pytest.raises(LookupError, match="module made_by_hand has no file"):
            key(Case("loose", made(), (2, 3, 4, 5)))
    finally:
        del sys.modules["made_by_hand"]


CONV = Case("conv", Conv2D(3, 4, 3), (2, 3, 11, 14))
CHANGES: dict[str, Case] = {
    "input": replace(CONV, shape=(2, 3, 11, 16)),
    "mode": replace(CONV, mode="training"),
    "tags": replace(CONV, tags=("pictures",)),
    "field": replace(CONV, model=Conv2D(3, 4, 3, stride=2)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_case_says_is_in_the_key(name: str) -> None:
    assert key(CHANGES[name]) != key(CONV)


def test_what_a_case_is_called_and_what_it_draws_is_not_in_the_key_of_its_structure() -> None:
    assert key(replace(CONV, name="other", scale=2.0, mean=1.0, draws={"conv2d.bias": Draw(spread=2.0)})) == key(CONV)


def test_every_file_of_a_structure_has_a_key_of_its_own() -> None:
    made = key(CONV)
    keys_of = [entry_key(made, what, of) for what in ("shipped", "tapped") for of in ("", "0" * 64, "1" * 64)]
    assert len(set(keys_of)) == len(keys_of)


def test_versions_of_what_takes_part_are_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(case("one"))
    monkeypatch.setattr(keys, "_version", lambda name: "0.0.1" if name == "onnx" else "1")
    other = key(case("one"))
    monkeypatch.setattr(keys, "_version", lambda name: "0.0.2" if name == "onnx" else "1")
    assert len({before, other, key(case("one"))}) == 3


def test_of_parity_what_spells_and_exports_is_read_and_what_judges_is_not() -> None:
    from parity.routes.exporters.dynamo import Dynamo
    from parity.routes.frameworks.torch import Torch

    found = sources([Torch, Dynamo, Conv2D], [])
    assert {
        "parity.axes",
        "parity.layers.conv",
        "parity.layers.windows",  # only imported by conv
        "parity.routes.frameworks.torch",
        "parity.routes.exporters.dynamo",
        "parity.routes.exporters.torchscript",  # only imported by dynamo
    } <= set(found)
    assert not [name for name in found if name.startswith(("parity.judging", "parity.report", "parity.operators"))]
    assert found["numpy"].startswith("numpy==")


def test_the_cases_of_this_project_have_keys_that_no_other_folder_moves() -> None:
    """Nothing of parity itself leads to the tests or to the cases folder, whose every edit would export all anew."""
    found = sources([Conv2D, ReLU], ["parity.running.steps"])
    assert not [name for name in found if name.startswith(("parity_cases", "tests", "cases"))]


def test_a_helper_that_changes_between_two_runs_is_exported_anew(run: Runner, project: Path) -> None:
    made = load(project / "cases").cases["scaled"]
    asked: list[tuple[Case, Route]] = [(made, route("kit>reader"))]
    found = [run(asked, cases_folder=project / "cases")["scaled[kit>reader]"].cached for _ in range(2)]
    (project / "cases" / "helper.py").write_text("SCALE = 2.0")
    again = run(asked, cases_folder=project / "cases")["scaled[kit>reader]"]
    assert [*found, again.cached] == [False, True, False], again
