import {
  type Bytes,
  fromHex,
  fromUtf8,
  toHex,
  utf8,
  type WireReader,
  WireWriter,
} from "../base/mod.ts";
import { KIND, malformed, readLong, readWhole, writeLong } from "./payload.ts";
import { MAX_SPECIFICATION } from "./spec_text.ts";
import { MAX_TICKET } from "./ticket.ts";

/** Who asks, and about which group; the answer has the same `request`. */
export interface RequestHead {
  /** 32 hex digits. A repeated request is answered the same. */
  readonly request: string;
  /** 32 hex digits. */
  readonly group: string;
}

/** What a client asks of a key server, or (`authenticate`) of a registrar. */
export type GroupRequest =
  & RequestHead
  & (
    | {
      readonly kind: "register";
      /** Empty where the key server registers by SIMPP itself. */
      readonly ticket: Bytes;
      /** Codes of the data suites this member allows. */
      readonly suites: readonly number[];
    }
    | { readonly kind: "join"; /** 32 hex digits. */ readonly registration: string }
    | {
      readonly kind: "leave"; /** A signed action that says so; empty: none. */
      readonly action: Bytes;
    }
    | { readonly kind: "status" }
    | { readonly kind: "specification" }
    | {
      readonly kind: "host";
      /** Text of the specification of a group that the key server shall host. */
      readonly specification: string;
    }
    | {
      readonly kind: "resync";
      /** Of the newest statement we have. */
      readonly incarnation: string;
      readonly epoch: number;
      readonly link: Bytes;
    }
    | { readonly kind: "act"; /** A signed action. */ readonly action: Bytes }
    | {
      readonly kind: "authenticate";
      /** As the method asks for them; empty for `simpp`. */
      readonly user: string;
      readonly password: string;
    }
  );

/** @throws RangeError for a field that is too long */
export function encodeRequest(request: GroupRequest): Bytes {
  const writer = new WireWriter().u8(KIND[request.kind]).raw(fromHex(request.request))
    .raw(fromHex(request.group));
  switch (request.kind) {
    case "register":
      writer.bytes(request.ticket).bytes(Uint8Array.from(request.suites));
      break;
    case "join":
      writer.raw(fromHex(request.registration));
      break;
    case "resync":
      writer.raw(fromHex(request.incarnation)).u32(request.epoch).raw(request.link);
      break;
    case "leave":
    case "act":
      writeLong(writer, request.action);
      break;
    case "host":
      writeLong(writer, utf8(request.specification));
      break;
    case "authenticate":
      writer.text(request.user).text(request.password);
      break;
    case "status":
    case "specification":
  }
  return writer.finish();
}

/** @throws SimppdError `bad-group-message`, also for answers */
export function decodeRequest(payload: Uint8Array): GroupRequest {
  return readWhole(payload, (reader) => {
    const kind = reader.u8();
    const head = { request: toHex(reader.raw(16)), group: toHex(reader.raw(16)) };
    return { ...head, ...readBody(kind, reader) };
  });
}

type Body = GroupRequest extends infer R
  ? R extends RequestHead ? Omit<R, keyof RequestHead> : never
  : never;

function readBody(kind: number, reader: WireReader): Body {
  switch (kind) {
    case KIND.register: {
      const ticket = reader.bytes(), suites = reader.bytes();
      if (ticket.length > MAX_TICKET || suites.length > 16) throw malformed();
      return { kind: "register", ticket, suites: [...suites] };
    }
    case KIND.join:
      return { kind: "join", registration: toHex(reader.raw(16)) };
    case KIND.leave:
      return { kind: "leave", action: readLong(reader) };
    case KIND.status:
      return { kind: "status" };
    case KIND.specification:
      return { kind: "specification" };
    case KIND.resync: {
      const incarnation = toHex(reader.raw(16));
      return { kind: "resync", incarnation, epoch: reader.u32(), link: reader.raw(32) };
    }
    case KIND.act:
      return { kind: "act", action: readLong(reader) };
    case KIND.host: {
      const text = readLong(reader);
      if (text.length > MAX_SPECIFICATION) throw malformed();
      return { kind: "host", specification: fromUtf8(text) };
    }
    case KIND.authenticate: {
      const user = reader.text(), password = reader.text();
      if (user.length > 1024 || password.length > 1024) throw malformed();
      return { kind: "authenticate", user, password };
    }
  }
  throw malformed();
}
