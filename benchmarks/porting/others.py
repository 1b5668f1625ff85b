"""Attention and embeddings, distances, noise; and what is composed in every framework."""

from __future__ import annotations

from benchmarks.porting.model import Counterpart, Pair, Said
from parity.layers import (
    AlphaDropout,
    ChannelDropout,
    CosineSimilarity,
    Embedding,
    GaussianDropout,
    GaussianNoise,
    MultiHeadAttention,
    PairwiseDistance,
)

IMAGE = (2, 3, 11, 14)
ROWS = (2, 37)
TOKENS = (2, 8, 9)  #: canonical, channels before tokens

OTHERS = (
    Counterpart(
        "MultiHeadAttention",
        "Attention and embeddings",
        "torch.nn.MultiheadAttention",
        "keras.layers.MultiHeadAttention",
        "",
        (
            ("embed_dim", "(num_heads times key_dim)", ""),
            ("num_heads", "num_heads", ""),
            ("bias", "use_bias", ""),
            ("dropout", "dropout", ""),
            ("batch_first", "(always)", ""),
        ),
        (
            Said(
                "torch keeps query, key and value in one weight `3E E`, Keras a weight `E heads key_dim` for each ([turned](#weights)).",
                "attention, 2 heads of 4",
            ),
        ),
        (
            Pair(
                "attention",
                MultiHeadAttention(8, 2),
                TOKENS,
                "[lambda x: x.transpose(1, 2), torch.nn.MultiheadAttention(8, 2, batch_first=True), lambda x: x.transpose(1, 2)]",
                "keras.layers.MultiHeadAttention(2, 4)",
                case="multiheadattention/base",
            ),
            Pair(
                "attention, key_dim",
                MultiHeadAttention(8, 2),
                TOKENS,
                "[lambda x: x.transpose(1, 2), torch.nn.MultiheadAttention(8, 2, batch_first=True), lambda x: x.transpose(1, 2)]",
                "keras.layers.MultiHeadAttention(2, 8)",
                "keras.layers.MultiHeadAttention(2, 4)",
                "torch counts the channels of all heads, Keras' key_dim those of one",
                case="multiheadattention/base",
            ),
            Pair(
                "attention, batch_first",
                MultiHeadAttention(8, 2),
                TOKENS,
                "keras.layers.MultiHeadAttention(2, 4)",
                "[lambda x: x.transpose(1, 2), torch.nn.MultiheadAttention(8, 2), lambda x: x.transpose(1, 2)]",
                "[lambda x: x.transpose(1, 2), torch.nn.MultiheadAttention(8, 2, batch_first=True), lambda x: x.transpose(1, 2)]",
                "torch takes the first axis for the tokens and attends across the batch",
                case="multiheadattention/base",
            ),
        ),
    ),
    Counterpart(
        "Embedding",
        "Attention and embeddings",
        "torch.nn.Embedding",
        "keras.layers.Embedding",
        "Gather",
        (
            ("num_embeddings", "input_dim", "(the weight's first axis)"),
            ("embedding_dim", "output_dim", "(the weight's second axis)"),
            ("padding_idx", "mask_zero", ""),
            ("max_norm", "", ""),
        ),
        (
            Said(
                "padding_idx stops the row's gradient, mask_zero tells later layers: neither changes what comes out.",
                "embedding, padded",
            ),
        ),
        (
            Pair(
                "embedding",
                Embedding(23, 5),
                (2, 9),
                "torch.nn.Embedding(23, 5)",
                "keras.layers.Embedding(23, 5)",
                below=23,
                case="embedding/base",
            ),
            Pair(
                "embedding, padded",
                Embedding(23, 5),
                (2, 9),
                "torch.nn.Embedding(23, 5, padding_idx=0)",
                "keras.layers.Embedding(23, 5, mask_zero=True)",
                below=23,
                case="embedding/padding-idx0",
            ),
        ),
    ),
    Counterpart(
        "PositionEmbedding ClassToken LayerScale",
        "Attention and embeddings",
        "",
        "",
        "",
        unpaired="no framework has a layer of the name: a parameter that is added, put in front or multiplied, in a few lines of each.",
    ),
    Counterpart(
        "Bilinear",
        "Dense layers of two inputs, distances",
        "torch.nn.Bilinear",
        "",
        "",
        (("bias", "", ""),),
        unpaired="Keras and ONNX have none: an einsum of both inputs with the weight.",
    ),
    Counterpart(
        "CosineSimilarity",
        "Dense layers of two inputs, distances",
        "torch.nn.CosineSimilarity",
        "keras.losses.cosine_similarity",
        "",
        (("dim", "axis", ""), ("eps", "", "")),
        (),
        (
            Pair(
                "cosine similarity",
                CosineSimilarity("f"),
                ROWS,
                "lambda a, b: F.cosine_similarity(a, b)",
                "lambda a, b: keras.losses.cosine_similarity(a, b)",
                "lambda a, b: -keras.losses.cosine_similarity(a, b)",
                "Keras has a loss of the name, the negative of it",
                more=(ROWS,),
                case="cosinesimilarity/base",
            ),
        ),
    ),
    Counterpart(
        "PairwiseDistance",
        "Dense layers of two inputs, distances",
        "torch.nn.PairwiseDistance",
        "",
        "",
        (("p", "", ""), ("eps", "", ""), ("keepdim", "", "")),
        (),
        (
            Pair(
                "pairwise distance",
                PairwiseDistance("f"),
                ROWS,
                "lambda a, b: F.pairwise_distance(a, b)",
                "lambda a, b: ops.norm(a - b, axis=-1)",
                "lambda a, b: ops.norm(a - b + 1e-6, axis=-1)",
                "torch adds eps to the difference, so that it is not symmetric",
                more=(ROWS,),
                case="pairwisedistance/base",
            ),
        ),
    ),
    Counterpart(
        "ChannelDropout",
        "Noise",
        "torch.nn.Dropout{n}d",
        "keras.layers.SpatialDropout{n}D",
        "",
        (("p", "rate", ""),),
        (),
        (
            Pair(
                "dropout of channels",
                ChannelDropout(0.5),
                IMAGE,
                "torch.nn.Dropout2d(0.5)",
                "keras.layers.SpatialDropout2D(0.5)",
                case="channeldropout/base",
            ),
        ),
    ),
    Counterpart(
        "AlphaDropout",
        "Noise",
        "torch.nn.AlphaDropout",
        "keras.layers.AlphaDropout",
        "",
        (("p", "rate", ""),),
        (),
        (
            Pair(
                "alpha dropout",
                AlphaDropout(0.5),
                IMAGE,
                "torch.nn.AlphaDropout(0.5)",
                "keras.layers.AlphaDropout(0.5)",
                case="alphadropout/base",
            ),
        ),
    ),
    Counterpart(
        "GaussianNoise",
        "Noise",
        "",
        "keras.layers.GaussianNoise",
        "",
        (("", "stddev", ""),),
        (),
        (
            Pair(
                "noise",
                GaussianNoise(0.5),
                IMAGE,
                "keras.layers.GaussianNoise(0.5)",
                "torch.nn.Identity()",
                case="gaussiannoise/base",
            ),
        ),
    ),
    Counterpart(
        "GaussianDropout",
        "Noise",
        "",
        "keras.layers.GaussianDropout",
        "",
        (("", "rate", ""),),
        (),
        (
            Pair(
                "noise that multiplies",
                GaussianDropout(0.5),
                IMAGE,
                "keras.layers.GaussianDropout(0.5)",
                "torch.nn.Identity()",
                case="gaussiandropout/base",
            ),
        ),
    ),
)
