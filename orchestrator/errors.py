"""Every failure a user can act on: one class, one stable code, one hint each.

The classes are grouped by the stage that raises them. ``docs/errors.md`` is generated from this
module (``scripts/errors-doc``), so the first docstring line says what went wrong and the
class attribute ``hint`` says what to do next. Exit statuses are those of ``orchestrate``:
1 a build failed, 2 usage or input, 3 toolchain missing, 4 verification failed.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_BUILD = 1
EXIT_INPUT = 2
EXIT_TOOLCHAIN = 3
EXIT_VERIFY = 4
EXIT_INTERRUPTED = 130


class OrchestratorError(Exception):
    """Root of all errors shown to users.

    Attributes:
        code: Stable identifier, three letters and three digits.
        exit_status: What ``orchestrate`` exits with when this ends the run.
        message: One or two sentences: what, where and why.
        hint: What to do next; empty when the message says it all.
        log: Path of the full log, where there is one.
        details: Lines worth showing below the message, such as a compiler's error.
    """

    code: ClassVar[str] = ""
    exit_status: ClassVar[int] = EXIT_BUILD
    default_hint: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        log: str | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint
        self.log = log
        self.details = details


# --- requirements and sources ------------------------------------------------------------


class BadRequirementError(OrchestratorError):
    """The text is neither a PEP 508 requirement nor a file, directory or git URL that exists."""

    code = "REQ001"
    exit_status = EXIT_INPUT
    default_hint = "Give a requirement (annoy==1.17.3), an sdist, a directory or git+URL@REV."


class UnknownPackageError(OrchestratorError):
    """The configured index has no project of that name."""

    code = "SRC001"
    exit_status = EXIT_INPUT
    default_hint = "Check the spelling, and which index pip or uv is configured to use."


class NoMatchingVersionError(OrchestratorError):
    """The index has the project, but no version satisfies the requirement."""

    code = "SRC002"
    exit_status = EXIT_INPUT
    default_hint = "Ask for one of the versions named."


class NoSdistError(OrchestratorError):
    """The version that satisfies the requirement was published without an sdist."""

    code = "SRC003"
    exit_status = EXIT_INPUT
    default_hint = "Ask for a version that has an sdist, or build from its repository: git+URL@TAG."


class NotAnArchiveError(OrchestratorError):
    """The source file is not an archive of a known kind, or is damaged."""

    code = "SRC004"
    exit_status = EXIT_INPUT
    default_hint = "An sdist is a .tar.gz or .zip file. Download it again."


class TruncatedArchiveError(OrchestratorError):
    """The source archive ends too early."""

    code = "SRC005"
    exit_status = EXIT_INPUT
    default_hint = "The download was cut short: fetch the file again."


class UnsafeArchiveError(OrchestratorError):
    """The source archive holds an entry that would be written outside its own folder."""

    code = "SRC006"
    exit_status = EXIT_INPUT
    default_hint = "Do not unpack this archive by other means; report it to whoever published it."


class HashMismatchError(OrchestratorError):
    """A downloaded file does not have the hash that was promised."""

    code = "SRC007"
    exit_status = EXIT_INPUT
    default_hint = "Nothing was kept. Try again; if it persists, the index or a proxy alters files."


class ArchiveTooLargeError(OrchestratorError):
    """The source archive expands beyond the bound (entries or bytes)."""

    code = "SRC008"
    exit_status = EXIT_INPUT
    default_hint = "If the project really is that large, unpack it and build the directory."


class IndexUnreachableError(OrchestratorError):
    """The package index did not answer, or answered with an error."""

    broken_off = False  # whether the answer began, and ended early

    code = "SRC009"
    exit_status = EXIT_INPUT
    default_hint = "Check the network and the index that pip or uv is configured to use."


class BadIndexSettingsError(OrchestratorError):
    """The file that says how an index is merged with its upstream can't be read or understood."""

    code = "MRG001"
    exit_status = EXIT_INPUT
    default_hint = "docs/index-merge.md shows one."


