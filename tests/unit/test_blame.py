"""Whose a failure is, from what the other routes of the case say."""

from __future__ import annotations

from typing import Any

from parity.judging.blame import whose
from parity.records.lines import Check, Failure, LayerFigure


def check(route: str, status: Any = "pass", kind: Any = "value", born: str | None = "conv", **more: Any) -> Check:
    failure = Failure(kind=kind, message="m", where=born or "output", born=born) if status == "fail" else None
    layer = LayerFigure(node="conv", layer="Conv2D", shape=[1], status="fail" if born and status == "fail" else "pass")
    return Check(case="c", route=route, device="cpu", status=status, failure=failure, **{"layers": [layer], **more})


def test_a_framework_alone_against_the_oracle_is_its_own() -> None:
    failed = check("torch", "fail")
    assert whose(failed, [failed, check("tensorflow")]).startswith("torch, or how the case is spelled in it")


def test_no_framework_agreeing_with_the_oracle_points_at_the_case() -> None:
    failed = check("torch", "fail")
    assert whose(failed, [failed, check("tensorflow", "fail")]).startswith("the case or its oracle")


def test_an_export_that_repeats_its_framework_is_the_framework_s() -> None:
    failed = check("torchscript>ort", "fail")
    assert whose(failed, [failed, check("torch", "fail")]).startswith("torch: its own run differs in the same way")


def test_two_runtimes_agreeing_on_a_wrong_file_convict_the_exporter() -> None:
    failed = check("torch>ort", "fail")
    assert whose(failed, [failed, check("torch"), check("torch>reference", "fail")]).startswith("the exporter")


def test_a_witness_that_agrees_with_the_oracle_leaves_the_runtime() -> None:
    failed = check("torch>ort", "fail")
    assert whose(failed, [failed, check("torch"), check("torch>reference")]).startswith("the runtime: ")


def test_right_layers_under_a_wrong_output_leave_the_optimiser() -> None:
    failed = check("torch>ort", "fail", born=None)
    assert whose(failed, [failed, check("torch"), check("torch>reference")]).startswith("the runtime's graph optimiser")


def test_a_refused_file_is_the_exporter_s() -> None:
    refused = Failure(kind="onnx-invalid", message="m")
    failed = Check(case="c", route="torch>ort", device="cpu", status="fail", failure=refused)
    assert whose(failed, [failed]).startswith("the exporter: the file it wrote is refused")


def test_without_a_witness_nothing_is_said() -> None:
    failed = check("torch>ort", "fail")
    assert whose(failed, [failed]) == ""
    assert whose(check("torch>ort"), []) == ""
    elsewhere = Check(case="another", route="torch>reference", device="cpu", status="pass")
    assert whose(failed, [failed, elsewhere]) == ""
