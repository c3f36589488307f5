"""A fresh interpreter until the Klaviyo connector is ready: registry, plugin, client."""

import json
import resource
import sys
import time

begun = time.perf_counter()

from glowtify_core.host import discover  # noqa: E402 - the import is what is measured
from glowtify_core.kit.pacing import RollingGate  # noqa: E402
from glowtify_core.ports.clock import SystemClock  # noqa: E402
from glowtify_core.ports.connectors import ConnectorContext  # noqa: E402
from glowtify_core.ports.credentials import Secret  # noqa: E402

clock = SystemClock()
manifest = discover(strict=True).manifest("klaviyo")
context = ConnectorContext(None, {"api_key": Secret("pk" + "_" + "0" * 34)}, clock, RollingGate(clock))
platform = manifest.factory(context)

seconds = time.perf_counter() - begun
megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
json.dump({"seconds": seconds, "megabytes": megabytes}, sys.stdout)
