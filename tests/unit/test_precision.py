"""The precision of a case: what is drawn, what its definition stores, which whole numbers are exact, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parity.axes import Tensor
from parity.cases import Case, KnownDivergence, Sequential
from parity.cases.parameters import draw_input, draw_parameters
from parity.cases.probes import exact_below, inputs_of, parameters_of, why_not
from parity.cases.structure import digest, plain
from parity.errors import FieldError
from parity.judging.compare import compare, ulps
from parity.judging.judge import Judge
from parity.judging.observation import Observation
from parity.judging.oracle import truths
from parity.judging.second_look import loops
from parity.judging.unrounded import unrounded
from parity.layers import BatchNorm2D, Conv2D, LayerNorm, Linear, LPPool2D, ReLU, RMSNorm, Upsample
from parity.layers.definition import define
from parity.operators.base import Terms
from parity.operators.formats import FORMATS, HALVES, rounded
from parity.operators.graph import as_value

IMAGE = (2, 3, 11, 14)
PRECISIONS = tuple(FORMATS)


def conv(precision: str, **more: float) -> Case:
    return Case("net", Sequential(Conv2D(3, 5, 3), ReLU()), IMAGE, precision=precision, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_everything_that_is_drawn_is_of_the_type_and_rounded_once(precision: str) -> None:
    case, exact = conv(precision), conv("float64")
    assert draw_input(case, 0).dtype.name == precision
    drawn, meant = draw_parameters(case, 0)["conv2d1"]["weight"], draw_parameters(exact, 0)["conv2d1"]["weight"]
    assert drawn.dtype.name == precision
    assert np.array_equal(drawn, rounded(meant, precision))
    assert {x.dtype.name for p in ("data", "integer") for x in inputs_of(case, p, 0)} == {precision}  # type: ignore[arg-type]
    assert parameters_of(case, "integer", 0)["conv2d1"]["bias"].dtype.name == precision


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_definition_is_of_the_type_of_what_it_reads(precision: str) -> None:
    case = conv(precision)
    assert case.output.dtype == case.tensors["conv2d1"].dtype == precision
    made = define(BatchNorm2D(3, affine=False), (Tensor(IMAGE, dtype=precision),)).graph
    assert {array.dtype.name for array in made.constants.values() if array.dtype.kind != "i"} == {precision}


def test_what_is_of_one_type_whatever_is_stored_stays_so() -> None:
    made = define(Upsample(scale_factor=1.75, mode="bilinear"), (Tensor(IMAGE, dtype="float16"),)).graph
    assert [array.dtype.name for array in made.constants.values()] == ["float32"]


def test_the_statistics_of_float64_are_kept_in_it() -> None:
    nodes = {
        precision: define(LayerNorm("W", 14), (Tensor(IMAGE, dtype=precision),)).graph.nodes[0]
        for precision in PRECISIONS
    }
    assert [precision for precision, node in nodes.items() if "stash_type" in node.attributes] == ["float64"]


def test_an_epsilon_that_is_not_said_is_what_torch_takes() -> None:
    torch = pytest.importorskip("torch", reason="needs torch")
    for precision in PRECISIONS:
        small = torch.full((1, 14), 2.0**-12, dtype=getattr(torch, precision))
        eps = RMSNorm("W", 14)._eps(precision)
        found = torch.nn.functional.rms_norm(small, (14,)).double()[0, 0].item()
        assert found == pytest.approx(2.0**-12 / (2.0**-24 + eps) ** 0.5, rel=2 * FORMATS[precision].storage)
    assert RMSNorm("W", 14, eps=1e-6)._eps("float16") == 1e-6


def test_whole_numbers_are_exact_below_what_the_type_holds() -> None:
    assert [exact_below(conv(precision)) for precision in PRECISIONS] == [2**11, 2**8, 2**24, 2**24]
    deep = Sequential(*[Linear(64, 64, bias=False) for _ in range(7)])
    said = {p: why_not(Case("deep", deep, (2, 64), precision=p), "integer") for p in PRECISIONS}
    assert said["float32"] == ""
    for case in (conv("bfloat16"), Case("dense", Linear(512, 3), (2, 512), precision="bfloat16")):
        x, stored = inputs_of(case, "integer", 0)[0], parameters_of(case, "integer", 0)
        feeds = {"input": as_value(x)}
        feeds |= {f"{node}.{name}": as_value(array) for node, p in stored.items() for name, array in p.items()}
        y = truths(case.graph, feeds)[case.network.output.name].y
        assert np.array_equal(rounded(y, "bfloat16").astype(np.float64), y)


def test_a_scale_that_the_type_does_not_hold_is_refused() -> None:
    conv("bfloat16", scale=1e6), conv("float16", scale=1e4)
    with pytest.raises(FieldError, match=r"draws inputs up to 3\.5e\+06, and float16 ends at 65504"):
        conv("float16", scale=1e6)
    with pytest.raises(FieldError, match="float16 ends"):
        conv("float16", scale=1e3, mean=100.0)


@pytest.mark.parametrize("precision", ["half", "float8", "int8"])
def test_another_precision_is_refused(precision: str) -> None:
    with pytest.raises(FieldError, match="must be one of float16, bfloat16, float32, float64"):
        conv(precision)


def test_in_training_there_is_one_precision() -> None:
    with pytest.raises(FieldError, match='must be "float32" in mode training'):
        Case("net", BatchNorm2D(3), IMAGE, mode="training", precision="bfloat16")


def test_only_float32_is_filled_into_the_file_of_a_structure() -> None:
    assert plain(draw_parameters(conv("float32"), 0))
    assert not any(plain(draw_parameters(conv(precision), 0)) for precision in PRECISIONS if precision != "float32")
    assert len({digest(draw_parameters(conv(precision), 0)) for precision in PRECISIONS}) == len(PRECISIONS)


def test_a_result_in_another_type_is_told_before_its_numbers() -> None:
    case = conv("float16")
    feeds = {"input": as_value(draw_input(case, 0))}
    feeds |= {f"conv2d1.{name}": as_value(array) for name, array in draw_parameters(case, 0)["conv2d1"].items()}
    truth = truths(case.graph, feeds)["relu1"]
    assert compare(rounded(truth.y, "float16"), truth, case.output).kind is None
    for other in ("float32", "bfloat16", "float64"):
        assert compare(rounded(truth.y, other), truth, case.output).kind == "dtype"


def test_what_is_kept_of_a_failure_can_be_read_again(tmp_path: Path) -> None:
    case = Case("net", ReLU(), IMAGE, precision="bfloat16")
    answers = {"data": [(np.abs(x),) for x in inputs_of(case, "data", 0)]}
    judged = Judge(case, 0).judge(Observation(answers))  # type: ignore[arg-type]
    assert judged.status == "fail"
    np.savez(tmp_path / "it.npz", **judged.evidence)  # type: ignore[arg-type]
    with np.load(tmp_path / "it.npz") as kept:
        assert {name: kept[name].dtype.name for name in ("observed", "input0", "expected")} == {
            "observed": "float32",
            "input0": "float32",
            "expected": "float64",
        }


def test_an_input_that_was_not_yet_rounded_is_a_draw_of_the_noise() -> None:
    random = np.random.default_rng(0)
    wide = random.normal(size=(2, 3, 30, 30)).astype(np.float32)
    tap = rounded(wide, "float16")
    definition = define(BatchNorm2D(3), (Tensor(wide.shape, dtype="float16"),))
    scales = {"gamma": [1.0, 2.0, 1.0], "beta": [1e-3] * 3, "mean": [0.0] * 3, "var": [4e-3] * 3}
    stored = {name: rounded(np.array(array), "float16") for name, array in scales.items()}
    feeds = {"x0": as_value(tap)} | {name: as_value(array) for name, array in stored.items()}
    output = definition.graph.outputs[0]
    on_what_it_read = truths(definition.graph, feeds | {"x0": as_value(wide, "float16")})[output]
    observed = rounded(on_what_it_read.y, "float16")
    assert compare(observed, truths(definition.graph, feeds)[output], None).kind == "value"
    graph, fed = unrounded(definition.graph, feeds, {"x0"})
    assert compare(observed, truths(graph, fed)[output], None).kind is None
    assert compare(observed * np.float16(1.01), truths(graph, fed)[output], None).kind == "value"


def test_a_norm_whose_powers_pass_the_stored_type_is_unspecified() -> None:
    definition = define(LPPool2D(2, 2), (Tensor((1, 1, 2, 4), dtype="float16"),))
    x = rounded(np.array([[1.0, 2.0, 300.0, 400.0]] * 2).reshape(1, 1, 2, 4), "float16")
    truth = truths(definition.graph, {"x0": as_value(x)})[definition.graph.outputs[0]]
    assert truth.unspecified is not None
    assert truth.unspecified.ravel().tolist() == [False, True]


def test_plain_loops_add_in_the_type_that_is_judged() -> None:
    terms = Terms(np.full(10_000, 0.1))
    assert loops(terms, "float64") < 1e-9 < loops(terms)


def test_units_in_the_last_place_are_those_of_the_type() -> None:
    assert [ulps(1.0, 1.5, precision) for precision in ("float16", "bfloat16", "float32")] == [2.0**9, 2.0**6, 2.0**22]
    assert ulps(3.0, 5.0, "int64") == 2


def test_a_divergence_speaks_of_the_precisions_it_names() -> None:
    entry = KnownDivergence(routes="torch", kind="value", precision=HALVES, reason="it rounds", evidence="seen")
    assert [entry.covers(conv(precision), "torch") for precision in PRECISIONS] == [True, True, False, False]
    with pytest.raises(FieldError, match="precision"):
        KnownDivergence(routes="torch", kind="value", precision="", reason="it rounds", evidence="seen")
