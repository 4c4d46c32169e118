import { type Bytes, SimppdError, utf8 } from "../base/mod.ts";
import { equal, framed, sha256 } from "../crypto/mod.ts";
import { SPEC_FIELDS } from "./spec_fields.ts";
import type { Specification } from "./specification.ts";

/** Bytes a specification's text has at most; it travels in one message. */
export const MAX_SPECIFICATION = 32 * 1024;
/** First line of every specification; the number grows when old programs would misread it. */
const HEAD = "simppd group specification 1";
const MAX_FAULTS = 20;

/** Something wrong in a specification's text. */
export interface SpecificationFault {
  /** From 1; 0 for what is missing altogether. */
  readonly line: number;
  /** What was expected and what stands there. */
  readonly message: string;
}

/** A specification that cannot be taken; names every line that is wrong. */
export class SpecificationError extends SimppdError {
  readonly faults: readonly SpecificationFault[];

  constructor(faults: readonly SpecificationFault[]) {
    super(
      "bad-specification",
      faults.slice(0, MAX_FAULTS)
        .map(({ line, message }) => line === 0 ? message : `Line ${line}: ${message}`).join("\n"),
    );
    this.faults = faults;
  }
}

/** The one text that a specification has; {@link parseSpecification} reads it back the same. */
export function printSpecification(specification: Specification): string {
  const lines = SPEC_FIELDS.flatMap((field) =>
    field.print(specification).map((value) => `${field.key} = ${value}`)
  );
  return [HEAD, ...lines, ""].join("\n");
}

/**
 * Reads a specification: lines of `key = value`, `#` begins a comment line. Keys that are not known
 * or come twice, values out of range, and texts above {@link MAX_SPECIFICATION} are refused.
 * @throws SpecificationError with every fault and its line
 */
export function parseSpecification(text: string): Specification {
  if (utf8(text).length > MAX_SPECIFICATION) {
    throw new SpecificationError([{ line: 0, message: "At most 32 KiB were expected." }]);
  }
  const faults: SpecificationFault[] = [];
  const values = valuesOf(text, faults);
  const entries: [string, unknown][] = [];
  for (const field of SPEC_FIELDS) {
    const given = values.get(field.key) ?? [];
    const read = given.flatMap(({ line, value }) => {
      try {
        return [field.read(value)];
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        faults.push({
          line,
          message: `${field.key}: ${error.message}, not "${shortened(value)}".`,
        });
        return [];
      }
    });
    if (given.length === 0 && field.absent === undefined) {
      faults.push({ line: 0, message: `A line "${field.key} = …" was expected; none is there.` });
    }
    faults.push(...repeated(field, given, read));
    const all = given.length === 0 ? field.absent ?? [] : read;
    entries.push([field.name, field.most === 1 ? all[0] : all]);
  }
  if (faults.length > 0) throw new SpecificationError(faults.sort((a, b) => a.line - b.line));
  return Object.fromEntries(entries) as unknown as Specification;
}

/** The hash of a specification that epoch statements carry: 32 bytes. */
export function specificationHash(specification: Specification): Bytes {
  let hash = hashes.get(specification);
  if (hash === undefined) {
    const text = utf8(printSpecification(specification));
    hashes.set(specification, hash = sha256(framed(utf8("simppd group specification 1"), text)));
  }
  return hash;
}
/** Every epoch names it. */
const hashes = new WeakMap<Specification, Bytes>();

/** Group, room and key server do not change: is it another text for the same? */
export function isOfSameGroup(one: Specification, other: Specification): boolean {
  return one.group === other.group && one.room === other.room &&
    isSameKeyServer(one.keyServer, other.keyServer);
}

/** Address, device and pinned key: members hear no other device than the one that is named. */
export function isSameKeyServer(
  one: Specification["keyServer"],
  other: Specification["keyServer"],
): boolean {
  return one.jid === other.jid && one.device === other.device && equal(one.key, other.key);
}

interface Line {
  readonly line: number;
  readonly value: string;
}

/** What stands under each key. */
function valuesOf(text: string, faults: SpecificationFault[]): Map<string, Line[]> {
  const values = new Map<string, Line[]>();
  const known = new Set(SPEC_FIELDS.map(({ key }) => key));
  let begun = false;
  for (const [at, raw] of text.split("\n").entries()) {
    const [line, trimmed] = [at + 1, raw.trim()];
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    if (!begun) {
      begun = true;
      if (trimmed === HEAD) continue;
      faults.push({ line, message: `"${HEAD}" was expected first, not "${shortened(trimmed)}".` });
    }
    const [, key, value] = /^([a-z-]+)\s*=\s*(.*)$/u.exec(trimmed) ?? [];
    if (key === undefined || value === undefined) {
      faults.push({ line, message: `"key = value" was expected, not "${shortened(trimmed)}".` });
    } else if (!known.has(key)) {
      const keys = [...known].join(", ");
      faults.push({ line, message: `"${shortened(key)}" is no key; there are ${keys}.` });
    } else {
      values.set(key, [...values.get(key) ?? [], { line, value }]);
    }
  }
  if (!begun) faults.push({ line: 0, message: `"${HEAD}" was expected; the text is empty.` });
  return values;
}

/** Too many lines of one key, and values that say the same. */
function repeated(
  field: typeof SPEC_FIELDS[number],
  given: readonly Line[],
  read: readonly unknown[],
): SpecificationFault[] {
  const over = given[field.most];
  if (over !== undefined) {
    const lines = field.most === 1 ? "one line" : `${field.most} lines`;
    return [{ line: over.line, message: `${field.key}: at most ${lines} of it were expected.` }];
  }
  const seen = new Set<string>();
  for (const [at, value] of read.entries()) {
    const name = field.nameOf(value);
    if (seen.has(name)) {
      const line = given[at]?.line ?? 0;
      return [{ line, message: `${field.key}: "${shortened(name)}" stands there twice.` }];
    }
    seen.add(name);
  }
  return [];
}

function shortened(text: string): string {
  const plain = text.replace(/\p{C}/gu, "?");
  return plain.length > 60 ? `${plain.slice(0, 59)}…` : plain;
}
