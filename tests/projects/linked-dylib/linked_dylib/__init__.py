from linked_dylib._hello import hello

__all__ = ["hello"]
