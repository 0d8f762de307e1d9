"""The store of published wheels, with their metadata and the records of how they were made."""
