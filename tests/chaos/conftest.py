"""Makes the modules beside it importable; the fork server finds them by the same names."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
