"""The direction of imports. DESIGN in one list: a module may import what stands above it, never what stands below."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: From the ground to the doors. Modules of one line may import each other; ``x.*`` is a folder.
ORDER: list[list[str]] = [
    ["errors", "verdict", "axes", "files", "interrupts"],
    ["bounds", "project", "records"],
    ["layers.*"],
    ["network"],
    ["case"],
    ["parameters", "known", "patterns", "pictures"],
    ["oracle", "probes", "registry", "blame"],
    ["observation", "compare", "wording"],
    ["showing", "routes.base", "shards", "causes"],
    ["judge", "changes", "history"],
    ["routes.*", "exporters.*"],
    ["steps", "selection", "environment"],
    ["worker", "cache", "schedule"],
    ["workers", "jobs", "checks"],
    ["engine"],
    ["terminal", "report.*"],
    ["show", "listing", "loading", "console", "runs"],
    ["plugin.*", "reading"],
    ["cli", "pytest_plugin"],
    ["__main__"],
]

FRAMEWORKS = {"torch", "tensorflow", "keras", "onnx", "onnxruntime", "onnxscript", "onnx_ir", "tf2onnx", "jax"}

#: What the judging side must never know: how anything is run.
PURE = ["oracle", "bounds", "compare", "judge", "patterns", "blame", "verdict", "layers"]


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


def floor(module: str) -> int:
    """The line of ``ORDER`` a module stands on: by its own name, else by its folder's."""
    for by in (module, f"{module.split('.')[0]}.*"):
        for i, names in enumerate(ORDER):
            if by in names:
                return i
    raise AssertionError(f"parity/{module.replace('.', '/')} has no place in ORDER: give it one")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_stands_above_it(module: str) -> None:
    above = floor(module)
    wrong = sorted(other for other in ours(MODULES[module]) if floor(other) > above)
    assert not wrong, f"{module} must not import {', '.join(wrong)}"


def test_every_name_in_the_order_is_a_module() -> None:
    named = [name for line in ORDER for name in line]
    assert len(named) == len(set(named))
    folders = {name.split(".")[0] for name in MODULES if "." in name}
    assert [n for n in named if n not in MODULES and not (n.endswith(".*") and n[:-2] in folders)] == []


@pytest.mark.parametrize("module", [m for m in MODULES if m.split(".")[0] not in ("routes", "exporters")])
def test_only_routes_and_exporters_import_a_framework(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text())
    assert not {name.split(".")[0] for name in imports(tree)} & FRAMEWORKS


@pytest.mark.parametrize("module", [m for m in MODULES if m.split(".")[0] in ("routes", "exporters")])
def test_a_route_imports_its_framework_only_when_it_runs(module: str) -> None:
    assert not {name.split(".")[0] for name in imports(Outside().visit(parsed(MODULES[module])))} & FRAMEWORKS


@pytest.mark.parametrize("module", [m for m in MODULES if m.split(".")[0] in PURE])
def test_judging_neither_runs_nor_writes_nor_prints(module: str) -> None:
    tree = parsed(MODULES[module])
    doing = {"os", "subprocess", "socket", "sys", "pathlib", "shutil", "tempfile", "logging", "multiprocessing"}
    assert not {name.split(".")[0] for name in imports(tree)} & doing
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & {"print", "open", "input", "exec", "eval"}
    assert not ours(MODULES[module]) & {"steps", "engine", "worker", "workers", "routes.base", "cli", "console", "runs"}


def test_only_the_console_prints() -> None:
    printing = []
    for module, path in MODULES.items():
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        if any(isinstance(call, ast.Name) and call.id == "print" for call in calls):
            printing.append(module)
    assert printing == ["console"]


def test_no_file_is_above_four_hundred_lines() -> None:
    assert {m: n for m, path in MODULES.items() if (n := len(path.read_text().splitlines())) > 400} == {}


def test_no_tolerance_is_picked_by_hand() -> None:
    words = ("rtol", "atol", "allclose", "assert_close")
    found = [f"{m}: {word}" for m, path in MODULES.items() for word in words if word in path.read_text()]
    assert found == []
