"""The three fake platforms pass the contract that authors are given."""

from glowtify_core.testing.connectors.tiers import ConnectorContract
from glowtify_core.testing.fakes import many_lists, no_drafts, one_list
from glowtify_core.testing.fakes.many_lists_script import ManyListsScript
from glowtify_core.testing.fakes.no_drafts_script import NoDraftsScript
from glowtify_core.testing.fakes.one_list_script import OneListScript


class TestManyLists(ConnectorContract):
    manifest = many_lists.MANIFEST
    script = ManyListsScript


class TestOneList(ConnectorContract):
    manifest = one_list.MANIFEST
    script = OneListScript


class TestNoDrafts(ConnectorContract):
    manifest = no_drafts.MANIFEST
    script = NoDraftsScript
