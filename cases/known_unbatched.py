"""Divergences of other families that the cases of samples without a batch axis meet on the way."""

from dataclasses import replace

from parity.cases.shipped import CHANNELS_OF_THE_BATCH, GROUPED
from parity.cases.shipped_spatial import NEGATIVE_CUT

KNOWN = [
    replace(GROUPED, cases="unbatched/conv2d-groups"),
    replace(CHANNELS_OF_THE_BATCH, cases="unbatched/localresponsenorm"),
    replace(NEGATIVE_CUT, cases="unbatched/convtranspose2d"),
]
