/** Names and addresses that others chose: text nodes only, direction marks kept inside. */

export function Jid({ jid }: { jid: string }) {
  return <bdi class="jid" translate={false}>{jid}</bdi>;
}

export function Name({ children }: { children: string }) {
  return <bdi class="name">{children}</bdi>;
}
