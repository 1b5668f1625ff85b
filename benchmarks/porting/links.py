"""What checks a statement of the guide, as Markdown links; and what differs today on the way through a file."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import filter as like
from pathlib import Path

import parity.layers
from benchmarks.divergences import taken
from benchmarks.porting.guide import pairs, turns
from benchmarks.porting.model import Counterpart, Said
from parity.cases import Case
from parity.cases.known import KnownDivergence
from parity.cases.registry import Registry
from parity.layers import Layer

ROOT = Path(__file__).parents[2]


class Links:
    """Markdown links to what checks a statement; KeyError where there is no such case or program."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def said(self, said: Said) -> str:
        """A statement, with what checks it behind."""
        return f"{said.text.removesuffix('.')} ({self.to(said.by)})."

    def to(self, by: str) -> str:
        """A program, or the case of a pair or of a turn, or a case."""
        if by.endswith(".py"):
            if not (ROOT / "docs" / by).is_file():
                raise KeyError(f"there is no program docs/{by}")
            return f"[`{by.partition('/')[2]}`]({by})"
        if by in pairs():
            return self.case(pairs()[by].case, pairs()[by].layer)
        return self.to(turns()[by].case) if by in turns() else self.case(by)

    def case(self, pattern: str, layer: Layer | None = None) -> str:
        """The cases of a pattern, of which one has the layer."""
        found = [self.registry.cases[name] for name in like(self.registry.cases, pattern)]
        if layer is not None:
            found = [
                case
                for case in found
                if isinstance(case, Case) and any(type(node.layer) is type(layer) for node in case.network.nodes)
            ]
        if not found:
            raise KeyError(
                f"no case called {pattern} has a {type(layer).__name__}" if layer else f"no case is called {pattern}"
            )
        return f"[`{pattern}`](../cases/{self.registry.files[found[0].name].name})"


def known(each: Counterpart, registry: Registry) -> Iterator[str]:
    """Today's divergences that the layer's own cases meet, each with a program and a case that show it.

    Those of ONNX's reference evaluator, in which nobody runs a model, stand in docs/divergences alone.
    """
    kinds = [getattr(parity.layers, name).kind for name in each.names]
    cases = [case for case in registry.cases.values() if case.family in kinds]
    said: dict[str, str] = {}
    for entry in registry.known:
        if entry.file and entry.reason not in said and not entry.script.startswith("reference_"):
            case = next((case for case in cases if entry.covers_any([case], taken(entry))), None)
            if case is not None:
                said[entry.reason] = _divergence(entry, case.name)
    if said:
        yield "Today, on the way through a file:\n"
        yield from said.values()
        yield ""


def _divergence(entry: KnownDivergence, case: str) -> str:
    versions = ", ".join(f"{name} {versions}" for name, versions in entry.versions.items())
    if not entry.script:
        raise KeyError(f"{entry.reason}: no program of docs/divergences shows it")
    upstream = f", [upstream]({entry.link})" if entry.link else ""
    return f"- {entry.reason} ({versions}; [`{entry.script}`](divergences/{entry.script}){upstream}; `{case}`)."


def all_cases(each: Counterpart, registry: Registry) -> str:
    """Every case of a layer, and the files that have them."""
    said = []
    for name in each.names:
        kind = getattr(parity.layers, name).kind
        of_it = [case for case, found in registry.cases.items() if found.family == kind]
        files = sorted({registry.files[case].name for case in of_it})
        links = ", ".join(f"[`{file}`](../cases/{file})" for file in files)
        said.append(f"`parity run '{kind}/*'` ({links})")
    return "; ".join(said)
