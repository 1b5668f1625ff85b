"""The report in a real browser: search, links, keys, copying, without its script, in both themes, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from parity.records.changes import compare
from parity.records.file import Records
from parity.records.history import Point
from parity.records.lines import Check
from parity.report.html import render
from tests.report import browser as chromium
from tests.report import made

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def checks() -> list[Check]:
    """Two families, failures of several kinds, one that passes at every route, one hostile."""
    routes = ("torch", "tensorflow", "torch>ort")
    good = [made.check(f"relu/{n}", route, model="ReLU()", ratio=n / 10) for n in range(9) for route in routes]
    for check in good:
        assert check.layers
    bad = [made.pictured("conv2d/a", "torch"), made.pictured("conv2d/a", "torch>ort")]
    more = [
        made.failing("conv2d/b", "torch", kind="shape", ratio=None, need=None, layers=[]),
        made.check("conv2d/b", "torch>ort"),
    ]
    return [*good, *bad, *more, *made.every_ending()]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.launched() as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with a baseline and a history."""
    before = [made.check("conv2d/a", "torch"), made.check("conv2d/b", "torch>ort", "fail")]
    new = made.records(checks())
    history = {"conv2d/a[torch]": [Point("r", "2026", "pass", 0.5), Point("s", "2026", "fail", 3.0)]}
    path = tmp_path_factory.mktemp("report") / "page.html"
    path.write_text(render(new, comparison=compare(made.records(before), new), history=history), encoding="utf-8")
    return path


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=WIDE)
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, file: Path) -> Iterator[Page]:
    """The page, opened; a request, an error or a word on the console fails the test."""
    page, trouble = chromium.opened(context, file)
    yield page
    assert trouble == []


def shown(page: Page) -> list[str]:
    """The names of the cases whose rows can be seen."""
    return page.locator(".mx tbody tr:visible th").evaluate_all(
        "rows => rows.map((row) => row.firstElementChild.textContent)"
    )


def test_the_first_screen_says_how_it_went_then_shows_the_matrix(page: Page) -> None:
    expect(page.locator("h1")).to_contain_text("new failures, 1 fixed")
    box = page.locator(".head").bounding_box()
    assert box is not None
    assert box["y"] < WIDE["height"]


@pytest.mark.parametrize(
    ("query", "cases"),
    [
        ("verdict:fail layer:conv2d route:torch>ort ratio:>1 !known", ["conv2d/a", "net"]),
        ("verdict:shape", ["conv2d/b", "shapes"]),
        ("kind:shape case:conv2d", ["conv2d/b"]),
        ("layer:conv2d family:relu ratio:>=0.8", ["relu/8"]),
        ("family:relu ratio:<0.1", ["relu/0"]),
        ("verdict:not-run route:*cuda", ["conv2d/k3"]),
        ('verdict:"not run" route:torch@cuda', ["conv2d/k3"]),
        ("is:new conv2d/", ["conv2d/a", "conv2d/b"]),
        ("is:fixed", ["conv2d/b"]),
        ("!verdict:pass family:conv2d !cuda", ["conv2d/a", "conv2d/b"]),
        ("relu on 2x3 /7", ["relu/7"]),
        ("ratio:>nonsense", []),
        ("nothing like this", []),
    ],
)  # fmt: skip
def test_the_search_shows_the_rows_in_which_one_check_has_it_all(page: Page, query: str, cases: list[str]) -> None:
    page.locator("#q").fill(query)
    expect(page.locator(".bar output")).to_contain_text(f"{len(cases)} cases")
    assert sorted(shown(page)) == sorted(cases)
    expect(page.locator(".none")).to_be_visible(visible=not cases)


