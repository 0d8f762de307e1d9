"""The frozen values that each stage hands to the next.

Nothing here reads a file, starts a process or knows a rule; a value is parsed and checked by the
stage that makes it and trusted afterwards. Mappings inside values are never mutated.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, dataclass_transform

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

Severity = Literal["error", "warning", "note"]
Proof = Literal["executed", "emulated", "translated", "structural"]
Phase = Literal["fetch", "patch", "environment", "build", "repair", "verify", "test", "publish"]
Route = Literal["cross", "native", "hybrid", "emulated"]
Outcome = Literal["passed", "failed", "crashed", "hung"]
StepKind = Literal["wheel", "library", "redirect", "uploaded"]
SubstituteKind = Literal["redirect", "upgrade", "advice"]
Blas = Literal["accelerate", "openblas", "none"]
BuildSystem = Literal["cmake", "autotools", "meson", "make"]
Linking = Literal["shared", "static"]


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of all values: immutable, compared by content, encodable as JSON."""


def learn(kind: object) -> None:
    """Makes msgspec learn a type that is decoded in threads, while a module is imported.

    It does so when it first meets a type, and crashes where two threads do so at once.
    """
    msgspec.json.Decoder(kind)


# --- targets ------------------------------------------------------------------------------


class Platform(Value):
    """The OS, architecture and minimum version that a wheel promises.

    Attributes:
        os: ``macos`` or ``linux``.
        arch: As the wheel tag spells it: ``arm64`` on macOS, ``aarch64`` on Linux.
        minimum: Oldest OS version: macOS (major, minor), or the libc's (major, minor) on Linux.
        libc: ``glibc`` or ``musl`` on Linux, empty on macOS.
    """

    os: Literal["macos", "linux"]
    arch: str
    minimum: tuple[int, int]
    libc: Literal["", "glibc", "musl"] = ""

    @property
    def tag(self) -> str:
        """The platform as a wheel tag spells it, e.g. ``macosx_11_0_arm64`` (PEP 425, 600, 656)."""
        family = {"": "macosx", "glibc": "manylinux", "musl": "musllinux"}[self.libc]
        return f"{family}_{self.minimum[0]}_{self.minimum[1]}_{self.arch}"


class Interpreter(Value):
    """A CPython minor version and its ABI flavour.

    Attributes:
        major: 3.
        minor: 9 to 14.
        free_threaded: Whether it is the build without the GIL (``cp313t``).
    """

    major: int
    minor: int
    free_threaded: bool = False

    @property
    def version(self) -> str:
        """``X.Y``, with a ``t`` behind for the free-threaded build."""
        return f"{self.major}.{self.minor}{'t' if self.free_threaded else ''}"

    @property
    def python_tag(self) -> str:
        """The wheel's python tag, e.g. ``cp313`` (the same for the free-threaded build)."""
        return f"cp{self.major}{self.minor}"

    @property
    def abi_tag(self) -> str:
        """The wheel's abi tag, e.g. ``cp311`` or ``cp313t``."""
        return f"{self.python_tag}{'t' if self.free_threaded else ''}"


NO_PYTHON = Interpreter(major=0, minor=0)
"""The interpreter of what knows none: native libraries are the same for every Python."""


class Target(Value):
    """What a wheel must run on."""

    platform: Platform
    interpreter: Interpreter

    def __str__(self) -> str:
        if self.interpreter == NO_PYTHON:
            return self.platform.tag
        return f"{self.interpreter.abi_tag}-{self.platform.tag}"


class HostPython(Value):
    """An interpreter of this machine, as it describes itself.

    Attributes:
        executable: Absolute path.
        version: Full version, e.g. ``3.11.7``.
        interpreter: Its minor version and flavour.
        include: Folder of ``Python.h``.
        machine: What it was built for, e.g. ``x86_64`` or ``arm64``.
        config_vars: ``sysconfig.get_config_vars()``, strings and integers only.
    """

    executable: Path
    version: str
    interpreter: Interpreter
    include: Path
    machine: str
    config_vars: dict[str, str | int]


class Check(Value):
    """One thing a toolchain needs, as ``doctor`` looked at it.

    Attributes:
        name: Short, e.g. ``command line tools``.
        status: ``ok``; ``warning`` (works, but look); ``missing`` (nothing can be built).
        found: What is there, in a few words.
        fix: The command that mends it; empty when ok.
    """

    name: str
    status: Literal["ok", "warning", "missing"]
    found: str
    fix: str = ""


