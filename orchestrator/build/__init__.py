"""Sources, build environments and the PEP 517 frontend: from a step to a built wheel."""
