"""The report: everything the records say, in one file, as text and never as markup."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.report.html import render
from parity.report.views import page
from parity.verdict import STATUSES
from tests.report import made

VOID = {"meta", "link", "br", "img", "hr", "input"}
SKIPPED = {"style", "script"}


class Page(HTMLParser):
    """The page as a parser sees it; complains where tags do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in SKIPPED:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.tags if "id" in attrs]

    def links(self) -> list[str]:
        return [attrs["href"] or "" for tag, attrs in self.tags if tag == "a"]


@pytest.fixture(scope="module")
def shown() -> Page:
    return Page(render(made.records()))


def test_the_same_records_give_the_same_bytes_in_any_process() -> None:
    program = "import sys; from parity.report.html import render; from tests.report import made; sys.stdout.buffer.write(render(made.records()).encode())"
    other = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, env={"PYTHONHASHSEED": "1"}
    ).stdout
    assert other == render(made.records()).encode()


def test_it_is_one_file_without_script_or_request(shown: Page) -> None:
    tags = {tag for tag, _ in shown.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base"}
    (policy,) = [attrs["content"] for tag, attrs in shown.tags if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    linked = [attrs["href"] for tag, attrs in shown.tags if tag == "link"]
    assert linked == ["data:,"]
    assert not any(name.startswith("on") for _, attrs in shown.tags for name in attrs)
    style = re.search(r"<style>(.*?)</style>", render(made.records()), re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert "prefers-color-scheme: dark" in style[1]


def test_every_name_message_and_value_is_text(shown: Page) -> None:
    assert "<script>alert" not in render(made.records())
    assert shown.text.count(made.HOSTILE) >= 6


@given(st.text(), st.text(), st.text())
@settings(max_examples=40, deadline=None)
def test_no_text_breaks_out_of_its_place(name: str, message: str, reason: str) -> None:
    checks = [
        made.failing(name, reason=message, notes=[message], repeat=message),
        made.check(name, "b", "unsupported", reason=reason),
        made.check(name, "c", "known", reason=reason, known=made.Known(reason=reason, evidence=message, link=message)),
    ]
    tags = [tag for tag, _ in Page(render(made.records(checks))).tags]
    plain = [made.failing("x", reason="m", notes=["m"], repeat="m" if message else "")]
    assert set(tags) <= {tag for tag, _ in Page(render(made.records())).tags} | {
        tag for tag, _ in Page(render(made.records(plain))).tags
    }


@pytest.mark.parametrize(
    ("link", "is_link"),
    [("https://example.org/1", True), ("http://example.org", True), ("javascript:alert(1)", False), ("data:text/html,x", False), ("//evil", False)],
)  # fmt: skip
def test_only_links_to_the_web_become_links(link: str, is_link: bool) -> None:
    known = made.Known(reason="r", evidence="e", link=link)
    shown = Page(render(made.records([made.failing(status="known", reason="r", known=known)])))
    assert (link in shown.links()) == is_link
    assert link in shown.text


def test_every_link_within_the_page_has_its_target_and_ids_are_unique(shown: Page) -> None:
    ids = shown.ids()
    assert len(ids) == len(set(ids))
    inside = [unquote(link[1:]) for link in shown.links() if link.startswith("#")]
    assert inside
    assert set(inside) <= set(ids)
    assert not any(char.isspace() for name in ids for char in name)


def test_every_status_is_a_glyph_a_word_and_where_there_is_one_a_ratio() -> None:
    cells = re.findall(r'<td class="(s-[a-z-]+)">(.*?)</td>', render(made.records()))
    seen = {name: re.sub("<[^>]*>", " ", inner).split() for name, inner in reversed(cells)}
    assert set(seen) == {f"s-{status.replace(' ', '-')}" for status in STATUSES} | {"s-not-selected"}
    assert seen["s-pass"] == ["✓", "pass", "0.25"]
    assert seen["s-fail"][:3] == ["✗", "fail", "value"]
    assert seen["s-not-run"] == ["○", "not", "run"]
    assert len({tuple(words[:1]) for words in seen.values()}) == len(seen)


def test_the_cell_of_a_failure_leads_to_its_details(shown: Page) -> None:
    assert "#net%5Btorch%3Eort%5D" in shown.links()
    assert "net[torch>ort]" in shown.ids()


def test_a_failure_shows_all_that_the_records_say_of_it(shown: Page) -> None:
    for part in (
        "2.5e+06 times what is allowed; needs lambda 7.5e+06, the gate is 3; 3 of 1728 elements",
        "data probe, conv2 at n=0 c=3 h=1 w=2",
        "expected 1.25, got 1.5, allowed 1e-07, off by 2.1e+06 ulps",
        "conv2 , Conv2D(3, 8, 3), ratio 2.5e+06",
        "TF32: its rounding would allow this",
        "20260131T120000Z-4242/arrays/net.npz",
        "parity run 'net[torch]' --seed 7",
        "a note",
    ):
        assert part in shown.text, part


def test_known_divergences_show_their_evidence_and_link(shown: Page) -> None:
    assert "https://example.org/issues/1?a=b&c=d" in shown.links()
    assert "it rounds twice" in shown.text


def test_reasons_are_grouped_and_counted(shown: Page) -> None:
    assert "not run , 1: no cuda device" in shown.text
    assert "not run , 1: interrupted" in shown.text


def test_the_environment_is_shown(shown: Page) -> None:
    for part in ("numpy 2.4.6", "torch 2.13.0+cpu", "TF_ENABLE_ONEDNN_OPTS 0", "A processor & its <name>", "NVIDIA H100, driver 575.1", "0123abcd with changes", "8 GiB"):  # fmt: skip
        assert part in shown.text, part


def test_the_worst_ratio_of_each_layer_is_taken_from_checks_that_passed() -> None:
    checks = [
        made.check("a", "torch", layers=[made.layer("x", 0.5), made.layer("y", 0.75)]),
        made.check("b", "torch", layers=[made.layer("x", 0.25, layer="ReLU()")]),
        made.failing("c", "torch"),
        made.check("d", "torch>ort", layers=[made.layer("x", 0.125)]),
    ]
    assert [(row.layer, row.ratios) for row in page(made.records(checks)).worst] == [
        ("Conv2D", ("0.75", "0.12")),
        ("ReLU", ("0.25", "-")),
    ]


@pytest.mark.parametrize(
    ("records", "said", "tone"),
    [
        (made.records([made.check()]), "No check failed of 1 that ran.", "good"),
        (made.records([made.check(), made.check("b", "t", "not run", reason="r")]), "No check failed of 1 that ran. 1 check did not run.", "warn"),
        (made.records([made.check("b", "t", "not run", reason="r")]), "No check ran.", "warn"),
        (made.records([]), "No check ran.", "warn"),
        (made.records([made.failing(), made.failing("b"), made.check("c", status="crash")]), "3 checks failed of 3 that ran: 1 crash, 2 value.", "bad"),
        (made.records([made.check()], finished=False, reason="interrupted"), "This run did not finish: interrupted. No check failed of 1 that ran.", "warn"),
        (made.records([made.failing()], finished=False, reason="interrupted"), "This run did not finish: interrupted. 1 check failed of 1 that ran: 1 value.", "bad"),
        (made.Records(made.run(5), [made.check()], None), "This run did not finish: it was cut off; 4 planned checks without an ending. No check failed of 1 that ran.", "warn"),
    ],
)  # fmt: skip
def test_the_first_sentence_says_how_it_went(records: made.Records, said: str, tone: str) -> None:
    shown = page(records)
    assert (shown.headline, shown.tone) == (said, tone)
    assert f'<h1 class="{tone}">' in render(records)


def test_what_a_cut_off_run_did_not_reach_is_unlike_a_pass_and_unlike_what_was_not_selected() -> None:
    checks = [made.check("a", "torch"), made.check("a", "torch>ort"), made.check("b", "torch")]
    cut = made.Records(made.run(4), checks, None)
    assert [cell.word for family in page(cut).families for row in family.rows for cell in row.cells] == [
        "pass",
        "pass",
        "pass",
        "no record",
    ]
    whole = made.records(checks)
    assert [cell.word for family in page(whole).families for row in family.rows for cell in row.cells][
        -1
    ] == "not selected"


def test_families_and_cases_with_failures_come_first_and_the_order_of_the_records_does_not_matter() -> None:
    checks = [made.check("a/x"), made.check("z/x"), made.failing("z/y", "torch"), made.check("m")]
    shown = page(made.records(checks))
    assert [(family.name, [row.case for row in family.rows]) for family in shown.families] == [
        ("z", ["z/y", "z/x"]),
        ("a", ["a/x"]),
        ("m", ["m"]),
    ]
    turned = page(made.records(checks[::-1]))
    assert turned.families == shown.families
    assert turned.routes == shown.routes


def test_three_thousand_checks_stay_small() -> None:
    checks = [
        made.check(f"family{n % 20}/case{n}", route) for n in range(500) for route in ("torch", "b", "c", "d", "e", "f")
    ]
    assert len(render(made.records(checks))) < 1_500_000
