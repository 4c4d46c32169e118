import { type Bytes, toHex } from "../base/mod.ts";
import { actionHash } from "./action.ts";
import { type Announcement, isPartOf, type RekeyPart } from "./announcements.ts";
import { isStatementOf, readStatement, type SignedStatement } from "./epoch_statement.ts";

const MOST_EPOCHS = 16;
const MOST_BYTES = 8 * 1024 * 1024;
/** Parts kept before the statement that proves them is here. */
const MOST_UNPROVED = 64;

/** What came of one change of the key. */
export interface Change {
  readonly statement: SignedStatement;
  readonly announcement: Announcement;
  /** Proved to stand under the statement's root, by position. */
  readonly parts: ReadonlyMap<number, RekeyPart>;
  /** Did all come that were sent to us? */
  readonly whole: boolean;
}

interface Collected {
  readonly incarnation: string;
  readonly epoch: number;
  proved: { statement: SignedStatement; announcement: Announcement } | null;
  parts: Map<number, RekeyPart>;
  bytes: number;
}

/** Why a part was not taken. */
export type PartFault = "forged" | "other-key-server" | "overflow";

/**
 * Gathers parts of rekeys, in whatever order they come, and proves them: the statement by the key
 * server's signature, the parts by their place under its Merkle root. What is not proved yet is
 * bounded.
 */
export class RekeyCollector {
  readonly #key: Bytes;
  #collected: Collected[] = [];

  /** @param key the key server's, pinned */
  constructor(key: Bytes) {
    this.#key = key;
  }

  /** Takes a part. @returns the change it belongs to, once its statement is proved */
  add(part: RekeyPart): Change | PartFault | null {
    let proved: Collected["proved"] = null;
    if (part.announcement !== null) {
      const statement = this.#statementOf(part);
      if (typeof statement === "string") return statement;
      proved = { statement, announcement: part.announcement };
      const whole = isPartOf(statement.rekeyRoot, part) &&
        hasItsActions(statement, part.announcement.actions);
      if (!whole) return "forged";
    }
    const collected = this.#slotOf(part, proved !== null);
    if (collected === null) return "overflow";
    if (collected.proved !== null && !isPartOf(collected.proved.statement.rekeyRoot, part)) {
      return "forged";
    }
    if (proved !== null && collected.proved === null) this.#prove(collected, proved);
    if (!collected.parts.has(part.part)) {
      const unproved = collected.proved === null && collected.parts.size >= MOST_UNPROVED;
      if (unproved || this.#bytes + part.wraps.length > MOST_BYTES) return "overflow";
      collected.parts.set(part.part, part);
      collected.bytes += part.wraps.length;
    }
    return changeOf(collected);
  }

  /** The proved change that goes on from a link of the chain. */
  after(incarnation: string, link: Bytes): Change | null {
    const next = this.#collected.find((each) =>
      each.incarnation === incarnation && each.proved !== null &&
      each.proved.statement.previous.every((byte, at) => byte === link[at])
    );
    return next === undefined ? null : changeOf(next);
  }

  /** Forgets a change: what came with its statement was not what that is about. */
  discard({ incarnation, epoch }: SignedStatement): void {
    this.#collected = this.#collected.filter((each) =>
      each.incarnation !== incarnation || each.epoch !== epoch
    );
  }

  /** Forgets what is not ahead of an epoch. */
  drop(incarnation: string, epoch: number): void {
    this.#collected = this.#collected.filter((each) =>
      each.incarnation === incarnation && each.epoch > epoch
    );
  }

  /** Is anything proved of a later epoch? */
  isAhead(epoch: number): boolean {
    return this.#collected.some((each) => each.proved !== null && each.epoch > epoch);
  }

  get #bytes(): number {
    return this.#collected.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #statementOf(part: RekeyPart): SignedStatement | PartFault {
    let statement: SignedStatement;
    try {
      statement = readStatement(part.announcement!.statement);
    } catch {
      return "forged";
    }
    if (!isStatementOf(this.#key, statement)) return "other-key-server";
    const fits = statement.group === part.group && statement.epoch === part.epoch &&
      statement.incarnation === part.incarnation;
    return fits ? statement : "forged";
  }

  /** What was kept before it could be proved is judged now. */
  #prove(collected: Collected, proved: NonNullable<Collected["proved"]>): void {
    collected.proved = proved;
    const root = proved.statement.rekeyRoot;
    collected.parts = new Map(
      [...collected.parts].filter(([, part]) => isPartOf(root, part)),
    );
    collected.bytes = [...collected.parts.values()]
      .reduce((sum, { wraps }) => sum + wraps.length, 0);
  }

  /** A proved change takes the place of one that nothing proves. */
  #slotOf({ incarnation, epoch }: RekeyPart, proved: boolean): Collected | null {
    const known = this.#collected.find((each) =>
      each.incarnation === incarnation && each.epoch === epoch
    );
    if (known !== undefined) return known;
    if (this.#collected.length >= MOST_EPOCHS) {
      const idle = this.#collected.findIndex((each) => each.proved === null);
      if (!proved || idle < 0) return null;
      this.#collected.splice(idle, 1);
    }
    const fresh = { incarnation, epoch, proved: null, parts: new Map(), bytes: 0 };
    this.#collected.push(fresh);
    return fresh;
  }
}

/** Who passes a statement on could leave out what its reasons stand on; then it proves nothing. */
function hasItsActions({ reasons }: SignedStatement, actions: readonly Bytes[]): boolean {
  const here = new Set(actions.map((action) => toHex(actionHash(action))));
  return reasons.every(({ action }) => action === null || here.has(toHex(action)));
}

function changeOf({ proved, parts }: Collected): Change | null {
  if (proved === null) return null;
  const [first] = parts.values();
  return { ...proved, parts, whole: first !== undefined && parts.size >= first.needed };
}
