try:
    from swallows_failure._fast import answer
except ImportError:

    def answer():
        return 42
