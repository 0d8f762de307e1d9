"""From a pinned source to a step, and the fingerprint that says whether it was built already."""