def test_the_search_narrows_causes_and_sections_and_gives_everything_back(page: Page) -> None:
    sections, groups = page.locator(".case:visible"), page.locator(".group:visible")
    before = sections.count(), groups.count(), page.locator(".fam[open]").count()
    page.locator("#q").fill("verdict:shape case:conv2d")
    expect(sections).to_have_count(1)
    expect(page.locator("#failures ~ .group:visible")).to_have_count(1)
    page.locator("#q").fill("")
    expect(sections).to_have_count(before[0])
    assert (sections.count(), groups.count(), page.locator(".fam[open]").count()) == before


def test_chips_count_what_they_would_leave_and_turn_on_and_off(page: Page) -> None:
    chip = page.locator('.chip[data-t="verdict:fail"]')
    route = page.locator('.chip[data-t="route:torch>ort"]')
    every = chip.locator("b").inner_text()
    route.click()
    expect(route).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#q")).to_have_value("route:torch>ort")
    expect(chip.locator("b")).not_to_have_text(every)
    left = chip.locator("b").inner_text()
    chip.click()
    expect(page.locator(".bar output")).to_contain_text(f"{left} checks")
    chip.click()
    route.click()
    expect(page.locator("#q")).to_have_value("")
    expect(chip.locator("b")).to_have_text(every)


def test_a_view_can_be_linked(page: Page, context: BrowserContext) -> None:
    page.locator("#q").fill("verdict:fail !known")
    expect(page.locator(".bar output")).not_to_have_text("")
    page.locator('.mx td a[href="#conv2d/a%5Btorch%5D"]').click()
    expect(page.locator("id=conv2d/a[torch]")).to_be_in_viewport()
    again = context.new_page()
    again.goto(page.url)
    expect(again.locator("#q")).to_have_value("verdict:fail !known")
    expect(again.locator("id=conv2d/a[torch]")).to_be_in_viewport()
    assert shown(again) == shown(page)


def test_every_cell_leads_to_what_it_is_about_and_back_goes_back(page: Page, file: Path) -> None:
    hashes = page.locator(".mx td a").evaluate_all("links => links.map((link) => link.hash)")
    assert len(hashes) > 30
    for link in dict.fromkeys(hashes):
        page.goto(file.as_uri() + link)
        assert page.evaluate("document.activeElement.closest('.here') !== null"), link
    page.goto(file.as_uri())
    page.locator('.mx td a[href="#conv2d/a%5Btorch%5D"]').click()
    page.go_back()
    assert "#" not in page.url


def test_keys_search_step_and_find_the_next_failure(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("n/j")
    expect(page.locator("#q")).to_have_value("n/j")
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator("#q")).not_to_be_focused()
    focused: list[str] = []
    for key in "jjjk":
        page.keyboard.press(key)
        focused.append(page.evaluate("document.activeElement.textContent"))
    assert focused[3] == focused[1] != focused[2]
    failures = []
    for key in ("n", "n", "N"):
        page.keyboard.press(key)
        expect(page.locator(".failing.here")).to_be_in_viewport()
        failures.append(page.locator(".failing.here").get_attribute("id"))
    assert failures[0] == failures[2] != failures[1]
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).not_to_be_visible()


def test_next_failure_stays_within_the_search(page: Page) -> None:
    page.locator("#q").fill("verdict:shape case:conv2d")
    expect(page.locator(".case:visible")).to_have_count(1)
    page.locator("#q").press("Escape")
    page.locator("#q").fill("verdict:shape case:conv2d")
    expect(page.locator(".case:visible")).to_have_count(1)
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    for _ in range(3):
        page.keyboard.press("n")
        expect(page.locator(".here")).to_have_attribute("id", "conv2d/b[torch]")


def test_everything_can_be_reached_with_the_tab_key_alone(page: Page) -> None:
    seen = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.tagName + '.' + document.activeElement.className"))
    assert {"A.skip", "INPUT.", "SUMMARY."} <= seen
    page.locator(".case > summary").first.focus()
    before = page.locator(".case[open]").count()
    page.keyboard.press("Enter")
    expect(page.locator(".case[open]")).to_have_count(before + 1)


