import type { Extension } from "./host.ts";
import { RecentMessages } from "./muc/recent_messages.ts";
import { StoredMessages } from "./muc/stored_messages.ts";
import { Rooms, roomsDomain } from "./muc/rooms.ts";
import { MucService } from "./muc/service.ts";

/** Rooms (XEP-0045) at the domain `rooms.` and the server's. */
export const muc: Extension = (host) => {
  const { limits, storage, hooks } = host;
  const history = host.archives ? new StoredMessages(storage.archive) : new RecentMessages({
    messages: limits.roomHistoryMessages,
    bytes: limits.roomHistoryBytes,
    bytesInAll: limits.roomHistoryBytesInAll,
  });
  const idKey = storage.accounts.secret("occupant-ids");
  const rooms = new Rooms(host, storage.rooms, history, idKey);
  rooms.forgetLost();
  const service = new MucService(rooms);
  host.services.add(roomsDomain(host.domain), service);
  hooks.removed.on((account) => rooms.forget(host.address(account)));
  hooks.stopping.on(() => service.close());
};