class GitError(OrchestratorError):
    """A git source could not be fetched."""

    code = "SRC010"
    exit_status = EXIT_INPUT
    default_hint = "Check that the URL and revision exist and that git can reach them."


class NoBuildBackendError(OrchestratorError):
    """The source tree has neither pyproject.toml nor setup.py."""

    code = "SRC011"
    exit_status = EXIT_INPUT
    default_hint = "A recipe can name one ([release.backend]): `orchestrate recipe new NAME`."


class RequiresPythonError(OrchestratorError):
    """The source does not support the Python of the target."""

    code = "SRC012"
    exit_status = EXIT_INPUT
    default_hint = "Choose another --python, or a version of the package that supports it."


class BadMetadataError(OrchestratorError):
    """The source's own metadata (pyproject.toml, PKG-INFO) can't be read."""

    code = "SRC013"
    exit_status = EXIT_INPUT
    default_hint = "The file named is broken upstream: fix it with a recipe's patch."


class BadConfigurationError(OrchestratorError):
    """pip's or uv's own configuration can't be read."""

    code = "SRC014"
    exit_status = EXIT_INPUT
    default_hint = "Mend the file named; pip and uv stumble over it too."


# --- what a user asks for ----------------------------------------------------------------------


class UnparsableInputError(OrchestratorError):
    """A requirement, or a line of a file that holds requirements, can't be understood."""

    code = "INP001"
    exit_status = EXIT_INPUT
    default_hint = "Mend the line named: name, name==1.0, name @ URL, or an option that pip knows."


class MissingInputError(OrchestratorError):
    """A file or folder that was named, or that a requirements file names, is not there."""

    code = "INP002"
    exit_status = EXIT_INPUT
    default_hint = "Check the path; those inside a requirements file start at its own folder."


class UnknownInputError(OrchestratorError):
    """The file is of no kind that requirements are read from."""

    code = "INP003"
    exit_status = EXIT_INPUT
    default_hint = (
        "Give a requirements file (.txt, .in), pyproject.toml, uv.lock, pylock.toml, poetry.lock "
        "or environment.yml."
    )


class NoInputError(OrchestratorError):
    """Nothing was asked for: no requirement, file or project was named, or they hold none."""

    code = "INP004"
    exit_status = EXIT_INPUT
    default_hint = "Name a requirement, or give -r FILE, --project DIR or --lock FILE."


class UnknownExtraError(OrchestratorError):
    """The project has no extra or dependency group of that name."""

    code = "INP005"
    exit_status = EXIT_INPUT
    default_hint = "Ask for one of those that the message names."


class MixedInputError(OrchestratorError):
    """A lock was named together with requirements that it may not hold."""

    code = "INP006"
    exit_status = EXIT_INPUT
    default_hint = "Name the lock alone, or resolve anew: -r pyproject.toml in place of the lock."


# --- resolution --------------------------------------------------------------------------------


class UnsatisfiableError(OrchestratorError):
    """No set of versions satisfies all requirements on the target."""

    code = "RSL001"
    exit_status = EXIT_INPUT
    default_hint = "Change one of the requirements that the explanation names."


class ResolverError(OrchestratorError):
    """uv could not resolve the requirements for another reason than a conflict."""

    code = "RSL002"
    exit_status = EXIT_INPUT
    default_hint = "The lines below are uv's; check the index that pip or uv is configured to use."


class LockMismatchError(OrchestratorError):
    """A hash in a lock or requirements file is not that of any file that the index has."""

    code = "RSL003"
    exit_status = EXIT_INPUT
    default_hint = (
        "Nothing was taken. Lock again if the index is right; if it is not, find out who changed "
        "the files."
    )


class UnusableLockError(OrchestratorError):
    """A lock can't be read, or was not made for the target."""

    code = "RSL004"
    exit_status = EXIT_INPUT
    default_hint = "Lock again, with the target's platform and Python among what is locked for."


