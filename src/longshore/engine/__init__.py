"""The engine: algorithms as pure functions on frozen dataclasses and arrays; no framework, database, clock or files."""
