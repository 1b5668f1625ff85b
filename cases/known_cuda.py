"""What torch computes otherwise on a CUDA device, or in another order each time."""

from __future__ import annotations

from parity.cases import KnownDivergence

CUDA = ("torch@cuda", "torch@cuda+*")

KNOWN = [
    KnownDivergence(
        cases=("embedding/max-norm/*l3*", "embedding/max-norm/*largest*"),
        routes=CUDA,
        kind="value",
        script="torch_cuda_embedding_norm.py",
        reason="torch on CUDA raises numbers to the power with their signs where max_norm of an Embedding is of another norm than 1 and 2",
        evidence=(
            "torch 2.11.0 on an NVIDIA H200: rows shortened by norm 3 or the largest element differ from those on the cpu, and by norms 1 and 2 do "
            "not; renorm_kernel (aten/src/ATen/native/cuda/Embedding.cu) adds up std::pow(x, norm_type) of x and not of |x|, which is 0 or infinity for "
            "the largest"
        ),
        versions={"torch": "<=2.11.0"},
    ),
    KnownDivergence(
        cases=("float64/hardsigmoid", "float64/hardswish"),
        routes=CUDA,
        kind="value",
        script="torch_cuda_hardsigmoid_double.py",
        reason="torch on CUDA multiplies Hardsigmoid and Hardswish of float64 by a sixth that is rounded to float32",
        evidence="torch 2.11.0 on an NVIDIA H200 is off by up to 2.9e-8 and 8.5e-8, on the cpu by less than 1e-16",
        versions={"torch": "<=2.11.0"},
    ),
    KnownDivergence(
        cases=("var/*mean100*", "std/*mean100*"),
        routes=CUDA,
        kind="value",
        script="torch_cuda_variance.py",
        reason="torch on CUDA keeps the variance of float32 in one pass of float32, which loses the digits of a large mean",
        evidence=(
            "torch 2.11.0 on an NVIDIA H200, a mean of 100 deviations: off by up to 15 times what two passes may be, as Welford's updates are by n u mean / "
            "deviation (Chan, Golub and LeVeque, The American Statistician 37, 1983); on the cpu the same sums are kept in double"
        ),
        link="https://github.com/pytorch/pytorch/pull/184151",
        versions={"torch": "<=2.11.0"},
        everywhere=False,
    ),
    KnownDivergence(
        cases=(
            "convtranspose?d/*",
            "float*/convtranspose?d",
            "bfloat16/convtranspose?d",
            "unbatched/convtranspose?d",
            "unet*",
            "gradient/*",
        ),
        routes=CUDA,
        kind="not-repeatable",
        script="torch_cuda_order.py",
        reason="torch on CUDA adds up transposed convolutions, and gradients of convolutions, pads, pools and resizing, in any order",
        evidence=(
            "torch 2.11.0 on an NVIDIA H200: the last bits change from call to call, of the output in 17 of 44 checks of ConvTranspose3d, of gradients in 21 of 380. "
            "The page of torch.use_deterministic_algorithms names these layers; of convolutions cuDNN chooses, and torch.backends.cudnn.deterministic decides"
        ),
        link="https://docs.pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html",
        versions={"torch": ">=2.9"},
        everywhere=False,
    ),
    KnownDivergence(
        cases="special/rmsnorm/sparse",
        routes=CUDA,
        kind="nan",
        script="torch_cuda_rmsnorm_infinity.py",
        reason="torch on CUDA makes NaN throughout of a row with an infinity in RMSNorm, where x / infinity is 0",
        evidence="torch 2.11.0 on an NVIDIA H200: NaN in all 37 places of the row, on the cpu, in Keras and in ONNX Runtime in that of the infinity alone",
        versions={"torch": "<=2.11.0"},
    ),
]