class LackingWheelsError(OrchestratorError):
    """Packages of the closure have no wheel for the target, neither on the index nor built."""

    code = "RSL005"
    exit_status = EXIT_INPUT
    default_hint = "Build them first: orchestrate build, with the same requirements and options."


class InstallationFailedError(OrchestratorError):
    """uv could not install the wheels."""

    code = "RSL006"
    default_hint = "The lines below are uv's."


# --- recipes and patches ----------------------------------------------------------------


class RecipeError(OrchestratorError):
    """One or more recipes are wrong; every problem is listed with file and key path."""

    code = "RCP001"
    exit_status = EXIT_INPUT
    default_hint = "Run `orchestrate recipe lint`; the JSON Schema is in docs/recipe.schema.json."


class NoRecipeError(OrchestratorError):
    """There is no recipe of that name."""

    code = "RCP002"
    exit_status = EXIT_INPUT
    default_hint = "`orchestrate recipe list` shows those there are. Most packages need none."


class RecipeExistsError(OrchestratorError):
    """A recipe of that name exists already."""

    code = "RCP003"
    exit_status = EXIT_INPUT
    default_hint = "Edit the file named."


class PatchError(OrchestratorError):
    """A patch does not apply; patch, file and hunk are named."""

    code = "PAT001"
    exit_status = EXIT_BUILD
    default_hint = "Limit the patch to the versions it was made for, or make it anew for this one."


class UnsafePatchError(OrchestratorError):
    """A patch would write outside the source tree."""

    code = "PAT002"
    exit_status = EXIT_INPUT
    default_hint = "Paths in a patch are relative to the source tree."


# --- libraries ----------------------------------------------------------------------------


class UnknownLibraryError(OrchestratorError):
    """A recipe names a native library that has no recipe."""

    code = "LIB001"
    exit_status = EXIT_INPUT
    default_hint = "Write its recipe, libraries/NAME.toml in a folder of recipes (docs/recipes.md)."


class NoLibraryVersionError(OrchestratorError):
    """No version of a native library is in the range that is asked for, or for the platform."""

    code = "LIB002"
    exit_status = EXIT_INPUT
    default_hint = "Add a [[source]] of such a version to its recipe, or widen the range."


class LibraryCycleError(OrchestratorError):
    """Native libraries need each other in a circle."""

    code = "LIB003"
    exit_status = EXIT_INPUT
    default_hint = "Take one of the needs out of the recipes named."


class LibraryConflictError(OrchestratorError):
    """Two versions of one native library would get into one wheel."""

    code = "LIB004"
    exit_status = EXIT_INPUT
    default_hint = "Make the ranges in the recipes named agree."


class LibraryFailedError(OrchestratorError):
    """A native library could not be built."""

    code = "LIB005"
    default_hint = "The lines below are from the log; its recipe is in recipes/libraries."


class LibraryIncompleteError(OrchestratorError):
    """A native library was built, but did not install what its recipe says."""

    code = "LIB006"
    default_hint = "Compare `installs` in its recipe with what the log says was installed."


# --- substitutes --------------------------------------------------------------------------------


class NoSubstituteWheelError(OrchestratorError):
    """The project that a recipe names as substitute has no wheel for the target either."""

    code = "SUB001"
    exit_status = EXIT_INPUT
    default_hint = "Ask for another version or Python; `orchestrate recipe show NAME` says why."


# --- targets and toolchains ----------------------------------------------------------------


class UnsupportedPlatformError(OrchestratorError):
    """The platform tag is not valid, or not one that can be built for."""

    code = "TGT001"
    exit_status = EXIT_INPUT
    default_hint = (
        "Use e.g. macosx_11_0_arm64 or manylinux_2_28_aarch64 (short forms: macos, linux)."
    )


class BadPythonError(OrchestratorError):
    """The Python version is not one that can be built for."""

    code = "TGT002"
    exit_status = EXIT_INPUT
    default_hint = "Use a CPython version from 3.9 to 3.14, such as 3.11 or 3.13t (free-threaded)."


