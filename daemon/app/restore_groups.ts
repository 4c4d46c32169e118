import { join } from "node:path";
import type { Bytes } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { KeyServerStore, parseSpecification, restoreKeyServer } from "../group/mod.ts";
import { damaged, type StateDirectory, StoredGroups, StoredRooms } from "../store/mod.ts";
import { readRecord, shapes } from "./backup_content.ts";
import { blankRoom } from "./room_asking.ts";

/** Bytes of a key server's state, of all its groups. */
const MOST = 128 * 1024 * 1024;

/**
 * Groups out of a backup. The device that restores them is a new one: it joins them anew with keys of
 * its own. Their key server goes on here with another incarnation.
 */
export class RestoredGroups {
  readonly #state: StateDirectory;
  readonly #keyServer: Bytes[] = [];
  #size = 0;

  constructor(state: StateDirectory) {
    this.#state = state;
  }

  /** @throws SimppdError `backup-damaged` */
  take(body: Bytes): void {
    const { jid, id, specification, nick, admitted } = readRecord(shapes.group, body);
    let name;
    try {
      const read = parseSpecification(specification);
      if (read.room !== jid || read.group !== id) throw damaged();
      ({ name } = read);
    } catch (error) {
      throw damaged(error);
    }
    const { db, vault } = this.#state;
    new StoredGroups(db, vault).put({
      jid,
      id,
      state: "joined",
      at: Date.now(),
      specification,
      invitation: null,
      problem: null,
      admitted,
      refused: {},
    });
    const room = blankRoom(jid, undefined);
    new StoredRooms(db, vault).put({ ...room, encryption: "keystone", name, nick });
  }

  /** @throws SimppdError `backup-damaged` */
  takeKeyServer(piece: Bytes): void {
    this.#size += piece.length;
    if (this.#size > MOST) throw damaged();
    this.#keyServer.push(piece);
  }

  /** Puts the key server's database in its place, if there is one. @param scratch an empty folder */
  async finish(scratch: string): Promise<void> {
    if (this.#keyServer.length === 0) return;
    const path = join(scratch, "keyserver.db");
    const store = new KeyServerStore(path, this.#state.vault);
    try {
      await restoreKeyServer(store, ReadableStream.from(this.#keyServer), systemRandom);
    } finally {
      store.close();
    }
    await Deno.rename(path, this.#state.file("keyserver.db"));
  }
}
