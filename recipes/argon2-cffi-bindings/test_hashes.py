"""The library's hashes against those that RFC 9106 prints, and against themselves."""

import pytest
from _argon2_cffi_bindings import ffi, lib

# RFC 9106, section 5: 3 passes over 32 KiB in 4 lanes.
TAGS = {
    "Argon2_d": "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb",
    "Argon2_i": "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8",
    "Argon2_id": "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659",
}


@pytest.mark.parametrize("kind", TAGS)
def test_the_tags_of_the_rfc(kind):
    inputs = [
        ffi.new("uint8_t[]", bytes([value]) * length)
        for value, length in ((1, 32), (2, 16), (3, 8), (4, 12))
    ]
    (password, salt, secret, data), out = inputs, ffi.new("uint8_t[]", 32)
    context = ffi.new(
        "argon2_context *",
        {
            "out": out, "outlen": 32,
            "pwd": password, "pwdlen": 32,
            "salt": salt, "saltlen": 16,
            "secret": secret, "secretlen": 8,
            "ad": data, "adlen": 12,
            "t_cost": 3, "m_cost": 32, "lanes": 4, "threads": 2,
            "version": 0x13,
            "allocate_cbk": ffi.NULL, "free_cbk": ffi.NULL,
            "flags": lib.ARGON2_DEFAULT_FLAGS,
        },
    )  # fmt: skip
    assert lib.argon2_ctx(context, getattr(lib, kind)) == lib.ARGON2_OK
    assert bytes(ffi.buffer(out, 32)).hex() == TAGS[kind]


@pytest.mark.parametrize("kind", TAGS)
def test_what_was_encoded_verifies(kind):
    number = getattr(lib, kind)
    size = lib.argon2_encodedlen(2, 1024, 2, 16, 32, number)
    encoded = ffi.new("char[]", size)
    status = lib.argon2_hash(
        2, 1024, 2, b"password", 8, b"salt" * 4, 16, ffi.NULL, 32, encoded, size, number, 0x13
    )
    assert status == lib.ARGON2_OK
    assert ffi.string(encoded).startswith(f"${kind.lower().replace('_', '')}$v=19$".encode())
    assert lib.argon2_verify(encoded, b"password", 8, number) == lib.ARGON2_OK
    wrong = lib.argon2_verify(encoded, b"passw0rd", 8, number)
    assert wrong == lib.ARGON2_VERIFY_MISMATCH


def test_errors_have_words():
    assert b"too short" in ffi.string(lib.argon2_error_message(lib.ARGON2_SALT_TOO_SHORT)).lower()
