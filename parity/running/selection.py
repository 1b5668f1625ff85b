"""Which checks were asked for: patterns of cases, names of routes, devices, and what is required. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from parity.cases.case import Case
from parity.cases.model import AnyCase, ModelCase
from parity.errors import NothingSelectedError, UsageError, nearest
from parity.routes.catalog import ONNX, Catalog, Route
from parity.routes.exporters import opsets
from parity.routes.options import OPSET, SWEEP, chosen, number

DEVICES = ("cpu", "cuda")
ID = re.compile(r"(?P<case>[^\[\]]+)\[(?P<route>[^\[\]]+)\]")
NODE = re.compile(r".*\.py::")  #: how pytest names the file before a check
FILE = re.compile(r".*\.(onnx|ort|pb|tflite|keras|h5|hdf5|pt2?|pth|pkl|safetensors|py(:\w+)?)", re.IGNORECASE)
FILE_MEND = (
    "parity run judges the cases of the cases folder (`parity list` shows them); for a model of your own there is "
    "`parity check FILE`, or a ModelCase in the cases folder (docs/own-models.md)"
)
ROUTE = re.compile(r"(?P<base>[^@+]+)(@(?P<device>[^@+]+))?(?P<options>(\+[^@+]+)*)")

Pair = tuple[AnyCase, Route]
NOWHERE = Route("", "", None, "")


def of_set(known: Mapping[str, AnyCase], name: str) -> Mapping[str, AnyCase]:
    """The cases that a run takes where none is named: those that are ``quick``, or all of them (``full``).

    Raises :class:`NothingSelectedError` where there is none.
    """
    found = {case.name: case for case in known.values() if name == "full" or case.quick}
    if not found:
        raise NothingSelectedError(f"the {name} set has no case: none is declared with quick=True")
    return found


def cases(known: Mapping[str, AnyCase], patterns: Iterable[str]) -> list[AnyCase]:
    """The cases that any pattern selects, in their own order; all of them where there is no pattern.

    A pattern is a name (then it is that case alone), a beginning of names up to a ``/``, or a glob. Raises :class:`UsageError`
    for a name that does not exist, with the nearest ones, :class:`NothingSelectedError` for a glob without a match.
    """
    patterns = [NODE.sub("", pattern) for pattern in patterns]
    wanted = {name for pattern in patterns for name in _names(known, pattern)} if patterns else set(known)
    return [case for name, case in known.items() if name in wanted]


def one(known: Mapping[str, AnyCase], name: str) -> AnyCase:
    """The case called ``name``. Raises :class:`UsageError` for any other word."""
    if name in known:
        return known[name]
    found = _names(known, name)
    if len(found) > 1:
        raise UsageError(
            f"case {name!r} is {len(found)} cases; name one of {', '.join(found[:10])}{', ...' * (len(found) > 10)}"
        )
    return known[found[0]]


def every_name(routes: Mapping[str, Route]) -> list[str]:
    """The names of all routes on all devices, without and with each of their options."""
    placed = [replace(route, device=device) for route in routes.values() for device in DEVICES]
    single = [
        replace(route, options=(word,))
        for route in placed
        for option in (*route.of_file, *route.of_run)
        for word in ([f"{option.word}{n}" for n in opsets.spelled()] if option == OPSET else [option.word])
    ]
    return [route.name for route in (*placed, *single) if not (route.tf32 and route.device == "cpu")]


def checks(
    known: Mapping[str, AnyCase],
    routes: Mapping[str, Route],
    patterns: Sequence[str],
    route_names: Sequence[str],
    devices: Sequence[str],
) -> list[Pair]:
    """Case by route, each pair once, in the order of the cases and then of the routes.

    A pattern may also be the id of a check, ``case[route]``, which selects just that one, with or without the file that
    pytest puts before it (``cases/conv2d.py::case[route]``); the others take every route of ``route_names`` (when
    empty, all that run without being named) on every device. A route with ``+opsets`` is one for each opset that changes an operator of the case. Raises :class:`UsageError` for a name that
    does not exist, :class:`NothingSelectedError` when nothing is left.
    """
    named = route_names or [name for name, made in routes.items() if made.default]
    ordinary: list[Route] = []
    sweeps: set[str] = set()
    for name in named:
        spelled = _swept(routes, name)
        found = [made for one in spelled for made in _on_devices(routes, one, devices)]
        ordinary += found
        sweeps |= {made.name for made in found} if spelled != [name] else set()
    plain: list[str] = []
    pasted: list[tuple[str, Route]] = []
    for pattern in (NODE.sub("", pattern) for pattern in patterns):
        made = _pasted_route(routes, known, pattern)
        if made is None:
            plain.append(pattern)
        else:
            pasted += ((name, made) for name in _names(known, pattern[: pattern.rindex("[")]))
    whole = {case.name for case in cases(known, plain)} if plain or not pasted else set()
    wanted = {(name, made.name) for name in whole for made in ordinary} | {(name, made.name) for name, made in pasted}
    distinct = {made.name: made for made in (*ordinary, *(made for _, made in pasted))}.values()
    for name, made in pasted:
        if not takes(known[name], made):
            there = [base for base, each in routes.items() if takes(known[name], each)]
            raise UsageError(f"case {name!r} has no route {made.base!r}; it has {', '.join(there)}")
    pairs = [
        (case, made)
        for case in known.values()
        for made in distinct
        if (case.name, made.name) in wanted and takes(case, made) and (made.name not in sweeps or _worth(case, made))
    ]
    if not pairs:
        raise NothingSelectedError("nothing was selected; `parity list` shows the cases there are")
    return pairs


def takes(case: AnyCase, route: Route) -> bool:
    """Whether a case can be asked for on a route: a network is written for every framework, a model of one's own is where it is."""
    return route.framework in case.spelled if isinstance(case, ModelCase) else route.framework != ONNX


