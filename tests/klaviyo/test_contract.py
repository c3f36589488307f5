"""The connector passes the contract that every author is given, over our own sandbox."""

from klaviyo_script import KlaviyoScript

from glowtify_core.testing import ConnectorContract, DiscoveryContract
from glowtify_klaviyo.plugin import MANIFEST


class TestKlaviyo(ConnectorContract, DiscoveryContract):
    manifest = MANIFEST
    script = KlaviyoScript
