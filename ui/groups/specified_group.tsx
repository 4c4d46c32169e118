/** Coming into a group by its specification, which who keeps its keys gives to those it is for. */
import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { Callout } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { LinesField } from "./new_group_fields.tsx";

/** Longest file taken, as the daemon takes it. */
const MOST = 32_768;

/** What a line of a specification says; "" when it has none. What is wrong in it the daemon says. */
function lineOf(specification: string, key: string): string {
  const line = specification.split("\n").find((one) => one.split("=")[0]!.trim() === key);
  return line === undefined ? "" : line.slice(line.indexOf("=") + 1).trim();
}

/** A file, or its text pasted; and who keeps the keys and runs the room by it. */
export function SpecificationFields({ specification }: { specification: Signal<string> }) {
  const id = useId();
  const wrong = useSignal(false);
  const words = text.groups.specified;
  const take = async (file: File | undefined) => {
    wrong.value = file !== undefined && file.size > MOST;
    if (file !== undefined && !wrong.value) specification.value = await file.text();
  };
  const keeper = lineOf(specification.value, "key-server").split(" ")[0]!;
  const room = lineOf(specification.value, "room").split("@").at(-1)!;
  return (
    <>
      <div class="field">
        <label for={id}>{words.file}</label>
        <input
          id={id}
          class="input"
          type="file"
          aria-describedby={`${id}-hint`}
          onChange={({ currentTarget }) => void take(currentTarget.files?.[0])}
        />
        <p class="hint" id={`${id}-hint`}>{wrong.value ? words.tooLarge : words.fileHint}</p>
      </div>
      <LinesField label={words.text} hint={words.textHint} value={specification} />
      <Callout tone="note">
        <p>{words.lead}</p>
        {keeper !== "" && (
          <p>
            <bdi>{text.groups.keeper(keeper)}</bdi>
          </p>
        )}
        {room !== "" && (
          <p>
            <bdi>{text.groups.room(room)}</bdi>
          </p>
        )}
      </Callout>
    </>
  );
}
