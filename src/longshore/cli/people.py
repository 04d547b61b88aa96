"""user: logins, roles and tokens."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from longshore.cli.answer import Answer

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add(commands: Commands) -> None:
    user = commands.add_parser("user", help="create logins, give roles, issue and revoke API tokens")
    verbs = user.add_subparsers(dest="verb", required=True, metavar="VERB")
    create = verbs.add_parser("add", help="create a login; the password is read from standard input or made up")
    create.add_argument("name")
    create.add_argument(
        "--role",
        required=True,
        help="viewer, manager, planner, buyer, warehouse, dispatcher, quality, supplier, customer or admin",
    )
    create.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    change = verbs.add_parser("role", help="give a login another role")
    change.add_argument("name")
    change.add_argument("role")
    for verb in (create, change):
        verb.add_argument("--partner", default="", help="the company of a supplier's or customer's people, by its code")
    token = verbs.add_parser("token", help="issue an API token; it is shown once")
    token.add_argument("name")
    token.add_argument("--for", dest="purpose", default="api", help="what the token is for")
    listing = verbs.add_parser("list", help="all logins and their roles")
    for verb, run in ((create, _add), (change, _role), (token, _token), (listing, _list)):
        verb.add_argument("--json", action="store_true", help="answer in JSON")
        verb.set_defaults(run=run)


def _add(asked: argparse.Namespace) -> Answer:
    from longshore.project.people import add_person

    given = sys.stdin.readline().rstrip("\n") if asked.password_stdin else None
    person = add_person(name=asked.name, role=asked.role, password=given, partner=asked.partner)
    lines = [f"{person.name} can log in as {person.role}."]
    if given is None:
        lines.append(f"Password: {person.password}")
    return Answer(person_data(person.name, person.role, None if given else person.password), tuple(lines))


def person_data(name: str, role: str, password: str | None) -> dict[str, object]:
    data: dict[str, object] = {"name": name, "role": role}
    return data if password is None else {**data, "password": password}


def _role(asked: argparse.Namespace) -> Answer:
    from longshore.project.people import change_role

    change_role(name=asked.name, role=asked.role, partner=asked.partner)
    return Answer(person_data(asked.name, asked.role, None), (f"{asked.name} is now {asked.role}.",))


def _token(asked: argparse.Namespace) -> Answer:
    from django.utils import timezone

    from longshore.project.people import person_named
    from longshore.project.tokens import issue

    token = issue(user=person_named(asked.name), name=asked.purpose, at=timezone.now())
    return Answer({"name": asked.name, "for": asked.purpose, "token": token}, (token,))


def _list(asked: argparse.Namespace) -> Answer:
    from longshore.project.people import everybody

    people = everybody()
    lines = tuple(f"{person.name:<20} {', '.join(person.roles)}" for person in people)
    return Answer({"users": people}, lines)
