"""A built wheel made self-contained (delocate, repairwheel, auditwheel) and canonical."""
