"""The page of two models that were compared: side by side, whole without the web, and shown well by a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parity.records.difference import Difference, Spot
from parity.records.model import Input
from parity.records.pair import FORM, Matched, Output, PairCheck
from parity.report.html import render_pair
from parity.report.pair_views import pair_page
from tests.report import browser as chromium
from tests.report import made
from tests.report.made_model import SOURCE


def spots(side: str, *kinds: str, shape: tuple[int, ...] = (2, 8, 5, 6)) -> list[Spot]:
    return [
        Spot(
            kind=kind,
            name=f"{side}{i}",
            module=f"{side}.{i}",
            source=SOURCE if side == "a" else None,
            shape=shape,
            place=i,
        )
        for i, kind in enumerate(kinds)
    ]


def check(**changed: Any) -> PairCheck:
    """A convolution, a normalisation with another epsilon, an activation; the second turns its axes on the way."""
    one = spots("a", "Conv", "BatchNormalization", "Relu", "Exp")
    two = spots("b", "Transpose", "Conv", "Transpose", "BatchNormalization", "Relu", shape=(2, 5, 6, 8))
    parted = Difference(
        kind="value", one=one[1], two=two[3], distance=0.12, ratio=1e9, looks="epsilon: 1e-05 in the first, 0.001 in the second",
        expected=1.5, got=1.25, index=(0, 1, 2, 3),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "form": FORM, "one": "net.py:build", "two": "port.py:build", "status": "fail", "seed": 0,
        "inputs": [Input(name="x", dtype="float32", shape=[2, 3, 5, 6], values="normal")], "taken": [Input(name="x", dtype="float32", shape=[2, 5, 6, 3], values="x 2x5x6x3: the first's x")],
        "tried": ["drawn"], "differences": [parted], "matched": 3, "values": 5, "left": 0,
        "outputs": [Output(one="y", two="y", agrees=False)], "operators_one": one, "operators_two": two,
        "matches": [
            Matched(one=0, two=1, distance=1e-15, weights=True), Matched(one=0, two=2, distance=1e-15),
            Matched(one=2, two=4, distance=0.0, healed=True),
        ],
        "copied": [], "unproven": [], "repeat": "parity check net.py:build port.py:build", "seconds": 1.0,
        "environment": made.records().run.environment,
    }  # fmt: skip
    return PairCheck(**{**fields, **changed})


def test_operators_stand_side_by_side_once_each_in_order_of_computation() -> None:
    rows = [
        (row.one.place if row.one else None, row.two.place if row.two else None, row.word)
        for row in pair_page(check()).rows
    ]
    assert rows == [
        (None, 0, "on the way"),
        (0, 1, "same, by weights"),
        (None, 2, "same as #0"),
        (1, 3, "differs, 1"),
        (2, 4, "same once healed"),
        (3, None, "on the way"),
    ]


def test_what_only_the_first_has_stands_where_it_is_computed() -> None:
    one = spots("a", "Conv", "Relu", "Exp")
    alone = Difference(kind="no part", one=one[1], two=None, healed=False)
    two = spots("b", "Conv", "Exp")
    matches = [Matched(one=0, two=0, distance=0.0), Matched(one=2, two=1, distance=0.0)]
    page = pair_page(check(operators_one=one, operators_two=two, matches=matches, differences=[alone]))
    assert [(row.word, row.differs) for row in page.rows] == [("same", 0), ("differs, 1", 1), ("same", 0)]


def test_the_page_says_first_where_they_differ_and_what_that_looks_like() -> None:
    text = render_pair(check())
    order = ["Where they differ", "Side by side, in order of computation", "Environment"]
    places = [text.index(f">{title}</h2>") for title in order]
    assert places == sorted(places)
    assert "1. epsilon: 1e-05 in the first, 0.001 in the second" in text
    assert "<code>/home/me/net.py:7</code><pre>x = self.conv(x)</pre>" in text
    assert "2x8x5x6" in text
    assert "2x5x6x8" in text
    assert "Where they differ" not in render_pair(check(differences=[], status="pass"))


def test_names_from_a_model_are_text_and_nothing_else() -> None:
    evil = Spot(kind="<script>alert(1)</script>", name='"><img src=x onerror=alert(1)>', module="</table>", place=0)
    text = render_pair(check(operators_two=[evil], matches=[], differences=[]))
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "</table> <span" not in text


def test_thousands_of_operators_stay_below_six_megabytes() -> None:
    many = [
        Spot(
            kind="Conv",
            name=f"/backbone/stage.{i}/Conv",
            module=f"backbone.stage.{i}",
            source=SOURCE,
            shape=(1, 64, 56, 56),
            place=i,
        )
        for i in range(5000)
    ]
    matches = [Matched(one=i, two=i, distance=1e-15, weights=True) for i in range(5000)]
    text = render_pair(check(operators_one=many, operators_two=many, matches=matches, differences=[]))
    assert "and 1000 rows more, in the document" in text
    assert len(text) < 6e6


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_without_a_request_and_axe_finds_nothing(tmp_path: Path, scheme: str) -> None:
    file = tmp_path / "pair.html"
    file.write_text(render_pair(check()), encoding="utf-8")
    with chromium.launched() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
        shown, trouble = chromium.opened(context, file)
        assert shown.locator("h1").inner_text().startswith("DIFFERENT net.py:build and port.py:build: ")
        assert shown.locator("tr.born").count() == 1
        assert shown.locator("tr.born a").get_attribute("href") == f"#{shown.locator('article').get_attribute('id')}"
        assert shown.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert trouble == []
        assert chromium.axe(context, file) == []
