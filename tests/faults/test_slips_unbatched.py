"""Each sample alone, without its batch axis: a spelling that counts its axes from the batch is caught, and in its batch alone it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parity.cases import Case, registry
from parity.layers import GLU, InstanceNorm2D, Layer, LocalResponseNorm, Pad2D, Softmax
from parity.records.lines import ProbeFigure
from tests.faults.harness import Result, planted, run, slipped

pytest.importorskip("torch", reason="the slips are planted in real torch modules")

CASES = Path(__file__).parents[2] / "cases"
IMAGE = (2, 4, 10, 14)
REFUSED = {"batchnorm1d-features", "batchnorm1d", "batchnorm2d", "groupnorm", "prelu-channels"}
NOT_ASKED = {"softmax", "glu", "flatten", "globalavgpool2d-flat", "upsample", "localresponsenorm", "net-flat"}


class Forgotten(LocalResponseNorm):
    """A layer that does not say what its module makes of a sample alone: it takes the rows for channels."""

    def needs_batch(self, x: Any) -> str:
        return ""


def rows_and_channels(torch: Any) -> Any:
    """Statistics over the axes that were rows and columns while there was a batch."""

    def run(v: Any) -> Any:
        axes = (2, 3) if v.dim() == 4 else (0, 1)
        return (v - v.mean(axes, keepdim=True)) / (v.var(axes, correction=0, keepdim=True) + 1e-5).sqrt()

    return run


def sides_turned(torch: Any) -> Any:
    """The sides in the order of axes of a batch, which without it is one off."""
    return lambda v: torch.nn.functional.pad(v, (0, 3, 1, 2) if v.dim() == 4 else (1, 2, 0, 3))


SLIPS = [
    (Softmax(-3), lambda torch: torch.nn.Softmax(dim=1), "value"),
    (GLU(-3), lambda torch: torch.nn.GLU(dim=1), "shape"),
    (InstanceNorm2D(4, affine=False), rows_and_channels, "value"),
    (Pad2D(((1, 2), (0, 3))), sides_turned, "value"),
    (Forgotten(3), None, "value"),
]


def alone(result: Result) -> ProbeFigure:
    (found,) = [figure for figure in result.check.probes if figure.probe == "unbatched"]
    return found


@pytest.mark.parametrize(("layer", "spelled", "kind"), SLIPS, ids=lambda value: getattr(value, "kind", ""))
def test_a_spelling_that_counts_axes_from_the_batch_is_caught_by_a_sample_alone(
    layer: Layer, spelled: Any, kind: str
) -> None:
    case = Case("slip", layer if spelled is None else slipped(layer, spelled, None), IMAGE, unbatched=True)
    found = run(case, "torch", planted())
    assert found.check.failure is not None, found.check.reason
    assert (found.kind, found.check.failure.probe) == (kind, "unbatched"), found.check.reason
    assert "each sample without its batch axis" in found.check.reason
    assert run(replace(case, unbatched=False), "torch", planted()).kind is None


def test_torch_answers_each_sample_alone_but_where_it_refuses_or_is_another_function() -> None:
    cases = [case for case in registry.load(CASES).cases.values() if isinstance(case, Case) and case.unbatched]
    assert len(cases) > 60
    found = {case.name.split("/")[1]: alone(run(case, "torch", planted())) for case in cases}
    assert {name for name, figure in found.items() if figure.reason.startswith("refused")} == REFUSED
    assert {n for n, figure in found.items() if figure.status == "not applicable"} == REFUSED | NOT_ASKED
    assert {n for n, figure in found.items() if figure.status == "fail"} == set()
