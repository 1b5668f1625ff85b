"""Whose a failure is: the framework, the exporter, the graph optimiser, the runtime, shape inference or the oracle. Pure.

The witnesses are the other routes of the same case. A name is said only where one of them convicts or clears: one that is
right clears what it shares with the failed route, one that is wrong alike (:mod:`parity.judging.likeness`) convicts it. Two
that are wrong in different ways have two causes, and prove nothing of each other. They are asked in this order:

1. the framework's own run: is it wrong alike, then the file only repeats it;
2. the file of the definition, the oracle's own graph, in the same runtime: is it wrong alike, then the runtime is;
3. the very same file in another runtime, and in the same one without its optimiser.

Where none of them knows, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from parity.judging.likeness import alike, doubtful, right, wrong
from parity.judging.witnesses import DEFINITION, Scene, parts
from parity.records.lines import Check

_ENDED = frozenset({"fail", "known", "error", "crash", "timeout", "unsupported"})


@dataclass(frozen=True)
class Blame:
    """who: the party, in few words; why: the witness that says so; spelled: whether it may be how the case is spelled."""

    who: str
    why: str
    spelled: bool = False

    def __str__(self) -> str:
        return f"{self.who}{', or how the case is spelled in it' if self.spelled else ''}: {self.why}"


def whose(check: Check, others: Iterable[Check]) -> str:
    """One sentence on whose a failed check is, from the other checks of the same run; empty where nothing can be said."""
    if check.failure is not None and check.failure.whose is not None:
        return check.failure.whose
    blamed = blame(check, others)
    return "" if blamed is None else str(blamed)


def blame(check: Check, others: Iterable[Check]) -> Blame | None:
    """The party that a witness convicts, or None; also where the check had witnesses of its own."""
    if check.failure is not None and check.failure.whose is not None:
        return None
    if check.status not in _ENDED or check.step in ("ask", "look", "judge") or doubtful(check):
        return None
    here = Scene.of(check, others)
    if not here.runtime:
        return _of_framework(check, here)
    if check.step == "export":
        return _of_export(check, here)
    if wrong(check) is None and check.failure is not None and (said := _of_refusal(check, here)):
        return said
    if check.failure is not None and not check.failure.repeats:
        return _of_chance(check, here)
    if wrong(check) is not None:
        return _of_numbers(check, here)
    return None if right(check) else _of_run(check, here)


# ---- a framework's own run ------------------------------------------------------------------------------------------


def _of_framework(check: Check, here: Scene) -> Blame | None:
    base = next((other for other in here.natives if other.route == check.route.partition("+")[0]), None)
    if base is not None and right(base):
        return Blame(check.route, f"{base.route} is the same network without the option, and agrees with the oracle")
    if here.clear is not None:
        return Blame(check.route, f"{here.clear.route} agrees with the oracle", spelled=True)
    if check.failure is not None and not check.failure.repeats:
        steady = next((other for other in here.all if _repeats(other)), None)
        return None if steady is None else Blame(check.route, f"{steady.route} repeats its answers", spelled=True)
    return _of_oracle(check, here)


def _of_oracle(check: Check, here: Scene) -> Blame | None:
    """All frameworks wrong alike, nobody right: at least two that share nothing but the case."""
    if here.clear is not None or wrong(check) is None:
        return None
    natives = [other for other in here.natives if not _same_framework(other, check)]
    defined = [other for other in here.all if parts(other)[0] == DEFINITION and alike(check, other)]
    if not (natives or defined) or not all(alike(check, other) for other in natives):
        return None
    by = (
        "no framework agrees with it"
        if natives
        else f"{defined[0].route} runs its own graph and differs in the same way"
    )
    return Blame("the case or its oracle", by)


def _same_framework(other: Check, check: Check) -> bool:
    return parts(other)[0] == (check.framework or parts(check)[0])


# ---- a file ---------------------------------------------------------------------------------------------------------


def _repeated(check: Check, here: Scene) -> Blame | None:
    """The framework's own run is wrong alike: what is wrong was there before the file."""
    native = here.native
    if native is None or not alike(check, native):
        return None
    said = _of_framework(native, Scene.of(native, (*here.all, check)))
    if said is not None and not said.spelled:
        return said
    return Blame(native.route, "its own run differs in the same way, so the file only repeats it", spelled=True)


def _of_numbers(check: Check, here: Scene) -> Blame | None:
    """A file that ran and gave wrong answers."""
    if said := _repeated(check, here):
        return said
    if here.source == DEFINITION:
        return _of_definition(check, here)
    defined = here.definition
    if defined is not None and alike(check, defined):
        also = [o for o in here.all if parts(o)[0] == DEFINITION and o is not defined and alike(check, o)]
        # Where another implementation is wrong alike on that graph, the graph may be; where nobody is right, the oracle.
        return None if also or not _cleared(here) else _runtime(check, here, _twice(defined))
    return _of_file(check, here)


def _cleared(here: Scene) -> bool:
    """Whether somebody agrees with the oracle, its own graph in another implementation included."""
    return any(right(other) for other in here.all)


def _twice(defined: Check) -> str:
    return f"it differs in the same way on {defined.route}, the file of the definition"


def _of_file(check: Check, here: Scene) -> Blame | None:
    """The same file elsewhere, and without the optimiser."""
    witness = next((other for other in (*here.elsewhere, *here.same_file) if right(other)), None)
    if witness is not None:
        return _runtime(check, here, f"{witness.route} runs the same file and agrees with the oracle")
    if check.failure is not None and check.failure.unoptimised == "pass":
        return _runtime(check, here, "")
    native = here.native
    twin = next((other for other in here.elsewhere if alike(check, other)), None)
    if twin is not None and native is not None and right(native):
        why = f"{twin.route} runs the same file and differs in the same way, {native.route} agrees with the oracle"
        return Blame(_exporter(check), why)
    return _of_invalid(check, here)


