"""``parity check --device``: the model and its exports on another device than the cpu."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parity.cases.asked import Asked
from parity.cases.subject import subject
from parity.errors import UsageError
from parity.records.model import ModelCheck
from parity.running.models.check import check
from parity.running.models.plan import Plan, device
from tests.check.parts import catalog

pytest.importorskip("onnxscript", reason="torch modules are exported")
torch: Any = pytest.importorskip("torch", reason="it runs the module")

OWN = Path(__file__).parent / "own.py"
here = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no cuda device")


def checked(name: str) -> ModelCheck:
    parts: Any = (subject(f"{OWN}:{name}"), (Asked("image", (2, 3, 12, 14)),), None, 0, catalog())
    return check(Plan(*parts, ("reference",), "parity check", limit=200.0, devices=("cuda",)))


@here
def test_a_module_is_judged_operator_by_operator_on_the_device() -> None:
    found = checked("honest")
    (placed,) = (route for route in found.routes if route.name == "torch@cuda")
    assert placed.status == "pass", placed.reason
    assert {each.figure.status for answer in placed.answers for each in answer.operators} == {"pass"}


@here
def test_a_kernel_of_the_device_is_named_where_the_cpu_is_right() -> None:
    found = checked("cuda_kernel_slips")
    (finding,) = found.findings
    assert finding.routes == ["torch@cuda"]
    assert found.graphs[0].operators[finding.operator or 0].kind == "Relu"
    assert finding.whose == "the runtime torch@cuda: torch computes this very operator right on what it got"


def test_a_module_moved_to_a_device_gives_the_values_that_it_gives_where_it_was(tmp_path: Path) -> None:
    import numpy as np

    from parity.routes.models import torch as kind
    from tests.check import own

    image = np.random.default_rng(0).random((2, 3, 12, 14)).astype(np.float32)
    with kind.undisturbed():
        model = kind.own(own.honest(), subject(f"{OWN}:honest"), (Asked("image", image.shape),), {}, 1)
        kind.by_dynamo(model, [tmp_path / "definition.onnx", tmp_path / "torch.onnx"])
        moved = kind.on(model, "cpu")
        fed = {"image": image}
        given = kind.run(model, fed)
        for there, before in (
            (kind.run(moved, fed), given),
            (kind.values(moved, fed, given), kind.values(model, fed, given)),
        ):
            assert list(there) == list(before)
            assert all(np.array_equal(there[name], before[name]) for name in before)


@pytest.mark.parametrize("text", ["mps", "cuda:", "cuda:x", "gpu"])
def test_what_is_no_device_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=f"--device {text}: there is no such device; there are cpu, cuda and cuda:1"):
        device(text)
