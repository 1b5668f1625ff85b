"""Checks as pytest items: what is collected, how it is chosen, how it ends."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from parity.report import terminal
from tests.plugin.conftest import ENDING, KIT, ROOT, Project

STATUSES = {
    "good/one": "pass",
    "good/two-1.5": "pass",
    "wrong": "fail",
    "odd": "known",
    "gone": "stale",
    "dies": "crash",
    "cannot": "unsupported",
}


def collected(project: Project, *words: str) -> list[str]:
    done = project.pytest("--parity", "--collect-only", "-q", *words)
    assert done.returncode in (0, 5), done.stdout
    return [line for line in done.stdout.splitlines() if "::" in line]


def node(case: str, route: str = "kit") -> str:
    return f"cases/kit.py::{case}[{route}]"


def test_every_case_on_every_route_is_an_item_and_collecting_starts_and_writes_nothing(project: Project) -> None:
    everything = collected(project)
    routes = {line.partition("[")[2] for line in everything}
    assert len(everything) == 8 * len(routes)
    assert {"kit]", "kit>reader]", "torch>ort]", "tensorflow]"} <= routes
    on_kit = collected(project, "--parity-route=kit")
    assert on_kit == [node(case) for case in [*STATUSES, "sleeps"]]
    assert collected(project, "--parity-route=kit", "--parity-device=cuda")[0] == node("good/one", "kit@cuda")
    assert not (project.folder / "reports").exists()
    assert not (project.folder / ".parity_cache").exists()


def test_a_check_ends_in_pytests_words(project: Project) -> None:
    done = project.pytest(*KIT, "--parity-route=absent", *ENDING, "-rA")
    assert done.returncode == 1
    assert "3 failed, 2 passed, 8 skipped, 2 deselected, 1 xfailed" in done.stdout
    said = done.stdout.splitlines()
    assert f"PASSED {node('good/two-1.5')}" in said
    assert f"XFAIL {node('odd')} - the kit adds one" in said
    assert "SKIPPED [1] cases/kit.py:1: unsupported: the kit has no such thing" in said
    missing = "not run: a_module_that_nobody_has is not installed: pip install it"
    assert f"SKIPPED [7] cases/kit.py:1: {missing}" in said
    assert any(line.startswith(f"FAILED {node('wrong')} - value: relu: a value is farther from") for line in said)
    assert any(line.startswith(f"FAILED {node('gone')} - stale: declared divergence") for line in said)
    assert any(line.startswith(f"FAILED {node('dies')} - crash: killed by SIGSEGV") for line in said)
    assert {check: status for check, status in project.statuses().items() if "absent" not in check} == {
        f"{case}[kit]": status for case, status in STATUSES.items()
    }


def test_a_failure_prints_the_screen_of_parity_and_no_traceback(project: Project) -> None:
    done = project.pytest(*KIT, "wrong")
    assert done.returncode == 1
    records = project.records()
    screen = "\n".join(line.text for line in terminal.screen(records.checks[0], records.checks, records.run.lam))
    assert "_ wrong on kit _" in done.stdout
    assert f"\n{screen}\n==" in done.stdout
    assert "born in   relu" in screen
    assert "Traceback" not in done.stdout
    assert "items.py" not in done.stdout
    last = "0 passed, 1 failed, 0 known, 0 unsupported, 0 not run"
    where = f"records: reports/{records.run.id}/records.jsonl; report: reports/latest.html"
    assert re.search(rf"=+ parity =+\n{re.escape(last)}\n{re.escape(where)}\n", done.stdout)


def test_a_failure_names_whose_it_is_by_the_other_routes_of_its_case(project: Project) -> None:
    done = project.pytest("--parity", "--parity-route=kit", "--parity-route=kit>reader", "wrong")
    assert "1 failed, 1 passed" in done.stdout
    records = project.records()
    (bad,) = [check for check in records.checks if check.status == "fail"]
    alone = terminal.screen(bad, [bad], records.run.lam)
    together = terminal.screen(bad, records.checks, records.run.lam)
    assert "\n".join(line.text for line in together) in done.stdout
    assert len(together) >= len(alone)


def test_a_known_divergence_is_a_failure_when_xfails_are_to_run(project: Project) -> None:
    done = project.pytest(*KIT, "-k", "odd", "--runxfail")
    assert done.returncode == 1
    assert f"FAILED {node('odd')} - known: the kit adds one" in done.stdout


@pytest.mark.parametrize("spelled", ["good/two-1.5[kit]", node("good/two-1.5"), "good/two-1.5[kit>reader]"])
def test_an_id_can_be_pasted_back_to_both_doors(project: Project, spelled: str) -> None:
    short = spelled.rpartition("::")[2]
    done = project.pytest("--parity", spelled, "-v")
    assert done.returncode == 0, done.stdout
    assert f"cases/kit.py::{short} PASSED" in done.stdout
    assert project.statuses() == {short: "pass"}
    done = project.parity("run", spelled)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 passed, 0 failed")


def test_an_id_of_a_route_that_was_not_asked_for_is_collected(project: Project) -> None:
    assert collected(project, "--parity-route=kit", "odd[kit@cuda]") == [node("odd", "kit@cuda")]
    assert collected(project, "--parity-route=kit", node("odd", "kit@cuda")) == [node("odd", "kit@cuda")]


def test_patterns_of_the_command_line_are_taken(project: Project) -> None:
    route = "--parity-route=kit"
    both = [node("good/one"), node("good/two-1.5")]
    assert collected(project, route, "good") == collected(project, route, "good/*") == both
    assert collected(project, route, "odd", "good/one") == [node("odd"), node("good/one")]
    assert collected(project, route, "cases/kit.py::good/one", "cases/kit.py::odd[kit]") == [
        node("good/one"),
        node("odd"),
    ]
    assert len(collected(project, route, "cases/kit.py")) == len(collected(project, route, "cases")) == 8


@pytest.mark.parametrize(
    ("words", "cases"),
    [
        (["-k", "good and not one"], ["good/two-1.5"]),
        (["-m", "good"], ["good/one", "good/two-1.5"]),
        (["-m", "good and slow"], ["good/two-1.5"]),
        (["-m", "kit and not cpu"], []),
        (["-m", "parity(family='wrong', route='kit', device='cpu')"], ["wrong"]),
        (["-m", "parity(tag='skip')"], ["good/two-1.5"]),
        (["-m", "parity(tag='run:wrong')"], ["wrong", "odd"]),
        (["-m", "run-wrong"], ["wrong", "odd"]),
        (["--deselect", "cases/kit.py::good", "-m", "good or odd"], ["odd"]),
    ],
)
def test_keywords_and_markers_choose(project: Project, words: list[str], cases: list[str]) -> None:
    assert collected(project, "--parity-route=kit", *words) == [node(case) for case in cases]


def test_routes_are_markers_that_expressions_can_spell(project: Project) -> None:
    assert collected(project, "-m", "kit-reader and odd") == [node("odd", "kit>reader")]
    listed = project.pytest("--parity", "--markers").stdout
    assert "@pytest.mark.kit-reader: checks of the route kit>reader" in listed
    assert "@pytest.mark.good: checks of the family good" in listed
    assert "@pytest.mark.skip: " not in listed


def test_a_tag_that_pytest_gives_a_meaning_changes_no_verdict(project: Project) -> None:
    done = project.pytest(*KIT, "good/two-1.5")
    assert "1 passed" in done.stdout


def test_the_last_failed_are_run_again_alone(project: Project) -> None:
    first = project.run("-m", "pytest", *KIT, "-k", "good or wrong")
    assert "1 failed, 2 passed" in first.stdout
    again = project.run("-m", "pytest", *KIT, "-k", "good or wrong", "--lf")
    assert "1 failed" in again.stdout
    assert "passed" not in again.stdout.splitlines()[-1]
    assert len(project.written()) == 2


def test_junit_names_checks_their_verdicts_and_reasons(project: Project) -> None:
    project.pytest(*KIT, *ENDING, "--junit-xml=out.xml")
    suite = ElementTree.parse(project.folder / "out.xml").getroot()[0]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "7", "failures": "3", "errors": "0", "skipped": "2"}
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert set(cases) == {f"{case}[kit]" for case in STATUSES}
    assert {case.get("classname") for case in cases.values()} == {"cases.kit"}
    for name, case in cases.items():
        found = {found.get("name"): found.get("value") for found in case.iter("property")}
        assert found["parity"] == STATUSES[name.partition("[")[0]]
    wrong = cases["wrong[kit]"].find("failure")
    assert wrong is not None
    assert str(wrong.get("message")).startswith("value: relu: a value is farther from the oracle than its bound")
    assert "\n" not in str(wrong.get("message"))
    assert str(wrong.text).startswith("FAIL  wrong[kit]")
    for name, message in (("cannot", "unsupported: the kit has no such thing"), ("odd", "the kit adds one")):
        skipped = cases[f"{name}[kit]"].find("skipped")
        assert skipped is not None
        assert skipped.get("message") == message


def test_a_check_lasts_as_long_as_it_took_and_not_as_long_as_its_item_waited(project: Project) -> None:
    project.write(
        "conftest.py", "def pytest_runtest_logreport(report):\n    print(report.when, repr(report.duration))\n"
    )
    done = project.pytest(*KIT, "good/one", "-s")
    (spent,) = (check.seconds for check in project.records().checks)
    assert spent.run
    assert spent.judge
    assert f"call {spent.run + spent.judge!r}\n" in done.stdout


def test_what_is_required_and_absent_fails_instead_of_skipping(project: Project) -> None:
    done = project.pytest(*KIT, "--parity-require=cuda", "good/one")
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert f"FAILED {node('good/one', 'kit@cuda')} - Failed: cuda is required: the kit sees no cuda" in done.stdout
    assert project.records().end.exit_code == 4  # type: ignore[union-attr]


def test_without_it_being_required_an_absent_device_is_a_skip(project: Project) -> None:
    done = project.pytest(*KIT, "--parity-device=cuda", "good/one", "-rs")
    assert done.returncode == 0
    assert "SKIPPED [1] cases/kit.py:1: not run: the kit sees no cuda device" in done.stdout


def test_the_options_reach_the_run(project: Project) -> None:
    project.pytest(
        *KIT, "good/one", "--parity-seed=7", "--parity-reports=out/kept", "--parity-cache=kept", "--parity-jobs=1"
    )
    records = project.records("out/kept")
    assert records.run.seed == 7
    assert records.run.argv[:4] == ["pytest", "-p", "no:cacheprovider", "--parity"]
    assert records.checks[0].repeat == "parity run 'good/one[kit]' --seed 7"
    assert (project.folder / "kept" / "CACHEDIR.TAG").exists()
    assert not (project.folder / "reports").exists()
    assert not (project.folder / ".parity_cache").exists()


def test_the_checks_that_the_page_shows_exist_and_can_be_pasted() -> None:
    page = (ROOT / "docs" / "pytest.md").read_text()
    shown = set(re.findall(r"cases/\w+\.py::\S+\]|'\w+/\S+\[\S+\]'", page))
    assert len(shown) >= 3
    words = [word.strip("'") for word in shown]
    options = ["-m", "pytest", "--parity", "--collect-only", "-q", "-p", "no:cacheprovider", *words]
    done = subprocess.run([sys.executable, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    found = {line for line in done.stdout.splitlines() if "::" in line}
    assert {line.partition("::")[2] for line in found} == {word.rpartition("::")[2] for word in words}
