"""OpenTelemetry: a publication is one trace and few figures, and nothing of an e-mail or a key is in them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from dependency_injector import providers
from fakes import MemoryCampaigns
from inprocess import in_process
from klaviyo_world import SandboxClock, klaviyo_campaign
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from wiring import wired

from glowtify_adapters.observing import open_observer
from glowtify_adapters.observing.logs import LogObserver, set_up_logs
from glowtify_adapters.observing.telemetry import TelemetryObserver
from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.domain.campaign import Sender
from glowtify_core.domain.errors import ConfigurationError, OutcomeUnknown, RequestRejected
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo.sandbox import Fault, Sandbox

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SUBJECT, HTML, SENDER = "A canary's subject", "<p>A canary's words</p>", "canary@example.com"


class Watched:
    """The application over a sandbox, and what OpenTelemetry's SDK was told."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(port=1, now=NOW, campaigns=2)
        self._spans, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        traces = TracerProvider()
        traces.add_span_processor(SimpleSpanProcessor(self._spans))
        figures = MeterProvider([self._reader])
        self.observer = TelemetryObserver(
            traces.get_tracer("test"), figures.get_meter("test"), also=LogObserver()
        )
        clock = SandboxClock(self.sandbox)
        container = wired(in_process(self.sandbox), clock=clock, repo=MemoryCampaigns(clock))
        container.observer.override(providers.Object(self.observer))
        self.app = container.app()
        key = {"api_key": Secret(self.sandbox.api_key)}
        settings = {"base_url": self.sandbox.base_url}
        self.app.connections.connect("default", "klaviyo", key, settings=settings)
        self._spans.clear()
        self.sandbox.clear_requests()

    def publish(self, **changes):
        newsletter = AudienceRef(self.sandbox.ready["lists"][0]["id"], AudienceKind.LIST)
        schedule = SendAt.at((NOW + timedelta(days=7)).replace(tzinfo=None), "UTC")
        campaign = {
            "subject": SUBJECT,
            "html": HTML,
            "sender": Sender(SENDER, "Acme"),
            "include": (newsletter,),
            "schedule": schedule,
        }
        return self.app.campaigns.publish(klaviyo_campaign(**campaign | changes))

    @property
    def spans(self):
        """In the order of their beginning."""
        return sorted(self._spans.get_finished_spans(), key=lambda span: span.start_time)

    def trace(self, name):
        """Every span of the trace that has one of this name, by its path."""
        (top,) = (span for span in self.spans if span.name == name)
        own = {s.context.span_id: s for s in self.spans if s.context.trace_id == top.context.trace_id}

        def path(span):
            above = own.get(span.parent.span_id) if span.parent else None
            return (*path(above), span.name) if above else (span.name,)

        return [path(span) for span in own.values()]

    @property
    def figures(self):
        """Each figure's name, attributes and count."""
        data = self._reader.get_metrics_data()
        return [
            SimpleNamespace(name=metric.name, attributes=dict(point.attributes), count=point.count)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
        ]


@pytest.fixture
def watched():
    return Watched()


def test_a_publication_is_one_trace_with_every_step_and_the_requests_of_each(watched):
    watched.publish()
    top = "publication publish"
    paths = watched.trace(top)
    steps = [path[1] for path in paths if len(path) == 2 and path[1].startswith("step ")]
    assert steps == ["step template", "step campaign", "step assign", "step send", "step remove_template"]
    assert [path[2] for path in paths if len(path) == 3] == [
        "request create_template",
        "request create_campaign",
        "request assign_template_to_campaign_message",
        "request send_campaign",
        "request delete_template",
    ]
    requests = [span for span in watched.spans if span.name.startswith("request ")]
    assert len(requests) == len(watched.sandbox.requests)


def test_a_span_says_what_it_belongs_to_and_how_it_ended(watched):
    published = watched.publish().publication
    spans = {span.name: span for span in watched.spans}
    assert dict(spans["publication publish"].attributes) == {
        "glowtify.store": published.key.store,
        "glowtify.campaign": published.key.campaign_id,
        "glowtify.publication": published.id,
        "glowtify.connector": "klaviyo",
        "glowtify.account": published.account_id,
        "glowtify.operation": "publish",
        "glowtify.state": published.state.value,
        "glowtify.outcome": "done",
    }
    assert spans["step send"].attributes["glowtify.kind"] == "commit"
    request = dict(spans["request send_campaign"].attributes)
    assert request.pop("glowtify.request_id")
    assert request == {
        "glowtify.method": "POST",
        "glowtify.endpoint": "send_campaign",
        "glowtify.status": "202",
        "glowtify.outcome": "done",
    }
    assert spans["publication publish"].status.status_code is StatusCode.UNSET


