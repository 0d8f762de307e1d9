from setuptools import Extension, setup

setup(py_modules=[], ext_modules=[Extension("missing_header", ["src/module.c"])])
