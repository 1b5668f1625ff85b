"""What the comparison of two models says on one screen. Pure: the document in, lines out."""

from __future__ import annotations

from collections.abc import Iterator

from parity.records.difference import Difference, spelled
from parity.records.lines import Number
from parity.records.pair import PairCheck
from parity.records.wording import figure, one_line, sizes
from parity.report.terminal import Style, Text

DIFFERENCES = 20  #: that are shown
UNPROVEN = 5
ORDER = "by order alone"  #: how the document says that nothing else told several weights apart
HEADS: dict[str, tuple[str, Style]] = {
    "pass": ("SAME", "good"),
    "fail": ("DIFFERENT", "bad"),
    "not judged": ("NOT JUDGED", "warn"),
}


def screen(check: PairCheck) -> list[Text]:
    """Whether they are the same function, and every place where they are not."""
    lines = [Text(headline(check), HEADS[check.status][1])]
    lines += [_say(word, text) for word, text in facts(check, UNPROVEN)]
    for i, found in enumerate(check.differences[:DIFFERENCES], 1):
        lines += [Text(""), *_difference(i, found)]
    if check.differences[DIFFERENCES:]:
        lines.append(Text(f"and {len(check.differences) - DIFFERENCES} more, all in --json"))
    lines += [Text(""), _say("repeat", check.repeat)]
    return [*lines, _say("script", check.script)] if check.script else lines


def headline(check: PairCheck) -> str:
    """The verdict in one line."""
    return f"{HEADS[check.status][0]}  {one_line(check.one)} and {one_line(check.two)}: {_said(check)}"


def facts(check: PairCheck, most: int | None = None) -> Iterator[tuple[str, str]]:
    """What was fed and found, a word and a text each; what stands under the word before has none. most: that are unproven."""
    for i, each in enumerate(check.inputs):
        shape = sizes(each.shape) if each.shape else "scalar"
        yield ("" if i else "input", f"{each.name} {shape} {each.dtype}: {each.values}")
    yield from (("" if i else "fed", each.values) for i, each in enumerate(check.taken))
    if check.copied:
        ordered = [said for said in check.copied if said.endswith(ORDER)]
        yield (
            "weights",
            f"{len(check.copied)} of the second's were taken from the first"
            + (f", {len(ordered)} of them by order alone" if ordered else ""),
        )
        yield from (("", said) for said in (check.copied if most is None else ordered[:most]))
    yield "matched", f"{check.matched} of the second's {check.values} values are found in the first"
    yield from (("" if i else "unproven", said) for i, said in enumerate(check.unproven[:most]))
    if most is not None and check.unproven[most:]:
        yield "", f"and {len(check.unproven) - most} more, all in --json"


def _said(check: PairCheck) -> str:
    n = len(check.differences)
    if not n:
        agree = sum(output.agrees for output in check.outputs)
        return f"{agree} of {len(check.outputs)} outputs agree in float64"
    places = f"{n} place{'s' * (n > 1)}"
    if check.left:
        return f"they differ in {places}, and {check.left} values behind them could not be compared"
    return f"they differ in {places}; with these healed the rest is the same function"


def _say(name: str, text: str, style: Style = "") -> Text:
    return Text(f"  {name:<10} {one_line(text)}", style)


def _difference(i: int, found: Difference) -> Iterator[Text]:
    yield _say(
        f"differs {i}",
        " | ".join("no part of it" if spot is None else spelled(spot) for spot in (found.one, found.two)),
        "bad",
    )
    if found.looks:
        yield _say("looks like", found.looks)
    if found.kind == "shape" and found.one is not None and found.two is not None:
        yield _say("shapes", f"{sizes(found.one.shape)} in the first, {sizes(found.two.shape)} in the second")
    if found.distance is not None:
        yield _say(
            "off by", f"{figure(found.distance, 2)} of its root mean square, {_times(found.ratio)} what is allowed"
        )
    if found.expected is not None and found.got is not None:
        values = f"{figure(found.expected, 9)} in the first, {figure(found.got, 9)} in the second"
        yield _say("", f"at {list(found.index)}: {values}")
    for word, spot in (("first", found.one), ("second", found.two)):
        if spot is not None and spot.source is not None:
            yield _say(word, f"{spot.source.file}:{spot.source.line}  {spot.source.text}".rstrip())
    if not found.healed:
        yield _say("behind it", "nothing could be compared" + (f": {found.why}" if found.why else ""), "warn")


def _times(ratio: Number | None) -> str:
    return f"{figure(ratio, 2)} times" if ratio is not None else "more than"
