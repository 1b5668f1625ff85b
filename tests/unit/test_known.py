"""Declared divergences: what they cover, what they explain, and that they cannot outlive their reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pytest

from parity.cases import Case, Sequential
from parity.cases.known import KnownDivergence, refuse_unmatched
from parity.cases.known import apply as apply_to
from parity.cases.shipped import CEIL_REFUSED, DILATED_AUTO_PAD, GROUPED, SHIPPED, STRIDE_ONE_PADS
from parity.errors import FieldError, UsageError
from parity.layers import AvgPool2D, Conv2D, Layer, MaxPool2D, Parameter, ReLU, layer
from parity.records.lines import Check, Failure
from parity.records.verdict import STATUSES
from tests.report import made

HERE = {"onnxruntime": "1.32.0", "tensorflow-cpu": "2.21.0", "torch": "2.13.0+cpu", "keras": "4.0.0rc1"}


def case(name: str, model: Any = None) -> Case:
    return Case(name, model or ReLU(), (2, 3, 11, 14))


def apply(check: Check, entries: Iterable[KnownDivergence], installed: Mapping[str, str]) -> Check:
    return apply_to(check, case(check.case), entries, installed)


def entry(**changes: Any) -> KnownDivergence:
    given: dict[str, Any] = {
        "cases": "net",
        "routes": "torch>ort",
        "kind": "value",
        "reason": "it rounds twice",
        "evidence": "measured",
        "file": "cases/known.py",
    }
    return KnownDivergence(**{**given, **changes})


def test_a_check_that_fails_as_declared_becomes_known_and_keeps_its_figures() -> None:
    failed = made.failing()
    explained = apply(failed, [entry(link="https://example.org/1")], HERE)
    assert explained.status == "known"
    assert explained.reason == "it rounds twice"
    assert explained.known is not None
    assert (explained.known.evidence, explained.known.link) == ("measured", "https://example.org/1")
    assert (explained.failure, explained.ratio, explained.layers) == (failed.failure, failed.ratio, failed.layers)


def test_a_check_that_passes_though_declared_is_stale_and_names_the_file() -> None:
    stale = apply(made.check("net", "torch>ort"), [entry()], HERE)
    assert stale.status == "stale"
    assert stale.reason == (
        "declared divergence 'it rounds twice' no longer reproduces; remove the entry in cases/known.py"
    )


def test_what_some_runs_do_not_show_is_never_stale() -> None:
    elsewhere = entry(everywhere=False)
    assert apply(made.failing(), [elsewhere], HERE).status == "known"
    assert apply(made.check("net", "torch>ort"), [elsewhere], HERE).status == "pass"


@pytest.mark.parametrize("kind", ["shape", "nan", "inexact", "error", "crash", "timeout"])
def test_a_check_that_fails_in_another_way_stays_as_it_is(kind: Any) -> None:
    failed = made.failing()
    assert apply(failed, [entry(kind=kind)], HERE) is failed


@pytest.mark.parametrize("status", ["error", "crash", "timeout"])
def test_a_check_that_died_is_known_only_where_that_death_is_declared(status: Any) -> None:
    died = made.check("net", "torch>ort", status, reason="it died")
    assert apply(died, [entry(kind=status)], HERE).status == "known"
    assert apply(died, [entry(kind="value")], HERE) is died


@pytest.mark.parametrize("status", ["unsupported", "not run"])
def test_a_check_that_never_ran_is_neither_known_nor_stale(status: Any) -> None:
    idle = made.check("net", "torch>ort", status, reason="because")
    assert apply(idle, [entry(), entry(kind="error")], HERE) is idle


@pytest.mark.parametrize(
    ("patterns", "covered"),
    [
        ({"cases": "net"}, True),
        ({"cases": "n*"}, True),
        ({"cases": ("other", "ne?")}, True),
        ({"cases": "NET"}, False),
        ({"cases": "net/*"}, False),
        ({"cases": ("other",)}, False),
        ({"routes": "torch>*"}, True),
        ({"routes": ("tensorflow", "torch>ort")}, True),
        ({"routes": "torch"}, False),
        ({"routes": "torch>ort@cuda"}, False),
    ],
)
def test_an_entry_covers_the_checks_its_patterns_match(patterns: dict[str, Any], covered: bool) -> None:
    assert (apply(made.failing(), [entry(**patterns)], HERE).status == "known") == covered
    assert (apply(made.check("net", "torch>ort"), [entry(**patterns)], HERE).status == "stale") == covered


@pytest.mark.parametrize(
    ("versions", "applies"),
    [
        ({"onnxruntime": ">=1.20,<1.40"}, True),
        ({"onnxruntime": "<1.32"}, False),
        ({"onnxruntime": "==1.32.*", "torch": "<2"}, False),
        ({"onnxruntime": "==1.32.*", "torch": "==2.13.0"}, True),
        ({"tensorflow": ">=2.20"}, True),  # installed as tensorflow-cpu
        ({"tensorflow-cpu": ">=2.20"}, True),
        ({"keras": ">=3"}, True),  # a pre-release of what is spoken of
        ({"jax": ">=0"}, False),
    ],
)
def test_an_entry_applies_only_where_its_versions_are_installed(versions: dict[str, str], applies: bool) -> None:
    assert (apply(made.failing(), [entry(versions=versions)], HERE).status == "known") == applies
    assert (apply(made.check("net", "torch>ort"), [entry(versions=versions)], HERE).status == "stale") == applies


def test_of_several_entries_the_one_that_explains_counts() -> None:
    entries = [entry(kind="shape", reason="shapes"), entry(reason="values"), entry(reason="later")]
    assert apply(made.failing(), entries, HERE).reason == "values"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "values"}, "KnownDivergence: kind='values' must be one of"),
        ({"kind": "pass"}, "KnownDivergence: kind='pass' must be one of"),
        ({"kind": "unsupported"}, "KnownDivergence: kind='unsupported' must be one of"),
        ({"reason": " "}, "KnownDivergence: reason=' ' must be said in a sentence"),
        ({"evidence": ""}, "KnownDivergence: evidence='' must be said in a sentence"),
        ({"cases": ()}, "KnownDivergence: cases=() must be a name"),
        ({"cases": ("a", "")}, "KnownDivergence: cases=('a', '') must be a name"),
        ({"routes": ""}, "KnownDivergence: routes='' must be a name"),
        ({"link": None}, "KnownDivergence: link=None must be text"),
        ({"says": None}, "KnownDivergence: says=None must be text"),
        ({"operator": "Conv"}, "KnownDivergence: operator='Conv' must be a function or None"),
        ({"versions": {"torch": "2.13"}}, "KnownDivergence: versions={'torch': '2.13'} must map"),
        ({"versions": {"torch": 2}}, "KnownDivergence: versions={'torch': 2} must map"),
        ({"versions": "torch"}, "KnownDivergence: versions='torch' must map"),
    ],
)
def test_a_field_out_of_range_names_the_field_and_the_mend(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FieldError) as caught:
        entry(**changes)
    assert str(caught.value).startswith(said)


def test_a_divergence_without_evidence_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="evidence"):
        KnownDivergence(cases="net", routes="torch", kind="value", reason="it rounds twice")  # type: ignore[call-arg]


def test_an_entry_that_covers_nothing_there_is_is_refused_with_its_file() -> None:
    cases, routes = [case("net"), case("conv2d/k3")], ["torch", "torch>ort"]
    refuse_unmatched([entry(), entry(cases="conv2d/*", routes="torch"), entry(cases="other", file="")], cases, routes)
    with pytest.raises(
        UsageError, match=r"^cases/known\.py: .*cases='nett' routes='torch>ort' covers no case and route"
    ):
        refuse_unmatched([entry(), entry(cases="nett")], cases, routes)
    for nothing in (entry(routes="jax"), entry(operator=lambda node, shapes: node.kind == "Conv")):
        with pytest.raises(UsageError, match="covers no case and route"):
            refuse_unmatched([nothing], cases, routes)


def test_no_status_is_forgotten() -> None:
    outcomes = {
        s: apply(made.check("net", "torch>ort", s, reason="r"), [entry(kind="error")], HERE).status for s in STATUSES
    }
    changed = {before: after for before, after in outcomes.items() if before != after}
    assert changed == {"pass": "stale", "error": "known"}


def test_apply_is_pure() -> None:
    failed = made.failing()
    before = failed.__copy__()
    apply(failed, [entry()], HERE)
    assert failed == before
    assert isinstance(before, Check)


def failed(kind: Any, route: str, reason: str = "") -> Check:
    failure = Failure(kind=kind, message=reason)
    return made.check("mine", route, "fail", reason=reason, failure=failure)


def test_an_entry_that_says_what_the_reason_holds_explains_no_other_reason() -> None:
    told = entry(cases="mine", kind="nan", says="in the third channel")
    assert apply(failed("nan", "torch>ort", "NaN in the third channel"), [told], HERE).status == "known"
    assert apply(failed("nan", "torch>ort", "NaN in the fourth channel"), [told], HERE).status == "fail"
    assert apply(made.check("mine", "torch>ort"), [told], HERE).status == "stale"


def test_what_parity_ships_explains_a_failure_and_is_never_stale() -> None:
    shipped = entry(cases="*", file="")
    assert apply(made.failing(), [shipped], HERE).status == "known"
    assert apply(made.check("net", "torch>ort"), [shipped], HERE).status == "pass"


@layer
class Depthwise(Layer):
    """A layer of somebody's own that is a grouped convolution."""

    def parameters(self) -> dict[str, Parameter]:
        return {"weight": Parameter((3, 1, 3, 3), "OIHW")}

    def to_onnx(self, op: Any, x: Any, *, weight: Any) -> Any:
        return op.Conv(x, weight, group=3)

    def to_torch(self, torch: Any, x: Any) -> Any:
        return torch.nn.Conv2d(3, 3, 3, groups=3, bias=False)

    def to_keras(self, keras: Any, x: Any) -> Any:
        return keras.layers.DepthwiseConv2D(3, use_bias=False)


