"""Proof by running: a wheel is installed for its target's Python and its code is run."""
