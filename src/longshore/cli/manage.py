"""Django's own management commands, for developers: `longshore-manage makemigrations …`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longshore.project.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
