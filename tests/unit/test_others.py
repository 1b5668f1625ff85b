"""A network asked in batches of other sizes and with other threads: row by row within the bound, and whether to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.cases import Case
from parity.cases.probes import variants
from parity.errors import FieldError, Unsupported
from parity.judging.judge import Judge, Judgement
from parity.judging.observation import Observation, load, observe, save
from parity.judging.others import Way, images
from parity.layers import Conv2D, Flatten, Sigmoid
from parity.records.lines import ProbeFigure

CASE = Case("case", Sigmoid(), (2, 3, 5, 7), batches=(1, 5), threads=(2, 3))


def right(x: Any) -> tuple[Any, ...]:
    return ((1 / (1 + np.exp(-x.astype(np.float64)))).astype(np.float32),)


def run(program: Callable[[Any], Any], case: Case = CASE, threaded: Callable[[Any], Any] | None = right) -> Observation:
    @contextmanager
    def computing_with(threads: int) -> Iterator[Any]:
        if threaded is None:
            raise Unsupported("it has one number of threads")
        yield threaded

    found: Callable[[int], AbstractContextManager[Any]] = computing_with
    return observe(case, 0, lambda variant: program, "NCHW", computing_with=found)


def judged(observation: Observation, case: Case = CASE) -> tuple[Judgement, dict[str, ProbeFigure]]:
    judgement = Judge(case, 0).judge(observation)
    return judgement, {figure.probe: figure for figure in judgement.probes}


def test_an_honest_network_passes_and_says_that_its_bits_are_the_same() -> None:
    judgement, figures = judged(run(right))
    assert judgement.status == "pass"
    assert figures["batch"].status == figures["threads"].status == "pass"
    assert figures["batch"].note == "in a batch of 1 the same bits; in a batch of 5 the same bits"
    assert figures["threads"].note == "with 2 threads the same bits; with 3 threads the same bits"
    assert 0 < float(figures["batch"].ratio or 0) <= 1


def test_other_bits_within_the_bound_are_told_and_pass() -> None:
    def rounds_alone(x: Any) -> tuple[Any, ...]:
        (y,) = right(x)
        return (np.nextafter(y, np.float32(2)) if len(x) == 1 else y,)

    judgement, figures = judged(run(rounds_alone))
    assert judgement.status == "pass"
    assert figures["batch"].note.startswith("in a batch of 1 105 of 105 elements differ, by up to 0.")
    assert figures["batch"].note.endswith("times the bound; in a batch of 5 the same bits")


def mixes_rows(x: Any) -> tuple[Any, ...]:
    (y,) = right(x)
    return (y + np.float32(0.001 * (len(x) - 2)),)


def takes_the_first_two(x: Any) -> tuple[Any, ...]:
    return right(np.concatenate([x, x])[:2])


def refuses(x: Any) -> tuple[Any, ...]:
    if len(x) != 2:
        raise ValueError("\x1b[31mGot 1, expected 2 in <Net object at 0x7f00>\x1b[0m")
    return right(x)


@pytest.mark.parametrize(
    ("program", "kind", "said"),
    [
        (mixes_rows, "value", "output: a value is farther from the oracle than its bound, "),
        (takes_the_first_two, "shape", "in a batch of 1: shape (2, 3, 5, 7), expected (1, 3, 5, 7)"),
        (refuses, "batch-size", "in a batch of 1: ValueError: Got 1, expected 2 in <Net object>"),
        (lambda x: right(x) * (1 + (len(x) == 5)), "output-extra", "in a batch of 5: 2 outputs, expected 1"),
    ],
)
def test_a_network_that_is_made_for_one_batch_size_fails_by_its_batch_probe(program: Any, kind: str, said: str) -> None:
    judgement, figures = judged(run(program))
    assert judgement.failure is not None
    assert (judgement.failure.kind, judgement.failure.probe) == (kind, "batch")
    assert said in judgement.failure.message
    assert (figures["batch"].status, figures["data"].status, figures["threads"].status) == ("fail", "pass", "pass")


def test_threads_that_give_another_answer_fail_and_threads_that_cannot_be_set_are_not_asked() -> None:
    judgement, figures = judged(run(right, threaded=lambda x: (right(x)[0] + np.float32(0.01),)))
    assert judgement.failure is not None
    assert (judgement.failure.kind, judgement.failure.probe) == ("value", "threads")
    assert "with 2 threads" in judgement.failure.message
    judgement, figures = judged(run(right, threaded=None))
    assert judgement.status == "pass"
    assert (figures["threads"].status, figures["threads"].reason) == ("not applicable", "it has one number of threads")


def test_an_error_with_other_threads_is_an_error() -> None:
    def fails(x: Any) -> Any:
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        run(right, threaded=fails)


def test_the_images_of_the_case_come_again_and_again() -> None:
    assert images(CASE, Way("batch", 5)) == [0, 1, 0, 1, 0]
    assert images(CASE, Way("batch", 1)) == [0]
    assert images(CASE, Way("threads", 9)) == [0, 1]


def test_a_route_without_an_open_batch_axis_says_so() -> None:
    def program(variant: str) -> Any:
        if variant == "open":
            raise Unsupported("the exporter leaves no batch axis open")
        return right

    judgement, figures = judged(observe(CASE, 0, program, "NCHW"))  # type: ignore[arg-type]
    assert judgement.status == "pass"
    assert figures["batch"].reason == "the exporter leaves no batch axis open"


def test_a_case_that_asks_for_nothing_gets_no_figure_and_no_open_variant() -> None:
    plain = Case("case", Sigmoid(), (2, 3, 5, 7))
    _, figures = judged(run(right, plain), plain)
    assert set(figures) == {"data", "integer", "impulse"}
    assert "open" not in variants(plain)
    assert "open" in variants(CASE)


def test_axes_are_turned_for_every_batch_size() -> None:
    folding = Case("fold", Flatten(), (2, 3, 4, 5), batches=(3,))
    given = observe(folding, 0, lambda variant: lambda x: (x.reshape(len(x), -1),), "NHWC")
    judgement, figures = judged(given, folding)
    assert judgement.status == figures["batch"].status == "pass"


def test_what_was_asked_otherwise_survives_the_file(tmp_path: Path) -> None:
    observation = run(refuses)
    save(observation, tmp_path / "o.pickle")
    loaded = load(tmp_path / "o.pickle")
    assert list(loaded.others) == list(observation.others) == ["batch/1", "batch/5", "threads/2", "threads/3"]
    for key, other in observation.others.items():
        back = loaded.others[key]
        assert (back.absent, back.broke) == (other.absent, other.broke)
        assert len(back.outputs) == len(other.outputs)
        assert all(np.array_equal(a, b) for a, b in zip(back.outputs, other.outputs, strict=True))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"batches": (0,)}, "batches=(0,) must be a tuple of different whole numbers"),
        ({"batches": [3]}, "batches=[3] must be a tuple"),
        ({"batches": (3, 3)}, "batches=(3, 3) must be a tuple of different"),
        ({"batches": (2,)}, "batches=(2,) must not name the case's own batch size 2"),
        ({"threads": (True,)}, "threads=(True,) must be a tuple"),
    ],
)
def test_a_case_names_other_sizes(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FieldError) as caught:
        Case("case", Conv2D(3, 4, 3), (2, 3, 11, 14), **changes)
    assert said in str(caught.value)


ALONE = Case("alone", Sigmoid(), (2, 3, 5, 7), unbatched=True)


def test_each_sample_is_asked_without_its_batch_axis_and_has_its_own_answer() -> None:
    shapes: list[tuple[int, ...]] = []

    def kept(x: Any) -> tuple[Any, ...]:
        shapes.append(x.shape)
        return right(x)

    judgement, figures = judged(run(kept, ALONE), ALONE)
    assert judgement.status == figures["unbatched"].status == "pass"
    assert figures["unbatched"].note == "each sample without its batch axis the same bits"
    assert shapes[-2:] == [(3, 5, 7), (3, 5, 7)]
    assert judged(run(right))[1].keys().isdisjoint({"unbatched"})


def test_another_answer_to_a_sample_alone_fails() -> None:
    judgement, _ = judged(run(lambda x: right(x if x.ndim == 4 else x[::-1]), ALONE), ALONE)
    assert judgement.failure is not None
    assert (judgement.failure.kind, judgement.failure.probe) == ("value", "unbatched")


def test_another_number_of_axes_fails() -> None:
    judgement, _ = judged(run(lambda x: right(x if x.ndim == 4 else x[None]), ALONE), ALONE)
    assert judgement.failure is not None
    assert (judgement.failure.kind, judgement.failure.probe) == ("shape", "unbatched")


def test_what_refuses_a_sample_alone_is_told() -> None:
    def refuses(x: Any) -> tuple[Any, ...]:
        if x.ndim != 4:
            raise ValueError("expected 4D input (got 3D input)")
        return right(x)

    judgement, figures = judged(run(refuses, ALONE), ALONE)
    said = "refused: ValueError: expected 4D input (got 3D input)"
    assert judgement.status == "pass"
    assert (figures["unbatched"].status, figures["unbatched"].reason) == ("not applicable", said)


def test_what_has_a_batch_always_is_not_asked_and_nor_is_another_function() -> None:
    observation = observe(ALONE, 0, lambda variant: right, "NCHW", batched="a file has a batch")
    assert judged(observation, ALONE)[1]["unbatched"].reason == "a file has a batch"
    flat = Case("flat", Flatten(), (2, 3, 5, 7), unbatched=True)
    figures = judged(run(lambda x: (x.reshape(len(x), -1),), flat), flat)[1]
    assert "flatten (Flatten()): torch.nn.Flatten keeps the first axis" in figures["unbatched"].reason
