"""A recipe and many targets as a cibuildwheel project: text out of values.

``build.sh`` fetches the pinned source and runs cibuildwheel; ``cibuildwheel.toml`` is the
configuration; ``prepare-*.sh`` is what runs before all builds. The folder that holds them is what
cibuildwheel calls the project: it copies all of it into its containers.
"""
