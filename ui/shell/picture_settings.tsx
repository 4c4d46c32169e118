/** One's own picture: chosen, shown, taken away. */
import { api } from "../api/routes.ts";
import type { AccountView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Avatar } from "../parts/avatar.tsx";
import { FormError } from "../parts/field.tsx";
import { smallPicture } from "../store/pictures.ts";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";

export function PictureSettings({ account }: { account: AccountView }) {
  const action = useAction();
  const words = text.picture;
  const remove = () => action.run(async () => status.value = await api.setPicture(null));
  const choose = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    input.value = "";
    if (file === undefined) return;
    await action.run(async () => {
      const data = await smallPicture(file).catch(() => {
        throw new Error(words.unreadable);
      });
      status.value = await api.setPicture(data);
    });
  };
  return (
    <>
      <div class="setting">
        <Avatar jid={account.jid} name={account.nick || account.jid} size="l" />
        <div class="banner-answers">
          <label class="button button-small">
            {account.picture === null ? words.choose : words.another}
            <input
              type="file"
              class="visually-hidden"
              accept="image/png,image/jpeg,image/webp,image/gif"
              disabled={action.busy.value}
              onChange={({ currentTarget }) => void choose(currentTarget)}
            />
          </label>
          {account.picture !== null && (
            <button
              type="button"
              class="button button-small"
              disabled={action.busy.value}
              onClick={remove}
            >
              {words.remove}
            </button>
          )}
        </div>
      </div>
      <p class="hint">{words.lead}</p>
      <FormError message={action.error.value} />
    </>
  );
}
