"""Rules about how Linux maps a file into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.verify.pages import LARGEST_PAGE, SMALLEST_PAGE, page_problem
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.verify.linux import LinuxSubject

# Where a file doesn't say, the loader assumes so for code of these architectures.
_EXECUTABLE_BY_DEFAULT = {"x86_64", "i386"}


@rule("LNX006", "error", "No file asks for an executable stack")
def stack_not_executable(subject: LinuxSubject) -> Iterator[Report]:
    """It makes attacks easy; glibc from 2.41 on refuses to load such a module."""
    for image in subject.images:
        stack = image.elf.executable_stack
        if stack or (stack is None and image.elf.machine in _EXECUTABLE_BY_DEFAULT):
            yield Report(
                image.where,
                "It asks for an executable stack (PT_GNU_STACK)."
                if stack
                else "It doesn't say that its stack need not be executable (no PT_GNU_STACK).",
                "Link with -Wl,-z,noexecstack; assembler sources need a .note.GNU-stack section.",
            )


@rule("LNX007", "error", "Every file can be mapped with the largest pages of its architecture")
def pages_fit(subject: LinuxSubject) -> Iterator[Report]:
    """Some aarch64 servers have pages of 64 KiB: a file made for 4 KiB can't be loaded there."""
    glibc = any(tag.libc != "musl" for tag in subject.tags)
    for image in subject.images:
        elf = image.elf
        page = LARGEST_PAGE.get(elf.machine, SMALLEST_PAGE)
        # Neither musl nor the kernel, which loads programs, minds the alignment itself.
        problem = page_problem(elf.segments, page, aligned=glibc and elf.filetype == "shared")
        if problem:
            yield Report(
                image.where,
                f"It can't be loaded where pages have {page // 1024} KiB: {problem}.",
                f"Link with -Wl,-z,max-page-size={page:#x}; patchelf has --page-size.",
            )


@rule("LNX008", "error", "No file has text relocations")
def no_text_relocations(subject: LinuxSubject) -> Iterator[Report]:
    """The loader would have to write into code, which hardened systems (SELinux) forbid."""
    for image in subject.images:
        if image.elf.text_relocations:
            yield Report(
                image.where,
                "It has text relocations (DT_TEXTREL).",
                "Compile everything with -fPIC and link without -z notext.",
            )


@rule("LNX009", "warning", "No file needs thread-local storage that is fixed at start")
def no_static_tls(subject: LinuxSubject) -> Iterator[Report]:
    """There is little of it.

    With other such libraries loaded first, import fails: "cannot allocate memory in static TLS
    block".
    """
    for image in subject.images:
        if image.elf.static_tls and not image.is_program:
            yield Report(
                image.where,
                "It uses static thread-local storage (DF_STATIC_TLS).",
                "Compile without -ftls-model=initial-exec.",
            )


@rule("LNX107", "note", "Files hold no debug information")
def stripped(subject: LinuxSubject) -> Iterator[Report]:
    """It makes wheels several times larger, and only debuggers read it."""
    images = [image.where for image in subject.images if image.elf.debug_info]
    if images:
        yield Report(
            "", f"Debug information is in {some(images)}.", "Link with -s (or -Wl,--strip-debug)."
        )


RULES = (stack_not_executable, pages_fit, no_text_relocations, no_static_tls, stripped)