# --- sources ----------------------------------------------------------------------------------

UNKNOWN_VERSION = "0+unknown"
"""The version of a source that only its build can tell; its name may be a guess then, too."""


class Request(Value):
    """One REQUIREMENT of the command line, classified but not looked up.

    Attributes:
        kind: ``index`` (PEP 508), ``file`` (an sdist), ``directory`` or ``git``.
        text: As the user wrote it.
        name: Normalized project name (PEP 503); empty where only the source itself knows.
        specifier: PEP 440 specifier set of an ``index`` request, may be empty.
        location: Absolute path, or the git URL without ``git+`` and revision.
        revision: Of a ``git`` request; empty means the default branch.
        extras: Of an ``index`` request.
    """

    kind: Literal["index", "file", "directory", "git"]
    text: str
    name: str = ""
    specifier: str = ""
    location: str = ""
    revision: str = ""
    extras: tuple[str, ...] = ()


class Source(Value):
    """A pinned source of one version of one project.

    Attributes:
        name: Normalized project name.
        version: PEP 440 version.
        kind: Where it comes from.
        location: URL or absolute path.
        filename: Of the archive; empty for directories and git.
        digest: ``sha256:HEX`` of the archive, of the directory's content, or ``git:COMMIT``.
        requires_python: PEP 440 specifier set, may be empty.
    """

    name: str
    version: str
    kind: Literal["index", "file", "directory", "git", "url"]
    location: str
    filename: str = ""
    digest: str = ""
    requires_python: str = ""


class SourceTree(Value):
    """A source unpacked (and patched) in a folder of its own.

    Attributes:
        source: What was unpacked.
        path: The folder that holds ``pyproject.toml`` or ``setup.py``.
        released: Year, month, day of the newest file in the archive, or None where unknown.
    """

    source: Source
    path: Path
    released: tuple[int, int, int] | None = None


# --- closures ---------------------------------------------------------------------------------


class DistFile(Value):
    """A wheel or an sdist as an index or a lock lists it.

    Attributes:
        filename: Of the archive.
        url: Where it can be fetched; it may hold credentials.
        sha256: Hex digest; empty where the index does not say.
        size: Bytes; None where the index does not say.
    """

    filename: str
    url: str
    sha256: str = ""
    size: int | None = None


class Locked(Value):
    """One package of a closure, pinned.

    Attributes:
        name: Normalized project name.
        version: PEP 440 version.
        wheels: Every wheel that the lock lists of the version, for whatever platform.
        wheel: The one that an installer takes on the target; None: the closure lacks it.
        sdist: None where there is none.
        source: A directory, archive or git commit where the package does not come from an index.
        needs: Names of the packages of the closure that it requires on the target at run time.
        roots: Requirements of the user, as written, that pull it in.
        dependencies_known: Whether ``needs`` is what its metadata says; False: nothing but a build
            could tell, and that was forbidden.
    """

    name: str
    version: str
    wheels: tuple[DistFile, ...] = ()
    wheel: DistFile | None = None
    sdist: DistFile | None = None
    source: Source | None = None
    needs: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    dependencies_known: bool = True


class Closure(Value):
    """Every package that some requirements need on a target, pinned.

    Attributes:
        target: What it was resolved for.
        packages: By name.
        lock: The lock file (PEP 751) that says the same, as text.
        redirects: Steps of kind ``redirect`` that packages without a wheel count on.
    """

    target: Target
    packages: tuple[Locked, ...]
    lock: str = ""
    redirects: tuple[Step, ...] = ()


# --- recipes ----------------------------------------------------------------------------------


class SourceOverride(Value):
    """Where a recipe takes the source from instead of the index: an archive or a git commit.

    Attributes:
        url: Of an archive; with ``sha256``.
        sha256: Hex digest of the archive.
        git: Repository URL; with ``rev``.
        rev: Full commit id or tag.
        debian: The source package that has the same archive, ``RELEASE/NAME``: where it is taken
            from when the URL can't be reached, or there is none. Of libraries only.
    """

    url: str = ""
    sha256: str = ""
    git: str = ""
    rev: str = ""
    debian: str = ""


class Patch(Value):
    """One patch file: its name as the recipe gives it, its path, and its hex sha256."""

    name: str
    path: Path
    sha256: str


