"""From a requirement to a pinned sdist, through the indexes that pip or uv is configured to use."""
