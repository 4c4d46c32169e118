import { SimppdError } from "../base/mod.ts";
import { validated } from "./body.ts";
import { presentQuery } from "./display_requests.ts";
import { type DoorRoute, lifeOf } from "./door_routes.ts";

const OCTETS = "application/octet-stream";

/** Files that are shown, as streams of bytes, and what opens them in a frame. */
export const displayDoorRoutes: readonly DoorRoute[] = [
  {
    method: "post",
    path: "/api/displays",
    summary:
      "Show a file (the body), `?name=` its name, here, or `?to=` others, `?size=` its bytes",
    access: "known",
    consumes: OCTETS,
    produces: "application/json",
    answer: "Display",
    async handle(c, { app }) {
      const { to = null, ...file } = validated(presentQuery, c.req.query(), "query");
      const bytes = c.req.raw.body;
      if (bytes === null || c.req.header("content-type") !== OCTETS) {
        throw new SimppdError("bad-input", `The body must be the file, sent as ${OCTETS}.`);
      }
      return c.json(await app.presentFile({ to, ...file, bytes }));
    },
  },
  {
    method: "post",
    path: "/api/displays/:id/open",
    summary: "Make a URL that opens a shown file in a frame, once, within 30 seconds",
    access: "known",
    produces: "application/json",
    answer: "DisplayUrl",
    async handle(c, inside) {
      return c.json(await inside.display.open(c.req.param("id")!, lifeOf(c, inside)));
    },
  },
  {
    method: "delete",
    path: "/api/display-openings/:handle",
    summary: "End what was opened in a frame",
    access: "known",
    produces: null,
    async handle(c, { display }) {
      await display.shut(c.req.param("handle")!);
      return c.body(null, 204);
    },
  },
  {
    method: "get",
    path: "/api/display-openings/:handle/bytes",
    summary: "The bytes of what was opened, for the dashboard to hand into a frame",
    access: "known",
    produces: OCTETS,
    handle(c, { display }) {
      const { size, stream } = display.bytes(c.req.param("handle")!);
      return new Response(stream, {
        headers: {
          "content-type": OCTETS,
          "content-disposition": "attachment",
          "content-length": String(size),
        },
      });
    },
  },
];