class Flags(Value):
    """Compiler and linker flags that a recipe adds, or drops from the package's own."""

    compile_add: tuple[str, ...] = ()
    compile_drop: tuple[str, ...] = ()
    link_add: tuple[str, ...] = ()
    link_drop: tuple[str, ...] = ()


class BuildRequires(Value):
    """Changes to the declared build requirements: PEP 508 strings; ``remove`` holds names."""

    add: tuple[str, ...] = ()
    constrain: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class Backend(Value):
    """A PEP 517 build backend used instead of the project's own (or its absence)."""

    build_backend: str
    requires: tuple[str, ...] = ()
    backend_path: tuple[str, ...] = ()


class Needs(Value):
    """What the toolchain must have.

    Attributes:
        languages: Of ``c``, ``c++``, ``rust``, ``fortran``.
        minimum_macos: Deployment target (major, minor), or None.
        frameworks: Apple frameworks, e.g. ``CoreFoundation``.
        tools: Programs that must be on PATH.
    """

    languages: tuple[str, ...] = ()
    minimum_macos: tuple[int, int] | None = None
    frameworks: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


class LibraryBuild(Value):
    """How a native library is built, and what is kept of what it installs.

    Words may hold ``{prefix}``, the folder that the library is configured for; ``{needs}``, the one
    in which the libraries lie that it needs; ``{host}`` and ``{build}``, the GNU triples of target
    and host.

    Attributes:
        system: What builds it.
        linking: Which kind of library is made and kept.
        folder: Of the source, where its build files lie; empty: its top.
        arguments: Behind the words that every project of this build system gets.
        configure: With ``make``: a command that is run before it; none: nothing is.
        targets: With ``make`` and ``autotools``: what is built; none: what the project says.
        install: Likewise: what installs, each a command line of make.
        installs: Patterns; each must match something that was installed.
        programs: Configuration programs, such as ``pg_config``: what they print for each option.
        licences: Files of the source, patterns; they travel with whatever holds the library.
    """

    system: BuildSystem
    linking: Linking = "shared"
    folder: str = ""
    arguments: tuple[str, ...] = ()
    configure: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    install: tuple[str, ...] = ()
    installs: tuple[str, ...] = ()
    programs: dict[str, dict[str, str]] = {}
    licences: tuple[str, ...] = ()


class TestPlan(Value):
    """How to test the installed wheel.

    Attributes:
        imports: Modules to import; none means every top-level module of the wheel.
        command: Run by ``sh`` in a folder of its own, with the target's ``python`` first on PATH.
        requires: What the command needs installed, PEP 508.
        files: Files and folders of the source that the command needs, copied into its folder,
            at the same relative places.
        own_files: Files that come with the recipe, copied into the folder itself.
        source: Where ``files`` come from when the sdist has no tests.
        seconds: Time that the command may take, natively; 0 is the default.
    """

    __test__ = False  # not a pytest class

    imports: tuple[str, ...] = ()
    command: str = ""
    requires: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    own_files: tuple[Path, ...] = ()
    source: SourceOverride | None = None
    seconds: int = 0


class Substitute(Value):
    """What a recipe offers for a version that has no wheel for the target.

    Attributes:
        kind: ``redirect``: another project has wheels of the very same thing, and a redirect wheel
            makes installers take them. ``upgrade``: other versions of the project itself have
            wheels. ``advice``: a person must decide; nothing is done unasked.
        name: The other project, normalized; empty where there is none.
        versions: PEP 440 specifier set of an ``upgrade``.
        extras: Extras of the redirect wheel, and what each requires (PEP 508). A requirement of
            ``name`` itself has no specifier: it is the redirect's own version.
        advice: What to know or to do, in a sentence or two.
    """

    kind: SubstituteKind
    name: str = ""
    versions: str = ""
    extras: dict[str, tuple[str, ...]] = {}
    advice: str = ""


