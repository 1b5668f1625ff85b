"""``parity run``: what it prints, what it leaves, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from parity.records.file import read
from tests.cli.conftest import ROOT, Project

KIT = ("--route", "kit")


def test_all_passing_ends_with_code_0_and_counts_in_the_last_line_and_the_records_say_what_was_typed(
    project: Project,
) -> None:
    words = ("run", "good", *KIT, "--seed", "9", "--threads", "2", "--require", "kit", "--require", "cpu")
    done = project.parity(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == [
        "report: reports/latest.html",
        "2 passed, 0 failed, 0 known, 0 unsupported, 0 not run",
    ]
    assert done.stderr == ""
    assert project.statuses() == {"good/one[kit]": "pass", "good/two[kit]": "pass"}
    assert "No failure in 2 checks." in (project.folder / "reports" / "latest.html").read_text()
    run = project.latest().run
    assert run.argv == ["parity", *words]
    assert (run.seed, run.planned, run.environment.threads, run.git) == (9, 2, 2, None)
    end = project.latest().end
    assert end is not None
    assert (end.finished, end.exit_code, end.counts["pass"]) == (True, 0, 2)


def test_a_known_divergence_ends_with_code_0_and_its_reason(project: Project) -> None:
    done = project.parity("run", "odd", *KIT)
    assert done.returncode == 0, done.stdout
    assert "the kit adds one" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 passed, 0 failed, 1 known, 0 unsupported, 0 not run"


def test_a_known_divergence_that_no_longer_reproduces_fails_and_names_the_entry_s_file(project: Project) -> None:
    file = project.folder / "cases" / "kit.py"
    file.write_text(file.read_text().replace('cases="odd"', 'cases="gone"'))
    done = project.parity("run", "gone", *KIT)
    assert done.returncode == 1
    assert "remove the entry in cases/kit.py" in done.stdout
    assert project.statuses() == {"gone[kit]": "stale"}


def test_a_failure_is_one_screen_that_says_all_of_it_and_the_command_in_it_repeats_it(project: Project) -> None:
    done = project.parity("run", "wrong", "good/one", *KIT, "--seed", "5")
    assert done.returncode == 1
    (check,) = [check for check in project.latest().checks if check.status == "fail"]
    shown = done.stdout.split("\n\n")[0]
    assert shown.splitlines()[0] == "FAIL  wrong[kit]"
    for part in (
        "ReLU()",
        "input 2x3x4x5",
        "120 of 120 elements",
        "expected",
        "allowed",
        "n=",
        "born in   relu",
        check.arrays,
    ):
        assert part in shown
    assert shown.splitlines()[-1].split("repeat")[1].strip() == check.repeat == "parity run 'wrong[kit]' --seed 5"
    with np.load(project.folder / "reports" / check.arrays) as arrays:
        assert {"expected", "observed", "allowed"} <= set(arrays)
    again = check.repeat.replace("parity ", "", 1).replace("'", "").split()
    assert project.parity(*again).returncode == 1
    (second,) = project.latest().checks
    assert (second.id, second.ratio, second.failure) == (check.id, check.ratio, check.failure)
    assert project.latest().run.seed == 5


def test_a_crash_costs_itself_and_the_run_goes_on(project: Project) -> None:
    done = project.parity("run", "good", "dies", "cannot", *KIT)
    assert done.returncode == 1
    assert project.statuses() == {
        "good/one[kit]": "pass",
        "good/two[kit]": "pass",
        "dies[kit]": "crash",
        "cannot[kit]": "unsupported",
    }
    assert done.stdout.splitlines()[-1] == "2 passed, 0 failed, 1 crashed, 0 known, 1 unsupported, 0 not run"


def test_json_prints_the_lines_of_the_records_file_and_nothing_else(project: Project) -> None:
    done = project.parity("run", "good", "wrong", *KIT, "--json")
    assert done.returncode == 1
    (folder,) = [path for path in (project.folder / "reports").iterdir() if path.is_dir()]
    assert (
        done.stdout
        == (folder / "records.jsonl").read_text()
        == (project.folder / "reports" / "latest.jsonl").read_text()
    )
    validator = jsonschema.Draft202012Validator(json.loads((ROOT / "docs" / "records.schema.json").read_text()))
    for line in done.stdout.splitlines():
        validator.validate(json.loads(line))
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == ["run", "check", "check", "check", "end"]


def test_exporters_remember_tables_unless_that_is_turned_off(project: Project) -> None:
    kit = (project.folder / "cases" / "kit.py").read_text()
    (project.folder / "cases" / "kit.py").write_text(kit.replace('"gone"', '"gone", "export:look"'))
    for words, told in (((), 1), (("--no-memo",), 0)):
        project.parity("run", "gone", "--route", "kit>reader", "--no-cache", *words)
        (check,) = project.latest().checks
        assert len(check.notes) == told, check


def test_what_is_absent_is_not_run_with_its_reason_and_never_green_alone(project: Project) -> None:
    done = project.parity("run", "good", *KIT, "--route", "absent")
    assert done.returncode == 0
    reason = "a_module_that_nobody_has is not installed: pip install it"
    assert done.stdout.splitlines()[-1] == f"2 passed, 0 failed, 0 known, 0 unsupported, 2 not run (2 {reason})"
    alone = project.parity("run", "good", "--route", "absent")
    assert alone.returncode == 4
    assert alone.stderr == f"parity: error: nothing could run: {reason}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--require", "cuda", *KIT), "cuda is required: the kit sees no cuda device"),
        (
            ("--require", "absent", *KIT, "--route", "absent"),
            "absent is required: a_module_that_nobody_has is not installed: pip install it",
        ),
    ],
)
def test_something_required_that_is_not_here_ends_with_code_4(
    project: Project, words: tuple[str, ...], said: str
) -> None:
    done = project.parity("run", "good/one", *words)
    assert done.returncode == 4, done.stdout
    assert done.stderr == f"parity: error: {said}\n"


def test_a_failed_check_outweighs_something_missing(project: Project) -> None:
    done = project.parity("run", "wrong", *KIT, "--require", "cuda")
    assert done.returncode == 1
    assert "cuda is required" in done.stderr


def test_a_pasted_id_runs_that_check_alone(project: Project) -> None:
    assert project.parity("run", "good/one[kit>reader]", "good/two[kit]").returncode == 0
    assert set(project.statuses()) == {"good/one[kit>reader]", "good/two[kit]"}


def test_two_runs_at_once_keep_their_records_apart(project: Project) -> None:
    both = [project.start("run", name, *KIT) for name in ("good/one", "good/two")]
    for process in both:
        process.communicate(timeout=120)
        assert process.returncode == 0
    folders = [path for path in (project.folder / "reports").iterdir() if path.is_dir()]
    ran = sorted(check.id for folder in folders for check in read(folder / "records.jsonl").checks)
    assert ran == ["good/one[kit]", "good/two[kit]"]
    assert project.latest().finished


def test_a_project_s_settings_are_found_from_a_folder_below(project: Project) -> None:
    (project.folder / "cases").rename(project.folder / "checks")
    (project.folder / "pyproject.toml").write_text('[tool.parity]\ncases = "checks"\n')
    below = project.folder / "src"
    below.mkdir()
    done = Project(below).parity("run", "good", *KIT)
    assert done.returncode == 0, done.stderr
    assert "report: ../reports/latest.html" in done.stdout
    assert sorted(p.name for p in project.folder.iterdir()) == [
        ".parity_cache",
        "checks",
        "pyproject.toml",
        "reports",
        "src",
    ]
    assert list(below.iterdir()) == []


def test_case_and_cache_folders_can_be_named(project: Project, tmp_path: Path) -> None:
    (project.folder / "cases").rename(project.folder / "other")
    done = project.parity("run", "wrong[kit>reader]", "--cases", "other", "--reports", "out/deep", "--cache", "kept")
    assert done.returncode == 0, done.stderr
    assert read(project.folder / "out" / "deep" / "latest.jsonl").checks[0].repeat.endswith("--seed 0 --cases other")
    assert (project.folder / "kept" / "exports").is_dir()
    assert not (project.folder / ".parity_cache").exists()


def test_many_failures_of_one_cause_print_one_in_full_and_count_the_rest(project: Project) -> None:
    text = "from parity.cases import Case\nfrom parity.layers import ReLU\n"
    text += 'CASES = [Case(f"many/{n}", ReLU(), (2, 3, 4, 5), tags=("run:wrong",)) for n in range(13)]\n'
    (project.folder / "cases" / "kit.py").write_text(text)
    done = project.parity("run", *KIT)
    lines = done.stdout.splitlines()
    assert sum(line.startswith("  repeat") for line in lines) == 1
    at = next(i for i, line in enumerate(lines) if line.startswith("  also"))
    assert all("many/" in line for line in lines[at : at + 9])
    assert lines[at + 9].strip() == "and 3 more like it, in the report"
    assert lines[-1] == "0 passed, 13 failed, 0 known, 0 unsupported, 0 not run"


def test_failures_for_different_reasons_are_screens_of_their_own(project: Project) -> None:
    file = project.folder / "cases" / "kit.py"
    file.write_text(file.read_text().replace('"run:wrong"', '"run:raise", "export:raise"'))
    lines = project.parity("run", "wrong", *KIT, "--route", "kit>reader").stdout.splitlines()
    assert sum(line.startswith("ERROR  wrong[") for line in lines) == 2
    assert not any(line.startswith("  also") for line in lines)
