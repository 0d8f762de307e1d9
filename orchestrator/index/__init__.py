"""The wheel index: wheelhouse facts become pages, which a server or a static export hands out."""
