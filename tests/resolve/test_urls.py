from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.resolve import urls

WORDS = st.from_regex(r"[A-Za-z0-9%_.~!$&'()*+,;=@:-]{1,20}", fullmatch=True)


@given(WORDS, WORDS)
def test_nothing_of_the_credentials_survives(user: str, password: str):
    url = f"https://{user}:{password}@h.example/simple/?a=b@c"
    text = f"error at {url} (retrying {url})"
    hidden = "https://***@h.example/simple/?a=b@c"
    assert urls.redact(text) == f"error at {hidden} (retrying {hidden})"
    assert urls.without_credentials(url) == "https://h.example/simple/?a=b@c"


@given(st.text())
def test_redacting_twice_changes_nothing(text: str):
    once = urls.redact(text)
    assert urls.redact(once) == once


def test_the_user_of_ssh_is_an_address_but_its_password_is_not():
    assert urls.redact("ssh://git@h.example/a") == "ssh://git@h.example/a"
    assert urls.without_credentials("git+ssh://git@h.example/a") == "git+ssh://git@h.example/a"
    assert "hidden" not in urls.redact("ssh://git:hidden@h.example/a")


def test_credentials_are_decoded_and_put_back():
    assert urls.credentials("https://u:p%40ss@h.example/") == ("u", "p@ss")
    assert urls.credentials("https://token@h.example/") == ("token", "")
    assert urls.credentials("https://h.example/a@b") is None
    assert urls.with_credentials("https://old@h.example/x", "u", "p") == "https://u:p@h.example/x"


def test_origins_ignore_credentials_only():
    assert urls.origin("https://u:p@H.example:8443/a") == ("https", "h.example:8443")
    assert urls.origin("http://h.example/") != urls.origin("https://h.example/")


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("file:///srv/a%20b", Path("/srv/a b")),
        ("/srv/a b", Path("/srv/a b")),
        ("https://h.example/a", None),
    ],
)
def test_local_paths(location: str, path: Path | None):
    assert urls.local_path(location) == path


def test_fragments():
    url, fragment = urls.split_fragment("https://h.example/a.zip#sha256=00&subdirectory=x%2Fy")
    assert url == "https://h.example/a.zip"
    assert fragment == {"sha256": "00", "subdirectory": "x/y"}
