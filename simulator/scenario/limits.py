"""How large anything a user hands over may be: what is larger is refused before it is read or built."""

from __future__ import annotations

LARGEST_FILE = 1_000_000
"""Bytes of a YAML file."""

MOST_VALUES = 50_000
"""Values of a YAML file, each alias counted anew, so that a file cannot expand without bound."""

LARGEST_TABLE = 100_000_000
"""Bytes of a CSV table; the largest that is shipped has half a million."""

MOST_CELLS = 2_000
"""Scenarios times levels of a batch."""

MOST_MEMBERS = 1_000_000
"""Members of one scenario."""
