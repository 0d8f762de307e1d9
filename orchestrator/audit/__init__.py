"""Audit: what a closure, or an environment, lacks for the machine it is meant for."""
