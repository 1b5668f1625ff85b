"""Checks as pytest items: what is collected, how it is chosen, how it ends."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from parity.report import terminal
from tests.plugin.conftest import ENDING, KIT, ROOT, STATUSES, Project


def collected(project: Project, *each: list[str]) -> list[list[str]]:
    """What sessions with these words collect."""
    ended = project.sessions(*(["--parity", "--collect-only", "-q", *words] for words in each))
    assert {code for code, _ in ended} <= {0, 5}, ended
    return [[line for line in said.splitlines() if "::" in line] for _, said in ended]


ON_KIT = "--parity-route=kit"


@pytest.fixture(scope="module")
def ended(kept: Project) -> str:
    """What one session printed, of every case that ends on the kit and on a framework that is absent."""
    kept.write("conftest.py", "def pytest_runtest_logreport(report):\n    print(report.when, repr(report.duration))\n")
    options = ["--parity-route=absent", "--parity-reports=ended", "-rA", "-s", "--junit-xml=out.xml"]
    done = kept.pytest(*KIT, *ENDING, *options)
    assert done.returncode == 1
    return done.stdout


def node(case: str, route: str = "kit") -> str:
    return f"cases/kit.py::{case}[{route}]"


def test_every_case_on_every_route_is_an_item_and_collecting_starts_and_writes_nothing(project: Project) -> None:
    everything, on_kit, there = collected(project, [], [ON_KIT], [ON_KIT, "--parity-device=cuda"])
    routes = {line.partition("[")[2] for line in everything}
    assert len(everything) == 8 * len(routes)
    assert {"kit]", "kit>reader]", "torch>ort]", "tensorflow]"} <= routes
    assert on_kit == [node(case) for case in [*STATUSES, "sleeps"]]
    assert there[0] == node("good/one", "kit@cuda")
    assert not (project.folder / "reports").exists()
    assert not (project.folder / ".parity_cache").exists()


def test_a_check_ends_in_pytests_words_whatever_its_tags_mean_to_pytest(kept: Project, ended: str) -> None:
    assert "3 failed, 2 passed, 8 skipped, 2 deselected, 1 xfailed" in ended
    said = ended.splitlines()
    assert f"PASSED {node('good/two-1.5')}" in said  # its tag is skip
    assert f"XFAIL {node('odd')} - the kit adds one" in said
    assert "SKIPPED [1] cases/kit.py:1: unsupported: the kit has no such thing" in said
    missing = "not run: a_module_that_nobody_has is not installed: pip install it"
    assert f"SKIPPED [7] cases/kit.py:1: {missing}" in said
    assert any(line.startswith(f"FAILED {node('wrong')} - value: relu: a value is farther from") for line in said)
    assert any(line.startswith(f"FAILED {node('gone')} - stale: declared divergence") for line in said)
    assert any(line.startswith(f"FAILED {node('dies')} - crash: killed by SIGSEGV") for line in said)
    assert {check: status for check, status in kept.statuses("ended").items() if "absent" not in check} == {
        f"{case}[kit]": status for case, status in STATUSES.items()
    }


def test_a_failure_prints_the_screen_of_parity_and_no_traceback(kept: Project, ended: str) -> None:
    records = kept.records("ended")
    (bad,) = [check for check in records.checks if check.status == "fail"]
    screen = "\n".join(line.text for line in terminal.screen(bad, records.checks, records.run.lam))
    assert "_ wrong on kit _" in ended
    assert f"\n{screen}\n__" in ended
    assert "born in   relu" in screen
    assert "Traceback" not in ended
    assert "items.py" not in ended
    where = f"records: ended/{records.run.id}/records.jsonl; report: ended/latest.html"
    assert re.search(rf"=+ parity =+\n2 passed, 1 failed, .*\n{re.escape(where)}\n", ended)


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


def test_ids_can_be_pasted_back_to_both_doors(project: Project) -> None:
    ids = ["good/one[kit]", "good/two-1.5[kit]", "good/two-1.5[kit>reader]"]
    pasted = [ids[0], *(f"cases/kit.py::{name}" for name in ids[1:])]
    done = project.pytest("--parity", *pasted, "-v")
    assert done.returncode == 0, done.stdout
    for name in ids:
        assert f"cases/kit.py::{name} PASSED" in done.stdout
    assert project.statuses() == dict.fromkeys(ids, "pass")
    done = project.parity("run", *pasted)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("3 passed, 0 failed")


def test_ids_and_patterns_of_the_command_line_are_taken(kept: Project) -> None:
    good = [node("good/one"), node("good/two-1.5")]
    asked = {
        ("good",): good,
        ("good/*",): good,
        ("odd", "good/one"): [node("odd"), node("good/one")],
        ("cases/kit.py::good/one", "cases/kit.py::odd[kit]"): [node("good/one"), node("odd")],
        # a route that was not asked for
        ("odd[kit@cuda]",): [node("odd", "kit@cuda")],
        (node("odd", "kit@cuda"),): [node("odd", "kit@cuda")],
        ("cases/kit.py",): [node(case) for case in [*STATUSES, "sleeps"]],
        ("cases",): [node(case) for case in [*STATUSES, "sleeps"]],
    }
    assert collected(kept, *([ON_KIT, *words] for words in asked)) == list(asked.values())


def test_keywords_and_markers_choose(kept: Project) -> None:
    asked = {
        ("-k", "good and not one"): ["good/two-1.5"],
        ("-m", "good"): ["good/one", "good/two-1.5"],
        ("-m", "good and slow"): ["good/two-1.5"],
        ("-m", "kit and not cpu"): [],
        ("-m", "parity(family='wrong', route='kit', device='cpu')"): ["wrong"],
        ("-m", "parity(tag='skip')"): ["good/two-1.5"],
        ("-m", "parity(tag='run:wrong')"): ["wrong", "odd"],
        ("-m", "run-wrong"): ["wrong", "odd"],
        ("--deselect", "cases/kit.py::good", "-m", "good or odd"): ["odd"],
    }
    assert collected(kept, *([ON_KIT, *words] for words in asked)) == [
        [node(case) for case in cases] for cases in asked.values()
    ]


def test_routes_are_markers_that_expressions_can_spell(kept: Project) -> None:
    assert collected(kept, ["-m", "kit-reader and odd"]) == [[node("odd", "kit>reader")]]
    ((_, listed),) = kept.sessions(["--parity", "--markers"])
    assert "@pytest.mark.kit-reader: checks of the route kit>reader" in listed
    assert "@pytest.mark.good: checks of the family good" in listed
    assert "@pytest.mark.skip: " not in listed


def test_the_last_failed_are_run_again_alone(project: Project) -> None:
    first = project.run("-m", "pytest", *KIT, "-k", "good or wrong")
    assert "1 failed, 2 passed" in first.stdout
    again = project.run("-m", "pytest", *KIT, "-k", "good or wrong", "--lf")
    assert "1 failed" in again.stdout
    assert "passed" not in again.stdout.splitlines()[-1]
    assert len(project.written()) == 2


def test_junit_names_checks_their_verdicts_and_reasons(kept: Project, ended: str) -> None:
    suite = ElementTree.parse(kept.folder / "out.xml").getroot()[0]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "14", "failures": "3", "errors": "0", "skipped": "9"}
    cases = {case.get("name"): case for case in suite.iter("testcase") if "[kit]" in str(case.get("name"))}
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


def test_a_check_lasts_as_long_as_it_took_and_not_as_long_as_its_item_waited(kept: Project, ended: str) -> None:
    (spent,) = (check.seconds for check in kept.records("ended").checks if check.id == "good/one[kit]")
    assert spent.run
    assert spent.judge
    assert f"call {spent.run + spent.judge!r}\n" in ended


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
