import pytest

from orchestrator.index.negotiation import HTML, JSON, PLAIN, content_type, encoding

PIP = f"{JSON}, {HTML}; q=0.1, text/html; q=0.01"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", PLAIN),
        ("*/*", PLAIN),
        ("text/*", PLAIN),
        (BROWSER, PLAIN),
        (PIP, JSON),
        (PIP.upper(), JSON),
        (JSON, JSON),
        (HTML, HTML),
        ("text/html", PLAIN),
        ("application/vnd.pypi.simple.latest+json", JSON),
        ("application/vnd.pypi.simple.latest+html", HTML),
        (f"text/html;q=0.9, {JSON};q=0.8", PLAIN),
        (f"{JSON}, text/html", JSON),
        (f"{JSON};q=0, */*", PLAIN),
        (f"*/*;q=0.1, {HTML};q=0.2", HTML),
        (f"text/html;q=0, {HTML};q=0, */*;q=0.1", JSON),
        ("application/json", ""),
        ("image/png, application/vnd.pypi.simple.v2+json", ""),
        (f"{JSON};q=0", ""),
        ("*/*;q=0", ""),
        (f"{JSON};q=much", ""),
        (f"{JSON};q=nan", ""),
        (";;;, ,=", ""),
    ],
)
def test_the_content_type_is_what_the_client_likes_best(accept: str, chosen: str):
    assert content_type(accept) == chosen


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        (f"format={JSON}", JSON),
        ("format=application/vnd.pypi.simple.v1%2Bjson", JSON),
        (f"a=b&format={HTML}", HTML),
        ("format=application/vnd.pypi.simple.latest+json", JSON),
        ("format=json", JSON),
        ("format=html", PLAIN),
        ("format=text/html", PLAIN),
        ("format=yaml", ""),
        ("other=1", PLAIN),
    ],
)
def test_the_url_outdoes_the_header(query: str, chosen: str):
    assert content_type("text/html", query) == chosen


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", ""),
        ("identity", ""),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0", ""),
        ("*", "br"),
        ("*;q=0", ""),
        ("gzip;q=0.5, identity;q=0.8", ""),
        ("deflate", ""),
    ],
)
def test_the_encoding_is_the_smallest_that_the_client_takes(accepted: str, chosen: str):
    assert encoding(accepted) == chosen
