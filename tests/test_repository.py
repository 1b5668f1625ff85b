"""The project's own promises: commands, pins, pages and workflow agree with each other."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from parity.cli.main import _parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = {path.stem: path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml")}

# Spelled with a class of one character, so that this file does not match itself.
HOME_OF_ONE_MACHINE = re.compile(r"(?<![\w.$}>-])/(?:[r]oot|[o]pt|[t]mp|[w]ork|[m]nt)/\w")
REGISTRY = re.compile(
    r"[p]ypi\.org|[p]ythonhosted|[d]ownload\.pytorch|[n]vidia\.com/compute|/[s]imple/?[\s'\"]", re.IGNORECASE
)
TOLERANCE = re.compile(r"\b[r]tol\s*=|\b[a]tol\s*=|[a]llclose\(|[a]ssert_close\(")


def tracked() -> dict[str, str]:
    """Every text file that git tracks or would track, by its path."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode:
        pytest.skip(f"not a git checkout: {listing.stderr.strip()}")
    names = [name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]
    return {name: (ROOT / name).read_bytes().decode(errors="replace") for name in names}


def found(pattern: re.Pattern[str], texts: dict[str, str]) -> list[str]:
    """``file:line: text`` of every match."""
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def requirements() -> Iterator[Requirement]:
    """Every direct dependency: the core's and each extra's, but not an extra that names others of this project."""
    lines = [*PROJECT["dependencies"], *(r for extra in PROJECT["optional-dependencies"].values() for r in extra)]
    return (r for r in map(Requirement, lines) if canonicalize_name(r.name) != "parity")


def lower_bound(requirement: Requirement) -> Version:
    """The version after ``>=``."""
    (bound,) = (s.version for s in requirement.specifier if s.operator == ">=")
    return Version(bound)


