/** Up to which size files come by themselves: of all, or of one contact. */
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { fileApi } from "../api/file_routes.ts";
import type { FileLimitsView } from "../api/views.ts";
import { report } from "../store/notices.ts";
import { text } from "../text/mod.ts";
import { sizeOf } from "./sizes.ts";

const SIZES = [0, 1e6, 10e6, 100e6, 1e9];

/** @param place null: all without a limit of their own */
export function FetchLimit({ place }: { place: string | null }) {
  const id = useId();
  const limits = useSignal<FileLimitsView | null>(null);
  const take = (taken: FileLimitsView) => limits.value = taken;
  useEffect(() => void fileApi.limits().then(take, report), [place]);
  const words = text.files;
  if (limits.value === null) return null;
  const { limit, places } = limits.value;
  const own = place === null ? limit : places[place];
  const sizes = own === undefined || SIZES.includes(own) ? SIZES : [...SIZES, own];
  return (
    <div class="setting">
      <label for={id}>{place === null ? words.limitAll : words.limitOf}</label>
      <select
        id={id}
        value={own === undefined ? "usual" : String(own)}
        onChange={({ currentTarget: { value } }) =>
          void fileApi.setLimit(place, value === "usual" ? null : Number(value)).then(take, report)}
      >
        {place !== null && <option value="usual">{words.usual(nameOfSize(limit))}</option>}
        {sizes.map((size) => <option key={size} value={String(size)}>{nameOfSize(size)}</option>)}
      </select>
    </div>
  );
}

function nameOfSize(bytes: number): string {
  return bytes === 0 ? text.files.none : text.files.upTo(sizeOf(bytes));
}
