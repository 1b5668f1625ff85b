"""The page of a check of a model: what it shows, that it is whole without the web, and that a browser shows it well."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from parity.records.model import Function, Operator
from parity.report.html import render_model
from tests.report import browser as chromium
from tests.report import made_model

FUNCTION = Function(status="fail", ratio=90.0, distance=0.01, output="y", inputs="drawn", reason="90 times too far")


def page() -> str:
    """A model of two files, of which one is another function, with a route that fails."""
    graphs = [made_model.graph(name="definition"), made_model.graph(name="torchscript", function=FUNCTION)]
    routes = made_model.check().routes
    bad = made_model.failing()
    return render_model(made_model.check(**{**bad, "graphs": graphs, "routes": [*routes, *bad["routes"]]}))


def test_the_page_answers_in_the_order_of_the_questions() -> None:
    text = page()
    order = ["Same function?", "Honestly rounded?", "What does not hold", "The figures people know"]
    order += ["Operators, worst first", "Operators, in order of computation", "Environment"]
    places = [text.index(f">{title}</h2>") for title in order]
    assert places == sorted(places)
    assert "90 times too far" in text
    assert "<code>/home/me/net.py:7</code><pre>x = self.conv(x)</pre>" in text
    assert "the runtime ort: another is right" in text


def test_names_from_a_file_are_text_and_nothing_else() -> None:
    evil = Operator(kind="<script>alert(1)</script>", name="<img src=x onerror=alert(1)>", module="</table>")
    text = render_model(made_model.check(graphs=[made_model.graph(operators=(evil,) * 15)]))
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "</table></td>" not in text


def test_thousands_of_operators_stay_below_six_megabytes() -> None:
    operators = tuple(
        Operator(kind="Conv", name=f"/backbone/stage.{i}/Conv", source=made_model.SOURCE) for i in range(5000)
    )
    text = render_model(made_model.check(graphs=[made_model.graph(operators=operators)]))
    assert "and 1000 more, in the document" in text
    assert len(text) < 6e6


def test_a_browser_shows_it_without_a_request_and_axe_finds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "model.html"
    file.write_text(page(), encoding="utf-8")
    with chromium.launched() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        shown, trouble = chromium.opened(context, file)
        assert shown.locator("h1").inner_text().startswith("FAIL net.onnx: ")
        assert shown.locator("tr.born").count() == 0  # the operators of the failing route have no figures here
        assert shown.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert trouble == []
        assert chromium.axe(context, file) == []


def test_feature_maps_are_shown_of_the_route_that_has_them() -> None:
    from parity.judging.pictures import values_grid

    grid = values_grid([np.arange(16.0).reshape(4, 4)], 4)
    figures = made_model.answer(0.25, [0.5, 0.1])
    seen = msgspec.structs.replace(figures.operators[0], shape=(1, 1, 4, 4), maps=grid)
    figures = msgspec.structs.replace(figures, operators=(seen, *figures.operators[1:]))
    shipped, plain = made_model.check().routes
    text = render_model(made_model.check(routes=[shipped, msgspec.structs.replace(plain, answers=(figures,))]))
    assert "What ort plain made of the first image" in text
    assert text.count("<img ") == 1
    assert ">Feature maps<" not in render_model(made_model.check())
