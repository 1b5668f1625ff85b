"""What a route produced, in canonical axes: the bridge from the processes that run to the one that judges."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from parity.axes import Array, Layout, Shape, from_layout, to_layout
from parity.cases.case import Case
from parity.cases.probes import PROBES, Variant, inputs_of, variant_of, variants, why_not
from parity.errors import Unsupported
from parity.judging.others import Other, Way, images, unlike, ways
from parity.judging.others import ask as ask_other
from parity.judging.program import Program
from parity.records.lines import Probe


@dataclass(frozen=True)
class Observation:
    """Outputs as they came, only their axes moved: how many, what shapes and dtypes is the judge's to say.

    answers: probe -> for each of its inputs -> the outputs of the network as it ships; taps: the outputs of the tapped
    twin on the first data input, in the order of the nodes, or None for a single layer; again: what the network as it ships
    gave for the first data input when it was asked once more, after all the others; unoptimised: the answers of the very
    same file without the runtime's graph optimiser, of those probes in which any bit differs; None where nobody asked;
    others: what came of the other ways in which the case wants to be asked, by their keys; stateless: why a network in
    training answers without its states, empty where they come behind the output; rewrites: whether the runtime may rewrite
    what it is given, so that a value between two operators need not have been rounded to its stored type; sizes: what the same
    model gave for inputs of other shapes, where that was asked for.
    """

    answers: dict[Probe, list[tuple[Array, ...]]] = field(default_factory=dict)
    taps: tuple[Array, ...] | None = None
    again: tuple[Array, ...] | None = None
    unoptimised: dict[Probe, list[tuple[Array, ...]]] | None = None
    others: dict[str, Other] = field(default_factory=dict)
    stateless: str = ""
    rewrites: bool = False
    sizes: dict[Shape, Observation] = field(default_factory=dict)


Programs = Callable[[Variant], Program]
"""The built model of a variant."""


def observe(
    case: Case,
    seed: int,
    program: Programs,
    layout: Layout,
    unoptimised: Programs | None = None,
    computing_with: Callable[[int], AbstractContextManager[Program]] | None = None,
    stateless: str = "",
    batched: str = "",
) -> Observation:
    """Run every probe that applies. ``layout`` is the axes of the programs.

    unoptimised: the programs without the runtime's graph optimiser, where it has one; computing_with: the network as it
    ships, made anew with so many threads; stateless: why there are no states among its outputs; batched: why the programs take no sample
    without its batch axis, empty where they are to be asked.
    """

    def ask(programs: Programs, variant: Variant, x: Array) -> tuple[Array, ...]:
        # Copies: a runtime may hand out its own buffer and write over it the next time.
        given = programs(variant)(to_layout(x, case.input, layout))
        # What comes behind the output has axes of its own; what is too much, those of the output.
        tensors = [*case.outputs.values()][: len(given)] + [case.output] * (len(given) - len(case.outputs))
        return tuple(np.array(from_layout(out, tensor, layout)) for out, tensor in zip(given, tensors, strict=True))

    def ask_all(programs: Programs, probes: Iterable[Probe]) -> dict[Probe, list[tuple[Array, ...]]]:
        return {p: [ask(programs, variant_of(p), x) for x in inputs_of(case, p, seed)] for p in probes}

    answers = ask_all(program, [probe for probe in PROBES if not why_not(case, probe)])
    x = inputs_of(case, "data", seed)[0]
    again = ask(program, "shipped", x)
    taps: tuple[Array, ...] | None = None
    if "tapped" in variants(case):
        raw = program("tapped")(to_layout(x, case.input, layout))
        tensors = [case.tensors[node.name] for node in case.network.nodes]
        known = zip(raw, tensors, strict=False)  # a missing or extra tap is the judge's to name
        taps = (*(from_layout(out, tensor, layout) for out, tensor in known), *raw[len(tensors) :])
    plain = None
    if unoptimised is not None:
        try:
            plain = {p: runs for p, runs in ask_all(unoptimised, answers).items() if not _same(runs, answers[p])}
            # Only where the file as it ships says the same again is the optimiser what makes the difference.
            if not all(_same(runs, answers[p]) for p, runs in ask_all(program, plain).items()):
                plain = None
        except Exception:  # noqa: BLE001 - a runtime may raise anything; the verdict is of the file as it ships
            plain = None

    def alone(sample: Array) -> tuple[Array, ...]:
        return tuple(np.array(out) for out in program("shipped")(sample))

    def ask_otherwise(way: Way) -> tuple[Array, ...]:
        rows = to_layout(x[images(case, way)], case.input, layout)
        if way.kind == "batch":
            given = program("open")(rows)
        elif way.kind == "unbatched":
            if said := batched or unlike(case):
                raise Unsupported(said)
            given = tuple(np.stack(outputs) for outputs in zip(*map(alone, rows), strict=True))
        elif computing_with is None:
            raise Unsupported("this route has one number of threads")
        else:
            with computing_with(way.count) as made:
                given = made(rows)
        return tuple(np.array(from_layout(out, case.output, layout)) for out in given)

    found = {way.key: ask_other(way, partial(ask_otherwise, way)) for way in ways(case)}
    return Observation(answers, taps, again, plain, found, stateless, unoptimised is not None)


def _same(runs: list[tuple[Array, ...]], others: list[tuple[Array, ...]]) -> bool:
    """Whether two rows of answers are the same to the bit."""

    def bits(outputs: tuple[Array, ...]) -> list[object]:
        return [(out.shape, out.dtype, out.tobytes()) for out in outputs]

    return list(map(bits, runs)) == list(map(bits, others))


def save(observation: Observation, path: Path) -> None:
    """Write an observation as a pickle: it goes from one worker to another, as their calls and answers do."""
    with path.open("wb") as file:
        pickle.dump(observation, file, protocol=pickle.HIGHEST_PROTOCOL)


def load(path: Path) -> Observation:
    """Read what :func:`save` wrote."""
    with path.open("rb") as file:
        found: Observation = pickle.load(file)
    return found
