"""Accuracy beside correctness: who is told, who is not, and where it is shown."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import msgspec
import pytest

from parity.records.accuracy import ABOVE, TIMES, Contrast, contrasts
from parity.records.file import Records
from parity.records.lines import Check, LayerFigure, ProbeFigure
from parity.records.shards import merge
from parity.records.verdict import STATUSES
from parity.report import markdown, terminal
from parity.report.html import render
from tests.report import made


def check(name: str, route: str, need: float | str | None, probe: str = "data", status: str = "pass") -> Check:
    figures = [ProbeFigure(probe=probe, status="pass", ratio=0.1, need=need)]  # type: ignore[arg-type]
    return made.check(name, route, status, need=need, probes=figures, layers=[])


def of(name: str, **needs: float) -> list[Check]:
    return [check(name, route.replace("_", ">"), need) for route, need in needs.items()]


def test_a_route_that_needs_ten_times_another_is_told_with_what_each_needs() -> None:
    assert contrasts(of("gelu/tail", torch=0.04, torch_ort=0.9, tensorflow=0.2)) == [
        Contrast("gelu", "gelu/tail", None, (("torch>ort", 0.9), ("tensorflow", 0.2), ("torch", 0.04)))
    ]


@pytest.mark.parametrize(
    ("needs", "told"),
    [
        ({"torch": 1.0, "tensorflow": 0.1}, True),
        ({"torch": 0.99, "tensorflow": 0.1}, False),  # not ten times
        ({"torch": ABOVE, "tensorflow": 0.0}, False),  # not above
        ({"torch": ABOVE + 0.01, "tensorflow": 0.0}, True),  # nothing is needed where every bit is right
        ({"torch": 2.0}, False),  # nobody to compare with
    ],
)
def test_the_limits(needs: dict[str, float], told: bool) -> None:
    assert bool(contrasts(of("a/x", **needs))) is told
    assert TIMES == 10


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "pass"])
def test_what_did_not_pass_is_told_elsewhere(status: str) -> None:
    assert contrasts([check("a", "torch", 2.0, status=status), check("a", "tensorflow", 0.1)]) == []


@pytest.mark.parametrize("need", [None, "NaN", "Infinity"])
def test_what_has_no_figure_is_not_compared(need: str | None) -> None:
    assert contrasts([check("a", "torch", need), check("a", "tensorflow", 2.0), check("a", "torch>ort", 1.0)]) == []


def test_how_often_it_drops_is_no_accuracy() -> None:
    assert contrasts([check("dropout/x", "torch", 2.0, "draws"), check("dropout/x", "tensorflow", 0.1)]) == []


def test_a_layer_inside_a_network_counts() -> None:
    layer = LayerFigure(node="gelu1", layer="GELU()", shape=[1], status="pass", ratio=0.3, need=0.9)
    inner = msgspec.structs.replace(check("net", "tensorflow", 0.05), layers=[layer])
    assert [one.route for one in contrasts([check("net", "torch", 0.05), inner])] == ["tensorflow"]


def test_one_line_for_a_family_and_route_the_worst_case_of_each_first() -> None:
    checks = [
        *of("pool/a", torch=0.01, tensorflow=0.4),
        *of("pool/b", torch=0.02, tensorflow=0.8),
        *of("pool/c", torch=0.9, tensorflow=0.05),
        *of("norm/a", torch=0.05, tensorflow=1.7),
    ]
    assert [(one.case, one.route, one.cases) for one in contrasts(checks)] == [
        ("norm/a", "tensorflow", 1),
        ("pool/c", "torch", 1),
        ("pool/b", "tensorflow", 2),
    ]


def test_shards_are_not_compared_with_each_other() -> None:
    def run(name: str, checks: list[Check]) -> Records:
        records = made.records(checks)
        return replace(records, run=msgspec.structs.replace(records.run, id=name))

    slow, fast = (run(str(need), [check("a", "torch", need)]) for need in (2.0, 0.1))
    assert contrasts(merge([("old", slow), ("new", fast)], []).checks) == []
    both = run("both", of("a", torch=2.0, tensorflow=0.1))
    merged = merge([("old", fast), ("new", both)], [])
    assert [one.shard for one in contrasts(merged.checks)] == [1]
    assert "Accuracy beside correctness" in render(merged)


def test_the_terminal_markdown_and_report_show_it() -> None:
    records = made.records([*of("pool/a", torch=0.012, tensorflow=0.42), *of("pool/b", torch=0.01, tensorflow=0.4)])
    line = "pool/a and 1 like it: tensorflow 0.42, torch 0.012"
    assert f"  {line}" in [shown.text for shown in terminal.result(records.checks, 3.0)]
    assert line in unescape(markdown.summary(records))
    page = render(records)
    assert "Accuracy beside correctness" in page
    assert '<td class="nu">1</td><td class="nu">0.42</td><td class="nu">0.012</td>' in page


def test_routes_that_need_the_same_are_said_together() -> None:
    checks = of("tanh/x", torch=0.0, torch_ort=0.48, tensorflow_ort=0.4801)
    assert terminal.accuracy(checks) == ["tanh/x: tensorflow>ort = torch>ort 0.48, torch 0"]


def test_where_all_are_alike_nothing_is_said() -> None:
    records = made.records(of("a/x", torch=0.5, tensorflow=0.4))
    for said in (markdown.summary(records), render(records), str(terminal.result(records.checks, 3.0))):
        assert "ccuracy" not in said
