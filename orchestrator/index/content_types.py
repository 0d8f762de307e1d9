"""What files of an export are, for web servers that are told it file by file (buckets). Pure."""

from __future__ import annotations

from orchestrator.index.negotiation import JSON

PAGE_CACHE = "no-cache"
"""Of pages: to be kept, but not to be used without asking."""

FILE_CACHE = "max-age=3600"
"""Of wheels. A wheel that was built again under its name must not break installations for long."""

ASSET_CACHE = "max-age=31536000, immutable"
"""Of what has its digest in its name."""

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".metadata": "text/plain; charset=utf-8",
    ".provenance": "application/json",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


def headers_of(path: str) -> dict[str, str]:
    """``Content-Type`` and ``Cache-Control`` of a file.

    Args:
        path: Below the export.
    """
    folder = path.partition("/")[0]
    ending = path[path.rfind(".") :] if "." in path else ""
    kind = _TYPES.get(ending, "application/octet-stream")
    if folder == "simple" and ending == ".json":
        kind = JSON
    cache = {"files": FILE_CACHE, "assets": ASSET_CACHE}.get(folder, PAGE_CACHE)
    return {"Content-Type": kind, "Cache-Control": cache}
