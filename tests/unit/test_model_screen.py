"""What a check of a model says on one screen, and what its document keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import msgspec
import numpy as np
import pytest

from parity.records.model import (
    Finding,
    ModelCheck,
    Operator,
    OutputFigure,
    RouteFigure,
    Source,
    Unjudged,
    encode,
)
from parity.report.model import screen
from parity.running.models.document import overall
from parity.running.models.ready import source_of
from parity.running.values import Values, write
from tests.report.made_model import answer, check, failing, graph


def text(found: ModelCheck) -> str:
    return "\n".join(line.text for line in screen(found))


def test_a_screen_answers_in_the_order_of_the_questions() -> None:
    said = text(check(**failing()))
    order = [
        "FAIL  net.onnx",
        "honestly rounded?",
        "too far",
        "born in",
        "net.py:7",
        "x = self.conv(x)",
        "whose",
        "repeat    parity",
    ]
    places = [said.index(word) for word in order]
    assert places == sorted(places)
    assert "at [0, 1, 2, 3]: expected 1.5, got 1.75, allowed 1e-06" in said
    assert "3 of 144 elements" in said


def test_ten_operators_close_the_screen_the_worst_first() -> None:
    lines = text(check()).splitlines()
    at = next(i for i, line in enumerate(lines) if "worst operators" in line)
    names = [line.split()[0] for line in lines[at + 1 :]]
    assert names == ["c", "r13", "r12", "r11", "r10", "r9", "r8", "r7", "r6", "r5"]
    assert "net.py:7" in lines[at + 1]


def test_only_a_check_whose_every_route_passes_is_green() -> None:
    assert screen(check())[0].style == "good"
    idle = RouteFigure(
        name="reference", runtime="reference", optimises=False, status="not run", reason="it is not here"
    )
    partly = check(routes=[*check().routes, idle])
    assert screen(partly)[0].style == "warn"
    assert screen(partly)[0].text == "PASS  net.onnx: of 3 routes 2 pass, 1 not run"
    assert "it is not here" in text(partly)
    assert screen(check(**failing()))[0].style == "bad"
    assert screen(check(status="not judged"))[0].style == "warn"
    assert screen(check(status="crash"))[0].style == "bad"


def test_what_was_not_judged_is_told_by_name_and_count_and_its_ratios_bear_a_star() -> None:
    partly = RouteFigure(
        name="ort", runtime="ort", optimises=True, status="not judged", answers=(answer(None), answer(0.5))
    )
    said = text(
        check(routes=[partly], graphs=[graph(unjudged=(Unjudged(kind="Loop", count=2, reason="no rule for Loop"),))])
    )
    assert "unjudged  2 Loop: no rule for Loop" in said
    assert "0.5*" in said
    none = RouteFigure(name="ort", runtime="ort", optimises=True, status="not judged", answers=(answer(None),))
    assert "not judged  " in text(check(routes=[none]))


def test_routes_that_do_not_pass_say_why_in_full_and_those_of_one_reason_together() -> None:
    why = "running in ort: " + "a long story " * 15
    lost = [RouteFigure(name=name, runtime="ort", optimises=False, status="error", reason=why) for name in ("a", "b")]
    lines = text(check(routes=lost, status="error")).splitlines()
    assert [line for line in lines if "long story" in line] == [f"  a, b error: {' '.join(why.split())}"]


def test_of_several_outputs_the_worst_has_the_line_of_figures_and_it_is_said_of_how_many() -> None:
    def output(i: int) -> OutputFigure:
        first = answer(0.5).outputs[0]
        assert first.familiar is not None
        beside = msgspec.structs.replace(first.familiar, decibels=140.0 - (i == 3))
        return msgspec.structs.replace(first, name=f"y{i}", familiar=beside)

    many = msgspec.structs.replace(answer(0.5), outputs=tuple(map(output, range(5))))
    route = RouteFigure(name="ort", runtime="ort", optimises=True, status="pass", answers=(many,))
    said = text(check(routes=[route]))
    assert "ort, y3 beside the oracle" in said
    assert "top-5 90%; the worst of 5 outputs" in said


def test_the_familiar_figures_stand_beside_and_name_what_they_are_against() -> None:
    said = text(check())
    assert (
        "ort, y beside the oracle: largest difference 1e-07, relative 2e-06, cosine 1, 140 dB, top-1 100%, top-5 90%"
        in said
    )


def test_nothing_a_file_says_can_steer_a_terminal() -> None:
    evil = Operator(
        kind="Conv\x1b[2J", name="a\nb\x1b", module="m\r", source=Source(file="f\x1b", line=1, text="\x1b[0m")
    )
    said = text(
        check(
            graphs=[graph(operators=(evil,) * 15)],
            model="net\x1b.onnx",
            **{k: v for k, v in failing().items() if k != "routes"},
        )
    )
    assert "\x1b" not in said
    assert "\r" not in said


def test_the_document_is_read_back_as_it_was_written() -> None:
    found = check(**failing())
    assert msgspec.json.decode(encode(found), type=ModelCheck) == found


@pytest.mark.parametrize(
    ("statuses", "ended"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "unsupported", "not run"], "pass"),
        (["pass", "not judged"], "not judged"),
        (["crash", "not judged"], "crash"),
        (["fail", "crash"], "fail"),
        (["unsupported", "not run"], "unsupported"),
        (["not run"], "not run"),
    ],
)
def test_how_a_check_ends_follows_from_its_routes(statuses: Any, ended: str) -> None:
    routes = [RouteFigure(name="r", runtime="r", optimises=False, status=status) for status in statuses]
    assert overall(routes, [], []) == ended


def test_a_finding_is_a_failure_whatever_the_routes_say() -> None:
    assert overall(check().routes, [], [Finding(routes=["ort"], inputs="drawn", what="it changes")]) == "fail"


@pytest.mark.parametrize(
    ("trace", "source"),
    [
        ("", None),
        (
            'File "/home/me/net.py", line 12, in forward\n    x = self.block(x)\n'
            '  File "/home/me/block.py", line 4, in forward\n    return self.conv(x)\n'
            '  File "/v/lib/python3.11/site-packages/torch/nn/conv.py", line 5, in forward\n    return F.conv2d(x)',
            Source(file="/home/me/block.py", line=4, text="return self.conv(x)"),
        ),
        ('File "/v/lib/python3.11/site-packages/torch/a.py", line 5, in f\n    g()', None),
        ('File "net.py", line 3, in f', Source(file="net.py", line=3)),
        ('File "net.py", line x, in f\n    g()', None),
    ],
)
def test_the_line_of_a_person_s_own_code_is_the_innermost_outside_of_packages(
    trace: str, source: Source | None
) -> None:
    assert source_of(trace) == source


def test_arrays_come_back_by_their_names_whatever_names_and_types_they_have(tmp_path: Path) -> None:
    arrays = {
        "/a/b:0": np.ones((2, 0, 3), np.float32),
        "..": np.asarray(True),
        "half": np.arange(6, dtype=np.float32).astype(ml_dtypes.bfloat16).reshape(2, 3),
        "one": np.asarray(2.5, np.float32).astype(ml_dtypes.bfloat16),
        "text": np.array(["a", "bc"]),
    }
    write(tmp_path / "v.npz", arrays)
    found = Values(tmp_path / "v.npz")
    assert list(found) == [*arrays]
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert np.array_equal(found[name], array)
    assert "none" not in found
