"""A share of the benchmark of honest runs: nothing that is drawn is refused, and a planted slip is."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.false_alarms import IMAGES, How, checks, draw, torch_runs, whole

pytest.importorskip("torch", reason="the runs are torch's and ONNX Runtime's")
pytest.importorskip("onnxruntime", reason="the runs are torch's and ONNX Runtime's")

DRAWS = range(20_000, 20_120)  #: beyond those of the committed run
CPU = How("cpu", "off")
ROUTES = ("torch", "half", "ort", "ort-plain")


def test_no_honest_run_that_is_drawn_is_refused() -> None:
    import torch

    with torch.no_grad():
        refused = [
            (number, route, what, comparison.kind)
            for number in DRAWS
            for route, what, (comparison, _) in checks(draw(0, number), ROUTES, number, CPU)
            if comparison.kind is not None
        ]
    assert refused == []


def test_what_is_drawn_is_of_every_kind_and_the_same_each_time() -> None:
    drawn = [draw(0, number) for number in DRAWS]
    assert {d.image for d in drawn} == set(IMAGES)
    assert len({type(node.layer).__name__ for d in drawn for node in d.case.network.nodes}) >= 10
    again = draw(0, DRAWS[0])
    np.testing.assert_array_equal(again.x, drawn[0].x)


def test_an_answer_that_is_off_by_a_thousandth_is_refused_by_the_same_judge() -> None:
    import torch

    refused = 0
    for number in list(DRAWS)[:30]:
        drawn = draw(0, number)
        if drawn.image != "normal" or drawn.case.mean:
            continue
        with torch.no_grad():
            (y,) = torch_runs(drawn, 1, CPU)[0](drawn.x)
        refused += whole(drawn, CPU)(y * np.float32(1.001))[0].kind is not None
    assert refused >= 1
