import type { ComponentChildren } from "preact";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { RoomMark } from "./room_mark.tsx";

interface FrameProps {
  readonly jid: string;
  readonly name: string;
  readonly sealed?: boolean;
  /** Was it put aside? Then one line stands for all that is said about it. */
  readonly later: boolean;
  readonly words: {
    name(room: string): string;
    readonly put: string;
    readonly accept: string;
    readonly later: string;
    readonly decline: string;
  };
  readonly accept: () => Promise<void>;
  readonly putAside: () => Promise<void>;
  readonly decline: () => Promise<void>;
  /** Who invites into what. */
  readonly children: ComponentChildren;
}

/** An invitation, to a room or a group, with the three answers to it. */
export function InvitationFrame(
  { jid, name, sealed = false, later, words, accept, putAside, decline, children }: FrameProps,
) {
  const action = useAction();
  const button = (look: string, label: string, answer: () => Promise<void>) => (
    <button
      type="button"
      class={`button ${look} button-small`}
      disabled={action.busy.value}
      onClick={() => action.run(answer)}
    >
      {label}
    </button>
  );
  return (
    <article class="request" aria-label={words.name(name)}>
      <div class="request-who">
        <RoomMark jid={jid} size="s" sealed={sealed} />
        <div>
          <p class="request-name">
            <Name>{name}</Name>
          </p>
          <p class="hint">
            <Jid jid={jid} />
          </p>
        </div>
      </div>
      {later ? <p class="hint">{words.put}</p> : children}
      <div class="request-answers">
        {button("button-primary", words.accept, accept)}
        {!later && button("", words.later, putAside)}
        {button("button-quiet", words.decline, decline)}
      </div>
      <FormError message={action.error.value} />
    </article>
  );
}
