"""Where things came from and where they went, over numbered links."""
