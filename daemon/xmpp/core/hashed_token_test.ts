import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { concat, utf8 } from "../../base/mod.ts";
import { hashedToken, hashedTokenClient } from "./hashed_token.ts";

const END_POINT = new Uint8Array(32).fill(7);

Deno.test("a token login is NUL between name and HMAC, and is bound where it says so", () => {
  const mac = (...parts: Uint8Array[]) =>
    new Uint8Array(createHmac("sha256", "token").update(concat(...parts)).digest());
  const none = hashedTokenClient("HT-SHA-256-NONE", "me", "token", END_POINT);
  assert.deepEqual(none.first(), concat(utf8("me\0"), mac(utf8("Initiator"))));
  none.verify(mac(utf8("Responder")));
  const bound = hashedTokenClient("HT-SHA-256-ENDP", "me", "token", END_POINT);
  assert.deepEqual(bound.first(), concat(utf8("me\0"), mac(utf8("Initiator"), END_POINT)));
  bound.verify(hashedToken("Responder", "token", END_POINT));
  assert.throws(() => hashedTokenClient("HT-SHA-256-ENDP", "me", "token", undefined), TypeError);
});

Deno.test("a server that does not know the token, or sits on another connection, is not believed", () => {
  const bound = hashedTokenClient("HT-SHA-256-ENDP", "me", "token", END_POINT);
  const other = new Uint8Array(32);
  const answers = [
    new Uint8Array(0),
    new Uint8Array(32),
    hashedToken("Initiator", "token", END_POINT),
    hashedToken("Responder", "another", END_POINT),
    hashedToken("Responder", "token", other),
    hashedToken("Responder", "token", new Uint8Array(0)),
  ];
  for (const answer of answers) {
    assert.throws(() => bound.verify(answer), { code: "server-not-proven" });
  }
});
