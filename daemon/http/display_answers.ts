import * as v from "valibot";

/** The views of what is shown as schemas; `answers.ts` checks that they agree with `daemon/views`. */
const text = v.string();
const count = v.number();
const kind = v.picklist(["picture", "pdf", "text", "audio", "video"]);

export const displayItem = v.object({
  id: text,
  place: v.nullable(text),
  from: text,
  mine: v.boolean(),
  name: text,
  kind: v.nullable(kind),
  type: text,
  size: count,
  width: v.nullable(count),
  height: v.nullable(count),
  at: count,
  state: v.picklist(["showing", "withheld", "past"]),
  reason: v.nullable(v.object({ code: text, message: text })),
  openedFor: v.array(text),
  available: v.boolean(),
});

const policy = v.object({
  from: v.picklist(["nobody", "verified", "displayers", "all"]),
  maxBytes: count,
  kinds: v.array(kind),
});

export const displays = v.object({
  items: v.array(displayItem),
  policy,
  places: v.record(text, policy),
  command: v.nullable(text),
});

export const displayUrl = v.object({ url: text, kind, sandbox: text, handle: text });