def test_figures_are_few_and_count_every_kind_of_work(watched):
    watched.publish()
    counted = {(one.name, *sorted(one.attributes.items())): one.count for one in watched.figures}
    publication = {"connector": "klaviyo", "operation": "publish", "outcome": "done"}
    (state,) = (one.attributes["glowtify.state"] for one in watched.figures if "publication" in one.name)
    about = {f"glowtify.{key}": value for key, value in {**publication, "state": state}.items()}
    assert counted["glowtify.publication.duration", *sorted(about.items())] == 1
    request = {"method": "POST", "endpoint": "send_campaign", "status": "202", "outcome": "done"}
    about = {f"glowtify.{key}": value for key, value in request.items()}
    assert counted["glowtify.request.duration", *sorted(about.items())] == 1
    steps = [one for one in watched.figures if one.name == "glowtify.step.duration"]
    assert {one.attributes["glowtify.step"] for one in steps} >= {"template", "campaign", "assign", "send"}


def test_a_second_move_is_the_same_kind_of_work_in_figures():
    watched = Watched()
    for operation in ("reschedule-1", "reschedule-2"):
        with watched.observer.span("publication", operation=operation, store=operation):
            pass
    (moves,) = (one for one in watched.figures if one.name == "glowtify.publication.duration")
    assert moves.count == 2
    assert moves.attributes == {"glowtify.operation": "reschedule", "glowtify.outcome": "done"}


def test_an_error_is_its_code_and_title_on_every_span_that_it_left(watched):
    watched.sandbox.configure(sender_trouble=["create"])
    with pytest.raises(RequestRejected):
        watched.publish()
    failed = {span.name: span for span in watched.spans if span.status.status_code is StatusCode.ERROR}
    assert set(failed) == {"publication publish", "step campaign"}
    for span in failed.values():
        assert span.status.description == "Sender not authorized"
        assert span.attributes["glowtify.outcome"] == "sender_not_authorized"
        assert not span.events


def test_a_request_whose_answer_is_lost_is_told_by_what_broke(watched):
    watched.sandbox.state.faults.active.append(
        Fault(kind="drop", method="POST", path="/api/campaign-send-jobs", count=None)
    )
    with pytest.raises(OutcomeUnknown):
        watched.publish()
    lost = [span for span in watched.spans if span.name == "request send_campaign"]
    assert {span.attributes["glowtify.status"] for span in lost} == {"ConnectionError"}


def test_nothing_of_the_key_or_the_email_is_told(watched):
    watched.sandbox.configure(sender_trouble=["create"])
    with pytest.raises(RequestRejected):
        watched.publish()
    watched.sandbox.configure(sender_trouble=[])
    published = watched.publish()
    watched.app.campaigns.track([published.publication])
    told = json.dumps([json.loads(span.to_json()) for span in watched.spans]) + str(watched.figures)
    secret = [watched.sandbox.api_key, SUBJECT, "canary", SENDER, published.publication.name, "filter="]
    assert [word for word in secret if word in told] == []
    assert "@" not in told


def test_lines_of_the_log_name_the_trace(watched, capsys):
    with set_up_logs("json"):
        watched.publish()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (trace_id,) = {line["trace_id"] for line in lines if "publication" in line}
    (span,) = (span for span in watched.spans if span.name == "publication publish")
    assert int(trace_id, 16) == span.context.trace_id


def test_nothing_of_opentelemetry_is_imported_unless_it_is_asked_for():
    code = (
        "import sys; from pathlib import Path\n"
        "from glowtify_adapters.container import Container\n"
        "from glowtify_adapters.settings import Settings\n"
        "Container(settings=Settings(home=Path('nowhere'), database=Path('nowhere'))).observer()\n"
        "print(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_missing_extra_is_one_clear_error(monkeypatch):
    monkeypatch.delitem(sys.modules, "glowtify_adapters.observing.telemetry")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigurationError, match="not installed") as missing:
        open_observer(telemetry=True)
    assert 'pip install "glowtify-adapters[telemetry]"' in missing.value.remedy


SENDING = """
import sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

told = []
class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        told.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()
    def log_message(self, *arguments): ...

collector = HTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=collector.serve_forever, daemon=True).start()
import os
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{collector.server_port}"
os.environ["OTEL_EXPORTER_OTLP_COMPRESSION"] = "none"
os.environ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment=test"

from glowtify_adapters.observing import open_observer
from opentelemetry import metrics, trace
with open_observer(telemetry=True).span("step", step="send"):
    pass
assert open_observer(telemetry=True) is not None
trace.get_tracer_provider().shutdown()
metrics.get_meter_provider().shutdown()
sent = ExportTraceServiceRequest.FromString(dict(told)["/v1/traces"]).resource_spans[0]
print(sorted(path for path, _ in told))
print(sent.scope_spans[0].spans[0].name)
print({one.key: one.value.string_value for one in sent.resource.attributes})
collector.shutdown()
collector.server_close()
"""


@pytest.mark.parametrize("name", [None, "our-own"])
def test_the_variables_of_opentelemetry_say_where_everything_goes(monkeypatch, name):
    if name:
        monkeypatch.setenv("OTEL_SERVICE_NAME", name)
    done = subprocess.run([sys.executable, "-c", SENDING], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    paths, span, resource = done.stdout.splitlines()
    assert paths == "['/v1/metrics', '/v1/traces']"
    assert span == "step send"
    assert f"'service.name': '{name or 'glowtify'}'" in resource
    assert "'deployment.environment': 'test'" in resource
