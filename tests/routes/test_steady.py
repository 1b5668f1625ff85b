"""A model that has no one answer to one input is refused before anything is exported or judged."""

from __future__ import annotations

from typing import Any

import pytest

from parity.cases.asked import Asked
from parity.cases.subject import Subject
from parity.errors import UsageError


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Noisy", "it draws random numbers"),
        ("Counts", "the same input gave another answer"),
        ("Averages", "one changes seen"),
    ],
)
def test_a_module_that_draws_or_keeps_state_is_refused_with_what_it_does(name: str, said: str) -> None:
    pytest.importorskip("torch")
    from parity.routes.models import torch as torches
    from tests.check import own

    with pytest.raises(UsageError, match=f"net: .*{said}"):
        torches.own(getattr(own, name)(), Subject("net", None, live=True), [Asked("", (2, 3, 12, 14))], {}, 1)


def test_a_keras_model_that_draws_is_refused_and_one_that_would_in_training_is_not(keras: Any) -> None:
    from parity.routes.models import keras as kerases

    def own(layer: Any) -> Any:
        image = keras.Input((6, 7, 3), name="image")
        model = keras.Model(image, layer(keras.layers.BatchNormalization()(image)))
        return kerases.own(model, Subject("net", None, live=True), [Asked("", (2, 6, 7, 3))], {}, 1)

    own(keras.layers.Dropout(0.5))
    with pytest.raises(UsageError, match="net: the same input gave another answer"):
        own(keras.layers.Lambda(lambda x: x + keras.random.normal((1,))))
