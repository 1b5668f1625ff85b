"""A model checked from Python and asserted in a test, live ones in the caller's own process."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import parity
from parity.errors import UsageError
from tests.check import models

for needed in ("torch", "onnxscript", "onnxruntime"):
    pytest.importorskip(needed, reason="torch modules are exported and run")

ROOT = Path(__file__).parents[2]
FED = {"image": np.random.default_rng(0).random((2, 3, 12, 14)).astype(np.float32)}


def test_a_live_module_is_checked_and_left_as_it_was() -> None:
    import torch

    from tests.check import own

    net = own.Net()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    threads, generator = torch.get_num_threads(), torch.get_rng_state()
    with torch.enable_grad():  # as a person's process has it, whatever other tests did to this one
        found = parity.check(net, inputs=FED, runtimes=["reference"])
        assert torch.is_grad_enabled()
    assert (found.verdict, found.findings) == ("pass", [])
    assert str(found).startswith("PASS  Net(): of 3 routes 3 pass\n")
    assert found._repr_html_().startswith("<pre>PASS  Net(): ")
    assert net.training
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), generator)


def test_an_assertion_fails_with_the_screen_of_the_check(tmp_path: Path) -> None:
    from tests.check import own

    net, script = own.settled(own.SlipsWhenTraced), tmp_path / "slips.py"
    with pytest.raises(AssertionError, match="parity: fail\nFAIL  SlipsWhenTraced") as failed:
        parity.assert_parity(net, inputs="2x3x12x14", runtimes=["reference"], script=script)
    assert "script    none is handed over: there is no part of it that stands alone" in str(failed.value)
    assert not script.exists()
    assert "whose     the exporter torchscript: definition is the same function" in str(failed.value)


def test_a_file_passes_an_assertion_and_shapes_are_read_as_the_command_reads_them(tmp_path: Path) -> None:
    path = models.saved(models.chain(), tmp_path / "chain.onnx")
    assert parity.assert_parity(path, inputs=["x=1x3x9x11"]).verdict == "pass"


def test_what_is_for_one_model_is_refused_of_two(tmp_path: Path) -> None:
    path = models.saved(models.chain(), tmp_path / "chain.onnx")
    with pytest.raises(UsageError, match="runtimes is for one model; leave it out where two are compared"):
        parity.check(path, path, runtimes=["ort"])
    with pytest.raises(UsageError, match="leave it out where weights are copied"):
        parity.check(path, path, copy_weights=True, script=tmp_path / "shown.py")


@pytest.mark.parametrize("model", [5, "net.onnx"])
def test_what_is_no_model_is_refused(model: Any) -> None:
    with pytest.raises(UsageError):
        parity.check(model)


def test_a_process_that_torch_s_compiler_would_end_is_told_so(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="tensorflow is loaded first")
    (tmp_path / "triton").mkdir()  # what torch's default wheel brings; that it is there is enough to refuse
    (tmp_path / "triton" / "__init__.py").touch()
    code = "import tensorflow, parity, torch; parity.check(torch.nn.ReLU(), inputs='2x3')"
    path = os.pathsep.join((str(ROOT), str(tmp_path)))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert "UsageError: ReLU(): tensorflow is loaded and triton is not" in done.stderr


def test_a_process_that_loaded_triton_first_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from parity.routes.models import torch

    for name in ("tensorflow", "triton"):
        monkeypatch.setitem(sys.modules, name, module_from_spec(ModuleSpec(name, None)))
    monkeypatch.delitem(sys.modules, "torch._dynamo", raising=False)
    assert torch.why_not_here() == ""