CONV, POOL = Conv2D(3, 4, 3), MaxPool2D(2, stride=1, padding="same")


@pytest.mark.parametrize(
    ("shipped", "model", "covered"),
    [
        (GROUPED, Conv2D(3, 6, 3, groups=3), True),
        (GROUPED, Depthwise(), True),
        (GROUPED, Sequential(Conv2D(3, 4, 3), ReLU(), Conv2D(4, 4, 1, groups=2)), True),
        (GROUPED, CONV, False),
        (DILATED_AUTO_PAD, Conv2D(3, 4, 3, dilation=(1, 2)), True),
        (DILATED_AUTO_PAD, CONV, False),
        # On 11 rows: windows of 2 at -1, 2, 5, 8 and a fifth at 11, which is behind the image.
        (CEIL_REFUSED, MaxPool2D(2, stride=3, padding=1, ceil_mode=True), True),
        (CEIL_REFUSED, AvgPool2D((2, 1), stride=(3, 1), padding=((1, 1), (0, 0)), ceil_mode=True), True),
        (CEIL_REFUSED, AvgPool2D(2, stride=3, ceil_mode=True), False),
        (CEIL_REFUSED, MaxPool2D(2, stride=3, padding=1), False),
        (CEIL_REFUSED, MaxPool2D(3, stride=2, padding=1, ceil_mode=True), False),
        (CEIL_REFUSED, MaxPool2D(2, ceil_mode=True), False),
        (STRIDE_ONE_PADS, POOL, True),
        (STRIDE_ONE_PADS, MaxPool2D(3, stride=1, padding=1), False),
        (STRIDE_ONE_PADS, MaxPool2D(2, stride=2, padding="same"), False),
    ],
)
def test_what_parity_ships_knows_its_operators_by_what_they_do(
    shipped: KnownDivergence, model: Any, covered: bool
) -> None:
    assert isinstance(shipped.routes, str)
    assert shipped.covers(case("mine", model), shipped.routes.replace("*", "any")) == covered
    assert not shipped.covers(case("mine", model), "torch")


