import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import type { AccountView, ServerView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Field, FormError } from "../parts/field.tsx";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";

/** Where other XMPP programs find the account's server, carried or not, and what they sign in by. */
export function OtherPrograms(
  { server, account }: { server: ServerView | null; account: AccountView },
) {
  const words = text.otherPrograms;
  const { jid, hosts, pin, keyed } = account;
  return (
    <>
      <p class="hint">{words.lead}</p>
      <dl class="facts">
        <dt>{words.address}</dt>
        <dd>
          <bdi>{jid}</bdi>
        </dd>
        {server !== null ? <Carried server={server} /> : (
          <>
            <dt>{text.linking.server}</dt>
            <dd>{hosts.length === 0 ? text.linking.serverFound : <bdi>{hosts.join(", ")}</bdi>}</dd>
          </>
        )}
      </dl>
      {pin !== null && <p class="hint">{words.certificate}</p>}
      <p class="hint">{words.unread}</p>
      {keyed ? <PasswordForm /> : <p class="hint">{words.samePassword}</p>}
    </>
  );
}

function PasswordForm() {
  const words = text.otherPrograms;
  const fresh = useSignal("");
  const again = useSignal("");
  const said = useSignal("");
  const action = useAction();
  const set = async (event: Event) => {
    event.preventDefault();
    said.value = "";
    const done = await action.run(async () => {
      if (fresh.value !== again.value) throw new Error(words.differ);
      status.value = await api.setPassword(fresh.value);
    });
    if (!done) return;
    fresh.value = again.value = "";
    said.value = words.done;
  };
  return (
    <form class="form" onSubmit={set}>
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

function Carried({ server }: { server: ServerView }) {
  const words = text.otherPrograms;
  const open = server.host !== "127.0.0.1";
  return (
    <>
      <dt>{words.here}</dt>
      <dd>
        <Ports host="127.0.0.1" server={server} />
      </dd>
      <dt>{words.elsewhere}</dt>
      <dd>{open ? <Ports host={words.machine} server={server} /> : words.closed}</dd>
    </>
  );
}

function Ports({ host, server }: { host: string; server: ServerView }) {
  const { direct, starttls, webSocket } = text.otherPrograms;
  return (
    <>
      {direct(host, server.port)}
      {server.starttlsPort !== undefined && (
        <>
          <br />
          {starttls(host, server.starttlsPort)}
        </>
      )}
      {server.httpsPort !== undefined && (
        <>
          <br />
          {webSocket(host, server.httpsPort)}
        </>
      )}
    </>
  );
}
