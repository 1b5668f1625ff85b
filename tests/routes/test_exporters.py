"""What exporters say when they stop reaches the reason: what they have no operator for, and what was wrong elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parity.axes import Tensor
from parity.cases import Case
from parity.cases.probes import parameters_of
from parity.errors import Stopped, Unsupported
from parity.layers import ChannelDropout, Layer, Softplus, layer
from parity.routes.catalog import installed
from parity.routes.exporters.refusal import refusal
from parity.running.selection import route
from parity.running.steps import export_file, export_step
from parity.running.worker import explain
from tests.faults.harness import started

torch = pytest.importorskip("torch", reason="real exporters are asked for what they cannot do")
pytest.importorskip("onnxscript", reason="real exporters are asked for what they cannot do")

SPELLINGS: dict[str, Callable[[Any], Any]] = {}


@layer
class Spelled(Layer):
    """The identity, spelled in torch by the function of this name."""

    name: str

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Identity(x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return SPELLINGS[self.name]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        raise Unsupported("torch only")


class Thing:
    """Something with an address."""


def data_dependent(v: Any) -> Any:
    return v if v.sum() > 0 else -v


def refused_by_the_spelling(v: Any) -> Any:
    raise NotImplementedError(f"not supported: {Thing()!r}")


SPELLINGS |= {
    "lgamma": lambda v: torch.lgamma(v),
    "cummax": lambda v: torch.cummax(v, 1)[0],
    "adaptive": lambda v: torch.nn.functional.adaptive_avg_pool2d(v, (3, 5)),
    "sparse gather": lambda v: torch.gather(v, 3, torch.zeros((2, 3, 11, 14), dtype=torch.long), sparse_grad=True),
    "data dependent": data_dependent,
    "its own": refused_by_the_spelling,
}


def stopped(route: str, spelling: str, folder: Path) -> BaseException:
    """What the export of a spelling ends with."""
    started("torch")
    case = Case("spelled", Spelled(spelling), (2, 3, 11, 14))
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whichever it is, the test looks at it
        export_step(case, 0, installed().routes()[route], installed(), folder)
    return caught.value


@pytest.mark.parametrize(
    ("route", "spelling", "said"),
    [
        ("torch>ort", "lgamma", "dynamo exporter: No ONNX function found for <OpOverload(op='prims.lgamma'"),
        ("torch>ort", "cummax", "dynamo exporter: No ONNX function found for <OpOverload(op='aten.cummax'"),
        ("torchscript>ort", "cummax", "torchscript exporter: Exporting the operator 'aten::cummax' to ONNX opset"),
        (
            "torchscript>ort",
            "adaptive",
            "torchscript exporter: Unsupported: ONNX export of operator adaptive_avg_pool2d",
        ),
        ("torchscript>ort", "sparse gather", "torchscript exporter: Unsupported: ONNX export of operator gather"),
    ],
)
def test_an_operator_that_an_exporter_has_not_is_unsupported(
    route: str, spelling: str, said: str, tmp_path: Path
) -> None:
    ended = explain(stopped(route, spelling, tmp_path))
    assert (ended.ending, ended.message[: len(said)]) == ("unsupported", said)


@pytest.mark.parametrize(
    ("route", "spelling", "said"),
    [
        ("torch>ort", "data dependent", "GuardOnDataDependentSymNode: Could not guard on data-dependent expression"),
        ("torch>ort", "its own", "NotImplementedError: not supported: <tests.routes.test_exporters.Thing object>"),
        (
            "torchscript>ort",
            "its own",
            "NotImplementedError: not supported: <tests.routes.test_exporters.Thing object>",
        ),
    ],
)
def test_anything_else_that_stops_an_export_is_an_error_with_its_cause(
    route: str, spelling: str, said: str, tmp_path: Path
) -> None:
    error = stopped(route, spelling, tmp_path)
    ended = explain(error)
    assert (ended.ending, ended.message[: len(said)]) == ("error", said)
    assert "step 1/3" not in ended.message + ended.detail
    assert isinstance(error, Stopped) == (route == "torch>ort")


def test_only_what_the_exporter_says_itself_is_its_refusal() -> None:
    made: dict[str, Any] = {"__name__": "an_exporter.inside"}
    exec("def stop(error): raise error", made)

    def said(error: Exception, package: str) -> str:
        try:
            made["stop"](error)
        except type(error) as caught:
            return refusal(caught, (package,))
        raise AssertionError

    assert said(NotImplementedError(), "an_exporter") == "NotImplementedError"
    assert said(ValueError("\nrank 7 is not yet supported\nmore"), "an_exporter") == "rank 7 is not yet supported"
    keras = "Exception encountered when calling Pad.call().\n\nPadding of 5D is not supported"
    assert said(NotImplementedError(keras), "an_exporter") == "Padding of 5D is not supported"
    assert said(ValueError("rank 7 is wrong"), "an_exporter") == ""
    assert said(NotImplementedError(), "an_export") == ""


def shipped(case: Case, name: str, folder: Path) -> None:
    """The file of a case on a route, by an option; its exporter must have written it."""
    started("torch")
    asked, parameters = route(installed().every_route(), name), parameters_of(case, "shipped", 0)
    export_file(case, parameters, "shipped", asked, installed(), folder / "shipped.onnx")


def test_a_file_that_onnx_made_of_a_newer_one_is_still_of_the_exporter_that_wrote_that(tmp_path: Path) -> None:
    for exporter in ("torch", "torchscript"):
        shipped(Case("softplus", Softplus(), (2, 3, 4, 5)), f"{exporter}>ort+opset16", tmp_path)


def test_an_opset_that_cannot_be_made_is_refused_by_the_exporter(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="Target opset version 9 is not supported"):
        shipped(Case("dropout", ChannelDropout(0.5), (2, 3, 4, 5)), "torch>ort+opset9", tmp_path)
