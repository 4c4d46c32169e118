import { setCookie } from "hono/cookie";
import { SimppdError } from "../base/mod.ts";
import { backupRoutes } from "./backup_routes.ts";
import { readJson, validated } from "./body.ts";
import { SESSION_LIFE } from "./credentials.ts";
import { displayDoorRoutes } from "./display_door_routes.ts";
import { eventStream } from "./events.ts";
import { fileDoorRoutes } from "./file_door_routes.ts";
import { isWebSocket } from "./guard.ts";
import type { Dashboard } from "./dashboard.ts";
import type { Caller, DoorContext, Inside } from "./inside.ts";
import { MULTIPART, multipartPictures } from "./multipart.ts";
import { openApi } from "./openapi.ts";
import { sendPictures } from "./picture_socket.ts";
import { proofBody, sessionBody, ticketBody } from "./requests.ts";
import type { Route } from "./route.ts";

/** Where the command line has the door prove itself. */
export const PROOF_PATH = "/api/proof";

/** What a ticket is good for: a view such as `remote.mjpeg` of one call. */
export function ticketFor(call: string, view: string): string {
  return `${call}\0${view}`;
}

/** A route that is not plain JSON over AppApi: pages, sessions, streams, pictures. */
export interface DoorRoute {
  method: Route["method"];
  path: string;
  summary: string;
  /** nobody: the guard's checks are enough. known: a session or the token. Else just that one. */
  access: "nobody" | "known" | "bearer" | "session";
  /** Which view of a call this is: a browser may come with a ticket for it. */
  view?: string;
  body?: Route["body"];
  /** Content type of a body that is not JSON. */
  consumes?: string;
  /** Content type of the answer; null: 204. A websocket answers 101. */
  produces: string | null;
  answer?: Route["answer"];
  handle(c: DoorContext, inside: Inside): Response | Promise<Response>;
}

function file(path: string, produces: string, part: Exclude<keyof Dashboard, "pdf">): DoorRoute {
  const headers = { "content-type": `${produces}; charset=utf-8`, "cache-control": "no-cache" };
  return {
    method: "get",
    path,
    summary: "The dashboard",
    access: "nobody",
    produces,
    handle: (_c, { dashboard }) => new Response(dashboard[part], { headers }),
  };
}

function pictureRoutes(side: "local" | "remote"): DoorRoute[] {
  const whose = side === "local" ? "our own" : "the other side's";
  return [
    {
      method: "get",
      path: `/calls/:id/${side}.mjpeg`,
      view: `${side}.mjpeg`,
      summary: `A call's live picture, ${whose}, for an <img>`,
      access: "known",
      produces: "multipart/x-mixed-replace",
      handle(c, inside) {
        const view = openView(c, inside, side);
        return new Response(multipartPictures(view.pictures, view.first, view.end), {
          headers: { "content-type": MULTIPART },
        });
      },
    },
    {
      method: "get",
      path: `/calls/:id/${side}.jpg`,
      view: `${side}.jpg`,
      summary: `A call's newest picture, ${whose}`,
      access: "known",
      produces: "image/jpeg",
      handle(c, { app }) {
        const picture = app.latestPicture(app.call(c.req.param("id")!).id, side);
        if (picture === undefined) {
          throw new SimppdError("unknown-picture", "No picture has come in this call yet.");
        }
        return new Response(picture.data as Uint8Array<ArrayBuffer>, {
          headers: { "content-type": "image/jpeg" },
        });
      },
    },
    {
      method: "get",
      path: `/calls/:id/${side}.ws`,
      view: `${side}.ws`,
      summary:
        `A call's live picture, ${whose}, as JPEG messages; answer each with the text \`next\``,
      access: "known",
      produces: "image/jpeg",
      handle(c, inside) {
        if (!isWebSocket(c.req.raw)) {
          throw new SimppdError("bad-input", "This address is for a WebSocket.");
        }
        const view = openView(c, inside, side);
        const { socket, response } = Deno.upgradeWebSocket(c.req.raw);
        sendPictures(socket, view.pictures, view.signal, view.end);
        return response;
      },
    },
  ];
}

/** Takes a viewer's slot. @throws SimppdError `unknown-call`, `too-many-viewers` */
function openView(c: DoorContext, inside: Inside, side: "local" | "remote") {
  const { app, viewers } = inside;
  const { id } = app.call(c.req.param("id")!);
  const leave = viewers.take();
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, lifeOf(c, inside)]);
  return {
    first: app.latestPicture(id, side),
    pictures: app.pictures(id, side, signal),
    signal,
    end() {
      left.abort();
      leave();
    },
  };
}

