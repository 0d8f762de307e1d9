from ._greet import answer

assert answer() == 83
