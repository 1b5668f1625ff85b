"""A project in a folder of its own, and the command line run in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from parity.records.file import Records, read
from parity.records.lines import Check, Seconds

ROOT = Path(__file__).parents[2]

CASES = """
from parity.cases import Case, KnownDivergence, Sequential
from parity.layers import ReLU

def case(name, *tags, limit=30.0):
    return Case(name, ReLU(), (2, 3, 4, 5), tags=tags, time_limit=limit)

CASES = [
    case("good/one"),
    case("good/two"),
    case("wrong", "run:wrong"),
    case("odd", "run:wrong"),
    case("gone"),
    case("dies", "run:segfault"),
    case("cannot", "run:unsupported"),
    case("sleeps", "run:sleep", limit=600.0),
]
KNOWN = [
    KnownDivergence(cases="odd", routes="kit", kind="value", reason="the kit adds one", evidence="its source"),
]
"""


@dataclass(frozen=True)
class Project:
    """A folder with case files. ``parity`` runs the command line there and waits for it; ``start`` does not wait."""

    folder: Path

    def start(self, *words: str, environment: dict[str, str] | None = None, **options: object) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "kit"), *filter(None, [os.environ.get("PYTHONPATH")])])
        return subprocess.Popen(
            [sys.executable, "-m", "tests.cli.program", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200", "GITHUB_ACTIONS": "", **(environment or {})},
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},  # type: ignore[call-overload]
        )

    def parity(
        self, *words: str, environment: dict[str, str] | None = None, **options: object
    ) -> subprocess.CompletedProcess[str]:
        process = self.start(*words, environment=environment, **options)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out or "", err or "")

    def latest(self) -> Records:
        return read(self.folder / "reports" / "latest.jsonl")

    def statuses(self) -> dict[str, str]:
        return {check.id: check.status for check in self.latest().checks}


def same(records: Records) -> list[Check]:
    """The checks by their ids, without what no two runs share: seconds, what was in a cache, the id of the run in a path, addresses in last words."""
    alike = []
    for check in records.checks:
        notes = [] if check.status == "crash" else check.notes
        arrays = check.arrays.partition("/")[2]
        alike.append(msgspec.structs.replace(check, seconds=Seconds(), cached=None, arrays=arrays, notes=notes))
    return sorted(alike, key=lambda check: check.id)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "kit.py").write_text(CASES)
    return Project(tmp_path)
