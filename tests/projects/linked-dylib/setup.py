"""Builds libgreet.1.dylib first, then an extension that links it; the wheel holds the latter only."""

import os
import shlex
import subprocess
import sysconfig

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildLibraryFirst(build_ext):
    def run(self):
        os.makedirs("native", exist_ok=True)
        compiler = shlex.split(sysconfig.get_config_var("CC"))
        library = os.path.join("native", "libgreet.1.dylib")
        subprocess.run(
            [*compiler, "-dynamiclib", "-O2", "-o", library, "lib/greet.c", "-Ilib",
             "-install_name", "@rpath/libgreet.1.dylib",
             "-compatibility_version", "1", "-current_version", "1.2"],
            check=True,
        )  # fmt: skip
        if not os.path.lexists("native/libgreet.dylib"):
            os.symlink("libgreet.1.dylib", "native/libgreet.dylib")
        super().run()


setup(
    packages=["linked_dylib"],
    ext_modules=[
        Extension(
            "linked_dylib._hello",
            ["src/hello.c"],
            include_dirs=["lib"],
            library_dirs=["native"],
            libraries=["greet"],
            extra_link_args=["-Wl,-rpath," + os.path.abspath("native")],
        )
    ],
    cmdclass={"build_ext": BuildLibraryFirst},
)
