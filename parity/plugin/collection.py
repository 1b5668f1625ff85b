"""What ``pytest --parity`` may collect: the checks of the project, which file declares each, and their markers."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from parity.cases import project
from parity.cases.project import Project
from parity.errors import NothingSelectedError, UsageError
from parity.plugin.items import Selected, words
from parity.running import loading, selection
from parity.running.selection import ID, NODE, Pair


class Collection:
    """The checks asked for.

    folders: of the project, as seen from where pytest was called; files: every case file, resolved -> its checks by id, in
    the order of its cases; required: the names of ``--parity-require``. Making one also spells the patterns among pytest's own
    arguments as node ids, adds the cases to them where no path was given, and registers the markers. Raises
    :class:`UsageError` for what does not exist or is not valid.
    """

    def __init__(self, config: pytest.Config) -> None:
        option = config.option
        self._where = config.invocation_params.dir
        self.folders = _folders(config)
        self.registry, catalog = loading.load(self.folders.cases, self.folders.cache)
        self._routes = catalog.every_route()
        self._asked = (option.parity_route, selection.devices(option.parity_device, option.parity_require))
        pairs = selection.checks(
            selection.of_set(self.registry.cases, option.parity_set), self._routes, [], *self._asked
        )
        self.required = selection.required(catalog, option.parity_require, pairs)
        spelled = [self._spelled(arg) for arg in config.args]
        config.args[:] = [node for nodes, _ in spelled for node in nodes]
        if config.args_source is not config.ArgsSource.ARGS:
            config.args.append(str(self.registry.folder))
        pairs += [pair for _, named in spelled for pair in named]
        taken = _register(config, pairs)
        self.files: dict[Path, dict[str, Selected]] = {
            file.resolve(): {} for file in self.registry.folder.glob("*.py") if not file.name.startswith("_")
        }
        for case, route in pairs:
            required = [name for name in self.required if name in selection.needs(catalog, route)]
            markers = [word for word in words(case, route) if word not in taken]
            made = Selected(case, route, tuple(required), tuple(markers))
            self.files[self.registry.files[case.name].resolve()][made.id] = made

    def of_nodes(self, nodes: Iterable[str], root: Path) -> list[Selected]:
        """The checks among some node ids, whose paths start at ``root``."""
        found: list[Selected | None] = []
        for node in nodes:
            path, _, name = node.partition("::")
            found.append(self.files.get(_resolved(root / path), {}).get(name))
        return [one for one in found if one is not None]

    def _spelled(self, arg: str) -> tuple[list[str], list[Pair]]:
        """An argument of pytest's as node ids where it is a pattern of ours, and the checks that it names.

        What is neither a path nor of ours stays, for pytest to refuse.
        """
        cases = self.registry.cases
        exists = (self._where / arg.partition("::")[0].partition("[")[0]).exists()
        parts = ID.fullmatch(NODE.sub("", arg))
        if parts and (parts["case"] in cases or not exists):
            found = selection.checks(cases, self._routes, [arg], [], [])
            return [self._node(case.name, f"[{route.name}]") for case, route in found], found
        name = NODE.sub("", arg)
        if exists:
            named = name != arg and name in cases
            return [arg], selection.checks(cases, self._routes, [name], *self._asked) if named else []
        try:
            nodes = [self._node(case.name) for case in selection.cases(cases, [arg])]
            return nodes, selection.checks(cases, self._routes, [arg], *self._asked)
        except (UsageError, NothingSelectedError):
            return [arg], []

    def _node(self, case: str, route: str = "") -> str:
        return f"{self.registry.files[case]}::{case}{route}"


@cache
def _resolved(path: Path) -> Path:
    return path.resolve()


def _folders(config: pytest.Config) -> Project:
    """The project that pytest was called in, or else that of pytest's root folder."""
    here = project.find(Path())
    return here if here.cases.is_dir() else project.find(Path(os.path.relpath(config.rootpath)))


def _register(config: pytest.Config, pairs: Iterable[Pair]) -> set[str]:
    """Register the markers of some checks; the words that are taken.

    A word that something else registered with arguments does something (``skip``, ``timeout``), so it is left alone.
    """
    taken = {line.partition("(")[0].strip() for line in config.getini("markers") if "(" in line.partition(":")[0]}
    made: dict[str, str] = {}
    for case, route in pairs:
        made |= words(case, route)
    config.addinivalue_line(
        "markers", "parity(family, route, device, tag): a check of parity's; a tag each its own mark"
    )
    for word, said in made.items():
        if word not in taken:
            config.addinivalue_line("markers", f"{word}: checks of the {said}")
    return taken
