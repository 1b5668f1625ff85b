"""A run as Markdown, as JUnit XML and as annotations: complete, bounded, and nothing but text."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.records import changes, shards
from parity.records.file import Records
from parity.records.lines import Check
from parity.records.wording import count, outcome
from parity.report import github, junit, markdown
from tests.report import made

NASTY = "a|b `c` *d* _e_ [f](javascript:x) <img src=x> &amp; # g\n\n# h\n- i\n::error::j %0A \x1b[31m \ud83d\ude00 $k$ ~~l~~ @m \\n"


def many(count: int, text: str = "x" * 3000) -> Records:
    """A run of failures, each for a reason of its own."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = [f"{letters[n // 676 % 26]}{letters[n // 26 % 26]}{letters[n % 26]}{text}" for n in range(count)]
    return made.records([made.check(name, status="error", reason=name, repeat=f"parity run {name}") for name in names])


def compared(old: list[Check], new: list[Check]) -> tuple[Records, changes.Comparison]:
    records = made.records(new)
    return records, changes.compare(made.records(old), records)


def test_the_summary_says_how_it_went_and_groups_failures_worst_first() -> None:
    said = markdown.summary(made.records())
    counts, not_run = count(made.every_ending())
    assert unescape(said).startswith(f"## parity: {outcome(counts, not_run)}")
    titles = [unescape(line) for line in said.splitlines() if line.startswith("#### ")]
    assert [title.split()[1].rstrip(":") for title in titles] == [
        "crash",
        "timeout",
        "error",
        "shape",
        "value",
        "stale",
    ]
    assert re.search(r"<details><summary>\d+ other checks? like it</summary>", said)
    for heading in ("Families", "Known", "Unsupported", "Not run", "Environment"):
        assert f"### {heading}\n" in said


def test_a_green_run_has_no_failures_to_show() -> None:
    said = markdown.summary(made.records([made.check()]))
    assert said.startswith("## parity: 1 passed, 0 failed")
    assert "####" not in said


def test_a_run_that_did_not_finish_says_so_and_why() -> None:
    assert "**This run did not finish: interrupted.**" in markdown.summary(
        made.records(finished=False, reason="interrupted")
    )
    one = made.records()
    assert "it was cut off" in markdown.summary(Records(one.run, one.checks, None))


def test_what_changed_comes_first_where_there_is_a_baseline() -> None:
    records, found = compared([made.check("a"), made.check("gone")], [made.failing("a", "torch")])
    said = markdown.summary(records, found)
    assert said.startswith("## parity: 1 new failure, 1 vanished\n")
    assert said.index("### New failures") < said.index("### Vanished") < said.index("### Failures by cause")
    assert markdown.comparison(found).splitlines()[0] == said.splitlines()[0]


@pytest.mark.parametrize("text", ["x" * 3000, "<&>" * 1000, "\N{GRINNING FACE}" * 3000, "| # ` \n" * 500])
def test_the_summary_stays_under_what_github_takes_however_much_there_is_to_say(text: str) -> None:
    records = many(1500, text)
    said = markdown.summary(records, changes.compare(made.records([]), records))
    assert len(said.encode()) <= markdown.LIMIT < 2**20
    assert "more group" in said or "had no room" in said
    shown = markdown.comparison(changes.compare(made.records([]), records))
    assert len(shown.encode()) <= markdown.LIMIT


def test_a_summary_without_room_counts_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "LIMIT", 3000)
    said = markdown.summary(many(30, "x" * 100))
    assert len(said.encode()) <= 3000
    assert re.search(r"\d+ parts of this summary had no room; all is in the report\.\n$", said)


def test_in_markdown_what_a_record_says_is_nothing_but_text() -> None:
    checks = [
        made.failing(NASTY, "torch"),
        made.check(f"b/{NASTY}", status="error", reason=NASTY),
        made.check("c", status="not run", reason=NASTY),
    ]
    records, found = compared([made.check(f"d{NASTY}")], checks)
    for said in (markdown.summary(records, found), markdown.comparison(found)):
        tags = set(re.findall(r"<[^>]*>", said))
        assert tags <= {"<code>", "</code>", "<pre>", "</pre>", "<details>", "</details>", "<summary>", "</summary>"}
        bare = re.sub(r"</?(code|pre|details|summary)>|&#\d+;", "", said)
        assert not set("<>`*_[]|~$@\\&\x1b") & set(bare.replace("**", ""))
        assert not [line for line in said.splitlines() if line.startswith(("# h", "- i", "::"))]


def test_junit_has_a_test_case_for_every_check_and_counts_them() -> None:
    records = made.records()
    root = ElementTree.fromstring(junit.junit(records))
    (suite,) = root
    assert suite.attrib["name"] == "parity"
    counts = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    statuses = [check.status for check in records.checks]
    assert counts == {
        "tests": len(statuses),
        "failures": statuses.count("fail") + statuses.count("stale"),
        "errors": statuses.count("error") + statuses.count("crash") + statuses.count("timeout"),
        "skipped": statuses.count("known") + statuses.count("unsupported") + statuses.count("not run"),
    }
    assert [case.attrib["name"] for case in suite] == [check.id for check in records.checks]
    tags = {case.attrib["name"]: next((child.tag for child in case), "") for case in suite}
    shown = {check.id: check.status for check in records.checks}
    expected = {"pass": "", "fail": "failure", "stale": "failure", "known": "skipped", "unsupported": "skipped", "not run": "skipped"}  # fmt: skip
    assert tags == {name: expected.get(status, "error") for name, status in shown.items()}


def test_junit_says_of_a_failure_what_the_terminal_says() -> None:
    root = ElementTree.fromstring(junit.junit(made.records([made.failing(), made.check("net", "torch")])))
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.attrib["type"] == "parity.value"
    assert failure.text is not None
    assert failure.text.startswith("FAIL  net[torch>ort]\n")
    assert "repeat    parity run 'net[torch>ort]' --seed 7" in failure.text
    assert root[0][0].attrib == {"classname": "parity.net", "name": "net[torch>ort]", "time": "0.012"}


def test_junit_has_a_suite_for_each_shard() -> None:
    one = made.records([made.check()])
    other = Records(msgspec.structs.replace(one.run, id="r2"), [made.failing()], one.end)
    root = ElementTree.fromstring(junit.junit(shards.merge([("a", one), ("b", other)], [])))
    assert [(s.attrib["name"], s[0].attrib["name"]) for s in root] == [
        ("parity a", "conv2d/k3[torch] (a)"),
        ("parity b", "net[torch>ort] (b)"),
    ]


@given(st.text())
def test_junit_is_xml_whatever_a_record_says(text: str) -> None:
    checks = [
        made.check(text, status="error", reason=text, notes=[text]),
        made.check("b", status="unsupported", reason=text),
    ]
    root = ElementTree.fromstring(junit.junit(made.records(checks)))
    assert len(root[0]) == 2


def test_junit_writes_what_xml_cannot_say_as_its_number() -> None:
    said = junit.junit(made.records([made.check("a\x1bb\x00c\ufffe", status="unsupported", reason="r")]))
    assert "a#x1Bb#x00c#xFFFE[torch]" in said


def undone(line: str) -> tuple[str, str]:
    """Title and message as the runner reads them (its ActionCommand): the percent sign last."""
    matched = re.fullmatch(r"::error title=([^:,\n\r]*)::([^\n\r]*)", line)
    assert matched is not None, line
    title, message = matched.groups()
    for sign, code in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        title = title.replace(code, sign)
        message = message.replace(code, sign) if sign not in ":," else message
    return title, message


def test_each_group_of_failures_is_one_annotation_with_the_command_that_repeats_it() -> None:
    said = [
        undone(line)
        for line in github.commands(
            made.records([made.failing(), made.failing("other"), made.check("b", status="crash", reason="r")])
        )
    ]
    assert len(said) == 2
    title, message = said[1]
    assert title == "parity: value in Conv2D, torch>ort"
    assert message.startswith("net[torch>ort] and 1 other check: conv2: </script>")
    assert message.splitlines()[1] == "repeat: parity run 'net[torch>ort]' --seed 7"


def test_only_the_ten_worst_groups_are_annotated_and_the_last_counts_the_rest() -> None:
    said = github.commands(many(25, ""))
    assert len(said) == 10
    assert undone(said[-1])[1].splitlines()[-1] == "15 more groups of failures, all of them in the report"
    assert github.commands(made.records([made.check()])) == []


def test_new_failures_are_annotated_before_old_ones() -> None:
    records = many(25, "")
    new = records.checks[-1]
    assert undone(github.commands(records, {new.id})[0])[1].startswith(new.id)


@given(st.text(max_size=60))  # what is longer is cut, and its end lost
def test_an_annotation_is_one_line_that_the_runner_reads_back(text: str) -> None:
    checks = [made.check(f"{text}%0A,:", status="error", reason=f"%3A{text}::", repeat=text)]
    for line in github.commands(made.records(checks)):
        assert len(line.splitlines()) == 1
        title, message = undone(line)
        assert title.startswith("parity: error: %")
        assert "%0A,:[torch]" in message
