"""How the inputs of a second model are fed what the first one is: which is which, and in which order of axes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parity.axes import Shape
from parity.cases.feeds import Feed
from parity.errors import UsageError
from parity.operators.file import Declared
from parity.records.wording import sizes

LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)  #: N C H W to N H W C, and back

WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


@dataclass(frozen=True)
class Turn:
    """One input of the second model: the first one's that it is fed, its own type, and how its axes are turned; None for not."""

    name: str
    here: str
    shape: Shape
    dtype: str
    axes: tuple[int, ...] | None

    @property
    def said(self) -> str:
        """In words."""
        turned = "" if self.axes is None else f", its axes in the order {' '.join(map(str, self.axes))}"
        return f"{self.name} {sizes(self.shape) if self.shape else 'scalar'}: the first's {self.here}{turned}"


def feeding(fed: Sequence[Feed], declared: Sequence[Declared], kinds: tuple[str, str]) -> list[Turn]:
    """Every input of the second model, by name where it bears one of the first's, else by its place.

    An image is turned where only that fits, and between a torch module and a Keras model wherever it fits, since one has its
    channels first and the other last. Whole numbers may be of another width: what is fed has to fit. kinds: the frameworks of
    both, empty for a file. Raises :class:`UsageError` where the inputs cannot be paired.
    """
    if len(fed) != len(declared):
        mine, theirs = ", ".join(each.name for each in fed), ", ".join(each.name for each in declared)
        raise UsageError(f"the first model's inputs are {mine}, the second's {theirs}; give models with as many inputs")
    by_name = {each.name: each for each in fed}
    named = all(each.name in by_name for each in declared)
    made = []
    for i, each in enumerate(declared):
        here = by_name[each.name] if named else fed[i]
        axes = _axes(here, each, kinds)
        shape = here.shape if axes is None else tuple(here.shape[a] for a in axes)
        dtype = each.dtype or here.dtype
        if dtype != here.dtype and not {dtype, here.dtype} <= set(WHOLE):
            raise UsageError(
                f"the second model wants {each.name!r} as {each.dtype}, the first {here.name!r} as {here.dtype}"
            )
        made.append(Turn(each.name, here.name, shape, dtype, axes))
    return made


def _axes(here: Feed, each: Declared, kinds: tuple[str, str]) -> tuple[int, ...] | None:
    """How the axes of an input have to be turned to be the second model's."""
    orders: list[tuple[int, ...] | None] = [None]
    if len(here.shape) == 4:
        turned = {("torch", "keras"): [LAST], ("keras", "torch"): [FIRST]}.get(kinds, [])
        orders = [*turned, None, *(order for order in (LAST, FIRST) if order not in turned)]
    for order in orders:
        shape = here.shape if order is None else tuple(here.shape[a] for a in order)
        if each.shape is None or (
            len(shape) == len(each.shape)
            and all(n == m for n, m in zip(shape, each.shape, strict=True) if isinstance(m, int))
        ):
            return order
    wanted = "x".join(str(axis) or "?" for axis in each.shape or ())
    raise UsageError(
        f"the second model's input {each.name!r} is {wanted}, which the first's {here.name!r}, {sizes(here.shape)}, does not fit"
    )
