import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import type { ServerView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Field, FormError } from "../parts/field.tsx";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";

/** Where other XMPP programs find the carried server, and the password they need. */
export function OtherPrograms({ server, jid }: { server: ServerView; jid: string }) {
  const words = text.otherPrograms;
  const fresh = useSignal("");
  const again = useSignal("");
  const said = useSignal("");
  const action = useAction();
  const set = async (event: Event) => {
    event.preventDefault();
    const done = await action.run(async () => {
      if (fresh.value !== again.value) throw new Error(words.differ);
      status.value = await api.setPassword(fresh.value);
    });
    if (!done) return;
    fresh.value = again.value = "";
    said.value = words.done;
  };
  const open = server.host !== "127.0.0.1";
  return (
    <form class="form" onSubmit={set}>
      <p class="hint">{words.lead}</p>
      <dl class="facts">
        <dt>{words.address}</dt>
        <dd>
          <bdi>{jid}</bdi>
        </dd>
        <dt>{words.here}</dt>
        <dd>
          <Ports host="127.0.0.1" server={server} />
        </dd>
        <dt>{words.elsewhere}</dt>
        <dd>{open ? <Ports host={words.machine} server={server} /> : words.closed}</dd>
      </dl>
      <p class="hint">{words.certificate}</p>
      <p class="hint">{words.passwordLead}</p>
      <Field label={words.fresh} value={fresh} secret required autoComplete="new-password" />
      <Field label={words.again} value={again} secret required autoComplete="new-password" />
      <FormError message={action.error.value} />
      <p class="hint" role="status">{said.value}</p>
      <div class="setting">
        <button type="submit" class="button button-small" disabled={action.busy.value}>
          {words.set}
        </button>
      </div>
    </form>
  );
}

function Ports({ host, server }: { host: string; server: ServerView }) {
  const { direct, starttls } = text.otherPrograms;
  return (
    <>
      {direct(host, server.port)}
      {server.starttlsPort !== undefined && (
        <>
          <br />
          {starttls(host, server.starttlsPort)}
        </>
      )}
    </>
  );
}
