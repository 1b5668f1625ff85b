from pathlib import Path

import pytest

from parity.records.file import read
from tests.docs.pages import follow

PAGE = "add-a-route.md"
EXPORTERS = ("torch", "torchscript", "tensorflow")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The page's package, installed into a folder of its own, and what each command of the page printed.

    pip reaches no index: it builds with what is installed here, and installs beside this environment, not into it.
    """
    folder, target = tmp_path_factory.mktemp("plugin"), tmp_path_factory.mktemp("site")
    offline = {
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads the variable as the option's value, so 0 means: no isolation
        "PIP_TARGET": str(target),
        "PIP_UPGRADE": "1",
        "PYTHONPATH": str(target),
    }
    return folder, [done.stdout for done in follow(PAGE, folder, **offline)]


def test_an_installed_runtime_gives_a_route_for_every_exporter(plugin: tuple[Path, list[str]]) -> None:
    _, printed = plugin
    (environment,) = [out for out in printed if "torch>ort " in out and "ready" in out]
    ready = {line.split()[1] for line in environment.splitlines() if line.split()[-1] == "ready"}
    assert {f"{exporter}>ort-plain" for exporter in EXPORTERS} <= ready


def test_the_new_route_passes_beside_the_built_in_one(plugin: tuple[Path, list[str]]) -> None:
    _, printed = plugin
    (first,) = [out for out in printed if "4 passed, 0 failed" in out]
    assert "FAIL" not in first


def test_a_runtime_that_widens_its_answer_fails_by_dtype(plugin: tuple[Path, list[str]]) -> None:
    folder, _ = plugin
    run = read(folder / "reports" / "latest.jsonl")
    assert [check.route for check in run.checks] == ["torch>ort-plain"] * 2
    assert [check.failure.kind for check in run.checks if check.failure] == ["dtype"] * 2
