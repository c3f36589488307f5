"""The connector is found once it is installed."""

from glowtify_bolt.plugin import MANIFEST
from glowtify_core.testing import DiscoveryContract


class TestInstalled(DiscoveryContract):
    manifest = MANIFEST
