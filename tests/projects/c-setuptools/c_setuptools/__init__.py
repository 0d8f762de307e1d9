from c_setuptools._triple import triple

__all__ = ["triple"]
