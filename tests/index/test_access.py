"""Tokens, and who is let through with them."""

from __future__ import annotations

import asyncio
import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from orchestrator.errors import BadTokenScopeError, NoSuchTokenError, TokensFileError
from orchestrator.index.access import Access
from orchestrator.index.journal import Journal, utc_now
from orchestrator.index.limiter import FAILURES, SECONDS, Limiter
from orchestrator.index.messages import Request
from orchestrator.index.refusal import RefusalError
from orchestrator.index.tokens import Tokens

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-11-29T10:00:00Z"


class Door:
    """An index's access, a clock that is set by hand, and what was written down."""

    def __init__(self, folder: Path, *, anonymous_read: bool = False) -> None:
        self.tokens = Tokens(folder / "tokens.json")
        self.journal = Journal(folder)
        self.now = 1000.0
        self.access = Access(
            self.tokens, self.journal, anonymous_read=anonymous_read, clock=lambda: self.now
        )

    def ask(self, path: str, header: str = "", peer: str = "192.0.2.1", **more: str) -> int:
        """Status of a page's guard; 200 where it lets through."""
        headers = ({"authorization": header} if header else {}) | more
        request = Request(method="GET", path=path, headers=headers, peer=peer)
        answer = asyncio.run(self.access(request))
        return answer.status if answer else 200

    def admit(self, scope: str, header: str = "", peer: str = "192.0.2.1", **more: str) -> int:
        headers = ({"authorization": header} if header else {}) | {
            name.replace("_", "-"): value for name, value in more.items()
        }
        request = Request(method="POST", path="/legacy/", headers=headers, peer=peer)
        try:
            self.access.admit(request, scope)  # type: ignore[arg-type]
        except RefusalError as refusal:
            self.refusal = refusal
            return refusal.status
        return 200

    def entries(self) -> list[dict[str, object]]:
        if not self.journal.path.exists():
            return []
        return [json.loads(line) for line in self.journal.path.read_text().splitlines()]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def basic(password: str, user: str = "__token__") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_secret_is_nowhere_and_the_file_is_private(door: Door) -> None:
    token, text = door.tokens.create(created=NOW, read=True, note="ci")
    content = door.tokens.path.read_text()
    assert text.rpartition("_")[2] not in content
    assert text.split("_", 2)[2] not in content
    assert stat.S_IMODE(door.tokens.path.stat().st_mode) == 0o600
    assert door.tokens.recognise(text, NOW) == token


def test_revoked_and_expired_tokens_end_at_once(door: Door) -> None:
    other = Tokens(door.tokens.path)  # as another process
    token, text = other.create(created=NOW, read=True, expires="2026-12-01T00:00:00Z")
    assert door.tokens.recognise(text, "2026-11-30T23:59:59Z")
    assert not door.tokens.recognise(text, "2026-12-01T00:00:00Z")
    other.revoke(token.id)
    assert not door.tokens.recognise(text, NOW)
    with pytest.raises(NoSuchTokenError):
        other.revoke(token.id)


def test_tokens_made_at_once_are_all_kept(tmp_path: Path) -> None:
    def make(_: int) -> str:
        return Tokens(tmp_path / "tokens.json").create(created=NOW, read=True)[0].id

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(make, range(24)))
    assert {token.id for token in Tokens(tmp_path / "tokens.json").all()} == made
    assert len(made) == 24


@pytest.mark.parametrize("pattern", ["", "a b", "../x", "[a]", "é"])
def test_patterns_that_fit_nothing_are_refused(door: Door, pattern: str) -> None:
    with pytest.raises(BadTokenScopeError):
        door.tokens.create(created=NOW, upload=(pattern,))
    with pytest.raises(BadTokenScopeError):
        door.tokens.create(created=NOW)
    assert not door.tokens.path.exists()


def test_patterns_are_compared_normalized(door: Door) -> None:
    token, _ = door.tokens.create(created=NOW, upload=("Acme_*", "tiny"))
    assert token.upload == ("acme-*", "tiny")
    assert token.may_upload("acme-app")
    assert token.may_upload("tiny")
    assert not token.may_upload("acmeapp")
    assert not token.may_upload("tiny-evil")
    assert not token.may_read()


def test_damaged_file_lets_nobody_in(door: Door) -> None:
    _, text = door.tokens.create(created=NOW, admin=True)
    door.tokens.path.write_text("{}[")
    assert door.ask("/simple/", basic(text)) == 503
    with pytest.raises(TokensFileError):
        door.tokens.all()


