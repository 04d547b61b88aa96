"""The typed world as a program of its own: `python -m bench._policy_child JOB ANSWER`, beside the one that plans."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import django


def main(job: str, answer: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longshore.project.settings")
    django.setup()
    from bench._policy_world import Job, live, quick
    from bench._wholesaler import Sizes
    from longshore.project.scratch import scratch_database

    asked = json.loads(job)
    safety, cover = asked["typed_weeks"]
    with scratch_database("bench_policy_typed", durable=False):
        quick()
        lived = live(
            Job(Sizes(**asked["sizes"]), (safety, cover)),
            lambda text: print(f"typed: {text}", file=sys.stderr, flush=True),
        )
    Path(answer).write_text(json.dumps(asdict(lived)))


if __name__ == "__main__":
    main(*sys.argv[1:])