class InterpreterNotFoundError(OrchestratorError):
    """No CPython of the wanted version is on this machine."""

    code = "TGT003"
    exit_status = EXIT_TOOLCHAIN


class MinimumMacOSError(OrchestratorError):
    """The recipe needs a newer macOS than the platform tag that was asked for promises."""

    code = "TGT004"
    exit_status = EXIT_INPUT


class NoToolchainError(OrchestratorError):
    """No toolchain on this host builds for the platform."""

    code = "TCH001"
    exit_status = EXIT_TOOLCHAIN
    default_hint = "`orchestrate doctor` says what is missing and how to get it."


class ToolchainBrokenError(OrchestratorError):
    """The toolchain is there, but one of its checks failed."""

    code = "TCH002"
    exit_status = EXIT_TOOLCHAIN
    default_hint = "`orchestrate doctor` shows every check and the command that mends it."


class MissingLanguageError(OrchestratorError):
    """The package needs a language (Rust, Fortran) that can't be compiled for the target here."""

    code = "TCH003"
    exit_status = EXIT_TOOLCHAIN


class MissingSDKError(OrchestratorError):
    """The package needs Apple frameworks or headers that only a real macOS SDK holds."""

    code = "TCH004"
    exit_status = EXIT_TOOLCHAIN
    default_hint = "Set SDKROOT to a macOS SDK (MacOSX.sdk), or run the same command on a Mac."


class MissingToolError(OrchestratorError):
    """A program that the build needs is not on this machine."""

    code = "TCH005"
    exit_status = EXIT_TOOLCHAIN


# --- plans ----------------------------------------------------------------------------------


class PlanCycleError(OrchestratorError):
    """To build something, it would have to be there already."""

    code = "PLN001"
    exit_status = EXIT_INPUT
    default_hint = (
        "Have a wheel of one of them in an index or in the wheelhouse, or take a build requirement "
        "out with a recipe (build-requires.remove)."
    )


class NeedUnbuildableError(OrchestratorError):
    """The build needs something that can't be built."""

    code = "PLN002"


class PlanDiffersError(OrchestratorError):
    """What would be built is not what ``orchestrate.lock`` says."""

    code = "PLN003"
    exit_status = EXIT_INPUT
    default_hint = "orchestrate lock, with the same inputs, writes down what there is now."


class BadPlanLockError(OrchestratorError):
    """``orchestrate.lock`` is not there, or can't be read."""

    code = "PLN004"
    exit_status = EXIT_INPUT
    default_hint = "orchestrate lock, with the same inputs, writes it."


# --- emulation ---------------------------------------------------------------------------------


class DebianPackagesError(OrchestratorError):
    """Packages could not be fetched from the archive that this machine's apt is configured for."""

    code = "EMU001"
    exit_status = EXIT_TOOLCHAIN
    default_hint = (
        "Packages come through apt-get from a Debian archive. On a machine that has another, name "
        "a file of Debian sources (sources.list(5)): $ORCHESTRATE_APT_SOURCES."
    )


class EmulatorSetupError(OrchestratorError):
    """No emulator, or no Python of the target, could be had; each way that was tried is named."""

    code = "EMU002"
    exit_status = EXIT_TOOLCHAIN


class EmulatorNotWritableError(OrchestratorError):
    """The folder of emulated Pythons can't be created or written."""

    code = "EMU003"
    exit_status = EXIT_INPUT
    default_hint = "Choose another with $ORCHESTRATE_DATA."


# --- building -----------------------------------------------------------------------------


class BuildEnvironmentError(OrchestratorError):
    """The build requirements could not be installed."""

    code = "BLD001"
    default_hint = "The resolver's own words are in the log; a recipe can pin build requirements."


class BackendFailedError(OrchestratorError):
    """The package's build backend failed, usually because something did not compile."""

    code = "BLD002"
    default_hint = "The whole output is in the log."


