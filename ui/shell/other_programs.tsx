import type { AccountView, ServerView } from "../api/views.ts";
import { text } from "../text/mod.ts";
import { AccountPasswordForm } from "./account_password_form.tsx";

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
      {keyed
        ? <AccountPasswordForm lead={words.passwordLead} />
        : <p class="hint">{words.samePassword}</p>}
    </>
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
