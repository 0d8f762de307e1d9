"""The pages that people open: values in, HTML out; a stylesheet, a script; their handlers.

Pages are read without JavaScript, ask nobody but the index for anything, and work below any path:
all links are relative.
"""
