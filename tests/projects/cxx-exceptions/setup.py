from setuptools import Extension, setup

setup(
    py_modules=[],
    ext_modules=[
        Extension(
            "cxx_exceptions", ["src/ladder.cpp"], language="c++", extra_compile_args=["-std=c++17"]
        )
    ],
)
