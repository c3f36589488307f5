"""Publications, claims, steps and connections in a database: SQLite by default."""

from glowtify_adapters.persistence.campaigns import SqlCampaigns
from glowtify_adapters.persistence.connections import SqlConnections
from glowtify_adapters.persistence.database import Database

__all__ = ["Database", "SqlCampaigns", "SqlConnections"]
