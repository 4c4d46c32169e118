import { type Bytes, fromUtf8, SimppdError, utf8, WireReader, WireWriter } from "../base/mod.ts";
import type { GroupPhase } from "./group_keys.ts";

/** Incarnations of a key server that are remembered as over. */
export const MOST_PAST = 64;
/** Devices whose acts are remembered as used up. */
export const MOST_ACTING = 64;
const FORMAT = 2;
const PHASES: readonly GroupPhase[] = [
  "out",
  "joining",
  "in",
  "behind",
  "removed",
  "refused",
  "closed",
];

/** What a control manager remembers between starts. */
export interface MemberState {
  readonly phase: GroupPhase;
  /** Text of the specification that is valid. */
  readonly specification: string;
  /** 32 hex digits and 32 bytes; empty before the registration. */
  readonly registration: string;
  readonly individualKey: Bytes;
  /** Keys from our leaf to the root (`MemberKeys.encode`); empty before we were in. */
  readonly keys: Bytes;
  /** The newest signed statement; empty before the first. */
  readonly statement: Bytes;
  /** Incarnations that the key server had before, 32 hex digits each. */
  readonly past: readonly string[];
  /** Above it are the numbers of our next actions. */
  readonly lastAction: number;
  /**
   * Devices (keys, hex) that acted in this incarnation, and the newest number of each; under the empty
   * name the epoch before which no other device's act is new.
   */
  readonly acts: readonly (readonly [device: string, number: number])[];
}

export function encodeState(state: MemberState): Bytes {
  const writer = new WireWriter().u8(FORMAT).u8(PHASES.indexOf(state.phase))
    .bytes(utf8(state.specification)).text(state.registration).bytes(state.individualKey)
    .bytes(state.keys).bytes(state.statement).u64(state.lastAction).u8(state.past.length);
  for (const incarnation of state.past) writer.text(incarnation);
  writer.u8(state.acts.length);
  for (const [device, number] of state.acts) writer.text(device).u64(number);
  return writer.finish();
}

/** @throws SimppdError `group-state-damaged` when the bytes are not what {@link encodeState} wrote */
export function decodeState(bytes: Bytes): MemberState {
  try {
    const reader = new WireReader(bytes);
    const format = reader.u8();
    if (format !== 1 && format !== FORMAT) {
      throw new RangeError(`format ${format}, ${FORMAT} is known`);
    }
    const phase = PHASES[reader.u8()];
    if (phase === undefined) throw new RangeError("no such phase");
    const state = {
      phase,
      specification: fromUtf8(reader.bytes()),
      registration: reader.text(),
      individualKey: reader.bytes(),
      keys: reader.bytes(),
      statement: reader.bytes(),
      lastAction: reader.u64(),
      past: Array.from({ length: reader.u8() }, () => reader.text()),
      acts: Array.from(
        { length: format === 1 ? 0 : reader.u8() },
        () => [reader.text(), reader.u64()] as const,
      ),
    };
    reader.end();
    return state;
  } catch (cause) {
    throw new SimppdError(
      "group-state-damaged",
      "What is remembered of a group cannot be read; leave the group and join it again.",
      cause,
    );
  }
}
