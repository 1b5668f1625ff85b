"""Case files: found, imported under a stable name, and what is wrong in one is told in a line with its place."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from parity.cases import registry
from parity.cases.shipped import GROUPED, SHIPPED
from parity.errors import UsageError

HEAD = "from parity.cases import Case, KnownDivergence\nfrom parity.layers import Conv2D, ReLU\n"
CASE = "CASES = [Case({name!r}, ReLU(), (2, 3, 4, 5))]\n"


@pytest.fixture(autouse=True)
def _modules_put_back() -> Iterator[None]:
    """Another folder takes the place of this project's cases; afterwards they are there again."""

    def ours() -> dict[str, object]:
        return {name: module for name, module in sys.modules.items() if name.split(".")[0] == registry.PACKAGE}

    before = ours()
    yield
    for name in ours():
        del sys.modules[name]
    sys.modules.update(before)  # type: ignore[arg-type]


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text if text.startswith("#raw") else HEAD + text)
    return folder


def refused(folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        registry.load(folder)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_cases_of_all_files_are_gathered_in_the_order_of_the_files(tmp_path: Path) -> None:
    known = 'KNOWN = [KnownDivergence(cases="b", routes="torch", kind="value", reason="r", evidence="e")]\n'
    write(tmp_path, b=CASE.format(name="b") + known, a=CASE.format(name="z"), _hidden="raise SystemExit")
    (tmp_path / "notes.txt").write_text("not Python")
    loaded = registry.load(tmp_path)
    assert list(loaded.cases) == ["z", "b"]
    assert [(entry.cases, entry.file) for entry in loaded.known if entry.file] == [("b", str(tmp_path / "b.py"))]
    assert loaded.folder == tmp_path


def test_what_parity_ships_is_known_everywhere_but_where_a_project_speaks_of_it_itself(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    loaded = registry.load(write(tmp_path / "one", a=CASE.format(name="a")))
    assert loaded.known == SHIPPED
    own = (
        "from dataclasses import replace\nfrom parity.cases.shipped import GROUPED\n"
        'KNOWN = [replace(GROUPED, cases="a", versions={})]\n'
    )
    loaded = registry.load(write(tmp_path / "two", a=own + CASE.format(name="a")))
    assert [(entry.cases, bool(entry.file)) for entry in loaded.known if entry.reason == GROUPED.reason] == [
        ("a", True)
    ]
    assert len(loaded.known) == len(SHIPPED)


def test_a_registry_cannot_be_changed(tmp_path: Path) -> None:
    loaded = registry.load(write(tmp_path, a=CASE.format(name="a")))
    with pytest.raises(TypeError):
        loaded.cases["b"] = loaded.cases["a"]  # type: ignore[index]


def test_nothing_is_written_into_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    registry.load(write(tmp_path, a=CASE.format(name="a")))
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]


def test_files_may_import_each_other_and_a_hidden_helper(tmp_path: Path) -> None:
    write(
        tmp_path,
        _shared="SHAPE = (2, 3, 4, 6)\n",
        one="from parity_cases._shared import SHAPE\n" + CASE.format(name="a"),
    )
    write(tmp_path, two="from parity_cases.one import SHAPE\nCASES = [Case('b', ReLU(), SHAPE)]\n")
    assert registry.load(tmp_path).cases["b"].shape == (2, 3, 4, 6)


LAYER = """
from typing import ClassVar
from parity.layers import Layer, layer

@layer
class Own(Layer):
    kind: ClassVar[str] = "own"
    size: int = 3

    def to_onnx(self, op, x):
        return op.Relu(x)

    def to_torch(self, torch, x):
        return torch.nn.ReLU()

    def to_keras(self, keras, x):
        return keras.layers.ReLU()

CASES = [Case("own", Own(5), (2, 3, 4, 5))]
"""


def test_a_case_whose_layer_is_defined_there_reaches_another_process(tmp_path: Path) -> None:
    case = registry.load(write(tmp_path, own=LAYER)).cases["own"]
    program = (
        "import pickle, sys; from pathlib import Path; from parity.cases.registry import mount; mount(Path(sys.argv[1])); "
        "case = pickle.load(sys.stdin.buffer); print(case.model, type(case.model).__module__)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], input=pickle.dumps(case), check=True, capture_output=True
    )
    assert said.stdout.decode().split() == ["Own(size=5)", "parity_cases.own"]


def test_loading_another_folder_forgets_the_one_before(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, name in ((one, "a"), (two, "b"), (one, "a")):
        folder.mkdir(exist_ok=True)
        assert list(registry.load(write(folder, same=CASE.format(name=name))).cases) == [name]


def test_a_name_used_in_two_files_names_both(tmp_path: Path) -> None:
    said = refused(write(tmp_path, a=CASE.format(name="x/y"), b=CASE.format(name="x/y")))
    assert said == f"case 'x/y' is declared in {tmp_path}/a.py and {tmp_path}/b.py; rename one"


def test_a_name_used_twice_in_one_file_names_it(tmp_path: Path) -> None:
    twice = "CASES = [Case('x', ReLU(), (2, 3, 4, 5)), Case('x', ReLU(), (2, 3, 4, 6))]\n"
    assert refused(write(tmp_path, a=twice)) == f"case 'x' is declared in {tmp_path}/a.py twice; rename one"


BROKEN = {
    "a syntax error": ("CASES = [\n", "FILE:3: is not Python: '[' was never closed; mend that line"),
    "an exception": ("\nx = 1 / 0\n", "FILE:4: ZeroDivisionError: division by zero"),
    "an exception in a function": ("def f():\n    return {}['k']\n\nf()\n", "FILE:4: KeyError: 'k'"),
    "a message of several lines": ("raise ValueError('one\\n  two')\n", "FILE:3: ValueError: one two"),
    "an exit": ("raise SystemExit(0)\n", "FILE:3: SystemExit: 0"),
    "an import that fails": ("import a_module_nobody_has\n", "FILE:3: ModuleNotFoundError: No module named 'a_module_nobody_has'"),
    "a field out of range": ("CASES = [Case('c', Conv2D(3, 8, 0), (2, 3, 4, 5))]\n", "FILE:3: Conv2D: kernel=0 must be at least 1"),
    "a shape that does not fit": ("CASES = [Case('c', Conv2D(4, 8, 3), (2, 3, 4, 5))]\n", "FILE:3: case 'c': conv2d: Conv2D: in_channels=4 does not fit"),
    "cases that are no list": ("CASES = 3\n", "FILE: CASES=3 must be a list of Case"),
    "an item that is no case": ("CASES = [ReLU()]\n", "FILE: CASES[0]=ReLU() must be a Case"),
    "a known that is none": (CASE.format(name="a") + "KNOWN = [1]\n", "FILE: KNOWN[0]=1 must be a KnownDivergence"),
    "bytes that are no text": ("#raw", "FILE:"),
    "a null byte": ("x = '\0'\n", "FILE"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_wrong_in_a_file_is_told_in_a_line_with_its_place(tmp_path: Path, what: str) -> None:
    text, said = BROKEN[what]
    path = write(tmp_path, bad=text) / "bad.py"
    if text == "#raw":
        path.write_bytes(b"\xff\xfe\x00")
    assert refused(tmp_path).startswith(said.replace("FILE", str(path)))


def test_an_error_in_a_file_that_another_imports_names_the_file_it_is_in(tmp_path: Path) -> None:
    write(tmp_path, a="from parity_cases._deep import f\nf()\n", _deep="def f():\n    raise ValueError('deep')\n")
    assert refused(tmp_path) == f"{tmp_path}/_deep.py:4: ValueError: deep"
    other = tmp_path / "other"
    other.mkdir()
    write(other, a="from parity_cases._deep import f\n", _deep="def f(:\n")
    assert refused(other).startswith(f"{other}/_deep.py:3: is not Python")


def test_loading_a_folder_again_gives_the_same_layers_so_that_cases_loaded_before_still_pickle(tmp_path: Path) -> None:
    write(tmp_path, own=LAYER)
    before = registry.load(tmp_path).cases["own"]
    assert registry.load(tmp_path).cases["own"] == before
    assert pickle.loads(pickle.dumps(before)) == before


def test_a_folder_that_is_not_there_or_empty_and_a_file_with_an_odd_name_are_refused(tmp_path: Path) -> None:
    assert "there is no such folder of cases; make it, or name one in pyproject.toml: [tool.parity] cases" in refused(
        tmp_path / "none"
    )
    assert "declares no case" in refused(tmp_path)
    assert "rename it" in refused(write(tmp_path, **{"my-cases": "CASES = []\n"}))
