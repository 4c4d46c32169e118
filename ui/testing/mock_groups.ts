/** The made-up daemon's encrypted groups. */
import type { AppEvent, GroupRole, GroupSuite, GroupView, RoomView } from "../api/views.ts";
import { fakeGroup } from "./fake_groups.ts";
import { fakeRoom, fakeRoomMessage } from "./fake_rooms.ts";
import { ME } from "./fake_state.ts";
import type { MockRooms } from "./mock_rooms.ts";
import { Refusal } from "./refusal.ts";

type Body = Record<string, unknown>;

interface GroupState {
  rooms: Map<string, RoomView>;
  groups: Map<string, GroupView>;
}

export class MockGroups {
  readonly #state: GroupState;
  readonly #rooms: MockRooms;
  readonly #emit: (event: AppEvent) => void;
  #suites: GroupSuite[] = ["aes-256-gcm", "aes-128-cbc-hmac"];

  constructor(state: GroupState, rooms: MockRooms, emit: (event: AppEvent) => void) {
    this.#state = state;
    this.#rooms = rooms;
    this.#emit = emit;
  }

  /** A group comes with its room. */
  put(group: GroupView): void {
    this.#state.groups.set(group.jid, group);
    const { jid, name, invitation } = group;
    const state = group.state === "invited" ? "invited" : "in";
    const known = this.#state.rooms.get(jid) ?? fakeRoom(jid, { encryption: "keystone" });
    this.#rooms.put({ ...known, name, state, invitation });
    this.#emit({ type: "group", data: group });
  }

  /** @throws Refusal */
  answer(method: string, path: string, body: Body): Response {
    if (path === "/api/groups" && method === "GET") {
      return Response.json([...this.#state.groups.values()]);
    }
    if (path === "/api/groups") {
      const jid = `${String(body["name"]).toLowerCase().replaceAll(" ", "-")}@rooms.example.org`;
      this.put(fakeGroup(jid, { name: String(body["name"]) }));
      return Response.json(this.#state.groups.get(jid));
    }
    if (path === "/api/group-suites") {
      if (method === "PUT") this.#suites = body["suites"] as GroupSuite[];
      return Response.json({ suites: this.#suites });
    }
    if (path === "/api/specified-group") {
      const room = /^room = (.*)$/m.exec(String(body["specification"]))?.[1];
      if (room === undefined) throw new Refusal(400, "bad-specification", "There is no room.");
      this.put(fakeGroup(room, { name: "Team" }));
      return Response.json(this.#state.groups.get(room));
    }
    const [, jid = "", verb, id] = path.match(/^\/api\/groups\/([^/]+)\/(\w+)(\/\w+)?$/) ?? [];
    // As in rooms, but for the question.
    if (id !== undefined || verb === "typing") {
      return this.#rooms.answer(
        method,
        path.replace("/groups/", "/rooms/"),
        body,
        new URLSearchParams(),
      );
    }
    const group = this.#state.groups.get(jid);
    if (group === undefined) throw new Refusal(404, "unknown-group", "No such group.");
    const done = new Response(null, { status: 204 });
    switch (verb) {
      case "invitation":
        return this.#invited(group, String(body["answer"]));
      case "join":
        this.put({ ...group, state: "in", problem: null });
        return Response.json(this.#state.groups.get(jid));
      case "messages":
        return this.#send(group, String(body["body"]));
      case "invite":
        this.put({
          ...group,
          admitted: [...group.admitted, { jid: String(body["contact"]), answer: null }],
        });
        return done;
      case "suites": {
        const allowed = (body["suites"] ?? this.#suites) as GroupSuite[];
        const own = body["suites"] !== null;
        this.put({ ...group, suites: { ...group.suites, allowed, own } });
        return Response.json({ suites: this.#suites });
      }
      case "withdraw":
        this.put({
          ...group,
          admitted: group.admitted.filter(({ jid }) => jid !== body["contact"]),
        });
        return done;
      case "expel":
        this.#change(
          group,
          (one) =>
            [one.jid, `${one.jid}/${one.device}`].includes(String(body["member"])) ? [] : [one],
        );
        return done;
      case "role":
        this.#change(
          group,
          (one) =>
            one.jid === body["member"] ? [{ ...one, role: body["role"] as GroupRole }] : [one],
        );
        return done;
      default:
        return this.#remove(jid);
    }
  }

  #invited(group: GroupView, answer: string): Response {
    if (answer === "decline") {
      this.#remove(group.jid);
      return Response.json({ ...group, state: "out" });
    }
    this.put(
      answer === "accept"
        ? { ...group, state: "in", invitation: null }
        : { ...group, invitation: { ...group.invitation!, later: true } },
    );
    return Response.json(this.#state.groups.get(group.jid));
  }

  #change(
    group: GroupView,
    change: (member: GroupView["members"][number]) => GroupView["members"],
  ): void {
    const epoch = { ...group.epoch!, number: group.epoch!.number + 1 };
    this.put({ ...group, epoch, members: group.members.flatMap(change) });
  }

  #send(group: GroupView, body: string): Response {
    if (body === "refuse this") throw new Refusal(422, "key-not-here", "The key is not here.");
    const message = fakeRoomMessage(group.jid, {
      mine: true,
      nick: "Anna",
      jid: ME,
      body,
      encryption: "keystone",
      delivery: "sent",
    });
    this.#rooms.say(message);
    return Response.json(message);
  }

  #remove(jid: string): Response {
    this.#state.groups.delete(jid);
    this.#state.rooms.delete(jid);
    this.#emit({ type: "room-removed", data: { jid } });
    return new Response(null, { status: 204 });
  }
}
