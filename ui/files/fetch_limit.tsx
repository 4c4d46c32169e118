/** Up to which size files come by themselves: of all, or of one contact or group. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fileApi } from "../api/file_routes.ts";
import type { FileLimitsView } from "../api/views.ts";
import { groups } from "../store/groups.ts";
import { report } from "../store/notices.ts";
import { text } from "../text/mod.ts";
import { SizeChoice } from "./size_choice.tsx";
import { sizeOf } from "./sizes.ts";

const USUAL = "usual";
const SIZES = [0, 1e6, 10e6, 100e6, 1e9];

/** @param place null: all without a limit of their own */
export function FetchLimit({ place }: { place: string | null }) {
  const limits = useSignal<FileLimitsView | null>(null);
  const take = (taken: FileLimitsView) => limits.value = taken;
  useEffect(() => void fileApi.limits().then(take, report), [place]);
  const words = text.files;
  if (limits.value === null) return null;
  const { limit, places } = limits.value;
  const own = place === null ? limit : places[place];
  const sizes = own === undefined || SIZES.includes(own) ? SIZES : [...SIZES, own];
  const label = place === null
    ? words.limitAll
    : groups.value.has(place)
    ? words.limitIn
    : words.limitOf;
  return (
    <SizeChoice
      label={label}
      value={own === undefined ? USUAL : String(own)}
      sizes={[
        ...(place === null ? [] : [[USUAL, words.usual(nameOfSize(limit))] as const]),
        ...sizes.map((size) => [String(size), nameOfSize(size)] as const),
      ]}
      onChange={(value) =>
        void fileApi.setLimit(place, value === USUAL ? null : Number(value)).then(take, report)}
    />
  );
}

function nameOfSize(bytes: number): string {
  return bytes === 0 ? text.files.none : text.files.upTo(sizeOf(bytes));
}
