"""Facts + target -> findings; comparison with a reference wheel."""
