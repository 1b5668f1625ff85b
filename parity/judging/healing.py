"""Which value of the first graph plays the part of an ill value of the second. Pure numpy.

For certain where two operators of one kind hold the same weights, or none, and read the same values. Else by trial: put in
its place, something that is computed from it must be found in the first graph. Never by likeness alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from parity.judging.around import REACH, Around, Part, around_of, joining
from parity.judging.certain import certain, same_layer
from parity.judging.matching import Matching, behind
from parity.judging.trials import shows, trials

AHEAD = 4 * REACH  #: operators behind the first ill value that must be computed, so that those of its region are


def choose(state: Matching, first: str, ill_one: Sequence[str], ill_two: Sequence[str]) -> Part | None:
    """The part of the first ill value of the second side, or of what is computed from it."""
    around = around_of(state, first, ill_one, ill_two)
    for two in around.two:
        for one in around.one:
            how = certain(state, one, two, around)
            if how is not None and (axes := next(joining(state, around, one, two, sizes=True), None)) is not None:
                return Part(one, two, axes, how)
    layer = same_layer(state, around)
    for trial in trials(state, around):
        if layer is not None and not trial.within(around, layer):
            continue
        if shows(state, trial.one, trial.two, trial.axes):
            return Part(trial.one, trial.two, trial.axes, "what follows")
    if layer is not None:
        return layer
    return _resumed(state, around, behind(state.two, ill_two, [first]))


def _resumed(state: Matching, around: Around, lost: Sequence[str]) -> Part | None:
    """What the next operator with the same weights reads: beyond what could not be paired, the comparison goes on there."""
    reached = set(lost)
    for pair in state.layers:
        if pair.scaled:
            continue
        twos = [n for n in state.two.nodes[pair.two].inputs if n in reached]
        ones = [n for n in state.one.nodes[pair.one].inputs if n in state.one.data]
        if len(twos) == 1 and len(ones) == 1 and twos[0] not in state.healed:
            for axes in joining(state, around, ones[0], twos[0]):
                if shows(state, ones[0], twos[0], axes):
                    return Part(ones[0], twos[0], axes, "what follows")
    return None
