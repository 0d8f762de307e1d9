"""What to build: so far, the fingerprint that says whether it was built already."""
