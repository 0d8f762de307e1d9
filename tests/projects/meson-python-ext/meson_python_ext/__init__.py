from meson_python_ext._half import half

__all__ = ["half"]
