from setuptools import Extension, setup

setup(py_modules=[], ext_modules=[Extension("needs_framework", ["src/module.c"])])
