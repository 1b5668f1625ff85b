"""A model of one's own checked: every step as soon as it can be done, then one document of what came."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from parity.errors import MissingError
from parity.records.model import OWN, ModelCheck
from parity.running import environment
from parity.running.models import module, runs, script
from parity.running.models.course import Course
from parity.running.models.document import document
from parity.running.models.plan import CPU, Plan, Way, hosts, judges, ways, why_absent
from parity.running.models.workers import asking, ended, here_of, setup, with_kinds
from parity.running.pool import Pool
from parity.running.process import Job


def check(plan: Plan, heard: Callable[[bool], None] = lambda bad: None) -> ModelCheck:
    """Run the model every way there is and judge what came. ``heard`` is told of each step that ended, and whether badly.

    Raises :class:`UsageError` for a model or inputs that cannot be used, :class:`parity.errors.MissingError` where no
    runtime is installed, :class:`ParityError` where the judge dies or there is no room.
    """
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity-")))
        pool = stack.enter_context(Pool(setup(plan, folder)))
        pool.start([*judges(), *hosts(plan)][: plan.jobs])  # they import what they need while the model is loaded
        (plan,) = with_kinds({OWN: plan}, pool)
        routes = ways(plan)
        absent = {way.name: why_absent(plan.catalog, way) for way in routes}
        absent |= _without_device(plan, pool, [way for way in routes if way.device != CPU and not absent[way.name]])
        if all(absent.values()):
            said = "; ".join(dict.fromkeys(absent.values())) or "there is no runtime"
            raise MissingError(f"nothing could run: {said}")
        present = [way for way in routes if not absent[way.name]]
        found = Course(plan, present, pool, folder, heard).run()
        here = environment.environment(plan.catalog, plan.threads)
        made = document(plan, routes, absent, found, here, round(time.monotonic() - begun, 3))
        if plan.script is None:
            return made
        ran = [way for way in present if way.name in found.ended]
        checked = script.Checked(plan, pool, found, made, ran, plan.script.name)
        return msgspec.structs.replace(made, script=script.show(checked, plan.script, folder))


def _without_device(plan: Plan, pool: Pool, routes: Sequence[Way]) -> dict[str, str]:
    """Of ways on other devices, why they cannot be gone here; empty where they can."""
    found = {}
    for way in routes:
        doing = f"asking for {way.device}"
        worker, job = OWN, Job(way.name, module.why_no_device, (asking(plan), way.device), doing, plan.limit)
        if way.runtime:
            asked = (way.runtime, plan.catalog, way.device)
            worker, job = way.label, Job(way.name, runs.why_no_device, asked, doing, plan.limit)
        (ending,) = ended(pool, {worker: job}, here=here_of(plan)).values()
        found[way.name] = ending.value if ending.ending == "ok" else ending.message
    return found
