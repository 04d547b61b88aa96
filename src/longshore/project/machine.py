"""Which machine a figure was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil
from django.db import connection


def describe() -> str:
    """One line: processor, cores, memory, Python, PostgreSQL."""
    memory = round(psutil.virtual_memory().total / 2**30)
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {server_version()}"
    )


def server_version() -> str:
    """The server behind Django's connection."""
    connection.ensure_connection()
    number = connection.connection.info.server_version
    return f"PostgreSQL {number // 10000}.{number % 10000}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
