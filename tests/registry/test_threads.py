import subprocess
import sys

# In a process of its own: msgspec crashes where two threads make it learn a type at once.
PROGRAM = """
import sys, threading
from orchestrator.model import Target
from orchestrator.registry.load import load_registry
from orchestrator.targets.tags import parse_interpreter, parse_platform

sys.setswitchinterval(1e-6)
registry = load_registry(())
target = Target(platform=parse_platform("macos"), interpreter=parse_interpreter("3.11"))
names = sorted(registry.names())[:12]
start = threading.Barrier(len(names))

def read(name):
    start.wait()
    registry.settings(name, "1.0", target)

threads = [threading.Thread(target=read, args=(name,)) for name in names]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(names))
"""


def test_recipes_can_be_read_by_many_threads_from_the_start() -> None:
    for _ in range(6):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout.strip()) == (0, "12"), done.stderr
