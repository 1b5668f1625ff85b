"""What a route produced, in canonical axes: the bridge from the processes that run to the one that judges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from parity.axes import Array, Layout, from_layout, to_layout
from parity.cases.case import Case
from parity.cases.probes import PROBES, Probe, Variant, inputs_of, variant_of, variants, why_not

Program = Callable[[Array], tuple[Array, ...]]
"""A built model: one input in the framework's own axes to all its outputs, as they come."""


@dataclass(frozen=True)
class Observation:
    """Outputs as they came, only their axes moved: how many, what shapes and dtypes is the judge's to say.

    answers: probe -> for each of its inputs -> the outputs of the network as it ships; taps: the outputs of the tapped
    twin on the first data input, in the order of the nodes, or None for a single layer; again: what the network as it ships
    gave for the first data input when it was asked once more, after all the others.
    """

    answers: dict[Probe, list[tuple[Array, ...]]] = field(default_factory=dict)
    taps: tuple[Array, ...] | None = None
    again: tuple[Array, ...] | None = None


def observe(case: Case, seed: int, program: Callable[[Variant], Program], layout: Layout) -> Observation:
    """Run every probe that applies. ``program`` gives the built model of a variant; ``layout`` is its axes."""

    def ask(variant: Variant, x: Array) -> tuple[Array, ...]:
        # Copies: a runtime may hand out its own buffer and write over it the next time.
        given = program(variant)(to_layout(x, case.input, layout))
        return tuple(np.array(from_layout(out, case.output, layout)) for out in given)

    answers = {
        probe: [ask(variant_of(probe), x) for x in inputs_of(case, probe, seed)]
        for probe in PROBES
        if not why_not(case, probe)
    }
    x = inputs_of(case, "data", seed)[0]
    again = ask("shipped", x)
    taps: tuple[Array, ...] | None = None
    if "tapped" in variants(case):
        raw = program("tapped")(to_layout(x, case.input, layout))
        tensors = [case.tensors[node.name] for node in case.network.nodes]
        known = zip(raw, tensors, strict=False)  # a missing or extra tap is the judge's to name
        taps = (*(from_layout(out, tensor, layout) for out, tensor in known), *raw[len(tensors) :])
    return Observation(answers, taps, again)


def save(observation: Observation, path: Path) -> None:
    """Write an observation as an uncompressed ``.npz``."""
    arrays: dict[str, Array] = {}
    for probe, runs in observation.answers.items():
        for i, outputs in enumerate(runs):
            arrays[f"{probe}/{i}"] = np.asarray(len(outputs))
            arrays |= {f"{probe}/{i}/{j}": out for j, out in enumerate(outputs)}
    for name, made in (("taps", observation.taps), ("again", observation.again)):
        if made is not None:
            arrays[name] = np.asarray(len(made))
            arrays |= {f"{name}/{j}": out for j, out in enumerate(made)}
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def load(path: Path) -> Observation:
    """Read what :func:`save` wrote."""
    answers: dict[Probe, list[tuple[Array, ...]]] = {}
    with np.load(path, allow_pickle=False) as arrays:
        for probe in PROBES:
            runs: list[tuple[Array, ...]] = []
            while f"{probe}/{len(runs)}" in arrays:
                key = f"{probe}/{len(runs)}"
                runs.append(tuple(arrays[f"{key}/{j}"] for j in range(int(arrays[key]))))
            if runs:
                answers[probe] = runs
        taps, again = (
            tuple(arrays[f"{name}/{j}"] for j in range(int(arrays[name]))) if name in arrays else None
            for name in ("taps", "again")
        )
    return Observation(answers, taps, again)
