"""One connected account's HTTP: a Session that keeps its connection, waits its turn and leaks nothing."""

from __future__ import annotations

import ipaddress
import json
import os
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers, get_environ_proxies
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
)
from urllib3.util import Retry, Url, parse_url

from glowtify_core.domain.errors import ConfigurationError, CredentialsMissing, PlatformError
from glowtify_core.kit.answers import Answer, Endpoint, by_status, http_date, malformed, unavailable
from glowtify_core.kit.bodies import read_body
from glowtify_core.kit.deadline import DeadlineAdapter
from glowtify_core.kit.documents import parse_json
from glowtify_core.kit.redaction import Traces, mask
from glowtify_core.kit.retry import Patience
from glowtify_core.ports.credentials import Secret
from glowtify_core.ports.observing import observer

TIMEOUTS = (5.0, 30.0)
"""Seconds to connect, and between two pieces of an answer; the whole has a deadline besides."""
LARGEST_ANSWER = 20_000_000
"""Bytes; anything larger is no answer of ours."""
LARGEST_REFUSAL = 100_000
"""Bytes of a body that says why something is refused; nobody reads more."""
LONGEST_URL = 8_000
"""Characters of an address that a platform may send us on to."""

_CONNECT_ONLY = Retry(total=None, connect=3, read=0, other=0, redirect=0, status=0)
_NEVER_LEFT = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
"""Found anywhere among an error's causes, these say that no request was sent.

ProxyError does not: urllib3 raises it too for a connection that breaks after a request went through a proxy.
"""
_NO_TUNNEL = "Tunnel connection failed"
"""How http.client begins what it says of a proxy that refuses to connect."""

_BROKEN = (requests.RequestException, HTTPError, OSError)
"""What sending and reading raise when the connection is at fault."""

Refusal = Callable[[Answer, Endpoint], PlatformError]
"""Turns an answer of 400 and above into an error of our tree."""


Ready = Callable[[], object]
"""Called when a request is about to leave, after all waiting; what it raises keeps it from leaving."""


def always() -> None:
    """Nothing keeps it from leaving."""


class HeaderAuth(AuthBase):
    """Puts a secret into a header. Being an auth object, it keeps requests from asking netrc.

    Raises:
        CredentialsMissing: the secret could not stand in a header.
    """

    def __init__(self, secret: Secret, *, header: str = "Authorization", prefix: str = "") -> None:
        value = secret.reveal()
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise CredentialsMissing(
                "The key holds characters that no key has", remedy="Copy it again, without spaces or breaks."
            )
        self.secret = secret
        self._header = header
        self._prefix = prefix

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""
        request.headers[self._header] = f"{self._prefix}{self.secret.reveal()}"
        return request


