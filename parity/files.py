"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  #: no room: on the disk, in the quota, for so large a file


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` at once: a reader sees the old file or the new one, never a part.

    Raises OSError naming ``path``, which is then as it was.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        error.filename = str(path)
        raise
