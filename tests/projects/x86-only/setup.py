"""Ships a module that was compiled elsewhere, for Intel Macs (the test puts it there)."""

from setuptools import setup
from setuptools.dist import Distribution


class WithBinaries(Distribution):
    def has_ext_modules(self):
        return True


setup(packages=["x86_only"], package_data={"x86_only": ["*.so"]}, distclass=WithBinaries)