class HttpClient:
    """Requests to one platform on behalf of one account. Serves one thread at a time.

    urllib3 repeats nothing but the connecting; :class:`~glowtify_core.kit.retry.Patience` decides on the
    rest. The environment is read once, here: proxies and the bundle of certificate authorities.

    Args:
        base_url: as :func:`check_base_url` returned it.
        auth: signs each request.
        patience: pace and retries.
        pace_key: whose pace: the platform's account id, or a hash of the credential.
        headers: sent with every request.
        refusal: turns an answer of 400 and above into an error.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: HeaderAuth,
        patience: Patience,
        pace_key: str,
        headers: Mapping[str, str],
        refusal: Refusal = by_status,
    ) -> None:
        self._base_url = base_url
        self._auth = auth
        self._traces = Traces(auth.secret)
        self._patience = patience
        self._pace_key = pace_key
        self._refusal = refusal
        self._session = requests.Session()
        self._session.trust_env = False
        self._headers = {**default_headers(), **headers}
        self._wire: Mapping[str, Any] = {  # given with each request, which spares the session merging them
            "proxies": {} if is_loopback(base_url) else get_environ_proxies(base_url),
            "verify": os.environ.get("REQUESTS_CA_BUNDLE") or True,
        }
        self.mount(DeadlineAdapter(max_retries=_CONNECT_ONLY))
        self._last_date: str | None = None

    @property
    def last_date(self) -> datetime | None:
        """The platform's time of day at its last answer, aware, to the second."""
        return http_date(self._last_date)

    def mount(self, adapter: BaseAdapter) -> None:
        """Send through this adapter from now on, as recording tests do."""
        self._session.mount(self._base_url, adapter)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def call(
        self,
        method: str,
        target: str,
        *,
        endpoint: Endpoint,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        ready: Ready = always,
    ) -> Answer:
        """Send a request until it has an answer, at the platform's pace.

        Args:
            method: HTTP method.
            target: a path that begins with ``/``, or an absolute URL on the platform's own host.
            endpoint: what is known of it; decides on pace and on what may be repeated.
            params: query.
            body: sent as JSON unless None.
            ready: see :data:`Ready`.

        Raises:
            MalformedResponse: the target is on another host, or the answer of a success is no JSON.
            OutcomeUnknown: a write went out and its answer was lost.
            PlatformError: any other refusal or failure.
        """
        url = self._own(target)
        content = (
            None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        )

        def attempt() -> Answer:
            ready()
            with observer().span("request", method=method, endpoint=endpoint.name) as note:
                outcome = self._exchange(method, url, endpoint, params, content)
                note(**self._shown(outcome))
            if isinstance(outcome, PlatformError):
                raise outcome
            return self._judged(outcome, endpoint)

        key = f"{self._pace_key}:{endpoint.name}"
        answer = self._patience.call(attempt, key=key, limits=endpoint.limits)
        self._last_date = answer.headers.get("Date")
        return answer

    def _own(self, target: str) -> str:
        """The target's URL; another host never gets the key."""
        url = f"{self._base_url}{target}" if target.startswith("/") else target
        if len(url) > LONGEST_URL or not url.isprintable():
            raise malformed("it points to what is no address", write=False)
        if origin(url) != origin(self._base_url) or _split(url).auth is not None:
            raise malformed("it points to another host", write=False)
        return url

    def _shown(self, outcome: Answer | PlatformError) -> Mapping[str, str]:
        """What may be seen of a request: nothing of what was sent, nor of what came back."""
        if isinstance(outcome, PlatformError):
            return {"status": outcome.detail}
        request_id = mask(outcome.request_id, [self._auth.secret])
        return {"status": str(outcome.status), **({"request_id": request_id} if request_id else {})}

    def _judged(self, answer: Answer, endpoint: Endpoint) -> Answer:
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise self._refusal(answer, endpoint)
        if not (HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES and answer.readable):
            raise malformed(f"HTTP {answer.status} without a readable body", write=endpoint.write)
        return answer

    def _exchange(
        self,
        method: str,
        url: str,
        endpoint: Endpoint,
        params: Mapping[str, str] | None,
        content: bytes | None,
    ) -> Answer | PlatformError:
        """Send once. Errors are returned: raised in here, their context would carry the signed request."""
        try:
            request = requests.Request(
                method, url, params=params, data=content, headers=self._headers, auth=self._auth
            ).prepare()
            wire = self._session.get_adapter(url)  # by itself it follows no redirect and keeps no cookie
            with wire.send(request, timeout=TIMEOUTS, stream=True, **self._wire) as response:
                return self._read(response)
        except _BROKEN as problem:
            sent = not any(_before_sending(cause) for cause in _causes(problem))
            title = "The connection broke" if sent else "The platform cannot be reached"
            return unavailable(endpoint, title=title, sent=sent, detail=type(problem).__name__)

    def _read(self, response: requests.Response) -> Answer:
        """What came back; a refusal stands by its status, whatever becomes of its body."""
        refused = response.status_code >= HTTPStatus.BAD_REQUEST
        headers = self._without_key(response.headers) if refused else response.headers
        try:
            content = read_body(response, LARGEST_REFUSAL if refused else LARGEST_ANSWER)
            body = parse_json(content) if content else None
            body = self._traces.clean(body) if refused else body
        except _BROKEN:
            if not refused:
                raise
        except (ValueError, RecursionError):
            pass
        else:
            return Answer(response.status_code, headers, body)
        return Answer(response.status_code, headers, readable=False)

    def _without_key(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        return CaseInsensitiveDict({name: self._traces.clean(value) for name, value in headers.items()})


def check_base_url(url: str, *, official: Collection[str], allowed: Collection[str] = ()) -> str:
    """A platform's address without a slash at its end, if the credential may be sent there.

    Accepted are https on the ``official`` hosts, https on the ``allowed`` ones (``host`` or ``host:port``,
    from the installation's settings), and any loopback address.

    Raises:
        ConfigurationError: otherwise, or when there is more to it than scheme, host and port.
    """
    parts = _split(url.strip())
    ours = parts.host in official and parts.port in (None, 443)
    if parts.host and parts.path in (None, "", "/") and not (parts.auth or parts.query or parts.fragment):
        if parts.scheme == "https" and (ours or parts.netloc in allowed):
            return f"https://{parts.netloc}"
        if parts.scheme in ("http", "https") and is_loopback(url):
            return f"{parts.scheme}://{parts.netloc}"
    raise ConfigurationError(
        "The base URL is not one that the key may be sent to",
        remedy="Leave base_url out, or name its host in GLOWTIFY_ALLOWED_HOSTS.",
        field="base_url",
    )


def origin(url: str) -> tuple[str | None, str | None, int | None]:
    """Scheme, host and port; of what is no URL, nothing."""
    parts = _split(url)
    return parts.scheme, parts.host, parts.port or {"http": 80, "https": 443}.get(parts.scheme or "")


def is_loopback(url: str) -> bool:
    """Whether a URL stays on this machine."""
    host = (_split(url.strip()).host or "").strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> Url:
    """A URL's parts, as the library that connects reads them: another's reading could name another host."""
    try:
        return parse_url(url)
    except LocationParseError:
        return Url()


def _before_sending(cause: object) -> bool:
    return isinstance(cause, _NEVER_LEFT) or (
        isinstance(cause, OSError) and str(cause).startswith(_NO_TUNNEL)
    )


def _causes(problem: object) -> Iterator[object]:
    """An error and everything it wraps, wherever requests and urllib3 keep it."""
    seen: list[object] = []
    waiting = [problem]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
