from setuptools import Extension, setup

setup(
    packages=["c_setuptools"],
    ext_modules=[Extension("c_setuptools._triple", ["src/triple.c"])],
)
