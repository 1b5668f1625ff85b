"""Every planted bug is caught, under its right name and, in a network, in its right layer."""

from __future__ import annotations

import pytest

from tests.faults.harness import planted, run
from tests.faults.plants import FAULTS, Fault

pytest.importorskip("torch", reason="the faults are planted in real torch modules")
pytest.importorskip("tensorflow", reason="the faults are planted in real Keras models")
pytest.importorskip("onnxruntime", reason="the faults are planted in real ONNX files")


def test_at_least_thirty_different_bugs_are_planted() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 30


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_planted_bug_is_caught_with_its_kind_and_layer(fault: Fault) -> None:
    found = run(fault.case, fault.route, planted(**fault.where))
    assert (found.kind, found.born) == (fault.kind, fault.born), found.check.reason


HONEST = {f"{fault.case.name}-{fault.route}": fault for fault in FAULTS}


@pytest.mark.parametrize("fault", HONEST.values(), ids=HONEST)
def test_without_a_planted_bug_the_same_check_passes(fault: Fault) -> None:
    found = run(fault.case, fault.route, planted())
    assert found.check.status == "pass", found.check.reason
