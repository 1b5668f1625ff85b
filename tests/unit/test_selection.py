"""Which checks a pattern, a route, a device and a requirement select."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity_kit import CATALOG

from parity.cases import Case
from parity.errors import NothingSelectedError, UsageError
from parity.layers import ReLU
from parity.routes.catalog import Route
from parity.routes.options import BASIC, OPSET, PLAIN, TF32, UNOPTIMISED
from parity.running import selection

NAMES = [
    "conv2d/k3",
    "conv2d/k3-wide",
    "conv2d/deep/er",
    "net",
    "net/small",
    "k/[35]".replace("[", "(").replace("]", ")"),
]
CASES = {name: Case(name, ReLU(), (2, 3, 4, 5)) for name in NAMES}
ROUTES = {
    "torch": Route("torch", "torch", None, "torch", of_run=(TF32,)),
    "torch>ort": Route(
        "torch>ort", "torch", "dynamo", "ort", of_file=(OPSET, UNOPTIMISED), of_run=(PLAIN, BASIC, TF32)
    ),
}


def names(*patterns: str) -> list[str]:
    return [case.name for case in selection.cases(CASES, patterns)]


def ids(*patterns: str, routes: tuple[str, ...] = (), devices: tuple[str, ...] = ("cpu",)) -> list[str]:
    pairs = selection.checks(CASES, ROUTES, patterns, routes, devices)
    return [f"{case.name}[{route.name}]" for case, route in pairs]


def test_without_a_pattern_all_cases_are_selected_in_their_order() -> None:
    assert names() == NAMES


def test_a_name_selects_that_case_alone_even_when_others_lie_below_it() -> None:
    assert names("net") == ["net"]
    assert names("net/") == ["net/small"]


def test_a_beginning_of_names_ends_at_a_slash() -> None:
    assert names("conv2d") == ["conv2d/k3", "conv2d/k3-wide", "conv2d/deep/er"]
    assert names("conv2d/deep") == ["conv2d/deep/er"]
    with pytest.raises(UsageError, match="case 'conv' does not exist"):
        names("conv")


@pytest.mark.parametrize(
    "name", ["model.onnx", "./out/Net.ONNX", "net.keras", "net.pt2", "net.py:build", "cases/conv2d.py", "w.safetensors"]
)
def test_a_file_is_told_that_cases_are_judged_and_where_they_are_written(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        names(name)
    said = str(caught.value)
    assert said.startswith(f"case {name!r} does not exist, and reads like a file: parity run judges the cases")
    assert "`parity check FILE`" in said
    assert "\n" not in said


@pytest.mark.parametrize("name", ["modelonnx", "conv2d/k3.onnx.x", "net.pytorch"])
def test_what_reads_like_no_file_is_told_the_nearest_names_alone(name: str) -> None:
    with pytest.raises(UsageError, match="`parity list` shows them all"):
        names(name)


def test_a_glob_selects_what_it_matches_and_one_without_a_match_selects_nothing() -> None:
    assert names("*3*") == ["conv2d/k3", "conv2d/k3-wide", "k/(35)"]
    assert names("conv2d/[a-j]*") == ["conv2d/deep/er"]
    with pytest.raises(NothingSelectedError) as caught:
        names("net", "zz*")
    assert caught.value.exit_code == 5


@given(st.lists(st.sampled_from([*NAMES, "conv2d", "*", "net/", "*3*"]), max_size=5))
def test_several_patterns_select_each_case_once_in_the_order_of_the_registry(patterns: list[str]) -> None:
    found = names(*patterns)
    assert found == [name for name in NAMES if name in set(found)]
    assert set(found) == (set(NAMES) if not patterns else {name for p in patterns for name in names(p)})


def test_cases_are_crossed_with_routes_and_devices() -> None:
    assert ids("net") == ["net[torch]", "net[torch>ort]"]
    assert ids("net", routes=("torch",), devices=("cpu", "cuda")) == ["net[torch]", "net[torch@cuda]"]
    assert ids("net", routes=("torch", "torch")) == ["net[torch]"]


def test_a_route_may_name_its_own_device_and_tf32() -> None:
    assert ids("net", routes=("torch@cuda", "torch>ort")) == ["net[torch@cuda]", "net[torch>ort]"]
    assert ids("net", routes=("torch+tf32",), devices=("cuda",)) == ["net[torch@cuda+tf32]"]
    assert ids("net", routes=("torch@cuda+tf32",)) == ["net[torch@cuda+tf32]"]


@pytest.mark.parametrize("name", ["torch", "torch>ort", "torch@cuda", "torch>ort@cuda+tf32"])
def test_every_id_that_is_printed_can_be_pasted_back(name: str) -> None:
    assert ids(f"net[{name}]") == [f"net[{name}]"]


def test_an_id_selects_its_check_alone_beside_other_patterns() -> None:
    assert ids("net[torch]", "conv2d/k3", routes=("torch>ort",)) == ["conv2d/k3[torch>ort]", "net[torch]"]
    assert ids("net[torch]", "net[torch>ort]", "net[torch]") == ["net[torch]", "net[torch>ort]"]
    assert ids("conv2d[torch]") == ["conv2d/k3[torch]", "conv2d/k3-wide[torch]", "conv2d/deep/er[torch]"]


def test_a_glob_that_looks_like_an_id_is_a_glob_where_it_matches() -> None:
    assert ids("conv2d/k[35]", routes=("torch",)) == ["conv2d/k3[torch]"]
    with pytest.raises(UsageError, match="route '35' does not exist"):
        ids("conv2d/q[35]")


@pytest.mark.parametrize("pattern", ["net[torch+tf32]"])
def test_tf32_on_a_cpu_is_refused_in_an_id_too(pattern: str) -> None:
    with pytest.raises(UsageError, match="a cpu has no TF32"):
        ids(pattern)
    with pytest.raises(UsageError, match="a cpu has no TF32"):
        ids("net", routes=("torch+tf32",), devices=("cuda", "cpu"))


def test_a_route_needs_its_parts_its_device_and_itself() -> None:
    route = CATALOG.routes()["kit>reader"]
    parts = {route.framework, route.exporter, route.runtime}
    assert selection.needs(CATALOG, route) == parts | {"kit>reader", "cpu"}
    assert parts == {"maker", "writer", "reader"}


def test_what_is_required_must_be_used_by_a_selected_check() -> None:
    pairs = [(CASES["net"], CATALOG.routes()["kit"])]
    assert selection.required(CATALOG, ["kit", "cpu"], pairs) == ["kit", "cpu"]
    for name in ("reader", "writer", "kit>reader", "cuda", "kit@cuda"):
        with pytest.raises(UsageError, match="no selected check uses it"):
            selection.required(CATALOG, [name], pairs)
    with pytest.raises(UsageError, match="is no device, framework, exporter, runtime or route; did you mean reader"):
        selection.required(CATALOG, ["readers"], pairs)


def test_every_name_a_route_can_have_is_listed_for_divergences() -> None:
    found = selection.every_name(ROUTES)
    assert found[:5] == ["torch", "torch@cuda", "torch>ort", "torch>ort@cuda", "torch@cuda+tf32"]
    for name in ("torch>ort@cuda+tf32", "torch>ort+plain", "torch>ort+opset9", "torch>ort@cuda+unoptimised"):
        assert name in found
    assert "torch+tf32" not in found


def test_options_stand_in_one_order_and_each_at_most_once() -> None:
    assert ids("net", routes=("torch>ort+plain+opset18",)) == ["net[torch>ort+opset18+plain]"]
    for name, said in {
        "torch>ort+plane": r"has no option \+plane; did you mean \+plain; it has \+opsetN, \+unoptimised, \+plain, \+basic",
        "torch+plain": r"has no option \+plain; it has \+tf32",
        "torch+opsets": "has no option",
        "torch>ort+opset": "has no option",
        "torch>ort+plain+basic": r"has \+plain and \+basic, which are of one kind",
        "torch>ort+plain+plain": r"has \+plain and \+plain; leave one out",
        "torch>ort+opset9+opset18": r"has \+opset9 and \+opset18; leave one out",
    }.items():
        with pytest.raises(UsageError, match=said):
            ids("net", routes=(name,))


def test_a_route_that_is_no_default_runs_where_it_is_named_alone() -> None:
    routes = ROUTES | {"rare": Route("rare", "rare", None, "rare", default=False)}
    case = {"net": CASES["net"]}
    assert [made.name for _, made in selection.checks(case, routes, [], [], ["cpu"])] == ["torch", "torch>ort"]
    assert [made.name for _, made in selection.checks(case, routes, [], ["rare"], ["cpu"])] == ["rare"]
    assert [made.name for _, made in selection.checks(case, routes, ["net[rare]"], [], ["cpu"])] == ["rare"]


def test_what_pytest_prints_selects_as_the_name_or_id_in_it_does() -> None:
    assert names("cases/conv.py::conv2d/k3") == ["conv2d/k3"]
    assert ids("cases/conv.py::conv2d/k3[torch>ort]") == ["conv2d/k3[torch>ort]"]
    with pytest.raises(UsageError, match="case 'conv2d/k4' does not exist"):
        ids("cases/conv.py::conv2d/k4[torch]")


def test_a_device_that_is_required_is_run_on_beside_the_cpu_unless_devices_were_asked_for() -> None:
    assert selection.devices([], ["torch"]) == ["cpu"]
    assert selection.devices([], ["cuda", "cpu", "cuda"]) == ["cpu", "cuda"]
    assert selection.devices(["cuda"], ["cpu"]) == ["cuda"]
