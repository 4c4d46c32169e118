/** The made-up daemon's rooms. */
import type { AppEvent, RoomMemberView, RoomMessageView, RoomView } from "../api/views.ts";
import { fakeRoom, fakeRoomMessage } from "./fake_rooms.ts";
import { Refusal } from "./refusal.ts";

type Body = Record<string, unknown>;

interface RoomState {
  rooms: Map<string, RoomView>;
  roomMessages: Map<string, RoomMessageView[]>;
  members: Map<string, RoomMemberView[]>;
}

export class MockRooms {
  readonly #state: RoomState;
  readonly #emit: (event: AppEvent) => void;

  constructor(state: RoomState, emit: (event: AppEvent) => void) {
    this.#state = state;
    this.#emit = emit;
  }

  put(room: RoomView): void {
    this.#state.rooms.set(room.jid, room);
    this.#emit({ type: "room", data: room });
  }

  say(message: RoomMessageView): void {
    const log = this.#state.roomMessages.get(message.room) ?? [];
    this.#state.roomMessages.set(message.room, [
      ...log.filter(({ id }) => id !== message.id),
      message,
    ]);
    this.#emit({ type: "room-message", data: message });
  }

  /** @throws Refusal */
  answer(method: string, path: string, body: Body, query: URLSearchParams): Response {
    if (path === "/api/rooms" && method === "GET") {
      return Response.json([...this.#state.rooms.values()]);
    }
    if (path === "/api/rooms" || path === "/api/rooms/join") return this.#enter(body);
    const [, jid = "", verb, id] = path.match(/^\/api\/rooms\/([^/]+)(?:\/(\w+)(?:\/(\w+))?)?$/) ??
      [];
    const room = this.#state.rooms.get(jid);
    if (room === undefined) throw new Refusal(404, "unknown-room", "No such room.");
    const done = new Response(null, { status: 204 });
    switch (verb) {
      case undefined:
        if (method === "DELETE") return this.#remove(jid);
        this.put({ ...room, ...body });
        return Response.json(this.#state.rooms.get(jid));
      case "destroy":
        return this.#remove(jid);
      case "invitation":
        return this.#invited(room, body);
      case "members":
        if (method === "PATCH") this.#change(room, body);
        return method === "PATCH" ? done : Response.json(this.#state.members.get(jid) ?? []);
      case "typing":
        return done;
      case "read":
        this.put({ ...room, unread: 0, mentions: 0 });
        return done;
      case "messages":
        if (method === "GET") return this.#page(jid, query);
        return method === "PATCH"
          ? this.#correct(jid, String(id), String(body["body"]))
          : this.#send(room, String(body["body"]));
      default:
        return done;
    }
  }

  #enter(body: Body): Response {
    if (body["plain"] !== true) {
      throw new Refusal(422, "room-not-encrypted", "Rooms are not encrypted.");
    }
    const { name, jid, server } = body as { name?: string; jid?: string; server?: string };
    if (jid?.startsWith("closed@")) {
      throw new Refusal(422, "room-members-only", "The room is for members; ask to be invited.");
    }
    const room = fakeRoom(
      jid ?? `${name!.toLowerCase().replaceAll(" ", "-")}@${server ?? "rooms.example.org"}`,
      { name: name ?? "", affiliation: jid === undefined ? "owner" : "member" },
    );
    this.put(room);
    return Response.json(room);
  }

  #invited(room: RoomView, body: Body): Response {
    if (body["answer"] === "decline") return this.#remove(room.jid), Response.json(room);
    if (body["answer"] === "accept" && body["plain"] !== true) {
      throw new Refusal(422, "room-not-encrypted", "Rooms are not encrypted.");
    }
    this.put(
      body["answer"] === "accept"
        ? { ...room, state: "in", invitation: null, occupants: 2 }
        : { ...room, invitation: { ...room.invitation!, later: true } },
    );
    return Response.json(this.#state.rooms.get(room.jid));
  }

  #change(room: RoomView, { nick, jid, role, affiliation }: Body): void {
    const members = this.#state.members.get(room.jid) ?? [];
    const out = role === "none" || affiliation === "none" || affiliation === "outcast";
    this.#state.members.set(
      room.jid,
      members.flatMap((member) => {
        if (member.nick !== nick && member.jid !== jid) return [member];
        return out ? [] : [{
          ...member,
          ...role === undefined ? {} : { role: role as RoomMemberView["role"] },
          ...affiliation === undefined
            ? {}
            : { affiliation: affiliation as RoomMemberView["affiliation"] },
        }];
      }),
    );
    this.put({ ...room });
  }

  #send(room: RoomView, body: string): Response {
    if (body === "refuse this") throw new Refusal(422, "not-in-room", "You are not in it.");
    const message = fakeRoomMessage(room.jid, {
      mine: true,
      nick: room.nick,
      body,
      delivery: "sent",
    });
    this.say(message);
    // As the daemon answers: what it was when it was taken, after the room has repeated it.
    return Response.json({ ...message, delivery: "pending" });
  }

  #correct(jid: string, id: string, body: string): Response {
    if (body === "refuse this") throw new Refusal(422, "room-refused", "The room took it not.");
    const said = this.#state.roomMessages.get(jid)?.find((one) => one.id === id);
    if (said === undefined) throw new Refusal(404, "unknown-message", "No such message.");
    const corrected = { ...said, body, edited: true };
    this.say(corrected);
    return Response.json(corrected);
  }

  #page(jid: string, query: URLSearchParams): Response {
    const all = this.#state.roomMessages.get(jid) ?? [];
    const before = query.get("before");
    const end = before === null ? all.length : all.findIndex(({ id }) => id === before);
    const limit = Number(query.get("limit") ?? 100);
    return Response.json(all.slice(Math.max(0, end - limit), end));
  }

  #remove(jid: string): Response {
    this.#state.rooms.delete(jid);
    this.#emit({ type: "room-removed", data: { jid } });
    return new Response(null, { status: 204 });
  }
}
