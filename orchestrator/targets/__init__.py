"""Tags and their rules, toolchains, SDK overlay, cross kit, and doctor's checks."""
