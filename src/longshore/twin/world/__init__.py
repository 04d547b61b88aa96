"""A world that acts on the company through its public verbs, one step of simulated time after the other."""
