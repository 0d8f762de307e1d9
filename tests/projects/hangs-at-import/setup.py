from setuptools import Extension, setup

setup(ext_modules=[Extension("hangs_at_import", ["hangs_at_import.c"])])
