import { Hono } from "hono";
import { getCookie } from "hono/cookie";
import type { AppApi } from "../app/mod.ts";
import { logOf, SimppdError, sleep } from "../base/mod.ts";
import { readJson, validated } from "./body.ts";
import { BearerToken, LaunchTokens, Sessions, WrongAttempts } from "./credentials.ts";
import { type Dashboard, dashboard as built } from "./dashboard.ts";
import { doorRoutes, tooManyAttempts } from "./door_routes.ts";
import { Guard } from "./guard.ts";
import { secured } from "./headers.ts";
import { type Caller, type DoorContext, type DoorEnv, type Inside, Slots } from "./inside.ts";
import { refusal } from "./refusal.ts";
import { routes } from "./routes.ts";

/** How long requests under way may take to end when the door closes, in ms. */
const GRACE = 500;

export interface HttpOptions {
  app: AppApi;
  /** Wanted port; when it is taken, or 0, any free one. */
  port: number;
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
 */
export async function startHttp(options: HttpOptions): Promise<HttpDoor> {
  if (!/^[\w-]+$/.test(options.instance)) throw new TypeError("instance names a cookie");
  const soft = new AbortController();
  const hard = new AbortController();
  let answer: Handler = () => new Response(null, { status: 503 }); // until the port is known
  const server = await listen(options.port, hard.signal, (request) => answer(request));
  const { port } = server.addr;
  const url = `http://127.0.0.1:${port}`;
  const now = options.now ?? Date.now;
  const launches = new LaunchTokens(now);
  const launchLink = () => `${url}/#launch=${launches.make()}`;

  answer = makeAnswer(new Guard(port), {
    app: options.app,
    bearer: new BearerToken(options.token),
    launches,
    sessions: new Sessions(now),
    wrong: new WrongAttempts(now),
    cookie: `simppd-${options.instance}`,
    dashboard: options.dashboard ?? built,
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
      const waited = new AbortController();
      const ended = await Promise.race([
        server.shutdown().then(() => true),
        sleep(GRACE, waited.signal).then(() => false),
      ]);
      waited.abort();
      if (!ended) hard.abort();
      await server.finished;
    },
  };
}

type Handler = (request: Request) => Response | Promise<Response>;

function listen(port: number, signal: AbortSignal, handler: Handler) {
  const serve = (port: number) =>
    Deno.serve({ hostname: "127.0.0.1", port, signal, onListen() {}, onError: refusal }, handler);
  try {
    return serve(port);
  } catch (error) {
    if (port === 0 || !(error instanceof Deno.errors.AddrInUse)) throw error;
    logOf("http").warn("port {port} is taken; another one is used", { port });
    return serve(0);
  }
}

function makeAnswer(guard: Guard, inside: Inside): Handler {
  const hono = new Hono<DoorEnv>();
  hono.use("*", async (c, next) => {
    const bearer = bearerOf(c.req.raw);
    guard.check(c.req.raw, c.req.path === "/", bearer !== null);
    c.set("caller", callerOf(c, bearer, inside));
    await next();
  });
  for (const route of doorRoutes) {
    hono.on(route.method.toUpperCase(), route.path, (c) => {
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
  const secret = getCookie(c, inside.cookie);
  const session = secret === undefined ? undefined : inside.sessions.use(secret);
  if (secret === undefined || session === undefined) return { kind: "nobody" };
  return { kind: "session", secret, signal: session.signal };
}

/** @throws SimppdError `unauthorized` */
function letIn(c: DoorContext, access: "known" | "bearer"): void {
  const { kind } = c.get("caller");
  if (kind === "nobody" || (access === "bearer" && kind !== "bearer")) throw unauthorized();
}

function unauthorized(): SimppdError {
  return new SimppdError(
    "unauthorized",
    "simppd does not know who asks; open the dashboard with `simppd open`.",
  );
}
