"""HTTP as the index configuration wants it: certificates, credentials, proxies, retries."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.errors import IndexUnreachableError
from orchestrator.resolve.urls import credentials, origin, redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests import Response

    from orchestrator.resolve.configuration import IndexConfiguration

_CONNECT_SECONDS = 10
_READ_SECONDS = 60
_ATTEMPTS = 3
_ANSWERS = (200, 304, 404)
_LOGIN = (401, 403, 407)


@contextmanager
def get(
    url: str, configuration: IndexConfiguration, headers: Mapping[str, str]
) -> Iterator[Response]:
    """An HTTP GET whose answer's body is yet to be read; its status is 200, 304 or 404.

    Credentials come from the URL, from a configured URL of the same origin, or from netrc;
    proxies from the environment. Connecting is tried three times, as are answers that
    ask for it (429, 502, 503, 504).

    Raises:
        IndexUnreachableError: There was no answer, or another one, or the body ended early.
    """
    if configuration.offline:
        raise IndexUnreachableError(
            f"{redact(url)} is needed, and uv is configured to stay offline.",
            hint="Unset UV_OFFLINE.",
        )
    import requests  # noqa: PLC0415
    import urllib3  # noqa: PLC0415

    from orchestrator.resolve.addresses import AddressAdapter  # noqa: PLC0415
    from orchestrator.resolve.tls import SharedContextAdapter  # noqa: PLC0415

    certificates = (
        configuration.certificates
        or os.environ.get("CURL_CA_BUNDLE")
        or requests.utils.DEFAULT_CA_BUNDLE_PATH
    )
    retries = urllib3.Retry(
        _ATTEMPTS - 1, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504)
    )
    known = {
        origin(place): found
        for place in (*configuration.indexes, *configuration.find_links)
        if (found := credentials(place))
    }
    with requests.Session() as session:
        try:
            session.mount("https://", SharedContextAdapter(certificates, max_retries=retries))
            session.mount("http://", AddressAdapter(max_retries=retries))
            response = session.get(
                url,
                headers=dict(headers),
                auth=None if credentials(url) else known.get(origin(url)),
                verify=certificates,
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                stream=True,
            )
        except OSError as error:  # RequestException is one; a missing CA bundle is a plain one
            raise _failed(url, error) from error
        if response.status_code not in _ANSWERS:
            raise _refused(url, response)
        try:
            yield response
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = _failed(url, error)
            failure.broken_off = True
            raise failure from error


def _refused(url: str, response: Response) -> IndexUnreachableError:
    answer = f"{response.status_code} {response.reason or ''}".strip()
    hint = "Give credentials in the index's URL, or in ~/.netrc."
    return IndexUnreachableError(
        f"{redact(url)} answered {answer}.",
        hint=hint if response.status_code in _LOGIN else None,
    )


def _failed(url: str, error: Exception) -> IndexUnreachableError:
    # The innermost cause says it best: "Connection refused", "certificate verify failed".
    cause: BaseException = error
    while inner := cause.__cause__ or cause.__context__:
        cause = inner
    return IndexUnreachableError(f"{redact(url)} can't be read: {redact(str(cause))}.")
