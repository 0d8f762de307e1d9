"""A compile that takes ten minutes: its process id is printed, so that a test can look for it."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Slow(build_ext):
    def run(self):
        child = subprocess.Popen(["sleep", "600"])
        print(f"slow compile in process {child.pid}", flush=True)
        child.wait()
        super().run()


setup(
    py_modules=[],
    ext_modules=[Extension("slow_compile", ["src/module.c"])],
    cmdclass={"build_ext": Slow},
)
