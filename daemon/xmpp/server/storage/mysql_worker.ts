import { Buffer } from "node:buffer";
import type { Connection, ExecuteValues } from "mysql2/promise";
import type { Value } from "./compiled.ts";
import type { MysqlTarget } from "./location.ts";

/** Name of the Worker that talks to MariaDB, by which its thread knows what it is. */
export const MYSQL_WORKER_NAME = "simppd-mysql";

/** What the Worker is sent first. */
export interface MysqlSetup {
  readonly port: MessagePort;
  /** One Int32: how often there was an answer. */
  readonly answers: SharedArrayBuffer;
  readonly target: MysqlTarget;
  /** Of GET_LOCK: held as long as the connection is. */
  readonly lock: string;
  /** Connections are numbered from here on. */
  readonly firstConnection: number;
}

/** One thing to do. */
export type MysqlRequest =
  & { readonly id: number }
  & (
    /** Waits for the first connection. */
    | { readonly kind: "open" }
    /** Goes on where another Worker hung; does not wait. */
    | { readonly kind: "reopen"; readonly owner: string | undefined }
    | {
      /** `prepared` takes arguments; `plain` also what cannot be prepared. */
      readonly kind: "prepared" | "plain";
      readonly sql: string;
      readonly args: readonly Value[];
      /** Refused on another connection than this one: a transaction is of one connection. */
      readonly connection: number | undefined;
    }
    /** From now on the database must say that its owner is this one, or it is left alone. */
    | { readonly kind: "own"; readonly owner: string }
    /** Gives up the connection and what is not committed there, and makes a new one. */
    | { readonly kind: "drop" }
    | { readonly kind: "close" }
  );

/** What came of it. */
export interface MysqlResult {
  readonly rows: unknown[];
  readonly changes: number;
  /** Number of the connection. */
  readonly connection: number;
}

export type MysqlReply =
  & { readonly id: number }
  & (
    | { readonly ok: true; readonly result: MysqlResult }
    | { readonly ok: false; readonly failure: MysqlFailure }
  );

/** Why not. `lost`: there is no connection (any more); `error`: the database refuses. */
export interface MysqlFailure {
  readonly kind: "lost" | "in-use" | "error";
  readonly code: string;
  readonly errno: number;
  readonly message: string;
}

const CONNECT_TIMEOUT_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** An idle connection is asked this often; one that was silent for longer than the second is dead. */
const PING_MS = 20_000;
const SILENT_S = 60;
const LOCK_WAIT_S = 1;

/** Where the database's messages quote what was to be stored. */
const QUOTING = new Set([1062, 1292, 1366, 1406]);
/** By which the database says that it ends the connection. */
const ENDING = new Set([1053, 1152, 1158, 1159, 1160, 1161, 1927, 4031]);

let serving = false;

/** Serves when this thread is that Worker. @returns whether it is: then the caller does nothing else */
export function runIfMysqlWorker(): boolean {
  const scope = self as unknown as {
    name?: string;
    onmessage: ((event: MessageEvent<MysqlSetup>) => void) | null;
  };
  if (scope.name !== MYSQL_WORKER_NAME) return false;
  if (serving) return true;
  serving = true;
  scope.onmessage = ({ data }) => new MysqlThread(data);
  return true;
}

/** Keeps one connection, and makes a new one whenever it is lost. */
class MysqlThread {
  readonly #setup: MysqlSetup;
  readonly #answers: Int32Array;
  #connection: Connection | undefined;
  #number: number;
  #owner: string | undefined;
  #closed = false;
  #failure: MysqlFailure = { ...LOST, message: "not connected yet" };
  #idle: ReturnType<typeof setInterval>;

