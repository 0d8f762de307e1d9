import pytest

from orchestrator.targets.sdk.headers import origin_of_header, origin_of_library


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("CoreFoundation/CoreFoundation.h", "CoreFoundation framework"),
        ("IOKit/usb/IOUSBLib.h", "IOKit framework"),
        ("sqlite3.h", "libsqlite3"),
        ("ffi/ffi.h", "libffi"),
        ("libxml/parser.h", "libxml2"),
        ("readline/readline.h", "libedit"),
        ("sys/xattr.h", "macOS SDK"),
        ("util.h", "macOS SDK"),
        ("net/bpf.h", "macOS SDK"),
    ],
)
def test_headers_of_apples_sdk(header: str, word: str):
    assert word in (origin_of_header(header) or "")


@pytest.mark.parametrize(
    "header",
    ["openssl/ssl.h", "Python.h", "sys/epoll.h", "linux/if.h", "Eigen/Dense", "lzma.h", "", "sys"],
)
def test_headers_of_others(header: str):
    assert origin_of_header(header) is None


@pytest.mark.parametrize(
    ("library", "word"),
    [("bz2", "libbz2"), ("sqlite3", "libsqlite3"), ("readline", "libedit"), ("xml2.2", "libxml2")],
)
def test_libraries_of_apples_sdk(library: str, word: str):
    assert word in (origin_of_library(library) or "")


@pytest.mark.parametrize("library", ["ssl", "lzma", "foo"])
def test_libraries_of_others(library: str):
    assert origin_of_library(library) is None
