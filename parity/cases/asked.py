"""What a person says a model is fed: shapes, checked against what the file declares. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parity.axes import Array, Shape
from parity.errors import UsageError
from parity.operators.file import Declared
from parity.records.wording import sizes

FLOATS = ("float16", "float32", "float64")
WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
TYPES = (*FLOATS, *WHOLE, "bool")  #: what can be drawn


@dataclass(frozen=True)
class Asked:
    """One input as a person asked for it; the name is empty for the only one there is, the dtype where it was left out."""

    name: str
    shape: Shape
    dtype: str = ""


def asked(text: str) -> Asked:
    """An input as it is typed: ``1x3x224x224``, ``name=SHAPE`` or ``name=SHAPE:DTYPE``; ``scalar`` is a shape too.

    Raises :class:`UsageError` naming what is wrong.
    """
    name, _, rest = text.rpartition("=")
    shape, _, dtype = rest.partition(":")
    if not re.fullmatch(r"scalar|\d+(x\d+)*", shape):
        raise UsageError(f"--input {text}: {shape!r} is no shape; write sizes such as 1x3x224x224")
    if dtype and dtype not in TYPES:
        raise UsageError(f"--input {text}: {dtype!r} is no type; there are {', '.join((*FLOATS, *WHOLE, 'bool'))}")
    return Asked(name, () if shape == "scalar" else tuple(map(int, shape.split("x"))), dtype)


def shapes(inputs: Sequence[Declared], given: Sequence[Asked], arrays: Mapping[str, Array]) -> dict[str, Shape]:
    """The shape of every input: of its array, as it was asked for, or as the file fixes it.

    A free axis that bears a name has one size wherever the name stands. Raises :class:`UsageError` for an input that the
    model has not, that does not fit, or that nobody gave a shape.
    """
    by_name = _by_name(inputs, given)
    _known("--inputs", arrays, inputs)
    found: dict[str, Shape] = {}
    sized: dict[str, int] = {}
    for each in inputs:
        if each.name in arrays and each.name in by_name:
            raise UsageError(f"input {each.name!r} is given by --inputs and by --input; give it once")
        if each.name in arrays:
            found[each.name] = arrays[each.name].shape
            _fits(each, found[each.name], arrays[each.name].dtype.name, "--inputs", sized)
        elif each.name in by_name:
            one = by_name[each.name]
            found[each.name] = one.shape
            _fits(each, one.shape, one.dtype or each.dtype, f"--input {each.name}={_spelled(one.shape)}", sized)
        elif arrays:
            there = ", ".join(arrays)
            raise UsageError(
                f"--inputs has no array {each.name!r}; it has {there}: save every input of the model by name"
            )
    for each in inputs:
        if each.name not in found:
            found[each.name] = _fixed(each, sized)
        if 0 in found[each.name]:
            raise UsageError(
                f"input {each.name!r}: {sizes(found[each.name])} holds no number; give it sizes of at least 1"
            )
    return found


def _by_name(inputs: Sequence[Declared], given: Sequence[Asked]) -> dict[str, Asked]:
    found: dict[str, Asked] = {}
    for one in given:
        if not one.name and len(inputs) != 1:
            names = ", ".join(each.name for each in inputs) or "none"
            raise UsageError(
                f"--input {_spelled(one.shape)}: the model's inputs are {names}; write NAME={_spelled(one.shape)}"
            )
        name = one.name or inputs[0].name
        if name in found:
            raise UsageError(f"--input {name}: given twice; give it once")
        found[name] = one
    _known("--input", found, inputs)
    return found


def _known(option: str, names: Mapping[str, object], inputs: Sequence[Declared]) -> None:
    there = [each.name for each in inputs]
    for name in names:
        if name not in there:
            raise UsageError(
                f"{option} {name}: the model has no such input; its inputs are {', '.join(there) or 'none'}"
            )


def _fits(each: Declared, shape: Shape, dtype: str, option: str, sized: dict[str, int]) -> None:
    """Raise unless a shape and a type are what the file declares; the sizes of named axes are remembered."""
    if each.dtype and dtype != each.dtype:
        raise UsageError(
            f"{option}: input {each.name!r} is {dtype}, the model wants {each.dtype}; give it as {each.dtype}"
        )
    if each.shape is None:
        return
    wrong = len(shape) != len(each.shape)
    for size, axis in zip(shape, each.shape, strict=False):
        wrong = wrong or size != (sized.setdefault(axis, size) if isinstance(axis, str) and axis else axis or size)
    if wrong:
        raise UsageError(
            f"{option}: input {each.name!r} is {_spelled(shape)}, the model wants {_axes(each.shape)}; give it so"
        )


def _fixed(each: Declared, sized: Mapping[str, int]) -> Shape:
    """The shape as the file has it, with the sizes that named axes have in other inputs."""
    if each.shape is None:
        raise UsageError(
            f"input {each.name!r}: the model does not say its shape; give it, for example by --input {each.name}=1x3x224x224"
        )
    full = tuple(axis if isinstance(axis, int) else sized.get(axis, -1) for axis in each.shape)
    if -1 in full:
        usual = [1 if i == 0 else 224 if len(full) == 4 else 8 for i in range(len(full))]
        example = _spelled(tuple(u if axis < 0 else axis for axis, u in zip(full, usual, strict=True)))
        raise UsageError(
            f"input {each.name!r} is {_axes(each.shape)}, and nothing says how large its free axes are; "
            f"give it by --input {each.name}={example}, for example"
        )
    return full


def _spelled(shape: Shape) -> str:
    return "x".join(map(str, shape)) if shape else "scalar"


def _axes(shape: Sequence[int | str]) -> str:
    return "x".join(str(axis) or "?" for axis in shape) if shape else "scalar"