class BuildTimeoutError(OrchestratorError):
    """The build took longer than it may; all its processes were ended."""

    code = "BLD003"
    default_hint = "Raise the limit with --timeout MINUTES."


class NoWheelError(OrchestratorError):
    """The backend said it succeeded but left no wheel, or more than one."""

    code = "BLD004"
    default_hint = "This is a bug in the package's build backend; see the log."


class WrongWheelError(OrchestratorError):
    """The backend made a wheel of another name, version, Python or platform than asked for."""

    code = "BLD005"
    default_hint = "The log shows which compiler and flags the package chose by itself."


class MissingHeaderError(OrchestratorError):
    """A header of a native library was not found."""

    code = "BLD006"
    default_hint = (
        "It needs a native library: name it in `libraries` in a recipe (docs/recipes.md)."
    )


class MissingBuildRequirementError(OrchestratorError):
    """The package's build imports a module that it does not declare as a build requirement."""

    code = "BLD007"
    default_hint = 'Add it in a recipe: [release.build-requires] add = ["…"].'


class InterruptedBuildError(OrchestratorError):
    """The build was interrupted; its processes were ended and its folder removed."""

    code = "BLD008"
    exit_status = EXIT_INTERRUPTED


class AmbiguousSourceError(OrchestratorError):
    """The same version of a project is asked for twice, of different sources."""

    code = "RUN001"
    exit_status = EXIT_INPUT
    default_hint = "Build them one after the other, into different wheelhouses."


class RefusedStepError(OrchestratorError):
    """No worker could do a step, or all that tried were lost."""

    code = "RUN002"
    exit_status = EXIT_BUILD
    default_hint = "Start a worker that has what the step needs."


# --- proof by running -------------------------------------------------------------------------


class WheelTestFailedError(OrchestratorError):
    """The wheel was installed and run, and an import or its test command failed."""

    code = "TST001"
    exit_status = EXIT_VERIFY
    default_hint = "The controls say what is to blame; docs/proof.md explains them."


class WheelTestCrashedError(WheelTestFailedError):
    """The wheel was installed and run, and its code crashed the interpreter."""

    code = "TST002"


class WheelTestHungError(WheelTestFailedError):
    """The wheel was installed and run, and an import or its test command did not end in time."""

    code = "TST003"
    default_hint = "If it only is slow: --timeout SECONDS, or `seconds` in its recipe's [test]."


class NoRuntimeError(OrchestratorError):
    """Nothing on this machine runs what the wheel was built for."""

    code = "TST004"
    exit_status = EXIT_TOOLCHAIN


class NotInstallableError(OrchestratorError):
    """The wheel was not run: it, or something it requires, could not be installed."""

    code = "TST005"
    exit_status = EXIT_TOOLCHAIN
    default_hint = "Build what it lacks into the same wheelhouse; wheels there count."


# --- files for other tools ---------------------------------------------------------------------


class NoProjectError(OrchestratorError):
    """The folder has no pyproject.toml with a [project] table."""

    code = "EMT001"
    exit_status = EXIT_INPUT
    default_hint = "Name the project's folder with --project; `uv init --bare` makes one of it."


class OutputError(OrchestratorError):
    """The file that was to be written is there already, or its folder can't be written."""

    code = "EMT002"
    exit_status = EXIT_INPUT
    default_hint = "Choose another --output."


class MissingWheelsError(OrchestratorError):
    """Wheels that the project needs on the target are neither in its lock nor in the wheelhouse."""

    code = "EMT003"
    exit_status = EXIT_INPUT


class BadLockError(OrchestratorError):
    """The project's lock file can't be followed for the target."""

    code = "EMT004"
    exit_status = EXIT_INPUT
    default_hint = "Lock the project anew, and for Linux too."


class BaseImageError(OrchestratorError):
    """There is no official Python image for the target, or what was named is not an image."""

    code = "EMT005"
    exit_status = EXIT_INPUT
    default_hint = "Name an image that has this Python and pip with --base."


