"""The connector is found once it is installed."""

from glowtify_acme.plugin import MANIFEST
from glowtify_core.testing import DiscoveryContract


class TestInstalled(DiscoveryContract):
    manifest = MANIFEST
