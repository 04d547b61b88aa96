"""The connection: PostgreSQL as Django knows it, plus "is the embedded server up?" before the first connect."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from django.db.utils import OperationalError
from psycopg import OperationalError as DriverOperationalError

from longshore.project import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects to LONGSHORE_DATABASE_URL, or to the embedded server, which it starts when nobody has."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.settings_dict.get("EMBEDDED"):
            return super().get_new_connection(conn_params)
        if not embedded.ensured_here():
            embedded.ensure(self._own_database())
        try:
            return super().get_new_connection(conn_params)
        except (OperationalError, DriverOperationalError):
            # Killed since we last looked: start it again, once. A second failure is the caller's to see.
            embedded.ensure(self._own_database())
            return super().get_new_connection(conn_params)

    def _own_database(self) -> str | None:
        """The main database is created when missing; a test database is the test runner's business."""
        name = self.settings_dict["NAME"]
        return name if name == self.settings_dict.get("CREATED_WHEN_MISSING") else None
