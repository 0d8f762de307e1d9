"""The isolated environment a package is built in: a venv of the target's Python, filled by uv.

It is filled with ordinary wheels of the host: nothing of the cross kit is visible while build
requirements are installed, because installers inspect the interpreter and refuse a liar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from orchestrator.errors import BuildEnvironmentError
from orchestrator.resolve.uv_compile import platform_variables, uv_platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from orchestrator.model import HostPython, Platform
    from orchestrator.process import OnLine, Processes

INSTALL_SECONDS = 1800


class BuildEnvironment:
    """A venv that satisfies ``build.env.IsolatedEnv``'s protocol.

    Args:
        directory: Where it is.
        processes: Runs uv.
        env: Environment of uv: HOME, PATH, and the index configuration.
        log: Log file of the build.
        on_line: Sees what uv prints.
        wheels: A folder of wheels beside those of the index.
        fresh: Projects whose wheels there may have changed since uv has seen them.
        strict: Whether constraints must hold.
    """

    def __init__(
        self,
        directory: Path,
        *,
        processes: Processes,
        env: Mapping[str, str],
        log: Path,
        on_line: OnLine,
        wheels: Path | None = None,
        fresh: Sequence[str] = (),
        strict: bool = False,
    ) -> None:
        self.directory = directory
        self._processes = processes
        links = ",".join(filter(None, (env.get("UV_FIND_LINKS"), str(wheels or ""))))
        self._env = {**env, "UV_FIND_LINKS": links} if wheels else env
        self._log = log
        self._on_line = on_line
        self._strict = strict
        self._fresh = frozenset(fresh)

    def create(self, python: HostPython) -> None:
        """Makes it, of an interpreter of this machine.

        Raises:
            BuildEnvironmentError: uv could not.
        """
        self._uv(
            "venv",
            "--no-project",
            "--no-config",
            "--python",
            str(python.executable),
            str(self.directory),
        )

    @property
    def python_executable(self) -> str:
        """The venv's interpreter."""
        return str(self.directory / "bin" / "python")

    def make_extra_environ(self) -> dict[str, str] | None:
        """Nothing: the hooks' environment is made in one place, the frontend."""
        return None

    def install(self, requirements: Sequence[str], constraints: Sequence[str] = ()) -> None:
        """Installs build requirements.

        Args:
            requirements: PEP 508 strings.
            constraints: As uv reads them. They hold where they can; when no solution satisfies
                them, the requirements are installed without, unless the environment is strict.

        Raises:
            BuildEnvironmentError: No set of wheels satisfies the requirements.
        """
        if not requirements:
            return
        if constraints and self._install(requirements, constraints) == 0:
            return
        strict = constraints and self._strict
        if strict or self._install(requirements, ()) != 0:
            raise BuildEnvironmentError(
                f"The build requirements can't be installed: {', '.join(requirements)}.",
                log=str(self._log),
                details=_last_words(self._log),
            )

    def installed(self) -> tuple[str, ...]:
        """What the environment holds, ``name==version``, sorted."""
        import importlib.metadata  # noqa: PLC0415 (only when something is built)

        found = importlib.metadata.distributions(path=[str(path) for path in self.site_packages])
        return tuple(sorted(f"{item.metadata['Name']}=={item.version}" for item in found))

    @property
    def site_packages(self) -> list[Path]:
        """The venv's ``site-packages``."""
        return list(self.directory.glob("lib/python*/site-packages"))

    def fetch_for_target(self, requirements: Sequence[str], into: Path, platform: Platform) -> bool:
        """Unpacks the wheels that requirements have for another platform; False where one has none.

        Args:
            requirements: ``name==version`` each.
            into: Folder.
            platform: The target's.
        """
        return (
            self._uv_status(
                "pip", "install", "--python", self.python_executable, "--no-deps",
                "--only-binary", ":all:", "--python-platform", uv_platform(platform),
                "--target", str(into), *self._refreshed(requirements), *requirements,
                extra_env=platform_variables(platform),
            )
            == 0
        )  # fmt: skip

    def _install(self, requirements: Sequence[str], constraints: Sequence[str]) -> int:
        command = ["pip", "install", "--python", self.python_executable]
        command += self._refreshed(requirements)
        if constraints:
            file = self.directory / "constraints.txt"
            file.write_text("\n".join(constraints), encoding="utf-8")
            command += ["--constraints", str(file)]
        return self._uv_status(*command, "--", *requirements)

    def _refreshed(self, requirements: Sequence[str]) -> list[str]:
        """Options: uv's cache knows a wheel by its name, and would not see that it was built anew.

        Each costs a question to the index.
        """
        names = [canonicalize_name(Requirement(text).name) for text in requirements]
        return [f"--refresh-package={name}" for name in names if name in self._fresh]

    def _uv(self, *arguments: str) -> None:
        if self._uv_status(*arguments) != 0:
            raise BuildEnvironmentError(
                "uv could not make the build environment.",
                log=str(self._log),
                details=_last_words(self._log),
            )

    def _uv_status(self, *arguments: str, extra_env: Mapping[str, str] | None = None) -> int:
        from uv import find_uv_bin  # noqa: PLC0415 (only when something is built)

        return self._processes.run(
            [find_uv_bin(), *arguments],
            cwd=self.directory.parent,
            env={**self._env, **(extra_env or {})},
            log=self._log,
            on_line=self._on_line,
            seconds=INSTALL_SECONDS,
        )


def _last_words(log: Path) -> tuple[str, ...]:
    """The last lines of a log: uv explains itself well, and last."""
    text = log.read_text(encoding="utf-8", errors="replace")
    lines = text.rpartition("\n$ ")[2].splitlines()[1:]
    return tuple(line for line in lines if line.strip())[-12:]
