import { type Bytes, fromHex, toHex } from "../base/mod.ts";
import { isSmallOrder } from "../crypto/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import { DATA_SUITE_IDS, DEFAULT_DATA_SUITES } from "./data_suites.ts";
import {
  type Access,
  METHODS,
  type Owner,
  type RegistrarEntry,
  ROLES,
  type Specification,
  STRATEGIES,
} from "./specification.ts";

/** One key of a specification's text. */
export interface SpecField {
  readonly key: string;
  readonly name: keyof Specification;
  /** Lines it may have. */
  readonly most: number;
  /** What counts when there is no line; undefined: there must be one. */
  readonly absent: readonly unknown[] | undefined;
  /** @throws RangeError with what was expected */
  read(value: string): unknown;
  print(specification: Specification): string[];
  /** What may not stand there twice. */
  nameOf(value: unknown): string;
}

/** A field with one line. */
function one<K extends keyof Specification>(
  key: string,
  name: K,
  read: (value: string) => Specification[K],
  print: (value: Specification[K]) => string,
  absent?: Specification[K],
): SpecField {
  return {
    key,
    name,
    most: 1,
    absent: absent === undefined ? undefined : [absent],
    read,
    print: (specification) => [print(specification[name])],
    nameOf: () => key,
  };
}

/** A field with a line for each of its values. */
function many<T>(
  key: string,
  name: keyof Specification,
  most: number,
  read: (value: string) => T,
  print: (value: T) => string,
  nameOf: (value: T) => string,
  absent?: readonly T[],
): SpecField {
  return {
    key,
    name,
    most,
    absent,
    read,
    print: (specification) => (specification[name] as readonly T[]).map(print),
    nameOf: (value) => nameOf(value as T),
  };
}

const same = (value: string) => value;

/** Every key, in the order it is printed. */
export const SPEC_FIELDS: readonly SpecField[] = [
  one("name", "name", readName, same),
  one("group", "group", hexOf(32), same),
  one("room", "room", (value) => bareJid(value, true), same),
  one("key-server", "keyServer", readKeyServer, printKeyServer),
  one("degree", "degree", whole(2, 64), String, 4),
  one("shape", "shape", oneOf(["tree", "star"] as const), same, "tree"),
  one("strategy", "strategy", oneOf(STRATEGIES), same, "group"),
  one("batch", "batchInterval", duration(0, 3_600_000), printDuration, 0),
  one("renew", "renewInterval", duration(10_000, 31 * 86_400_000), printDuration, 86_400_000),
  one("suites", "suites", readSuites, (suites) => suites.join(", "), DEFAULT_DATA_SUITES),
  many("access", "access", 500, readAccess, printAccess, printAccess, [{ kind: "invited" }]),
  many("owner", "owners", 64, readOwner, (o: Owner) => `${o.jid} ${o.fingerprint}`, (o) => o.jid),
  one("send", "send", oneOf(ROLES), same, "member"),
  one("files", "files", oneOf(ROLES), same, "member"),
  one("display", "display", oneOf(ROLES), same, "admin"),
  one("history", "historyDays", readHistory, printHistory, 30),
  many("registrar", "registrars", 16, readRegistrar, printRegistrar, ({ name }) => name, []),
];

function readName(value: string): string {
  if (value.length < 1 || value.length > 100 || /\p{C}/u.test(value)) {
    throw new RangeError("1 to 100 characters without control characters were expected");
  }
  return value;
}

function hexOf(digits: number): (value: string) => string {
  return (value) => {
    if (value.length !== digits || !/^[0-9a-f]*$/.test(value)) {
      throw new RangeError(`${digits} hex digits (0-9, a-f) were expected`);
    }
    return value;
  };
}

function readKey(value: string): Bytes {
  const key = fromHex(hexOf(64)(value));
  if (isSmallOrder(key)) throw new RangeError("a usable Ed25519 key was expected");
  return key;
}

function bareJid(value: string, local: boolean): string {
  const jid = Jid.tryParse(value);
  if (jid === undefined || jid.resource !== "" || (local && jid.local === "")) {
    throw new RangeError(
      `an address such as ${local ? "name@example.org" : "example.org"} was expected`,
    );
  }
  return jid.toString();
}

function readKeyServer(value: string): Specification["keyServer"] {
  const [, address, device, key] = /^([^\s/]+)(?:\/([0-9a-f]{16}))? ([0-9a-f]{64})$/.exec(value) ??
    [];
  if (address === undefined || key === undefined) {
    throw new RangeError(
      "an address, perhaps / and a device id of 16 hex digits, a space and a key of 64 hex digits were expected",
    );
  }
  return { jid: bareJid(address, false), device: device ?? null, key: readKey(key) };
}

function printKeyServer({ jid, device, key }: Specification["keyServer"]): string {
  return `${jid}${device === null ? "" : `/${device}`} ${toHex(key)}`;
}

