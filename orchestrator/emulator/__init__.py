"""Interpreters of other machines, run here: their roots and qemu-user."""
