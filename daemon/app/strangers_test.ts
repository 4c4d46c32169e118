import assert from "node:assert/strict";
import { join } from "node:path";
import { App } from "./gate.ts";

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds();) {
    if (Date.now() > end) throw new Error(`not within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("a stranger hears nothing until the person lets them in, and then who is there", async () => {
  const root = await Deno.makeTempDir({ prefix: "simppd-strangers-" });
  const apps: App[] = [];
  try {
    for (const name of ["alice", "bob", "carol"]) {
      apps.push(await App.open({ state: join(root, name), callHosts: ["127.0.0.1"] }));
    }
    const [alice, bob, carol] = apps as [App, App, App];
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
    await carol.join({ link: (await alice.invite()).link, nick: "Carol of Clubs" });
    const [b, c] = [bob, carol].map((app) => app.status().account!.jid) as [string, string];
    const heard = (text: string) =>
      seen(carol, b) !== undefined && carol.messages(b).some(({ body }) => body === text);
    const seen = (app: App, jid: string) => app.contacts().find((contact) => contact.jid === jid);
    await bob.addContact({ jid: c });
    await bob.sendMessage(c, "are you there?");
    await until("heard", () => heard("are you there?"));
    await bob.sendMessage(c, "hello?");
    await until("heard", () => heard("hello?"));
    await until("sent", () => bob.messages(c).every(({ delivery }) => delivery === "sent"));
    assert.notEqual(seen(bob, c)!.name, "Carol of Clubs");
    assert.equal(seen(bob, c)!.trust.mutual, false);
    await carol.changeContact(b, { accept: true });
    await until("proved", () => seen(bob, c)!.trust.mutual);
    await until("named", () => seen(bob, c)!.name === "Carol of Clubs");
    const { id } = await bob.sendMessage(c, "so you are");
    const delivery = () => bob.messages(c).find((message) => message.id === id)!.delivery;
    await until("delivered", () => delivery() === "delivered");
  } finally {
    for (const app of apps.reverse()) await app.close();
    await Deno.remove(root, { recursive: true });
  }
});
