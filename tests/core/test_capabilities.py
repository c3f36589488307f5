"""Which scopes an ability needs."""

from glowtify_core.domain.capabilities import Capability, Needs, effective

EITHER = Needs(("accounts:read",), any_of=(("lists:read", "segments:read"),))


def test_one_of_a_group_is_enough():
    assert EITHER.missing({"lists:read"}) == ()
    assert EITHER.missing({"segments:read"}) == ()


def test_a_group_that_is_wholly_absent_is_asked_for_wholly():
    assert EITHER.missing({"lists:read", "segments:read"}) == ("lists:read", "segments:read")


def test_each_plain_scope_is_needed():
    assert EITHER.missing({"accounts:read", "other"}) == ("accounts:read",)
    assert EITHER.every_scope == ("accounts:read", "lists:read", "segments:read")


def test_what_a_connection_can_do_is_what_is_declared_less_what_its_scopes_take_away():
    declared = {Capability.PUBLISH: Needs(("write",)), Capability.METRICS: Needs(("metrics:read",))}
    assert effective(declared, ()) == {Capability.PUBLISH, Capability.METRICS}
    assert effective(declared, {"metrics:read"}) == {Capability.PUBLISH}
