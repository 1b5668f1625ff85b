"""Commands that compute nothing load no framework, and each command only what it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.cli.conftest import ROOT
from tests.report import made

FRAMEWORKS = {"torch", "tensorflow", "keras", "onnx", "onnxruntime", "onnxscript", "tf2onnx", "jax"}
PROGRAM = """
import json, sys
from parity.cli.main import main
try:
    code = main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print(json.dumps([code or 0, sorted({name.split(".")[0] for name in sys.modules})]), file=sys.stderr)
"""

LIGHT = {
    "--help": set(),
    "--version": set(),
    "run --help": set(),
    "check --help": set(),
    "report r.jsonl": {"jinja2", "msgspec", "numpy"},
    "compare r.jsonl r.jsonl": {"msgspec"},
    "merge a=r.jsonl -o m.jsonl": {"msgspec", "numpy", "psutil"},
    "list": {"numpy"},
    "show net": {"numpy"},
    "env": {"numpy", "psutil"},
    "cache": set(),
}
NET = """
from parity.cases import Case, Sequential
from parity.layers import Conv2D, ReLU
CASES = [Case("net", Sequential(Conv2D(3, 8, 3), ReLU()), (2, 3, 8, 9))]
"""

#: Before it, so that what is installed beside parity and its own dependencies is not found.
REFUSING = """
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {modules!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Refusing())
"""


def extra_modules() -> set[str]:
    """The top-level modules of every distribution here that parity does not need by itself."""
    core, found = ["parity"], set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    while core:
        name = canonicalize_name(core.pop())
        if name not in found:
            found.add(name)
            needs = map(Requirement, project["dependencies"] if name == "parity" else requires(name) or ())
            core += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return {
        module for module, owners in packages_distributions().items() if not found & set(map(canonicalize_name, owners))
    }


def loaded(words: list[str], folder: Path, before: str = "") -> set[str]:
    """The top-level modules a command leaves in the process; in this project, where every part is installed."""
    done = subprocess.run(
        [sys.executable, "-c", before + PROGRAM, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize("command", LIGHT)
def test_a_light_command_loads_no_framework_and_nothing_it_does_not_need(command: str, tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_bytes(made.lines(made.records()))
    words = command.split()
    if words[0] in ("list", "show"):
        (tmp_path / "cases").mkdir()
        (tmp_path / "cases" / "net.py").write_text(NET)
    modules = loaded(words, tmp_path)
    assert not modules & FRAMEWORKS
    heavy = {"numpy", "jinja2", "rich", "psutil", "msgspec", "packaging"}
    assert modules & {"numpy", "jinja2", "rich"} <= LIGHT[command]
    assert LIGHT[command] <= modules & heavy


def test_what_reads_the_cases_needs_nothing_but_what_parity_itself_depends_on(tmp_path: Path) -> None:
    refusing = REFUSING.format(modules=extra_modules())
    assert "numpy" in loaded(["list", "--cases", str(ROOT / "cases")], tmp_path, refusing)


def test_the_probe_sees_a_framework_that_is_loaded() -> None:
    pytest.importorskip("onnx", reason="needs one framework to look for")
    program = PROGRAM.replace("import json, sys", "import json, sys, onnx")
    done = subprocess.run([sys.executable, "-c", program, "--version"], capture_output=True, text=True, check=True)
    assert "onnx" in json.loads(done.stderr.splitlines()[-1])[1]


def test_a_process_that_works_for_a_model_of_ones_own_reads_no_layer() -> None:
    parts = ("comparing", "elsewhere", "module", "ready", "runs", "saving", "verdict")
    names = ["parity.running.worker", *(f"parity.running.models.{part}" for part in parts)]
    program = f"import {', '.join(names)}, sys; print([name for name in sys.modules if name == 'parity.layers'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
