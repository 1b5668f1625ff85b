"""Keras on torch and on JAX, each in a worker of its own: right where it is, and a fault of one backend found on that one."""

from __future__ import annotations

import pytest

from parity.cases import Case, Sequential
from parity.layers import BatchNorm2D, Conv2D, Conv3D, Flatten, Linear, ReLU
from parity.routes.catalog import Route, installed
from parity.running import selection
from tests.workers.conftest import Runner
from tests.workers.slips import WrongOn

BACKENDS = {"keras-torch": "torch", "keras-jax": "jax"}
BLOCK = (("conv", Conv2D(3, 4, 3, padding="same")), ("norm", BatchNorm2D(4)), ("relu", ReLU()))


def asked(name: str) -> Route:
    found = selection.route(installed().every_route(), name)
    if reason := installed().why_absent(found):
        pytest.skip(reason)
    return found


@pytest.mark.parametrize("name", ["keras-torch", "keras-jax", "keras-jax+xla"])
def test_a_network_passes_and_a_fault_of_that_backend_is_found_where_it_is(run: Runner, name: str) -> None:
    route = asked(name)
    backend = BACKENDS[name.partition("+")[0]]
    other = next(each for each in BACKENDS.values() if each != backend)
    cases = [
        Case("whole", Sequential(*BLOCK, ("flat", Flatten()), ("dense", Linear(192, 5))), (2, 3, 6, 8)),
        *(Case(slip, Sequential(("conv", Conv2D(3, 4, 3)), ("slip", WrongOn(backend, slip))), (2, 3, 6, 8)) for slip in ("slope", "corner")),
        Case("elsewhere", WrongOn(other), (2, 3, 6, 8)),
    ]  # fmt: skip
    made = run([(case, route) for case in cases], catalog=installed(), memory_limit=8 * 2**30)
    found = {check.case: check for check in made.values()}
    assert found["whole"].status == found["elsewhere"].status == "pass", [c.reason for c in found.values()]
    for slip in ("slope", "corner"):
        failure = found[slip].failure
        assert failure is not None
        assert (failure.kind, failure.born) == ("value", "slip")


def test_what_torch_has_not_for_keras_is_unsupported(run: Runner) -> None:
    case = Case("padded", Conv3D(2, 3, 3, padding=1, padding_mode="reflect"), (3, 2, 4, 5, 6))
    made = run([(case, asked("keras-torch"))], catalog=installed(), memory_limit=8 * 2**30)
    (check,) = made.values()
    assert check.status == "unsupported"
    assert check.reason.startswith("keras-torch: Padding size 8 is not supported"), check.reason


def test_in_training_the_states_come_behind_the_output(run: Runner) -> None:
    routes = [asked(name) for name in BACKENDS]
    case = Case("norm", BatchNorm2D(4), (5, 4, 6, 8), mode="training")
    made = run([(case, route) for route in routes], catalog=installed(), memory_limit=8 * 2**30)
    for check in made.values():
        assert check.status == "pass", check.reason
        assert {figure.probe: figure.status for figure in check.probes}["states"] == "pass"


def test_neither_runs_where_no_route_is_named() -> None:
    assert not set(BACKENDS) & set(installed().routes())
    assert set(BACKENDS) <= set(installed().every_route())
