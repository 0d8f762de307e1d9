from setuptools import Extension, setup

setup(py_modules=[], ext_modules=[Extension("fails_to_compile", ["src/module.c"])])
