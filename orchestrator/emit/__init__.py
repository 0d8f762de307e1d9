"""Files for other tools, made from a project, its lock and its wheelhouse."""
