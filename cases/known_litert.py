"""What LiteRT is known to do otherwise, each on a case that shows it."""

from dataclasses import replace

from parity.cases.shipped_litert import LOG_OF_EXP, OPEN_EINSUM, SMALL_LOG_OF_EXP

KNOWN = [
    replace(LOG_OF_EXP, cases="logsigmoid/features-scale25-mean-30"),
    replace(SMALL_LOG_OF_EXP, cases="softplus/beta0.3-threshold-1-batch1-scale10"),
    replace(OPEN_EINSUM, cases="upsample/size7x9-bicubic-corners-scale0.001-mean100"),
]