@cache
def tox_environments() -> frozenset[str]:
    """The environments of tox.ini, as tox itself expands them."""
    listing = subprocess.run(
        [sys.executable, "-m", "tox", "list", "--no-desc"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return frozenset(line.strip() for line in listing.stdout.splitlines() if line and not line.endswith(":"))


def pins() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    made = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in made}


def test_the_readme_has_one_line_for_each_of_the_two_jobs() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert all("-c constraints.txt" in command for command in commands)
    assert commands[0].endswith("/parity run")
    assert commands[1].endswith("/tox run -r")


def test_ci_runs_the_test_command_of_the_readme_and_ends_with_its_closing_line_and_status(tmp_path: Path) -> None:
    # The real script and README, with a python3 that tells how it was called and fails.
    script, called, closing = tmp_path / ".ci" / "run", tmp_path / "called", "===== 3 passed in 0.10s ====="
    python = tmp_path / "bin" / "python3"
    for file, text in {
        script: (ROOT / ".ci" / "run").read_text(),
        tmp_path / "README.md": README,
        python: f"#!/bin/sh\necho $@ >> {called}\necho '{closing}'\necho and more\nexit 7\n",
    }.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    python.chmod(0o755)
    path = {"PATH": f"{python.parent}:/usr/bin:/bin"}
    done = subprocess.run(["bash", script], env=path, capture_output=True, text=True)
    (command,) = (line for line in README.splitlines() if line.endswith("/tox run -r"))
    assert done.stdout.splitlines()[0] == f"+ {command}"
    assert f"python3 {called.read_text().strip()}" == command.split(" && ")[0]
    assert done.stdout.splitlines()[-1] == closing
    assert done.returncode == 7


def test_ci_is_a_program() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


@cache
def tox_commands() -> dict[str, list[str]]:
    """Environment -> its commands without what a person adds, as tox itself reads them."""
    told = subprocess.run(
        [sys.executable, "-m", "tox", "config", "-k", "commands", "-e", ",".join(sorted(tox_environments()))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = {}
    for line in told.stdout.splitlines():
        if section := re.fullmatch(r"\[testenv:(.*)\]", line):
            environment = found.setdefault(section[1], [])
        elif line.strip() and not line.endswith("commands ="):
            environment.append(line.removeprefix("commands = ").strip())
    return found


def steps() -> list[tuple[str, str]]:
    """(workflow, command) of every step that runs one, written out for each value of a matrix."""
    found = []
    for name, text in WORKFLOWS.items():
        lists = {
            key: re.findall(r"[\w.]+", values) for key, values in re.findall(r"^ +(\w+): \[(.*)\]$", text, re.MULTILINE)
        }
        for command in re.findall(r"^ +(?:- )?run: (.+)$", text, re.MULTILINE):
            keys = re.findall(r"\$\{\{ matrix\.(\w+) \}\}", command)
            for values in product(*(lists[key] for key in keys)):
                written = command
                for key, value in zip(keys, values, strict=True):
                    written = written.replace(f"${{{{ matrix.{key} }}}}", value)
                found.append((name, written))
    return found


def test_the_workflows_run_nothing_but_environments_that_tox_has() -> None:
    assert {"ci", "nightly"} <= set(WORKFLOWS)
    for name, command in steps():
        if command == "python -m pip install -c constraints.txt tox":
            continue
        matched = re.fullmatch(r"tox run -e ([\w-]+)(?: -- .+)?", command)
        assert matched, f"{name}.yml runs {command!r}, which no tox environment does"
        assert matched[1] in tox_environments(), f"{name}.yml: tox has no environment {matched[1]}"


def test_every_environment_of_tox_is_run_by_a_workflow() -> None:
    named = {word for _, command in steps() for word in re.findall(r"^tox run -e ([\w-]+)", command)}
    of_one_python = {name for name in tox_environments() if re.fullmatch(r"test-py\d+", name)}  # test, by another name
    assert named == tox_environments() - of_one_python


def test_what_the_workflows_add_to_a_command_of_parity_s_is_what_it_takes() -> None:
    checked = set()
    for _, command in steps():
        environment, _, added = command.removeprefix("tox run -e ").partition(" -- ")
        for known in tox_commands().get(environment, []):
            program, *words = shlex.split(known)
            if program == "parity":
                _parser().parse_args([*words, *shlex.split(added)])
                checked.add(words[0])
    assert checked == {"run", "report", "compare", "merge"}


def test_the_nightly_matrix_is_every_matrix_environment() -> None:
    (versions,) = re.findall(r"^ +versions: \[(.*)\]$", WORKFLOWS["nightly"], re.MULTILINE)
    named = {f"matrix-{version}" for version in re.findall(r"\w+", versions)}
    assert named == {name for name in tox_environments() if name.startswith("matrix-")}


def test_the_workflow_tests_every_python_that_is_declared() -> None:
    declared = re.findall(r"Programming Language :: Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    (tested,) = re.findall(r"python: \[(.*)\]", WORKFLOWS["ci"])
    assert re.findall(r"3\.\d+", tested) == declared
    assert PROJECT["requires-python"] == f">={declared[0]}"


def test_every_direct_dependency_is_pinned_exactly_within_its_bounds() -> None:
    pinned = pins()
    for requirement in requirements():
        pin = pinned.get(canonicalize_name(requirement.name))
        assert pin is not None, f"constraints.txt lacks {requirement.name}"
        (exact,) = pin.specifier
        assert exact.operator == "==", f"constraints.txt: {pin} is not exact"
        assert requirement.specifier.contains(exact.version), f"constraints.txt: {pin} is outside {requirement}"
        assert str(pin.marker) == str(requirement.marker), (
            f"constraints.txt: {pin} has another marker than {requirement}"
        )


def test_every_pin_is_exact_and_named_once() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert len(pins()) == len(lines)
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+(; .+)?", line) for line in lines)


def test_the_oldest_versions_of_the_matrix_are_the_lower_bounds() -> None:
    oldest = [
        Requirement(line) for line in re.findall(r"^    oldest: (.+)$", (ROOT / "tox.ini").read_text(), re.MULTILINE)
    ]
    run = [*PROJECT["dependencies"]]
    for extra in ("torch", "tensorflow", "onnx"):
        run += PROJECT["optional-dependencies"][extra]
    bounds = {(canonicalize_name(r.name), str(r.marker)): lower_bound(r) for r in map(Requirement, run)}
    assert {(canonicalize_name(r.name), str(r.marker)) for r in oldest} == set(bounds)
    for requirement in oldest:
        bound = bounds[canonicalize_name(requirement.name), str(requirement.marker)]
        assert requirement.specifier.contains(bound), f"tox.ini: {requirement} does not hold {bound}"


def test_every_extra_that_is_named_exists() -> None:
    extras = set(PROJECT["optional-dependencies"])
    assert {"torch", "tensorflow", "onnx", "all", "dev"} <= extras
    named = {
        (name, extra.strip())
        for name, text in tracked().items()
        for group in re.findall(r"(?:\bparity|'\.)\[([a-z]+(?:, ?[a-z]+)*)\]", text)
        for extra in group.split(",")
    }
    assert ("README.md", "all") in named
    assert sorted((name, extra) for name, extra in named if extra not in extras) == []


def test_no_file_names_a_place_on_one_machine_or_a_package_registry() -> None:
    assert found(HOME_OF_ONE_MACHINE, tracked()) == []
    assert found(REGISTRY, tracked()) == []


def test_no_tolerance_is_set_by_hand_but_in_benchmarks_of_other_tools_and_onnx_s_own_of_its_own_cases() -> None:
    theirs = ("benchmarks/", "tests/operators/suite.py")
    code = {n: t for n, t in tracked().items() if n.endswith(".py") and not n.startswith(theirs)}
    assert found(TOLERANCE, code) == []


def test_every_link_between_pages_leads_to_a_file() -> None:
    pages = {name: text for name, text in tracked().items() if name.endswith(".md")}
    broken = [
        f"{name}: {target}"
        for name, text in pages.items()
        for target in re.findall(r"\]\(([^)#:\s]+)\)", text)
        if not (ROOT / name).parent.joinpath(target).exists()
    ]
    assert broken == []


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in index} == set()


def test_decisions_are_numbered_and_short() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{n:04}" for n in range(1, len(decisions) + 1)]
    assert [path.name for path in decisions if path.read_text().count("\n") > 60] == []


def test_an_installed_wheel_carries_everything_that_is_not_code() -> None:
    files = [str(file) for file in distribution("parity").files or []]
    if "parity/cases/case.py" not in files:
        pytest.skip("parity is installed editable here; tox tests a wheel")
    data = {n for n in tracked() if n.startswith("parity/") and not n.endswith(".py")}
    assert "parity/py.typed" in data
    assert any(name.startswith("parity/report/templates/") for name in data)
    assert data - set(files) == set()
