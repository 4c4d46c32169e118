/** Shown to a page that has no session: says how to get one. */
import { CopyButton } from "../parts/copy_button.tsx";
import { Callout } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { launchRefused } from "../store/session.ts";
import { text } from "../text/mod.ts";

export function SessionPage() {
  const words = text.session;
  return (
    <main class="page page-narrow">
      <div class="brand">
        <Icon name="key" size="l" />
      </div>
      <h1>{words.title}</h1>
      {launchRefused.value && <Callout tone="warning">{words.refused}</Callout>}
      <p class="lead">{words.lead}</p>
      <div class="command">
        <code>{words.command}</code>
        <CopyButton value={words.command} label={words.copyCommand} />
      </div>
      <p class="hint">{words.after}</p>
    </main>
  );
}
