"""Makes tests/vectors/files.json from the words of docs/protocol.md "Files" alone, with the
`cryptography` package, so that a second implementation has agreed:
`python3 scripts/vectors/files.py > tests/vectors/files.json`."""

import hashlib
import hmac
import json
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

CHUNK = 65536


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def framed(*parts):
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def seal(suite, key, salt, plain):
    code = {"chacha20-poly1305": 1, "aes-128-cbc-hmac": 2}[suite]
    header = b"SIMPPF1\0" + struct.pack(">BBHQ", code, 16, 0, len(plain)) + salt
    header = header.ljust(64, b"\0")
    keys = HKDF(SHA256(), 112, salt, b"simppd file 1" + header).derive(key)
    payload, second, third = keys[:48], keys[48:80], keys[80:]
    out = [header]
    starts = range(0, max(len(plain), 1), CHUNK)
    for index, start in enumerate(starts):
        chunk = plain[start : start + CHUNK]
        position = struct.pack(">IB", index, index == len(starts) - 1)
        if code == 1:
            cipher = ChaCha20Poly1305(payload[:32])
            out.append(cipher.encrypt(second[:7] + position, chunk, None))
            continue
        iv = mac(second, position)[:16]
        pad = PKCS7(128).padder()
        cipher = Cipher(algorithms.AES(payload[:16]), modes.CBC(iv)).encryptor()
        body = cipher.update(pad.update(chunk) + pad.finalize()) + cipher.finalize()
        out.append(body + mac(payload[16:], framed(sha256(header) + position, iv, body)))
    return b"".join(out), mac(third, b"commit")


vectors = []
for suite in ("chacha20-poly1305", "aes-128-cbc-hmac"):
    for size in (0, 1, 16, 65535, 65536, 65537, 200000):
        key = sha256(f"key {suite} {size}".encode())
        salt = sha256(f"salt {suite} {size}".encode())
        plain = bytes((7 * i + (i >> 8)) & 255 for i in range(size))
        sealed, commitment = seal(suite, key, salt, plain)
        vectors.append(
            {
                "suite": suite,
                "key": key.hex(),
                "salt": salt.hex(),
                "size": size,
                "commitment": commitment.hex(),
                "sealedSize": len(sealed),
                "hash": sha256(sealed).hex(),
                "first": sealed[:128].hex(),
            }
        )
print(json.dumps(vectors, indent=1))
