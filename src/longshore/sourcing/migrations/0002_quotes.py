"""Contracts, price breaks, quotes, scorecards, documents exchanged."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("sourcing", "0001_purchases")]
    operations: ClassVar = []
