"""What TensorFlow answers otherwise, or not at all, where it runs without oneDNN; held here to cases."""

from dataclasses import replace

from parity.cases.shipped_processors import CUT_TO_BFLOAT16, DILATED_TRANSPOSE, SUMS_IN_BFLOAT16

KNOWN = [
    replace(DILATED_TRANSPOSE, cases=("convtranspose?d/*", "gradient/convtranspose?d/*")),
    replace(CUT_TO_BFLOAT16, cases="bfloat16/*"),
    replace(SUMS_IN_BFLOAT16, cases="bfloat16/*"),
]
