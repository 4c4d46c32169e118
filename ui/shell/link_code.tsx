import { text } from "../text/mod.ts";

/** Thirty digits in groups of five, to be compared with another screen. */
export function LinkCode({ code }: { code: string }) {
  const groups = code.replace(/\D/g, "").match(/.{1,5}/g) ?? [];
  return (
    <ol class="link-code" aria-label={text.devices.code}>
      {groups.map((group, index) => <li key={index}>{group}</li>)}
    </ol>
  );
}