  constructor(setup: MysqlSetup) {
    this.#setup = setup;
    this.#answers = new Int32Array(setup.answers);
    this.#number = setup.firstConnection;
    this.#idle = setInterval(() => this.#ping(), PING_MS);
    setup.port.onmessage = async ({ data }: MessageEvent<MysqlRequest>) => {
      let reply: MysqlReply;
      try {
        reply = { id: data.id, ok: true, result: await this.#handle(data) };
      } catch (error) {
        reply = { id: data.id, ok: false, failure: failureOf(error) };
      }
      setup.port.postMessage(reply);
      Atomics.add(this.#answers, 0, 1);
      Atomics.notify(this.#answers, 0);
    };
  }

  async #handle(request: MysqlRequest): Promise<MysqlResult> {
    const connection = this.#connection;
    switch (request.kind) {
      case "open":
        await this.#connect();
        break;
      case "reopen":
        this.#owner = request.owner;
        this.#again(0);
        break;
      case "own":
        this.#owner = request.owner;
        break;
      case "drop":
        if (connection !== undefined) this.#lose(connection, this.#failure);
        break;
      case "close":
        this.#closed = true;
        clearInterval(this.#idle);
        await this.#within(connection?.end()).catch(() => connection?.destroy());
        break;
      default: {
        if (connection === undefined) throw new Refusal(this.#failure);
        if ((request.connection ?? this.#number) !== this.#number) {
          throw new Refusal({ ...LOST, message: "the connection of this transaction was lost" });
        }
        return await this.#execute(connection, request);
      }
    }
    return { rows: [], changes: 0, connection: this.#number };
  }

  async #execute(connection: Connection, { kind, sql, args }: Statement): Promise<MysqlResult> {
    try {
      const [result] = await this.#within(
        kind === "plain" ? connection.query(sql) : connection.execute(sql, args.map(argument)),
      );
      return Array.isArray(result)
        ? { rows: result.map(plain), changes: 0, connection: this.#number }
        : { rows: [], changes: result.affectedRows, connection: this.#number };
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === "lost") this.#lose(connection, failure);
      throw error;
    }
  }

  /** @throws what `work` throws, or Refusal when it takes too long */
  async #within<T>(work: Promise<T> | undefined): Promise<T> {
    const late = Promise.withResolvers<never>();
    const { deadlineMs } = this.#setup.target;
    const timer = setTimeout(() => {
      const message = `no answer for ${deadlineMs / 1000} s`;
      late.reject(new Refusal({ ...LOST, code: "deadline", message }));
    }, deadlineMs);
    try {
      return await Promise.race([work as Promise<T>, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(): Promise<void> {
    const { createConnection } = await import("mysql2/promise");
    const { host, port, user, password, database, tls } = this.#setup.target;
    const connection = await createConnection({
      host,
      port,
      user,
      password,
      database,
      charset: "utf8mb4",
      decimalNumbers: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      ...(tls && {
        ssl: {
          minVersion: "TLSv1.2",
          rejectUnauthorized: true,
          verifyIdentity: true,
          ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        },
      }),
    });
    // Without a listener the loss of an idle connection would end this thread.
    connection.on("error", (error) => this.#lose(connection, failureOf(error)));
    try {
      await this.#prepare(connection);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    this.#connection = connection;
    this.#number++;
  }

  async #prepare(connection: Connection): Promise<void> {
    const run = async (sql: string, ...args: Value[]) => {
      const { rows: [row] } = await this.#execute(connection, { kind: "prepared", sql, args });
      return row as Record<string, unknown> | undefined;
    };
    const waitS = Math.max(1, Math.floor(this.#setup.target.deadlineMs / 2000));
    await run(
      "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit = 1, " +
        `innodb_lock_wait_timeout = ${waitS}, wait_timeout = ${SILENT_S}`,
    );
    const got = await run("SELECT GET_LOCK(?, ?) AS got", this.#setup.lock, LOCK_WAIT_S);
    if (got?.got !== 1) throw new Refusal(IN_USE);
    if (this.#owner === undefined) return;
    // Another server was here meanwhile: what this one remembers is not true any more.
    const row = await run("SELECT owner FROM simppd_schema");
    if (row?.owner !== this.#owner) throw new Refusal(IN_USE);
  }

  #lose(connection: Connection, failure: MysqlFailure): void {
    connection.destroy();
    if (this.#connection !== connection || this.#closed) return;
    this.#connection = undefined;
    this.#failure = { ...failure, kind: "lost" };
    this.#again(FIRST_PAUSE_MS);
  }

  #again(pauseMs: number): void {
    setTimeout(async () => {
      if (this.#closed) return;
      try {
        await this.#connect();
        if (this.#closed) this.#connection?.destroy();
      } catch (error) {
        this.#failure = { ...failureOf(error), kind: "lost" };
        this.#again(Math.min(pauseMs * 2, LONGEST_PAUSE_MS));
      }
    }, pauseMs);
  }

  #ping(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#within(connection.ping())
      .catch((error) => this.#lose(connection, { ...failureOf(error), kind: "lost" }));
  }
}

type Statement = Pick<MysqlRequest & { kind: "prepared" | "plain" }, "kind" | "sql" | "args">;

const LOST: MysqlFailure = { kind: "lost", code: "lost", errno: 0, message: "" };
const IN_USE: MysqlFailure = {
  kind: "in-use",
  code: "in-use",
  errno: 0,
  message: "another server uses this database",
};

/** Carries a failure to where it is answered. */
class Refusal extends Error {
  constructor(readonly failure: MysqlFailure) {
    super(failure.message);
  }
}

function failureOf(error: unknown): MysqlFailure {
  if (error instanceof Refusal) return error.failure;
  const { code = "unknown", errno: number, sqlState, fatal, message } = error as Partial<
    { code: string; errno: number; sqlState: string; fatal: boolean; message: string }
  >;
  const errno = Number(number ?? 0);
  // What the database itself says has a state.
  const lost = fatal === true || sqlState === undefined || ENDING.has(errno);
  return {
    kind: lost ? "lost" : "error",
    code,
    errno,
    message: QUOTING.has(errno) ? "" : String(message),
  };
}

/** mysql2 wants Buffers for bytes. */
function argument(value: Value): ExecuteValues {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.length)
    : value;
}

/** Bytes as a copy of their own: a Buffer may be a window on all that came. */
function plain(row: unknown): unknown {
  const fields = row as Record<string, unknown>;
  for (const name in fields) {
    const value = fields[name];
    if (value instanceof Uint8Array) fields[name] = new Uint8Array(value);
  }
  return fields;
}
