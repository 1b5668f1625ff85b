"""Whether the fields of a case hold, each alone and together: the first that does not is told with its value and the mend."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from parity.cases.network import Network
from parity.cases.values import VALUES
from parity.errors import FieldError
from parity.layers.base import Draw, Layer, is_count, is_number
from parity.layers.definition import AS_IT_COMES
from parity.operators.formats import FORMATS

if TYPE_CHECKING:
    from parity.cases.case import Case

DTYPES = ("float32", "int32", "int64")  #: of an input
MODES = ("inference", "training", "gradient")
EXACT_BITS = 53  #: float64, in which the oracle computes, holds every whole number of so many bits
FURTHEST = 3.5  #: standard deviations that no draw passes (parity.cases.parameters.draw)
NAME = re.compile(r"[^\s\[\]*?,/]+(/[^\s\[\]*?,/]+)*")


def named(name: str) -> None:
    """Raise :class:`FieldError` for what no case can be called."""
    owner = f"case {name!r}"
    if not (isinstance(name, str) and NAME.fullmatch(name) and name.isprintable()):
        raise FieldError(owner, "name", name, "must be words joined by /, without spaces or any of [ ] * ? ,")
    if any(word.startswith(".") for word in name.split("/")):
        raise FieldError(owner, "name", name, "must not have a word that starts with a dot")


def timed(name: str, limit: float) -> None:
    """Raise :class:`FieldError` for what is no time that a step of a case may take."""
    if not (is_number(limit) and limit > 0):
        raise FieldError(f"case {name!r}", "time_limit", limit, "must be a positive number of seconds")


def check(case: Case) -> None:
    """Raise :class:`FieldError` for the first field that does not hold."""
    named(case.name)
    _require(case, "model", isinstance(case.model, Layer | Network), "must be a layer or a network")
    _shape(case)
    _input(case)
    _whole_numbers(case)
    _values(case)
    timed(case.name, case.time_limit)
    _otherwise(case)
    _precision(case)
    _mode(case)
    typed = isinstance(case.model, Network) and any(node.types != AS_IT_COMES for node in case.model.nodes)
    _require(case, "policy", not case.policy or typed, "must be left out: it is asked for by an option of a route")
    _draws(case)
    try:
        _ = case.tensors  # asked for now: what does not fit is said where the case is declared
    except FieldError as error:
        raise FieldError(f"{_owner(case)}: {error.owner}", error.field, error.value, error.mend) from None
    derived = not case.gradient or bool(case.gradients)
    _require(case, "mode", derived, "must be inference: whole numbers have no derivative, and no parameter is stored")
    by_batch = bool(case.batches) and case.by_batch
    _require(case, "batches", not by_batch, "must be empty, since the statistics are of the whole batch")


def _owner(case: Case) -> str:
    return f"case {case.name!r}"


def _require(case: Case, name: str, good: bool, mend: str) -> None:
    if not good:
        raise FieldError(_owner(case), name, getattr(case, name), mend)


def _shape(case: Case) -> None:
    shape: Any = case.shape
    good = isinstance(shape, tuple) and 2 <= len(shape) <= 5 and all(is_count(n, 0) for n in shape)
    _require(case, "shape", good, "must be (N, C, H, W), (N, F), (N, C, L) or (N, C, D, H, W), each a whole number")
    mend = "has equal sizes, so swapped axes would fit by accident: make all differ, or say why in equal_sizes"
    _require(case, "shape", len(set(shape)) == len(shape) or bool(case.equal_sizes), mend)


def _input(case: Case) -> None:
    _require(case, "scale", is_number(case.scale) and case.scale > 0, "must be a positive number")
    _require(case, "mean", is_number(case.mean), "must be a finite number")
    _require(case, "dtype", case.dtype in DTYPES, f"must be one of {', '.join(DTYPES)}")


def _whole_numbers(case: Case) -> None:
    whole, least, below = case.whole, case.least, case.below
    most = 2 ** (31 if case.dtype == "int32" else EXACT_BITS)
    said = "with a dtype of whole numbers, and 0 with float32"
    good = is_count(least, -most) if whole else least == 0
    _require(case, "least", good, f"must be a whole number of at least {-most} {said}")
    good = is_count(below, least + 1) and below <= most if whole else below == 0
    _require(case, "below", good, f"must be at least {least + 1}, above least, and at most {most} {said}")
    for name, usual in (("scale", 1.0), ("mean", 0.0)):
        good = not whole or getattr(case, name) == usual
        _require(case, name, good, f"must be left at {usual} with whole numbers")


def _values(case: Case) -> None:
    _require(case, "values", case.values in VALUES, f"must be one of {', '.join(VALUES)}")
    if case.values != "normal":
        alone = (case.scale, case.mean) == (1.0, 0.0)
        mend = f"must be alone: scale={case.scale!r} and mean={case.mean!r} are of what is drawn"
        _require(case, "values", alone, mend)
        of_float32 = not case.whole and case.precision == "float32"
        _require(case, "values", of_float32, 'must be "normal" where the input is not of float32')


def _otherwise(case: Case) -> None:
    """The other ways in which it may be asked."""
    for name in ("batches", "threads"):
        counts: Any = getattr(case, name)
        good = isinstance(counts, tuple) and all(is_count(n) for n in counts) and len(set(counts)) == len(counts)
        _require(case, name, good, "must be a tuple of different whole numbers, each at least 1")
    own = case.shape[0]
    _require(case, "batches", own not in case.batches, f"must not name the case's own batch size {own}")
    _require(case, "unbatched", isinstance(case.unbatched, bool), "must be True or False")
    _require(case, "unbatched", not case.unbatched or own > 0, "must be False where there is no sample")


def _precision(case: Case) -> None:
    _require(case, "precision", case.precision in FORMATS, f"must be one of {', '.join(FORMATS)}")
    largest, furthest = FORMATS[case.precision].stored_largest, case.scale * (abs(case.mean) + FURTHEST)
    mend = f"draws inputs up to {furthest:.3g}, and {case.precision} ends at {largest:.6g}"
    _require(case, "scale", furthest < largest, mend)


def _mode(case: Case) -> None:
    _require(case, "mode", case.mode in MODES, 'must be "inference", "training" or "gradient"')
    if case.precision != "float32":
        said = "where the input is of whole numbers" if case.whole else f"in mode {case.mode}"
        good = not case.whole and case.mode == "inference"
        _require(case, "precision", good, f'must be "float32" {said}')
    if case.mode != "inference":
        where = "in training" if case.training else "where gradients are asked"
        for name in ("batches", "threads", "unbatched"):
            _require(case, name, not getattr(case, name), f"must be left out {where}")
    if case.training:
        _trained(case)


def _trained(case: Case) -> None:
    """What one pass of training has one answer for."""
    shared = next((node for node in case.network.nodes if node.of and node.layer.states()), None)
    if shared is not None:
        mend = f"is shared by {shared.of} and {shared.name}, so two calls of one step would change its states"
        raise FieldError(_owner(case), "model", str(shared.layer), mend)
    drawing = next((node for node in case.network.nodes if node.layer.chance()), None)
    if drawing is not None and case.tapped:
        mend = f"has no one answer in training, since {drawing.name} draws: make that a case by itself"
        raise FieldError(_owner(case), "model", str(drawing.layer), mend)


def _draws(case: Case) -> None:
    stored = {f"{node.name}.{name}" for node in case.network.nodes for name in node.parameters()}
    for name, draw in case.draws.items():
        if name not in stored:
            there = f"there are {', '.join(sorted(stored))}" if stored else "there are none"
            raise FieldError(_owner(case), "draws", name, f"names no parameter; {there}")
        if not isinstance(draw, Draw):
            raise FieldError(_owner(case), f"draws[{name!r}]", draw, "must be a Draw")
