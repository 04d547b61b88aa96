"""Expected times of arrival, and where a truck is between two stops."""
