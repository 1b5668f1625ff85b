"""Where a framework keeps the elements of a layer's parameters, so that gradients by what it keeps become gradients by them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from parity.axes import Array, Shape
from parity.errors import Unsupported
from parity.layers.base import Layer

FIRST = 3  #: the number of the first element: a spelling stores zeros and ones of its own beside them


@dataclass(frozen=True)
class Placing:
    """shapes: of the parameters, in their order; numbers: of each array that is kept the element at each place, -1 for none."""

    shapes: Mapping[str, Shape]
    numbers: Mapping[Any, Array]

    def gathered(self, gradients: Mapping[Any, Array], wanted: Sequence[str]) -> list[Array]:
        """The gradients by the wanted parameters, from those by what is kept; where one element is kept twice, both add up.

        Raises :class:`Unsupported` for a wanted one that is kept where there is no gradient.
        """
        flat, known = (np.zeros(sum(map(prod, self.shapes.values())), kind) for kind in (np.float32, bool))
        for key, gradient in gradients.items():
            numbers = self.numbers[key]
            there = numbers >= 0
            np.add.at(flat, numbers[there], gradient[there])
            known[numbers[there]] = True
        found, first = [], 0
        for name, shape in self.shapes.items():
            here = slice(first, first + prod(shape))
            if name in wanted:
                if not known[here].all():
                    raise Unsupported(f"{name} is kept where the framework derives nothing by it")
                found.append(flat[here].reshape(shape))
            first = here.stop
        return found


def placing(layer: Layer, spelled: Callable[..., Iterable[tuple[Hashable, Array]]]) -> Placing:
    """What a spelling does with a layer's parameters, found by handing it numbers that are counted through.

    spelled: of the parameters by name, each array that is kept by its key. Raises :class:`Unsupported` where they are computed
    with and not only moved.
    """
    shapes = {name: parameter.shape for name, parameter in layer.parameters().items()}
    count = sum(map(prod, shapes.values()))
    forth, back = (dict(spelled(**_counted(shapes, count, turned))) for turned in (False, True))
    numbers: dict[Any, Array] = {}
    for key, array in forth.items():
        there = (array >= FIRST) & (array < FIRST + count) & (array == np.rint(array))
        numbers[key] = np.where(there, array - FIRST, -1).astype(np.int64)
        if not np.array_equal(np.where(there, 2 * FIRST + count - 1 - array, array), back[key]):
            raise Unsupported(f"{layer} keeps {key!r} in another way than its parameters are stored")
    kept = np.unique(np.concatenate([array.reshape(-1) for array in numbers.values()] or [np.zeros(0, np.int64)]))
    if np.count_nonzero(kept >= 0) != count:
        raise Unsupported(f"{layer} keeps less than its parameters")
    return Placing(shapes, numbers)


def _counted(shapes: Mapping[str, Shape], count: int, turned: bool) -> dict[str, Array]:
    made, first = {}, FIRST
    for name, shape in shapes.items():
        numbers = np.arange(first, first + prod(shape), dtype=np.float64)
        made[name] = (2 * FIRST + count - 1 - numbers if turned else numbers).reshape(shape)
        first += prod(shape)
    return made
