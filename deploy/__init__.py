"""How it runs: the command `tocsin`, everything on one machine, and on many."""
