"""``parity compare``, ``merge`` and ``report``: what they print and write, their exit codes, what they refuse."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from parity.cli.main import main
from parity.records import changes, history
from parity.records.file import Records, read
from parity.records.lines import Check
from tests.report import made

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def write(name: str, *checks: Check, **run: Any) -> Records:
    one = made.records(list(checks))
    one = Records(msgspec.structs.replace(one.run, **{"id": name, **run}), one.checks, one.end)
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(made.lines(one))
    return one


def parity(capsys: Captured, *words: str) -> tuple[int, str, str]:
    code = main(words)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def two_runs() -> None:
    write("old.jsonl", made.check("a"), made.failing("b", "torch"), made.check("c", ratio=0.2), made.check("d"))
    write(
        "new.jsonl",
        *(made.failing("a", "torch"), made.check("b"), made.check("c", ratio=0.7), made.check("e")),
        environment=msgspec.structs.replace(made.environment(), packages={"numpy": "2.4.6", "torch": "2.14.0"}),
    )


SENTENCE = "1 new failure, 1 fixed, 1 drifted, 1 vanished, 1 new check; torch 2.13.0+cpu -> 2.14.0"


def test_compare_prints_the_sentence_then_every_part(capsys: Captured) -> None:
    two_runs()
    code, out, err = parity(capsys, "compare", "old.jsonl", "new.jsonl")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == SENTENCE
    headings = [line for line in lines if line and not line.startswith(("  ", "run ")) and line != SENTENCE]
    assert headings == ["new failures", "fixed", "vanished", "new checks", "drifted", "environment"]
    for line in (
        "  b[torch]: pass 0.25, was value 2.5e+06",
        "  d on torch",
        "  e on torch",
        "  c[torch]: ratio 0.2 -> 0.7 (3.5 times)",
        "  torch: 2.13.0+cpu -> 2.14.0",
    ):
        assert line in lines
    assert any(line.startswith("  a[torch]: value 2.5e+06, was pass 0.25: conv2: ") for line in lines)


def test_compare_as_json_names_every_check(capsys: Captured) -> None:
    two_runs()
    code, out, _ = parity(capsys, "compare", "old.jsonl", "new.jsonl", "--json", "--fail-on", "new-failures")
    said = json.loads(out)
    assert code == 1
    assert said["sentence"] == SENTENCE
    assert {(c["kind"], c["check"]) for c in said["changes"]} == {
        ("new failure", "a[torch]"),
        ("fixed", "b[torch]"),
        ("vanished", "d[torch]"),
        ("new check", "e[torch]"),
    }
    assert said["changes"][0]["new"]["ending"] == "value"
    assert said["drift"] == [{"check": "c[torch]", "before": 0.2, "after": 0.7, "where": ""}]
    assert said["environment"] == [{"name": "torch", "before": "2.13.0+cpu", "after": "2.14.0", "shards": []}]
    assert said["counts"]["unchanged"] == 1
    assert said["tripped"] == ["new-failures: 1 new failure"]


def test_compare_as_markdown_and_into_a_file(capsys: Captured) -> None:
    two_runs()
    code, out, _ = parity(capsys, "compare", "old.jsonl", "new.jsonl", "--markdown")
    assert code == 0
    assert out.startswith("## parity: 1 new failure, 1 fixed")
    _, text, _ = parity(capsys, "compare", "old.jsonl", "new.jsonl", "--markdown", "-o", "s.md")
    assert Path("s.md").read_text() == out
    assert text.splitlines()[0] == SENTENCE


@pytest.mark.parametrize(
    ("gates", "code"),
    [
        ("new-failures", 1),
        ("drift", 1),
        ("environment", 1),
        ("fewer", 0),
        ("fewer,drift", 1),
    ],
)
def test_a_gate_that_trips_makes_the_exit_code_1_and_says_why(capsys: Captured, gates: str, code: int) -> None:
    two_runs()
    ended, _, err = parity(capsys, "compare", "old.jsonl", "new.jsonl", "--fail-on", gates)
    assert ended == code
    assert bool(err) == bool(code)
    for line in err.splitlines():
        assert re.fullmatch(rf"parity: error: ({gates.replace(',', '|')}): .+", line)


def test_a_shard_that_may_fail_trips_no_gate_but_is_reported(capsys: Captured) -> None:
    write("1/latest.jsonl", made.check("a"))
    write("2/latest.jsonl", made.check("a"))
    write("3/latest.jsonl", made.check("a"))
    write("4/latest.jsonl", made.failing("a", "torch"))
    parity(capsys, "merge", "newest=1/latest.jsonl", "prerelease=2/latest.jsonl", "-o", "old.jsonl")
    parity(capsys, "merge", "newest=3/latest.jsonl", "prerelease=4/latest.jsonl", "-o", "new.jsonl")
    gate = ("compare", "old.jsonl", "new.jsonl", "--fail-on", "new-failures,fewer,drift,environment")
    assert parity(capsys, *gate)[0] == 1
    code, out, err = parity(capsys, *gate, "--allow", "pre*")
    assert (code, err) == (0, "")
    assert out.startswith("1 new failure\n")
    assert parity(capsys, *gate, "--allow", "newest")[0] == 1


def test_the_factor_of_drift_is_taken_from_the_command_line(capsys: Captured) -> None:
    two_runs()
    gate = ("compare", "old.jsonl", "new.jsonl", "--fail-on", "drift")
    assert parity(capsys, *gate, "--drift", "3.4")[0] == 1
    assert parity(capsys, *gate, "--drift", "3.6")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fail-on", "new"), "'new' is no gate; there are new-failures, drift, fewer, environment"),
        (("--drift", "0.5"), "'0.5' must be a number of at least 1"),
        (("--drift", "nan"), "'nan' must be a number of at least 1"),
        (("--slower", "much"), "'much' must be a number of at least 1"),
        (("--json", "--markdown"), "not allowed with argument --json"),
        (("-o", "no/such/folder/x"), "no/such/folder/x: cannot be written: No such file or directory; name another"),
    ],
)
def test_what_compare_cannot_do_is_one_line_and_code_2(capsys: Captured, words: tuple[str, ...], said: str) -> None:
    two_runs()
    code, out, err = parity(capsys, "compare", "old.jsonl", "new.jsonl", *words)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert said in err


def test_a_file_of_a_newer_schema_is_refused_by_every_command(capsys: Captured) -> None:
    write("old.jsonl", made.check())
    Path("new.jsonl").write_text('{"type": "run", "schema": 99}\n')
    for words in (
        ("compare", "old.jsonl", "new.jsonl"),
        ("compare", "new.jsonl", "old.jsonl"),
        ("merge", "old.jsonl", "new.jsonl", "-o", "m.jsonl"),
        ("report", "new.jsonl"),
        ("report", "old.jsonl", "--baseline", "new.jsonl"),
    ):
        code, out, err = parity(capsys, *words)
        assert (code, out) == (2, "")
        assert "new.jsonl: has schema 99, this parity reads up to" in err
    assert sorted(path.name for path in Path().iterdir()) == ["new.jsonl", "old.jsonl"]


def test_the_help_tells_the_gates_and_the_factors_that_hold(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["compare", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    for gate in changes.GATES:
        assert f"{gate} (" in said
    assert f"though still under 1 ({changes.DRIFT})" in said
    assert f"and half a second ({changes.SLOWER})" in said
    assert changes.SLOWER_FLOOR == 0.5


def test_merge_makes_one_file_that_compare_and_report_take(capsys: Captured) -> None:
    write("oldest/latest.jsonl", made.check("a"), made.check("b"))
    write("newest/latest.jsonl", made.check("a"), made.failing("b", "torch"))
    files = ("oldest/latest.jsonl", "newest/latest.jsonl")
    code, out, err = parity(capsys, "merge", *files, "-o", "m.jsonl", "--history", "h.jsonl")
    assert (code, out, err) == (0, "m.jsonl: 4 checks of 2 shards\n", "")
    merged = read(Path("m.jsonl"))
    assert [shard.name for shard in merged.run.shards] == ["oldest", "newest"]
    assert merged.run.argv == ["parity", "merge", *files, "-o", "m.jsonl", "--history", "h.jsonl"]
    assert len(history.load(Path("h.jsonl"))) == 4
    assert parity(capsys, "report", "m.jsonl", "--baseline", "m.jsonl", "--history", "h.jsonl")[0] == 0
    page = Path("m.html").read_text()
    assert page.count("b[torch] (newest)") >= 1
    assert "(oldest)" in page
    parity(capsys, "merge", "x=oldest/latest.jsonl", "newest/latest.jsonl", "-o", "m.jsonl")
    assert [shard.name for shard in read(Path("m.jsonl")).run.shards] == ["x", "newest"]


def test_merge_refuses_what_would_double_or_lose_a_check_and_writes_nothing(capsys: Captured) -> None:
    write("a.jsonl", made.check("a"))
    write("b.jsonl", made.check("a"), id="a.jsonl")
    for words, said in (
        (("a.jsonl", "b.jsonl", "-o", "m.jsonl"), "b and a are both run a.jsonl; give each run once"),
        (("n=a.jsonl", "n=b.jsonl", "-o", "m.jsonl"), "two shards are called 'n'"),
        (("a.jsonl", "-o", "a.jsonl"), "a.jsonl: is to be merged and written; name another file with -o"),
        (("gone.jsonl", "-o", "m.jsonl"), "gone.jsonl: cannot be read: No such file"),
    ):
        before = Path("a.jsonl").read_bytes()
        code, out, err = parity(capsys, "merge", *words)
        assert (code, out) == (2, "")
        assert said in err
        assert not Path("m.jsonl").exists()
        assert Path("a.jsonl").read_bytes() == before


def test_report_writes_every_form_that_was_asked_for(capsys: Captured) -> None:
    two_runs()
    words = ("report", "new.jsonl", "--baseline", "old.jsonl", "--junit-xml", "j.xml", "--markdown", "s.md")
    code, out, err = parity(capsys, *words)
    assert (code, out, err) == (0, "new.html\n", "")
    assert len(ElementTree.parse("j.xml").getroot()[0]) == 4
    assert Path("s.md").read_text().startswith("## parity: 1 new failure, 1 fixed")
    headline = re.search(r"<h1[^>]*>(.*?)</h1>", Path("new.html").read_text(), re.DOTALL)
    assert headline is not None
    assert headline[1].startswith("1 new failure, 1 fixed")


@pytest.mark.parametrize(
    ("given", "words", "annotated"),
    [("true", (), True), ("", (), False), ("", ("--github",), True), ("true", ("--no-github",), False)],
)
def test_failures_are_annotated_on_github_actions_or_when_asked(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, given: str, words: tuple[str, ...], annotated: bool
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", given)
    two_runs()
    _, out, err = parity(capsys, "report", "new.jsonl", *words)
    assert out == "new.html\n"
    assert [line[:15] for line in err.splitlines()] == ["::error title=p"] * annotated


def test_report_takes_the_history_beside_the_file_and_refuses_one_that_is_not_there(capsys: Captured) -> None:
    one = write("r.jsonl", made.check("a"))
    parity(capsys, "report", "r.jsonl", "-o", "without.html")
    for n in range(3):
        run = msgspec.structs.replace(one.run, id=f"before-{n}", started=f"2026-01-0{n + 1}T00:00:00+00:00")
        history.append(Path(history.NAME), Records(run, [made.check("a", ratio=0.1 * n)], one.end))
    parity(capsys, "report", "r.jsonl", "-o", "beside.html")
    parity(capsys, "report", "r.jsonl", "-o", "named.html", "--history", history.NAME)
    assert Path("beside.html").read_bytes() == Path("named.html").read_bytes()
    assert Path("beside.html").read_bytes() != Path("without.html").read_bytes()
    code, _, err = parity(capsys, "report", "r.jsonl", "--history", "gone.jsonl")
    assert code == 2
    assert "gone.jsonl: there is no such file" in err


def test_a_file_that_cannot_be_written_is_told_with_the_option_that_named_it(capsys: Captured) -> None:
    two_runs()
    Path("folder").mkdir()
    for option in ("--markdown", "--junit-xml", "-o"):
        code, _, err = parity(capsys, "report", "new.jsonl", option, "folder")
        assert code == 2
        assert f"folder: cannot be written: Is a directory; name another file with {option}" in err
