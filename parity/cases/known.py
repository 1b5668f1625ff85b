"""Declared divergences: what is really in a framework, exporter or runtime, with evidence, and fails once it is mended.

A project declares its own in ``KNOWN``. Those that parity ships (:mod:`parity.cases.shipped`) explain failures in every
project, and are nobody's there to remove, so they never turn stale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache
from typing import get_args

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from parity.axes import Shape
from parity.cases.case import Case
from parity.cases.model import AnyCase
from parity.cases.policies import lows
from parity.errors import FieldError, UsageError
from parity.operators.graph import Node
from parity.records.lines import Check, Known
from parity.records.verdict import Kind, Status

Patterns = str | tuple[str, ...]

KINDS: tuple[str, ...] = (*get_args(Kind), "error", "crash", "timeout")

#: Endings under which one package is shipped for different machines: ``tensorflow-cpu`` is tensorflow.
BUILDS = ("-cpu", "-gpu", "-intel", "-rocm", "-directml")


#: What is asked of an operator, with the canonical shapes of what it reads.
Asks = Callable[[Node, tuple[Shape, ...]], bool]


@dataclass(frozen=True, kw_only=True)
class KnownDivergence:
    """One divergence that is not ours, declared in a case file's ``KNOWN``.

    cases, routes: a name, a glob (``conv2d/*``, ``tensorflow>ort*``) or a tuple of them; operator: whether an operator of
    the case's definition, on inputs of these canonical shapes, is what diverges, None for every case; precision: of which stored types it
    speaks, names or globs as well, among them those of a policy by which a network of float32 is computed; kind: the kind of
    failure, or ``error``, ``crash``, ``timeout``; says: what the failure's own reason must hold; reason: what differs, one
    sentence; evidence: what was measured or read, and where; link: the upstream thread where one exists; script: the name of a
    program that shows it without parity, which ends with 1 while it differs (of parity's own, in ``docs/divergences/``);
    versions: distribution -> specifier (``{"onnxruntime": ">=1.20,<1.40"}``), outside of which the entry does not apply;
    everywhere: whether every run with these shows it, as what hangs on the processor or on the numbers that are drawn does not: then
    a check that passes all the same is no news; file: where it is declared, filled in by the registry, and empty for what parity ships.
    """

    cases: Patterns = "*"
    routes: Patterns
    precision: Patterns = "*"
    operator: Asks | None = None
    kind: Kind | Status
    says: str = ""
    reason: str
    evidence: str
    link: str = ""
    script: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    everywhere: bool = True
    file: str = ""

    def __post_init__(self) -> None:
        for name in ("cases", "routes", "precision"):
            value = getattr(self, name)
            good = bool(value) and all(isinstance(p, str) and p for p in _patterns(value))
            self._require(name, good, "must be a name, a glob, or a tuple of them")
        self._require("kind", self.kind in KINDS, f"must be one of {', '.join(KINDS)}")
        for name in ("reason", "evidence"):
            value = getattr(self, name)
            self._require(name, isinstance(value, str) and bool(value.strip()), "must be said in a sentence")
        self._require("operator", self.operator is None or callable(self.operator), "must be a function or None")
        for name in ("says", "link", "script"):
            self._require(name, isinstance(getattr(self, name), str), "must be text")
        self._require("versions", isinstance(self.versions, Mapping), "must map distributions to version specifiers")
        for package, specifier in self.versions.items():
            try:
                SpecifierSet(specifier)
            except (InvalidSpecifier, TypeError, AttributeError):
                mend = 'must map distributions to version specifiers such as ">=1.20,<1.40"'
                raise FieldError("KnownDivergence", "versions", {package: specifier}, mend) from None

    def _require(self, name: str, good: bool, mend: str) -> None:
        if not good:
            raise FieldError("KnownDivergence", name, getattr(self, name), mend)

    def covers(self, case: AnyCase, route: str) -> bool:
        """Whether the entry speaks of this case on this route."""
        return self._names(route) and self._speaks_of(case, lows([route]))

    def covers_any(self, cases: Iterable[AnyCase], routes: Iterable[str]) -> bool:
        """Whether there is one of these cases and one of these routes that the entry covers."""
        named = _match(self.cases)  # by the name first: this is asked of every case at each start
        types = lows(found := [route for route in routes if self._names(route)])
        return bool(found) and any(self._speaks_of(case, types) for case in cases if named(case.name))

    def _names(self, route: str) -> bool:
        # What is said of a route is said of it with options too; what is said of an option, of that alone.
        found = _match(self.routes)
        return found(route) is not None or found(route.partition("+")[0]) is not None

    def _speaks_of(self, case: AnyCase, types: Iterable[str]) -> bool:
        """types: those beside its precision in which the case is computed."""
        if _match(self.cases)(case.name) is None:
            return False
        if self.precision != "*":
            named = _match(self.precision)
            if not (isinstance(case, Case) and any(map(named, (case.precision, *types)))):
                return False
        if self.operator is None:
            return True
        return isinstance(case, Case) and any(self.operator(node, shapes) for node, shapes in _operators(case))

    @property
    def names_option(self) -> bool:
        """Whether it speaks of options of routes."""
        return any("+" in pattern for pattern in _patterns(self.routes))

    def holds(self, installed: Mapping[str, str]) -> bool:
        """Whether every version it names is installed (distribution -> version)."""
        return all(_version_fits(name, specifier, installed) for name, specifier in self.versions.items())


def of_kind(kind: str) -> Asks:
    """Whether an operator is of this kind, for :attr:`KnownDivergence.operator`."""
    return lambda node, shapes: node.kind == kind


def apply(check: Check, case: AnyCase, entries: Iterable[KnownDivergence], installed: Mapping[str, str]) -> Check:
    """The check of a case as declared divergences explain it.

    One that fails in a declared way becomes ``known``; one that passes although the project declares a divergence
    becomes ``stale``; one that fails in another way, or that never ran, stays as it is. Pure.
    """
    covering = [e for e in entries if e.covers(case, check.route) and e.holds(installed)]
    if check.status == "pass":
        # With an option that it does not name a divergence may be gone, and still be there without.
        covering = [e for e in covering if e.file and e.everywhere and ("+" not in check.route or e.names_option)]
    if check.status == "pass" and covering:
        entry = covering[0]
        reason = f"declared divergence {entry.reason!r} no longer reproduces; remove the entry in {entry.file}"
        return msgspec.structs.replace(check, status="stale", reason=reason, known=_record(entry))
    failure = check.failure if check.status == "fail" else None
    # A refused file whose answers are wrong too failed in two ways: to declare the one does not explain the other.
    endings = [check.status] if failure is None else [k for k in (failure.kind, failure.values) if k is not None]
    found = [next((e for e in covering if e.kind == k and e.says in check.reason), None) for k in endings]
    explained = [entry for entry in found if entry is not None]
    if len(explained) == len(endings):
        entry = explained[0]
        return msgspec.structs.replace(check, status="known", reason=entry.reason, known=_record(entry))
    return check


def refuse_unmatched(entries: Iterable[KnownDivergence], cases: Iterable[AnyCase], routes: Iterable[str]) -> None:
    """Raise :class:`UsageError` for a declared entry that covers no check: it could never turn stale, so it would rot."""
    cases, routes = list(cases), list(routes)
    for entry in entries:
        if entry.file and not entry.covers_any(cases, routes):
            raise UsageError(
                f"{entry.file}: KnownDivergence cases={entry.cases!r} routes={entry.routes!r} covers no case and route "
                "that exists; mend its patterns or remove it"
            )


def _operators(case: Case) -> Iterator[tuple[Node, tuple[Shape, ...]]]:
    """The operators of a case's definition, each with the canonical shapes of what it reads."""
    for node in case.network.nodes:
        definition = case.definition(node)
        for inner in definition.graph.nodes:
            yield inner, tuple(definition.values[name].shape for name in inner.inputs if name)


def _patterns(value: Patterns) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)


@cache
def _match(value: Patterns) -> Callable[[str], object]:
    """What gives a match for the names that any of these patterns takes, upper and lower case told apart."""
    return re.compile("|".join(map(translate, _patterns(value)))).match


def _version_fits(name: str, specifier: str, installed: Mapping[str, str]) -> bool:
    for spelled in (name, *(name + build for build in BUILDS)):
        if spelled in installed:
            # A pre-release of a version that is spoken of is spoken of too: nightly runs meet them first.
            return SpecifierSet(specifier).contains(installed[spelled], prereleases=True)
    return False


def _record(entry: KnownDivergence) -> Known:
    return Known(reason=entry.reason, evidence=entry.evidence, link=entry.link)
