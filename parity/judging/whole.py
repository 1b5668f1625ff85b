"""A model end to end: each output as a route gave it against the oracle with drawn noise. Pure numpy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parity.axes import Array
from parity.judging.figures import familiar, figure
from parity.judging.oracle import Truth, truths
from parity.judging.settle import settle
from parity.operators.base import Unsupported
from parity.operators.formats import Format
from parity.operators.graph import Graph, as_value
from parity.records.model import Figure, OutputFigure


class Whole:
    """The truth of one graph on one set of inputs, computed when first needed and kept for all routes.

    feeds: the inputs by name, in the graph's own axes and stored types; seed: names the draws.
    """

    def __init__(self, graph: Graph, feeds: Mapping[str, Array], seed: int) -> None:
        self._graph, self._seed = graph, seed
        self._feeds = {name: as_value(array) for name, array in feeds.items()}
        self._truths: dict[tuple[bool, str], Mapping[str, Truth]] = {}
        self.why_not = self._why_not()  #: why there is no truth; empty where there is one

    def _why_not(self) -> str:
        if missing := self._graph.without_rule():
            return f"no rule for {', '.join(missing)}"
        try:
            self._truth(False, None)
        except Unsupported as reason:
            return f"no rule for {reason}"
        except Exception as error:  # noqa: BLE001 - a file may ask for anything; the outputs are not judged then
            return " ".join(f"the oracle cannot compute it: {type(error).__name__}: {error}".split())
        return ""

    def _truth(self, careful: bool, form: Format | None) -> Mapping[str, Truth]:
        key = (careful, "" if form is None else form.name)
        if key not in self._truths:
            made = truths(self._graph, self._feeds, careful=careful, override=form, key=self._seed)
            self._truths[key] = made
        return self._truths[key]

    def truth(self, name: str) -> Truth | None:
        """The truth of one output, where there is one; None for what is no array."""
        return self._truth(False, None).get(name)

    def output(self, name: str, observed: Array, other: tuple[str, Array] | None) -> OutputFigure:
        """One output against the oracle; ``other`` is a route and its output, compared with where there is no oracle."""
        judged, beside = self._judged(name, observed), None
        if not self.why_not and name in self._truth(False, None):
            beside = familiar(observed, self._truth(False, None)[name].y, "the oracle")
        elif other is not None:
            beside = familiar(observed, other[1], other[0])
        shape = [int(size) for size in observed.shape]
        return OutputFigure(name=name, shape=shape, dtype=str(observed.dtype), figure=judged, familiar=beside)

    def _judged(self, name: str, observed: Array) -> Figure:
        if self.why_not:
            return Figure(status="not judged", reason=self.why_not)
        if name not in self._truth(False, None):
            return Figure(status="not judged", reason="the output is no array")
        truth = self._truth(False, None)[name]
        if "O" in (observed.dtype.kind, truth.y.dtype.kind) or observed.dtype.kind in "SU":
            return Figure(status="not judged", reason="the output is text")
        if not observed.size and not truth.y.size:
            return Figure(status="not judged", reason="the output holds no number")
        if truth.y.dtype == np.float64 and not np.isfinite(truth.y).any():
            return Figure(status="not judged", reason="no number of the output is finite; feed it others")
        return figure(settle(observed, lambda careful, form: self._truth(careful, form)[name], None)[0])
