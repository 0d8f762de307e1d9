"""A built wheel made self-contained (delocate, repairwheel) and canonical."""
