"""Makes a Python that runs no build backend: a ``.pth`` file imports this before anything else.

uv runs the hooks of sdists in it. Each is written down and ended before its first line. The only
program that may go on is the one by which uv gets to know an interpreter.

The end of a hook ends uv, which has others running: each waits until no new one has come for a
while, so that one run names all of them.
"""

import os
import sys
import time

_QUIET = 0.25
_PATIENCE = 10.0
_REFUSED = 97


def _refuse() -> None:
    folder = os.environ.get("ORCHESTRATE_REFUSED")
    if folder:
        path = os.path.join(folder, str(os.getpid()))
        with open(path + ".part", "w", encoding="utf-8") as file:
            file.write(os.getcwd())
        os.rename(path + ".part", path)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            newest = max(entry.stat().st_mtime for entry in os.scandir(folder))
            if time.time() - newest > _QUIET:
                break
            time.sleep(_QUIET / 5)
    sys.stderr.write("orchestrate: no code of a source distribution is run here\n")
    sys.stderr.flush()
    os._exit(_REFUSED)


if not any("get_interpreter_info" in word for word in sys.orig_argv):
    _refuse()
