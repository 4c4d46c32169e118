import fc from "fast-check";
import { concat, utf8 } from "../../daemon/base/mod.ts";

/** What is put into streams: pieces that mean something to XML, and bytes that mean nothing. */
const PIECES = [
  ..."< > / = ' \" & ]]> &amp; &x; &#0; &#x110000; <!-- --> <? ?> <![CDATA[ \0 \n".split(" "),
  "<!DOCTYPE x [<!ENTITY a 'b'>]>",
  "</stream:stream>",
  "<presence/>",
  "<iq type='get' id='f'/>",
  "<message><body/></message>",
  " xmlns='' ",
  " xmlns:p='u' ",
  " to='x' to='y'",
  " from='eve@elsewhere.example'",
  "<p:a/>",
  "<a>".repeat(200),
  "x".repeat(20_000),
  "\u{1F600}",
  "\uFFFF",
].map(utf8);

const position = fc.double({ min: 0, max: 1, noNaN: true });

/** One change to a stream; positions and lengths are parts of it. */
export type Mutation =
  | { kind: "flip"; at: number; mask: number }
  | { kind: "cut"; at: number }
  | { kind: "insert"; at: number; bytes: Uint8Array }
  | { kind: "remove" | "double"; at: number; length: number }
  | { kind: "swap" | "drop" | "repeat"; element: number; other: number };

/** Some changes to a stream, of each kind. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("flip" as const),
      at: position,
      mask: fc.integer({ min: 1, max: 255 }),
    }),
    fc.record({ kind: fc.constant("cut" as const), at: position }),
    fc.record({
      kind: fc.constant("insert" as const),
      at: position,
      bytes: fc.oneof(
        fc.constantFrom(...PIECES),
        fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => new Uint8Array(bytes)),
      ),
    }),
    fc.record({
      kind: fc.constantFrom("remove" as const, "double" as const),
      at: position,
      length: fc.integer({ min: 1, max: 400 }),
    }),
    fc.record({
      kind: fc.constantFrom("swap" as const, "drop" as const, "repeat" as const),
      element: position,
      other: position,
    }),
  ),
  { minLength: 1, maxLength: 5 },
);

/** The stream with all changes made, one after the other. */
export function mutate(stream: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  return changes.reduce(apply, stream);
}

/** The stream in pieces of the lengths given, repeated as often as needed. */
export function* chunks(stream: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < stream.length; i++) {
    const length = lengths[i % lengths.length]!;
    yield stream.subarray(at, at += length);
  }
}

function apply(stream: Uint8Array, change: Mutation): Uint8Array {
  if (stream.length === 0) return stream;
  if ("element" in change) return reorder(stream, change);
  const at = Math.floor(change.at * (stream.length - 1));
  switch (change.kind) {
    case "flip": {
      const flipped = stream.slice();
      flipped[at]! ^= change.mask;
      return flipped;
    }
    case "cut":
      return stream.slice(0, at);
    case "insert":
      return concat(stream.slice(0, at), change.bytes.slice(), stream.slice(at));
    case "remove":
      return concat(stream.slice(0, at), stream.slice(at + change.length));
    case "double":
      return concat(stream.slice(0, at + change.length), stream.slice(at));
  }
}

/** Whole tags change places, go, or come twice. */
function reorder(
  stream: Uint8Array,
  { kind, element, other }: Extract<Mutation, { element: number }>,
): Uint8Array {
  const tags: Uint8Array[] = [];
  for (let at = 0; at < stream.length;) {
    const end = stream.indexOf(0x3e, at) + 1 || stream.length;
    tags.push(stream.slice(at, end));
    at = end;
  }
  const [a, b] = [element, other].map((part) => Math.floor(part * (tags.length - 1))) as [
    number,
    number,
  ];
  if (kind === "swap") [tags[a], tags[b]] = [tags[b]!, tags[a]!];
  else if (kind === "drop") tags.splice(a, 1);
  else tags.splice(b, 0, tags[a]!);
  return concat(...tags.map((tag) => tag.slice()));
}
