"""One observed array settled: within its bound, rounding on a second look, or wrong. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from parity.axes import Array, Tensor
from parity.judging.compare import Comparison, compare
from parity.judging.oracle import Truth, maker, truths
from parity.judging.patterns import wrong_elements
from parity.judging.second_look import looked_at, share_of_loops
from parity.operators.formats import FORMATS, TF32, TRANSFORMS, Format
from parity.operators.graph import Graph, Value

LOOP = "as a sequential {} sum"  #: how the second look says that an error is rounding all the same
EXPLAINED_FROM = 0.05  #: the share of elements that must be wrong before another algorithm may explain them

#: Gives the truth of one value: with the widenings of ``careful``, or with another format than float32's own.
Answer = Callable[[bool, Format | None], Truth]


def settle(
    observed: Array, answer: Answer, tensor: Tensor | None, form: Format | None = None
) -> tuple[Comparison, Truth]:
    """The comparison with the plain bound, and where that is left with the careful one, which is dearer and wider.

    tensor: as :func:`parity.judging.compare.compare` takes it.
    """
    truth = answer(False, form)
    comparison = compare(observed, truth, tensor)
    if comparison.kind in ("value", "axes"):
        truth = answer(True, form)
        comparison = compare(observed, truth, tensor)
    return comparison, truth


def settle_anchored(
    observed: Array,
    graph: Graph,
    feeds: Mapping[str, Value],
    tensor: Tensor | None,
    form: Format | None = None,
    known: dict[tuple[bool, str], Truth] | None = None,
) -> tuple[Comparison, Truth, Answer]:
    """A graph's first output judged on exactly these feeds, with the second look at what is still wrong.

    known: the truths of these feeds so far, for who asks again; by whether they are careful and by the name of the format.
    """
    known = {} if known is None else known

    def answer(careful: bool, form: Format | None) -> Truth:
        key = (careful, "" if form is None else form.name)
        if key not in known:
            # A sum is looked at element by element, not by a sample of its kind: so without loops.
            known[key] = truths(graph, feeds, careful=careful, loops=False, override=form)[graph.outputs[0]]
        return known[key]

    comparison, truth = settle(observed, answer, tensor, form)
    if comparison.kind == "value":
        comparison = _second_look(comparison, observed, truth, graph, feeds)
    return comparison, truth, answer


def _second_look(
    comparison: Comparison, observed: Array, truth: Truth, graph: Graph, feeds: Mapping[str, Value]
) -> Comparison:
    """The comparison, or a pass where every element looked at is off by no more than plain sums in the stored type are."""
    made = maker(graph, feeds)
    if made is None or truth.dtype not in FORMATS or truth.form.storage != truth.form.accumulate:
        return comparison
    allowed = truth.allowed()
    wrong = wrong_elements(observed, truth.y, allowed)
    if truth.unspecified is not None:
        wrong &= ~truth.unspecified
    distance = np.abs(observed.astype(np.float64) - truth.y)
    places = looked_at(distance / allowed, wrong)
    most = share_of_loops(made.rule, made.at, made.reads, distance, truth.storage, places)
    if most is None or most > 1:
        return comparison
    return replace(comparison, kind=None, message=LOOP.format(truth.dtype), ratio=most, wrong=0)


def explained(comparison: Comparison, observed: Array, answer: Answer, tensor: Tensor, device: str) -> str | None:
    """Which documented freedoms of a kernel would allow this failure, if any would: ``Winograd F(4,3) or TF32``.

    The device has to have them.
    """
    freedoms = (TRANSFORMS, (TF32,)) if device != "cpu" else (TRANSFORMS,)
    found = [allowing(comparison, observed, answer, tensor, forms) for forms in freedoms]
    return " or ".join(form.name for form in found if form is not None) or None


def allowing(
    comparison: Comparison, observed: Array, answer: Answer, tensor: Tensor, forms: Iterable[Format]
) -> Format | None:
    """The first of these formats that would allow a failure in value; one wrong weight is no format, so many must be wrong."""
    if comparison.kind not in ("value", "inexact") or comparison.wrong < EXPLAINED_FROM * comparison.elements:
        return None
    return next((form for form in forms if compare(observed, answer(True, form), tensor).kind is None), None)