def test_the_repeat_command_is_copied_by_mouse_and_by_key(page: Page) -> None:
    page.goto(page.url + "#" + quote("conv2d/a[torch]"))
    button = page.locator("id=conv2d/a[torch]").locator(".copy")
    button.click()
    expect(button).to_have_text("copied")
    assert page.evaluate("navigator.clipboard.readText()") == "parity run 'conv2d/a[torch]' --seed 7"
    expect(page.locator(".live")).to_have_text("copied")
    other = page.locator(".case[open] .routes .copy").nth(1)
    other.focus()
    page.keyboard.press("Enter")
    expect(other).to_have_text("copied")
    assert page.evaluate("navigator.clipboard.readText()") == "parity run 'conv2d/a[torch>ort]' --seed 7"


def test_without_its_script_everything_is_there_and_links_still_work(browser: Browser, file: Path) -> None:
    context = browser.new_context(viewport=WIDE, java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.locator(".chips")).to_be_hidden()
    expect(page.locator(".mx td a").first).to_be_visible()
    page.locator('.mx td a[href="#conv2d/a%5Btorch%5D"]').click()
    expect(page.locator("id=conv2d/a[torch]")).to_be_in_viewport()
    expect(page.get_by_text("rows 0 to 2, columns 1 to 3 of input").first).to_be_visible()
    context.close()


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", NARROW)], ids=["light-wide", "dark-narrow"])
def test_axe_finds_nothing_serious(browser: Browser, file: Path, scheme: Any, size: Any) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    found = chromium.axe(context, file)
    context.close()
    assert found == []


def test_dark_is_dark_and_light_is_light(browser: Browser, file: Path) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(file.as_uri())
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        context.close()
    assert grounds == ["rgb(255, 255, 255)", "rgb(13, 17, 23)"]


@pytest.mark.parametrize("opened", [False, True])
def test_on_a_phone_nothing_but_boxes_scrolls_sideways(browser: Browser, file: Path, opened: bool) -> None:
    context = browser.new_context(viewport=NARROW)
    page = context.new_page()
    page.goto(file.as_uri())
    if opened:
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    context.close()


def test_heads_of_the_matrix_stay_in_sight(page: Page) -> None:
    page.evaluate("document.querySelectorAll('.fam').forEach((d) => { d.open = true; })")
    page.locator(".mx tbody tr").last.scroll_into_view_if_needed()
    expect(page.locator(".head")).to_be_in_viewport()
    expect(page.locator("#q")).to_be_in_viewport()


def test_hostile_records_stay_text_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    wild = made.HOSTILE * 200
    names = [made.HOSTILE, "<script>alert(1)</script>", "</script>", "a\"b'c&d", "#?q=x", "~", "matrix", "q"]
    records = made.records([made.failing(name, "torch", reason=wild, notes=[wild], model=wild) for name in names])
    path = tmp_path / "hostile.html"
    path.write_text(render(records), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    trouble: list[str] = []
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(path.as_uri())
    assert sorted(shown(page)) == sorted(names)
    page.locator("#q").fill('case:"<script>alert(1)</script>"')
    expect(page.locator(".bar output")).to_contain_text("2 cases")
    for _ in names:
        page.keyboard.press("Escape")
        page.keyboard.press("n")
    assert page.evaluate("document.scripts.length") == 1
    assert trouble == []
    context.close()


@pytest.mark.parametrize(
    "records",
    [made.records([]), made.Records(made.run(9), [], None), made.records([made.check(ratio=0.0)])],
    ids=["no check", "killed at once", "all green"],
)
def test_a_page_without_failures_has_no_error(browser: Browser, tmp_path: Path, records: Records) -> None:
    path = tmp_path / "page.html"
    path.write_text(render(records), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(path.as_uri())
    for key in ("n", "j", "k", "/", "Escape"):
        page.keyboard.press(key)
    assert trouble == []
    context.close()
