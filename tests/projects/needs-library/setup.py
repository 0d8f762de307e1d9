"""An extension that finds its library through pkg-config and a configuration program, as many do."""

import subprocess

from setuptools import Extension, setup


def answer(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


setup(
    packages=["needs_library"],
    ext_modules=[
        Extension(
            "needs_library._greet",
            ["src/module.c"],
            libraries=["number"],  # found by the compiler alone
            extra_compile_args=answer("pkg-config", "--cflags", "greet"),
            extra_link_args=answer("greet-config", "--libs"),
        )
    ],
)
