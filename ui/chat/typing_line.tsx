import { Name } from "../parts/jid.tsx";
import { text } from "../text/mod.ts";

/** Who is named; of more only the number is told. */
const NAMED = 2;

/** Who else is writing; a live region which is always there, so that it is read out. */
export function TypingLine({ names }: { names: readonly string[] }) {
  const others = names.length - NAMED;
  return (
    <p class="typing" role="status">
      {names.length > 0 && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <span />
            <span />
            <span />
          </span>
          <span>
            {names.slice(0, NAMED).map((name, index) => (
              <>
                {index > 0 && (others > 0 ? ", " : ` ${text.chat.and} `)}
                <Name>{name}</Name>
              </>
            ))}
            {others > 0 && ` ${text.chat.andOthers(others)}`}{" "}
            {names.length === 1 ? text.chat.typing : text.chat.typingMany}
          </span>
        </>
      )}
    </p>
  );
}
