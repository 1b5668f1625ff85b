"""A project in a folder of its own, met by pytest and by the command line with the small parts of ``tests/kit``.

The parts are found as a third party's are: by the entry points of a distribution on the path.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from parity_kit import CATALOG, MODULE

from parity.records.file import Records, read
from parity.records.lines import Check
from parity.routes.catalog import Catalog

ROOT = Path(__file__).parents[2]
PROGRAM = "import sys; from parity.cli.main import main; sys.exit(main())"
#: Sessions of pytest, one a list of words: each in a fork of a process that has imported what all of them need.
SESSIONS = """
import json, os, sys
import parity.plugin.session, pytest
for words in json.loads(sys.argv[1]):
    print(json.dumps(words), flush=True)
    if not (child := os.fork()):
        code = pytest.main(words)
        print(f"ended with {int(code)}", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""
PARTS = Catalog({**CATALOG.frameworks, "absent": f"{MODULE}:Absent"}, CATALOG.exporters, CATALOG.runtimes)
CASES = """
from parity.cases import Case, KnownDivergence
from parity.layers import ReLU

def case(name, *tags, limit=30.0):
    return Case(name, ReLU(), (2, 3, 4, 5), tags=tags, time_limit=limit)

CASES = [
    case("good/one"),
    case("good/two-1.5", "slow", "skip"),
    case("wrong", "run:wrong"),
    case("odd", "run:wrong"),
    case("gone"),
    case("dies", "run:segfault"),
    case("cannot", "run:unsupported"),
    case("sleeps", "run:sleep", limit=600.0),
]
KNOWN = [
    KnownDivergence(cases="odd", routes="kit", kind="value", reason="the kit adds one", evidence="its source"),
    KnownDivergence(cases="gone", routes="kit", kind="value", reason="it was so once", evidence="an old log"),
]
"""
#: How the checks of the cases on the kit end.
STATUSES = {
    "good/one": "pass",
    "good/two-1.5": "pass",
    "wrong": "fail",
    "odd": "known",
    "gone": "stale",
    "dies": "crash",
    "cannot": "unsupported",
}
KIT = ("--parity", "--parity-route=kit")  #: the options for checks on the kit alone
ENDING = ("-k", "not sleeps")  #: all but the case that hangs


class Project:
    """A folder with case files. ``pytest`` and ``parity`` run there and are waited for; ``start`` does not wait."""

    def __init__(self, folder: Path, parts: Path) -> None:
        self.folder = folder
        self._path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "kit"), str(parts)])

    def start(self, *command: str, **options: object) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": self._path, "COLUMNS": "200", "PY_COLORS": "0"}
        # In tox's folder pytest keeps the cache of every session, so that --lf would run what failed in another one.
        for name in [name for name in environment if name.startswith("PYTEST_")] + ["CI", "TOX_ENV_DIR"]:
            environment.pop(name, None)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(
            [sys.executable, *command],
            text=True,
            env=environment,
            **{"cwd": self.folder, **pipes, **options},  # type: ignore[call-overload]
        )

    def run(self, *command: str, **options: object) -> subprocess.CompletedProcess[str]:
        process = self.start(*command, **options)
        out, _ = process.communicate(timeout=240)
        return subprocess.CompletedProcess(command, process.returncode, out)

    def pytest(self, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "pytest", "-p", "no:cacheprovider", *words, **options)

    def sessions(self, *each: Sequence[str]) -> list[tuple[int, str]]:
        """Sessions that start no run, one after another: how each ended, and what it printed."""
        spelled = [["-p", "no:cacheprovider", *words] for words in each]
        rest = self.run("-c", SESSIONS, json.dumps(spelled)).stdout
        found = []
        for words in spelled:
            said, code, rest = re.split(r"^ended with (\d+)\n", rest, maxsplit=1, flags=re.MULTILINE)
            found.append((int(code), said.removeprefix(f"{json.dumps(words)}\n")))
        return found

    def parity(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run("-c", PROGRAM, *words)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def written(self, reports: str = "reports") -> list[Path]:
        return sorted((self.folder / reports).glob("*/records.jsonl"))

    def records(self, reports: str = "reports") -> Records:
        """The records of the only run there was; ``latest.jsonl`` must be the same file."""
        (path,) = self.written(reports)
        assert (self.folder / reports / "latest.jsonl").read_bytes() == path.read_bytes()
        assert (self.folder / reports / "latest.html").exists()
        return read(path)

    def statuses(self, reports: str = "reports") -> dict[str, str]:
        return {check.id: check.status for check in self.records(reports).checks}


def told(check: Check) -> dict[str, object]:
    """What a check says that must not depend on the door it came through: all but times, the cache and addresses."""
    said = msgspec.structs.asdict(check)
    kept = {name: value for name, value in said.items() if name not in ("seconds", "cached", "notes")}
    return kept | {"arrays": check.arrays.partition("/")[2]}  # without the run's own folder


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds a distribution's metadata: it ships the kit."""
    folder = tmp_path_factory.mktemp("parts")
    kept = folder / "parity_kit-1.0.dist-info"
    kept.mkdir()
    (kept / "METADATA").write_text("Metadata-Version: 2.1\nName: parity-kit\nVersion: 1.0\n")
    lines: list[str] = []
    for kind, found in vars(PARTS).items():
        lines += [f"[parity.{kind}]", *(f"{name} = {place}" for name, place in found.items())]
    (kept / "entry_points.txt").write_text("\n".join(lines))
    return folder


def made(folder: Path, parts: Path) -> Project:
    project = Project(folder, parts)
    project.write("cases/kit.py", CASES)
    project.write("pytest.ini", "[pytest]\naddopts = --strict-markers --strict-config\n")
    return project


@pytest.fixture
def project(tmp_path: Path, parts: Path) -> Project:
    return made(tmp_path, parts)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, parts: Path) -> Project:
    """The same, for the tests of a module that look at one run together, or only collect."""
    return made(tmp_path_factory.mktemp("kept"), parts)
