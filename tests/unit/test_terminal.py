"""What a run says: failures a screen each, the table, and a last line that counts everything."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.records import wording
from parity.records.lines import Check, number
from parity.records.verdict import KINDS, STATUSES, Kind, Status
from parity.report import terminal
from tests.report import made

checks = st.lists(
    st.builds(
        made.check,
        name=st.sampled_from(["a/x", "a/y", "b", "c/z"]),
        route=st.sampled_from(["torch", "torch>ort"]),
        status=st.sampled_from(STATUSES),
        reason=st.text(max_size=20),
        ratio=st.none() | st.floats().map(number),
    ),
    max_size=20,
)


def text(lines: list[terminal.Text]) -> str:
    return "\n".join(line.text for line in lines)


def test_every_status_and_kind_has_its_words() -> None:
    assert set(wording.COUNTED) == set(wording.MEANINGS) == set(get_args(Status)) == set(STATUSES)
    assert set(KINDS) == set(get_args(Kind))
    for end in (*STATUSES, *KINDS):
        assert wording.meaning(end)


def test_the_last_line_counts_what_did_not_run_with_the_reasons() -> None:
    idle = [made.check("a", "torch@cuda", "not run", reason="no cuda device")] * 2
    idle += [made.check("b", "torch", "not run", reason="interrupted\nby\x1b[2Jhand")]
    line = terminal.last_line([made.check(), *idle])
    assert line.text == (
        "1 passed, 0 failed, 0 known, 0 unsupported, 3 not run (2 no cuda device, 1 interrupted by [2Jhand)"
    )
    assert line.style == "warn"


@given(checks)
def test_the_last_line_counts_every_check_once(some: list[Check]) -> None:
    said = terminal.last_line(some).text.split(" (")[0]
    assert sum(int(part.split()[0]) for part in said.split(", ")) == len(some)
    for word in ("passed", "failed", "known", "unsupported", "not run"):
        assert word in said


@given(checks)
def test_nothing_that_is_printed_can_steer_a_terminal(some: list[Check]) -> None:
    for line in [*terminal.result(some, 3.0), terminal.last_line(some)]:
        assert line.text == "" or line.text.isprintable()


@given(checks)
def test_every_failure_is_named(some: list[Check]) -> None:
    shown = text(terminal.result(some, 3.0))
    for check in wording.bad(some):
        assert check.id in shown


def test_a_screen_says_what_how_bad_where_born_in_and_how_to_repeat() -> None:
    failed = made.failing()
    shown = [line.text for line in terminal.screen(failed, [failed, made.check("net", "torch")], 3.0)]
    assert shown[0] == "FAIL  net[torch>ort]"
    assert "  how bad   2.5e+06 times what is allowed; needs lambda 7.5e+06, the gate is 3" in shown
    assert "            3 of 1,728 elements" in shown
    assert "  where     data probe, conv2 at n=0 c=3 h=1 w=2" in shown
    assert "            expected 1.25, got 1.5, allowed 1e-07, off by 2.1e+06 ulps" in shown
    assert "  born in   conv2, Conv2D(3, 8, 3), ratio 2.5e+06; what comes before it stays within 0.4" in shown
    assert "  matches   TF32: its rounding would allow this" in shown
    assert "  arrays    20260131T120000Z-4242/arrays/net.npz, in the report folder" in shown
    assert shown[-1] == "  repeat    parity run 'net[torch>ort]' --seed 7"


def test_a_failure_that_no_layer_alone_shows_says_so() -> None:
    failed = made.failing()
    assert failed.failure is not None
    whole = made.failing(failure=failed.failure.__class__(kind="value", message="m", where="output"))
    assert "born in   no layer: each one stays within its bound" in text(terminal.screen(whole, [], 3.0))


def test_a_screen_fits_a_screen_even_with_a_long_traceback() -> None:
    failed = made.failing(notes=["\n".join(f"line {n}" for n in range(500))])
    shown = terminal.screen(failed, [], 3.0)
    assert len(shown) < 30
    assert "line 0" in text(shown)
    assert "line 499" in text(shown)


def test_failures_of_one_case_that_ended_alike_are_one_screen() -> None:
    routes = ["torch", "torch>ort", "torchscript>ort"]
    shown = [line.text for line in terminal.result([made.failing(route=r) for r in routes], 3.0)]
    assert sum(line.startswith("FAIL  ") for line in shown) == 1
    also = shown[next(i for i, line in enumerate(shown) if line.startswith("  also")) :][:2]
    assert [word for line in also for word in line.split() if "[" in word] == [f"net[{route}]" for route in routes[1:]]


def test_failures_of_one_cause_are_one_screen_that_counts_what_it_does_not_name() -> None:
    shown = [line.text for line in terminal.result([made.failing(f"net{n}") for n in range(40)], 3.0)]
    assert sum(line.startswith("FAIL  ") for line in shown) == 1
    assert sum("conv2:" in line and "[torch>ort]" in line for line in shown) == 9
    assert "            and 30 more like it, in the report" in shown


def test_ten_causes_are_shown_in_full_and_the_rest_a_line_each() -> None:
    many = [
        made.failing(
            f"net{n}", ratio=float(n), layers=[made.layer("conv2", float(n), layer=f"Layer{'abcdefghijkl'[n]}(3)")]
        )
        for n in range(12)
    ]
    shown = [line.text for line in terminal.result(many, 3.0)]
    full = [
        line.split()[1]
        for line in shown
        if line.startswith("FAIL  ") and not line.endswith("...") and "conv2:" not in line
    ]
    assert full == [f"net{n}[torch>ort]" for n in range(11, 1, -1)]
    at = shown.index("2 more causes, each in full in the report:")
    assert [line.split()[1] for line in shown[at + 1 : at + 3]] == ["net1[torch>ort]", "net0[torch>ort]"]


def test_the_worst_come_first_deaths_before_structure_before_numbers() -> None:
    some = [
        made.failing("a", ratio=2.0),
        made.failing("b", ratio=9.0),
        made.failing("c", ratio="NaN"),
        made.failing("d", kind="nan"),
        made.failing("e", kind="shape"),
        made.check("f", status="stale", reason="r"),
        made.check("g", status="error", reason="r"),
        made.check("h", status="crash", reason="r"),
        made.check("i"),
    ]
    assert [check.case for check in wording.bad(some)] == ["h", "g", "e", "d", "c", "b", "a", "f"]


def test_the_table_of_families_counts_and_shows_the_worst_passing_ratio() -> None:
    some = [made.check("a/x", ratio=0.2), made.check("a/y", ratio=0.9), made.failing("a/z"), made.check("b")]
    assert [line.text for line in terminal.families(some)] == [
        "family  checks  pass  bad  known  unsupported  not run  worst passed",
        "a            3     2    1      0            0        0           0.9",
        "b            1     1    0      0            0        0          0.25",
    ]


@pytest.mark.parametrize(("spelled", "said"), [(None, "-"), ("NaN", "NaN"), (0.0, "0"), (0.123456, "0.123"), (1.23e-9, "1.23e-09")])  # fmt: skip
def test_figures_are_short(spelled: Any, said: str) -> None:
    assert wording.figure(spelled) == said
