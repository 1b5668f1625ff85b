"""Runs that are ended from outside: nothing that was written is lost, and it is said what is missing."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from parity.records import history
from parity.records.file import read
from parity.report.html import render
from tests.cli.conftest import Project

KIT = ("--route", "kit")
MANY = """
from parity.cases import Case
from parity.layers import ReLU
CASES = [Case(f"many/{n}", ReLU(), (2, 3, 4, 5)) for n in range(60)]
"""


def wait_for(condition: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def written(project: Project) -> list[Path]:
    return list((project.folder / "reports").glob("*/records.jsonl"))


def stopped(project: Project, number: int, *words: str) -> tuple[int, str, str]:
    """A run that hangs in its last check, sent a signal once another check has its record."""
    process = project.start("run", "good", "sleeps", "gone", *KIT, *words)
    wait_for(lambda: written(project) and b'"type":"check"' in written(project)[0].read_bytes())
    workers = psutil.Process(process.pid).children(recursive=True)
    assert workers
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive, "workers outlived the run"
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_keeps_what_ended_and_says_what_did_not(project: Project, number: int) -> None:
    code, out, err = stopped(project, number)
    assert code == 130
    assert "Traceback" not in err
    run = project.latest()
    assert not run.finished
    assert run.end is not None
    assert (run.end.finished, run.end.reason, run.end.exit_code) == (False, "interrupted", 130)
    ended = {check.id: (check.status, check.reason) for check in run.checks}
    assert set(ended) == {f"{name}[kit]" for name in ("good/one", "good/two", "sleeps", "gone")}
    assert len(run.checks) == run.run.planned == 4
    assert ended["sleeps[kit]"] == ("not run", "interrupted")
    assert "pass" in {status for status, _ in ended.values()}
    idle = sum(status == "not run" for status, _ in ended.values())
    assert run.end.not_run == {"interrupted": idle}
    assert out.splitlines()[-1].endswith(f"{idle} not run ({idle} interrupted)")
    assert written(project)[0].read_bytes() == (project.folder / "reports" / "latest.jsonl").read_bytes()


def test_an_impatient_person_who_presses_ctrl_c_again_and_again_loses_nothing(project: Project) -> None:
    process = project.start("run", "good", "sleeps", "gone", *KIT)
    wait_for(lambda: written(project) and b'"type":"check"' in written(project)[0].read_bytes())
    while process.poll() is None and not (project.folder / "reports" / "latest.html").exists():
        process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    process.communicate(timeout=60)
    run = project.latest()
    assert run.end is not None
    assert run.end.reason == "interrupted"
    assert len(run.checks) == 4
    assert "This run did not finish" in (project.folder / "reports" / "latest.html").read_text()


def test_a_hang_up_that_nohup_ignores_ends_no_run(project: Project) -> None:
    ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731 - runs between fork and exec
    process = project.start("run", "good", *KIT, preexec_fn=ignore)
    wait_for(lambda: written(project))
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert project.latest().finished


def test_the_report_of_an_interrupted_run_says_so_first_and_renders_again(project: Project) -> None:
    stopped(project, signal.SIGINT)
    page = (project.folder / "reports" / "latest.html").read_text()
    assert '<h1 class="warn">This run did not finish: interrupted' in page
    assert project.parity("report", "reports/latest.jsonl", "-o", "again.html").returncode == 0
    points = history.load(project.folder / "reports" / history.NAME)
    assert (project.folder / "again.html").read_text() == page == render(project.latest(), history=points)


def test_json_of_an_interrupted_run_is_the_records_file_all_the_same(project: Project) -> None:
    code, out, _ = stopped(project, signal.SIGINT, "--json")
    assert code == 130
    assert out.encode() == written(project)[0].read_bytes()


def test_a_run_that_is_killed_outright_leaves_records_that_render(project: Project) -> None:
    code, *_ = stopped(project, signal.SIGKILL)
    assert code == -signal.SIGKILL
    (path,) = written(project)
    run = read(path)
    assert not run.finished
    assert run.end is None
    done = project.parity("report", str(path), "-o", "killed.html")
    assert done.returncode == 0
    left = run.run.planned - len(run.checks)
    plural = "s" if left > 1 else ""
    said = f"it was cut off, {left} planned check{plural} without an ending"
    assert said in (project.folder / "killed.html").read_text()


def test_a_full_disk_ends_the_run_with_a_line_and_keeps_what_was_written(project: Project) -> None:
    (project.folder / "cases" / "kit.py").write_text(MANY)
    done = project.parity("run", *KIT, environment={"PARITY_TEST_FSIZE": "12000"})
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    (path,) = written(project)
    run = read(path)
    shown = path.relative_to(project.folder)
    assert 5 < len(run.checks) < 60
    assert done.stderr == (
        f"parity: error: {shown}: File too large; {len(run.checks)} of 60 checks are in {shown}; make room and run again\n"
    )
    assert not run.finished
    assert path.stat().st_size <= 12000
    assert not list(project.folder.glob("reports/.latest*"))


def test_a_disk_that_fills_up_in_the_report_keeps_the_records_and_the_report_before(project: Project) -> None:
    assert project.parity("run", "good/one", *KIT).returncode == 0
    before = (project.folder / "reports" / "latest.html").read_bytes()
    done = project.parity("run", "good/two", *KIT, environment={"PARITY_TEST_FSIZE": "6000"})
    assert done.returncode == 3
    assert done.stderr.startswith("parity: error: reports/latest.html: File too large; 1 of 1 checks are in reports/")
    assert set(project.statuses()) == {"good/two[kit]"}
    assert project.latest().finished
    assert (project.folder / "reports" / "latest.html").read_bytes() == before


def test_output_that_leads_to_a_full_disk_is_one_line_and_keeps_the_records(project: Project) -> None:
    with Path("/dev/full").open("w") as full:
        listed = project.parity("list", stdout=full)
        ran = project.parity("run", "good", *KIT, "--json", stdout=full)
    assert (listed.returncode, ran.returncode) == (3, 3)
    assert listed.stderr == "parity: error: stdout: No space left on device; make room where it leads and run again\n"
    assert ran.stderr.startswith("parity: error: stdout: No space left on device")
    assert len(ran.stderr.splitlines()) == 1
    assert len(project.latest().checks) == 2
    assert not project.latest().finished


def test_a_reader_that_goes_away_is_no_error_and_ends_no_run(project: Project) -> None:
    for words in (("list",), ("show", "good/one"), ("run", "good", *KIT, "--json"), ("run", "wrong", "good", *KIT)):
        out, into = os.pipe()
        os.close(out)
        done = project.parity(*words, stdout=into)
        os.close(into)
        assert "error" not in done.stderr
        assert "Traceback" not in done.stderr
        assert done.returncode == ("wrong" in words)
    assert len(project.latest().checks) == 3
    assert project.latest().finished


@pytest.mark.parametrize("words", [("--reports", "taken/deep"), ("--reports", "taken"), ("--reports", "/proc/parity")])
def test_a_report_folder_that_cannot_be_made_is_named_with_the_mend(project: Project, words: tuple[str, str]) -> None:
    (project.folder / "taken").write_text("a file")
    done = project.parity("run", "good", *KIT, *words)
    assert done.returncode == 2
    assert done.stderr.startswith(f"parity: error: report folder {words[1]}: cannot be written: ")
    assert done.stderr.endswith("; mend its permissions, or name another folder with --reports DIR\n")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_report_folder_without_permission_is_named_with_the_mend(project: Project) -> None:
    (project.folder / "reports").mkdir(mode=0o500)
    done = project.parity("run", "good", *KIT)
    assert done.returncode == 2
    assert "report folder reports: cannot be written: Permission denied" in done.stderr


def test_a_cache_folder_that_cannot_be_made_is_one_line_and_the_records_say_so(project: Project) -> None:
    (project.folder / "taken").write_text("a file")
    done = project.parity("run", "good", *KIT, "--cache", "taken")
    assert done.returncode == 3
    assert done.stderr.startswith("parity: error: cache folder taken: cannot be written: ")
    assert len(done.stderr.splitlines()) == 1
    run = project.latest()
    assert not run.finished
    assert {check.status for check in run.checks} == {"not run"}


def test_a_bug_of_parity_s_is_a_line_and_a_traceback_only_with_debug(project: Project) -> None:
    bug = {"PARITY_TEST_BUG": "1"}
    done = project.parity("run", "good", *KIT, environment=bug)
    assert done.returncode == 3
    assert done.stderr == (
        "parity: error: parity itself failed: ZeroDivisionError: planted; please report this, with what --debug adds\n"
    )
    assert {(c.status, c.reason) for c in project.latest().checks} == {
        ("not run", "parity itself failed: ZeroDivisionError: planted")
    }
    for words, more in ((("--debug",), {}), ((), {"PARITY_DEBUG": "1"})):
        told = project.parity("run", "good", *KIT, *words, environment={**bug, **more})
        assert told.returncode == 3
        assert "Traceback (most recent call last)" in told.stderr
        assert "ZeroDivisionError: planted" in told.stderr


def test_nothing_is_written_outside_the_report_and_cache_folders(project: Project) -> None:
    project.parity("run", "good", "wrong", "dies", *KIT, "--route", "kit>reader")
    assert sorted(path.name for path in project.folder.iterdir()) == [".parity_cache", "cases", "reports"]
    assert [path.name for path in (project.folder / "cases").iterdir()] == ["kit.py"]


def test_progress_goes_to_stderr_and_is_a_live_bar_on_a_terminal_only(project: Project) -> None:
    master, slave = os.openpty()
    process = project.start("run", "good", *KIT, stderr=slave, environment={"TERM": "xterm"})
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    out, _ = process.communicate(timeout=60)
    os.close(master)
    assert process.returncode == 0
    assert b"failed" in shown
    assert b"\x1b[" in shown
    assert "\x1b" not in out
    assert out.splitlines()[-1].startswith("2 passed")


def test_the_result_is_coloured_on_a_terminal_only(project: Project) -> None:
    master, slave = os.openpty()
    process = project.start("run", "wrong", *KIT, stdout=slave, environment={"TERM": "xterm", "NO_COLOR": ""})
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    process.wait(60)
    os.close(master)
    assert b"\x1b[31mFAIL  wrong" in shown
    assert json.loads(project.parity("list", "wrong", "--json").stdout)["name"] == "wrong"
