import os
import sys
import tempfile
import time

import darwinisms as d


def check(found, wanted):
    if found != wanted:
        sys.exit(f"found {found!r} instead of {wanted!r}")


try:
    found = d.variadic("abc", 2**40, 1.5, more=None)
except TypeError as error:
    found = error
check(found, ("abc", 3, 1.5, "abc 1099511627776 (1.5+2j)", (None, None), 7))
try:
    d.variadic("a")
except TypeError as error:
    check(str(error), "function missing required argument 'number' (pos 2)")
check(d.formatted(), ("1 two 3.00 1.500000 x", "1 2 3 4 5 6 7 8 9 10.0"))
check(d.threads(), (41, 42, 43, 40, 3000, 1))
path = os.path.join(tempfile.mkdtemp(), "file")
os.umask(0)
check(d.files(path), (0, 12, 0o640, 12, 1))
try:
    d.files(path)
except FileExistsError:
    pass
else:
    sys.exit("a file was made twice")
check(d.characters(), (1, 0, 1, ord("Q"), 1))
seconds, earlier = d.clocks()
check((abs(seconds - time.time()) < 5, earlier), (True, True))
print("all is as on macOS")
