from setuptools import Extension, setup

setup(ext_modules=[Extension("darwinisms", ["darwinisms.c"])], py_modules=[])
