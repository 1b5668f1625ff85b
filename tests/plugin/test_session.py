"""A session with checks in it: what runs behind it, what it leaves, however it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable

import psutil
import pytest

from tests.plugin.conftest import ENDING, KIT, STATUSES, Project, told

ORDINARY = """
def test_one():
    pass

def test_two():
    assert False
"""

ENDED = r"\d+ failed, \d+ passed|\d+ skipped|\d+ xfailed"

#: Tests that change what a thread of this process would stand on.
HOSTILE = """
import os, pathlib, sys, time
import pytest

@pytest.mark.parametrize("n", range(10))
def test_disturbs(monkeypatch, tmp_path, n):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(time, "monotonic", lambda: 1e9)
    for name in [name for name in sys.modules if name.startswith("parity_cases")]:
        monkeypatch.delitem(sys.modules, name)
    time.sleep(0.1)
"""


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def begun(project: Project, *words: str, **options: object) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A session that hangs in a check, once the two others have their records; it, and all processes behind it."""
    command = ("-m", "pytest", "-p", "no:cacheprovider", *KIT, "good", "sleeps", *words)
    process = project.start(*command, start_new_session=True, **options)
    wait_for(lambda: project.written() and project.written()[0].read_bytes().count(b'"type":"check"') == 2)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    return process, children


