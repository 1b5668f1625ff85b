"""Whose a failure is, from what the other routes of the case say: each rule by a table of records, and when to be silent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from parity.judging.blame import whose
from parity.judging.likeness import MARGIN, most_apart
from parity.records.lines import Check, Failure, Place, ProbeFigure, Sketch
from parity.records.verdict import Kind

SUMS = [9e4, -7e4, 5e4, 3e4, -9e4, 1e4, -2e4, 6e4]
A = Sketch(elements=40, sums=SUMS)
B = Sketch(elements=40, sums=[-2e4, 8e4, 4e4, -6e4, 1e4, 7e4, -5e4, 3e4])
FOURFOLD = Sketch(elements=40, sums=[4 * total for total in SUMS])
ENDED = {"error", "crash", "timeout", "unsupported"}
FRAMEWORKS = {"torchscript": "torch", "another": "torch"}  #: where an exporter's label is not what it exports from


def wrong(sketch: Sketch | None = A, kind: Kind = "value", **more: Any) -> Failure:
    """A judged failure that is far from its bound."""
    place = Place(index={"n": 0}, expected=1.0, got=2.0, allowed=1e-6, ulps=1e6)
    return Failure(**{"kind": kind, "message": "conv: m", "probe": "data", "where": "conv", "born": "conv"} | {"place": place, "sketch": sketch} | more)  # fmt: skip


def refused(inferred: Any = None, values: Failure | None = None) -> Failure:
    """The failure of a file that is refused, with wrong answers behind it or without."""
    said = "shipped.onnx: m"
    if values is None:
        return Failure(kind="onnx-invalid", message=said, refused=said, inferred=inferred)
    return msgspec.structs.replace(values, kind="onnx-invalid", refused=said, inferred=inferred, values=values.kind)


def check(route: str, ended: Any = "pass", reason: str = "why", **more: Any) -> Check:
    """A check that passed; failed (a Failure); or ended without a judgement (a status), with its reason."""
    base = route.partition("+")[0].partition("@")[0]
    source = base.partition(">")[0]
    given: dict[str, Any] = {"framework": FRAMEWORKS.get(source, source), "reason": reason}
    status = "fail" if isinstance(ended, Failure) else ended
    if isinstance(ended, Failure):
        given["failure"] = ended
    if ">" in base:
        given["exporter"] = {"torch": "dynamo", "tensorflow": "tf2onnx"}.get(source, source)
    if status in ENDED:
        given["step"] = "run"
    else:
        given["probes"] = [ProbeFigure(probe="data", status="pass" if status == "pass" else "fail")]
    given["device"] = route.partition("+")[0].partition("@")[2] or "cpu"
    return Check(**{"case": "c", "route": route, "status": status, **given, **more})


def said(failed: Check, *others: Check) -> str:
    return whose(failed, [failed, *others])


PASS_ALL = (check("torch"), check("torch>reference"), check("tensorflow"), check("definition>reference"))

#: rule -> (the failed check, the others, how the sentence begins)
NAMED: dict[str, tuple[Check, tuple[Check, ...], str]] = {
    # the framework's own run
    "a framework alone against the oracle": (
        check("torch", wrong()), (check("tensorflow"),), "torch, or how the case is spelled in it: tensorflow agrees"),
    "a framework whose own export is right": (
        check("torch", wrong()), (check("torchscript>ort"),), "torch, or how the case is spelled in it: torchscript>ort agrees"),
    "a device whose framework is right on another": (
        check("torch@cuda", wrong()), (check("torch"),), "torch@cuda, or how the case is spelled in it: torch agrees"),
    "all frameworks wrong alike, the evaluator on an export right": (
        check("tensorflow", wrong()), (check("torch", wrong()), check("torch>reference")), "tensorflow, or how the case is spelled in it: torch>reference"),
    "all frameworks wrong alike, nobody right": (
        check("torch", wrong()), (check("tensorflow", wrong()), check("torch>ort", wrong()), check("definition>reference")), "the case or its oracle: no framework"),
    "a framework and the oracle's own graph wrong alike": (
        check("torch", wrong()), (check("definition>reference", wrong()),), "the case or its oracle: definition>reference runs its own graph"),
    "the oracle's own graph and all frameworks wrong alike": (
        check("definition>ort", wrong()), (check("torch", wrong()), check("tensorflow", wrong())), "the case or its oracle: torch differs"),
    "an export that repeats its framework": (
        check("torch>ort", wrong()), (check("torch", wrong()),), "torch, or how the case is spelled in it: its own run differs in the same way"),
    "an export that repeats its framework, by another label": (
        check("another>ort", wrong()), (check("torch", wrong()),), "torch, or how the case is spelled in it: its own run differs in the same way"),
    "an export that repeats what no framework agrees with": (
        check("torch>ort", wrong()), (check("torch", wrong()), check("tensorflow", wrong())), "the case or its oracle"),
    # the definition's file in the same runtime
    "a runtime that is wrong alike on the oracle's own graph": (
        check("torch>ort", wrong()), (check("torch"), check("definition>ort", wrong())), "the runtime ort: it differs in the same way on definition>ort"),
    "the oracle's own graph wrong alike in one runtime": (
        check("definition>ort", wrong()), (check("torch"), check("torch>ort", wrong())), "the runtime ort: it differs in the same way on torch>ort"),
    "the oracle's own graph right in another runtime": (
        check("definition>ort", wrong()), (check("torch"), check("definition>reference")), "the runtime ort: definition>reference runs the same file"),
    # the same file elsewhere
    "another runtime right on the same file": (
        check("torch>ort", wrong()), (check("torch"), check("torch>reference")), "the runtime ort: torch>reference runs the same file and agrees"),
    "another runtime right, unoptimised wrong too": (
        check("torch>ort", wrong(unoptimised="fail")), (check("torch>reference"),), "the runtime ort: torch>reference runs the same file and agrees with the oracle; unoptimised it differs too"),
    "the same runtime right on another device": (
        check("torch>ort@cuda", wrong()), (check("torch>ort"),), "the runtime ort on cuda: torch>ort runs the same file"),
    "the same file right unoptimised": (
        check("torch>ort", wrong(unoptimised="pass")), (check("torch"), check("torch>reference")), "the graph optimiser of ort: unoptimised"),
    "the same file right unoptimised, no other witness": (
        check("torch>ort", wrong(where="output", born=None, unoptimised="pass")), (), "the graph optimiser of ort"),
    "a compiled framework": (
        check("torch+compile", wrong()), (check("torch"), check("tensorflow")), "torch+compile: torch is the same network without the option"),
    "two runtimes wrong alike on the file that an option made": (
        check("torch>ort+opset9", wrong(), exporter="dynamo+opset9"),
        (check("torch"), check("torch>ort"), check("torch>reference+opset9", wrong(), exporter="dynamo+opset9")),
        "the exporter dynamo+opset9: torch>reference+opset9 runs the same file"),
    "the same file at another level of the same runtime": (
        check("torch>ort", wrong(unoptimised="pass")), (check("torch"), check("torch>ort+plain")), "the graph optimiser of ort"),
    "two runtimes wrong alike on one file": (
        check("torch>ort", wrong()), (check("torch"), check("torch>reference", wrong())), "the exporter dynamo: torch>reference runs the same file and differs in the same way"),
    "a known divergence is a witness as a failure is": (
        check("torch>ort", wrong()), (check("torch"), check("torch>reference", wrong(), status="known")), "the exporter dynamo"),
    # structure
    "two runtimes give one wrong shape": (
        check("torch>ort", wrong(None, "shape")), (check("torch"), check("torch>reference", wrong(None, "shape"))), "the exporter dynamo"),
    # a file that did not come to be
    "an exporter that cannot": (
        check("torch>ort", "unsupported", step="export", exporter=""), (check("torch"),), "the exporter torch: torch runs the same network"),
    "an exporter that hangs": (
        check("torch>ort", "timeout", step="export", exporter=""), (check("torch"),), "the exporter torch"),
    "another exporter wrote the file": (
        check("torch>ort", Failure(kind="fallback-exporter", message="m"), step="export", probes=[]), (check("torch"),), "the exporter dynamo"),
    "a file that was filled and that no export gives": (
        check("torch>ort", Failure(kind="cache", message="m"), step="export", probes=[]), (check("torch"),), "parity's own cache"),
    "a spelling that raises in both": (
        check("torch>ort", "error", "exporting with dynamo: TypeError: at 0x1f", step="export"),
        (check("torch", "error", "running in torch: TypeError: at 0x2e"),), "torch, or how the case is spelled in it: its own run ends in the same way"),
    # a file that did not run
    "a framework that cannot": (
        check("tensorflow", "unsupported"), (check("torch"),), "tensorflow, or how the case is spelled in it: torch agrees"),
    "a runtime that dies": (
        check("torch>ort", "crash"), (check("torch>reference"),), "the runtime ort: torch>reference runs the same file"),
    "a runtime that refuses the oracle's own graph for the same reason": (
        check("torch>ort", "error", "running in onnxruntime: no kernel 7"),
        (check("torch"), check("definition>ort", "error", "running in onnxruntime: no kernel 8")), "the runtime ort: it ends in the same way on definition>ort"),
    "a file that no runtime runs, though they run the oracle's own graph": (
        check("torch>ort", "error"), (check("torch"), check("definition>ort"), check("torch>reference", "unsupported")), "the exporter dynamo: torch>reference does not run the file either"),
    # a file that is refused
    "a file that the checker and the runtime refuse": (
        check("torch>ort", refused(), probes=[], step="run"), (check("torch"),), "the exporter dynamo: the ONNX checker refuses its file"),
    "a file that the checker and one runtime refuse, and another runs right": (
        check("torch>ort", refused(), probes=[], step="run"), (check("torch"), check("torch>reference", refused())), "the exporter dynamo: the ONNX checker refuses its file and ort does not run it"),
    "a refused file that is right, and that another runtime refuses": (
        check("torch>reference", refused()), (check("torch"), check("torch>ort", refused(), probes=[], step="run")), "the exporter dynamo: the ONNX checker refuses its file and ort does not run it"),
    "a refused file that is wrong, and that another runtime refuses": (
        check("torch>reference", refused(None, wrong())), (check("torch"), check("torch>ort", refused(), probes=[], step="run")), "the exporter dynamo: the ONNX checker refuses its file and ort does not run it"),
    "a refused file that a runtime refuses as it does the oracle's own graph": (
        check("torch>ort", refused(), "no kernel 7", probes=[], step="run"),
        (check("torch"), check("torch>reference", refused()), check("definition>ort", refused(), "no kernel 8", probes=[], step="run")), "the runtime ort: torch>reference runs the same file"),
    "a refused file that is wrong as the oracle's own graph is": (
        check("torch>reference", refused(None, wrong())),
        (check("torch"), check("torch>ort", refused(), probes=[], step="run"), check("definition>reference", wrong())), "the runtime reference: it differs in the same way"),
    "inference at odds with two implementations": (
        check("torch>ort", refused("wrong")), (check("torch"), check("torch>reference", refused("wrong"))), "ONNX's shape inference: torch>ort and torch agree"),
    "inference at odds, and a runtime that believes it": (
        check("torch>ort", refused("wrong"), probes=[], step="run"), (check("torch"), check("torch>reference", refused("wrong"))), "ONNX's shape inference: torch and torch>reference agree"),
    "a declared shape that nobody else gives": (
        check("torch>ort", refused("right")), (check("torch"),), "the exporter dynamo: the file declares a shape"),
    "a refused file with wrong values in two runtimes": (
        check("torch>ort", refused("wrong", wrong())), (check("torch"), check("torch>reference", refused("wrong", wrong()))), "the exporter dynamo: torch>reference runs"),
    "a refused file that repeats its framework": (
        check("torch>ort", refused("wrong", wrong(None, "shape"))), (check("torch", wrong(None, "shape")),), "torch, or how"),
    # another answer to the same input
    "a runtime that does not repeat": (
        check("torch>ort", wrong(None, "not-repeatable", where="output", repeats=False)), (check("torch"), check("torch>reference")), "the runtime ort: torch>reference runs the same file and repeats"),
    "a runtime that does not repeat, beside one that is wrong": (
        check("torch>ort", wrong(repeats=False, unoptimised="pass")), (check("torch>reference", wrong(B)),), "the runtime ort: torch>reference runs the same file and repeats"),
    "a file that does not repeat": (
        check("torch>ort", wrong(repeats=False)), (check("torch"), check("torch>reference", wrong(B, repeats=False))), "the exporter dynamo: no runtime repeats"),
    "a framework that does not repeat": (
        check("torch", wrong(repeats=False)), (check("tensorflow", wrong(B)),), "torch, or how the case is spelled in it: tensorflow repeats"),
    "an export of what does not repeat": (
        check("torch>ort", wrong(repeats=False)), (check("torch", wrong(B, repeats=False)),), "torch, or how the case is spelled in it: its own run does not repeat"),
}  # fmt: skip

#: why nothing is said -> (the failed check, the others)
SILENT: dict[str, tuple[Check, tuple[Check, ...]]] = {
    "nobody else ran": (check("torch>ort", wrong()), ()),
    "it passed": (check("torch>ort"), PASS_ALL),
    "it is not known of whom the file is": (check("torch>ort", wrong()), (check("torch>reference", wrong()),)),
    "two causes in one layer": (check("torch>ort", wrong()), (check("torch", wrong(B)), check("torch>reference", wrong()))),
    "one cause four times the other": (check("torch>ort", wrong()), (check("torch", wrong(FOURFOLD)),)),
    "two runtimes lose NaN at other places": (
        check("torch>ort", wrong(A, "nan")), (check("torch"), check("torch>reference", wrong(B, "nan")))),
    "two runtimes give two wrong shapes": (
        check("torch>ort", wrong(None, "shape")), (check("torch"), check("torch>reference", wrong(None, "shape", message="n")))),
    "another file in the same runtime, right": (
        check("torch>ort+onnxslim", wrong(), exporter="dynamo+onnxslim"), (check("torch"), check("torch>ort"), check("torch>reference"))),
    "another file in another runtime, wrong alike": (
        check("torch>ort+onnxslim", wrong(), exporter="dynamo+onnxslim"), (check("torch"), check("torch>reference", wrong()))),
    "the definition simplified is no graph of the oracle's": (
        check("torch", wrong()), (check("definition>ort+onnxslim", wrong(), exporter="definition+onnxslim"),)),
    "records without a sketch": (check("torch>ort", wrong(None)), (check("torch", wrong(None)),)),
    "two frameworks wrong in two ways": (check("torch", wrong()), (check("tensorflow", wrong(B)),)),
    "wrong at two probes": (check("torch>ort", wrong()), (check("torch", wrong(probe="impulse")),)),
    "hardly beyond the bound": (
        check("torch", wrong(place=Place(index={}, expected=1.0, got=1.0 + 3e-6, allowed=1e-6, ulps=9.0))), PASS_ALL),
    "right layers under a wrong output, nobody asked without the optimiser": (
        check("torch>reference", wrong(where="output", born=None)), (check("torch"),)),
    "a failed integer probe over right layers": (
        check("torch>ort", wrong(kind="inexact", probe="integer", where="output", born=None)), (check("torch"),)),
    "the oracle's graph right in the runtime, no other witness": (
        check("torch>ort", wrong()), (check("torch"), check("definition>ort"))),
    "the oracle's graph wrong alike in two runtimes": (
        check("torch>ort", wrong()), (check("torch"), check("definition>ort", wrong()), check("definition>reference", wrong()))),
    "the oracle's graph wrong alike and nobody right": (check("torch>ort", wrong()), (check("definition>ort", wrong()),)),
    "an export where the framework is wrong too": (
        check("torch>ort", "error", step="export"), (check("torch", wrong()),)),
    "two runtimes refuse a file, each in its own words": (
        check("torch>ort", "error"), (check("torch"), check("torch>reference", "unsupported"))),
    "the oracle's graph refused for another reason": (
        check("torch>ort", "error", "no kernel"), (check("torch"), check("definition>ort", "error", "no memory"))),
    "an error of the judge": (check("torch>ort", "error", step="judge"), PASS_ALL),
    "a refused file that is right everywhere": (
        check("torch>ort", refused()), (check("torch"), check("torch>reference", refused()))),
    "a refused file that is right, and a runtime that does not run the oracle's own graph either": (
        check("torch>reference", refused()),
        (check("torch"), check("torch>ort", refused(), probes=[], step="run"), check("definition>ort", refused(), probes=[], step="run"))),
    "inference at odds with one implementation": (check("torch>ort", refused("wrong")), ()),
    "right by luck without the optimiser": (
        check("torch>ort", wrong(repeats=False, unoptimised="pass")), (check("torch"),)),
    "nobody repeats": (
        check("torch", wrong(repeats=False)), (check("tensorflow", wrong(B, repeats=False)),)),
    "errors of all frameworks for two reasons": (
        check("torch", "error", "one"), (check("tensorflow", "error", "two"),)),
}  # fmt: skip


@pytest.mark.parametrize("rule", NAMED)
def test_a_witness_names_the_party(rule: str) -> None:
    failed, others, begins = NAMED[rule]
    assert said(failed, *others).startswith(begins)


@pytest.mark.parametrize("reason", SILENT)
def test_without_a_witness_that_proves_it_nothing_is_said(reason: str) -> None:
    failed, others = SILENT[reason]
    assert said(failed, *others) == ""


@pytest.mark.parametrize("rule", NAMED)
def test_the_order_in_which_the_witnesses_come_decides_nothing(rule: str) -> None:
    failed, others, _ = NAMED[rule]
    assert said(failed, *others).partition(":")[0] == said(failed, *reversed(others)).partition(":")[0]


def test_another_case_or_shard_is_no_witness() -> None:
    failed, others, _ = NAMED["another runtime right on the same file"]
    assert said(failed, *others)
    assert said(failed, *(msgspec.structs.replace(other, case="another") for other in others)) == ""
    assert said(failed, *(msgspec.structs.replace(other, shard=1) for other in others)) == ""


def test_sketches_are_alike_up_to_what_noise_can_do_and_not_beyond() -> None:
    limit = most_apart(80)
    for share, named in ((0.99, True), (1.01, False)):
        moved = Sketch(elements=40, sums=[SUMS[0] + share * limit, *SUMS[1:]])
        assert bool(said(check("torch>ort", wrong()), check("torch", wrong(moved)))) is named


def test_sketches_that_noise_could_have_made_alike_say_nothing() -> None:
    for size, named in ((1.01 * MARGIN, True), (0.99 * MARGIN, False)):
        weak, nearly = (Sketch(elements=40, sums=[size * most_apart(80), moved, *[0.0] * 6]) for moved in (0.0, 0.1))
        assert bool(said(check("torch>ort", wrong(weak)), check("torch", wrong(nearly)))) is named


def test_answers_that_are_the_same_are_alike_also_where_they_are_hardly_wrong_unless_there_is_nothing_to_see() -> None:
    for size, named in ((1.01, True), (0.99, False)):
        same = Sketch(elements=40, sums=[size * most_apart(80), *[0.0] * 7])
        assert bool(said(check("torch>ort", wrong(same)), check("torch", wrong(same)))) is named
