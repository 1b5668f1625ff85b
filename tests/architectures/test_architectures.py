"""``parity check`` of architectures that nobody here wrote: honest runs pass, and what does not is shown without parity."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from benchmarks import architectures as benchmark
from benchmarks import divergences
from parity.cases.asked import asked
from parity.cases.subject import subject
from parity.routes.catalog import installed
from parity.running.models.check import check
from parity.running.models.plan import Plan
from tests.architectures import zoo

NEEDED = ("torchvision", "timm", "transformers", "torch", "onnxscript", "keras", "tensorflow", "tf2onnx", "onnxruntime")
MISSING = [name for name in NEEDED if find_spec(name) is None]


@pytest.mark.architectures
@pytest.mark.timeout(1800)
@pytest.mark.skipif(
    bool(MISSING), reason=f"not installed: {', '.join(MISSING)}; pip install 'parity[all,architectures]'"
)
@pytest.mark.parametrize("name", zoo.ARCHITECTURES)
def test_an_honest_run_passes_but_for_what_is_wrong_without_parity_too(name: str) -> None:
    text, given = f"{zoo.__file__}:{name}", [asked(zoo.ARCHITECTURES[name].input)]
    found = check(Plan(subject(text), given, None, 0, installed(), (), f"parity check {text}"))
    known = zoo.DIVERGES.get(name)
    assert known is not None or found.status == "pass"
    assert "fail" not in {graph.function.status for graph in found.graphs if graph.function is not None}
    wrong = {route.name: route.reason for route in found.routes if route.status not in ("pass", "unsupported")}
    assert sorted(wrong) == sorted(known.routes if known else ()), wrong
    assert {route for finding in found.findings for route in finding.routes} <= wrong.keys()


def test_a_known_divergence_was_shown_without_parity() -> None:
    kept = json.loads(divergences.KEPT.read_text())["programs"]
    for script in {known.script for known in zoo.DIVERGES.values()}:
        assert (divergences.FOLDER / script).is_file()
        assert kept[script.removesuffix(".py")]["differs"]


def test_the_table_of_the_page_is_that_of_the_figures() -> None:
    figures, text = json.loads(benchmark.FILE.read_text()), benchmark.PAGE.read_text()
    assert benchmark.page(text, figures) == text
    named = [each["name"] for each in figures["architectures"]]
    assert named == [name for name in zoo.ARCHITECTURES if name in named]


def test_the_figures_say_that_all_passed_but_for_the_known_divergences() -> None:
    figures = {each["name"]: each for each in json.loads(benchmark.FILE.read_text())["architectures"]}
    assert {name for name, each in figures.items() if each["status"] != "pass"} == set(zoo.DIVERGES)
