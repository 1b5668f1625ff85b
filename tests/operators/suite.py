"""ONNX's own node tests through parity's reader and oracle. The package makes them; no data are shipped."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

from parity.axes import Tensor
from parity.judging.compare import compare
from parity.judging.oracle import truths
from parity.operators.base import Unsupported
from parity.operators.file import read
from parity.operators.graph import Value, as_value, walk

REASONS = {
    "HALF": "the suite's tolerance is below half a unit in the last place of the half type; within parity's bound",
    "TIE": "an element lies at a tie between two whole numbers, which the suite decides in float32; within parity's bound",
}

#: Cases whose expected output parity does not meet, without ``_expanded``, and why.
EXPLAINED = {
    "test_attention_3d_causal_bf16": "HALF",
    "test_attention_4d_attn_mask_causal_bf16": "HALF",
    "test_attention_4d_causal_bf16": "HALF",
    "test_attention_4d_causal_padded_kv_bf16": "HALF",
    "test_attention_4d_gqa_with_past_and_present_fp16": "HALF",
    "test_attention_4d_padded_kv_bf16": "HALF",
    "test_cast_FLOAT_to_BFLOAT16": "HALF",
    "test_castlike_FLOAT_to_BFLOAT16": "HALF",
    "test_celu_bfloat16": "HALF",
    "test_dynamicquantizelinear": "TIE",
}


@dataclass(frozen=True)
class Ended:
    """How one case ended: ``agrees``, ``differs`` or ``unsupported`` (then ``what`` says by which operator or mode)."""

    name: str
    kinds: tuple[str, ...]  #: operators of the case's graph
    ending: str
    what: str = ""
    bounded: bool = True  #: of a case that differs: whether the expected output lies within the bound


def array(stored: Any) -> Any:
    """A stored tensor, sequence or optional as numpy."""
    if isinstance(stored, onnx.TensorProto):
        return numpy_helper.to_array(stored)
    if isinstance(stored, onnx.SequenceProto):
        return numpy_helper.to_list(stored)
    return numpy_helper.to_optional(stored) if isinstance(stored, onnx.OptionalProto) else stored


def value(given: Any) -> Value:
    """What a graph is fed."""
    if not isinstance(given, list):
        return as_value(given)
    parts = [as_value(part) for part in given]
    return Value([part.y for part in parts], f"seq({parts[0].dtype if parts else 'float32'})")


def cases() -> Iterator[Any]:
    """All node tests of the installed package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from collect_testcases(None)


def agrees(got: Any, wanted: Any, rtol: float, atol: float) -> bool:
    """Whether a value is the expected one, by the suite's own tolerance."""
    if isinstance(wanted, list):
        return len(got) == len(wanted) and all(agrees(a, b, rtol, atol) for a, b in zip(got, wanted, strict=True))
    wanted, got = np.asarray(wanted), np.asarray(got)
    if wanted.shape != got.shape:
        return False
    if wanted.dtype.kind in "OSU":
        return bool(np.array_equal(wanted.astype(str), got.astype(str)))
    a, b = got.astype(np.float64), wanted.astype(np.float64)
    return bool(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True))


def run(case: Any) -> Ended:
    """One case: the graph of its model on its inputs, against its expected outputs and their types."""
    kinds = tuple(dict.fromkeys(node.op_type for node in case.model.graph.node))
    given, wanted = ([array(v) for v in part] for part in case.data_sets[0])
    graph = read(case.model)
    feeds = {i.name: value(v) for i, v in zip(case.model.graph.input, given, strict=True) if v is not None}
    try:
        made = walk(graph, feeds)
    except Unsupported as reason:
        return Ended(case.name, kinds, "unsupported", str(reason))
    outputs = [made[o.name] for o in case.model.graph.output]
    for output, expected in zip(outputs, wanted, strict=True):
        if not isinstance(expected, list) and np.asarray(expected).dtype.name != output.dtype:
            return Ended(case.name, kinds, "differs", f"type {output.dtype}", False)
    pairs = list(zip(outputs, wanted, strict=True))
    if all(agrees(output.y, expected, case.rtol, case.atol) for output, expected in pairs):
        return Ended(case.name, kinds, "agrees")
    return Ended(case.name, kinds, "differs", "values", _bounded(graph, feeds, case, wanted))


def _bounded(graph: Any, feeds: Any, case: Any, wanted: list[Any]) -> bool:
    """Whether every expected output lies within what an honest kernel may give."""
    said = truths(graph, feeds, careful=True)
    for output, expected in zip(case.model.graph.output, wanted, strict=True):
        if output.name not in said:
            return False
        truth, got = said[output.name], np.asarray(expected).astype(np.float64)
        allowed = 3 * truth.evaluation + truth.storage
        distance = np.abs(np.nan_to_num(got - np.asarray(truth.y, np.float64)))
        if got.shape != truth.y.shape or np.any(distance > allowed):
            return False
    return True


def explanation(name: str) -> str:
    """Why a case may differ; empty where it may not."""
    reason = EXPLAINED.get(name.removesuffix("_expanded"), "")
    return REASONS.get(reason, "")


# ---- a real kernel on the same cases --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    """What ONNX Runtime made of a case: ``within`` the bound, ``beyond`` it, ``refused`` or ``unsupported`` here."""

    name: str
    ending: str
    what: str = ""
    ratio: float = 0.0
    need: float = 0.0


def in_onnxruntime(case: Any) -> Ran:
    """The case in ONNX Runtime as it ships, against the value and the bound of the same graph."""
    import onnxruntime as ort

    ort.set_default_logger_severity(4)
    given = [array(v) for v in case.data_sets[0][0]]
    graph = read(case.model, decimal=False)
    named = {i.name: v for i, v in zip(case.model.graph.input, given, strict=True) if v is not None}
    try:
        said = truths(graph, {name: value(v) for name, v in named.items()}, careful=True)
    except Unsupported as reason:
        return Ran(case.name, "unsupported", str(reason))
    try:
        session = ort.InferenceSession(case.model.SerializeToString(), providers=["CPUExecutionProvider"])
        made = session.run(None, named)
    except Exception as error:  # noqa: BLE001 - whatever it refuses a case with
        return Ran(case.name, "refused", type(error).__name__)
    ratio = need = 0.0
    for output, got in zip(case.model.graph.output, made, strict=True):
        truth = said.get(output.name)
        if truth is None or isinstance(got, list) or np.asarray(got).dtype.kind in "OSU" or not np.size(got):
            continue
        found = compare(np.asarray(got), truth, Tensor(np.shape(truth.y)))
        if found.kind is not None:
            return Ran(case.name, "beyond", f"{found.kind} {found.message}", found.ratio or 0.0, found.need or 0.0)
        ratio, need = max(ratio, found.ratio or 0.0), max(need, found.need or 0.0)
    return Ran(case.name, "within", "", ratio, need)
