import type { DisplaySource } from "../app/mod.ts";
import { SimppdError } from "../base/mod.ts";
import { validated } from "./body.ts";
import { type DoorRoute, lifeOf, ticketFor } from "./door_routes.ts";
import { sendFileQuery } from "./file_requests.ts";
import type { Caller } from "./inside.ts";

const OCTETS = "application/octet-stream";
/** Bytes opened at once. */
const PIECE = 1 << 20;
/** What a ticket for a file is good for. */
const SAVE = "save";

/** Files go out and come in as streams of bytes. */
export const fileDoorRoutes: readonly DoorRoute[] = [
  {
    method: "post",
    path: "/api/files",
    summary:
      "Send a file (the body, `?size=` bytes) to `?to=` a contact or group, called `?name=`; " +
      "`path`, of the command line alone: where it lies, to be read again; `display=1`: to be shown; `ways`, and of a group `people`, `roles`: those alone; " +
      "`keyOnRequest=1`",
    access: "known",
    consumes: OCTETS,
    produces: "application/json",
    answer: "File",
    async handle(c, { app }) {
      const { people, roles, ...query } = validated(sendFileQuery, c.req.query(), "query");
      if (c.req.header("content-type") !== OCTETS) {
        throw new SimppdError("bad-input", `The body must be the file, sent as ${OCTETS}.`);
      }
      // A page is let name no file of this machine.
      if (query.path !== undefined && c.get("caller").kind !== "bearer") {
        throw new SimppdError("bad-input", "Only the command line names paths.");
      }
      const bytes = c.req.raw.body ?? ReadableStream.from<Uint8Array>([]);
      const allowed = people === undefined && roles === undefined ? {} : {
        allowed: {
          ...(people === undefined ? {} : { people }),
          ...(roles === undefined ? {} : { roles }),
        },
      };
      return c.json(await app.sendFile({ ...query, ...allowed, bytes }));
    },
  },
  {
    method: "get",
    path: "/api/files/:id/bytes",
    summary: "A file's bytes",
    access: "known",
    produces: OCTETS,
    handle: (c, inside) => bytesOf(c.req.param("id")!, c, inside),
  },
  {
    method: "post",
    path: "/api/files/:id/tickets",
    summary: "Make a ticket that saves a file, once, within 30 seconds",
    access: "session",
    produces: "application/json",
    answer: "Ticket",
    handle(c, { app }) {
      const caller = c.get("caller") as Extract<Caller, { kind: "session" }>;
      const { id } = app.file(c.req.param("id")!);
      return c.json({ ticket: caller.session.tickets.make(ticketFor(id, SAVE)) });
    },
  },
  {
    method: "get",
    path: "/files/:id/save",
    view: SAVE,
    summary: "A file, for a browser to save",
    access: "known",
    produces: OCTETS,
    handle: (c, inside) => bytesOf(c.req.param("id")!, c, inside),
  },
];

async function bytesOf(
  id: string,
  c: Parameters<DoorRoute["handle"]>[0],
  inside: Parameters<DoorRoute["handle"]>[1],
): Promise<Response> {
  const source = await inside.app.fileSource(id);
  return new Response(streamOf(source, lifeOf(c, inside)), {
    headers: {
      "content-type": OCTETS,
      "content-length": String(source.size),
      // RFC 6266: never shown by the browser itself, whatever it is.
      "content-disposition": `attachment; filename*=UTF-8''${encoded(source.name)}`,
    },
  });
}

/** Opened as it is read; closed when all is read, or nobody reads on. */
function streamOf(source: DisplaySource, life: AbortSignal): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      try {
        life.throwIfAborted();
        if (at >= source.size) {
          await source.close?.();
          return controller.close();
        }
        const piece = await source.read(at, PIECE);
        at += piece.length;
        controller.enqueue(piece);
      } catch (error) {
        await source.close?.();
        throw error;
      }
    },
    async cancel() {
      await source.close?.();
    },
  }, { highWaterMark: 0 });
}

/** RFC 8187. */
function encoded(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
