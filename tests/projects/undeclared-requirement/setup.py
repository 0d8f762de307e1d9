import numpy
from setuptools import Extension, setup

setup(
    name="undeclared-requirement",
    version="1.0",
    py_modules=[],
    ext_modules=[Extension("undeclared", ["src/module.c"], include_dirs=[numpy.get_include()])],
)
