import { resolve } from "node:path";
import { askServer, MOST_INVITATION_DAYS, type ServerRequestAnswer } from "../app/mod.ts";
import { newPasswordOf } from "./account.ts";
import { listed, made, revoked } from "./invite.ts";
import { printable } from "./printable.ts";
import { sure } from "./sure.ts";
import { type Answer, expectWords, type Invocation, text, UsageError, whole } from "./verb.ts";

/** How long an invitation can be used, in days. */
const INVITATION_DAYS = 7;

/** The directory of the server that is meant: `--data`, else the daemon's. */
export function stateOrData(invocation: Invocation): string {
  const data = text(invocation, "data");
  return data === undefined ? invocation.state : resolve(data);
}

export async function serverUser(invocation: Invocation): Promise<Answer> {
  const [action, ...words] = invocation.words;
  const folder = invocation.state;
  yesOnlyFor(invocation, "user");
  switch (action) {
    case "list": {
      expectWords(words);
      const users = await askServer(folder, "users", {});
      return { value: users, text: users.map(userLine).join("\n") || "no accounts yet" };
    }
    case "remove": {
      const [name] = expectWords(words, "NAME") as [string];
      sure(invocation, `Remove the account ${name}, with all that belongs to it?`, "removed");
      const { jid } = await askServer(folder, "removeUser", { name });
      return { value: { jid }, text: `${jid} is removed` };
    }
    case "add":
    case "password": {
      const [name] = expectWords(words, "NAME") as [string];
      const password = await newPasswordOf(invocation, `Password of ${name}: `);
      const ask = action === "add" ? "addUser" : "setPassword";
      const { jid } = await askServer(folder, ask, { name, password });
      return {
        value: { jid },
        text: action === "add" ? `${jid} is made` : `${jid} has another password`,
      };
    }
    default:
      throw unknown("server user", "add, list, password or remove", action);
  }
}

export async function serverInvite(invocation: Invocation): Promise<Answer> {
  const [action, ...words] = invocation.words;
  const { from, days, note } = invocation.options;
  if (action !== undefined && (from ?? days ?? note) !== undefined) {
    throw new UsageError("--from, --days and --note go with server invite alone");
  }
  switch (action) {
    case undefined: {
      const days = whole(invocation, "days", 1, MOST_INVITATION_DAYS) ?? INVITATION_DAYS;
      const from = text(invocation, "from") ?? null;
      const note = text(invocation, "note") ?? "";
      return made(await askServer(invocation.state, "invite", { from, days, note }));
    }
    case "list":
      expectWords(words);
      return listed(await askServer(invocation.state, "invitations", {}));
    case "revoke": {
      const [id] = expectWords(words, "ID") as [string];
      return revoked((await askServer(invocation.state, "revokeInvitation", { id })).id);
    }
    default:
      throw unknown("server invite", "nothing, list or revoke", action);
  }
}

export async function serverRoom(invocation: Invocation): Promise<Answer> {
  const [action, ...words] = invocation.words;
  const folder = invocation.state;
  const owner = text(invocation, "owner");
  if (owner !== undefined && action !== "create") {
    throw new UsageError("--owner goes with server room create");
  }
  const open = invocation.options.open === true;
  if (open && action !== "create") throw new UsageError("--open goes with server room create");
  yesOnlyFor(invocation, "room");
  switch (action) {
    case "list": {
      expectWords(words);
      const rooms = await askServer(folder, "rooms", {});
      return { value: rooms, text: rooms.map(roomLine).join("\n") || "no rooms yet" };
    }
    case "create": {
      const [name] = expectWords(words, "NAME") as [string];
      if (owner === undefined) throw new UsageError("--owner NAME is missing");
      const room = await askServer(folder, "createRoom", { name, owner, open });
      return { value: room, text: roomLine(room) };
    }
    case "remove": {
      const [name] = expectWords(words, "NAME") as [string];
      sure(invocation, `Remove the room ${name}?`, "removed");
      const { jid } = await askServer(folder, "removeRoom", { name });
      return { value: { jid }, text: `${jid} is removed` };
    }
    default:
      throw unknown("server room", "create, list or remove", action);
  }
}

export async function serverBan({ words: [action, ...words], state }: Invocation): Promise<Answer> {
  switch (action) {
    case "list": {
      expectWords(words);
      const bans = await askServer(state, "bans", {});
      const line = ({ address, remainingMs }: typeof bans[number]) =>
        `${address}: ${Math.ceil(remainingMs / 60_000)} minutes more`;
      return { value: bans, text: bans.map(line).join("\n") || "no address is banned" };
    }
    case "lift": {
      const [address] = expectWords(words, "ADDRESS") as [string];
      const value = await askServer(state, "liftBan", { address });
      return { value, text: `${address} may come again` };
    }
    default:
      throw unknown("server ban", "list or lift", action);
  }
}

export async function serverStats({ words, state }: Invocation): Promise<Answer> {
  expectWords(words);
  const stats = await askServer(state, "stats", {});
  const lines = Object.entries(stats).map(([name, value]) => `${name.padEnd(18)}${value}`);
  return { value: stats, text: lines.join("\n") };
}

function yesOnlyFor({ words, options }: Invocation, what: string): void {
  if (options.yes === undefined || words[0] === "remove") return;
  throw new UsageError(`--yes goes with server ${what} remove`);
}

function userLine(user: ServerRequestAnswer<"users">[number]): string {
  const { jid, created, password, loginKeys, sessions } = user;
  const means = [password ? "password" : [], loginKeys ? "login keys" : []].flat().join(", ");
  const since = new Date(created).toISOString().slice(0, 10);
  return `${jid}: since ${since}, by ${means || "nothing"}, ${sessions} online`;
}

function roomLine({ jid, owners, occupants, ...room }: ServerRequestAnswer<"createRoom">): string {
  const kind = `${room.public ? "public" : "hidden"}, ${room.membersOnly ? "members" : "all"}`;
  const title = room.title === "" ? "" : ` (${printable(room.title)})`;
  return `${jid}${title}: ${kind}, ${occupants} inside, owned by ${owners.join(" ")}`;
}

function unknown(verb: string, known: string, given: string | undefined): UsageError {
  return new UsageError(
    given === undefined ? `${known} is missing` : `${verb} takes ${known}, not "${given}"`,
  );
}
