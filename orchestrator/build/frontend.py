"""The PEP 517 frontend: build requirements into an environment, then the backend's hooks.

Only the hooks see the cross kit, and they see it last (``pypa/build`` with a runner of our own).
"""

from __future__ import annotations

import contextlib
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build.era import applicable
from orchestrator.build.override import own_backend, with_backend
from orchestrator.build.parallel import limited_ninja, parallel_env
from orchestrator.build.requires import adjusted
from orchestrator.errors import (
    BackendFailedError,
    BuildTimeoutError,
    NoBuildBackendError,
    NoWheelError,
    OrchestratorError,
)
from orchestrator.files import ZIP_EPOCH
from orchestrator.targets.kit import write_script
from orchestrator.targets.toolchain import Kit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from build import ProjectBuilder

    from orchestrator.build.environment import BuildEnvironment
    from orchestrator.model import Backend, BuildSettings, SourceTree
    from orchestrator.process import OnLine, Processes

# Backends that take Meson's setup options, and how.
_MESON_BACKENDS = ("mesonpy",)


class Workspace:
    """The folder of one build, and the environment that keeps its programs inside.

    Attributes:
        root: The folder; removed when the build ends.
        log: The build's log, outside the folder.
    """

    def __init__(self, root: Path, log: Path, env: Mapping[str, str]) -> None:
        self.root = root
        self.log = log
        self.home = root / "home"
        self.temporary = root / "tmp"
        for folder in (self.home, self.temporary):
            folder.mkdir(parents=True)
        self._env = dict(env)

    @property
    def env(self) -> dict[str, str]:
        """What every program of the build sees: the caller's PATH and locale, its own HOME."""
        return {
            **self._env,
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "SOURCE_DATE_EPOCH": self._env.get("SOURCE_DATE_EPOCH", str(ZIP_EPOCH)),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
            # maturin would fetch a Rust of its own, which has no library for the target.
            "MATURIN_NO_INSTALL_RUST": "1",
        }


# What a build may inherit: ways to the network and the machine, not settings of other builds.
_INHERITED = [
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TERM",
    "SHELL",
    "USER",
    "LOGNAME",
    "SOURCE_DATE_EPOCH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "NETRC",
    "RUSTUP_HOME",
    "CARGO_HOME",
    "RUSTUP_TOOLCHAIN",
    "DEVELOPER_DIR",
]


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The part of the caller's environment that builds see."""
    kept = {name: environ[name] for name in _INHERITED if name in environ}
    # HOME is the build's own, so what lies in the user's is named.
    home = Path(environ.get("HOME", "/"))
    for name, place in (("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo"), ("NETRC", ".netrc")):
        if name not in kept and (home / place).exists():
            kept[name] = str(home / place)
    return kept