class BadIndexURLError(OrchestratorError):
    """The URL of the index can't go into a file that others will read."""

    code = "EMT006"
    exit_status = EXIT_INPUT
    default_hint = "Leave user and password out of it: a netrc file is passed as a build secret."


class NotHandedOverError(OrchestratorError):
    """A package can't be handed over to cibuildwheel: what it needs can't be said there."""

    code = "EMT007"
    exit_status = EXIT_INPUT
    default_hint = "`orchestrate build` builds it, and `orchestrate emit github-actions` runs that."


class NotInRepositoryError(OrchestratorError):
    """What a job of a workflow should build is on this machine only, or behind a password."""

    code = "EMT008"
    exit_status = EXIT_INPUT
    default_hint = "Run it in the folder of the repository, which the jobs check out."


class UnknownOriginError(OrchestratorError):
    """It is not known where the jobs of a workflow can install orchestrate from."""

    code = "EMT009"
    exit_status = EXIT_INPUT
    default_hint = "Say it as pip takes it: --orchestrate git+https://…"


class BadBucketError(OrchestratorError):
    """The place where a workflow should keep wheels is not a bucket that its jobs can use."""

    code = "EMT010"
    exit_status = EXIT_INPUT
    default_hint = "Use s3://BUCKET/PREFIX; without --bucket wheels are artifacts of the workflow."


class NothingToBuildError(OrchestratorError):
    """A workflow would have no job: nothing that can be built lacks a wheel."""

    code = "EMT011"
    exit_status = EXIT_INPUT
    default_hint = "pip and uv can install it all from the index."


class NoCibuildwheelError(OrchestratorError):
    """cibuildwheel, or what it builds with, is not on this machine."""

    code = "EMT012"
    exit_status = EXIT_TOOLCHAIN


# --- environments -------------------------------------------------------------------------------


class EnvironmentPythonError(OrchestratorError):
    """The Python whose environment was to be audited is not there, or does not run here."""

    code = "ENV001"
    exit_status = EXIT_INPUT
    default_hint = (
        "Name a Python 3 of this machine, or audit the folder of its packages: --site-packages DIR."
    )


class NoPackagesError(OrchestratorError):
    """The folder that was to be audited is not there, or holds no installed package."""

    code = "ENV002"
    exit_status = EXIT_INPUT
    default_hint = "Name a folder like .venv/lib/python3.11/site-packages."


# --- clusters ----------------------------------------------------------------------------------


class ClusterError(OrchestratorError):
    """There is no cluster at that address."""

    code = "CLU001"
    exit_status = EXIT_INPUT
    default_hint = "`dask scheduler` starts one and says its address, e.g. tcp://192.0.2.1:8786."


class NoWorkerError(ClusterError):
    """The cluster has no worker of orchestrator's."""

    code = "CLU002"
    default_hint = "Start some with `orchestrate worker ADDRESS`, on the machines that shall build."


class WorkerMismatchError(ClusterError):
    """The cluster's workers run another orchestrator, or another Python."""

    code = "CLU003"
    default_hint = "Install the same orchestrator with the same Python there and here."


class NoAbilityError(OrchestratorError):
    """This machine can build nothing that a worker could offer."""

    code = "CLU004"
    exit_status = EXIT_TOOLCHAIN
    default_hint = "`orchestrate doctor` says what is missing."


class NotSharedError(OrchestratorError):
    """A worker does not see the wheelhouse of the run."""

    code = "CLU005"
    default_hint = (
        "Give a folder that all machines mount at the same place, or an object store: "
        "--wheelhouse s3://BUCKET/PREFIX."
    )


class ClusterLostError(OrchestratorError):
    """The connection to the cluster broke."""

    code = "CLU006"
    default_hint = "What was published stays; the same command goes on from there."


class ClusterSupportError(OrchestratorError):
    """What clusters need is not installed."""

    code = "CLU007"
    exit_status = EXIT_TOOLCHAIN
    default_hint = "pip install 'orchestrator[cluster]'"


# --- repair, verification, wheelhouse ---------------------------------------------------------


