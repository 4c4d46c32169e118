import { join } from "node:path";
import { until } from "../../daemon/app/files/testing.ts";
import { App } from "../../daemon/app/mod.ts";
import { startEjabberd } from "../../scripts/peers/ejabberd.ts";
import { startProsody } from "../../scripts/peers/prosody.ts";
import { absent } from "../real_parts.ts";

const PASSWORD = "wonderland";

/** Servers on which whole daemons can be at home; the carried one is the first daemon's. */
export const SERVERS = [
  { name: "the carried server", ignore: false, start: undefined },
  { name: "Prosody", ignore: absent("prosody"), start: startProsody },
  { name: "ejabberd", ignore: absent("ejabberdctl"), start: startEjabberd },
] as const;

export const jidOf = (app: App): string => app.status().account!.jid;

/** Plays with a daemon for each name, all on one server; all know each other and are online. */
export async function withDaemons(
  { start }: typeof SERVERS[number],
  names: readonly string[],
  work: (apps: readonly App[]) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-daemons-" });
  const accounts = Object.fromEntries(names.map((name) => [name, PASSWORD]));
  const server = await start?.({ accounts, archive: true });
  const apps: App[] = [];
  try {
    for (const name of names) {
      const app = await App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
      apps.push(app);
      if (server !== undefined) {
        const { domain, ports, pin } = server;
        const place = { server: `127.0.0.1:${ports.starttls}`, pin };
        await app.signIn({ jid: `${name}@${domain}`, password: PASSWORD, nick: name, ...place });
      } else if (apps.length === 1) await app.carry({ nick: name, reach: "this-machine" });
      else await app.join({ link: (await apps[0]!.invite()).link, nick: name });
    }
    for (const [at, app] of apps.entries()) {
      for (const other of apps.slice(0, at)) await acquaint(app, other);
    }
    await work(apps);
  } finally {
    for (const app of apps.reverse()) await app.close();
    await server?.stop();
    await Deno.remove(root, { recursive: true });
  }
}

/** Makes two contacts of each other, where they are not. */
async function acquaint(one: App, other: App): Promise<void> {
  const [jid, theirs] = [jidOf(one), jidOf(other)];
  if (!one.contacts().some((contact) => contact.jid === theirs)) {
    await one.addContact({ jid: theirs });
    await until(other, () => other.contacts().some(({ subscription }) => subscription === "asked"));
    await other.changeContact(jid, { accept: true });
  }
  const online = (app: App, whom: string) => () =>
    app.contacts().some((contact) => contact.jid === whom && contact.presence === "online");
  await until(one, online(one, theirs));
  await until(other, online(other, jid));
}

/** A group of the first of these daemons, in which all are. */
export async function groupOf(apps: readonly App[]): Promise<string> {
  const [owner, ...others] = apps as [App, ...App[]];
  const { jid } = await owner.createGroup({ name: "Circle" });
  for (const app of others) {
    await owner.inviteToGroup(jid, jidOf(app));
    await until(app, () => app.groups()[0]?.state === "invited");
    await app.answerGroup(jid, "accept");
    await until(app, () => app.groups()[0]?.state === "in");
  }
  for (const app of apps) {
    await until(app, () => app.groups()[0]!.members.length === apps.length);
  }
  return jid;
}
