"""A regression planted between two real runs is found by the run, by ``compare``, its gates and the report; so is a mend."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import msgspec
import pytest

from parity.records import history
from parity.records.file import read
from tests.cli.conftest import ROOT

pytest.importorskip("torch", reason="the planted layer is one of torch's")

CASES = """
from parity.cases import Case, Sequential
from parity.layers import BatchNorm2D, Conv2D, ReLU, layer


@layer
class Norm(BatchNorm2D):
    def to_torch(self, torch, x):
        return torch.nn.BatchNorm2d(self.channels, eps=1e-5, affine=self.affine)


CASES = [
    Case("net/block", Sequential(Conv2D(3, 8, 3), Norm(8), ReLU()), (2, 3, 9, 12)),
    Case("conv/plain", Conv2D(3, 8, 3), (2, 3, 9, 12)),
]
"""


@dataclass(frozen=True)
class Project:
    """A project with a layer of its own. ``run`` runs it and keeps the records under a name."""

    folder: Path

    def parity(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "import sys; from parity.cli.main import main; sys.exit(main())", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": ""},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def run(self, kept: str, *words: str) -> subprocess.CompletedProcess[str]:
        done = self.parity("run", "--route", "torch", *words)
        (self.folder / kept).write_bytes((self.folder / "reports" / "latest.jsonl").read_bytes())
        return done

    def edit(self, old: str, new: str) -> None:
        file = self.folder / "cases" / "net.py"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def first_sentence(self, page: str) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", (self.folder / page).read_text(), re.DOTALL)
        assert found is not None
        return unescape(re.sub("<[^>]*>", "", found[1]))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after three runs: good.jsonl, bad.jsonl with the planted epsilon, mended.jsonl."""
    made = Project(tmp_path_factory.mktemp("planted"))
    (made.folder / "cases").mkdir()
    (made.folder / "cases" / "net.py").write_text(CASES)
    assert made.run("good.jsonl").returncode == 0
    return made


@pytest.fixture(scope="module")
def broken(project: Project) -> tuple[Project, subprocess.CompletedProcess[str], str]:
    """The run after the epsilon of one layer was changed, and the first sentence of its report."""
    project.edit("eps=1e-5", "eps=1e-3")
    done = project.run("bad.jsonl", "--baseline", "good.jsonl", "--fail-on", "new-failures")
    return project, done, project.first_sentence("reports/latest.html")


@pytest.fixture(scope="module")
def mended(
    broken: tuple[Project, subprocess.CompletedProcess[str], str],
) -> tuple[Project, subprocess.CompletedProcess[str], str]:
    """The run after the epsilon was mended, against the bad one."""
    project, *_ = broken
    project.edit("eps=1e-3", "eps=1e-5")
    done = project.run("mended.jsonl", "--baseline", "bad.jsonl", "--fail-on", "new-failures,fewer")
    return project, done, project.first_sentence("reports/latest.html")


Ran = tuple[Project, subprocess.CompletedProcess[str], str]


def untimed(said: str) -> list[str]:
    """The lines of a command without what it says of times: this machine may be busy."""
    return [re.sub(r", \d+ slower", "", line) for line in said.splitlines()]


def test_the_run_itself_finds_a_changed_epsilon_by_check_layer_and_gate(broken: Ran) -> None:
    _, done, headline = broken
    assert done.returncode == 1
    lines = untimed(done.stdout)
    assert "1 new failure" in lines
    at = lines.index("new failures")
    assert re.match(r"  net/block\[torch\]: value \S+, was pass 0\.\d+: batchnorm2d1: ", lines[at + 1])
    assert done.stderr.splitlines()[-1] == "parity: error: new-failures: 1 new failure"
    assert headline.startswith("1 new failure")


def test_compare_finds_it_too(broken: Ran) -> None:
    project, *_ = broken
    done = project.parity("compare", "good.jsonl", "bad.jsonl", "--json", "--fail-on", "new-failures,drift,fewer")
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(c["kind"], c["check"]) for c in said["changes"]] == [("new failure", "net/block[torch]")]
    assert said["tripped"] == ["new-failures: 1 new failure"]
    assert said["counts"]["unchanged"] == 1
    assert said["environment"] == []


