/// <reference lib="deno.ns" />
/**
 * A local API with made-up answers and the real one's headers, so that the dashboard can be driven
 * without a daemon. Tests change {@link MockApi.state} and say what happened with `emit`.
 */
import type {
  AppEvent,
  ArchiveView,
  CallView,
  ContactView,
  DevicesView,
  DisplayItemView,
  DisplaysView,
  FileLimitsView,
  FileView,
  FileWayView,
  GroupView,
  MessageView,
  OpenInvitationView,
  RoomMemberView,
  RoomMessageView,
  RoomView,
  StatusView,
  SuiteName,
} from "../api/views.ts";
import { fakeDisplays } from "./fake_displays.ts";
import { MockDisplays } from "./mock_displays.ts";
import { fakeCall, fakeInfo, fakePeople, fakeStatus, fakeTalk } from "./fake_state.ts";
import { MockContacts } from "./mock_contacts.ts";
import { MockFiles } from "./mock_files.ts";
import { MockGroups } from "./mock_groups.ts";
import { MockRooms } from "./mock_rooms.ts";
import { Refusal } from "./refusal.ts";
import { movingPicture, stillPicture } from "./fake_pictures.ts";

/** The policy the daemon sends: what it forbids must not be needed. */
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; " +
  "img-src 'self' blob: data:; connect-src 'self'; frame-src http://127.0.0.1:*; frame-ancestors 'none'; base-uri 'none'; " +
  "form-action 'none'";
const FEATURES = "camera=(self), microphone=(), geolocation=()";
const dist = new URL("../dist/", import.meta.url);

export interface MockState {
  /** null: the server has none. */
  archive: ArchiveView | null;
  /** Whether pages are let in at all. */
  session: boolean;
  status: StatusView;
  contacts: Map<string, ContactView>;
  messages: Map<string, MessageView[]>;
  calls: Map<string, CallView>;
  rooms: Map<string, RoomView>;
  groups: Map<string, GroupView>;
  roomMessages: Map<string, RoomMessageView[]>;
  members: Map<string, RoomMemberView[]>;
  invitations: OpenInvitationView[];
  displays: DisplaysView;
  files: Map<string, FileView>;
  fileLimits: FileLimitsView;
  fileWays: FileWayView[];
  /** The text of the code that names the right keys. */
  code: string;
}

export interface MockApi {
  readonly url: string;
  readonly state: MockState;
  /** What was asked: `METHOD path body`. */
  readonly log: string[];
  emit(event: AppEvent): void;
  putCall(call: CallView): void;
  putContact(contact: ContactView): void;
  putMessage(message: MessageView): void;
  putRoom(room: RoomView): void;
  putGroup(group: GroupView): void;
  putFile(file: FileView, delivery?: MessageView["delivery"]): void;
  putRoomMessage(message: RoomMessageView): void;
  putDisplays(items: readonly DisplayItemView[]): void;
  /** Breaks every stream, as a daemon that restarts does. */
  breakStreams(): void;
  close(): Promise<void>;
}

type Body = Record<string, unknown>;