/** Aborts when what the caller was let in by ends. */
export function lifeOf(c: DoorContext, { closing }: Inside): AbortSignal {
  const caller = c.get("caller");
  return caller.kind === "session" ? AbortSignal.any([closing, caller.session.signal]) : closing;
}

export const doorRoutes: readonly DoorRoute[] = [
  file("/", "text/html", "html"),
  file("/app.js", "text/javascript", "script"),
  file("/scanner.js", "text/javascript", "scanner"),
  file("/app.css", "text/css", "style"),
  {
    method: "post",
    path: "/api/session",
    summary: "Trade a launch token for a session: its cookie, and the token its page shows",
    access: "nobody",
    body: sessionBody,
    produces: "application/json",
    answer: "Session",
    async handle(c, { launches, sessions, wrong, cookie }) {
      const { launch } = validated(sessionBody, await readJson(c.req.raw), "body");
      if (!launches.use(launch)) {
        if (wrong.add()) throw tooManyAttempts();
        throw new SimppdError(
          "unauthorized",
          "This link was used already or is older than two minutes; run `simppd open` for a new one.",
        );
      }
      const made = sessions.make();
      setCookie(c, cookie, made.cookie, {
        httpOnly: true,
        sameSite: "Strict",
        path: "/",
        maxAge: SESSION_LIFE / 1000,
      });
      return c.json({ page: made.page });
    },
  },
  {
    method: "delete",
    path: "/api/session",
    summary: "Sign this browser out; its streams end",
    access: "known",
    produces: null,
    handle(c, { sessions, cookie }) {
      const caller = c.get("caller");
      if (caller.kind === "session") sessions.end(caller.cookie);
      setCookie(c, cookie, "", { httpOnly: true, sameSite: "Strict", path: "/", maxAge: 0 });
      return c.body(null, 204);
    },
  },
  {
    method: "post",
    path: "/api/calls/:id/tickets",
    summary: "Make a ticket that opens one view of a call, once, within 30 seconds",
    access: "session",
    body: ticketBody,
    produces: "application/json",
    answer: "Ticket",
    async handle(c, { app }) {
      const { view } = validated(ticketBody, await readJson(c.req.raw), "body");
      const caller = c.get("caller") as Extract<Caller, { kind: "session" }>;
      const { id } = app.call(c.req.param("id")!);
      return c.json({ ticket: caller.session.tickets.make(ticketFor(id, view)) });
    },
  },
  {
    method: "post",
    path: PROOF_PATH,
    summary: "Prove that this door knows the token, by HMAC over a nonce, before it is shown",
    access: "nobody",
    body: proofBody,
    produces: "application/json",
    answer: "Proof",
    async handle(c, { bearer, port, proofs }) {
      if (proofs.add()) throw tooManyAttempts();
      const { nonce } = validated(proofBody, await readJson(c.req.raw), "body");
      return c.json({ proof: bearer.proof(port, nonce) });
    },
  },
  {
    method: "post",
    path: "/api/launch",
    summary: "Make a link that opens the dashboard once, within two minutes",
    access: "bearer",
    produces: "application/json",
    answer: "Launch",
    handle: (c, { launchLink }) => c.json({ link: launchLink() }),
  },
  {
    method: "get",
    path: "/api/events",
    summary: "Server-sent events: event is AppEvent's type, data its data",
    access: "known",
    produces: "text/event-stream",
    handle(c, inside) {
      const leave = inside.listeners.take();
      return new Response(eventStream(inside.app, lifeOf(c, inside), inside.heartbeat, leave), {
        headers: {
          "content-type": "text/event-stream",
          "cache-control": "no-store, no-transform",
        },
      });
    },
  },
  {
    method: "get",
    path: "/api/openapi.json",
    summary: "This API, described by itself (OpenAPI 3.1)",
    access: "known",
    produces: "application/json",
    handle: (c, { app }) => c.json(openApi(app.status().version)),
  },
  ...backupRoutes,
  ...displayDoorRoutes,
  ...fileDoorRoutes,
  ...pictureRoutes("remote"),
  ...pictureRoutes("local"),
];

export function tooManyAttempts(): SimppdError {
  return new SimppdError("too-many-attempts", "That was tried too often; wait a minute.");
}
