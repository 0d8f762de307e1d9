"""What an sdist requires, asked of its build backend in its build environment, not compiled."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

from orchestrator.build import era
from orchestrator.build.environment import BuildEnvironment
from orchestrator.build.frontend import Frontend, Workspace, inherited, link_build_tools
from orchestrator.build.patch import apply_patches
from orchestrator.build.sources import overridden, pin, pin_folder, prepare
from orchestrator.build.sourcetree import check_tree
from orchestrator.errors import BackendFailedError, InterruptedBuildError, OrchestratorError
from orchestrator.files import cache_directory
from orchestrator.model import Request, Source, Value
from orchestrator.plan.steps import Planner
from orchestrator.registry.load import load_registry
from orchestrator.resolve.configuration import uv_environment
from orchestrator.resolve.lock import unknown_metadata
from orchestrator.resolve.select import uploaded_on
from orchestrator.resolve.uv_compile import Metadata
from orchestrator.targets.host import this_host
from orchestrator.targets.toolchain import KitRequest
from orchestrator.targets.toolchains import toolchains

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.model import SourceTree, Target
    from orchestrator.plan.steps import Draft
    from orchestrator.process import Processes
    from orchestrator.resolve.configuration import IndexConfiguration
    from orchestrator.resolve.refusal import Refused

_HOOK_SECONDS = 600


class MetadataBuilder:
    """Asks build backends; serves several threads.

    Args:
        recipes: Folders of recipes beyond those that travel with orchestrator.
        configuration: Of the indexes.
        processes: Runs uv and the hooks.
        told: Called with a target and a sentence when a backend can't tell.
    """

    def __init__(
        self,
        recipes: Sequence[Path],
        configuration: IndexConfiguration,
        processes: Processes,
        told: Callable[[Target, str], None],
    ) -> None:
        self._configuration = configuration
        self._processes = processes
        self._told = told
        host = this_host()
        self._planner = Planner(
            load_registry(recipes), toolchains(host), host, override=overridden, explicit=False
        )

    def __call__(self, refused: Refused, target: Target) -> Metadata:
        """What a source requires; unknown where its backend fails."""
        try:
            source, released = self._found(refused, target)
            content = self._made(self._planner.draft(source, target), released)
        except InterruptedBuildError:
            raise
        except OrchestratorError as error:
            what = f"{refused.name} {refused.version}".strip()
            self._told(
                target,
                f"nobody knows what {what} requires: {error.code} {error.message}",
            )
            return unknown_metadata(refused, target)
        raw, _ = parse_email(content)
        return Metadata(
            name=refused.name or canonicalize_name(raw.get("name", source.name)),
            version=refused.version or raw.get("version", source.version),
            requires_dist=tuple(raw.get("requires_dist", ())),
            requires_python=raw.get("requires_python", ""),
            provides_extra=tuple(raw.get("provides_extra", ())),
        )

    def _found(
        self, refused: Refused, target: Target
    ) -> tuple[Source, tuple[int, int, int] | None]:
        """The source, and when it was made; of an index's sdist the file that a build will need."""
        if refused.indexed:
            text = f"{refused.name}=={refused.version}"
            specifier = f"=={refused.version}"
            request = Request(kind="index", text=text, name=refused.name, specifier=specifier)
            found = pin(request, self._configuration, target.interpreter)
            return found.source, uploaded_on(found.source, found.files)
        return pin_folder(Path(refused.folder), refused.name), None

    def _made(self, draft: Draft, released: tuple[int, int, int] | None) -> bytes:
        """The content of METADATA, with build tools of the sdist's time, else with today's."""
        name = f"{draft.source.name}-{draft.source.version}.log"
        log = cache_directory() / "metadata" / str(draft.target) / name
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"metadata for {draft.target}\n", encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="orchestrate-metadata-") as scratch:
            first = Path(scratch) / "first"
            tree = self._unpacked(draft, first / "source")
            since = released or tree.released
            bounds = era.constraints(since, draft.target.interpreter, era.release_table())
            try:
                return self._asked(draft, tree, _Place(root=first, log=log), bounds)
            except BackendFailedError:
                if not bounds:
                    raise
            second = Path(scratch) / "second"
            tree = self._unpacked(draft, second / "source")
            return self._asked(draft, tree, _Place(root=second, log=log), ())

    def _unpacked(self, draft: Draft, folder: Path) -> SourceTree:
        tree = prepare(draft.source, folder, self._configuration, self._watch)
        apply_patches(tree.path, draft.settings.patches, lambda _: None)
        has_backend = draft.settings.backend is not None
        check_tree(tree, draft.target.interpreter, has_backend=has_backend)
        return tree

    def _asked(
        self, draft: Draft, tree: SourceTree, place: _Place, constraints: Sequence[str]
    ) -> bytes:
        """The content of METADATA, as one set of build tools makes it."""
        settings, target = draft.settings, draft.target
        workspace = Workspace(place.root / "work", place.log, inherited(os.environ))
        link_build_tools(workspace.root / "tools")
        environment = BuildEnvironment(
            place.root / "environment",
            processes=self._processes,
            env={**os.environ, **uv_environment(self._configuration)},
            log=place.log,
            on_line=_unheard,
        )
        environment.create(draft.python)
        request = KitRequest(
            directory=place.root / "kit",
            target=target,
            python=draft.python,
            environment_python=Path(environment.python_executable),
            settings=settings,
        )
        request.directory.mkdir()
        kit = draft.toolchain.prepare(request)
        # The second hook starts twice as fast when the first may leave byte code behind.
        env = {**settings.env, "PYTHONDONTWRITEBYTECODE": ""}
        frontend = Frontend(
            tree,
            msgspec.structs.replace(settings, env=env),
            workspace,
            processes=self._processes,
            on_line=_unheard,
            seconds=_HOOK_SECONDS,
        )
        frontend.fill(environment, kit, constraints)
        folder = frontend.prepare_metadata(place.root / "metadata")
        if folder is None:
            raise BackendFailedError(
                f"{draft.source.name} {draft.source.version}: its build backend makes no metadata"
                " without a build.",
                log=str(place.log),
            )
        return (folder / "METADATA").read_bytes()

    def _watch(self, *_: object) -> None:
        self._processes.check()


class _Place(Value):
    """Where a backend is asked: a folder of its own, and the log."""

    root: Path
    log: Path


def _unheard(_: str) -> None:
    """What the tools print is in the log."""