def none_left(children: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(children, timeout=20)[1]


def test_a_project_that_does_not_ask_gets_nothing(project: Project) -> None:
    project.write(
        "tests/test_plain.py",
        """
import sys

def test_nothing_is_loaded():
    heavy = {"numpy", "msgspec", "rich", "jinja2", "psutil", "torch", "tensorflow", "onnx"}
    assert not heavy & set(sys.modules)
    assert [name for name in sys.modules if name.split(".")[0] == "parity"] == ["parity", "parity.plugin", "parity.plugin.hooks"]
""",
    )
    for words in ((), ("tests", "cases")):
        done = project.pytest(*words)
        assert done.returncode == 0, done.stdout
        assert "1 passed in" in done.stdout
        assert "parity" not in done.stdout.replace("parity-0", "")
    assert not (project.folder / "reports").exists()


def test_loading_takes_less_than_fifty_milliseconds(project: Project) -> None:
    program = """
import sys, time
import pytest
before, begun = set(sys.modules), time.process_time()
import parity.plugin.hooks
print(time.process_time() - begun, *sorted(set(sys.modules) - before))
"""
    seconds, *loaded = project.run("-c", program).stdout.split()
    assert loaded == ["parity", "parity.plugin", "parity.plugin.hooks"]
    assert float(seconds) < 0.05


def test_where_no_check_is_selected_nothing_is_written(project: Project) -> None:
    project.write("tests/test_plain.py", ORDINARY)
    only = project.pytest("--parity", "tests", "--parity-reports=none")
    assert "1 failed, 1 passed" in only.stdout
    assert "no check was selected" in only.stdout
    assert not (project.folder / "none").exists()


def test_the_test_paths_of_a_project_do_not_hide_its_cases(project: Project) -> None:
    project.write("tests/test_plain.py", ORDINARY)
    project.write("pytest.ini", "[pytest]\ntestpaths = tests\n")
    found = project.pytest(*KIT, "-k", "good or test_", "--collect-only", "-q").stdout
    checks = [f"cases/kit.py::{case}[kit]" for case in ("good/one", "good/two-1.5")]
    assert [line for line in found.splitlines() if "::" in line] == [
        *(f"tests/test_plain.py::test_{name}" for name in ("one", "two")),
        *checks,
    ]


def test_the_settings_of_the_project_are_found_from_a_folder_in_it_by_workers_too(project: Project) -> None:
    project.write("pyproject.toml", "[tool.parity]\ncases = 'checks/own'\nreports = 'out'\n")
    (project.folder / "checks").mkdir()
    (project.folder / "cases").rename(project.folder / "checks" / "own")
    inner = project.folder / "inner"
    inner.mkdir()
    done = project.pytest(*KIT, "-k", "good", "-n", "2", cwd=inner)
    assert "2 passed" in done.stdout
    assert "report: ../out/latest.html" in done.stdout
    assert len(project.records("out").checks) == 2


def test_tests_of_the_project_run_beside_the_checks_and_do_not_disturb_them(project: Project) -> None:
    project.write("cases/test_more.py", HOSTILE)  # beside the cases, and before them
    project.write("pytest.ini", "[pytest]\n")
    (project.folder / "cases" / "test_more.py").rename(project.folder / "test_hostile.py")
    done = project.pytest(*KIT, *ENDING, "test_hostile.py", "cases")
    assert "3 failed, 12 passed, 1 skipped, 1 deselected, 1 xfailed" in done.stdout
    assert project.statuses() == {f"{case}[kit]": status for case, status in STATUSES.items()}


def test_a_case_file_named_like_a_test_is_not_imported_twice(project: Project) -> None:
    project.write(
        "cases/test_own.py",
        """
from parity.cases import Case
from parity.layers import ReLU
print("read")
CASES = [Case("own", ReLU(), (2, 3, 4, 5))]
def test_of_python():
    raise AssertionError
""",
    )
    options = [*KIT, "--collect-only", "-q", "-s", "-k", "own"]
    for _, said in project.sessions(options, [*options, "cases/test_own.py"]):
        assert [line for line in said.splitlines() if "::" in line] == ["cases/test_own.py::own[kit]"]
        assert said.count("read\n") == 1


def test_stopping_at_a_failure_stops_the_run_and_says_so_in_the_records(project: Project) -> None:
    done = project.pytest(*KIT, "-x")
    assert done.returncode == 1
    assert "1 failed, 2 passed in" in done.stdout
    records = project.records()
    assert records.end is not None
    reason = "pytest stopped: stopping after 1 failures"
    assert (records.end.finished, records.end.reason, records.end.exit_code) == (False, reason, 130)
    assert len(records.checks) == records.run.planned == 8
    assert {c.id: (c.status, c.reason) for c in records.checks}["sleeps[kit]"] == ("not run", reason)
    assert f"not run ({records.end.counts['not run']} {reason})" in done.stdout


@pytest.mark.parametrize("words", [(), ("-n", "2")])
def test_ctrl_c_leaves_records_that_say_so_and_no_process(project: Project, words: tuple[str, ...]) -> None:
    process, children = begun(project, *words)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to pytest and xdist's workers
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "KeyboardInterrupt" in out
    assert none_left(children)
    records = project.records()
    assert records.end is not None
    assert (records.end.finished, records.end.reason, records.end.exit_code) == (False, "interrupted", 130)
    assert {c.id: c.reason for c in records.checks}["sleeps[kit]"] == "interrupted"
    assert "1 not run (1 interrupted)" in out


def deaf() -> None:
    """As a shell's background job and nohup start a process: Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def test_a_session_that_is_killed_leaves_whole_records_and_no_process_deaf_to_ctrl_c_or_not(project: Project) -> None:
    process, children = begun(project, preexec_fn=deaf)
    process.kill()
    process.communicate(timeout=60)
    assert none_left(children)
    records = project.records()
    assert records.end is not None
    assert (records.end.finished, records.end.reason) == (False, "interrupted")


@pytest.mark.parametrize("words", [(), ("-n", "2")])
def test_a_session_whose_checks_die_is_not_green_and_does_not_hang(project: Project, words: tuple[str, ...]) -> None:
    process, children = begun(project, *words)
    (engine,) = [child for child in children if "parity.plugin.program" in " ".join(child.cmdline())]
    engine.kill()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "2 passed" in out
    assert "parity ended before this check did: sleeps[kit] has no record" in out
    assert "error: it said nothing (the process that runs the checks ended with -9)" in out
    assert none_left(children)


def test_a_run_that_cannot_be_made_is_not_green(project: Project) -> None:
    project.write("kept", "not a folder")
    done = project.pytest(*KIT, "good", "--parity-cache=kept")
    assert done.returncode == 3
    assert "error: cache folder kept: cannot be written: " in done.stdout
    assert "2 not run" in done.stdout


def test_a_run_without_room_for_its_reports_is_refused(project: Project) -> None:
    project.write("full", "not a folder")
    done = project.pytest(*KIT, "good", "--parity-reports=full")
    assert done.returncode == 4
    assert "cannot be written" in done.stdout
    assert "Traceback" not in done.stdout


def test_what_does_not_exist_is_said_in_a_line(kept: Project) -> None:
    asked = [
        (["--parity-route=torhc"], "route 'torhc' does not exist; did you mean torch"),
        (["--parity-device=tpu"], "device 'tpu' does not exist; there are cpu, cuda"),
        (["--parity-require=cudo"], "--require cudo: is no device"),
        (["--parity-jobs=0"], "argument --parity-jobs: '0' must be a whole number of at least 1"),
        (["--parity-seed=-1"], "argument --parity-seed: '-1' must be a whole number of at least 0"),
        (["god/one[kit]"], "case 'god/one' does not exist; did you mean good/one"),
        (["good/one[kti]"], "route 'kti' does not exist; did you mean kit"),
        (["god/one"], "file or directory not found: god/one"),
        (["cases/kit.py::god/one[kit]"], "not found: "),
    ]
    ended = kept.sessions(*(["--parity", *words] for words, _ in asked))
    for (_, said), (code, printed) in zip(asked, ended, strict=True):
        assert code == 4, printed
        assert said in printed
        assert "Traceback" not in printed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CASES = [\n", "cases/bad.py:1: is not Python"),
        ("from parity.cases import Case\nCase('x', None, (1,))\n", "cases/bad.py:2: case 'x': model=None must be"),
    ],
)
def test_a_case_file_that_is_wrong_is_named_with_its_line(project: Project, text: str, said: str) -> None:
    project.write("cases/bad.py", text)
    done = project.pytest("--parity")
    assert done.returncode == 4
    assert f"ERROR: {said}" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_project_without_cases_is_told_where_they_go(project: Project) -> None:
    (project.folder / "cases" / "kit.py").unlink()
    (project.folder / "cases").rmdir()
    done = project.pytest("--parity")
    assert done.returncode == 4
    assert "ERROR: cases: there is no such folder of cases; make it" in done.stdout


def test_two_workers_lose_and_double_nothing_and_agree_with_both_doors(project: Project) -> None:
    routes = ("kit", "kit>reader", "absent")
    options = ["--parity", *ENDING, *(f"--parity-route={route}" for route in routes)]
    one = project.pytest(*options, "--parity-reports=one")
    two = project.pytest(*options, "--parity-reports=two", "-n", "2")
    cases = ("good", "wrong", "odd", "gone", "dies", "cannot")
    project.parity("run", *cases, *(f"--route={route}" for route in routes), "--reports=three")
    for done in (one, two):
        assert {"3 failed, 9 passed", "8 skipped", "1 xfailed"} <= set(re.findall(ENDED, done.stdout))
    runs = [project.records(name) for name in ("one", "two", "three")]
    kept = [{check.id: told(check) for check in run.checks} for run in runs]
    assert kept[0] == kept[1] == kept[2]
    for run in runs:
        assert run.finished
        assert len(run.checks) == len(kept[0]) == run.run.planned == 21


def test_two_workers_stop_at_a_failure(project: Project) -> None:
    done = project.pytest(*KIT, "wrong", "sleeps", "good", "-n", "2", "-x")
    assert done.returncode == 2
    assert "stopping after 1 failures" in done.stdout
    records = project.records()
    assert records.end is not None
    assert not records.end.finished
    assert len(records.checks) == 4


def test_two_workers_with_nothing_selected_leave_nothing(project: Project) -> None:
    project.write("tests/test_plain.py", ORDINARY)
    done = project.pytest("--parity", "tests", "-n", "2")
    assert "1 failed, 1 passed" in done.stdout
    assert "no check was selected" in done.stdout
    assert list((project.folder / "reports").iterdir()) == []
