"""The report as one self-contained HTML file: no script, no request, right in light and dark."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from parity import wording
from parity.records import Records
from parity.report.views import page


def render(records: Records) -> str:
    """The report of a run. The same records give the same text: no clock and no file but the packaged templates."""
    style = files("parity.report").joinpath("static/report.css").read_text(encoding="utf-8")
    # Our own file, so it is the one thing that is not escaped.
    return _template().render(page=page(records), style=Markup(style))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("parity.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": wording.figure, "sizes": wording.sizes, "weblink": _weblink}
    return environment.get_template("report.html.j2")


def _weblink(link: str) -> str:
    """The link if it leads to the web; empty for anything else, which a browser might run."""
    return link if link.startswith(("https://", "http://")) else ""
