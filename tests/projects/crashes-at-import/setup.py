from setuptools import Extension, setup

setup(ext_modules=[Extension("crashes_at_import", ["crashes_at_import.c"])])
