import assert from "node:assert/strict";
import { databaseLocation, isMysql, readMysqlUrl } from "./location.ts";

Deno.test("readMysqlUrl() reads user, password, host, port and database", () => {
  const target = readMysqlUrl("mysql://si%40mppd:p%2Fw%3A@127.0.0.1/chat?deadline=2");
  assert.deepEqual(target, {
    host: "127.0.0.1",
    port: 3306,
    user: "si@mppd",
    password: "p/w:",
    database: "chat",
    tls: undefined,
    deadlineMs: 2_000,
    label: "127.0.0.1:3306/chat",
  });
  assert.equal(readMysqlUrl("mysql://u:p@[::1]:3307/d").host, "::1");
  assert.equal(readMysqlUrl("mariadb://u:@localhost/d").password, "");
});

Deno.test("readMysqlUrl() wants a choice about TLS where the database is on another machine", () => {
  const far = "mysql://u:secret@db.example/d";
  assert.throws(() => readMysqlUrl(far), { code: "database-in-clear" });
  assert.throws(() => readMysqlUrl("mysql://u:p@127.example/d"), { code: "database-in-clear" });
  assert.equal(readMysqlUrl(`${far}?tls=off`).tls, undefined);
  assert.deepEqual(readMysqlUrl(`${far}?tls=on`).tls, { ca: undefined });
  assert.deepEqual(readMysqlUrl("mysql://u:p@localhost/d?tls=on").tls, { ca: undefined });
});

Deno.test("readMysqlUrl() refuses what it does not know, without repeating it", () => {
  for (
    const url of [
      "mysql://",
      "mysql://localhost/d",
      "mysql://u:secret@localhost",
      "mysql://u:secret@localhost/a/b",
      "mysql://u:secret@localhost/a`b",
      "mysql://u:sec%ret@localhost/d",
      "mysql://u:secret@localhost/d?tls=maybe",
      "mysql://u:secret@localhost/d?tls=off&ca=x.pem",
      "mysql://u:secret@localhost/d?ca=/nowhere/ca.pem",
      "mysql://u:secret@127.0.0.1/d?tls=on",
      "mysql://u:secret@localhost/d?deadline=0",
      "mysql://u:secret@localhost/d?multipleStatements=true",
    ]
  ) {
    assert.throws(
      () => readMysqlUrl(url),
      (error: Error & { code: string }) =>
        error.code === "bad-database" && !String(error.cause ?? error).includes("secret"),
      url,
    );
  }
});

Deno.test("databaseLocation() takes the option, else the environment, and reads `@FILE`", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "mysql://u:p@localhost/d\n# not this\n");
    assert.equal(databaseLocation("/x/server.db"), "/x/server.db");
    assert.equal(databaseLocation(`@${file}`), "mysql://u:p@localhost/d");
    assert.equal(databaseLocation(undefined), undefined);
    Deno.env.set("SIMPPD_DATABASE", `@${file}`);
    assert.equal(databaseLocation(undefined), "mysql://u:p@localhost/d");
    assert.equal(databaseLocation("other.db"), "other.db");
    assert.throws(() => databaseLocation(`@${file}.absent`), { code: "bad-database" });
  } finally {
    Deno.env.delete("SIMPPD_DATABASE");
    await Deno.remove(file);
  }
  assert.ok(isMysql("MySQL://u@h/d"));
  assert.ok(!isMysql("/home/mysql://x"));
});
