"""The commands: data for machines, sentences for people, a status for scripts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from longshore.project import embedded

NAME = f"longshore_cli_{os.getpid()}"


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """A database of its own on the shared embedded server."""
    if os.environ.get("LONGSHORE_DATABASE_URL"):
        pytest.skip("SKIPPED: the commands are tested on the embedded server only")
    embedded.ensure(NAME)
    yield {**os.environ, "LONGSHORE_DATABASE_NAME": NAME, "LANG": "en_US.UTF-8"}
    with psycopg.connect(embedded.conninfo("postgres"), autocommit=True) as connection:
        for (name,) in connection.execute("select datname from pg_database where datname like %s", (f"{NAME}%",)):
            connection.execute(f'drop database if exists "{name}" with (force)')


def longshore(environment: dict[str, str], *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "longshore.cli.main", *arguments]
    return subprocess.run(command, env=environment, input=typed, capture_output=True, text=True, timeout=180)


def test_init_can_be_repeated(environment: dict[str, str]) -> None:
    """The second init changes nothing and says the same as the first."""
    first = longshore(environment, "init", "--json")
    second = longshore(environment, "init", "--json")
    assert first.returncode == second.returncode == 0, first.stderr
    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert json.loads(first.stdout)["roles"] == [
        *(
            "viewer",
            "manager",
            "planner",
            "buyer",
            "warehouse",
            "dispatcher",
            "quality",
            "supplier",
            "customer",
            "admin",
        )
    ]


def test_a_user_gets_a_role_and_a_token(environment: dict[str, str]) -> None:
    """add prints a password once, role changes the role, token prints a token."""
    made = longshore(environment, "user", "add", "wang.fang", "--role", "buyer", "--json")
    assert made.returncode == 0, made.stderr
    assert len(json.loads(made.stdout)["password"]) >= 16
    assert longshore(environment, "user", "role", "wang.fang", "planner").returncode == 0
    listed = json.loads(longshore(environment, "user", "list", "--json").stdout)
    assert {"name": "wang.fang", "roles": ["planner"], "active": True} in listed["users"]
    token = json.loads(longshore(environment, "user", "token", "wang.fang", "--json").stdout)["token"]
    assert token.startswith("lsh_")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("user", "add", "li.lei", "--role", "king"), "no-such-role", "There is no role king."),
        (("user", "role", "nobody.here", "buyer"), "no-such-user", "Nobody is called nobody.here."),
        (("bench", "nothing"), "no-such-bench", "There is no benchmark nothing."),
        (("import", "unicorns", "x.csv"), "unknown-target", "Nothing named “unicorns” can be imported."),
    ],
)
def test_a_refusal_is_a_sentence_and_a_remedy(
    environment: dict[str, str], arguments: tuple[str, ...], code: str, sentence: str
) -> None:
    """Status 1, the code in the JSON, the sentence and what to do on standard error."""
    done = longshore(environment, *arguments, "--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert (answer["code"], answer["sentence"]) == (code, sentence)
    assert answer["remedy"] != ""
    assert done.stderr.strip() == f"{sentence} {answer['remedy']}"


def test_a_weak_password_is_refused_and_nobody_is_created(environment: dict[str, str]) -> None:
    """The refusal leaves no login behind."""
    done = longshore(environment, "user", "add", "li.lei", "--role", "buyer", "--password-stdin", typed="12345\n")
    assert done.returncode == 1
    assert "li.lei" not in longshore(environment, "user", "list").stdout


def test_a_missing_file_is_misuse(environment: dict[str, str], tmp_path: Path) -> None:
    """Status 2 and the name of the file."""
    done = longshore(environment, "import", "items", str(tmp_path / "none.csv"))
    assert (done.returncode, done.stderr.strip()) == (2, f"There is no file {tmp_path / 'none.csv'}. Check the path.")


def test_an_unreachable_database_is_named(environment: dict[str, str]) -> None:
    """A wrong address ends with status 1 and says where to look."""
    wrong = {**environment, "LONGSHORE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    done = longshore(wrong, "init")
    assert done.returncode == 1
    assert "LONGSHORE_DATABASE_URL" in done.stderr
    wrong["LONGSHORE_DATABASE_URL"] = "mysql://somewhere"
    assert "must look like postgresql://" in longshore(wrong, "init").stderr


def test_backup_and_restore_bring_everything_back(environment: dict[str, str], tmp_path: Path) -> None:
    """What was added after the backup is gone after the restore, what was there is back, the old database is kept."""
    file = tmp_path / "all.backup"
    longshore(environment, "init")
    longshore(environment, "user", "add", "before", "--role", "viewer")
    made = longshore(environment, "backup", str(file), "--json")
    assert made.returncode == 0, made.stderr
    longshore(environment, "user", "add", "after", "--role", "viewer")
    refused = longshore(environment, "restore", str(file), "--json")
    assert (refused.returncode, json.loads(refused.stdout)["code"]) == (1, "database-in-use")
    done = longshore(environment, "restore", str(file), "--replace", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == json.loads(made.stdout)["rows"]
    names = [one["name"] for one in json.loads(longshore(environment, "user", "list", "--json").stdout)["users"]]
    assert "before" in names
    assert "after" not in names
    kept = {**environment, "LONGSHORE_DATABASE_NAME": json.loads(done.stdout)["kept_as"]}
    assert "after" in longshore(kept, "user", "list").stdout


def test_a_damaged_backup_is_refused(environment: dict[str, str], tmp_path: Path) -> None:
    """One changed byte: refused by the checksum, the database is untouched."""
    file = tmp_path / "all.backup"
    longshore(environment, "backup", str(file))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    before = longshore(environment, "user", "list").stdout
    done = longshore(environment, "restore", str(file), "--replace", "--json")
    assert (done.returncode, json.loads(done.stdout)["code"]) == (1, "backup-damaged")
    assert longshore(environment, "user", "list").stdout == before


def test_doctor_names_each_finding(environment: dict[str, str]) -> None:
    """Every check is listed with a sentence; what is wrong has a remedy; the status tells."""
    done = longshore(environment, "doctor", "--json")
    report = json.loads(done.stdout)
    names = [finding["name"] for finding in report["findings"]]
    assert names == ["database", "disk", "pages", "languages", "tables", "outbox", "dead letters", "jobs"]
    assert all(finding["ok"] or finding["remedy"] for finding in report["findings"])
    assert done.returncode == (0 if report["healthy"] else 3)


def test_an_empty_ledger_audits_clean(environment: dict[str, str]) -> None:
    """Status 0 and zero discrepancies."""
    done = longshore(environment, "audit", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"entries": 0, "balances": 0, "discrepancies": []}
