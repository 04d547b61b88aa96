"""The `longshore` command: thin, one module per group of commands."""
