from rust_setuptools._triple import target, triple
