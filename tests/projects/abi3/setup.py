from setuptools import Extension, setup

setup(
    py_modules=[],
    ext_modules=[
        Extension(
            "stable",
            ["src/stable.c"],
            define_macros=[("Py_LIMITED_API", "0x03090000")],
            py_limited_api=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
