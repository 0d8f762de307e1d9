"""The SDK overlay: what zig lacks of Apple's SDK, made from facts, and what macOS has when.

``symbols`` knows which macOS came with which symbol; ``stubs`` writes linker stubs from that;
``libcxx`` and ``accelerate`` know the two libraries builds ask for most; ``overlay`` puts a folder
together that compilers take for an SDK; ``realsdk`` finds Apple's own; ``headers`` says which
library a missing header belongs to.
"""
