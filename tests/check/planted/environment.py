"""An environment in which a faulty release is installed: this one's packages, with one fault in them."""

from __future__ import annotations

import shutil
import site
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

PLANTS = Path(__file__).parent / "plants.py"


class Environment:
    """A virtual environment in a folder that has all packages of this one; :meth:`plant` says which fault is in them."""

    def __init__(self, folder: Path) -> None:
        venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
        self.python = folder / "bin" / "python"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self._packages = folder / "lib" / version / "site-packages"
        shutil.copyfile(PLANTS, self._packages / "planted_plants.py")
        added = [f"import site; site.addsitedir({place!r})" for place in _places()]
        (self._packages / "planted.pth").write_text("\n".join([*added, "import planted_fault", ""]))
        self.plant("")

    def plant(self, fault: str) -> None:
        """Put one fault of ``plants.py`` in place of the one that was there; none for an empty name."""
        text = f"import planted_plants\n\nplanted_plants.install({fault!r})\n"
        (self._packages / "planted_fault.py").write_text(text)
        shutil.rmtree(self._packages / "__pycache__", ignore_errors=True)


def _places() -> Sequence[str]:
    """Where the packages of this environment are."""
    return [place for place in site.getsitepackages() if Path(place).is_dir()]