class BuildSettings(Value):
    """What the recipes say for one version on one target: all that match, merged in order.

    Attributes:
        recipes: Files (and release numbers) that contributed, e.g. ``numpy.toml[0]``.
        digest: Hex sha256 over all that can change a wheel: patch contents, but neither file names
            nor reasons. Empty settings have a digest too.
        config_settings: PEP 517 config settings; a list repeats the setting.
        extensions: Whether a wheel without compiled code is a failure; empty: to be judged.
        target_build_requires: Build requirements whose headers and static libraries must be
            the target's, beyond those found automatically.
        route: How the wheel must be built; empty: whatever works first.
        libraries: Native libraries that it is linked with: names, with version ranges.
        library: How it is built, where it is a library itself.
        test: How to test the wheel; not part of ``digest``, because it can't change one.
        substitute: What to do where there is no wheel and no build is possible or wanted; not part
            of ``digest`` either: what a redirect wheel says is its step's source.
    """

    recipes: tuple[str, ...] = ()
    digest: str = ""
    source: SourceOverride | None = None
    patches: tuple[Patch, ...] = ()
    env: dict[str, str] = {}
    flags: Flags = Flags()
    build_requires: BuildRequires = BuildRequires()
    target_build_requires: tuple[str, ...] = ()
    config_settings: dict[str, str | tuple[str, ...]] = {}
    backend: Backend | None = None
    blas: Blas | None = None
    extensions: Literal["required", "optional", ""] = ""
    needs: Needs = Needs()
    route: Route | Literal[""] = ""
    libraries: tuple[str, ...] = ()
    library: LibraryBuild | None = None
    test: TestPlan = TestPlan()
    substitute: Substitute | None = None
    why: tuple[str, ...] = ()


# --- steps and wheels ------------------------------------------------------------------------


def label_of(name: str, version: str, target: Target) -> str:
    """How messages and plans name what is made: ``name==version for cp311-macosx_11_0_arm64``."""
    return f"{name}=={version} for {target}"


class ToolchainIdentity(Value):
    """Which toolchain compiles, with the versions that can change its output."""

    name: str
    versions: dict[str, str]


class Step(Value):
    """One wheel, or one library, to build.

    Attributes:
        source: Pinned.
        settings: Of the recipes.
        target: What it is built for; a library's has ``NO_PYTHON``.
        toolchain: What compiles it.
        python: Full version of the host interpreter, e.g. ``3.11.7``; empty for a library.
        fingerprint: Hex digest of its parts.
        kind: Of what it makes: a ``wheel`` compiled from a source; a native ``library``; a
            ``redirect`` wheel, which holds nothing but the requirement of another project.
        build_requires: Its declared build requirements and theirs, locked: ``name==version``.
        parts: All that can change what it makes, by name (``plan.fingerprint``).
        settled: The fingerprint in which what it needs counts with its interface alone; empty
            until that is built.
        libraries: The steps of the libraries that its recipe names; they come first.
    """

    source: Source
    settings: BuildSettings
    target: Target
    toolchain: ToolchainIdentity
    python: str
    fingerprint: str
    kind: StepKind = "wheel"
    build_requires: tuple[str, ...] = ()
    parts: dict[str, str] = {}
    settled: str = ""
    libraries: tuple[Step, ...] = ()

    @property
    def label(self) -> str:
        """How messages name the step: ``name==version for cp311-macosx_11_0_arm64``."""
        return label_of(self.source.name, self.source.version, self.target)


class PlanStep(Value):
    """A step in its place in a plan.

    Attributes:
        step: What is done; its label names it in the plan.
        needs: Labels of the steps that must be done before: libraries that its recipe names, and
            wheels for the target that its build needs.
        why: Why it is a step at all, e.g. ``no wheel for macosx_11_0_arm64``.
        roots: Requirements of the user, as written, that pull it in.
        seconds: Estimated time on one CPU of this host; 0: not known.
        cpus: CPUs that it can keep busy; 0: not known.
        memory: Bytes that it is expected to need at its peak; 0: not known.
        binaries: Whether the index's wheels of the version hold binaries; None: it has none.
        released: Year, month, day of the source; None: not known.
        cached: File name of the wheel that the wheelhouse has of it; empty: it is to be done.
        served: Whether it is done for other steps alone: a library, or a build requirement.
        requires: Its build requirements and theirs, with their files.
        notes: Things the user should know before it is done.
    """

    step: Step
    needs: tuple[str, ...] = ()
    why: str = ""
    roots: tuple[str, ...] = ()
    seconds: float = 0.0
    cpus: int = 0
    memory: int = 0
    binaries: bool | None = None
    released: tuple[int, int, int] | None = None
    cached: str = ""
    served: bool = False
    requires: tuple[Locked, ...] = ()
    notes: tuple[str, ...] = ()


class Unbuildable(Value):
    """A package that a closure lacks and no step can make: why, and what to do.

    Attributes:
        details: Lines worth showing below the message, such as uv's explanation.
    """

    name: str
    version: str
    target: Target
    code: str
    message: str
    hint: str
    roots: tuple[str, ...] = ()
    details: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """As that of the step that there would be."""
        return label_of(self.name, self.version, self.target)