def test_every_entry_that_is_shipped_has_reason_evidence_and_versions_of_its_own() -> None:
    assert len({shipped.reason for shipped in SHIPPED}) == len(SHIPPED) >= 5
    for shipped in SHIPPED:
        assert shipped.operator is not None
        assert shipped.versions
        assert not shipped.file


def test_who_declares_that_a_file_is_refused_has_not_explained_that_its_answers_are_wrong() -> None:
    declared = [entry(kind="onnx-invalid")]
    for values, status in ((None, "known"), ("value", "fail")):
        refused = Failure(kind="onnx-invalid", message="m", refused="m", values=values)  # type: ignore[arg-type]
        assert apply(made.failing(failure=refused), declared, HERE).status == status


def test_a_refused_file_with_wrong_answers_is_known_where_both_are_declared() -> None:
    both = Failure(kind="onnx-invalid", message="m", refused="m", values="value")
    declared = [entry(kind="value", reason="shifted"), entry(kind="onnx-invalid", reason="refused")]
    explained = apply(made.failing(failure=both), declared, HERE)
    assert (explained.status, explained.reason) == ("known", "refused")
    assert apply(made.failing(failure=both), [entry(kind="value")], HERE).status == "fail"
    nan = msgspec.structs.replace(both, values="nan")
    assert apply(made.failing(failure=nan), declared, HERE).status == "fail"
