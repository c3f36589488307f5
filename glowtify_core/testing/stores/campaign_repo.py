"""The contract of a campaign repository, whole: publications, claims, and the log of their steps."""

from __future__ import annotations

from glowtify_core.testing.stores.claims import ClaimContract
from glowtify_core.testing.stores.doubts import DoubtContract
from glowtify_core.testing.stores.due import DueContract
from glowtify_core.testing.stores.publications import PublicationContract
from glowtify_core.testing.stores.step_log import StepLogContract


class CampaignRepoContract(PublicationContract, ClaimContract, StepLogContract, DoubtContract, DueContract):
    """Keeping publications: their content, the claims on them, the log of their steps, and what is due.

    An author gives three fixtures, which
    :class:`~glowtify_core.testing.stores.campaign_store.CampaignStoreCase` describes:

    .. code-block:: python

        class TestAcmeCampaigns(CampaignRepoContract):
            @pytest.fixture
            def repo(self, tmp_path):
                return AcmeCampaigns(tmp_path / "acme.db")

            @pytest.fixture
            def other_repo(self, tmp_path):
                return AcmeCampaigns(tmp_path / "acme.db")

            @pytest.fixture
            def pass_time(self, repo):
                return repo.grow_older
    """
