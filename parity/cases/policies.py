"""Policies by which a network that is stored in float32 is computed in two types, as options of routes ask for them. Pure.

What is right under a policy is the case's own graph with a cast where the policy's framework documents one: each layer is then judged in
the types that it is computed in. What is documented of a framework's functions is said here of the layers that are spelled by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from parity import layers as every
from parity.axes import Tensor
from parity.cases.case import INPUT, Case
from parity.cases.network import Network
from parity.errors import Unsupported
from parity.layers.base import Layer
from parity.layers.definition import Types
from parity.operators.formats import FORMATS

STORED = "float32"  #: what is stored, under every policy


@dataclass(frozen=True)
class Policy:
    """low: the coarser of the two types; types: those of a layer on these inputs; devices: where it is known.

    ``types`` raises :class:`Unsupported` for a layer of which it knows nothing.
    """

    low: str
    types: Callable[[Layer, Sequence[Tensor], str], Types]
    devices: tuple[str, ...]


def _kinds(*names: str) -> frozenset[type]:
    return frozenset(getattr(every, name) for name in names)


#: The layers that parity has: of one that somebody adds nobody knows by which functions it is spelled.
KNOWN = _kinds(*(name for name in every.__all__ if isinstance(getattr(every, name), type)))

# ---- torch.autocast on the cpu --------------------------------------------------------------------------------------
# torch.amp, "CPU Op-Specific Behavior" (torch 2.13): what autocasts to the lower type, what to float32, what promotes to the widest. An
# operator that is on no list runs in the type of what it reads, and so does a normalisation, whose parameters stay in float32.

#: Spelled by conv1d and its like, linear, prelu and scaled_dot_product_attention.
LOWERED = _kinds(
    *("Conv1D", "Conv2D", "Conv3D", "ConvTranspose1D", "ConvTranspose2D", "ConvTranspose3D", "DepthwiseConv1D"),
    *("DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D", "Linear", "MultiHeadAttention", "PReLU"),
)
#: Spelled by avg_pool3d, max_pool3d, adaptive_avg_pool3d, adaptive_max_pool3d, prod, grid_sampler and max_unpool2d, which is that of
#: signals too.
WIDENED = _kinds(
    *("AvgPool3D", "MaxPool3D", "MaxPoolIndices3D", "AdaptiveAvgPool3D", "AdaptiveMaxPool3D", "GlobalAvgPool3D"),
    *("GlobalMaxPool3D", "Prod", "GridSample", "MaxUnpool1D", "MaxUnpool2D", "MaxUnpool3D"),
)
#: By their mode, spelled by reflection_pad1d, reflection_pad2d (of volumes it is on no list) and replication_pad1d to 3d.
WIDENED_PADS = {"reflect": _kinds("Pad1D", "Pad2D"), "replicate": _kinds("Pad1D", "Pad2D", "Pad3D")}
#: Spelled by cat, which promotes, and by what promotes by itself, such as add: with the parameters, where there are any.
PROMOTED = _kinds(
    *("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract", "CosineSimilarity"),
    *("PairwiseDistance", "ClassToken", "LayerScale", "PositionEmbedding"),
)
#: Composed in torch of functions that keep what comes in and avg_pool3d, which does not.
BOTH = _kinds("LocalResponseNorm", "LPPool3D")


def autocast(layer: Layer, inputs: Sequence[Tensor], low: str) -> Types:
    """The types of a layer under torch.autocast on the cpu."""
    kind, floats = type(layer), [x.dtype for x in inputs if x.dtype in FORMATS]
    if kind not in KNOWN:
        raise Unsupported(f"nobody says which functions of torch a {layer.kind} is made of")
    if kind in BOTH and low in floats:
        raise Unsupported(
            f"torch composes a {layer.kind} of functions in both types, of which parity has no definition"
        )
    if isinstance(layer, every.PReLU) and isinstance(layer.num_parameters, tuple):  # composed of where and a product
        return Types(STORED, STORED)
    if kind in LOWERED:
        return Types(low, low)
    if kind in WIDENED or kind in WIDENED_PADS.get(getattr(layer, "mode", ""), ()):
        return Types(STORED, STORED)
    if kind in PROMOTED:
        if len(inputs) > 2 and len(set(floats)) > 1 and kind is not every.Concatenate:
            raise Unsupported(f"torch composes a {layer.kind} of {len(inputs)} of pairs, in the types of each pair")
        return Types(STORED if STORED in floats or layer.parameters() else low, STORED)
    return Types(stored=STORED)


# ---- Keras' dtype policies ------------------------------------------------------------------------------------------
# A layer under mixed_float16 or mixed_bfloat16 casts what it reads and its variables to the lower type and gives that. Normalisations ask
# for their variables as they are stored, and those by the sample for what they read too (keras/src/layers/normalization, Keras 3.15).

BY_SAMPLE = _kinds("LayerNorm", "GroupNorm", "InstanceNorm1D", "InstanceNorm2D", "InstanceNorm3D")
BY_BATCH = _kinds("BatchNorm1D", "BatchNorm2D", "BatchNorm3D")


def keras_mixed(layer: Layer, inputs: Sequence[Tensor], low: str) -> Types:
    """The types of a layer under a mixed dtype policy of Keras."""
    if type(layer) not in KNOWN:
        raise Unsupported(f"nobody says which layers of Keras a {layer.kind} is made of")
    if type(layer) in BY_SAMPLE:
        return Types(stored=STORED, gives=low)
    return Types(low, STORED if type(layer) in BY_BATCH else low, low)


#: By the words of the options that ask for them.
POLICIES = {
    "autocast": Policy("bfloat16", autocast, ("cpu",)),
    "mixed_float16": Policy("float16", keras_mixed, ("cpu", "cuda")),
    "mixed_bfloat16": Policy("bfloat16", keras_mixed, ("cpu", "cuda")),
}


def under(case: Case, options: Iterable[str], device: str) -> Case:
    """The case as it is computed under the policy that is among the options of a route; as it is where none is.

    Raises :class:`Unsupported` where a policy says nothing of it.
    """
    word = next((word for word in options if word in POLICIES), "")
    if not word or case.policy == word:
        return case
    policy = POLICIES[word]
    if device not in policy.devices:
        raise Unsupported(f"+{word}: parity has what is documented of {' and '.join(policy.devices)}, not of {device}")
    if case.precision != STORED or case.mode != "inference":
        raise Unsupported(f"+{word}: asked of networks at inference that are stored in {STORED}")
    tensors, nodes = {INPUT: case.input}, []
    for node in case.network.nodes:
        try:
            types = policy.types(node.layer, [tensors[name] for name in node.inputs], policy.low)
        except Unsupported as error:
            raise Unsupported(f"+{word}: {node.name}: {error}") from None
        nodes.append(replace(node, types=types))
        tensors[node.name] = case.network.definition(nodes[-1], tensors).output
    return replace(case, model=Network(tuple(nodes)), policy=word)


def lows(routes: Iterable[str]) -> list[str]:
    """The coarser types of the policies that are asked for in the names of routes."""
    return [POLICIES[word].low for route in routes for word in route.split("+")[1:] if word in POLICIES]
