from cblas_dot._dot import square_sum

__all__ = ["square_sum"]
