import { fromBase64Url, fromUtf8, SimppdError } from "../base/mod.ts";
import { readJson, validated } from "./body.ts";
import type { DoorRoute } from "./door_routes.ts";
import { backupBody } from "./requests.ts";

const OCTETS = "application/octet-stream";
/** Base64url of the passphrase's UTF-8: the body is the file, and headers hold no other letters. */
const PASSPHRASE = "simppd-passphrase";

/** A backup goes out and comes in as a stream of bytes, under a passphrase of its own. */
export const backupRoutes: readonly DoorRoute[] = [
  {
    method: "post",
    path: "/api/backup",
    summary: "Download a backup sealed under a passphrase; `server`: with the carried server",
    access: "known",
    body: backupBody,
    produces: OCTETS,
    async handle(c, { app }) {
      const options = validated(backupBody, await readJson(c.req.raw), "body");
      const day = new Date().toISOString().slice(0, 10);
      return new Response(await app.backup(options), {
        headers: {
          "content-type": OCTETS,
          "content-disposition": `attachment; filename="simppd-${day}.backup"`,
        },
      });
    },
  },
  {
    method: "post",
    path: "/api/setup/restore",
    summary:
      "First run: restore a backup (the body, 256 MiB at most); its passphrase in base64url " +
      "stands in the header Simppd-Passphrase; `?lost=1` takes the other devices off the list",
    access: "known",
    consumes: OCTETS,
    produces: "application/json",
    answer: "Status",
    async handle(c, { app }) {
      const lost = c.req.query("lost") === "1";
      const passphrase = passphraseOf(c.req.header(PASSPHRASE));
      const file = c.req.raw.body;
      if (file === null || c.req.header("content-type") !== OCTETS) {
        throw new SimppdError("bad-input", `The body must be the backup, sent as ${OCTETS}.`);
      }
      return c.json(await app.restore({ file, passphrase, lost }));
    },
  },
];

function passphraseOf(header: string | undefined): string {
  try {
    return fromUtf8(fromBase64Url(header ?? ""));
  } catch {
    throw new SimppdError("bad-input", `${PASSPHRASE} should hold a passphrase in base64url.`);
  }
}
