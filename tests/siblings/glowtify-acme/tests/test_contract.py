"""The contract, as the manifest declares it."""

from acme_script import AcmeScript

from glowtify_acme.plugin import MANIFEST
from glowtify_core.testing import ConnectorContract


class TestAcme(ConnectorContract):
    manifest = MANIFEST
    script = AcmeScript
