"""The shell, tokens and islands that every page shares."""
