/// <reference lib="deno.ns" />
/** The made-up daemon's files: each stands with its line in a chat or group. */
import jpeg from "jpeg-js";
import type {
  AppEvent,
  FileLimitsView,
  FileView,
  FileWayView,
  MessageView,
  RoomView,
} from "../api/views.ts";
import { fakeRoomMessage } from "./fake_rooms.ts";
import { fakeMessage, ME } from "./fake_state.ts";
import type { MockContacts } from "./mock_contacts.ts";
import type { MockRooms } from "./mock_rooms.ts";
import { Refusal } from "./refusal.ts";

type Body = Record<string, unknown>;

/** A file of a place, whole and here unless told otherwise. */
export function fakeFile(place: string, change: Partial<FileView> = {}): FileView {
  const mine = change.mine ?? false;
  return {
    id: crypto.randomUUID(),
    place,
    from: mine ? ME : place,
    mine,
    name: "plan.pdf",
    type: "application/pdf",
    declared: "application/pdf",
    pretends: false,
    size: 1_234_567,
    width: null,
    height: null,
    thumbnail: null,
    at: Date.now(),
    state: "done",
    progress: null,
    problem: null,
    here: true,
    locked: false,
    display: false,
    suite: "chacha20-poly1305",
    ways: ["upload"],
    audience: null,
    forOthers: false,
    ...change,
  };
}

const AFTER = {
  accept: { state: "done", here: true },
  resume: { state: "transferring" },
  pause: { state: "paused", progress: null },
  decline: { state: "declined" },
  cancel: { state: "cancelled", progress: null },
} as const;

export class MockFiles {
  readonly #state: {
    files: Map<string, FileView>;
    fileLimits: FileLimitsView;
    fileWays: FileWayView[];
    rooms: Map<string, RoomView>;
  };
  readonly #talks: MockContacts;
  readonly #rooms: MockRooms;
  readonly #emit: (event: AppEvent) => void;

  constructor(
    state: {
      files: Map<string, FileView>;
      fileLimits: FileLimitsView;
      fileWays: FileWayView[];
      rooms: Map<string, RoomView>;
    },
    talks: MockContacts,
    rooms: MockRooms,
    emit: (event: AppEvent) => void,
  ) {
    this.#state = state;
    this.#talks = talks;
    this.#rooms = rooms;
    this.#emit = emit;
  }

  /** A file is new or another; its line comes with it. */
  put(file: FileView, delivery: MessageView["delivery"] = file.mine ? "sent" : null): void {
    const known = this.#state.files.has(file.id);
    this.#state.files.set(file.id, file);
    this.#emit({ type: "file", data: file });
    if (known) return;
    const { id, place, mine, name: body, at } = file;
    if (this.#state.rooms.has(place)) {
      const line = {
        kind: "file",
        file: id,
        mine,
        body,
        at,
        encryption: "keystone",
        delivery: mine ? "sent" : null,
      } as const;
      this.#rooms.say(fakeRoomMessage(place, { ...line, jid: file.from }));
    } else this.#talks.say(fakeMessage(place, { id, kind: "file", mine, body, at, delivery }));
  }

  /** @throws Refusal */
  async answer(request: Request, path: string, query: URLSearchParams): Promise<Response> {
    const { method } = request;
    if (path === "/api/file-ways") {
      return Response.json(this.#state.fileWays);
    }
    if (path === "/api/file-limits") {
      if (method === "PUT") {
        const { place, limit } = await request.json() as { place: string | null; limit: number };
        const { fileLimits } = this.#state;
        this.#state.fileLimits = place === null
          ? { ...fileLimits, limit }
          : { ...fileLimits, places: { ...fileLimits.places, [place]: limit } };
      }
      return Response.json(this.#state.fileLimits);
    }
    if (path === "/api/file-room") {
      this.#state.fileLimits = { ...this.#state.fileLimits, ...await request.json() as Body };
      return Response.json(this.#state.fileLimits);
    }
    if (path === "/api/files" && method === "POST") return await this.#sent(request, query);
    if (path === "/api/files") {
      const place = query.get("place");
      return Response.json([...this.#state.files.values()].filter((one) => one.place === place));
    }
    const [, id = "", verb] = path.match(/^\/api\/files\/([^/]+)(?:\/(\w+))?$/) ?? [];
    const file = this.#state.files.get(id);
    if (file === undefined) throw new Refusal(404, "unknown-file", "There is no such file here.");
    if (verb === "bytes") return new Response(picture(file));
    if (verb === "tickets") return Response.json({ ticket: "t" });
    if (method === "DELETE") {
      this.#state.files.delete(id);
      this.#emit({ type: "file-removed", data: { id, place: file.place } });
      return new Response(null, { status: 204 });
    }
    if (verb === "state") {
      const { command } = await request.json() as Body;
      this.put({ ...file, ...AFTER[command as keyof typeof AFTER] });
    }
    return Response.json(this.#state.files.get(id));
  }

  async #sent(request: Request, query: URLSearchParams): Promise<Response> {
    const bytes = await request.arrayBuffer();
    const name = query.get("name")!;
    if (name === "refuse.me") {
      throw new Refusal(422, "quota-full", "The files here take all the room they may.");
    }
    const size = bytes.byteLength;
    const file = fakeFile(query.get("to")!, { mine: true, name, size, type: "text/plain" });
    this.put(file);
    return Response.json(file);
  }
}

const DOT = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
);

/** A picture as a file's bytes, as large as the file is said to be. */
function picture({ width, height }: FileView): Uint8Array<ArrayBuffer> {
  if (width === null || height === null || width * height === 1) return DOT;
  const data = new Uint8Array(width * height * 4).fill(160);
  return new Uint8Array(jpeg.encode({ data, width, height }, 50).data);
}