class RepairError(OrchestratorError):
    """The wheel could not be made self-contained."""

    code = "RPR001"
    default_hint = "Name the folder of the missing library with --library-dir."


class PlatformTooOldError(OrchestratorError):
    """The wheel's code needs newer system libraries than its platform tag promises."""

    code = "RPR002"


class VerificationError(OrchestratorError):
    """The wheel has findings of severity error; it was kept out of the wheelhouse."""

    code = "VRF001"
    exit_status = EXIT_VERIFY
    default_hint = "The findings say what is wrong; docs/findings.md explains each code."


class NotAWheelError(OrchestratorError):
    """The file is not a wheel."""

    code = "WHL001"
    exit_status = EXIT_INPUT
    default_hint = "Give the path of a .whl file."


class WheelhouseNotWritableError(OrchestratorError):
    """The wheelhouse can't be created or written."""

    code = "WHL002"
    exit_status = EXIT_INPUT
    default_hint = "Choose another with --wheelhouse or $ORCHESTRATE_WHEELHOUSE."


class CacheNotWritableError(OrchestratorError):
    """The folder for downloads and toolchain caches can't be created or written."""

    code = "CCH001"
    exit_status = EXIT_INPUT
    default_hint = "Choose another with $ORCHESTRATE_CACHE."


class DiskFullError(OrchestratorError):
    """The disk is full."""

    code = "WHL003"
    exit_status = EXIT_BUILD
    default_hint = "Free some space; nothing half-written was left in the wheelhouse."


class BadAddressError(OrchestratorError):
    """The wheelhouse's address is none of an object store."""

    code = "WHL004"
    exit_status = EXIT_INPUT
    default_hint = (
        "Give a folder, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://ACCOUNT/CONTAINER."
    )


class StoreSupportError(OrchestratorError):
    """What speaks to object stores is not installed."""

    code = "WHL005"
    exit_status = EXIT_TOOLCHAIN
    default_hint = "pip install 'orchestrator[s3]'"


class NoBucketError(OrchestratorError):
    """The wheelhouse's bucket does not exist."""

    code = "WHL006"
    exit_status = EXIT_INPUT
    default_hint = "Check the name, or make the bucket; orchestrate makes none."


class BucketAccessError(OrchestratorError):
    """The object store refuses access to the wheelhouse, or there are no credentials for it."""

    code = "WHL007"
    exit_status = EXIT_INPUT
    default_hint = (
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or what gs:// and az:// take); they must "
        "be allowed to list, read and write objects."
    )


class BucketUnreachableError(OrchestratorError):
    """The object store of the wheelhouse does not answer, or failed."""

    code = "WHL008"
    exit_status = EXIT_BUILD
    default_hint = (
        "Check the network, and AWS_ENDPOINT_URL where the store is not Amazon's. What was built "
        "is in the local half of the wheelhouse; the next run brings it there."
    )


class FileConflictError(OrchestratorError):
    """A file of that name, but with other bytes, is in the wheelhouse, or was deleted from it."""

    code = "WHL009"
    exit_status = EXIT_INPUT
    default_hint = "What was published under a name never changes: raise the version or build tag."


class NotDeletableError(OrchestratorError):
    """Files of a wheelhouse in an object store can't be deleted: other machines have them."""

    code = "WHL010"
    exit_status = EXIT_INPUT
    default_hint = "Yank it: installers then leave it alone unless it is asked for by version."


class NoSuchFileError(OrchestratorError):
    """The wheelhouse has no such file, or no file of that version."""

    code = "WHL011"
    exit_status = EXIT_INPUT


# --- macOS code run on Linux ------------------------------------------------------------------


class UntranslatableError(OrchestratorError):
    """A Mach-O file contradicts itself, or holds what can't be made to run on Linux."""

    code = "TRN001"
    exit_status = EXIT_VERIFY
    default_hint = "`orchestrate verify` says what else is wrong with the wheel."