def route(routes: Mapping[str, Route], name: str) -> Route:
    """A route by its name: ``torch``, ``torch>ort@cuda``, ``torch@cuda+tf32``, ``torch>ort+plain``. Raises :class:`UsageError`."""
    base = re.split("[@+]", name)[0]
    if base not in routes:
        raise UsageError(f"route {name!r} does not exist{nearest(base, routes)}; there are {', '.join(routes)}")
    parts = ROUTE.fullmatch(name)
    if parts is None:
        raise UsageError(f"route {name!r} is not spelled right; write {base}, {base}@cuda or {base}@cuda+OPTION")
    found = routes[base]
    options = chosen([*found.of_file, *found.of_run], parts["options"].split("+")[1:], name)
    return replace(found, device=device(parts["device"] or "cpu"), options=options)


def devices(asked: Sequence[str], required: Iterable[str]) -> list[str]:
    """The devices to run on: those asked for, else the cpu and every device that is required."""
    return list(asked) or list(dict.fromkeys(["cpu", *(name for name in required if name in DEVICES)]))


def device(name: str) -> str:
    """The device called ``name``. Raises :class:`UsageError`."""
    if name not in DEVICES:
        raise UsageError(f"device {name!r} does not exist; there are {', '.join(DEVICES)}")
    return name


def needs(catalog: Catalog, route: Route) -> set[str]:
    """Every name under which ``--require`` may ask for something this route uses."""
    return {part.name for part in catalog.parts(route)} | {route.base, route.name, route.device}


def required(catalog: Catalog, names: Iterable[str], pairs: Iterable[Pair]) -> list[str]:
    """The names of ``--require``, once each is sure to be something that a selected check uses.

    Raises :class:`UsageError`: what nothing uses could not be missed.
    """
    used = {name for chosen in {pair[1] for pair in pairs} for name in needs(catalog, chosen)}
    everything = {name for base in catalog.every_route().values() for name in needs(catalog, base)} | set(DEVICES)
    for name in (names := list(names)):
        if name in used:
            continue
        if name not in everything and name.split("@")[0].split("+")[0] not in everything:
            raise UsageError(
                f"--require {name}: is no device, framework, exporter, runtime or route{nearest(name, everything)}; "
                f"there are {', '.join(sorted(everything))}"
            )
        raise UsageError(f"--require {name}: no selected check uses it; select one with --route or --device")
    return names


def _swept(routes: Mapping[str, Route], name: str) -> list[str]:
    """A route's name, or with ``+opsets`` in it one for each opset there is."""
    words = name.split("+")
    if SWEEP not in words or OPSET not in routes.get(words[0].split("@")[0], NOWHERE).of_file:
        return [name]
    return ["+".join(f"{OPSET.word}{n}" if word == SWEEP else word for word in words) for n in opsets.every()]


def _worth(case: AnyCase, route: Route) -> bool:
    return isinstance(case, Case) and number(route.options, OPSET) in opsets.worth(case.graph)


def _on_devices(routes: Mapping[str, Route], name: str, devices: Sequence[str]) -> list[Route]:
    named = route(routes, name)
    places = [named.device] if "@" in name else [device(d) for d in devices]
    made = [replace(named, device=place) for place in places]
    for one in made:
        _refuse_tf32_on_cpu(one)
    return made


def _refuse_tf32_on_cpu(route: Route) -> None:
    if route.tf32 and route.device == "cpu":
        raise UsageError(f"route {route.name!r}: a cpu has no TF32; add --device cuda or leave +tf32 out")


def _pasted_route(routes: Mapping[str, Route], known: Mapping[str, AnyCase], pattern: str) -> Route | None:
    """The route of a pasted id, or None for a pattern that is none: ``k[35]`` is a glob when it matches a case."""
    parts = ID.fullmatch(pattern)
    if parts is None or (any(fnmatchcase(name, pattern) for name in known)):
        return None
    made = route(routes, parts["route"])
    _refuse_tf32_on_cpu(made)
    return made


def _names(known: Mapping[str, AnyCase], pattern: str) -> list[str]:
    """The names a pattern selects: the one it spells, or else those below it or, as a glob, like it."""
    if pattern in known:
        return [pattern]
    prefix = pattern.rstrip("/") + "/"
    found = [name for name in known if name.startswith(prefix) or fnmatchcase(name, pattern)]
    if not found and any(sign in pattern for sign in "*?["):
        raise NothingSelectedError(f"pattern {pattern!r} matches no case; `parity list` shows them all")
    if not found and FILE.fullmatch(pattern):
        raise UsageError(f"case {pattern!r} does not exist, and reads like a file: {FILE_MEND}")
    if not found:
        families = {case.family for case in known.values()}
        raise UsageError(
            f"case {pattern!r} does not exist{nearest(pattern, {*known, *families})}; `parity list` shows them all"
        )
    return found
