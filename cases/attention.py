"""Multi-head attention of tokens, and what a transformer for images puts around it: class token, positions, the scale of a branch."""

from dataclasses import replace

from parity.cases import Case, Sequential, Sweep
from parity.layers import ClassToken, Conv1D, LayerNorm, LayerScale, Linear, MultiHeadAttention, PositionEmbedding

TOKENS = (2, 12, 7)
#: What every family is asked at: the scale and mean of the input, and one sample by itself.
INPUTS = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0], "batch": [2, 1]}


def attention(width, heads, bias, causal, axes, tokens, batch):
    shape = (batch, width, tokens) if axes == "l" else (batch, width, 5, tokens)
    return MultiHeadAttention(width, heads, bias, causal, axes), shape


# fmt: off
ATTENTION = Sweep(
    "multiheadattention", attention,
    {"width": [12, 24], "heads": [3, 1, 2, 12], "bias": [True, False], "causal": [False, True], "axes": ["l", "w", "hw"],
     "tokens": [7, 17, 1], **INPUTS},
    unless=[lambda causal, axes: causal and axes != "l", lambda tokens, batch: tokens == batch == 1],
)

CASES = [
    # tf2onnx tries every order of the letters of an einsum: over a row ten seconds of CPU, over two axes half a minute.
    *(case if case.model.axes == "l" else replace(case, quick=False, time_limit=600.0) for case in ATTENTION),
    Case("multiheadattention/other-batches", MultiHeadAttention(12, 3), TOKENS, batches=(1, 5), quick=False),
    Case("multiheadattention/rows-other-batches", MultiHeadAttention(12, 3, axes="w"), (2, 12, 5, 7), batches=(1, 5), quick=False),
    *(replace(case, quick=False) for case in Sweep("multiheadattention/regions", lambda heads, regions, batch: (MultiHeadAttention(12, heads, axes="w", regions=regions), (batch, 12, 2, 5)),
           {"heads": [3, 2], "regions": {"halves": ((0, 0, 0, 1, 1), (0, 1, 1, 1, 1)), "all-alone": ((0, 1, 2, 3, 4), (0, 0, 0, 0, 0)), "mixed": ((2, 0, 2, 0, 1), (0, 1, 0, 1, 1))},
            "batch": [3, 1], "scale": [1.0, 1e-3, 1e3]})),
    Case("multiheadattention/regions-other-batches", MultiHeadAttention(12, 3, axes="w", regions=((0, 0, 0, 1, 1), (0, 1, 1, 1, 1))), (3, 12, 2, 5), batches=(1, 4), quick=False),
    Case("multiheadattention/behind-norm",   Sequential(LayerNorm("C", 12), MultiHeadAttention(12, 4)), TOKENS, quick=False),

    *Sweep("linear/tokens", lambda size, bias, shape: (Linear(size, 5, bias), (2, size, *shape)),
           {"size": [12, 37, 1], "bias": [True, False], "shape": {"signal": (7,), "image": (3, 11), "volume": (3, 4, 7)}, "scale": [1.0, 1e-3, 1e3]}),
    *Sweep("layernorm/tokens", lambda size, eps: (LayerNorm("C", size, eps), (2, size, 7)), {"size": [12, 37], "eps": [1e-5, 1e-6, 1e-3]}),

    *Sweep("layerscale", lambda channels, initial, places, batch: (LayerScale(channels, initial), (batch, channels, *places)),
           {"channels": [6, 37], "initial": [0.5, 1e-5], "places": {"image": (7, 11), "tokens": (13,), "volume": (3, 4, 7)}, **INPUTS}),
    *Sweep("positionembedding", lambda channels, length, batch: (PositionEmbedding(channels, length), (batch, channels, length)),
           {"channels": [6, 37], "length": [9, 17, 64], **INPUTS}),
    *Sweep("classtoken", lambda channels, length, batch: (ClassToken(channels), (batch, channels, length)),
           {"channels": [6, 37], "length": [9, 17, 64], **INPUTS}),
    Case("classtoken/other-batches",     ClassToken(6), (2, 6, 9), batches=(1, 5)),
    Case("classtoken/then-positions",    Sequential(ClassToken(6), PositionEmbedding(6, 10), Conv1D(6, 4, 3)), (2, 6, 9)),
]
# fmt: on
