"""A project of somebody else's: parity from a wheel, no TensorFlow, its own layer and network, through both doors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from parity.records.file import Records, read
from tests.plugin.conftest import ROOT, told

SAMPLE = ROOT / "tests" / "sample_project"
CASES = ("capped_relu/image", "capped_relu/to-2.5", "inverted_residual/wide")
READY = (
    "torch",
    *(f"{source}>{runtime}" for source in ("torch", "torchscript", "definition") for runtime in ("ort", "reference")),
)


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    hidden = ("PYTHON", "PIP", "PYTEST", "VIRTUAL_ENV", "CI")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment | {"COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
    )


def needed(*names: str) -> Iterator[Distribution]:
    """The distributions that some requirements bring, as far as they are installed here, and none twice."""
    seen: set[tuple[str, str]] = set()
    todo = [(Requirement(name), "") for name in names]
    while todo:
        requirement, _ = todo.pop()
        for extra in ("", *requirement.extras):
            if (requirement.name.lower(), extra) in seen:
                continue
            seen.add((requirement.name.lower(), extra))
            found = distribution(requirement.name)
            if not extra:
                yield found
            for line in found.requires or []:
                inner = Requirement(line)
                if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                    todo.append((inner, extra))


def lend(name: Distribution, site: Path) -> None:
    """Let another environment import a distribution of this one."""
    for first in {file.parts[0] for file in name.files or []} - {"..", "__pycache__"}:
        target = site / first
        if not target.exists():
            target.symlink_to(Path(str(name.locate_file(first))).resolve())


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment: a wheel of parity, one of the project, pytest, torch and ONNX.

    torch, ONNX and pytest are lent by this environment: installing them takes minutes and gigabytes.
    """
    folder = tmp_path_factory.mktemp("fresh")
    for project in (ROOT, SAMPLE):
        copy = shutil.copytree(project, folder / "source" / project.name, ignore=_no_source)
        built = run(sys.executable, "-m", "pip", "wheel", ".", "-q", "--no-deps", "--no-build-isolation", "-w", folder, cwd=copy)  # fmt: skip
        assert built.returncode == 0, built.stdout
    run(sys.executable, "-m", "venv", "--without-pip", folder / "environment", cwd=folder)
    python = folder / "environment" / "bin" / "python"
    wheels = sorted(folder.glob("*.whl"))
    assert [wheel.name.partition("-")[0] for wheel in wheels] == ["mobile", "parity"]
    installed = run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", *wheels, cwd=folder)  # fmt: skip
    assert installed.returncode == 0, installed.stdout
    (site,) = (folder / "environment").glob("lib/python*/site-packages")
    for found in needed("parity[torch,onnx]", "pytest", "pytest-xdist"):
        if found.name != "parity":
            lend(found, site)
    return python


def _no_source(folder: str, names: list[str]) -> list[str]:
    """What a copy to build from can do without."""
    return [name for name in names if name.startswith(".") or name in ("reports", "tests", "__pycache__", "out")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return shutil.copytree(SAMPLE, tmp_path / "project", ignore=_no_source)


def written(project: Path) -> Records:
    return read(project / "out" / "parity" / "latest.jsonl")


def test_the_environment_is_what_it_is_said_to_be(python: Path, tmp_path: Path) -> None:
    where = run(python, "-c", "import parity, mobile, torch, onnxruntime; print(parity.__file__)", cwd=tmp_path)
    assert where.returncode == 0, where.stdout
    assert Path(where.stdout.strip()).is_relative_to(python.parents[1])
    for name in ("tensorflow", "keras"):
        assert f"No module named '{name}'" in run(python, "-c", f"import {name}", cwd=tmp_path).stdout


def test_its_own_layer_and_network_run_through_both_doors(python: Path, project: Path) -> None:
    door = run(python.parent / "parity", "run", cwd=project)
    assert door.returncode == 0, door.stdout
    first = written(project)
    other = run(python, "-m", "pytest", "--parity", "-rs", cwd=project)
    assert other.returncode == 0, other.stdout
    second = written(project)
    assert first.run.id != second.run.id
    said = [{check.id: told(check) for check in made.checks} for made in (first, second)]
    assert said[0] == said[1]
    assert len(second.checks) == len(said[1])
    statuses = {check.id: check.status for check in second.checks}
    assert {f"{case}[{route}]": "pass" for case in CASES for route in READY}.items() <= statuses.items()
    absent = {check.id: check.reason for check in second.checks if check.status == "not run"}
    assert len(absent) == len(statuses) - len(CASES) * len(READY) > 0
    assert {name.partition("[")[2].partition(">")[0].rstrip("]") for name in absent} == {"tensorflow"}
    (reason,) = set(absent.values())
    assert reason.startswith("tensorflow is not installed: pip install")
    assert door.stdout.splitlines()[-1].endswith(f"{len(absent)} not run ({len(absent)} {reason})")
    assert f"{len(absent)} not run ({len(absent)} {reason})" in other.stdout
    assert f"checks/networks.py:1: not run: {reason}" in other.stdout


def test_what_was_printed_can_be_pasted_and_chosen(python: Path, project: Path) -> None:
    node = "checks/capped_relu.py::capped_relu/to-2.5[torch]"
    shown = run(python, "-m", "pytest", "--parity", "-v", "-k", "to-2.5", "-m", "torch", cwd=project)
    assert f"{node} PASSED" in shown.stdout
    assert run(python.parent / "parity", "run", node, cwd=project).returncode == 0
    quick = run(python, "-m", "pytest", "--parity", "-m", "quick", "--collect-only", "-q", cwd=project)
    assert {line.partition("[")[0] for line in quick.stdout.splitlines() if "::" in line} == {
        "checks/capped_relu.py::capped_relu/image"
    }


def test_what_is_required_and_not_installed_fails(python: Path, project: Path) -> None:
    words = ["capped_relu/image", "--require", "tensorflow", "--route", "tensorflow"]
    door = run(python.parent / "parity", "run", *words, cwd=project)
    assert door.returncode == 4, door.stdout
    words = ["--parity", "capped_relu/image", "--parity-require", "tensorflow", "--parity-route", "tensorflow"]
    other = run(python, "-m", "pytest", *words, cwd=project)
    assert other.returncode == 1, other.stdout
    assert "tensorflow is required: tensorflow is not installed" in other.stdout
