"""Stores in memory, and a gate that never waits: what a host in a test keeps its records in.

They keep every promise of their ports, and pass the same contract classes as a store on disk.
"""

from glowtify_core.testing.memory.campaigns import MemoryCampaigns, MemoryClaim, Snapshot
from glowtify_core.testing.memory.connections import MemoryConnections
from glowtify_core.testing.memory.credentials import MemoryCredentials
from glowtify_core.testing.memory.figures import MemoryFigures
from glowtify_core.testing.memory.journal import MemoryLog, StepRow
from glowtify_core.testing.memory.pacing import OpenGate

__all__ = [
    "MemoryCampaigns",
    "MemoryClaim",
    "MemoryConnections",
    "MemoryCredentials",
    "MemoryFigures",
    "MemoryLog",
    "OpenGate",
    "Snapshot",
    "StepRow",
]