def test_a_failure_that_the_baseline_has_does_not_trip_the_gate_of_new_ones(broken: Ran) -> None:
    project, *_ = broken
    assert project.parity("compare", "bad.jsonl", "bad.jsonl", "--fail-on", "new-failures").returncode == 0
    again = project.parity("compare", "bad.jsonl", "bad.jsonl")
    assert again.stdout.startswith("no new failures, 1 still failing\n")


def test_a_mend_is_fixed_in_the_run_in_compare_and_in_the_report(mended: Ran) -> None:
    project, done, headline = mended
    assert done.returncode == 0, done.stderr
    assert "no new failures, 1 fixed" in untimed(done.stdout)
    assert headline.startswith("No new failures, 1 fixed")
    said = json.loads(project.parity("compare", "bad.jsonl", "mended.jsonl", "--json").stdout)
    assert [(c["kind"], c["check"]) for c in said["changes"]] == [("fixed", "net/block[torch]")]
    same = project.parity("compare", "good.jsonl", "mended.jsonl", "--fail-on", "new-failures,drift,fewer,environment")
    assert same.returncode == 0, same.stdout


def test_a_changed_version_is_found_by_compare_its_gate_and_the_report_s_first_sentence(mended: Ran) -> None:
    project, *_ = mended
    old = read(project.folder / "good.jsonl").run.environment.packages["torch"]
    lines = (project.folder / "mended.jsonl").read_bytes().splitlines(keepends=True)
    first = msgspec.json.decode(lines[0])
    first["environment"]["packages"]["torch"] = "9.9.9"
    moved = project.folder / "moved.jsonl"
    moved.write_bytes(msgspec.json.encode(first) + b"\n" + b"".join(lines[1:]))
    done = project.parity("compare", "good.jsonl", "moved.jsonl", "--fail-on", "environment")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == f"no new failures; torch {old} -> 9.9.9"
    assert "environment: torch changed" in done.stderr
    assert project.parity("report", "moved.jsonl", "--baseline", "good.jsonl").returncode == 0
    assert f"torch {old} -> 9.9.9" in project.first_sentence("moved.html").replace("→", "->")


def test_a_renamed_case_vanished_and_is_new_in_a_real_run(mended: Ran) -> None:
    project, *_ = mended
    project.edit('"conv/plain"', '"conv/renamed"')
    done = project.run("renamed.jsonl", "--baseline", "good.jsonl")
    assert done.returncode == 0
    found = project.parity("compare", "good.jsonl", "renamed.jsonl", "--fail-on", "fewer,new-failures")
    assert found.returncode == 0
    assert untimed(found.stdout)[0] == "no new failures, 1 vanished, 1 new check"
    project.edit('"conv/renamed"', '"conv/plain"')


def test_the_baseline_may_be_the_file_that_the_run_replaces(mended: Ran) -> None:
    project, *_ = mended
    latest = project.folder / "reports" / "latest.jsonl"
    latest.write_bytes((project.folder / "bad.jsonl").read_bytes())
    done = project.run("again.jsonl", "--baseline", "reports/latest.jsonl", "--fail-on", "new-failures,fewer")
    assert done.returncode == 0, done.stderr
    assert "no new failures, 1 fixed" in untimed(done.stdout)
    assert read(latest).run.id != read(project.folder / "bad.jsonl").run.id


def test_a_run_of_one_case_does_not_call_the_others_vanished(mended: Ran) -> None:
    project, *_ = mended
    done = project.run("one.jsonl", "conv/plain", "--baseline", "good.jsonl", "--fail-on", "fewer")
    assert done.returncode == 0, done.stderr
    assert "no new failures" in untimed(done.stdout)


def test_the_history_has_a_point_for_each_run(mended: Ran) -> None:
    project, *_ = mended
    found = history.load(project.folder / "reports" / "history.jsonl")
    assert [point.status for point in found["net/block[torch]"]][:3] == ["pass", "fail", "pass"]
    ratios = [point.ratio for point in found["net/block[torch]"]][:3]
    assert ratios[0] == ratios[2]
    assert isinstance(ratios[1], float)
    assert ratios[1] > 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fail-on", "drift"), "--fail-on needs --baseline OLD.jsonl: gates are about what changed"),
        (("--baseline", "gone.jsonl"), "gone.jsonl: cannot be read: No such file or directory"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_refused_before_anything_runs(
    mended: Ran, words: tuple[str, ...], said: str
) -> None:
    project, *_ = mended
    before = sorted((project.folder / "reports").iterdir())
    done = project.parity("run", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert sorted((project.folder / "reports").iterdir()) == before
