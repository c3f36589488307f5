"""The three fake platforms pass the contract that authors are given."""

from glowtify_core.testing.connector import ConnectorContract
from glowtify_core.testing.fakes import no_drafts
from glowtify_core.testing.fakes.no_drafts_script import NoDraftsScript


class TestNoDrafts(ConnectorContract):
    manifest = no_drafts.MANIFEST
    script = NoDraftsScript
