"""What a parting looks like: the name of a difference, where undoing it makes the difference vanish. Pure numpy.

Every guess is computed: one side's operators with something changed must give the other side's value on all inputs, as near as
drawn noise allows. That is the proof; without it nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from parity.judging.amounts import inputs, kernels, layers, scalars, weights
from parity.judging.forgotten import prepared, statistics
from parity.judging.pairing import Axes
from parity.judging.parting import Parting
from parity.judging.play import Guess, Play, vanishes
from parity.judging.settings import activation, bias, coordinates, flattened, missing, order, over, padding, settings


def two_at_once(changed: Play, target: Play, axes: Axes) -> Iterator[Guess]:
    """Another epsilon beside another padding or a turned kernel: what a normalisation folded into its convolution hides."""
    if not any(node.kind == "BatchNormalization" for node in changed.nodes):
        return
    for make in (padding, kernels):
        for first in make(changed, target, axes):
            for second in scalars(first.play, target, axes):
                kind = f"{first.kind} and {second.kind}"
                said = f"{first.before} and {second.before}", f"{first.after} and {second.after}"
                yield replace(second, kind=kind, before=said[0], after=said[1])


#: In this order: what says least comes first, what is taken from the other side whole comes last.
GUESSES = (
    statistics,
    coordinates,
    settings,
    over,
    activation,
    inputs,
    prepared,
    missing,
    bias,
    order,
    flattened,
    scalars,
    padding,
    kernels,
    weights,
    two_at_once,
    layers,
)


@dataclass(frozen=True)
class Look:
    """What a difference is: of what kind, and what stands on either side."""

    kind: str
    one: str
    two: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.one} in the first, {self.two} in the second"


def look(parting: Parting) -> Look | None:
    """What a parting looks like; None where no guess makes the difference vanish."""
    scene = parting.scene
    if scene is None:
        return None
    back = tuple(int(i) for i in np.argsort(scene.axes))
    ways = ((scene.one, scene.two, scene.axes, False), (scene.two, scene.one, back, True))
    for make in GUESSES:
        for changed, target, axes, swapped in ways:
            for guess in make(changed, target, axes):
                if vanishes(guess.play, target, axes):
                    return Look(guess.kind, *((guess.after, guess.before) if swapped else (guess.before, guess.after)))
    return None
