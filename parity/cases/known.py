"""Declared divergences: what is really in a framework, exporter or runtime, with evidence, and fails once it is mended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import get_args

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from parity.errors import FieldError, UsageError
from parity.records.lines import Check, Known
from parity.records.verdict import Kind, Status

Patterns = str | tuple[str, ...]

KINDS: tuple[str, ...] = (*get_args(Kind), "error", "crash", "timeout")

#: Endings under which one package is shipped for different machines: ``tensorflow-cpu`` is tensorflow.
BUILDS = ("-cpu", "-gpu", "-intel", "-rocm", "-directml")


@dataclass(frozen=True, kw_only=True)
class KnownDivergence:
    """One divergence that is not ours, declared in a case file's ``KNOWN``.

    cases, routes: a name, a glob (``conv2d/*``, ``tensorflow>ort*``) or a tuple of them; kind: the kind of failure, or
    ``error``, ``crash``, ``timeout``; reason: what differs, one sentence; evidence: what was measured or read, and where;
    link: the upstream thread where one exists; versions: distribution -> specifier (``{"onnxruntime": ">=1.20,<1.40"}``),
    outside of which the entry does not apply; file: where it is declared, filled in by the registry.
    """

    cases: Patterns
    routes: Patterns
    kind: Kind | Status
    reason: str
    evidence: str
    link: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    file: str = ""

    def __post_init__(self) -> None:
        for name in ("cases", "routes"):
            value = getattr(self, name)
            good = bool(value) and all(isinstance(p, str) and p for p in _patterns(value))
            self._require(name, good, "must be a name, a glob, or a tuple of them")
        self._require("kind", self.kind in KINDS, f"must be one of {', '.join(KINDS)}")
        for name in ("reason", "evidence"):
            value = getattr(self, name)
            self._require(name, isinstance(value, str) and bool(value.strip()), "must be said in a sentence")
        self._require("link", isinstance(self.link, str), "must be text")
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

    def covers(self, case: str, route: str) -> bool:
        """Whether the entry speaks of this case on this route."""
        return any(fnmatchcase(case, p) for p in _patterns(self.cases)) and any(
            fnmatchcase(route, p) for p in _patterns(self.routes)
        )

    def holds(self, installed: Mapping[str, str]) -> bool:
        """Whether every version it names is installed (distribution -> version)."""
        return all(_version_fits(name, specifier, installed) for name, specifier in self.versions.items())


def apply(check: Check, entries: Iterable[KnownDivergence], installed: Mapping[str, str]) -> Check:
    """The check as declared divergences explain it.

    One that fails in a declared way becomes ``known``; one that passes although a divergence is declared becomes
    ``stale``; one that fails in another way, or that never ran, stays as it is. Pure.
    """
    covering = [e for e in entries if e.covers(check.case, check.route) and e.holds(installed)]
    if check.status == "pass" and covering:
        entry = covering[0]
        where = f" in {entry.file}" if entry.file else ""
        reason = f"declared divergence {entry.reason!r} no longer reproduces; remove the entry{where}"
        return msgspec.structs.replace(check, status="stale", reason=reason, known=_record(entry))
    ending = check.failure.kind if check.status == "fail" and check.failure is not None else check.status
    for entry in covering:
        if entry.kind == ending:
            return msgspec.structs.replace(check, status="known", reason=entry.reason, known=_record(entry))
    return check


def refuse_unmatched(entries: Iterable[KnownDivergence], cases: Collection[str], routes: Collection[str]) -> None:
    """Raise :class:`UsageError` for an entry that covers no check there is: it could never turn stale, so it would rot."""
    for entry in entries:
        if not any(entry.covers(case, route) for case in cases for route in routes):
            raise UsageError(
                f"{entry.file}: KnownDivergence cases={entry.cases!r} routes={entry.routes!r} covers no case and route "
                "that exists; mend its patterns or remove it"
            )


def _patterns(value: Patterns) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)


def _version_fits(name: str, specifier: str, installed: Mapping[str, str]) -> bool:
    for spelled in (name, *(name + build for build in BUILDS)):
        if spelled in installed:
            # A pre-release of a version that is spoken of is spoken of too: nightly runs meet them first.
            return SpecifierSet(specifier).contains(installed[spelled], prereleases=True)
    return False


def _record(entry: KnownDivergence) -> Known:
    return Known(reason=entry.reason, evidence=entry.evidence, link=entry.link)
