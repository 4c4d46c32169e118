import assert from "node:assert/strict";
import { callServersOf } from "./call_servers.ts";
import type { Invocation } from "./verb.ts";

const given = (options: Record<string, string[]>) =>
  callServersOf({ options, words: [] } as unknown as Invocation);

Deno.test("--stun and --turn name servers, a password by its file alone", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "pass@word\nand more\n");
    assert.deepEqual(given({}), []);
    assert.deepEqual(
      given({
        stun: ["stun.example.org:3478", "[2001:db8::1]:3479"],
        turn: [`1700:a@b@turn.example.org:3478=@${file}`],
      }),
      [
        { kind: "stun", host: "stun.example.org", port: 3478 },
        { kind: "stun", host: "2001:db8::1", port: 3479 },
        {
          kind: "turn",
          host: "turn.example.org",
          port: 3478,
          credentials: { username: "1700:a@b", password: "pass@word" },
        },
      ],
    );
    for (const stun of ["stun.example.org", "stun.example.org:0", "a b:1"]) {
      assert.throws(() => given({ stun: [stun] }), /--stun takes HOST:PORT/);
    }
    for (const turn of ["turn.example.org:1", `turn.example.org:1=@${file}`, "me@turn:1=secret"]) {
      assert.throws(() => given({ turn: [turn] }), /--turn takes USER@HOST:PORT=@FILE/);
    }
    assert.throws(() => given({ turn: ["me@turn:1=@/no/such/file"] }), { code: "bad-secret" });
  } finally {
    await Deno.remove(file);
  }
});
