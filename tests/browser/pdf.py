"""Text of a printed page."""

import io
import re

from pypdf import PdfReader


def pages_of(data: bytes) -> list[str]:
    """Text of each sheet."""
    return [sheet.extract_text() for sheet in PdfReader(io.BytesIO(data)).pages]


def squeezed(text: str) -> str:
    """Text without white space, since lines break where they like, and without the ligatures of fonts."""
    for joined, apart in (("ﬁ", "fi"), ("ﬂ", "fl"), ("ﬀ", "ff"), ("ﬃ", "ffi"), ("ﬄ", "ffl")):
        text = text.replace(joined, apart)
    return re.sub(r"\s+", "", text)
