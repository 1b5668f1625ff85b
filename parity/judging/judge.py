"""The verdict on one observation. Pure numpy: arrays in, a judgement out; a mismatch is a record, never an exception."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import msgspec
import numpy as np

from parity.axes import Array, Tensor
from parity.bounds import EXPLANATIONS, LAMBDA, Rounding, rounding_for
from parity.cases.case import INPUT, Case
from parity.cases.network import Node
from parity.cases.parameters import Parameters
from parity.cases.probes import PROBES, Probe, inputs_of, parameters_of, variant_of, why_not
from parity.judging.compare import Comparison, compare
from parity.judging.observation import Observation
from parity.judging.oracle import Truth, layer_truth, network_truth, network_value
from parity.judging.patterns import pattern
from parity.judging.pictures import histogram
from parity.judging.showing import TAG, failure_pictures, filters_picture, layer_pictures, sight, signed_ratio
from parity.records.lines import Failure, Grid, LayerFigure, Number, Place, ProbeFigure, number, worst
from parity.records.verdict import KINDS, Status

OUTPUT = "output"  #: where a failure of the network as it ships is placed
TWIN = "tapped twin"  #: where a failure to match its outputs with layers is placed


@dataclass(frozen=True)
class Judgement:
    """What the judge says of one observation."""

    status: Status
    reason: str = ""
    ratio: Number | None = None
    need: Number | None = None
    probes: tuple[ProbeFigure, ...] = ()
    layers: tuple[LayerFigure, ...] = ()
    histogram: tuple[int, ...] = ()  #: output elements of the data probe by ratio; empty where they cannot be compared
    filters: Grid | None = None
    failure: Failure | None = None
    evidence: dict[str, Array] = field(default_factory=dict)  #: of a failure: expected, observed, allowed, input


@dataclass(frozen=True)
class _Finding:
    """A comparison that did not hold, and what it compared."""

    comparison: Comparison
    where: str
    probe: Probe
    tensor: Tensor
    truth: Truth | None = None
    observed: Array | None = None
    reads: tuple[Array, ...] = ()


class Judge:
    """Judges observations of one case; keeps the truth of the case between its routes.

    The parameters are those the routes were given, drawn again by name.
    """

    def __init__(self, case: Case, seed: int) -> None:
        self.case, self.seed = case, seed
        self._truths: dict[tuple[Probe, str], Truth] = {}
        self._parameters: dict[str, Parameters] = {}
        #: Layers that passed, by the bytes they read and gave: routes that agree to the bit are judged once.
        self._passed: dict[tuple[str, str, bool, bytes], LayerFigure] = {}
        self._fields = case.network.receptive_fields(case.input)

    def judge(self, observation: Observation, tf32: bool = False, pictures: bool = False) -> Judgement:
        """Every probe end to end, then every layer on the input it really got.

        pictures: keep every layer's output as a picture, if the case asks for it by its tag.
        """
        rounding = rounding_for(self.case.precision, tf32)
        probes: list[ProbeFigure] = []
        findings: list[_Finding] = []
        for probe in PROBES:
            if reason := why_not(self.case, probe):
                probes.append(ProbeFigure(probe=probe, status="not applicable", reason=reason))
                continue
            comparison, finding = self._probe(probe, observation.answers.get(probe, []), rounding)
            probes.append(
                ProbeFigure(
                    probe=probe,
                    status="pass" if finding is None else "fail",
                    ratio=_spell(comparison.ratio),
                    need=_spell(comparison.need),
                )
            )
            if finding is not None:
                findings.append(finding)
        pictures = pictures and TAG in self.case.tags
        layers, layer_finding = self._layers(observation, rounding, pictures)
        ratio = worst(iter([*(p.ratio for p in probes), *(f.ratio for f in layers)]))
        need = worst(iter([*(p.need for p in probes), *(f.need for f in layers)]))
        shape = tuple(self._histogram(observation, rounding))
        filters = filters_picture(self.case, self._drawn("shipped")) if pictures else None
        judged = Judgement("pass", "", ratio, need, tuple(probes), tuple(layers), shape, filters)
        if not findings and layer_finding is None:
            return judged
        # A layer that left its bound when fed what it really got is nearer to the cause than the output.
        shown = findings[0] if layer_finding is None else layer_finding
        failure = self._failure(shown, layer_finding, rounding)
        return replace(judged, status="fail", reason=failure.message, failure=failure, evidence=_evidence(shown))

    def _probe(
        self, probe: Probe, answers: Sequence[tuple[Array, ...]], rounding: Rounding
    ) -> tuple[Comparison, _Finding | None]:
        """One probe end to end: its worst comparison, and the finding if it does not hold."""
        case = self.case
        inputs = inputs_of(case, probe, self.seed)
        tensor = case.output
        if len(answers) != len(inputs):
            lost = Comparison("output-missing", f"{len(answers)} of {len(inputs)} inputs were answered")
            return lost, _Finding(lost, OUTPUT, probe, tensor)
        for outputs in answers:
            if len(outputs) != 1:
                kind, few = (
                    ("output-missing", "no output") if not outputs else ("output-extra", f"{len(outputs)} outputs")
                )
                wrong = Comparison(kind, f"{few}, expected 1")  # type: ignore[arg-type]
                return wrong, _Finding(wrong, OUTPUT, probe, tensor)
        batch = Tensor((tensor.shape[0] * len(inputs), *tensor.shape[1:]), tensor.folded)
        observed = [outputs[0] for outputs in answers]
        odd = next((o for o in observed if o.shape != tensor.shape or o.dtype != observed[0].dtype), None)
        if odd is not None:
            comparison = compare(odd, self._truth(probe, rounding), tensor, rounding)
            return comparison, _Finding(comparison, OUTPUT, probe, tensor)
        together = np.concatenate(observed)
        truth = self._truth(probe, rounding)
        comparison = compare(together, truth, batch, rounding)
        if probe == "integer" and comparison.kind == "value":
            comparison = replace(comparison, kind="inexact")
        if comparison.kind is None:
            return comparison, None
        return comparison, _Finding(comparison, OUTPUT, probe, batch, truth, together, (np.concatenate(inputs),))

    def _truth(self, probe: Probe, rounding: Rounding) -> Truth:
        """The truth of a probe's inputs, one after the other along N."""
        key = (probe, rounding.name)
        if key not in self._truths:
            x = np.concatenate(inputs_of(self.case, probe, self.seed))
            parameters = self._drawn(variant_of(probe))
            if probe == "integer":
                # Every sum is exact whatever its order, so nothing is allowed but the flush of what is below normal.
                y = network_value(self.case.network, parameters, x)
                truth = Truth(y, np.zeros_like(y), np.zeros_like(y))
            else:
                truth = network_truth(self.case.network, parameters, x, rounding)
            self._truths[key] = truth
        return self._truths[key]

    def _drawn(self, variant: str) -> Parameters:
        if variant not in self._parameters:
            self._parameters[variant] = parameters_of(self.case, variant, self.seed)  # type: ignore[arg-type]
        return self._parameters[variant]

    def _histogram(self, observation: Observation, rounding: Rounding) -> list[int]:
        answers = observation.answers.get("data", [])
        if len(answers) != 1 or len(answers[0]) != 1 or answers[0][0].shape != self.case.output.shape:
            return []
        return histogram(np.abs(signed_ratio(answers[0][0], self._truth("data", rounding), rounding)))

    def _layers(
        self, observation: Observation, rounding: Rounding, pictures: bool
    ) -> tuple[list[LayerFigure], _Finding | None]:
        """Each layer judged on the input it really got; the first that does not hold is where a failure was born."""
        case, nodes = self.case, self.case.network.nodes
        values: dict[str, Array] = {INPUT: inputs_of(case, "data", self.seed)[0]}
        if not case.tapped:
            answers = observation.answers.get("data", [])
            taps = answers[0] if len(answers) == 1 else ()
        else:
            taps = observation.taps or ()
        if len(taps) != len(nodes):
            lost = Comparison("unmatched-layer", f"the tapped twin gave {len(taps)} values for {len(nodes)} layers")
            figures = [self._figure(node, None) for node in nodes]
            return figures, _Finding(lost, TWIN, "data", case.output) if case.tapped else None
        values |= {node.name: tap for node, tap in zip(nodes, taps, strict=True)}
        parameters = self._drawn("shipped")
        figures, first = [], None
        for node in nodes:
            reads = tuple(values[name] for name in node.inputs)
            tensor = case.tensors[node.name]
            if any(value.shape != case.tensors[name].shape for name, value in zip(node.inputs, reads, strict=True)):
                figures.append(self._figure(node, None))  # the layer before has a wrong shape, and says so
                continue
            same = (node.name, rounding.name, pictures, _digest(*reads, values[node.name]))
            if same in self._passed:
                figures.append(self._passed[same])
                continue
            truth = layer_truth(node, reads, parameters[node.name], rounding)
            comparison = compare(values[node.name], truth, tensor, rounding)
            figure = self._figure(node, comparison)
            if pictures:
                maps, errors = layer_pictures(values[node.name], truth, rounding)
                figure = msgspec.structs.replace(figure, maps=maps, errors=errors)
            figures.append(figure)
            if comparison.kind is None:
                self._passed[same] = figure
            elif first is None:
                first = _Finding(comparison, node.name, "data", tensor, truth, values[node.name], reads)
        return figures, first

    def _figure(self, node: Node, comparison: Comparison | None) -> LayerFigure:
        field = self._fields[node.name]
        figure = LayerFigure(
            node=node.name,
            layer=str(node.layer),
            shape=list(self.case.tensors[node.name].shape),
            status="not judged",
            parameters=sum(prod(p.shape) for p in node.layer.parameters().values()),
            field=None if field is None else list(field),
        )
        if comparison is None:
            return figure
        return msgspec.structs.replace(
            figure,
            status="pass" if comparison.kind is None else "fail",
            ratio=_spell(comparison.ratio),
            need=_spell(comparison.need),
        )

    def _failure(self, shown: _Finding, layer: _Finding | None, rounding: Rounding) -> Failure:
        c = shown.comparison
        assert c.kind is not None
        place = None
        if c.index is not None:
            place = Place(
                index=dict(zip(shown.tensor.axes, c.index, strict=True)),
                expected=number(c.expected),
                got=number(c.got),
                allowed=number(c.allowed),
                ulps=number(c.ulps),
            )
        measured = c.ratio is not None and c.kind in ("value", "inexact", "axes")
        much = f", {c.ratio:.3g} times the allowed {c.allowed:.3g}" if measured and c.kind != "inexact" else ""
        return Failure(
            kind=c.kind,
            message=f"{shown.where}: {KINDS[c.kind]}{much}{': ' + c.message if c.message else ''}",
            probe=shown.probe,
            where=shown.where,
            born=self._born(shown, layer),
            place=place,
            wrong=c.wrong or None,
            elements=c.elements or None,
            explained=self._explained(shown) if c.kind == "value" else None,
            **self._shown(shown, rounding),
        )

    def _shown(self, shown: _Finding, rounding: Rounding) -> dict[str, Any]:
        """What people look at beside the figures of a failure."""
        c = shown.comparison
        if shown.observed is None or shown.truth is None or c.index is None:
            return {}
        named = c.kind in ("value", "inexact", "nan", "infinity", "infinity-sign")
        return {
            "pattern": pattern(shown.observed, shown.truth.y, shown.truth.allowed(rounding)) if named else "",
            "sight": sight(self.case, shown.where, c.index),
            "pictures": failure_pictures(shown.observed, shown.truth, rounding, c),
        }

    def _born(self, shown: _Finding, layer: _Finding | None) -> str | None:
        """The layer a failure comes from: the first that failed by itself, or the only one there is."""
        if layer is not None:
            return layer.where if layer.where != TWIN else None
        return None if self.case.tapped or shown.truth is None else self.case.network.output.name

    def _explained(self, shown: _Finding) -> str | None:
        """Which documented freedom of a kernel would allow this value failure, if one would."""
        if shown.observed is None:
            return None
        for rounding in EXPLANATIONS:
            if shown.where == OUTPUT:
                truth = self._truth(shown.probe, rounding)
            else:
                node = next(n for n in self.case.network.nodes if n.name == shown.where)
                truth = layer_truth(node, shown.reads, self._drawn("shipped")[node.name], rounding)
            if compare(shown.observed, truth, shown.tensor, rounding).kind is None:
                return rounding.name
        return None


def _digest(*arrays: Array) -> bytes:
    """Equal for arrays of the same dtypes, shapes and bytes."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def _spell(figure: float | None) -> Number | None:
    return None if figure is None else number(figure)


def _evidence(shown: _Finding) -> dict[str, Array]:
    """The arrays a person needs to look at a failure; canonical axes."""
    if shown.observed is None or shown.truth is None:
        return {}
    arrays = {
        "observed": shown.observed,
        "expected": shown.truth.y,
        "allowed": LAMBDA * shown.truth.evaluation + shown.truth.storage,
    }
    return arrays | {f"input{i}": x for i, x in enumerate(shown.reads)}
