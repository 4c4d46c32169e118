import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { SimppdError, toBase64 } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { keyServerRecords, KeyServerStore } from "../group/mod.ts";
import { exportIdentity } from "../simpp/mod.ts";
import {
  Contacts,
  KeyMaterial,
  Messages,
  Settings,
  type StateDirectory,
  StoredGroups,
  StoredRooms,
} from "../store/mod.ts";
import { CONTENT, jsonRecord, KIND, record } from "./backup_content.ts";
import { hasFile } from "./group_servers.ts";
import { AppSettings } from "./settings.ts";

/** Bytes of the server's database in one record. */
const PIECE = 256 * 1024;

/**
 * Everything a backup holds, in order: who one is, contacts with what is pinned for them, messages,
 * the groups one is in and the
 * key server of those made here, and the carried server when asked for. No device key, no prekey, no session.
 *
 * @throws SimppdError `no-account`
 */
export async function* backupContent(
  state: StateDirectory,
  options: { version: string; server: boolean },
): AsyncGenerator<Uint8Array, void, void> {
  const settings = new AppSettings(state);
  const { account, expected, server, calls } = settings;
  if (account === undefined) throw noAccount();
  const identity = exportIdentity(new Settings(state.db, state.vault));
  const by = `simppd ${options.version}`;
  yield jsonRecord(KIND.about, { content: CONTENT, by, at: Date.now() });
  const chosen = calls === "any" ? {} : { calls };
  yield jsonRecord(KIND.person, { account, identity, expected, ...chosen });
  for (const contact of new Contacts(state.db).all()) yield jsonRecord(KIND.contact, contact);
  for (const trust of new KeyMaterial(state.db, state.vault).allTrust()) {
    yield jsonRecord(KIND.trust, {
      ...trust,
      account: toBase64(trust.account),
      list: toBase64(trust.list),
      offered: trust.offered === null ? null : toBase64(trust.offered),
    });
  }
  for (const message of new Messages(state.db, state.vault).all()) {
    yield jsonRecord(KIND.message, message);
  }
  yield* groups(state);
  if (server === undefined || !options.server) return;
  yield jsonRecord(KIND.server, server);
  yield* serverDatabase(state);
}

/** Groups one is in, and the key server of those that were made here. */
function* groups(state: StateDirectory): Generator<Uint8Array, void, void> {
  const rooms = new StoredRooms(state.db, state.vault);
  for (const group of new StoredGroups(state.db, state.vault).all()) {
    if (group.state !== "joined") continue;
    const { jid, id, specification, admitted } = group;
    const nick = rooms.get(jid)?.nick ?? "";
    yield jsonRecord(KIND.group, { jid, id, specification, nick, admitted });
  }
  const path = state.file("keyserver.db");
  if (!hasFile(path)) return;
  const store = new KeyServerStore(path, state.vault);
  try {
    for (const bytes of keyServerRecords(store, null, systemRandom)) {
      for (let at = 0; at < bytes.length; at += PIECE) {
        yield record(KIND.keyServer, bytes.subarray(at, at + PIECE));
      }
    }
  } finally {
    store.close();
  }
}

/** A consistent copy of the server's database while the server writes to it. */
async function* serverDatabase(state: StateDirectory): AsyncGenerator<Uint8Array, void, void> {
  const folder = await state.makeScratch();
  try {
    const copy = join(folder.path, "server.db");
    const live = new DatabaseSync(state.file("server.db"), { readOnly: true });
    try {
      await backup(live, copy);
    } finally {
      live.close();
    }
    const file = await Deno.open(copy);
    try {
      const piece = new Uint8Array(PIECE);
      for (let read; (read = await file.read(piece)) !== null;) {
        yield record(KIND.serverDatabase, piece.subarray(0, read));
      }
    } finally {
      file.close();
    }
  } finally {
    await folder.remove();
  }
}

export function noAccount(): SimppdError {
  return new SimppdError("no-account", "There is no account here yet, so nothing to back up.");
}
