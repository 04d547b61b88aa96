"""init, doctor: is everything there?"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from longshore.cli.answer import DONE, FOUND_WRONG, Answer

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: Commands) -> None:
    init = commands.add_parser("init", help="create the tables, roles and fixed places; safe to repeat")
    init.add_argument("--json", action="store_true", help="answer in JSON")
    init.set_defaults(run=_init)
    doctor = commands.add_parser("doctor", help="check the installation and name what is wrong and what to do")
    doctor.add_argument("--json", action="store_true", help="answer in JSON")
    doctor.set_defaults(run=_doctor)


def _init(asked: argparse.Namespace) -> Answer:
    from longshore.project.setting_up import set_up

    done = set_up()
    data = {"database": done.database, "server": done.server, "roles": list(done.roles)}
    return Answer(data, (f"{done.database} on {done.server} is ready.", f"Roles: {', '.join(done.roles)}"))


def _doctor(asked: argparse.Namespace) -> Answer:
    from django.utils import timezone

    from longshore.project.doctor import examine

    findings = examine(at=timezone.now())
    healthy = all(finding.ok for finding in findings)
    lines = tuple(
        f"{'✓' if finding.ok else '✗'} {finding.name}: {finding.sentence}"
        + (f"\n    {finding.remedy}" if finding.remedy and not finding.ok else "")
        for finding in findings
    )
    return Answer({"healthy": healthy, "findings": findings}, lines, DONE if healthy else FOUND_WRONG)
