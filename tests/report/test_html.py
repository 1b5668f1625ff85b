"""The report: everything the records say, in one file, as text and never as markup."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import struct
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.records.changes import compare
from parity.records.history import Point
from parity.records.lines import Number
from parity.records.shards import merge
from parity.records.verdict import STATUSES
from parity.report.html import render
from parity.report.matrix import LETTERS, NOT_SELECTED, spelled
from parity.report.views import page
from tests.report import made

VOID = {"meta", "link", "br", "img", "hr", "input", "wbr"}
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


def test_it_is_one_file_that_asks_for_nothing_and_runs_no_script_but_its_own(shown: Page) -> None:
    tags = {tag for tag, _ in shown.tags}
    assert not tags & {"iframe", "object", "embed", "base", "audio", "video", "template"}
    (policy,) = [attrs["content"] for tag, attrs in shown.tags if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert (allowed["default-src"], allowed["img-src"]) == ("'none'", "data:")
    text = render(made.records())
    for tag in ("style", "script"):
        (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert allowed[f"{tag}-src"] == f"'sha256-{digest}'"
        assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|https?:", body)
    assert [attrs["href"] for tag, attrs in shown.tags if tag == "link"] == ["data:,"]
    assert all((attrs["src"] or "").startswith("data:image/png;base64,") for tag, attrs in shown.tags if tag == "img")
    assert not any(name.startswith("on") or name == "style" for _, attrs in shown.tags for name in attrs)


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
    matrix = render(made.records()).split('class="legend"')[0]
    cells = re.findall(r'<td class="([a-z])">(.*?)</td>', matrix)
    seen = {name: re.sub("<[^>]*>", " ", inner).split() for name, inner in reversed(cells)}
    assert set(seen) == {LETTERS[status] for status in STATUSES} | {LETTERS[NOT_SELECTED]}
    assert seen["p"][:2] == ["✓", "pass"]
    assert ["✗", "fail", "2.5e6", "value"] in [re.sub("<[^>]*>", " ", inner).split() for _, inner in cells]
    assert seen["n"] == ["○", "not", "run"]
    assert len({tuple(words[:1]) for words in seen.values()}) == len(seen)


def test_the_cell_of_a_failure_leads_to_its_details(shown: Page) -> None:
    assert "#net%5Btorch%3Eort%5D" in shown.links()
    assert "net[torch>ort]" in shown.ids()


def test_a_failure_shows_all_that_the_records_say_of_it(shown: Page) -> None:
    for part in (
        "2.5e+06 times what is allowed; needs lambda 7.5e+06, the gate is 3; 3 of 1,728 elements",
        "data probe, conv2 at n=0 c=3 h=1 w=2",
        "expected 1.25 got 1.5 allowed ±1e-07 off by 2.1e+06 ulps",
        "conv2 , Conv2D(3, 8, 3), ratio 2.5e+06",
        "rows 0 to 2, columns 1 to 3 of input; padding among them",
        "border only",
        "TF32: its rounding would allow this",
        "20260131T120000Z-4242/arrays/net.npz",
        "parity run 'net[torch]' --seed 7",
        "image 1, channels 0, 2, 3, 7",
        "a note",
    ):
        assert part in shown.text, part


def test_a_failure_like_the_one_before_refers_to_it() -> None:
    text = Page(render(made.records([made.pictured("net", "torch"), made.pictured("net", "torch>ort")]))).text
    assert "fails as net[torch] does" in text
    assert text.count("rows 0 to 2, columns 1 to 3") == 1


def test_shapes_are_shown_in_both_layouts_with_parameters_and_receptive_field(shown: Page) -> None:
    assert "conv2 born here Conv2D(3, 8, 3) 2x8x9x12 2x9x12x8 224 3x3" in shown.text


def test_known_divergences_show_their_evidence_and_link(shown: Page) -> None:
    assert "https://example.org/issues/1?a=b&c=d" in shown.links()
    assert "it rounds twice" in shown.text


def test_failures_with_one_cause_read_as_one() -> None:
    checks = [made.failing(f"case{n}", "torch") for n in range(40)]
    (group,) = page(made.records(checks)).failures
    assert (group.count, group.cases) == (40, 40)
    assert page(made.records(checks)).headline == "40 failures from 1 cause in 40 checks."


def test_reasons_are_grouped_and_counted(shown: Page) -> None:
    assert "○ 1 no cuda device 1 check of 1 case" in shown.text
    assert "○ 1 interrupted 1 check of 1 case" in shown.text


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
        ("ReLU", ("0.25", "")),
    ]


@pytest.mark.parametrize(
    ("records", "said", "tone"),
    [
        (made.records([made.check()]), "No failure in 1 check.", "good"),
        (made.records([made.check(), made.check("b", "t", "not run", reason="r")]), "No failure in 1 check; t did not run: r.", "warn"),
        (made.records([made.check("b", "t", "not run", reason="r")]), "No check ran; cpu did not run: r.", "warn"),
        (made.records([]), "No check ran.", "warn"),
        (made.records([made.failing(), made.failing("b"), made.check("c", status="crash"), made.check("k", status="known")]), "3 failures from 2 causes in 4 checks, 1 known.", "bad"),
        (made.records([made.check()], finished=False, reason="interrupted"), "This run did not finish: interrupted. No failure in 1 check.", "warn"),
        (made.records([made.failing()], finished=False, reason="interrupted"), "This run did not finish: interrupted. 1 failure in 1 check.", "bad"),
        (made.Records(made.run(5), [made.check()], None), "This run did not finish: it was cut off, 4 planned checks without an ending. No failure in 1 check.", "warn"),
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
    assert '? no record</b> <span class="id">b' in render(cut)
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
    assert turned.columns == shown.columns


def test_shape_and_dtype_come_before_what_is_not_finite_before_values() -> None:
    kinds = ["value", "nan", "dtype", "shape"]
    checks = [made.failing(f"f/{kind}", "torch", kind=kind, reason=kind) for kind in kinds] + [
        made.check("f/well", ratio=0.99)
    ]
    shown = page(made.records(checks))
    assert [row.case for row in shown.families[0].rows] == ["f/shape", "f/dtype", "f/nan", "f/value", "f/well"]
    assert [group.title.split()[0] for group in shown.failures] == ["shape", "dtype", "nan", "value"]


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (1.004, "1.004"),
        (0.9999, "1"),
        (0.314, "0.31"),
        (24123.0, "2.4e4"),
        ("NaN", "NaN"),
        (None, ""),
    ],
)
def test_a_ratio_is_never_rounded_over_the_bound(ratio: Number | None, said: str) -> None:
    assert spelled(ratio) == said


def test_a_comparison_leads_with_what_is_new_and_with_what_changed_in_the_environment() -> None:
    old = made.records([made.check("a"), made.failing("b", "torch"), made.check("c", ratio=0.1)])
    changed = msgspec.structs.replace(made.environment(), packages={"numpy": "2.5.0", "torch": "2.13.0+cpu"})
    new = made.Records(
        made.run(3, environment=changed),
        [made.failing("a", "torch"), made.check("b"), made.check("c", ratio=0.9)],
        old.end,
    )
    found = compare(old, new)
    text = Page(render(new, comparison=found)).text
    assert text.index("1 new failure, 1 fixed") < text.index("numpy 2.4.6 2.5.0") < text.index("Cases by routes")
    assert "c[torch] 0.1 → 0.9" in text
    assert "a[torch] pass 0.25 → value 2.5e6" in text
    cell = next(c for f in page(new, found).families for row in f.rows for c in row.cells if row.case == "a")
    assert cell.change == "new"


def test_the_last_runs_of_a_check_are_drawn_thirty_at_most() -> None:
    points = [Point(f"run{n}", "2026-01-31T12:00:00+00:00", "fail" if n == 39 else "pass", 0.1 * n) for n in range(40)]
    text = render(made.records([made.check()]), history={"conv2d/k3[torch]": points})
    assert 'aria-label="30 runs, 1 not well, last ratio 3.9"' in text


def test_shards_of_a_merged_file_stand_side_by_side() -> None:
    one = made.Records(made.run(1, id="one"), [made.check("a")], made.records([]).end)
    two = made.Records(made.run(1, id="two"), [made.failing("a", "torch")], made.records([]).end)
    merged = merge([("old", one), ("new", two)], ["merge"])
    shown = page(merged)
    assert [column.label for column in shown.columns] == ["torch (old)", "torch (new)"]
    assert [cell.word for cell in shown.families[0].rows[0].cells] == ["pass", "fail"]
    ids = Page(render(merged)).ids()
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("data", ["", "!!!", "AAAA", base64.b64encode(zlib.compress(bytes(2**24))).decode()])
def test_a_damaged_picture_costs_only_itself(data: str) -> None:
    broken = msgspec.structs.replace(made.grid(), data=data)
    check = made.pictured(filters=broken)
    assert "cannot be shown" in Page(render(made.records([check]))).text


def test_shapes_that_make_no_sense_still_give_a_page() -> None:
    odd = [
        made.layer("x", 0.5, shape=[]),
        made.layer("y", "Infinity", shape=[0, -1, 2, 3]),
        made.layer("z", -1.0, shape=[1] * 9),
    ]
    check = made.pictured(input_shape=[0, 0, 0, 0], layers=odd, histogram=[-1] * 50)
    Page(render(made.records([check, made.check("b", layers=odd, histogram=[1])])))


def test_names_as_long_as_a_page_and_as_wild_as_markup() -> None:
    wild = ("</script>" + made.HOSTILE) * 100
    check = made.failing(wild, "torch", reason=wild * 10, notes=[wild * 10], model=wild)
    text = render(made.records([check]))
    assert "<script>alert" not in text
    assert text.count("</script>") == 1
    assert "characters more" in text


def test_three_thousand_checks_stay_under_six_megabytes_even_if_all_fail() -> None:
    routes = ("torch", "b", "c", "d", "e", "f")
    checks = [made.pictured(f"family{n % 20}/case{n}", route) for n in range(500) for route in routes]
    text = render(made.records(checks))
    assert len(text.encode()) < 6_000_000
    assert "have no section here" in text
    assert len(re.findall('class="failing', text)) > 500


def test_the_bytes_of_a_report_are_the_golden_ones() -> None:
    """Pictures are compared by their pixels: how well zlib packs is not parity's to promise."""
    golden = Path(__file__).with_name("golden.html")
    text = render(made.records(), history=HISTORY)
    text = re.sub(r"data:image/png;base64,([^\"]*)", lambda found: f"png:{pixels(found[1])}", text)
    text = re.sub(r"<(style|script)>.*?</\1>|sha256-[^&]*", r"<\1>", text, flags=re.DOTALL)  # files of their own
    if os.environ.get("RENEW_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8"), (
        "if it is meant, run this with RENEW_GOLDEN=1 and look at the difference"
    )


HISTORY = {"conv2d/k3[torch]": [Point("r", "2026-01-31T12:00:00+00:00", "pass", 0.25)] * 3}


def pixels(encoded: str) -> str:
    """A digest of a PNG's size, palette and pixels."""
    data, at, packed, head = base64.b64decode(encoded), 8, b"", b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(name + body),)
        packed, head = (packed + body, head) if name == b"IDAT" else (packed, head + body)
        at += 12 + length
    return hashlib.sha256(head + zlib.decompress(packed)).hexdigest()[:16]