def test_readers_are_let_in_by_any_way_of_saying_it(door: Door) -> None:
    _, text = door.tokens.create(created=NOW, read=True)
    for header in (basic(text), basic(text, "me"), basic("", text), f"Bearer {text}"):
        assert door.ask("/simple/", header) == 200
    assert door.ask("/simple/") == 401
    for header in ("Basic", "Basic !!", "Digest x", basic("x"), f"Bearer {text}x", "Basic w6Q="):
        assert door.ask("/simple/", header) == 401, header
    assert door.ask("/-/healthz") == 200
    assert door.ask("/-/metrics") == 401


def test_challenge_names_the_scheme(door: Door) -> None:
    answer = asyncio.run(door.access(Request(method="GET", path="/simple/")))
    assert answer
    assert dict(answer.headers)["www-authenticate"].startswith("Basic realm=")


def test_anonymous_readers_need_nothing_and_wrong_credentials_do_no_harm(tmp_path: Path) -> None:
    door = Door(tmp_path, anonymous_read=True)
    assert door.ask("/simple/") == 200
    assert door.ask("/simple/", basic("wrong")) == 200
    assert door.entries() == []


def test_scopes_are_not_each_other(door: Door) -> None:
    _, reader = door.tokens.create(created=NOW, read=True)
    _, uploader = door.tokens.create(created=NOW, upload=("acme-*",))
    _, admin = door.tokens.create(created=NOW, admin=True)
    allowed = {
        (name, scope): door.admit(scope, basic(text))
        for name, text in (("reader", reader), ("uploader", uploader), ("admin", admin))
        for scope in ("read", "upload", "admin")
    }
    assert {key for key, status in allowed.items() if status == 200} == {
        ("reader", "read"),
        ("uploader", "upload"),
        ("admin", "read"),
        ("admin", "upload"),
        ("admin", "admin"),
    }
    assert set(allowed.values()) == {200, 403}
    assert {entry["event"] for entry in door.entries()} == {"refused access"}


def test_guessing_is_slowed_down_and_written_down_once(door: Door) -> None:
    token, text = door.tokens.create(created=NOW, upload=("*",))
    statuses = [door.admit("upload", basic(f"orc_{token.id}_{'A' * 43}")) for _ in range(50)]
    assert statuses == [401] * FAILURES + [429] * (50 - FAILURES)
    assert dict(door.refusal.headers)["retry-after"] == str(int(SECONDS))
    # A right one, too, from where it never was right before.
    assert door.admit("upload", basic(text)) == 429
    assert door.admit("upload", basic(text), peer="192.0.2.2") == 200
    events = [entry["event"] for entry in door.entries()]
    assert events == ["refused login"] * FAILURES + ["limited"]
    door.now += SECONDS
    assert door.admit("upload", basic(text)) == 200


def test_a_neighbours_guessing_does_not_lock_out(door: Door) -> None:
    _, text = door.tokens.create(created=NOW, upload=("*",))
    assert door.admit("upload", basic(text)) == 200
    for _ in range(20):
        door.admit("upload", basic("wrong"))
    assert door.admit("upload", basic(text)) == 200
    assert door.admit("upload", basic("wrong")) == 429


def test_uploads_without_credentials_are_failures(door: Door) -> None:
    door.tokens.create(created=NOW, upload=("*",))
    assert door.admit("upload") == 401
    assert [entry["event"] for entry in door.entries()] == ["refused login"]


def test_pages_of_other_sites_can_not_use_a_browsers_memory(door: Door) -> None:
    _, text = door.tokens.create(created=NOW, admin=True)
    assert door.admit("admin", basic(text), sec_fetch_site="cross-site") == 403
    assert door.admit("admin", basic(text), sec_fetch_site="same-origin") == 200


def test_index_without_tokens_can_only_be_read(tmp_path: Path) -> None:
    access = Access(None, Journal(tmp_path))
    with pytest.raises(RefusalError) as refusal:
        access.admit(Request(method="POST", path="/legacy/"), "upload")
    assert refusal.value.status == 403


def test_one_machine_has_all_of_an_ipv6_network() -> None:
    limiter = Limiter(failures=2, seconds=10)
    limiter.fail("2001:db8::1", 0.0)
    limiter.fail("2001:db8::2", 0.0)
    assert limiter.wait("2001:db8::3", 0.0) == 10.0
    assert limiter.wait("2001:db8:1::3", 0.0) == 0.0
    assert limiter.wait("2001:db8::3", 10.0) == 0.0


def test_journal_lines_stay_lines(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add("refused login", subject='x\n{"event": "upload"}', why="é" * 1000)
    (line,) = journal.path.read_text().splitlines()
    entry = json.loads(line)
    assert entry["event"] == "refused login"
    assert len(entry["why"]) == 300
    assert entry["time"] <= utc_now()
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
