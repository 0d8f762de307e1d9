"""orchestrator: arm64 wheels for Python packages that lack them.

A *requirement* is resolved to a pinned *source*; the source and a *recipe* become a *step*
for a *target*; the step is built into a wheel, which is *repaired*, *verified* and published
into the *wheelhouse*. Data flows one way; so do imports::

    cli          one small file per command: parses, calls the pipeline, renders
    pipeline     composes the stages; the only module that knows them all
    report       progress and results for terminals (rich), pipes (plain) and programs (JSON)
    index        wheels as pages: Simple API, server, static export, upload, access
    wheelhouse   the store of published wheels and their records
    verify       facts + target -> findings; comparison with a reference wheel
    repair       delocate / repairwheel, canonical zip
    build        fetch, unpack, patch; build environments; the PEP 517 frontend
    plan         pinned source + recipe + target -> step, with its fingerprint
    resolve      requirement -> pinned source, through the configured index
    registry     recipes: schema, loading, selection, patches
    translate    Mach-O code made runnable on Linux, with stand-ins for what macOS provides
    targets      tags and their rules, toolchains, SDK overlay, cross kit, doctor's checks
    binary       what a Mach-O, a wheel file, a .tbd says: bytes in, frozen facts out
    model        the frozen value each stage hands to the next
    files        cache and data folders, atomic writes
    errors       one root; one class per failure a user can act on

A module imports only from lines below its own (enforced by import-linter).
The vocabulary is in ``docs/architecture.md``.
"""

__version__ = "0.1.0"