class Frontend:
    """Builds one source tree's wheel in one environment.

    Args:
        tree: The patched source.
        settings: Of the recipes.
        workspace: The build's folder.
        processes: Runs every program.
        on_line: Sees what they print.
        seconds: How long the backend may take.
    """

    def __init__(
        self,
        tree: SourceTree,
        settings: BuildSettings,
        workspace: Workspace,
        *,
        processes: Processes,
        on_line: OnLine,
        seconds: float,
    ) -> None:
        self.tree = tree
        self.settings = settings
        self.workspace = workspace
        self._processes = processes
        self._on_line = on_line
        self._seconds = seconds
        self._kit = Kit(env={})
        self._cpus = 1
        self._environment: BuildEnvironment | None = None

    def fill(self, environment: BuildEnvironment, kit: Kit, constraints: Sequence[str]) -> None:
        """Installs what the build needs: declared, then what the backend asks for."""
        self._environment, self._kit = environment, kit
        with self._hook_failures("get_requires_for_build_wheel"):
            builder = self._builder(environment)
            name, changes = self.tree.source.name, self.settings.build_requires
            declared = adjusted(builder.build_system_requires, changes, name)
            environment.install(declared, self._constraints(declared, constraints))
            wanted = builder.get_requires_for_build("wheel", self._config_settings(builder))
            asked = adjusted(wanted, changes, name, added=False)
        environment.install(asked, self._constraints(asked, constraints))

    def _constraints(self, requirements: Sequence[str], era: Sequence[str]) -> tuple[str, ...]:
        return (*applicable(era, requirements), *self.settings.build_requires.constrain)

    def build(self, into: Path, cpus: int) -> Path:
        """Runs ``build_wheel`` and returns the wheel.

        Args:
            into: Folder for the wheel.
            cpus: That the build may keep busy.

        Raises:
            BackendFailedError: The hook failed.
            NoWheelError: It left no wheel.
        """
        assert self._environment is not None  # noqa: S101 (fill comes first)
        into.mkdir(parents=True, exist_ok=True)
        self._cpus = cpus
        with self._hook_failures("build_wheel"):
            builder = self._builder(self._environment)
            builder.build("wheel", str(into), self._config_settings(builder))
        wheels = sorted(into.glob("*.whl"))
        if len(wheels) != 1:
            found = ", ".join(wheel.name for wheel in wheels) or "none"
            raise NoWheelError(
                f"{self.tree.source.name}: the backend left {len(wheels)} wheels ({found}).",
                log=str(self.workspace.log),
            )
        return wheels[0]

    def prepare_metadata(self, into: Path) -> Path | None:
        """Runs ``prepare_metadata_for_build_wheel``.

        Returns:
            The ``.dist-info`` folder; None where the backend has no such hook.

        Raises:
            BackendFailedError: The hook failed.
        """
        assert self._environment is not None  # noqa: S101 (fill comes first)
        into.mkdir(parents=True, exist_ok=True)
        with self._hook_failures("prepare_metadata_for_build_wheel"):
            builder = self._builder(self._environment)
            found = builder.prepare("wheel", str(into), self._config_settings(builder))
        return Path(found) if found else None

    def _builder(self, environment: BuildEnvironment) -> ProjectBuilder:
        import warnings  # noqa: PLC0415

        from build import ProjectBuilder  # noqa: PLC0415 (0.1 s: not when cached)

        # pyproject_hooks repeats on our stderr what the backend warned of; the log has it.
        warnings.simplefilter("ignore", UserWarning)

        if backend := self.settings.backend:
            _override_backend(self.tree, backend)
        return ProjectBuilder.from_isolated_env(environment, self.tree.path, runner=self._run_hook)

    def _run_hook(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        env = {
            **self.workspace.env,
            **self._kit.env,
            **parallel_env(self._cpus),
            **self.settings.env,
            **(extra_environ or {}),
        }
        venv_bin = str(Path(cmd[0]).parent)
        path = os.pathsep.join(
            [
                *map(str, self._kit.path),
                venv_bin,
                str(self.workspace.root / "tools"),
                env.get("PATH", ""),
            ]
        )
        ninja = limited_ninja(self.workspace.root / "ninja", path, self._cpus)
        env["PATH"] = f"{ninja}{os.pathsep}{path}"
        env["VIRTUAL_ENV"] = str(Path(venv_bin).parent)
        status = self._processes.run(
            cmd,
            cwd=Path(cwd or self.tree.path),
            env=env,
            log=self.workspace.log,
            on_line=self._on_line,
            seconds=self._seconds,
        )
        if status:
            import subprocess  # noqa: PLC0415 (the exception that pypa/build expects)

            raise subprocess.CalledProcessError(status, list(cmd))

    def _config_settings(self, builder: ProjectBuilder) -> dict[str, str | list[str]]:
        settings: dict[str, str | list[str]] = {
            name: value if isinstance(value, str) else list(value)
            for name, value in self.settings.config_settings.items()
        }
        backend = builder._backend  # noqa: SLF001 (build has no public name for it)
        if backend.partition(":")[0] not in _MESON_BACKENDS:
            return settings
        # Left alone, meson-python builds in a folder of random name, which some packages record.
        settings.setdefault("builddir", str(self.workspace.root / "meson"))
        if self._kit.meson_cross_file:
            own = settings.get("setup-args", [])
            own = [own] if isinstance(own, str) else own
            settings["setup-args"] = [f"--cross-file={self._kit.meson_cross_file}", *own]
        return settings

    @contextlib.contextmanager
    def _hook_failures(self, hook: str) -> Iterator[None]:
        from build import BuildBackendException, BuildException  # noqa: PLC0415 (see _builder)

        name = f"{self.tree.source.name} {self.tree.source.version}"
        try:
            yield
        except BuildBackendException as error:
            # pypa/build takes whatever the runner raises for the backend's failure.
            if isinstance(error.exception, BuildTimeoutError):
                raise BuildTimeoutError(
                    f"{name}: {hook} took longer than {self._seconds / 60:g} minutes.",
                    log=str(self.workspace.log),
                ) from error
            if isinstance(error.exception, (OrchestratorError, OSError)):
                raise error.exception from error
            raise BackendFailedError(
                f"{name}: the build backend failed in {hook}.", log=str(self.workspace.log)
            ) from error
        except BuildException as error:
            raise NoBuildBackendError(f"{name}: {error}", log=str(self.workspace.log)) from error


def _override_backend(tree: SourceTree, backend: Backend) -> None:
    """Writes the recipe's build backend into ``pyproject.toml``."""
    text = _overridden(tree, _pyproject(tree), backend)
    (tree.path / "pyproject.toml").write_text(text, encoding="utf-8")


def _pyproject(tree: SourceTree) -> str:
    path = tree.path / "pyproject.toml"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _overridden(tree: SourceTree, text: str, backend: Backend) -> str:
    described = any((tree.path / name).exists() for name in ("setup.py", "setup.cfg"))
    return with_backend(text, backend, tree.source, described=described)


def with_requirements(tree: SourceTree, backend: Backend | None, requires: tuple[str, ...]) -> str:
    """The text of ``pyproject.toml`` with other build requirements.

    Args:
        tree: The patched source.
        backend: Of the recipe; None: the project's own stays.
        requires: PEP 508.

    Raises:
        BadMetadataError: The project's own text is not TOML.
    """
    text = _pyproject(tree)
    own = backend or own_backend(text, tree.source)
    return _overridden(tree, text, msgspec.structs.replace(own, requires=requires))


_CMAKE = """\
#!/bin/sh
case $1 in
  --build|--install|--open|--workflow|--version|--help*|-E) exec {program} "$@" ;;
  *) exec {program} -DCMAKE_POLICY_DEFAULT_CMP0190=NEW "$@" ;;
esac
"""


def link_build_tools(directory: Path) -> None:
    """A folder with recent cmake, ninja and meson, for builds that expect them on PATH.

    Links to the programs themselves: the packages' Python entry points cost 0.1 s a call. CMake's
    FindPython asks the interpreter in cross builds where policy CMP0190 lets it, and by no other
    way can all of a project's CMake code be told so.
    """
    import importlib.metadata  # noqa: PLC0415

    import cmake  # noqa: PLC0415
    import ninja  # noqa: PLC0415

    directory.mkdir(parents=True)
    for program in ("ctest", "cpack"):
        (directory / program).symlink_to(Path(cmake.CMAKE_BIN_DIR) / program)
    write_script(
        directory / "cmake", _CMAKE.format(program=shlex.quote(f"{cmake.CMAKE_BIN_DIR}/cmake"))
    )
    (directory / "ninja").symlink_to(Path(ninja.BIN_DIR) / "ninja")
    files = importlib.metadata.files("meson") or ()
    meson = next(file for file in files if file.name == "meson")
    (directory / "meson").symlink_to(Path(str(meson.locate())).resolve())
