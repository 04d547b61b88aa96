"""Promise and allocate one order over several sites; time-phased availability."""
