import pytest

from orchestrator.verify.dyld import candidates
from orchestrator.verify.layout import installed_path
from orchestrator.verify.ldso import search_folder

SITE = "lib/python3/site-packages"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("pkg/a.so", f"{SITE}/pkg/a.so"),
        ("x-1.data/platlib/pkg/a.so", f"{SITE}/pkg/a.so"),
        ("x-1.data/scripts/tool", "bin/tool"),
        ("x-1.data/data/lib/libx.dylib", "lib/libx.dylib"),
        ("x-1.data/headers/x.h", "include/x.h"),
    ],
)
def test_where_members_are_installed(name: str, path: str):
    assert installed_path(name, "x-1.dist-info") == path


LOADER = f"{SITE}/pkg/a.so"


@pytest.mark.parametrize(
    ("path", "loader", "places"),
    [
        ("@loader_path/.dylibs/libx.dylib", LOADER, (f"{SITE}/pkg/.dylibs/libx.dylib",)),
        ("@loader_path/../../../libx.dylib", LOADER, ("lib/libx.dylib",)),
        ("/usr/lib/libz.1.dylib", LOADER, ("/usr/lib/libz.1.dylib",)),
        ("@executable_path/libx.dylib", LOADER, ()),
        ("@executable_path/../lib/libx.dylib", "bin/tool", ("lib/libx.dylib",)),
        ("build/libx.dylib", LOADER, ()),
        ("@rpath/libx.dylib", LOADER, (f"{SITE}/pkg/libx.dylib", "/usr/lib/libx.dylib")),
    ],
)
def test_where_dyld_looks(path: str, loader: str, places: tuple[str, ...]):
    rpaths = (("@loader_path", LOADER), ("/usr/lib", LOADER), ("@loader_path/.", LOADER))
    assert candidates(path, loader, rpaths) == places


@pytest.mark.parametrize(
    ("entry", "folder"),
    [
        ("$ORIGIN", f"{SITE}/pkg"),
        ("${ORIGIN}/../x.libs", f"{SITE}/x.libs"),
        ("$ORIGIN/../../../../..", ".."),
        ("$ORIGINAL/x", ""),
        ("/opt/lib/", "/opt/lib"),
        ("lib", ""),
        ("", ""),
    ],
)
def test_folders_of_an_rpath(entry: str, folder: str):
    assert search_folder(entry, LOADER) == folder
