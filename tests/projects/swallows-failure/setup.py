"""Falls back to pure Python when the extension does not compile, as some packages do by design."""

from setuptools import Extension, setup


def run(extensions):
    setup(
        name="swallows-failure",
        version="1.0",
        packages=["swallows_failure"],
        ext_modules=extensions,
    )


try:
    run([Extension("swallows_failure._fast", ["src/fast.c"])])
except (Exception, SystemExit) as error:
    print("The extension could not be compiled, plain Python is used instead:", error)
    run([])
