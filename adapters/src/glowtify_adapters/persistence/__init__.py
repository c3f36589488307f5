"""Publications, claims, steps, connections and pacing in a database: SQLite by default."""

from glowtify_adapters.persistence.campaigns import SqlCampaigns
from glowtify_adapters.persistence.connections import SqlConnections
from glowtify_adapters.persistence.database import Database
from glowtify_adapters.persistence.pacing import SqlGate

__all__ = ["Database", "SqlCampaigns", "SqlConnections", "SqlGate"]
