"""``parity check`` of files that are a model by themselves: ``.pt2`` and ``.keras``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parity.cases.asked import Asked
from parity.cases.subject import subject
from parity.errors import UsageError
from parity.records.model import ModelCheck
from parity.running.models.check import check
from parity.running.models.plan import Plan
from tests.check.parts import catalog

pytest.importorskip("onnxruntime", reason="exports are run")


def checked(file: Path, given: Any) -> ModelCheck:
    return check(Plan(subject(str(file)), given, None, 0, catalog(), ("reference",), "parity check", limit=200.0))


def statuses(found: ModelCheck) -> list[tuple[str, str]]:
    functions = [(each.name, each.function.status) for each in found.graphs if each.function is not None]
    return functions + [(route.name, route.status) for route in found.routes]


def test_an_exported_program_is_a_model_with_the_lines_of_the_code_that_it_was_exported_from(tmp_path: Path) -> None:
    torch: Any = pytest.importorskip("torch", reason="it exports the program")
    pytest.importorskip("onnxscript", reason="the program is exported to ONNX")

    class Net(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 8, 3)

        def forward(self, image: Any, *, scale: Any) -> Any:
            x = torch.relu(self.conv(image)) * scale.to(torch.float32)  # the line
            return {"mean": x.mean((2, 3)), "maps": x}

    torch.manual_seed(0)
    free = {"image": {2: torch.export.Dim("height", min=8, max=64)}, "scale": {}}
    arguments = (torch.rand(2, 3, 12, 14),), {"scale": torch.rand(2, 8, 1, 1)}
    program = torch.export.export(Net().eval(), *arguments, dynamic_shapes=free)
    file = tmp_path / "net.pt2"
    torch.export.save(program, file)
    found = checked(file, (Asked("image", (2, 3, 16, 14)),))  # the shape of scale is the program's
    assert {status for _, status in statuses(found)} == {"pass"}, statuses(found)
    assert [name for name, _ in statuses(found)] == [
        *("definition", "torch", "torchscript"),
        *("torch", "torch>reference", "torchscript>reference"),
    ]
    assert [output.name for output in found.routes[0].answers[0].outputs] == ["mean", "maps"]
    (conv,) = (each for each in found.graphs[0].operators if each.kind == "Conv")
    assert conv.module == "conv"
    assert conv.source is not None
    assert conv.source.text.endswith("# the line")
    with pytest.raises(UsageError, match="input 'image' is 2x4x12x14, the model wants 2x3x"):
        checked(file, (Asked("image", (2, 4, 12, 14)),))


def test_a_file_that_is_no_program_is_refused_in_torch_s_words(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="it reads the file")
    pytest.importorskip("onnxscript", reason="the program would be exported to ONNX")
    file = tmp_path / "net.pt2"
    file.write_bytes(b"no program")
    with pytest.raises(UsageError, match=r"torch cannot load it: .+; give FILE\.py:NAME of a function that loads it"):
        checked(file, (Asked("x", (2, 3)),))


def test_a_keras_file_is_a_model_and_one_that_needs_code_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for needed in ("tensorflow", "keras", "tf2onnx"):
        pytest.importorskip(needed, reason="the model is saved and exported")
    files = {name: tmp_path / f"{name}.keras" for name in ("honest", "custom")}
    code = (
        "import sys; from tests.check import own_keras; honest, custom = sys.argv[1:]\n"
        "own_keras.honest().save(honest); own_keras.with_a_layer_of_its_own().save(custom)"
    )
    words = [sys.executable, "-c", code, *map(str, files.values())]
    subprocess.run(words, cwd=Path(__file__).parents[2], check=True, capture_output=True, timeout=300)
    found = checked(files["honest"], (Asked("", (2, 12, 14, 3)),))
    assert {status for _, status in statuses(found)} == {"pass"}, statuses(found)
    mend = r".*; give FILE\.py:NAME of a function that loads it, with the classes that it needs"
    with pytest.raises(UsageError, match=f"keras cannot load it: TypeError: Could not locate class 'Doubled'{mend}"):
        checked(files["custom"], (Asked("", (2, 6, 7, 3)),))
