"""What is installed somewhere, and can't be loaded there.

Files are only parsed, so a folder copied from a Mac will do: ``reader`` and ``interpreter`` make
facts of folders and of a Python; ``rules`` and ``coherence`` judge them.
"""
