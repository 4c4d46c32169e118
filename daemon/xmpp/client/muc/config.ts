import { SimppdError } from "../../../base/mod.ts";
import { el, type Element, NS } from "../../core/mod.ts";

/** What of a room can be set up, under names of ours; what is missing stays as it is. */
export interface RoomOptions {
  readonly name?: string;
  readonly description?: string;
  /** Can others find it? */
  readonly public?: boolean;
  /** Does it stay when everybody has left? */
  readonly persistent?: boolean;
  readonly membersOnly?: boolean;
  readonly moderated?: boolean;
  /** May everybody see the addresses of occupants? */
  readonly nonAnonymous?: boolean;
  /** "" for none. */
  readonly password?: string;
  readonly maxOccupants?: number;
  /** May participants change the subject? */
  readonly changeSubject?: boolean;
  /** May occupants who are no admins invite? */
  readonly allowInvites?: boolean;
  readonly archived?: boolean;
}

/** A room of people who know each other: what a group that seals its messages needs. */
export const GROUP_OPTIONS: RoomOptions = {
  public: false,
  persistent: true,
  membersOnly: true,
  moderated: false,
  nonAnonymous: true,
};

type Key = keyof RoomOptions;

/** Names of fields: that of the registry first, then what servers call it otherwise. */
const FIELDS: Readonly<Record<Key, readonly string[]>> = {
  name: ["muc#roomconfig_roomname"],
  description: ["muc#roomconfig_roomdesc"],
  public: ["muc#roomconfig_publicroom"],
  persistent: ["muc#roomconfig_persistentroom"],
  membersOnly: ["muc#roomconfig_membersonly"],
  moderated: ["muc#roomconfig_moderatedroom"],
  nonAnonymous: ["muc#roomconfig_whois"],
  password: ["muc#roomconfig_roomsecret"],
  maxOccupants: ["muc#roomconfig_maxusers"],
  changeSubject: ["muc#roomconfig_changesubject"],
  allowInvites: [
    "muc#roomconfig_allowinvites",
    "{http://prosody.im/protocol/muc}roomconfig_allowmemberinvites",
  ],
  archived: ["muc#roomconfig_enablearchiving", "mam"],
};
const GUARDED = "muc#roomconfig_passwordprotectedroom";
const KEYS = Object.keys(FIELDS) as Key[];
const MAX_FIELDS = 200;

/** A room's form, by the names of its fields. */
export type ConfigFields = ReadonlyMap<string, { type: string; values: readonly string[] }>;

/** The fields of the form in an answer to `muc#owner`. */
export function fieldsOf(answer: Element): ConfigFields {
  const form = answer.getChild("query", NS.mucOwner)?.getChild("x", NS.dataForms);
  return new Map(
    (form?.getChildren("field") ?? []).slice(0, MAX_FIELDS).map((field) => [
      field.attrs.var ?? "",
      {
        type: field.attrs.type ?? "text-single",
        values: field.getChildren("value").map((value) => value.getText()),
      },
    ]),
  );
}

/** What a room's form says, as far as it has such fields. */
export function readOptions(fields: ConfigFields): RoomOptions {
  const options: Record<string, unknown> = {};
  for (const key of KEYS) {
    const name = FIELDS[key].find((each) => fields.has(each));
    if (name === undefined) continue;
    const value = fields.get(name)!.values[0] ?? "";
    switch (key) {
      case "name":
      case "description":
      case "password":
        options[key] = value;
        break;
      case "maxOccupants":
        if (/^\d{1,9}$/.test(value)) options[key] = Number(value);
        break;
      case "nonAnonymous":
        options[key] = value === "anyone";
        break;
      default:
        options[key] = value === "1" || value === "true";
    }
  }
  return options;
}

/**
 * The form that sets a room up as wanted, the rest of its fields as they are.
 * @throws SimppdError `room-option-missing`: the server does not have one of them; nothing is sent
 */
export function submission(fields: ConfigFields, wanted: RoomOptions): Element {
  const values = new Map<string, readonly string[]>();
  for (const [name, { type, values: as }] of fields) {
    if (type !== "fixed" && name !== "") values.set(name, as);
  }
  values.set("FORM_TYPE", [NS.mucRoomConfig]);
  for (const key of KEYS) {
    const value = wanted[key];
    if (value === undefined) continue;
    const name = FIELDS[key].find((each) => fields.has(each));
    if (name === undefined) {
      throw new SimppdError(
        "room-option-missing",
        `This server's rooms do not have the option "${key}"; choose another server for it.`,
      );
    }
    values.set(name, [written(key, value)]);
  }
  if (wanted.password !== undefined && fields.has(GUARDED)) {
    values.set(GUARDED, [wanted.password === "" ? "0" : "1"]);
  }
  return el(
    "x",
    { xmlns: NS.dataForms, type: "submit" },
    ...[...values].map(([name, list]) =>
      el("field", { var: name }, ...list.map((text) => el("value", {}, text)))
    ),
  );
}

function written(key: Key, value: string | number | boolean): string {
  if (key === "nonAnonymous") return value ? "anyone" : "moderators";
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}
