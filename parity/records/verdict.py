"""The words a check can end with."""

from __future__ import annotations

from typing import Literal, get_args

#: The gate: how often the evaluation error at lambda = 1 is allowed. The largest need of an honest run measured so far is
#: under 2 (docs/error-bounds.md).
LAMBDA = 3.0

Status = Literal["pass", "fail", "error", "unsupported", "crash", "timeout", "not run", "known", "stale"]

#: How a check ends:
#: pass         every element within its bound, every probe satisfied
#: fail         a promise or a bound was broken; ``Kind`` names which
#: error        the route, the exporter or parity raised an exception
#: unsupported  a framework, exporter or runtime says it cannot, with its reason
#: crash        the worker died: a signal, an abort, a kill for memory
#: timeout      a step outlived its time limit
#: not run      something it needs is absent, or the run ended first
#: known        fails as a declared divergence says
#: stale        a declared divergence that no longer reproduces
STATUSES: tuple[Status, ...] = get_args(Status)

#: Endings that make a run fail (exit code 1).
BAD: frozenset[Status] = frozenset({"fail", "error", "crash", "timeout", "stale"})

Kind = Literal[
    "output-missing",
    "output-extra",
    "unmatched-layer",
    "empty",
    "shape",
    "axes",
    "dtype",
    "nan",
    "infinity",
    "infinity-sign",
    "zero-sign",
    "integer-wrap",
    "fallback-exporter",
    "cache",
    "onnx-invalid",
    "onnx-shape",
    "function",
    "value",
    "inexact",
    "not-repeatable",
    "batch-size",
    "draws",
]

#: What each kind of failure means. The order is the order of judging, and of reports: structure before numbers.
KINDS: dict[Kind, str] = {
    "output-missing": "the route gave fewer outputs than the network has",
    "output-extra": "the route gave more outputs than the network has",
    "unmatched-layer": "the tapped twin did not give one output for every layer",
    "fallback-exporter": "another exporter than the one asked for wrote the file",
    "cache": "a file of the cache, filled with the case's parameters, is not the file that an export with them gives",
    "onnx-invalid": "the exported file does not pass the ONNX checker or strict shape inference",
    "onnx-shape": "the exported file declares another shape than it computes",
    "empty": "there was nothing to compare",
    "shape": "the shape differs, even if it would broadcast",
    "dtype": "the values came in another dtype, even if it is wider",
    "nan": "NaN where the oracle has a number, or a number where it has NaN",
    "infinity": "infinity where the oracle has a finite number, or the reverse",
    "infinity-sign": "an infinity of the other sign",
    "zero-sign": "a zero of the other sign, where nothing but moving and choosing values is done",
    "integer-wrap": "an integer outside the range of its dtype came back wrapped around",
    "axes": "the values are right once two axes of equal size are swapped",
    "function": "it is another function than what it was made from or compared with",
    "inexact": "not bit equal where integers make every summation order exact",
    "value": "a value is farther from the oracle than its bound",
    "batch-size": "the network answers only at the batch size that it was made with",
    "not-repeatable": "the same input gave another answer when it was asked again",
    "draws": "what is drawn at random is not distributed as it has to be",
}
