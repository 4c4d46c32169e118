import {
  dataForm,
  type Element,
  type Field,
  NS,
  readBoolean,
  readForm,
  StanzaError,
} from "../../core/mod.ts";
import type { Circle, RoomConfig } from "./room_config.ts";

/** What a form's values are measured by. */
export interface ConfigBounds {
  readonly textLength: number;
  readonly occupants: number;
  readonly historyMessages: number;
}

/** One setting: its field in the form, and how it is read. */
interface Setting<V> {
  readonly field: string;
  readonly type: Field["type"];
  readonly label: string;
  readonly options?: readonly string[];
  show(value: V): string | boolean;
  /** @throws StanzaError `not-acceptable` */
  read(text: string, bounds: ConfigBounds): V;
}

const truth = (field: string, label: string): Setting<boolean> => ({
  field,
  label,
  type: "boolean",
  show: (value) => value,
  read: readBoolean,
});

const text = (field: string, label: string, type: Field["type"]): Setting<string> => ({
  field,
  label,
  type,
  show: (value) => value,
  read(value, { textLength }) {
    if (value.length > textLength) {
      throw new StanzaError("modify", "not-acceptable", `${label}: ${textLength} characters`);
    }
    return value;
  },
});

const CIRCLES: readonly Circle[] = ["anyone", "participants", "moderators", "none"];

const SETTINGS: { readonly [K in keyof RoomConfig]: Setting<RoomConfig[K]> } = {
  name: text("muc#roomconfig_roomname", "Name", "text-single"),
  description: text("muc#roomconfig_roomdesc", "Description", "text-single"),
  language: text("muc#roomconfig_lang", "Language", "text-single"),
  public: truth("muc#roomconfig_publicroom", "Shown in the list of rooms"),
  persistent: truth("muc#roomconfig_persistentroom", "Stays when everybody has left"),
  membersOnly: truth("muc#roomconfig_membersonly", "Only members enter"),
  moderated: truth("muc#roomconfig_moderatedroom", "Only who has voice may speak"),
  nonAnonymous: {
    field: "muc#roomconfig_whois",
    label: "Who sees the addresses of occupants",
    type: "list-single",
    options: ["anyone", "moderators"],
    show: (value) => value ? "anyone" : "moderators",
    read: (value) => oneOf(value, ["anyone", "moderators"]) === "anyone",
  },
  password: text("muc#roomconfig_roomsecret", "Password, empty for none", "text-private"),
  maxOccupants: {
    field: "muc#roomconfig_maxusers",
    label: "Most occupants",
    type: "list-single",
    options: ["10", "20", "50", "100", "200", "500", "1000"],
    show: String,
    read: (value, { occupants }) =>
      value === "" || value === "none" ? occupants : number(value, 1, occupants),
  },
  changeSubject: truth("muc#roomconfig_changesubject", "Occupants may change the subject"),
  allowInvites: truth("muc#roomconfig_allowinvites", "Occupants may invite others"),
  privateMessages: {
    field: "muc#roomconfig_allowpm",
    label: "Who may send private messages",
    type: "list-single",
    options: CIRCLES,
    show: (value) => value,
    read: (value) => oneOf(value, CIRCLES),
  },
  archived: truth("muc#roomconfig_enablearchiving", "What is said is kept"),
  historyLength: {
    field: "muc#maxhistoryfetch",
    label: "Messages shown to who joins",
    type: "text-single",
    show: String,
    read: (value, { historyMessages }) => number(value, 0, historyMessages),
  },
};

function settings(): [keyof RoomConfig, Setting<RoomConfig[keyof RoomConfig]>][] {
  return Object.entries(SETTINGS) as never;
}

/** The form an owner fills in (section 10.1.3). */
export function configForm(config: RoomConfig): Element {
  const fields: Record<string, Field> = {};
  for (const [key, { field, type, label, options, show }] of settings()) {
    const given = options === undefined ? {} : { options };
    fields[field] = { type, label, value: show(config[key]), ...given };
  }
  // Which of the two texts is shown where is no setting of its own: no password, no protection.
  fields["muc#roomconfig_passwordprotectedroom"] = {
    type: "boolean",
    label: "Needs a password",
    value: config.password !== "",
  };
  return dataForm("form", NS.mucRoomConfig, fields);
}

/**
 * The settings of a submitted form over those of `base`; fields this service does not have are
 * passed over (section 10.2).
 * @throws StanzaError `not-acceptable` on values that cannot be had, `bad-request`
 */
export function readConfigForm(form: Element, base: RoomConfig, bounds: ConfigBounds): RoomConfig {
  const values = readForm(form, NS.mucRoomConfig);
  const config: Record<string, unknown> = { ...base };
  for (const [key, { field, read }] of settings()) {
    const value = values.get(field);
    if (value !== undefined) config[key] = read(value.join("\n"), bounds);
  }
  const guarded = values.get("muc#roomconfig_passwordprotectedroom")?.[0];
  if (guarded !== undefined) {
    if (!readBoolean(guarded)) config.password = "";
    else if (config.password === "") {
      throw new StanzaError("modify", "not-acceptable", "a password is missing");
    }
  }
  return config as unknown as RoomConfig;
}

function oneOf<T extends string>(value: string, options: readonly T[]): T {
  const found = options.find((option) => option === value);
  if (found !== undefined) return found;
  throw new StanzaError("modify", "not-acceptable", `expected one of ${options.join(", ")}`);
}

function number(value: string, least: number, most: number): number {
  const read = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (read >= least && read <= most) return read;
  throw new StanzaError("modify", "not-acceptable", `expected a number from ${least} to ${most}`);
}
