"""The report as one self-contained HTML file, right in light and dark, whole without its script.

Everything is in the HTML; the script filters, navigates and copies. The page asks for nothing: its policy allows no
request, and no script or style but the two that are in it, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from parity.records import wording
from parity.records.changes import Comparison
from parity.records.difference import spelled
from parity.records.file import Records
from parity.records.history import Point
from parity.records.model import ModelCheck
from parity.records.pair import PairCheck
from parity.records.verdict import BAD
from parity.report import charts, images
from parity.report.cases import Panel
from parity.report.matrix import href
from parity.report.model_views import ModelPage, model_page
from parity.report.pair_views import PairPage, pair_page
from parity.report.views import case_views, page

#: Characters of case sections: up to the first all are whole; then only failing cases have one, without charts and
#: pictures, up to the second. The matrix and the groups of failures always name every check.
WHOLE, FAILING = 4_400_000, 4_700_000
LONG = 4_000  #: characters of a message or a note that are shown; the records have the rest


def render(
    records: Records, *, comparison: Comparison | None = None, history: Mapping[str, Sequence[Point]] | None = None
) -> str:
    """The report of a run. The same arguments give the same text: no clock and no file but the packaged ones.

    comparison: what changed since a baseline (``parity.records.changes.compare``); history: the last runs of each check by its
    label, oldest first (``parity.records.history.load``).
    """
    networks, cases, shown = _sections(records, history or {})
    view = page(records, comparison, shown)
    style = _static("report.css") + f":root{{--n:{len(view.columns)}}}\n" + _wide(len(view.columns))
    script = _static("report.js")
    return _environment().get_template("report.html.j2").render(
        page=view,
        networks=networks,
        cases=cases,
        left_out=len({check.case for check in records.checks}) - len(shown),
        # Our own files, so these are the only things that are not escaped.
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )  # fmt: skip


def _sections(
    records: Records, history: Mapping[str, Sequence[Point]]
) -> tuple[list[Markup], list[Markup], frozenset[str]]:
    """The sections of networks and of other cases, worst first, within the limits; and the cases that have one."""
    template = _environment().get_template("case.html.j2")
    networks: list[Markup] = []
    others: list[Markup] = []
    shown: set[str] = set()
    used = 0
    for case in case_views(records, history):
        whole = used < WHOLE
        if not whole and not (case.bad and used < FAILING):
            break
        made = Markup(template.render(case=case, run=records.run, whole=whole))
        used += len(made)
        shown.add(case.name)
        (networks if case.network else others).append(made)
    return networks, others, frozenset(shown)


def render_model(check: ModelCheck) -> str:
    """The page of a check of a model of one's own. The same document gives the same text."""
    return _plain("model.html.j2", model_page(check))


def render_pair(check: PairCheck) -> str:
    """The page of two models that were compared. The same document gives the same text."""
    return _plain("pair.html.j2", pair_page(check))


def _plain(template: str, view: ModelPage | PairPage) -> str:
    """A page without a script."""
    style = _static("report.css")
    policy = f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    return _environment().get_template(template).render(page=view, style=Markup(style), policy=policy)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("parity.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "figure": wording.figure,
        "sizes": wording.sizes,
        "spelled": spelled,
        "weblink": _weblink,
        "cut": _cut,
        "picture": _picture,
        "spark": _spark,
        "link": href,
    }
    environment.globals |= {
        "meter": charts.meter,
        "layers_chart": charts.layers,
        "histogram": charts.histogram,
        "window": charts.window,
        "way": charts.way,
        "ramp": charts.ramp,
        "shared": charts.shared,
    }
    return environment


@cache
def _static(name: str) -> str:
    return files("parity.report").joinpath(f"static/{name}").read_text(encoding="utf-8")


def _wide(columns: int) -> str:
    """Where the whole matrix fits, it scrolls with the page, its head stays on top; else it scrolls in its own box."""
    return f"@media (min-width:{27 + 7 * columns}rem){{.box{{max-height:none;overflow:visible}}.head{{top:3.1rem}}}}\n"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _weblink(link: str) -> str:
    """The link if it leads to the web; empty for anything else, which a browser might run."""
    return link if link.startswith(("https://", "http://")) else ""


def _cut(text: str) -> str:
    """Text of bounded length."""
    return text if len(text) <= LONG else f"{text[:LONG]}… and {len(text) - LONG:,} characters more"


def _spark(points: Sequence[Point]) -> Markup:
    return charts.spark([point.ratio for point in points], [point.status in BAD for point in points])


def _picture(panel: Panel) -> str:
    """The picture of a panel as a ``data:`` URI; empty where its grid is damaged, or does not fit the other one."""
    try:
        if panel.less is not None:
            return images.difference(panel.grid, panel.less, panel.limit, panel.across) or ""
        return images.picture(panel.grid, cast(images.Scale, panel.scale), panel.across)
    except ValueError:
        return ""