function whole(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^[0-9]{1,15}$/.test(value) || number < least || number > most) {
      throw new RangeError(`a whole number from ${least} to ${most} was expected`);
    }
    return number;
  };
}

function oneOf<T extends string>(values: readonly T[]): (value: string) => T {
  return (value) => {
    const found = values.find((each) => each === value);
    if (found === undefined) throw new RangeError(`${values.join(" | ")} was expected`);
    return found;
  };
}

/** Units of durations, largest first, in milliseconds. */
const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];

/** `0` stands for "never" or "at once", whatever the least is. */
function duration(least: number, most: number): (value: string) => number {
  return (value) => {
    if (value === "0") return 0;
    const [, digits, name] = /^([0-9]{1,12}) ?(ms|s|m|h|d)$/.exec(value) ?? [];
    const unit = UNITS.find(([each]) => each === name)?.[1];
    const milliseconds = Number(digits) * (unit ?? NaN);
    if (!(milliseconds >= Math.max(least, 1) && milliseconds <= most)) {
      throw new RangeError(
        `0, or a time such as 500 ms, 30 s, 5 m, 24 h, 7 d from ${printDuration(least)} to ` +
          `${printDuration(most)} was expected`,
      );
    }
    return milliseconds;
  };
}

function printDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0";
  const [name, unit] = UNITS.find(([, each]) => milliseconds % each === 0)!;
  return `${milliseconds / unit} ${name}`;
}

function readSuites(value: string): Specification["suites"] {
  const suites = value.split(",").map((each) => oneOf(DATA_SUITE_IDS)(each.trim()));
  if (new Set(suites).size !== suites.length) throw new RangeError("each suite once was expected");
  return suites;
}

function readAccess(value: string): Access {
  const [kind, subject, ...rest] = value.split(" ");
  if (rest.length === 0) {
    if (kind === "invited" && subject === undefined) return { kind };
    if (kind === "jid" && subject !== undefined) return { kind, jid: bareJid(subject, true) };
    if (kind === "account" && subject !== undefined) {
      return { kind, fingerprint: hexOf(64)(subject) };
    }
    if (kind === "domain" && subject !== undefined && !subject.includes("@")) {
      return { kind, domain: bareJid(subject, false) };
    }
  }
  throw new RangeError(
    "invited | jid ADDRESS | account FINGERPRINT | domain SERVER was expected",
  );
}

function printAccess(access: Access): string {
  switch (access.kind) {
    case "invited":
      return "invited";
    case "jid":
      return `jid ${access.jid}`;
    case "account":
      return `account ${access.fingerprint}`;
    case "domain":
      return `domain ${access.domain}`;
  }
}

function readOwner(value: string): Owner {
  const [jid, fingerprint, ...rest] = value.split(" ");
  if (jid === undefined || fingerprint === undefined || rest.length > 0) {
    throw new RangeError(
      "an address, a space and the fingerprint of its account key were expected",
    );
  }
  return { jid: bareJid(jid, true), fingerprint: hexOf(64)(fingerprint) };
}

function readHistory(value: string): number | null {
  if (value === "none") return null;
  const [, days] = /^own ([0-9]{1,4}) d$/.exec(value) ?? [];
  if (days === undefined || Number(days) < 1 || Number(days) > 3650) {
    throw new RangeError('"none", or "own" with 1 to 3650 days such as "own 30 d" was expected');
  }
  return Number(days);
}

function printHistory(days: number | null): string {
  return days === null ? "none" : `own ${days} d`;
}

/**
 * One registrar: `NAME KEY METHOD ADDRESS`, as a line of a specification has it.
 * @throws RangeError saying what was expected
 */
export function readRegistrar(value: string): RegistrarEntry {
  const [name, key, method, address, ...rest] = value.split(" ");
  if (name === undefined || address === undefined || rest.length > 0) {
    throw new RangeError("a name, a key, a method and an address were expected");
  }
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) {
    throw new RangeError("a name of a-z, 0-9, dots, dashes was expected first");
  }
  const chosen = oneOf(METHODS)(method ?? "");
  return {
    name,
    key: readKey(key ?? ""),
    method: chosen,
    address: registrarAddress(chosen, address),
  };
}

function registrarAddress(method: RegistrarEntry["method"], address: string): string {
  if (method === "simpp") return bareJid(address, false);
  const url = URL.canParse(address) ? new URL(address) : null;
  if (
    url?.protocol !== "https:" || url.username !== "" || url.hash !== "" || url.href.length > 500
  ) {
    throw new RangeError("an https address of the registrar was expected");
  }
  return url.href;
}

function printRegistrar({ name, key, method, address }: RegistrarEntry): string {
  return `${name} ${toHex(key)} ${method} ${address}`;
}