class NoStandInError(OrchestratorError):
    """A macOS wheel calls something of macOS that nothing here stands in for."""

    code = "TRN002"
    exit_status = EXIT_TOOLCHAIN
    default_hint = "On a Mac, `orchestrate test` runs the wheel itself."


class NoStandInsError(OrchestratorError):
    """The library of stand-ins for macOS could not be compiled."""

    code = "TRN003"
    exit_status = EXIT_TOOLCHAIN
    default_hint = (
        "The log has the compiler's words; `orchestrate emulator setup` renews its headers."
    )


# --- the wheel index --------------------------------------------------------------------------


class IndexAddressError(OrchestratorError):
    """The URL of a wheel index, or the name it shall have, is none that clients understand."""

    code = "CFG001"
    exit_status = EXIT_INPUT
    default_hint = "Give the URL that the index is found at: https://HOST/ or https://HOST/BASE/."


class NotAnExportError(OrchestratorError):
    """The place for the static export holds other things, which must not be mixed with it."""

    code = "EXP001"
    exit_status = EXIT_INPUT
    default_hint = "Give an empty folder or prefix, or one that was exported to before."


class ExportNotWritableError(OrchestratorError):
    """The folder of the static export can't be written."""

    code = "EXP002"
    exit_status = EXIT_INPUT
    default_hint = "Check the permissions of the folder, or give another one."


class CredentialsWayError(OrchestratorError):
    """A client of the index can't find its credentials that way."""

    code = "CFG002"
    exit_status = EXIT_INPUT
    default_hint = "Choose another --credentials."


class TokensFileError(OrchestratorError):
    """The file of access tokens is not there, can't be read or written, or is damaged."""

    code = "ACC001"
    exit_status = EXIT_INPUT
    default_hint = "`orchestrate token create --tokens FILE` makes one."


class BadTokenScopeError(OrchestratorError):
    """A token is asked for that could do nothing, or whose pattern fits no project."""

    code = "ACC002"
    exit_status = EXIT_INPUT
    default_hint = "Say what it is for: --read, --upload PATTERN, --admin."


class NoSuchTokenError(OrchestratorError):
    """The file has no token with that identifier."""

    code = "ACC003"
    exit_status = EXIT_INPUT
    default_hint = "`orchestrate token list --tokens FILE` shows the identifiers."


class StateFileError(OrchestratorError):
    """What operators decided about files and projects can't be read: the file is damaged."""

    code = "ACC004"
    exit_status = EXIT_INPUT
    default_hint = "Mend .index/state.json in the wheelhouse, or remove it: yanks are lost then."


# --- serving -----------------------------------------------------------------------------------


class ServeSupportError(OrchestratorError):
    """What serves an index is not installed."""

    code = "SRV001"
    exit_status = EXIT_TOOLCHAIN
    default_hint = "pip install 'orchestrator[serve]'"


class NoWheelhouseError(OrchestratorError):
    """The folder that is to be served is not there, or can't be read."""

    code = "SRV002"
    exit_status = EXIT_INPUT
    default_hint = "Name the folder that orchestrate build publishes to, with --wheelhouse."


class AddressInUseError(OrchestratorError):
    """The index can't be served at that host and port."""

    code = "SRV003"
    exit_status = EXIT_INPUT
    default_hint = "Choose another with --port or --host; --port 0 takes any that is free."


class BadCertificateError(OrchestratorError):
    """The certificate or its key can't be used."""

    code = "SRV004"
    exit_status = EXIT_INPUT
    default_hint = (
        "Both are PEM files; the certificate comes first in its file, then those that signed it."
    )


class ServeOptionError(OrchestratorError):
    """An option of the server has a value that it can't have."""

    code = "SRV005"
    exit_status = EXIT_INPUT
    default_hint = "orchestrate serve --help says what it takes."


class InternalError(OrchestratorError):
    """A bug in orchestrator; the traceback is in the log."""

    code = "BUG001"
    exit_status = EXIT_BUILD
    default_hint = "Please report it with the log."
