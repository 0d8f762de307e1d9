"""Files for other tools, computed from what the wheelhouse and the recipes say. Pure."""
