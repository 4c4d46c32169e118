/** A long hexadecimal value in groups of four, as one selectable run. */
export function Fingerprint({ value }: { value: string }) {
  return <code class="fingerprint">{value.match(/.{1,4}/g)?.join(" ") ?? ""}</code>;
}
