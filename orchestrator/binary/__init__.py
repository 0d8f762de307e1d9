"""What a Mach-O, a wheel file, a ``.tbd`` says: bytes in, frozen facts out."""
