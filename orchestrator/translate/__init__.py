"""Mach-O code made runnable on Linux: proof without a Mac, and named for what it is."""
