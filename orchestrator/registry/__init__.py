"""Recipes: what a package needs beyond its sdist to build for a target.

``schema`` says what a recipe file may hold, ``validate`` finds everything wrong with one,
``select`` picks and merges what matches a version and a target, ``load`` does the reading, and
``skeleton`` is the text a new recipe starts from.
"""