class Plan(Value):
    """The acyclic graph of steps that builds what closures lack.

    Attributes:
        steps: Each one behind those it needs.
        unbuildable: What stays missing.
        closures: What the plan is for, one for each target.
    """

    steps: tuple[PlanStep, ...]
    unbuildable: tuple[Unbuildable, ...] = ()
    closures: tuple[Closure, ...] = ()


class BuiltWheel(Value):
    """What the backend made.

    Attributes:
        step: What was built.
        path: In the build folder, not in the wheelhouse.
        build_requires: What the build environment held, ``name==version``.
        notes: Things the toolchain changed that a reader of the record should know.
        route: How it was compiled: ``cross``; ``native``; ``hybrid`` (the target's interpreter
            under emulation runs the backend, the compiler is native); ``emulated`` (everything is).
    """

    step: Step
    path: Path
    route: Route = "cross"
    build_requires: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class RepairedWheel(Value):
    """A built wheel made self-contained and canonical; ``grafted`` names libraries copied in."""

    built: BuiltWheel
    path: Path
    grafted: tuple[str, ...] = ()


class Finding(Value):
    """One thing verification saw.

    Attributes:
        code: Stable, e.g. ``MAC003``; ``docs/findings.md`` explains each.
        severity: An ``error`` keeps the wheel out of the wheelhouse.
        message: What, and why it matters.
        where: Member of the wheel, or empty for the wheel as a whole.
        hint: What to do.
    """

    code: str
    severity: Severity
    message: str
    where: str = ""
    hint: str = ""


class ProofRun(Value, kw_only=True):
    """One run of a wheel's code: what ran where, and how it ended.

    Attributes:
        proof: What the run amounts to.
        host: Who ran it, e.g. ``Linux x86_64``.
        runner: What stood between code and hardware, e.g. ``qemu-aarch64 7.2.22``; empty: nothing.
        cpu: CPU model of the emulator, e.g. ``max`` or ``cortex-a57``; empty: the hardware's own.
        python: Full version of the interpreter, e.g. ``3.11.2``.
        imports: Modules that were imported.
        command: The recipe's test command; empty where only imports were tried.
        outcome: How it ended.
        reason: Why it did not pass, e.g. ``import of annoy: Segmentation fault``.
        tests: What the command counted: ``{"passed": 160, "skipped": 2}``; empty: it doesn't count.
        seconds: Wall time.
        created: RFC 3339, UTC.
    """

    proof: Proof
    host: str
    runner: str = ""
    cpu: str = ""
    python: str
    imports: tuple[str, ...]
    command: str = ""
    outcome: Outcome
    reason: str = ""
    tests: dict[str, int] = {}
    seconds: float
    created: str

    def settles(self, earlier: ProofRun) -> bool:
        """Whether it tried again all that an earlier run did, in the same way."""
        return (
            (self.proof, self.cpu) == (earlier.proof, earlier.cpu)
            and set(earlier.imports) <= set(self.imports)
            and bool(self.command) >= bool(earlier.command)
        )


PROOFS: tuple[Proof, ...] = ("structural", "translated", "emulated", "executed")
"""Weakest first."""


def strongest(runs: Sequence[ProofRun]) -> Proof:
    """The strongest proof that these runs, oldest first, amount to.

    A run that did not pass refutes what it tried to prove and all that is weaker, until one of
    the same kind passes.
    """
    passed = [PROOFS.index(run.proof) for run in runs if run.outcome == "passed"]
    refuted = [
        PROOFS.index(run.proof)
        for number, run in enumerate(runs)
        if run.outcome != "passed"
        and not any(later.settles(run) and later.outcome == "passed" for later in runs[number:])
    ]
    best = max(passed, default=0)
    return PROOFS[best if best > max(refuted, default=-1) else 0]


class VerifiedWheel(Value):
    """A repaired wheel without error findings: the only thing the wheelhouse publishes.

    Attributes:
        repaired: The wheel.
        findings: What the rules saw, none of it an error.
        runs: Of its code; every one passed.
    """

    repaired: RepairedWheel
    findings: tuple[Finding, ...]
    runs: tuple[ProofRun, ...] = ()


