"""Traces and figures by OpenTelemetry. Where they go is set by its own variables, ``OTEL_...``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from glowtify_adapters.observing.outcomes import DONE, outcome_of, problem_of
from glowtify_core.ports.observing import Note, Observer

NAME = "glowtify"

_TITLES = ("operation", "step", "endpoint")
"""The attribute that a kind of work is known by, besides its name."""

_FEW = ("connector", "operation", "state", "step", "kind", "method", "endpoint", "status")
"""Attributes of few values, by which figures are kept; ids would make as many figures as there are ids."""

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
"""Bounds between which durations are counted: a request takes parts of a second, a publication many."""


class TelemetryObserver:
    """An :class:`~glowtify_core.ports.observing.Observer`: a span and a duration for each piece of work.

    An error is its code and title: no message, no traceback, since those may hold values.

    Args:
        tracer: makes the spans.
        meter: keeps the durations, a histogram ``glowtify.<work>.duration`` in seconds for each kind of work.
        also: is told everything too, with the ``trace_id`` besides.
    """

    def __init__(self, tracer: trace.Tracer, meter: metrics.Meter, *, also: Observer) -> None:
        self._tracer = tracer
        self._meter = meter
        self._also = also

    @contextmanager
    def span(self, name: str, **attributes: str) -> Iterator[Note]:
        """Around one piece of work."""
        about = {**attributes, "outcome": DONE}
        begun = time.monotonic()
        with self._tracer.start_as_current_span(
            _title(name, attributes), record_exception=False, set_status_on_exception=False
        ) as span:
            trace_id = trace.format_trace_id(span.get_span_context().trace_id)
            try:
                with self._also.span(name, trace_id=trace_id, **attributes) as tell:

                    def note(**more: str) -> None:
                        about.update(more)
                        tell(**more)

                    yield note
            except BaseException as error:
                about["outcome"] = outcome_of(error)
                span.set_status(trace.StatusCode.ERROR, problem_of(error) or about["outcome"])
                raise
            finally:
                span.set_attributes({f"{NAME}.{key}": value for key, value in about.items()})
                self._durations(name).record(time.monotonic() - begun, _few(about))

    def _durations(self, name: str) -> metrics.Histogram:
        """Made once, however often it is asked for."""
        return self._meter.create_histogram(
            f"{NAME}.{name}.duration", unit="s", explicit_bucket_boundaries_advisory=_SECONDS
        )


def open_telemetry(also: Observer) -> TelemetryObserver:
    """Over the providers that the process has; where it has none, ones that send by OTLP over HTTP."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        resource = Resource.create({"service.name": NAME}).merge(OTELResourceDetector().detect())
        traces = TracerProvider(resource=resource)
        traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(traces)
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        metrics.set_meter_provider(MeterProvider([reader], resource=resource))
    return TelemetryObserver(trace.get_tracer(NAME), metrics.get_meter(NAME), also=also)


def _title(name: str, attributes: Mapping[str, str]) -> str:
    known = next((_kind(key, attributes[key]) for key in _TITLES if key in attributes), "")
    return f"{name} {known}".rstrip()


def _few(about: Mapping[str, str]) -> dict[str, str]:
    return {f"{NAME}.{key}": _kind(key, about[key]) for key in (*_FEW, "outcome") if key in about}


def _kind(key: str, value: str) -> str:
    """Of an operation such as ``reschedule-2`` its kind."""
    return value.partition("-")[0] if key == "operation" else value
