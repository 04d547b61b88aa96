"""The catalog's jobs, found by the queue by this file's name."""

from __future__ import annotations

from django.db import close_old_connections
from django.utils.module_loading import import_string
from procrastinate.contrib.django import app

from longshore.catalog.imports import runs

CLOCK = "longshore.project.clock.now"


@app.task(name="longshore.carry-out-import")
def carry_out_import(run: int) -> None:
    """Safe to do twice: a run that is done is left alone."""
    close_old_connections()
    try:
        runs.carry_out(run, now=import_string(CLOCK))
    finally:
        close_old_connections()
