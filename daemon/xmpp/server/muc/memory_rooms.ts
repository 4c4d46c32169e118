import type { Affiliation } from "./privileges.ts";
import type { RoomRecord, RoomStore } from "./room_store.ts";

/** A {@link RoomStore} that forgets all with the process. */
export class MemoryRooms implements RoomStore {
  #rooms = new Map<string, RoomRecord>();
  #affiliations = new Map<string, Map<string, Exclude<Affiliation, "none">>>();
  get(name: string) {
    return this.#rooms.get(name);
  }
  put(room: RoomRecord) {
    this.#rooms.set(room.name, room);
  }
  remove(name: string) {
    this.#rooms.delete(name);
    this.#affiliations.delete(name);
  }
  count() {
    return this.#rooms.size;
  }
  countOf(creator: string) {
    return [...this.#rooms.values()].filter((room) => room.creator === creator).length;
  }
  listPublic() {
    return [...this.#rooms.values()].filter(({ config }) => config.public)
      .map(({ name, config }) => ({ name, title: config.name }));
  }
  affiliations(name: string) {
    return new Map(this.#affiliations.get(name));
  }
  setAffiliation(name: string, jid: string, affiliation: Affiliation) {
    const list = this.#affiliations.get(name) ?? new Map();
    this.#affiliations.set(name, list);
    if (affiliation === "none") list.delete(jid);
    else list.set(jid, affiliation);
  }
  roomsOf(jid: string) {
    return [...this.#affiliations].filter(([, list]) => list.has(jid)).map(([name]) => name);
  }
}
