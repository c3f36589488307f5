"""The contract, as the manifest declares it."""

from bolt_script import BoltScript

from glowtify_bolt.plugin import MANIFEST
from glowtify_core.testing import EmailPlatformContract


class TestBolt(EmailPlatformContract):
    manifest = MANIFEST
    script = BoltScript
