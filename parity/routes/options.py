"""What may be asked of a route in its name, such as ``torch>ort+opset18+plain``: the words, and which go together. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parity.errors import UsageError, nearest


@dataclass(frozen=True)
class Option:
    """One thing that a part of a route can be asked for.

    word: how it is spelled behind a ``+``; does: what it does, in a sentence; counted: whether a number is written at its end
    (``opset18``); group: of the options of one group a route has at most one; longer: seconds that a run may take with it beyond
    the case's limit.
    """

    word: str
    does: str
    counted: bool = False
    group: str = ""
    longer: float = 0.0

    def takes(self, said: str) -> bool:
        """Whether ``said`` spells this option."""
        return re.fullmatch(rf"{self.word}[1-9]\d*" if self.counted else self.word, said) is not None

    @property
    def spelled(self) -> str:
        """How people are told of it: ``+plain``, ``+opsetN``."""
        return f"+{self.word}{'N' if self.counted else ''}"


TF32 = Option(
    "tf32", "products and convolutions may round what they read to TF32; of a device that has it, such as cuda"
)
#: The first module costs a process 25 s of CPU, where another one costs 2: inductor tries the processor's instructions and precompiles its
#: headers. Beside other work that was 290 s.
COMPILE = Option("compile", "the module runs as `torch.compile` makes it", longer=480.0)
XLA = Option("xla", "the model runs as XLA compiles it whole")
AUTOCAST = Option(
    "autocast",
    "the module runs under `torch.autocast`: on the cpu in bfloat16 what torch's lists say, the rest in float32",
)
MIXED_FLOAT16 = Option(
    "mixed_float16", "layers compute in float16 what is stored in float32, by Keras' policy", group="policy"
)
MIXED_BFLOAT16 = Option(
    "mixed_bfloat16", "layers compute in bfloat16 what is stored in float32, by Keras' policy", group="policy"
)
DYNAMIC = Option(
    "dynamic", "exported at the case's size with every axis open that may have another, and run at three others too"
)
OPSET = Option("opset", "exported at this version of ONNX's operators", counted=True)
UNOPTIMISED = Option("unoptimised", "the exporter leaves its own optimiser out")
PLAIN = Option("plain", "the runtime leaves the graph as it is written", group="level")
BASIC = Option("basic", "the runtime optimises the graph by its basic rules alone", group="level")
EXTENDED = Option("extended", "the runtime optimises the graph by its basic and extended rules", group="level")

SWEEP = f"{OPSET.word}s"  #: asks for a route at each opset that changes an operator of the case


def chosen(offered: Sequence[Option], said: Iterable[str], name: str) -> tuple[str, ...]:
    """The words of a route's name in the order of ``offered``. name: of the route, for messages.

    Raises :class:`UsageError` for a word that is not offered, one said twice, and two of one group.
    """
    words = list(said)
    there = ", ".join(option.spelled for option in offered) or "none"
    for word in words:
        if not any(option.takes(word) for option in offered):
            hint = nearest(f"+{word}", [f"+{option.word}" for option in offered])
            raise UsageError(f"route {name!r} has no option +{word}{hint}; it has {there}")
    found: list[str] = []
    groups: dict[str, str] = {}
    for option in offered:
        mine = [word for word in words if option.takes(word)]
        if len(mine) > 1:
            raise UsageError(f"route {name!r} has {' and '.join(f'+{word}' for word in mine)}; leave one out")
        for word in mine:
            if option.group and option.group in groups:
                raise UsageError(
                    f"route {name!r} has +{groups[option.group]} and +{word}, which are of one kind; leave one out"
                )
            groups[option.group or option.word] = word
            found.append(word)
    return tuple(found)


def number(asked: Iterable[str], option: Option) -> int | None:
    """The number with which a counted option was asked; None where it was not."""
    return next((int(word[len(option.word) :]) for word in asked if option.takes(word)), None)
