import { Dialog } from "../parts/dialog.tsx";
import { closeDialog } from "../store/dialogs.ts";
import { text } from "../text/mod.ts";

const { keys } = text.help;
const TABLES: readonly { title: string; rows: readonly (readonly [string, string])[] }[] = [
  { title: text.help.general, rows: [["/", keys.search], ["?", keys.help], ["Esc", keys.escape]] },
  {
    title: text.help.ringing,
    rows: [["a", keys.accept], ["l", keys.later], ["d", keys.decline]],
  },
  {
    title: text.help.call,
    rows: [
      ["v", keys.camera],
      ["o", keys.options],
      ["i", keys.info],
      ["c", keys.chat],
      ["f", keys.fullscreen],
      ["s", keys.snapshot],
      ["x", keys.stop],
    ],
  },
];

/** The keys, as a page. */
export function HelpDialog() {
  return (
    <Dialog title={text.help.title} onClose={closeDialog} size="m">
      <p class="lead">{text.help.lead}</p>
      <div class="help">
        {TABLES.map(({ title, rows }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl class="keys">
              {rows.map(([key, meaning]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