def _runtime(check: Check, here: Scene, why: str) -> Blame:
    """The runtime: its optimiser where the very file is right without it, else its kernel."""
    place = f" on {here.place}" if here.place else ""
    unoptimised = None if check.failure is None else check.failure.unoptimised
    if unoptimised == "pass":
        return Blame(
            f"the graph optimiser of {here.runtime}{place}", "unoptimised, the same file agrees with the oracle"
        )
    also = "; unoptimised it differs too" if unoptimised == "fail" else ""
    return Blame(f"the runtime {here.runtime}{place}", f"{why}{also}")


def _exporter(check: Check) -> str:
    return f"the exporter {check.exporter or parts(check)[0]}"


def _of_definition(check: Check, here: Scene) -> Blame | None:
    """The file of the definition, which no framework made: all frameworks wrong alike, or the runtime wrong elsewhere too."""
    natives = here.natives
    if natives and all(alike(check, other) for other in natives) and here.clear is None:
        return Blame("the case or its oracle", f"{natives[0].route} differs in the same way, and nobody agrees with it")
    if said := _of_file(check, here):
        return said
    if any(alike(check, other) for other in here.elsewhere) or here.clear is None:
        return None
    beside = (o for o in here.all if parts(o)[1:] == (here.runtime, here.place) and alike(check, o))
    twin = next((o for o in beside if (own := Scene.of(o, here.all).native) is not None and right(own)), None)
    return None if twin is None else _runtime(check, here, f"it differs in the same way on {twin.route}, another file")


# ---- endings without wrong numbers ----------------------------------------------------------------------------------


def _of_export(check: Check, here: Scene) -> Blame | None:
    """No file came to be, or one that another exporter wrote, or that no exporter would."""
    if check.failure is not None and check.failure.kind == "cache":
        return Blame("parity's own cache", "an export with the same parameters gives another file")
    native = here.native
    if native is None:
        return None
    if alike(check, native):
        return Blame(native.route, "its own run ends in the same way", spelled=True)
    if not right(native):
        return None
    return Blame(_exporter(check), f"{native.route} runs the same network and agrees with the oracle")


def _of_run(check: Check, here: Scene) -> Blame | None:
    """A file that did not run."""
    if said := _of_invalid(check, here):
        return said
    native, defined = here.native, here.definition
    witness = next((other for other in here.same_file if right(other)), None)
    if witness is not None:
        return _runtime(check, here, f"{witness.route} runs the same file and agrees with the oracle")
    if native is None or not right(native):
        return None
    if defined is not None and alike(check, defined):
        return _runtime(check, here, f"it ends in the same way on {defined.route}, the file of the definition")
    stuck = next((other for other in here.elsewhere if other.step == "run" and not right(other)), None)
    if stuck is not None and defined is not None and right(defined):
        return Blame(_exporter(check), f"{stuck.route} does not run the file either, and {defined.route} is well")
    return None


def _of_invalid(check: Check, here: Scene) -> Blame | None:
    """A file that the checker refuses and some runtime does not run: that another runs it all the same clears nobody."""
    native = here.native
    if check.failure is None or not check.failure.refused or check.failure.inferred is not None:
        return None
    if native is None or not right(native):
        return None
    for other in (check, *here.elsewhere):
        there = Scene.of(other, (*here.all, check))
        if other.step != "run" or (there.definition is not None and alike(other, there.definition)):
            continue
        why = f"the ONNX checker refuses its file and {there.runtime} does not run it, {native.route} agrees with the oracle"
        return Blame(_exporter(check), why)
    return None


def _of_refusal(check: Check, here: Scene) -> Blame | None:
    """A file at odds with ONNX's shape inference: whose are the shapes that do not really come out."""
    if check.failure is None or not check.failure.refused:
        return None
    ran = [other.route for other in (check, here.native, *here.elsewhere) if other is not None and right(other)]
    if check.failure.inferred == "wrong" and len(ran) > 1:
        why = f"{ran[0]} and {ran[1]} agree with the oracle in shape and value, the inferred shape does not"
        return Blame("ONNX's shape inference", why)
    if check.failure.inferred == "right" and ran:
        return Blame(_exporter(check), f"the file declares a shape that neither shape inference nor {ran[0]} gives")
    return _of_invalid(check, here) if right(check) else None


def _of_chance(check: Check, here: Scene) -> Blame | None:
    """A route that gave another answer to the same input."""
    native = here.native
    if native is not None and not _repeats(native):
        return Blame(native.route, "its own run does not repeat either", spelled=True) if _asked(native) else None
    steady = next((other for other in here.elsewhere if _repeats(other)), None)
    if steady is not None:
        place = f" on {here.place}" if here.place else ""
        return Blame(f"the runtime {here.runtime}{place}", f"{steady.route} runs the same file and repeats its answers")
    if native is not None and any(_asked(other) for other in here.elsewhere):
        return Blame(_exporter(check), f"no runtime repeats its answers on the file, {native.route} does")
    return None


def _asked(check: Check) -> bool:
    """Whether a route answered, so that it is known whether it repeats itself."""
    return bool(check.probes)


def _repeats(check: Check) -> bool:
    return _asked(check) and (check.failure is None or check.failure.repeats)
