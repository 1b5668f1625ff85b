"""Slips of a port to Keras: each is caught in its layer, said of nobody else, and none is found without it."""

from __future__ import annotations

import pytest

from parity.cases import Case
from parity.judging.blame import whose
from tests.faults.harness import planted, run
from tests.faults.keras_slips import SLIPS, Slip

pytest.importorskip("torch", reason="torch is the witness of whose a slip is")
pytest.importorskip("tensorflow", reason="the slips are in real Keras layers")


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.layer.kind}-{slip.said}".replace(" ", "-"))
def test_a_slip_is_caught_in_its_layer_and_is_the_spelling_s(slip: Slip) -> None:
    checks = [run(slip.wrong, route, planted()).check for route in ("tensorflow", "torch")]
    found, other = checks
    assert found.failure is not None, found.reason
    assert (found.failure.kind, found.failure.born) == (slip.kind, slip.case.network.output.name), found.reason
    assert other.status == "pass", other.reason
    assert whose(found, checks).startswith("tensorflow, or how the case is spelled in it: "), whose(found, checks)


HONEST = {f"{slip.case.model}-{slip.case.shape}-{slip.case.scale}": slip.case for slip in SLIPS}


@pytest.mark.parametrize("said", HONEST)
def test_without_a_slip_the_same_check_passes(said: str) -> None:
    case: Case = HONEST[said]
    found = run(case, "tensorflow", planted()).check
    assert found.status == "pass", found.reason
