"""Lists and segments, as Klaviyo pages them."""

import pytest

from glowtify_core.domain.audience import AudienceKind, AudienceQuery


@pytest.mark.vcr
def test_over_several_pages(story):
    told = story(lists=23)

    lists = list(told.platform.audiences(AudienceKind.LIST, AudienceQuery()))
    segments = list(told.platform.audiences(AudienceKind.SEGMENT, AudienceQuery()))

    assert len({audience.ref.id for audience in lists}) == 23
    assert "Newsletter" in {audience.name for audience in lists}
    assert {audience.ref.kind for audience in segments} == {AudienceKind.SEGMENT}
    assert told.platform.size(next(a.ref for a in lists if a.name == "Newsletter")) == 4200
