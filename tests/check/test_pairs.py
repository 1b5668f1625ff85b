"""``parity check`` of two models: the same function or not, and every place where they differ."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import parity as library
from parity.records.pair import PairCheck
from tests.check import models
from tests.check.conftest import Command

pytest.importorskip("torch", reason="one of the two is a torch module")

HERE = Path(__file__).parent
TORCH = f"{HERE / 'port_torch.py'}:build"


@pytest.fixture
def keras_port(tmp_path: Path) -> str:
    """The file of the ports, with the weights beside them that it takes."""
    pytest.importorskip("tensorflow", reason="the port is a Keras model")
    from tests.check import port_torch

    weights = {name: value.numpy() for name, value in port_torch.build().state_dict().items()}
    np.savez(tmp_path / "weights.npz", **weights)
    return str(HERE / "port_keras.py")


def test_every_fault_of_a_port_is_named_with_what_it_looks_like_and_the_rest_is_proven(
    parity: Command, keras_port: str, tmp_path: Path
) -> None:
    done = parity(TORCH, f"{keras_port}:wrong", "--input", "2x3x20x24", "--json", "--report", "port.html")
    assert done.returncode == 1, done.stdout + done.stderr
    found = msgspec.json.decode(done.stdout, type=PairCheck)
    assert (found.status, found.left) == ("fail", 0)
    assert [(each.one.module if each.one else "", each.looks) for each in found.differences] == [
        ("conv1", "padding: [1, 1, 1, 1] in the first, [0, 0, 1, 1] in the second"),
        ("bn1", "epsilon: 1e-05 in the first, 0.001 in the second"),
        ("bn2", "epsilon: 1e-05 in the first, 0.001 in the second"),
    ]
    assert [each.two.name.split(".")[0] for each in found.differences if each.two] == ["conv1", "bn1", "bn2"]
    assert all(each.one and each.one.source and "self.bn" in each.one.source.text for each in found.differences)
    beside = {match.two: match for match in found.matches}
    second = next(spot for spot in found.operators_two if (spot.module, spot.kind) == ("conv2", "Conv"))
    assert beside[second.place].weights
    assert beside[second.place].healed
    page = (tmp_path / "port.html").read_text()
    assert "2. epsilon: 1e-05 in the first, 0.001 in the second" in page
    assert "same once healed, by weights" in page


def test_an_honest_port_without_weights_is_given_those_of_the_first_and_is_the_same_function(
    parity: Command, keras_port: str
) -> None:
    done = parity(TORCH, f"{keras_port}:bare", "--input", "2x3x20x24", "--copy-weights")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("SAME  ")
    assert done.stdout.splitlines()[0].endswith("port_keras.py:bare: 1 of 1 outputs agree in float64")
    assert "image 2x20x24x3: the first's image, its axes in the order 0 2 3 1" in done.stdout
    assert "weights    14 of the second's were taken from the first" in done.stdout
    refused = parity(TORCH, "--copy-weights")
    assert refused.returncode == 2
    assert "--copy-weights is for two models" in refused.stderr


def test_two_files_of_which_one_has_another_weight_differ_there_alone(parity: Command, tmp_path: Path) -> None:
    model = models.chain()
    models.saved(model, tmp_path / "old.onnx")
    (second,) = (tensor for tensor in model.graph.initializer if tensor.name == "w2")
    changed = numpy_helper.to_array(second).copy()
    changed[1, 2, 0, 1] += 0.01
    second.CopyFrom(numpy_helper.from_array(changed, "w2"))
    onnx.save(model, tmp_path / "new.onnx")
    same = parity("old.onnx", "old.onnx", "--input", "x=1x3x9x11")
    assert same.returncode == 0, same.stdout + same.stderr
    done = parity("old.onnx", "new.onnx", "--input", "x=1x3x9x11")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "they differ in 1 place; with these healed the rest is the same function" in done.stdout
    assert "differs 1  second, Conv | second, Conv" in done.stdout
    assert "looks like" in done.stdout


def test_a_live_module_and_a_file_are_compared_in_python(tmp_path: Path) -> None:
    from tests.check import port_torch

    path = models.exported(tmp_path / "net.onnx")
    with pytest.raises(AssertionError, match="parity: fail\nDIFFERENT"):
        library.assert_parity(port_torch.build(), path, inputs="2x3x12x14")
    assert library.check(path, path).verdict == "pass"


def test_models_whose_inputs_cannot_be_paired_are_refused(parity: Command, tmp_path: Path) -> None:
    models.saved(models.chain(), tmp_path / "chain.onnx")
    models.saved(models.several(), tmp_path / "several.onnx")
    done = parity("chain.onnx", "several.onnx", "--input", "x=1x3x9x11")
    assert done.returncode == 2
    assert "the first model's inputs are x, the second's ids, mask, features, switch" in done.stderr
