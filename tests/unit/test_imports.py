"""The direction of imports. DESIGN in one list: a room may import itself and what stands before it, never what stands after."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: What lies beside the rooms and may be imported by all of them.
GROUND = ["errors", "axes", "files", "sizes"]

#: The rooms from the ground to the doors; ``docs/adr/0007-rooms.md`` says why.
ROOMS = [
    "records",
    "operators",
    "layers",
    "cases",
    "judging",
    "routes",
    "running",
    "report",
    "cli",
    "plugin",
]

#: The doors that are a file: the command, and what a person imports.
DOORS = ["__main__", "api"]

FRAMEWORKS = {"torch", "tensorflow", "keras", "onnx", "onnxruntime", "onnxscript", "onnx_ir", "tf2onnx", "jax"}

#: Where a framework may be imported, and only when a function there runs.
FRAMEWORK_USERS = ("routes", "operators.file")

#: What the judging side must never know: how anything is run, read or written.
PURE = ["operators", "records.verdict", "layers", "judging"]
NOT_PURE = [
    "judging.observation",  # what ran hands over to what judges
    "operators.file",  # ONNX files come in
]

#: What people import from a room itself; the other rooms are empty but for a sentence.
EXPORTING = ["cases", "layers"]


def modules() -> dict[str, Path]:
    """Every module of parity by its name without ``parity.``; a package by its own name."""
    found = {}
    for path in sorted((ROOT / "parity").rglob("*.py")):
        parts = path.relative_to(ROOT / "parity").with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


MODULES = modules()


def imports(tree: ast.AST) -> Iterator[str]:
    """The full names that a file imports anywhere in it, lazily too; ``from a import b`` as ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def parsed(path: Path) -> ast.Module:
    """The file without what only a type checker reads."""
    tree = ast.parse(path.read_text())
    tree.body = [node for node in tree.body if not is_typing_only(node)]
    return tree


class Outside(ast.NodeTransformer):
    """What is left of a file without its functions: what importing it runs."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        return None


def ours(path: Path) -> set[str]:
    """The modules of parity that a file imports."""
    found = set()
    for name in imports(parsed(path)):
        if name.split(".")[0] == "parity":
            inner = name.removeprefix("parity.").removeprefix("parity")
            while inner and inner not in MODULES:
                inner = inner.rpartition(".")[0]
            if inner:
                found.add(inner)
    return found


def room(module: str) -> str:
    return module.split(".")[0]


def within(module: str, places: list[str] | tuple[str, ...]) -> bool:
    """Whether a module is one of the places or lies in one."""
    return any(module == place or module.startswith(f"{place}.") for place in places)


def floor(module: str) -> int:
    """How far a module's room stands from the ground."""
    if module in GROUND:
        return 0
    if module in DOORS:
        return len(ROOMS) + 1
    assert room(module) in ROOMS, (
        f"parity/{module.replace('.', '/')} has no place: put it into a room, or a room into ROOMS"
    )
    return 1 + ROOMS.index(room(module))


@pytest.mark.parametrize("module", MODULES)
def test_a_room_imports_only_itself_and_what_stands_before_it(module: str) -> None:
    above = floor(module)
    wrong = sorted(other for other in ours(MODULES[module]) if floor(other) > above)
    assert not wrong, f"{module} must not import {', '.join(wrong)}"


def test_every_room_of_the_order_is_there_and_the_ground_is_no_larger_than_it_says() -> None:
    folders = {path.name for path in (ROOT / "parity").iterdir() if (path / "__init__.py").is_file()}
    assert folders == set(ROOMS)
    assert len(ROOMS) == len(set(ROOMS))
    assert {name for name in MODULES if "." not in name} - folders == {*GROUND, *DOORS}


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    graph = {module: ours(path) - {module} for module, path in MODULES.items()}
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


@pytest.mark.parametrize("package", [m for m, path in MODULES.items() if path.name == "__init__.py"])
def test_a_room_says_in_one_sentence_what_is_in_it_and_does_nothing_else(package: str) -> None:
    tree = ast.parse(MODULES[package].read_text())
    said = ast.get_docstring(tree) or ""
    assert said.endswith(".")
    assert ". " not in said.replace("\n", " ")
    if package not in EXPORTING:
        assert len(tree.body) == 1


@pytest.mark.parametrize("module", [m for m in MODULES if not within(m, FRAMEWORK_USERS)])
def test_only_routes_and_the_reader_of_onnx_files_import_a_framework(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text())
    assert not {name.split(".")[0] for name in imports(tree)} & FRAMEWORKS


@pytest.mark.parametrize("module", [m for m in MODULES if within(m, FRAMEWORK_USERS)])
def test_a_framework_is_imported_only_when_it_runs(module: str) -> None:
    assert not {name.split(".")[0] for name in imports(Outside().visit(parsed(MODULES[module])))} & FRAMEWORKS


@pytest.mark.parametrize("module", [m for m in MODULES if within(m, PURE) and m not in NOT_PURE])
def test_judging_neither_runs_nor_writes_nor_prints(module: str) -> None:
    tree = parsed(MODULES[module])
    doing = {"os", "subprocess", "socket", "sys", "pathlib", "shutil", "tempfile", "logging", "multiprocessing"}
    assert not {name.split(".")[0] for name in imports(tree)} & doing
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & {"print", "open", "input", "exec", "eval"}
    assert not ours(MODULES[module]) & {"files", "records.file"}


def test_only_the_console_prints() -> None:
    printing = []
    for module, path in MODULES.items():
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        if any(isinstance(call, ast.Name) and call.id == "print" for call in calls):
            printing.append(module)
    assert printing == ["cli.console"]


def test_no_file_is_above_four_hundred_lines() -> None:
    assert {m: n for m, path in MODULES.items() if (n := len(path.read_text().splitlines())) > 400} == {}


def test_no_tolerance_is_picked_by_hand() -> None:
    words = ("rtol", "atol", "allclose", "assert_close")
    found = [f"{m}: {word}" for m, path in MODULES.items() for word in words if word in path.read_text()]
    assert found == []
