"""``parity check --save`` and ``--outputs``: what ran is kept, and what ran elsewhere is judged like any run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import msgspec
import numpy as np
import onnx
import pytest

import parity
from parity.axes import Array
from parity.cases.asked import Asked
from parity.cases.elsewhere import Elsewhere, elsewhere
from parity.cases.subject import subject
from parity.errors import UsageError
from parity.records.model import ModelCheck, RouteFigure
from parity.running.models import saving
from parity.running.models.check import check
from parity.running.models.plan import Plan
from parity.running.models.ready import arrays_of
from parity.running.values import Values, write
from tests.check import models
from tests.check.parts import catalog

pytest.importorskip("onnxruntime", reason="what is judged here ran there")

OWN = Path(__file__).parent / "own.py"


def planned(text: str, given: Asked, **parts: str) -> Plan:
    return Plan(subject(text), (given,), None, 0, catalog(**parts), ("ort",), "parity check", limit=200.0)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.saved(models.chain(), tmp_path_factory.mktemp("chain") / "chain.onnx")


@pytest.fixture(scope="module")
def saved(chain: Path) -> Path:
    """What a check of the chain saved, by a runtime whose last convolution is wrong."""
    plan = planned(str(chain), Asked("x", (1, 3, 9, 11)), ort="KernelSlips")
    check(replace(plan, save=chain.parent / "saved"))
    return chain.parent / "saved"


def judged(chain: Path, inputs: Path, arrays: Path | Mapping[str, Array]) -> tuple[ModelCheck, RouteFigure]:
    """The chain checked in ONNX Runtime with what ran elsewhere beside it."""
    fed = arrays_of(inputs)
    found = parity.check(chain, inputs=fed, runtimes=["ort"], outputs={"phone": arrays}).document
    assert isinstance(found, ModelCheck)
    assert {route.status for route in found.routes[:-1]} == {"pass"}
    return found, found.routes[-1]


def test_the_operator_that_was_wrong_elsewhere_is_named_and_so_is_what_ran_there(chain: Path, saved: Path) -> None:
    found, route = judged(chain, saved / "inputs-1.npz", saved / "ort-plain-1.npz")
    assert (route.name, route.status, route.repeats, route.seconds) == ("phone", "fail", None, None)
    (finding,) = found.findings
    assert finding.routes == ["phone"]
    assert finding.born == "second, Conv"
    assert finding.whose == "the runtime phone: ort plain computes this very operator right on what it got"


def test_of_outputs_alone_it_is_said_that_nothing_was_seen_in_between(chain: Path, saved: Path) -> None:
    found, route = judged(chain, saved / "inputs-1.npz", saved / "ort-1.npz")
    assert route.status == "fail"
    assert all(not answer.operators for answer in route.answers)
    (finding,) = found.findings
    assert (finding.born, finding.whose) == ("not seen: there are no values in between", "")


def test_values_in_between_are_judged_where_the_file_has_them_the_rest_with_the_next_one(
    chain: Path, saved: Path
) -> None:
    whole = arrays_of(saved / "ort-plain-1.npz")
    found, _ = judged(chain, saved / "inputs-1.npz", {"y": whole["y"], "p": whole["p"], "fused": whole["b"]})
    assert found.findings[0].born == "pool, GlobalAveragePool, or one of the 3 before it"
    assert found.notes == ["phone: nothing of the model is called fused"]


def test_outputs_are_judged_like_any_run_s(chain: Path, saved: Path) -> None:
    import onnxruntime

    fed = saved / "inputs-0.npz"
    y = onnxruntime.InferenceSession(str(chain)).run(None, arrays_of(fed))[0]
    gave = {
        "honest": y,
        "nan": np.where(np.arange(11) == 3, np.nan, y).astype(np.float32),
        "shape": y[0],
        "dtype": y.astype("f2"),
    }
    outputs: Any = {name: {"y": array} for name, array in gave.items()}
    found = parity.check(chain, inputs=arrays_of(fed), runtimes=["ort"], outputs=outputs).document
    assert isinstance(found, ModelCheck)
    kinds = {route.name: route.answers[0].outputs[0].figure.kind for route in found.routes[-4:]}
    assert kinds == {"honest": None, "nan": "nan", "shape": "shape", "dtype": "dtype"}
    assert [route.status for route in found.routes[-4:]] == ["pass", "fail", "fail", "fail"]


def test_what_was_saved_of_a_module_is_judged_again_as_it_was(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript", reason="a torch module is exported")
    image = np.random.default_rng(0).random((2, 3, 12, 14)).astype(np.float32)
    text, folder = f"{OWN}:honest", tmp_path / "saved"
    parity.check(text, inputs={"image": image}, runtimes=["reference"], save=folder)
    assert {each.name for each in folder.iterdir()} == {
        *("inputs-0.npz", "torch-0.npz", "torch-reference-0.npz", "torchscript-reference-0.npz"),
        *("definition.onnx", "torch.onnx", "torchscript.onnx"),
    }
    np.testing.assert_array_equal(arrays_of(folder / "inputs-0.npz")["image"], image)
    outputs: Any = {"again": folder / "torch-0.npz"}
    found = parity.check(text, inputs={"image": image}, runtimes=["reference"], outputs=outputs).document
    assert isinstance(found, ModelCheck)
    first, *_, again = found.routes
    assert (first.name, again.name, again.status) == ("torch", "again", "pass")
    # Feature maps are shown of the first route alone.
    bare = [[msgspec.structs.replace(each, maps=None) for each in answer.operators] for answer in first.answers]
    assert [list(answer.operators) for answer in again.answers] == bare
    assert [answer.outputs for answer in again.answers] == [answer.outputs for answer in first.answers]
    file = folder / "torch.onnx"  # what a runtime gave for it is judged by it
    outputs = {"again": folder / "torch-reference-0.npz"}
    assert parity.check(file, inputs={"image": image}, runtimes=["reference"], outputs=outputs).verdict == "pass"


def test_arrays_are_kept_whatever_their_names_and_types_are(tmp_path: Path) -> None:
    arrays = {
        "file": np.arange(3),
        "/net/conv/Conv_output_0": np.ones((2, 0), np.float16),
        "half": np.array([1, 2.5], ml_dtypes.bfloat16),
    }
    write(tmp_path / "values.npz", arrays)
    saving.as_npz(tmp_path / "plain.npz", Values(tmp_path / "values.npz"))
    back = arrays_of(tmp_path / "plain.npz")
    assert {name: (a.dtype, a.tolist()) for name, a in back.items()} == {
        name: (a.dtype, a.tolist()) for name, a in arrays.items()
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phone", "it does not say what ran and what it gave; write NAME=FILE.npz"),
        ("my phone=p.npz", "'my phone' is no name for a route; use letters, digits"),
    ],
)
def test_what_is_no_run_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        elsewhere(text)


@pytest.mark.parametrize(
    ("name", "arrays", "fed", "said"),
    [
        ("ort", {"y": 1}, True, "there is a route of that name; take another"),
        ("phone", {"y": 1}, False, "give what it was fed by --inputs FILE.npz"),
        ("phone", {"z": 1}, True, "the outputs are y, it holds z; save each output by its name"),
        ("phone", {"y": 1, "x": 1}, True, "its 'x' is another than that of --inputs; give the inputs that it had"),
    ],
)
def test_a_run_that_cannot_be_judged_by_what_the_others_are_fed_is_refused_with_the_mend(
    chain: Path, tmp_path: Path, name: str, arrays: Any, fed: bool, said: str
) -> None:
    np.savez(tmp_path / "out.npz", **arrays)
    np.savez(tmp_path / "in.npz", x=np.ones((1, 3, 9, 11), np.float32))
    given = Elsewhere(name, tmp_path / "out.npz")
    plan = replace(planned(str(chain), Asked("x", (1, 3, 9, 11))), elsewhere=[given])
    with pytest.raises(UsageError, match=said):
        check(replace(plan, given=(), arrays=tmp_path / "in.npz") if fed else plan)


def test_a_run_without_one_of_its_outputs_fails_by_the_name_of_that_output(tmp_path: Path) -> None:
    proto = models.chain()
    proto.graph.output.append(onnx.ValueInfoProto(name="p"))
    file = models.saved(proto, tmp_path / "two.onnx")
    x = np.ones((1, 3, 9, 11), np.float32)
    outputs: Any = {"phone": {"y": np.ones((1, 11), np.float32)}}
    found = parity.check(file, inputs={"x": x}, runtimes=["ort"], outputs=outputs)
    assert found.verdict == "fail"
    assert isinstance(found.document, ModelCheck)
    assert found.document.routes[-1].reason.endswith("outputs-0.npz holds no p")


def test_a_folder_that_cannot_be_written_is_one_sentence(chain: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    plan = planned(str(chain), Asked("x", (1, 3, 9, 11)))
    with pytest.raises(UsageError, match=r"taken: .*; name a folder that can be written"):
        check(replace(plan, save=tmp_path / "taken"))
