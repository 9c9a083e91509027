"""The benchmarks of the jobs. Each yields figures as plain dicts, beside a baseline from the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jobs.bench_audit import measure as audit
from jobs.bench_deliver import deliver
from jobs.bench_evidence import evidence
from jobs.bench_inbound import inbound
from jobs.bench_plan import plan
from jobs.bench_preview import measure as preview
from jobs.bench_replies import replies
from jobs.bench_scale import scale
from jobs.bench_tick import tick

Figure = dict[str, Any]

BENCHMARKS: dict[str, Callable[[], Iterator[Figure]]] = {
    "tick": tick,
    "plan": plan,
    "replies": replies,
    "preview": preview,
    "evidence": evidence,
    "inbound": inbound,
    "deliver": deliver,
    "scale": scale,
    "audit": audit,
}
