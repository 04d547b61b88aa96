"""Planning's jobs, found by the queue by this file's name."""

from __future__ import annotations

from django.db import close_old_connections
from django.utils.module_loading import import_string
from procrastinate.contrib.django import app

CLOCK = "longshore.project.clock.now"


@app.task(name="longshore.forecast-run")
def carry_out_forecast_run(run: int) -> None:
    """Safe to do twice: a run that is done is left alone."""
    from longshore.planning.operations import carry_out_run  # only a worker loads the solvers

    close_old_connections()
    try:
        carry_out_run(run, now=import_string(CLOCK))
    finally:
        close_old_connections()


@app.task(name="longshore.scenario-evaluation")
def evaluate_scenario(run: int) -> None:
    """Safe to do twice: an evaluation that is done is left alone."""
    from longshore.planning.operations.scenario_runs import carry_out_evaluation  # only a worker loads the solvers

    close_old_connections()
    try:
        carry_out_evaluation(run, now=import_string(CLOCK))
    finally:
        close_old_connections()