/** Starts on a port of its own; `0` lets the system choose. */
export function serveMock(change: Partial<MockState> = {}, port = 0): MockApi {
  const people = fakePeople();
  const state: MockState = {
    archive: { default: "always", always: [], never: ["eve@chat.example"] },
    session: true,
    status: fakeStatus(),
    contacts: new Map(people.map((contact) => [contact.jid, contact])),
    messages: new Map([[people[0]!.jid, fakeTalk(people[0]!.jid)]]),
    calls: new Map(),
    rooms: new Map(),
    groups: new Map(),
    roomMessages: new Map(),
    members: new Map(),
    invitations: [],
    displays: fakeDisplays(),
    files: new Map(),
    fileWays: [{ kind: "direct", largest: null }, { kind: "upload", largest: 104_857_600 }],
    fileLimits: { limit: 10_000_000, places: {}, fileBytes: 4_294_967_296, quota: 10_000_000_000 },
    code: "simpp-verify:2:theirs:ours",
    ...change,
  };
  const log: string[] = [];
  const tickets = new Set<string>();
  let streams = new AbortController();
  const listeners = new Set<(event: AppEvent) => void>();
  const emit = (event: AppEvent) => listeners.forEach((listener) => listener(event));

  const rooms = new MockRooms(state, emit);
  const displays = new MockDisplays(state, emit);
  const groups = new MockGroups(state, rooms, emit);
  const talks = new MockContacts(state, emit);
  const files = new MockFiles(state, talks, rooms, emit);

  const mock = {
    state,
    log,
    emit,
    putCall(call: CallView) {
      state.calls.set(call.id, call);
      emit({ type: "call", data: call });
    },
    putContact: (contact: ContactView) => talks.put(contact),
    putMessage: (message: MessageView) => talks.say(message),
    putRoom: (room: RoomView) => rooms.put(room),
    putGroup: (group: GroupView) => groups.put(group),
    putFile: (file: FileView, delivery?: MessageView["delivery"]) => files.put(file, delivery),
    putRoomMessage: (message: RoomMessageView) => rooms.say(message),
    putDisplays: (items: readonly DisplayItemView[]) => displays.put(items),
    breakStreams() {
      streams.abort();
      streams = new AbortController();
    },
  };

  const server = Deno.serve(
    { port, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const answer = await route(request).catch((error) => {
        if (!(error instanceof Refusal)) throw error;
        return Response.json({ error: { code: error.code, message: error.message } }, {
          status: error.status,
        });
      });
      answer.headers.set("Content-Security-Policy", CSP);
      answer.headers.set("Permissions-Policy", FEATURES);
      answer.headers.set("X-Content-Type-Options", "nosniff");
      answer.headers.set("Cache-Control", "no-store");
      return answer;
    },
  );

  async function route(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = decodeURIComponent(url.pathname);
    const file = {
      "/": "index.html",
      "/app.js": "app.js",
      "/app.css": "app.css",
      "/scanner.js": "scanner.js",
    }[path];
    if (file !== undefined) return await serveFile(file);
    const isFile = path === "/api/files" || path.startsWith("/api/file-") ||
      path.startsWith("/api/files/");
    if (isFile) {
      log.push(`${request.method} ${path}${url.search}`);
      return await files.answer(request, path, url.searchParams);
    }
    const text = await request.text();
    const body = (text === "" ? {} : JSON.parse(text)) as Body;
    if (path !== "/api/events" && !path.endsWith("/tickets")) {
      log.push(`${request.method} ${path} ${text}`.trim());
    }
    if (path === "/api/session") return session(request.method, body);
    const picture = path.match(/^\/calls\/([^/]+)\/(local|remote)\.(mjpeg|jpg)$/);
    const shown = picture === null ||
      tickets.delete(`${picture[1]} ${url.searchParams.get("ticket")}`);
    if (!state.session || !shown) {
      throw new Refusal(401, "unauthorized", "Run `simppd open` for a link.");
    }
    if (path === "/api/events") return events();
    if (picture !== null) {
      return picture[3] === "jpg"
        ? stillPicture()
        : movingPicture(picture[2] as "local" | "remote", streams.signal);
    }
    const ticket = path.match(/^\/api\/calls\/([^/]+)\/tickets$/);
    if (ticket !== null) {
      const made = crypto.randomUUID();
      tickets.add(`${ticket[1]} ${made}`);
      return Response.json({ ticket: made });
    }
    if (/^\/api\/(groups|group-suites|specified-group)/.test(path)) {
      return groups.answer(request.method, path, body);
    }
    if (path.startsWith("/api/rooms")) {
      return rooms.answer(request.method, path, body, url.searchParams);
    }
    if (path.startsWith("/api/display")) return displays.answer(request.method, path, body);
    const call = path.match(/^\/api\/calls\/([^/]+)(?:\/(\w+))?$/);
    if (call !== null) return Response.json(onCall(call[1]!, call[2], body));
    const invitation = path.match(/^\/api\/invitations\/([^/]+)$/);
    if (invitation !== null) {
      state.invitations = state.invitations.filter(({ id }) => id !== invitation[1]);
      return new Response(null, { status: 204 });
    }
    const device = path.match(/^\/api\/devices\/([\w-]+)(?:\/(\w+))?$/);
    if (device !== null) return Response.json(onDevice(device[1]!, device[2]));
    const about = talks.answer(request.method, path, body, url.searchParams);
    if (about !== undefined) return about;
    return Response.json(onRest(request.method, path, body));
  }

  function session(method: string, body: Body): Response {
    if (method === "DELETE") state.session = false;
    else if (body["launch"] === "good") {
      state.session = true;
      return Response.json({ page: "page-token" });
    } else throw new Refusal(401, "unauthorized", "This link was used already.");
    return new Response(null, { status: 204 });
  }

  function events(): Response {
    const encoder = new TextEncoder();
    let listener: (event: AppEvent) => void;
    const { signal } = streams;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(encoder.encode(": hello\n\n"));
        listener = ({ type, data }) =>
          controller.enqueue(encoder.encode(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`));
        listeners.add(listener);
        signal.addEventListener("abort", () => {
          if (listeners.delete(listener)) controller.close();
        });
      },
      cancel: () => void listeners.delete(listener),
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  function onCall(id: string, verb: string | undefined, body: Body): CallView {
    const call = state.calls.get(id);
    if (call === undefined) throw new Refusal(404, "unknown-call", "There is no such call.");
    const options = { ...call.options, ...body };
    const off = options.camera === "off";
    const camera: CallView["camera"] = { ...call.camera, state: off ? "off" : "live" };
    const changes: Record<string, Partial<CallView>> = {
      accept: { state: "active", activeAt: Date.now(), info: fakeInfo(), options, camera },
      later: { state: "later" },
      decline: { state: "ended", reason: "declined", endedAt: Date.now() },
      hangup: { state: "ended", reason: "hangup", endedAt: Date.now() },
    };
    const changed = { ...call, ...verb === undefined ? { options, camera } : changes[verb]! };
    mock.putCall(changed);
    return changed;
  }

  function changeDevices(change: Partial<DevicesView>): StatusView {
    state.status = { ...state.status, devices: { ...state.status.devices, ...change } };
    emit({ type: "status", data: state.status });
    return state.status;
  }

  function onDevice(id: string, verb: string | undefined): StatusView {
    const { devices, requests } = state.status.devices;
    if (id === "ask") {
      return changeDevices(
        state.status.devices.absence === "removed" ? {} : { absence: "new", confirmation: "none" },
      );
    }
    if (id === "start-anew") return changeDevices({ state: "own", absence: null });
    if (id === "confirm") return changeDevices({ confirmation: "given" });
    if (id === "refuse") return changeDevices({ confirmation: "refused" });
    const left = requests.filter((request) => request.id !== id);
    if (verb === "deny") return changeDevices({ requests: left });
    if (verb === "approve") {
      return changeDevices({ requests: left, devices: [...devices, { id, here: false }] });
    }
    return changeDevices({ devices: devices.filter((one) => one.id !== id) });
  }

  function onRest(method: string, path: string, body: Body): unknown {
    switch (`${method} ${path}`) {
      case "GET /api/status":
        return state.status;
      case "POST /api/setup/carry":
      case "POST /api/setup/join":
      case "POST /api/setup/sign-in":
        if (body["password"] === "wrong") {
          throw new Refusal(502, "login-failed", "The server does not take this password.");
        }
        if (body["server"] === "self-signed.example" && body["pin"] === undefined) {
          throw new Refusal(
            502,
            "untrusted-certificate",
            "The server's certificate does not show that it is example.org.",
          );
        }
        state.status = fakeStatus();
        emit({ type: "status", data: state.status });
        return state.status;
      case "POST /api/server/reach":
        return state.status = fakeStatus({
          server: {
            ...state.status.server!,
            host: body["reach"] === "network" ? "0.0.0.0" : "127.0.0.1",
            ...(body["address"] ? { address: String(body["address"]) } : {}),
          },
        });
      case "POST /api/account/password":
        return state.status;
      case "GET /api/invitations":
        return state.invitations;
      case "POST /api/invitations":
        state.invitations = [...state.invitations, {
          id: crypto.randomUUID(),
          inviter: state.status.account!.jid,
          expires: Date.now() + 86_400_000 + state.invitations.length,
          note: String(body["note"]),
          link: `simppd:join?${"d=anna-desk.simppd.invalid&a=192.168.1.20:5223&".repeat(2)}t=Zm9v`,
        }];
        return state.invitations.at(-1);
      case "PUT /api/passphrase":
        return state.status = { ...state.status, keeper: "passphrase" };
      case "POST /api/lock":
        state.status = fakeStatus({ locked: true, keeper: "passphrase", account: null });
        emit({ type: "status", data: state.status });
        return state.status;
      case "PUT /api/call-route":
        return state.status = {
          ...state.status,
          calls: body["route"] as "any",
          relay: body["route"] === "any" ? null : false,
        };
      case "PUT /api/blind-trust":
        return state.status = { ...state.status, blindTrust: body["allowed"] as boolean };
      case "GET /api/archive":
        if (state.archive !== null) return state.archive;
        throw new Refusal(422, "no-archive-preferences", "Your server keeps no archive.");
      case "PUT /api/archive":
        return state.archive = body as unknown as ArchiveView;
      case "PUT /api/tell-seen":
        return state.status = { ...state.status, tellSeen: body["told"] as boolean };
      case "PUT /api/policy":
        return state.status = { ...state.status, policy: body["suites"] as SuiteName[] };
      case "GET /api/contacts":
        return [...state.contacts.values()];
      case "POST /api/contacts": {
        const jid = String(body["jid"]);
        if (!jid.includes("@")) throw new Refusal(400, "bad-jid", `“${jid}” is not an address.`);
        const [example] = fakePeople();
        mock.putContact({
          ...example!,
          jid,
          name: String(body["name"] ?? ""),
          subscription: "asking",
          presence: "offline",
          last: null,
          unread: 0,
        });
        return state.contacts.get(jid);
      }
      case "GET /api/cameras":
        return [
          { spec: "device:/dev/video0", name: "USB Camera", kind: "device" },
          { spec: "test", name: "Test picture", kind: "test" },
        ];
      case "GET /api/calls":
        return [...state.calls.values()];
      case "POST /api/calls": {
        const call = fakeCall(String(body["contact"]));
        mock.putCall(call);
        return call;
      }
      case "GET /api/doctor":
        return [
          { check: "State directory", ok: true, detail: "private to you" },
          { check: "ffmpeg", ok: false, detail: "not found; install it with your package manager" },
        ];
      default:
        throw new Refusal(404, "not-found", `${method} ${path}`);
    }
  }

  return {
    ...mock,
    url: `http://127.0.0.1:${server.addr.port}/`,
    async close() {
      streams.abort();
      await server.shutdown();
      await displays.close();
    },
  };
}

async function serveFile(name: string): Promise<Response> {
  const type = { html: "text/html", js: "text/javascript", css: "text/css" }[name.split(".")[1]!];
  return new Response(await Deno.readFile(new URL(name, dist)), {
    headers: { "Content-Type": `${type}; charset=utf-8` },
  });
}
