import * as v from "valibot";

/** The views of files as schemas; `answers.ts` checks that they agree with `daemon/views`. */
const text = v.string();
const count = v.number();

const progress = v.object({ id: text, bytes: count, total: count, rate: count });

const way = v.picklist(["direct", "upload", "ibb", "group"]);

export const file = v.object({
  id: text,
  place: text,
  from: text,
  mine: v.boolean(),
  name: text,
  type: v.nullable(text),
  declared: text,
  pretends: v.boolean(),
  suite: v.picklist(["chacha20-poly1305", "aes-128-cbc-hmac"]),
  size: count,
  width: v.nullable(count),
  height: v.nullable(count),
  thumbnail: v.nullable(text),
  at: count,
  state: v.picklist([
    "offered",
    "waiting",
    "transferring",
    "paused",
    "done",
    "failed",
    "cancelled",
    "declined",
  ]),
  progress: v.nullable(progress),
  problem: v.nullable(v.object({ code: text, message: text })),
  here: v.boolean(),
  locked: v.boolean(),
  display: v.boolean(),
  ways: v.array(way),
  audience: v.nullable(
    v.object({ people: v.array(text), roles: v.array(text), onRequest: v.boolean() }),
  ),
  forOthers: v.boolean(),
});

export const fileWay = v.object({ kind: way, largest: v.nullable(count) });

export const fileLimits = v.object({
  limit: count,
  places: v.record(text, count),
  fileBytes: count,
  quota: count,
});
