"""What a process hears that a test starts and then signals."""

from __future__ import annotations

import signal


def hear_all() -> None:
    """For ``preexec_fn``: what is sent is heard, though the tests may run where a shell or nohup has had it ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
