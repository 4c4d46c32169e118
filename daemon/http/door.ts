import { Hono } from "hono";
import { getCookie } from "hono/cookie";
import type { AppApi } from "../app/mod.ts";
import { SimppdError } from "../base/mod.ts";
import { readJson, validated } from "./body.ts";
import { BearerToken, LaunchTokens, Rate, Sessions } from "./credentials.ts";
import { type Dashboard, dashboard as built } from "./dashboard.ts";
import {
  type DoorRoute,
  doorRoutes,
  PROOF_PATH,
  ticketFor,
  tooManyAttempts,
} from "./door_routes.ts";
import { DisplayDoor } from "./display/display_door.ts";
import { Guard } from "./guard.ts";
import { secured } from "./headers.ts";
import { type Caller, type DoorContext, type DoorEnv, type Inside, Slots } from "./inside.ts";
import { type Handler, Listener } from "./listener.ts";
import { refusal } from "./refusal.ts";
import { routes } from "./routes.ts";

/** Where a page shows its token. A page of another origin cannot send it: no preflight succeeds. */
const PAGE_HEADER = "x-simppd-page";

export interface HttpOptions {
  app: AppApi;
  /** Wanted port; when it is taken, or 0, any free one. */
  port: number;
  /** It was asked for by name: when it is taken, that is an error. */
  exact?: boolean;
  /** The command line's bearer token: 256 random bits. */
  token: string;
  /** Names the cookie, since cookies do not know ports: letters, digits, `-` and `_`. */
  instance: string;
  /** Other files than the built ones. */
  dashboard?: Dashboard;
  /** Milliseconds between comments on `/api/events`; 15 s unless told. */
  heartbeat?: number;
  /** The clock, in ms. */
  now?: () => number;
}

/** The local door, open. */
export interface HttpDoor {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** A link that opens the dashboard once, within two minutes. */
  launchLink(): string;
  /** Ends streams, waits half a second for requests under way, then ends those too. */
  close(): Promise<void>;
}

/**
 * Opens the local API, the live views and the dashboard on 127.0.0.1, and nowhere else.
 * docs/threat-model.md "The local API"
 * @throws SimppdError `port-in-use`
 */
// deno-lint-ignore require-await -- rejects rather than throws
export async function startHttp(options: HttpOptions): Promise<HttpDoor> {
  if (!/^[\w-]+$/.test(options.instance)) throw new TypeError("instance names a cookie");
  const soft = new AbortController();
  let answer: Handler = () => new Response(null, { status: 503 }); // until the port is known
  const now = options.now ?? Date.now;
  const sessions = new Sessions(now);
  // Whoever listened in our place was our origin, and could read the tokens of its pages.
  const lost = () => sessions.endAll();
  const listener = new Listener(
    options.port,
    options.exact === true,
    (request) => answer(request),
    lost,
  );
  const { port } = listener;
  const url = `http://127.0.0.1:${port}`;
  const launches = new LaunchTokens(now);
  const launchLink = () => `${url}/#launch=${launches.make()}`;

  const files = options.dashboard ?? built;
  const display = new DisplayDoor({
    app: options.app,
    dashboards: [url, `http://localhost:${port}`],
    script: files.pdf ?? new Uint8Array(),
    now,
  });

  answer = makeAnswer(new Guard(port), {
    app: options.app,
    bearer: new BearerToken(options.token),
    launches,
    sessions,
    wrong: new Rate(30, 60_000, now),
    proofs: new Rate(100, 1000, now),
    port,
    cookie: `simppd-${options.instance}`,
    dashboard: files,
    display,
    viewers: new Slots(32),
    listeners: new Slots(32),
    heartbeat: options.heartbeat ?? 15_000,
    closing: soft.signal,
    launchLink,
  });

  return {
    url,
    port,
    launchLink,
    async close() {
      soft.abort();
      await Promise.all([display.close(), listener.close()]);
    },
  };
}

function makeAnswer(guard: Guard, inside: Inside): Handler {
  const hono = new Hono<DoorEnv>();
  hono.use("*", async (c, next) => {
    const bearer = bearerOf(c.req.raw);
    guard.check(c.req.raw, wantedBy(c.req.path), bearer !== null);
    c.set("caller", callerOf(c, bearer, inside));
    await next();
  });
  for (const route of doorRoutes) {
    hono.on(route.method.toUpperCase(), route.path, (c) => {
      if (route.view !== undefined) redeemTicket(c, route.view, inside);
      if (route.access !== "nobody") letIn(c, route.access);
      return route.handle(c, inside);
    });
  }
  for (const route of routes) {
    hono.on(route.method.toUpperCase(), route.path, async (c) => {
      letIn(c, "known");
      const query = validated(route.query, c.req.query(), "query");
      const body = validated(route.body, await readJson(c.req.raw), "body");
      const param = (name: string) => c.req.param(name)!;
      const result = await route.handle({ app: inside.app, param, body, query });
      return route.answer === null ? c.body(null, 204) : c.json(result as object);
    });
  }
  hono.notFound((c) => {
    if (c.get("caller").kind === "nobody") return refusal(unauthorized());
    return refusal(
      new SimppdError("not-found", "Nothing is here; /api/openapi.json lists what is."),
    );
  });
  hono.onError(refusal);
  return async (request) => secured(await hono.fetch(request));
}

function wantedBy(path: string): "page" | "proof" | "more" {
  return path === "/" ? "page" : path === PROOF_PATH ? "proof" : "more";
}

function bearerOf(request: Request): string | null {
  const header = request.headers.get("authorization");
  return header === null ? null : /^Bearer +(\S+)$/i.exec(header)?.[1] ?? "";
}

/** @throws SimppdError `unauthorized`, `too-many-attempts` when a credential is there but wrong */
function callerOf(c: DoorContext, bearer: string | null, inside: Inside): Caller {
  if (bearer !== null) {
    if (inside.bearer.matches(bearer)) return { kind: "bearer" };
    throw inside.wrong.add() ? tooManyAttempts() : unauthorized();
  }
  const cookie = getCookie(c, inside.cookie);
  const page = c.req.header(PAGE_HEADER);
  if (cookie === undefined || page === undefined) return { kind: "nobody" };
  const session = inside.sessions.use(cookie, page);
  return session === undefined ? { kind: "nobody" } : { kind: "session", cookie, session };
}

/** A browser that shows a picture sends a ticket in the page token's place. */
function redeemTicket(c: DoorContext, view: string, inside: Inside): void {
  const cookie = getCookie(c, inside.cookie);
  const ticket = c.req.query("ticket");
  if (c.get("caller").kind !== "nobody" || cookie === undefined || ticket === undefined) return;
  const session = inside.sessions.redeem(cookie, ticket, ticketFor(c.req.param("id")!, view));
  if (session !== undefined) c.set("caller", { kind: "session", cookie, session });
}

/** @throws SimppdError `unauthorized` */
function letIn(c: DoorContext, access: Exclude<DoorRoute["access"], "nobody">): void {
  const { kind } = c.get("caller");
  if (kind === "nobody" || (access !== "known" && kind !== access)) throw unauthorized();
}

function unauthorized(): SimppdError {
  return new SimppdError(
    "unauthorized",
    "simppd does not know who asks; open the dashboard with `simppd open`.",
  );
}
