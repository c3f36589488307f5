import pytest

from glowtify_klaviyo.sandbox import Sandbox


@pytest.fixture
def sandbox(local_klaviyo: Sandbox) -> Sandbox:
    """The sandbox at its beginning; its clock stands."""
    local_klaviyo.reset()
    return local_klaviyo
