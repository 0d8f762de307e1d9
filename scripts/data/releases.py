#!/usr/bin/env python3
"""Writes orchestrator/build/data/releases.csv: when each major release of a build tool came out.

The date is that of the newest file inside the first wheel of the series, so that it can be had from
any index. Run it when a new major release breaks old sdists.
"""

import csv
import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from packaging.version import InvalidVersion, Version
from pypi_simple import DistributionPackage, PyPISimple

OUTPUT = Path(__file__).parents[2] / "orchestrator" / "build" / "data" / "releases.csv"
# Build tools whose new series broke sdists written for an older one, and how series are counted.
TOOLS: dict[str, tuple[int, str]] = {
    "cffi": (1, "1.0"),
    "cython": (2, "3.0"),
    "nanobind": (1, "1.0"),
    "numpy": (1, "2.0"),
    "pybind11": (2, "2.0"),
    "scikit-build-core": (1, "0.1"),
    "setuptools": (1, "65"),
    "setuptools-scm": (1, "7"),
    "wheel": (2, "0.40"),
}


def versions(client: PyPISimple, name: str) -> Iterator[tuple[Version, DistributionPackage]]:
    for package in client.get_project_page(name).packages:
        try:
            version = Version(package.version or "")
        except InvalidVersion:
            continue
        if package.package_type == "wheel" and not version.is_prerelease:
            yield version, package


def first_of_series(
    client: PyPISimple, name: str, series: Callable[[Version], tuple[int, ...]], since: Version
) -> Iterator[tuple[str, str]]:
    first: dict[tuple[int, ...], tuple[Version, DistributionPackage]] = {}
    for version, package in versions(client, name):
        key = series(version)
        if version >= since and (key not in first or version < first[key][0]):
            first[key] = (version, package)
    for key, (_, package) in sorted(first.items()):
        content = client.s.get(package.url).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            year, month, day = max(
                i.date_time for i in archive.infolist() if "dist-info" in i.filename
            )[:3]
        yield ".".join(map(str, key)), f"{year:04}-{month:02}-{day:02}"


def main() -> None:
    with PyPISimple() as client, OUTPUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("name", "series", "released"))
        for name, (depth, since) in TOOLS.items():
            for series, released in first_of_series(
                client, name, lambda v, n=depth: v.release[:n], Version(since)
            ):
                writer.writerow((name, series, released))
                sys.stdout.write(f"{name} {series} {released}\n")


if __name__ == "__main__":
    main()
