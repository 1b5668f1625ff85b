"""The verdict on one observation. Pure numpy: arrays in, a judgement out; a mismatch is a record, never an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod
from typing import Any, Literal, TypeGuard

import msgspec
import numpy as np

from parity.axes import Array, Tensor
from parity.cases.case import INPUT, Case
from parity.cases.network import Node
from parity.cases.parameters import Parameters
from parity.cases.probes import PROBES, inputs_of, parameters_of, variant_of, why_not
from parity.judging.again import changed
from parity.judging.blind import blind_to, told
from parity.judging.chances import as_drawn, judge_draws
from parity.judging.compare import Comparison, compare, note
from parity.judging.failure import failure_of
from parity.judging.fed import feeds_of, settled
from parity.judging.finding import OUTPUT, TWIN, Finding, evidence_of, figured, nearest
from parity.judging.gradients import judge_gradients
from parity.judging.observation import Observation
from parity.judging.oracle import DECIDED, MORE_DRAWS, Truth, truths
from parity.judging.others import KINDS, judge_others
from parity.judging.pictures import histogram
from parity.judging.sameness import digest
from parity.judging.settle import allowing, settle
from parity.judging.showing import (
    TAG,
    filters_picture,
    layer_pictures,
    signed_ratio,
)
from parity.judging.states import judge_states
from parity.judging.unrounded import settle_read
from parity.operators.formats import HALVES, TF32, TRANSFORMS, Format
from parity.operators.graph import Value, as_value, walk
from parity.records.lines import Failure, Grid, LayerFigure, Number, Probe, ProbeFigure, number, worst
from parity.records.verdict import Status


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


class Judge:
    """Judges observations of one case; keeps the truth of the case between its routes.

    The parameters are those the routes were given, drawn again by name.
    """

    def __init__(self, case: Case, seed: int) -> None:
        self.case, self.seed = case, seed
        self._truths: dict[tuple[Probe, bool, str], Mapping[str, Truth]] = {}
        self._parameters: dict[str, Parameters] = {}
        self._inputs: dict[Probe, list[Array]] = {}
        self._reasons = {probe: why_not(case, probe) for probe in PROBES}
        self._blindness: dict[str, str] = {}
        #: Of layers that read the case's own input, whatever the route: what float64 says of them.
        self._first: dict[str, dict[tuple[bool, str], Truth]] = {}
        #: Layers that passed, by the bytes they read and gave: routes that agree to the bit are judged once.
        self._passed: dict[tuple[str, str, tuple[bool, bool], bytes], LayerFigure] = {}
        self._fields = case.network.receptive_fields(case.input, case.training)

    def judge(
        self, observation: Observation, tf32: bool = False, pictures: bool = False, device: str = "cpu"
    ) -> Judgement:
        """Every probe end to end, then every layer on the input it really got.

        tf32: TF32 operands are allowed for; pictures: keep every layer's output as a picture, if the case asks for it by
        its tag; device: where it ran.
        """
        form = self._form(observation, TF32 if tf32 else None, device)
        pictures = pictures and TAG in self.case.tags
        probes, findings = self._probes(observation, form)
        for asked in (self._behind, self._draws, self._others):
            figures, more = asked(observation, form)
            probes, findings = [*probes, *figures], [*findings, *more]
        changed = self._changed(observation, form)
        layers, layer_finding = self._layers(observation, form, pictures)
        ratio = worst(iter([*(p.ratio for p in probes), *(f.ratio for f in layers)]))
        need = worst(iter([*(p.need for p in probes), *(f.need for f in layers)]))
        shape = tuple(self._histogram(observation, form))
        filters = filters_picture(self.case, self._drawn("shipped")) if pictures else None
        judged = Judgement("pass", "", ratio, need, tuple(probes), tuple(layers), shape, filters)
        shown = nearest([*findings, *([] if changed is None else [changed])], layer_finding)
        if shown is None:
            return judged
        failure = msgspec.structs.replace(
            failure_of(self.case, shown, findings, layer_finding, device, self._integer_noise),
            repeats=changed is None,
            # What is not repeatable may be right by luck, whoever runs it; other ways are asked of the file that ships.
            unoptimised=self._unoptimised(observation, form) if changed is None and _of_file(shown.probe) else None,
        )
        if shown.probe == "draws":
            judged = replace(judged, need=None)  # no lambda would let it pass
        return replace(judged, status="fail", reason=failure.message, failure=failure, evidence=evidence_of(shown))

    def _form(self, observation: Observation, form: Format | None, device: str) -> Format | None:
        """What float32 may round there: cuDNN transforms the tiles of a convolution where it thinks that fast.

        The integers are the witness: a kernel that adds products gives their very bits, and one that transforms gives them
        within its rounding.
        """
        if device == "cpu" or self._reasons["integer"]:
            return form
        comparison, finding = self._probe("integer", observation, form)
        if finding is None or finding.observed is None or finding.answer is None:
            return form
        found = allowing(comparison, finding.observed, finding.answer, finding.tensor, TRANSFORMS)
        if found is None or form is None:
            return found or form
        return replace(found, operand=form.operand, name=f"{found.name} with {form.name}")

    def _unoptimised(self, observation: Observation, form: Format | None) -> Literal["pass", "fail"] | None:
        """What would be said of the file that ships if the runtime's optimiser were off."""
        if observation.unoptimised is None:
            return None
        plain = replace(observation, answers=observation.answers | observation.unoptimised)
        wrong = [finding for asked in (self._probes, self._behind, self._draws) for finding in asked(plain, form)[1]]
        return "fail" if wrong or self._layers(plain, form, False)[1] is not None else "pass"

    def _probes(self, observation: Observation, form: Format | None) -> tuple[list[ProbeFigure], list[Finding]]:
        """Every probe end to end: its figures, and what does not hold."""
        probes: list[ProbeFigure] = []
        findings: list[Finding] = []
        for probe in PROBES:
            if reason := self._reasons[probe]:
                probes.append(ProbeFigure(probe=probe, status="not applicable", reason=reason))
                continue
            comparison, finding = self._probe(probe, observation, form)
            said = "; ".join(filter(None, (note(comparison), self._blind(probe, form))))
            probes.append(figured(probe, [comparison], said))
            if finding is not None:
                findings.append(finding)
        return probes, findings

    def _behind(self, observation: Observation, form: Format | None) -> tuple[list[ProbeFigure], list[Finding]]:
        """What comes behind the output: what the pass over the data made of the states, or the gradients."""
        answers = observation.answers.get("data", [])
        outputs = answers[0] if len(answers) == 1 else ()
        if self.case.gradient:
            return judge_gradients(self.case, outputs, self._data_truths, form)
        return judge_states(self.case, outputs, observation.stateless, self._data_truths, form)

    def _draws(self, observation: Observation, form: Format | None) -> tuple[list[ProbeFigure], list[Finding]]:
        """The statistics of what is drawn at random."""
        case = self.case
        outputs = [out for given in observation.answers.get("data", []) for out in given if out.shape == case.shape]
        if not case.chance or len(outputs) < 2:
            return ([ProbeFigure(probe="draws", status="not judged")] if case.chance else []), []
        x = self._asked("data")[0]
        comparison, told = judge_draws(case.chance, x, outputs, case.input.axes)
        wrong = [] if comparison.kind is None else [Finding(comparison, OUTPUT, "draws", case.output)]
        return [figured("draws", [comparison], told)], wrong

    def _others(self, observation: Observation, form: Format | None) -> tuple[list[ProbeFigure], list[Finding]]:
        """What came of the other ways in which the case wants to be asked."""
        answers = observation.answers.get("data", [])
        first = answers[0][0] if answers and len(answers[0]) == 1 else None
        return judge_others(self.case, observation.others, first, partial(self._truth, "data"), form)

    def _blind(self, probe: Probe, form: Format | None) -> str:
        """What a check has to say of a case whose own input tells nothing."""
        if probe != "data" or self.case.chance:
            return ""
        key = _name(form)
        if key not in self._blindness:
            number = blind_to(self._truth(probe, False, form), self.case.shape[0])
            self._blindness[key] = "" if number is None else told(number)
        return self._blindness[key]

    def _probe(self, probe: Probe, observation: Observation, form: Format | None) -> tuple[Comparison, Finding | None]:
        """One probe end to end: its worst comparison, and the finding if it does not hold."""
        case, answers = self.case, observation.answers.get(probe, [])
        count = 1 if observation.stateless else len(case.outputs)
        inputs = self._asked(probe)
        tensor = case.output
        if len(answers) != len(inputs):
            lost = Comparison("output-missing", f"{len(answers)} of {len(inputs)} inputs were answered")
            return lost, Finding(lost, OUTPUT, probe, tensor)
        for outputs in answers:
            if len(outputs) != count:
                few = f"{len(outputs) or 'no'} output{'s' * (len(outputs) > 1)}, expected {count}"
                wrong = Comparison("output-missing" if len(outputs) < count else "output-extra", few)
                return wrong, Finding(wrong, OUTPUT, probe, tensor)
        batch = Tensor((tensor.shape[0] * len(inputs), *tensor.shape[1:]), tensor.folded, tensor.dtype)
        observed = [outputs[0] for outputs in answers]
        answer = partial(self._truth, probe)
        odd = next((o for o in observed if o.shape != tensor.shape or o.dtype != observed[0].dtype), None)
        if odd is not None:
            comparison = compare(odd, answer(False, form), tensor)
            return comparison, Finding(comparison, OUTPUT, probe, tensor)
        together = np.concatenate(observed)
        answer = partial(self._truth_of, together, probe)
        comparison, truth = settle(together, answer, batch, form)
        if probe == "integer" and comparison.kind == "value":
            comparison = replace(comparison, kind="inexact")
        elif probe == "integer" and comparison.kind is None and _transforms(form):
            comparison = replace(comparison, message=f"not bit equal: no farther off than {form.name} rounds")
        if comparison.kind is None:
            return comparison, None
        reads = (np.concatenate(inputs),)
        return comparison, Finding(comparison, OUTPUT, probe, batch, truth, together, reads, answer)

    def _truth(self, probe: Probe, careful: bool, form: Format | None) -> Truth:
        """The truth of a probe's inputs, one after the other along N."""
        return self._truths_of(probe, careful, form)[self.case.network.output.name]

    def _truth_of(self, observed: Array, probe: Probe, careful: bool, form: Format | None) -> Truth:
        """The truth of these answers, which may hold what was drawn where the case draws anything."""
        truth = self._truth(probe, careful, form)
        return as_drawn(truth, observed, self.case.chance) if self.case.chance else truth

    def _truths_of(self, probe: Probe, careful: bool, form: Format | None) -> Mapping[str, Truth]:
        """The truth of every output, by :attr:`Case.outputs`."""
        key = (probe, careful, _name(form))
        if key not in self._truths:
            self._truths[key] = self._computed(self.case, probe, careful, form)
        return self._truths[key]

    def _data_truths(self, case: Case, careful: bool, form: Format | None) -> Mapping[str, Truth]:
        """The truths of the data; ``case`` may read its layers in another way than the one that is judged."""
        if case is self.case:
            return self._truths_of("data", careful, form)
        return self._computed(case, "data", careful, form)

    def _computed(self, case: Case, probe: Probe, careful: bool, form: Format | None) -> Mapping[str, Truth]:
        graph, feeds = settled(case.graph, self._feeds(probe))
        if probe == "integer" and not _transforms(form):
            # Every sum is exact whatever its order, so nothing is allowed but the flush of what is below normal.
            exact = walk(graph, feeds)
            found = {name: _exact(exact[name]) for name in graph.outputs}
        else:
            how: dict[str, Any] = dict(decided=DECIDED, count=MORE_DRAWS) if case.gradient else {}
            found = truths(graph, feeds, careful=careful, override=form, key=self.seed, **how)
        return {name: found[output] for name, output in zip(case.outputs, graph.outputs, strict=True)}

    def _integer_noise(self) -> Truth:
        """What honest rounding would make of the integer probe, where none is allowed."""
        return truths(*settled(self.case.graph, self._feeds("integer")), key=self.seed)[self.case.network.output.name]

    def _feeds(self, probe: Probe) -> dict[str, Value]:
        feeds = {INPUT: as_value(np.concatenate(self._asked(probe)))}
        for node, stored in self._drawn(variant_of(probe)).items():
            feeds |= {f"{node}.{name}": as_value(array) for name, array in stored.items()}
        return feeds

    def _asked(self, probe: Probe) -> list[Array]:
        """The inputs of a probe, which nobody writes to."""
        if probe not in self._inputs:
            self._inputs[probe] = inputs_of(self.case, probe, self.seed)
        return self._inputs[probe]

    def _drawn(self, variant: str) -> Parameters:
        if variant not in self._parameters:
            self._parameters[variant] = parameters_of(self.case, variant, self.seed)  # type: ignore[arg-type]
        return self._parameters[variant]

    def _changed(self, observation: Observation, form: Format | None) -> Finding | None:
        """Whether the same input, asked once more at the end, gave another answer."""
        first, after = observation.answers.get("data", []), observation.again
        if after is None or not first or self.case.chance:
            return None
        said = changed(self.case, first[0], after, self._truths_of("data", False, form))
        return None if said is None else Finding(Comparison("not-repeatable", said), OUTPUT, "data", self.case.output)

    def _histogram(self, observation: Observation, form: Format | None) -> list[int]:
        answers, shape = observation.answers.get("data", []), self.case.output.shape
        whole = len(answers) == len(self._asked("data"))
        if not whole or any(not outputs or outputs[0].shape != shape for outputs in answers):
            return []
        together = np.concatenate([outputs[0] for outputs in answers])
        return histogram(np.abs(signed_ratio(together, self._truth_of(together, "data", False, form))))

    def _layers(
        self, observation: Observation, form: Format | None, pictures: bool
    ) -> tuple[list[LayerFigure], Finding | None]:
        """Each layer judged on the input it really got; the first that does not hold is where a failure was born."""
        case, nodes = self.case, self.case.network.nodes
        if case.chance:  # the layer is the network, and its answers are judged together
            return [self._figure(nodes[0], self._probe("data", observation, form)[0])], None
        values: dict[str, Array] = {INPUT: self._asked("data")[0]}
        if not case.tapped:
            answers = observation.answers.get("data", [])
            taps = answers[0][:1] if answers else ()  # what comes behind it are states
        else:
            taps = observation.taps or ()
        if len(taps) != len(nodes):
            lost = Comparison("unmatched-layer", f"the tapped twin gave {len(taps)} values for {len(nodes)} layers")
            figures = [self._figure(node, None) for node in nodes]
            return figures, Finding(lost, TWIN, "data", case.output) if case.tapped else None
        values |= {node.name: tap for node, tap in zip(nodes, taps, strict=True)}
        figures, first = [], None
        wide = observation.rewrites and case.precision in HALVES  # what a layer read may be wider than its tap
        for node in nodes:
            reads = tuple(values[name] for name in node.inputs)
            if any(value.shape != case.tensors[name].shape for name, value in zip(node.inputs, reads, strict=True)):
                figures.append(self._figure(node, None))  # the layer before has a wrong shape, and says so
                continue
            same = (node.name, _name(form), (pictures, wide), digest(*reads, values[node.name]))
            if same in self._passed:
                figures.append(self._passed[same])
                continue
            figure, finding = self._layer(node, reads, values[node.name], form, pictures, wide)
            figures.append(figure)
            if finding is None:
                self._passed[same] = figure
            elif first is None:
                first = finding
        return figures, first

    def _layer(
        self, node: Node, reads: tuple[Array, ...], observed: Array, form: Format | None, pictures: bool, wide: bool
    ) -> tuple[LayerFigure, Finding | None]:
        """One layer on exactly these inputs; wide: or on what they were before they were stored."""
        tensor = self.case.tensors[node.name]
        definition = self.case.definition(node)
        graph, feeds = definition.graph, feeds_of(definition, reads, self._drawn("shipped")[node.owner])
        known = self._first.setdefault(node.name, {}) if set(node.inputs) == {INPUT} else {}
        made = [f"x{i}" for i, name in enumerate(node.inputs) if wide and name != INPUT]
        comparison, truth, answer = settle_read(observed, graph, feeds, tensor, form, known, made)
        figure = self._figure(node, comparison)
        if pictures:
            maps, errors = layer_pictures(observed, truth)
            figure = msgspec.structs.replace(figure, maps=maps, errors=errors)
        if comparison.kind is None:
            return figure, None
        return figure, Finding(comparison, node.name, "data", tensor, truth, observed, reads, answer)

    def _figure(self, node: Node, comparison: Comparison | None) -> LayerFigure:
        field = self._fields[node.name]
        figure = LayerFigure(
            node=node.name,
            layer=str(node.layer),
            shape=list(self.case.tensors[node.name].shape),
            status="not judged",
            parameters=sum(prod(p.shape) for p in node.parameters().values()),
            field=None if field is None else list(field),
        )
        if comparison is None:
            return figure
        return msgspec.structs.replace(
            figure,
            status="pass" if comparison.kind is None else "fail",
            ratio=_spell(comparison.ratio),
            need=_spell(comparison.need),
            note=note(comparison),
        )


def _exact(value: Value) -> Truth:
    """A value of which nothing may be off."""
    y = np.asarray(value.y)
    return Truth(y, np.zeros(y.shape), np.zeros(y.shape), value.dtype)


def _transforms(form: Format | None) -> TypeGuard[Format]:
    return form is not None and form.algorithm != "direct"


def _of_file(probe: Probe) -> bool:
    """Whether a probe asks a file for what it gives as it ships, so that it can be asked without the optimiser too."""
    return probe not in KINDS


def _name(form: Format | None) -> str:
    return "" if form is None else form.name


def _spell(figure: float | None) -> Number | None:
    return None if figure is None else number(figure)
