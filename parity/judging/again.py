"""The same input once more: whether every output came back to the bit. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from parity.axes import Array
from parity.cases.case import Case
from parity.judging.oracle import Truth
from parity.judging.sameness import same_bits


def changed(case: Case, before: Sequence[Array], after: Sequence[Array], truths: Mapping[str, Truth]) -> str | None:
    """What is to be said of the first output that came back another; None where none did.

    truths: of each output, by :attr:`Case.outputs`: how much of its bound it moved.
    """
    if len(before) != len(after):
        return "it gave other outputs"
    for (name, tensor), a, b in zip(case.outputs.items(), before, after, strict=False):  # states may be left out
        if same_bits(a, b):
            continue
        if not a.shape == b.shape == tensor.shape:
            return "it gave other outputs"
        difference = np.abs(b.astype(np.float64) - a.astype(np.float64))
        most = float(np.nanmax(difference / truths[name].allowed()[: len(a)]))
        of = "" if name == case.network.output.name else f" of {name}"
        moved = np.count_nonzero(difference != 0)
        return f"{moved:,} of {difference.size:,} elements{of} moved, by up to {most:.3g} times the bound"
    return None
