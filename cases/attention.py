"""Multi-head attention of tokens, and what a transformer for images puts around it: class token, positions, the scale of a branch."""

from parity.cases import Case, Sequential, Sweep
from parity.layers import ClassToken, Conv1D, LayerNorm, LayerScale, Linear, MultiHeadAttention, PositionEmbedding

TOKENS, IMAGE = (2, 12, 7), (2, 12, 5, 7)


def attention(heads, bias, causal, axes, tokens):
    shape = (2, 12, tokens) if axes == "l" else (2, 12, 5, tokens)
    return MultiHeadAttention(12, heads, bias, causal, axes), shape


# fmt: off
CASES = [
    *Sweep("multiheadattention", attention,
           {"heads": [3, 1, 2, 12], "bias": [True, False], "causal": [False, True], "axes": ["l", "w", "hw"], "tokens": [7, 17, 1],
            "scale": [1.0, 1e-3, 4.0], "mean": [0.0, 3.0]},
           unless=[lambda causal, axes: causal and axes != "l"]),
    Case("multiheadattention/batch1",        MultiHeadAttention(12, 3), (1, 12, 7)),
    Case("multiheadattention/other-batches", MultiHeadAttention(12, 3), TOKENS, batches=(1, 5)),
    Case("multiheadattention/rows-other-batches", MultiHeadAttention(12, 3, axes="w"), IMAGE, batches=(1, 5)),
    Case("multiheadattention/behind-norm",   Sequential(LayerNorm("C", 12), MultiHeadAttention(12, 4)), TOKENS),

    *Sweep("linear/tokens", lambda size, bias, shape: (Linear(size, 5, bias), (2, size, *shape)),
           {"size": [12, 37, 1], "bias": [True, False], "shape": {"signal": (7,), "image": (3, 11), "volume": (3, 4, 7)}, "scale": [1.0, 1e-3, 1e3]}),
    *Sweep("layernorm/tokens", lambda size, eps: (LayerNorm("C", size, eps), (2, size, 7)), {"size": [12, 37], "eps": [1e-5, 1e-6, 1e-3]}),

    *Sweep("layerscale", lambda initial, shape: (LayerScale(5, initial), shape),
           {"initial": [0.5, 1e-5], "shape": {"image": (2, 5, 7, 11), "tokens": (2, 5, 13), "volume": (2, 5, 3, 4, 7)}, "scale": [1.0, 1e3]}),
    *Sweep("positionembedding", lambda length: (PositionEmbedding(6, length), (2, 6, length)), {"length": [9, 1, 37], "scale": [1.0, 1e-3]}),
    *Sweep("classtoken", lambda length: (ClassToken(6), (2, 6, length)), {"length": [9, 1, 37], "scale": [1.0, 1e3]}),
    Case("classtoken/other-batches",     ClassToken(6), (2, 6, 9), batches=(1, 5)),
    Case("classtoken/then-positions",    Sequential(ClassToken(6), PositionEmbedding(6, 10), Conv1D(6, 4, 3)), (2, 6, 9)),
]
# fmt: on
