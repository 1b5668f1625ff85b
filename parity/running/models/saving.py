"""What ran, written where a person wants it: plain files that numpy reads, and that are judged again as they are."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from parity.axes import Array
from parity.running.models.ready import Prepared, Refusal
from parity.running.models.runs import Ran
from parity.running.values import Values


def save(folder: Path, prepared: Prepared, ran: Mapping[str, Ran]) -> Refusal | None:
    """Write the inputs, the files of the model and what each route gave; files that bear these names are replaced.

    ``inputs-0.npz`` holds the first set of inputs and ``ROUTE-0.npz`` what a route gave for it, with the values in between where
    it gives them: arrays by name. A file that an exporter wrote is ``NAME.onnx``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fed = next(iter(prepared.ready.values())).fed
        _copied(folder / "inputs", fed.files)
        for name, each in ran.items():
            _copied(folder / as_file(name), each.files)
        for name, made in prepared.ready.items():
            if made.path.name == f"{name}.onnx" and not made.path.is_relative_to(folder):
                shutil.copyfile(made.path, folder / made.path.name)
    except OSError as error:
        return Refusal(f"--save {folder}: {error.strerror}; name a folder that can be written")
    return None


def as_file(route: str) -> str:
    """How the files of a route begin: ``torch-ort-plain`` for ``torch>ort plain``."""
    return re.sub("[> :]", "-", route)


def _copied(begin: Path, files: tuple[Path, ...]) -> None:
    for i, file in enumerate(files):
        as_npz(begin.with_name(f"{begin.name}-{i}.npz"), Values(file))


def as_npz(path: Path, values: Mapping[str, Array]) -> None:
    """As numpy.savez does it, whatever the names are: that takes none that is called ``file``."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in values.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)
