"""The state of a comparison: which values of the second graph are found in the first, and which are ill. Pure numpy.

A value is *ill* when an output depends on it without a matched value in between: what a graph computes on the way and the
other does not, such as the parts of a GELU, is no fault as long as the two meet again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parity.axes import Array
from parity.judging.holding import Layers, equal_weights, folded, layers, unpaired
from parity.judging.nearness import Spread, spreads
from parity.judging.pairing import Axes, Index, Partner, lined
from parity.judging.twins import Side, Twin


class Matching:
    """Two sides computed, the first one indexed; values of the second may be replaced."""

    def __init__(self, one: Side, two: Side) -> None:
        self.one, self.two = Twin(one), Twin(two)
        self.weights_one, self.weights_two = self.one.weights, self.two.weights
        self.equal = equal_weights(self.one, self.two)
        self.theirs = {name for names in self.equal.values() for name in names}
        self.layers: tuple[Layers, ...] = layers(self.one, self.two, self.equal)
        self.folded = folded(self.one, self.two, self.layers)
        mine, self._unpaired = unpaired(self.one, self.two, self.equal)
        self.index = Index(self.one, spreads(self.one, mine))
        self.spread: dict[str, Spread] = {}
        self.found: dict[str, tuple[Partner, ...]] = {}
        self.healed: dict[str, Partner] = {}
        self.draw()

    def draw(self) -> None:
        """Draw the noise of the second side as it is now, and look for all its values anew."""
        self.two.compute(len(self.two.nodes))
        self.spread = spreads(self.two, self._unpaired)
        self.found.clear()
        self.match(name for name in self.two.values if name in self.two.data or name in self.two.graph.outputs)

    def match(self, names: Iterable[str]) -> None:
        """Look for values of the second side in the first."""
        for name in names:
            self.found.pop(name, None)
            if name in self.healed:
                self.found[name] = (self.healed[name],)
            elif found := self.partners(name):
                self.found[name] = found

    def partners(self, name: str, arrays: Sequence[Array] | None = None) -> tuple[Partner, ...]:
        """The values of the first side that one of the second is; ``arrays``: the numbers to take for it."""
        arrays = self.two.numbers(name) if arrays is None else arrays
        if arrays is None:
            return ()
        spread = self.spread.get(name)
        fits = spread is not None and all(s.shape == a.shape for s, a in zip(spread, arrays, strict=True))
        return self.index.partners(arrays, spread if fits else None)

    def heal(self, name: str, partner: Partner, arrays: Sequence[Array]) -> None:
        """Put the first side's numbers in the place of a value of the second; what follows is gone until :meth:`see`."""
        self.healed[name] = partner
        for gone in self.two.replace(name, arrays):
            self.found.pop(gone, None)
        self.match([name])

    def see(self, last: int) -> bool:
        """Compute what is gone up to this node and look for it; whether there was anything."""
        names = self.two.compute(last)
        self.match(names)
        return bool(names)

    def outputs(self) -> list[tuple[str, str]]:
        """The outputs of both sides that go together, by their order."""
        return list(zip(self.one.graph.outputs, self.two.graph.outputs, strict=False))

    def agrees(self, one: str, two: str) -> bool:
        """Whether a value of the second side is this one of the first."""
        return any(partner.name == one for partner in self.found.get(two, ()))

    def ill(self) -> tuple[list[str], list[str]]:
        """The ill values of both sides, each in computing order."""
        wrong = [(a, b) for a, b in self.outputs() if not self.agrees(a, b)]
        matched = {partner.name for partners in self.found.values() for partner in partners}
        one = _reached(self.one, [a for a, _ in wrong], matched)
        return one, _reached(self.two, [b for _, b in wrong], set(self.found))

    def usual(self, rank: int) -> list[Axes]:
        """The axes that values of a rank were mostly carried by."""
        return self.index.usual(rank)

    def rank(self, name: str) -> int:
        """The number of axes of a value of the second side that are longer than one."""
        arrays = self.two.numbers(name)
        return -1 if arrays is None else lined(arrays)[0].ndim


def _reached(twin: Twin, outputs: Sequence[str], matched: set[str]) -> list[str]:
    """The values that these outputs depend on without a matched one in between, the outputs with them."""
    seen: set[str] = set()
    stack = list(outputs)
    while stack:
        name = stack.pop()
        if name in seen or (name in matched and name not in outputs) or name not in twin.maker:
            continue
        seen.add(name)
        stack += twin.reads(name)
    return sorted(seen, key=lambda name: twin.maker[name])


def front(twin: Twin, ill: Sequence[str]) -> list[str]:
    """The ill values all of whose inputs are well."""
    bad = set(ill)
    return [name for name in ill if not any(read in bad for read in twin.reads(name))]


def behind(twin: Twin, ill: Sequence[str], names: Iterable[str]) -> list[str]:
    """The ill values that depend on any of these through ill ones alone, these with them."""
    bad, found = set(ill), set(names)
    for name in ill:
        if name not in found and any(read in found and read in bad for read in twin.reads(name)):
            found.add(name)
    return [name for name in ill if name in found]


def edge(twin: Twin, ill: set[str], name: str) -> tuple[list[str], list[str]]:
    """The ill values that a value is computed of, itself with them, in computing order, and the well ones at their edge."""
    group, well, stack = {name}, dict[str, None](), [name]
    while stack:
        for read in twin.reads(stack.pop()):
            if read not in ill:
                well[read] = None
            elif read not in group:
                group.add(read)
                stack.append(read)
    return sorted(group, key=lambda n: twin.maker.get(n, -1)), list(well)
