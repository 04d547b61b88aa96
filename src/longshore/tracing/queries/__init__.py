"""Questions of tracing."""
