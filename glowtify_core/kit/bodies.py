"""The body of an answer, whole and of a size that can be one."""

from __future__ import annotations

from http import HTTPStatus

import requests


def read_body(response: requests.Response, largest: int) -> bytes:
    """The whole body.

    Raises:
        ValueError: it is too large to be one, or the answer is none yet.
    """
    if response.status_code < HTTPStatus.OK:
        response.raw.close()  # the answer proper would be taken for the next request's
        raise ValueError
    content = bytearray()
    for piece in response.iter_content(65536):
        content += piece
        if len(content) > largest:
            raise ValueError
    return bytes(content)
