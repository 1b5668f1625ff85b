"""What the cases of this repository cover: every layer, every field, every scale."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import parity.layers
from parity.cases import Case
from parity.cases.gradient import COTANGENT
from parity.cases.lowering import lower
from parity.cases.parameters import draw_input, draw_parameters
from parity.cases.registry import Registry
from parity.cases.shipped import SHIPPED
from parity.judging.blind import blind_to
from parity.judging.oracle import Truth, truths
from parity.layers import BatchNorm2D, Conv2D, Layer, LeakyReLU, Linear, MaxPool2D
from parity.layers.base import sized
from parity.operators.formats import FORMATS
from parity.operators.graph import as_value
from parity.running.selection import of_set

KINDS = [
    cls
    for cls in (getattr(parity.layers, name) for name in parity.layers.__all__)
    if isinstance(cls, type) and issubclass(cls, Layer) and cls is not Layer
]
FAMILIES = [cls.kind for cls in KINDS]
LARGE = ("vgg16_features", "vgg16", "resnet18", "mobilenet_v2")
#: What rounds alike, underflows, or overflows on the way, networks in training, gradients, other precisions,
#: and inputs that are special, empty or long, of any layer.
OTHERS = [
    "alike",
    "under",
    "over",
    "training",
    "gradient",
    "float16",
    "bfloat16",
    "float64",
    "special",
    "empty",
    "long",
    "whole_numbers",
    "unbatched",
]
NETWORKS = [
    "cnn_block",
    "simple_cnn",
    "simple_cnn_leaky",
    "keras_cnn",
    "vgg16_features",
    "vgg16",
    "residual_block",
    "concat_block",
    "bottleneck",
    "inverted_residual",
    "dense_block",
    "squeeze_excite",
    "mbconv",
    "spatial_attention",
    "shufflenet_unit",
    "mobilenetv2_block",
    "mobilenetv3_block",
    "regnet_block",
    "ghost_block",
    "inception_v3_block",
    "unet",
    "feature_pyramid",
    "shared_head",
    "recurrent_residual",
    "sppf",
    "aspp",
    "vit_block",
    "swin_block",
    "convnext_block",
    "resnet18",
    "mobilenet_v2",
]
WHOLE_NUMBERS = "whole numbers come out, which have no derivative"
AS_IT_IS = "at inference its output is its input, and in training a case is of float32"
#: What every layer is asked beside its values, and which are not, and why.
ASKED: dict[str, dict[str, str]] = {
    "gradient": {"argmax": WHOLE_NUMBERS, "argmin": WHOLE_NUMBERS},
    **{
        precision: {
            "embedding": "a case of whole numbers is of float32",
            **dict.fromkeys(
                ("dropout", "channeldropout", "alphadropout", "gaussiannoise", "gaussiandropout"), AS_IT_IS
            ),
        }
        for precision in ("float16", "bfloat16", "float64")
    },
}
#: Their exports weigh too much to be asked at many scales; their layers and scales are those of the others.
WHOLE = ["vgg16_features", "vgg16", "resnet18", "mobilenet_v2"]


def of(registry: Registry, cls: type[Layer]) -> list[Layer]:
    """Every layer of a kind, in the cases of its own family."""
    family = [case for case in registry.cases.values() if case.family == cls.kind]
    return [node.layer for case in family for node in case.network.nodes if isinstance(node.layer, cls)]


def test_there_are_at_least_two_hundred_cases(registry: Registry) -> None:
    assert len(registry.cases) >= 220


def test_every_divergence_that_parity_ships_is_held_to_cases_of_this_repository(registry: Registry) -> None:
    assert {entry.reason for entry in registry.known if entry.file} >= {entry.reason for entry in SHIPPED}
    assert all(entry.file and entry.cases != "*" for entry in registry.known)


@pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.kind)
def test_every_layer_has_cases_of_its_own(registry: Registry, cls: type[Layer]) -> None:
    assert len(of(registry, cls)) >= 8


@pytest.mark.parametrize("asked", ASKED)
def test_every_layer_is_asked_for_gradients_and_in_every_precision_or_it_is_said_why_not(
    registry: Registry, asked: str
) -> None:
    cases = [
        case for case in registry.cases.values() if isinstance(case, Case) and asked in (case.mode, case.precision)
    ]
    found = {node.layer.kind for case in cases for node in case.network.nodes}
    assert set(FAMILIES) - found == set(ASKED[asked])


def differs_in_training(case: Case) -> bool:
    return lower(case.network, case.input, training=True).nodes != lower(case.network, case.input).nodes


@pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.kind)
def test_every_layer_that_training_changes_has_a_case_in_training(registry: Registry, cls: type[Layer]) -> None:
    changes = cls.states is not Layer.states or cls.chance is not Layer.chance
    cases = [case for case in registry.cases.values() if isinstance(case, Case) and case.family == cls.kind]
    alone = [case for case in cases if len(case.network.nodes) == 1 and not case.training]
    asked = [
        node.layer
        for case in registry.cases.values()
        if isinstance(case, Case) and case.training
        for node in case.network.nodes
    ]
    assert changes or not any(map(differs_in_training, alone))
    assert not changes or any(isinstance(layer, cls) for layer in asked)


@pytest.mark.parametrize(
    ("cls", "field"),
    [(cls, field.name) for cls in KINDS for field in dataclasses.fields(cls)],  # type: ignore[arg-type]
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_every_field_of_every_layer_is_moved(registry: Registry, cls: type[Layer], field: str) -> None:
    values = {str(getattr(layer, field)) for layer in of(registry, cls)}
    (declared,) = [f for f in dataclasses.fields(cls) if f.name == field]  # type: ignore[arg-type]
    if declared.default is not dataclasses.MISSING:
        assert values - {str(declared.default)}
    assert len(values) >= 2


@pytest.mark.parametrize("family", [*FAMILIES, *(name for name in NETWORKS if name not in WHOLE)])
def test_every_family_is_checked_at_four_scales_on_one_batch_and_far_from_zero(registry: Registry, family: str) -> None:
    cases = [case for case in registry.cases.values() if case.family == family]
    assert any(case.shape[0] == 1 for case in cases)
    if not all(case.whole for case in cases):
        assert {1e-3, 1.0, 1e3, 1e6} <= {case.scale for case in cases}
        assert any(abs(case.mean) >= 10 for case in cases)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_is_named_apart(registry: Registry, network: str) -> None:
    assert network in registry.cases
    assert any(name.startswith(f"{network}/") for name in registry.cases)


def test_a_case_is_called_by_its_family_first(registry: Registry) -> None:
    for case in registry.cases.values():
        assert case.family in FAMILIES + NETWORKS + OTHERS, case.name
        if case.family in FAMILIES:
            assert case.family in {node.layer.kind for node in case.network.nodes}, case.name


@pytest.mark.parametrize("family", FAMILIES)
def test_output_sizes_all_differ_in_most_cases_of_a_family(registry: Registry, family: str) -> None:
    outputs = [
        case.output.shape
        for case in registry.cases.values()
        if case.family == family and isinstance(case, Case) and not case.equal_sizes and len(case.output.shape) == 4
    ]
    # Axes that fit by accident hide a swap; a single pixel has nothing to swap. What a sweep draws is now and then square.
    square = [shape for shape in outputs if len(set(shape)) < 4 and shape[2:] != (1, 1)]
    assert len(square) <= 0.4 * len(outputs), square


def test_no_two_cases_check_the_same(registry: Registry) -> None:
    seen: dict[str, str] = {}
    allowed = 0
    for case in registry.cases.values():
        key = str(case.spec())
        allowed += key in seen
        seen[key] = case.name
    # A family states its scale of 1 beside the other three even where another case has it.
    assert allowed <= len(FAMILIES)


def convolutions(registry: Registry) -> list[tuple[Conv2D, Case]]:
    return [
        (case.network.output.layer, case)
        for case in registry.cases.values()
        if case.family == "conv2d" and isinstance(case.network.output.layer, Conv2D)
    ]


@pytest.mark.parametrize("parity_of_size", [0, 1])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_same_with_a_stride_is_checked_at_odd_and_even_sizes(
    registry: Registry, kernel: int, parity_of_size: int
) -> None:
    assert any(
        layer.padding == "same" and max(sized(layer.stride, 2)) > 1 and kernel in sized(layer.kernel, 2)
        and case.shape[2] % 2 == parity_of_size
        for layer, case in convolutions(registry)
    )  # fmt: skip


@pytest.mark.parametrize(
    "both",
    [
        ("stride", "padding"), ("stride", "dilation"), ("padding", "dilation"), ("groups", "stride"),
        ("groups", "padding"), ("groups", "dilation"), ("bias", "stride"), ("bias", "padding"), ("bias", "dilation"),
        ("bias", "groups"),
    ],
    ids="-".join,
)  # fmt: skip
def test_fields_of_a_convolution_that_interact_are_moved_together(registry: Registry, both: tuple[str, str]) -> None:
    defaults = {field.name: field.default for field in dataclasses.fields(Conv2D)}  # type: ignore[arg-type]
    assert any(all(getattr(layer, f) != defaults[f] for f in both) for layer, _ in convolutions(registry))


def test_the_awkward_geometries_are_there(registry: Registry) -> None:
    found = convolutions(registry)
    assert any(min(sized(layer.kernel, 2)) < min(sized(layer.stride, 2)) for layer, _ in found)
    assert any(layer.groups == layer.in_channels == layer.out_channels > 1 for layer, _ in found)
    assert any(layer.groups == layer.in_channels < layer.out_channels and layer.groups > 1 for layer, _ in found)
    assert any(case.shape[2:] == (1, 1) for _, case in found)
    assert any(sized(layer.kernel, 2) == case.shape[2:] for layer, case in found)
    slopes = {layer.negative_slope for layer in of(registry, LeakyReLU)}  # type: ignore[attr-defined]
    assert {0.01, 0.3, 0.2, 0.0, 1.0} <= slopes
    assert {1e-5, 1e-3} <= {layer.eps for layer in of(registry, BatchNorm2D)}  # type: ignore[attr-defined]
    assert max(layer.in_features for layer in of(registry, Linear)) >= 4096  # type: ignore[attr-defined]
    assert any(case.mean < 0 and isinstance(case.network.output.layer, MaxPool2D)
               and case.network.output.layer.padding not in (0, "valid") for case in registry.cases.values())  # fmt: skip


def test_variances_of_a_thousandth_one_and_a_hundred_are_drawn(registry: Registry) -> None:
    means = []
    for case in registry.cases.values():
        if case.family == "batchnorm2d" and case.draws:
            means.append(float(draw_parameters(case, 0)["batchnorm2d"]["var"].mean()))
    for expected in (1e-3, 1.0, 100.0):
        assert any(abs(mean / expected - 1) < 0.3 for mean in means), expected


@pytest.fixture(scope="module")
def answers(registry: Registry) -> list[tuple[Case, Truth]]:
    """The truth of every case of the quick set that does not take seconds, on its own input; runs look at the others."""
    found = []
    for case in of_set(registry.cases, "quick").values():
        if 224 in case.shape or case.family in LARGE:
            continue
        x, parameters = draw_input(case, 0), draw_parameters(case, 0)
        layers = [stored for node, stored in parameters.items() if node != COTANGENT]
        assert all(np.all(array >= 0) for stored in layers for n, array in stored.items() if n == "var")
        feeds = {"input": as_value(x)}
        feeds |= {f"{node}.{name}": as_value(array) for node, p in parameters.items() for name, array in p.items()}
        found.append((case, truths(case.graph, feeds)[case.network.output.name]))
    return found


def test_no_case_is_passed_by_one_number_everywhere(answers: list[tuple[Case, Truth]]) -> None:
    # What rounds alike is there for its honest runs: the answer to a constant image is one number.
    shown = [(case, truth) for case, truth in answers if case.family not in OTHERS]
    assert {case.name: number for case, truth in shown if (number := blind_to(truth, case.shape[0])) is not None} == {}


def test_every_answer_of_a_small_case_is_a_finite_number_in_the_shape_promised(
    answers: list[tuple[Case, Truth]],
) -> None:
    for case, truth in answers:
        assert truth.y.shape == case.output.shape, case.name
        if case.family in ("special", "empty"):
            continue
        assert np.isfinite(truth.y).all(), case.name
        if truth.dtype in FORMATS:  # integers are exact
            assert np.isfinite(truth.allowed()).all(), case.name
        assert np.max(np.abs(truth.y)) < np.finfo(np.float32).max, case.name


def test_where_an_answer_to_special_values_is_judged_its_bound_is_a_number(answers: list[tuple[Case, Truth]]) -> None:
    for case, truth in answers:
        judged = np.isfinite(truth.y) if truth.unspecified is None else np.isfinite(truth.y) & ~truth.unspecified
        assert np.isfinite(truth.allowed()[judged]).all(), case.name
        if case.values != "normal":
            assert judged.any() or np.isnan(truth.y).any(), case.name
