"""A fresh interpreter until the official SDK is ready with the API groups that the job needs."""

import json
import resource
import sys
import time

begun = time.perf_counter()

from klaviyo_api import KlaviyoAPI  # noqa: E402 - the import is what is measured

sdk = KlaviyoAPI("pk" + "_" + "0" * 34, max_delay=1, max_retries=1)
groups = (
    sdk.Accounts, sdk.Lists, sdk.Segments, sdk.Campaigns, sdk.Templates, sdk.Metrics, sdk.Reporting,
)  # fmt: skip

seconds = time.perf_counter() - begun
megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
json.dump({"seconds": seconds, "megabytes": megabytes}, sys.stdout)