class UploadedWheel(Value):
    """A wheel that was built elsewhere, and was examined here: what the wheelhouse takes so.

    Attributes:
        path: Of its file, in a folder of the wheelhouse's file system; it is moved.
        filename: That it gets.
        name: Normalized project name.
        version: PEP 440 version.
        sha256: Hex.
        platform: Tag, the first where it has several; ``any``.
        python: Of its tag: ``3.11``; ``3`` where any will do.
        metadata: Its METADATA file.
        requires_python: PEP 440 specifier set, may be empty.
        findings: What the rules saw.
        notes: By whom, in words.
    """

    path: Path
    filename: str
    name: str
    version: str
    sha256: str
    platform: str
    python: str
    metadata: bytes
    requires_python: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


class Record(Value, kw_only=True):
    """How a published wheel was made: the JSON file beside it.

    Attributes:
        format: Version of this record's format.
        size: Bytes.
        seconds: Wall time of the build.
        created: RFC 3339, UTC.
        proof: The strongest that ``runs`` amount to.
        runs: Of the wheel's code, oldest first, by whomever.
        route: How it was compiled.
        kind: ``redirect`` where the wheel holds nothing but the requirement of another project;
            ``uploaded`` where it came by upload: no step made it, and nothing of one is known.
        parts: Of the fingerprint, by name.
        settled: The fingerprint in which what the step needed counts with its interface alone.
    """

    format: int
    name: str
    version: str
    filename: str
    sha256: str
    size: int
    platform: str
    python: str
    proof: Proof
    fingerprint: str
    source: Source
    recipe_digest: str
    recipes: tuple[str, ...]
    patches: tuple[str, ...]
    toolchain: ToolchainIdentity
    build_requires: tuple[str, ...]
    grafted: tuple[str, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    requires_python: str
    metadata_sha256: str
    seconds: float
    created: str
    runs: tuple[ProofRun, ...] = ()
    route: Route = "cross"
    kind: StepKind = "wheel"
    parts: dict[str, str] = {}
    settled: str = ""


class Usage(Value):
    """What a step took.

    Attributes:
        seconds: Wall time.
        cpu_seconds: Of all programs that it ran.
        memory: Bytes that the largest of them held at once.
        cpus: That it was told it may keep busy.
        parallelism: CPUs that its compilers kept busy on average.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory: int = 0
    cpus: int = 1
    parallelism: float = 0.0


class Past(Value):
    """A build that was done before, as the ledger has it.

    Attributes:
        name: Normalized project name.
        version: PEP 440 version.
        target: As ``Target`` spells itself.
        host: Name of the machine.
        fingerprint: Of the step.
        outcome: ``built`` or ``failed``.
        code: Of the error; empty where there was none.
        created: RFC 3339, UTC; when it ended.
        usage: What it took.
    """

    name: str
    version: str
    target: str
    host: str
    fingerprint: str
    outcome: Literal["built", "failed"]
    code: str = ""
    created: str = ""
    usage: Usage = Usage()


class PublishedWheel(Value):
    """A wheel of the wheelhouse: its record, where it lies, and whether it was there already."""

    record: Record
    path: Path
    cached: bool = False


class BuiltLibrary(Value):
    """What a library's build installed: a folder that stands for the prefix it is for."""

    step: Step
    prefix: Path
    notes: tuple[str, ...] = ()


class PackedLibrary(Value):
    """A built library made movable, with nothing in it that is not needed, as an archive.

    Attributes:
        built: What was packed.
        path: Of the archive.
        files: Names of what is in it.
    """

    built: BuiltLibrary
    path: Path
    files: tuple[str, ...]


class VerifiedLibrary(Value):
    """A packed library without error findings: the only one that the wheelhouse publishes.

    Attributes:
        packed: The library.
        findings: What the rules saw, none of it an error.
        interface: Digest of what it offers to those that are built with it.
    """

    packed: PackedLibrary
    findings: tuple[Finding, ...]
    interface: str


class LibraryRecord(Value, kw_only=True):
    """How a published library was made: the JSON file beside it.

    Attributes:
        format: Version of this record's format.
        files: Names of what is in the archive.
        libraries: Fingerprints of the libraries that it was built with, by their labels.
        interface: Digest of what it offers to those that are built with it.
        parts: Of its step's fingerprint, by name.
        settled: The fingerprint in which what the step needed counts with its interface alone.
        seconds: Wall time of the build.
        created: RFC 3339, UTC.
    """

    format: int
    name: str
    version: str
    filename: str
    sha256: str
    size: int
    platform: str
    fingerprint: str
    interface: str
    source: Source
    recipe_digest: str
    recipes: tuple[str, ...]
    patches: tuple[str, ...]
    toolchain: ToolchainIdentity
    libraries: dict[str, str]
    files: tuple[str, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    seconds: float
    created: str
    parts: dict[str, str] = {}
    settled: str = ""


class PublishedLibrary(Value):
    """A library of the wheelhouse: its record, where it lies, and whether it was there already."""

    record: LibraryRecord
    path: Path
    cached: bool = False


Published = PublishedWheel | PublishedLibrary
"""What a step makes."""


# --- progress --------------------------------------------------------------------------------


class StepStarted(Value, tag="started", tag_field="event"):
    """A step left the queue; ``worker`` does it, where it is not done here."""

    step: str
    worker: str = ""


class PhaseStarted(Value, tag="phase", tag_field="event"):
    """A step entered a phase."""

    step: str
    phase: Phase


class LogLine(Value, tag="log", tag_field="event"):
    """A line that the step's tools printed; shown, and in full with -v."""

    step: str
    line: str


class Notice(Value, tag="notice", tag_field="event"):
    """Something the user should know that is no failure."""

    step: str
    message: str


class StepFinished(Value, tag="finished", tag_field="event"):
    """A wheel is in the wheelhouse."""

    step: str
    filename: str
    cached: bool
    seconds: float


class StepFailed(Value, tag="failed", tag_field="event"):
    """A step ended in an error."""

    step: str
    code: str
    message: str
    hint: str
    log: str


class StepTested(Value, tag="tested", tag_field="event"):
    """A wheel was run, and passed."""

    step: str
    proof: Proof
    seconds: float


class Resolved(Value, tag="resolved", tag_field="event"):
    """The closure of a target is known."""

    step: str
    packages: int
    seconds: float


class StepSkipped(Value, tag="skipped", tag_field="event"):
    """A step was not tried, because another one failed."""

    step: str
    because: str


class Progress(Value, tag="progress", tag_field="event"):
    """How far a run of several steps is.

    Attributes:
        ended: Steps that are built, found in the wheelhouse, failed, or not tried.
        total: Of all steps.
        seconds: That the rest will take by what is known of earlier builds; None: not known.
    """

    ended: int
    total: int
    seconds: float | None = None


StepEvent = (
    StepStarted
    | PhaseStarted
    | LogLine
    | Notice
    | StepFinished
    | StepFailed
    | StepSkipped
    | StepTested
    | Resolved
)
Event = StepEvent | Progress


class Failure(Value):
    """A failed requirement or step, as the summary lists it."""

    name: str
    version: str
    code: str
    message: str
    hint: str
    log: str
    details: tuple[str, ...] = ()
    exit_status: int = 1


class Skipped(Value):
    """A step that was not tried: its label, and that of the step whose failure is the cause."""

    step: str
    because: str


class BuildReport(Value):
    """What one ``orchestrate build`` did.

    Attributes:
        wheels: Built, or there already.
        failed: What could not be built.
        wheelhouse: Where the wheels are.
        skipped: What was not tried.
        install: Commands that install the closures; none where it is not known to be whole.
    """

    wheels: tuple[PublishedWheel, ...]
    failed: tuple[Failure, ...]
    wheelhouse: Path
    skipped: tuple[Skipped, ...] = ()
    install: tuple[str, ...] = ()

    def joined(self, *, failed: tuple[Failure, ...]) -> BuildReport:
        """The report with further failures, which came before."""
        return msgspec.structs.replace(self, failed=(*failed, *self.failed))


class TestedWheel(Value):
    """What ``orchestrate test`` did with one wheel.

    Attributes:
        path: Of its file.
        target: What it was run for; None where it was not run.
        before: Proof that its record had; None where it has no record.
        proof: That it has now; without a record, what the runs amount to.
        runs: Of this time.
        notes: What was not tried, and why.
        failure: Why it is not proved; None where it is.
    """

    __test__ = False  # not a pytest class

    path: Path
    target: Target | None = None
    before: Proof | None = None
    proof: Proof = "structural"
    runs: tuple[ProofRun, ...] = ()
    notes: tuple[str, ...] = ()
    failure: Failure | None = None


class StepResult(Value):
    """How a step ended: with what it made or a failure, what it took, and where, if not here."""

    step: Step
    result: Published | Failure
    usage: Usage = Usage()
    host: str = ""
