/** How much room files may take on this device: one of them, and all together. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fileApi } from "../api/file_routes.ts";
import type { FileLimitsView } from "../api/views.ts";
import { report } from "../store/notices.ts";
import { text } from "../text/mod.ts";
import { SizeChoice } from "./size_choice.tsx";
import { sizeOf } from "./sizes.ts";

const GB = 1e9;
const LARGEST = [100e6, GB, 4 * 1024 ** 3, 20 * GB, 100 * GB];
const IN_ALL = [GB, 10 * GB, 50 * GB, 200 * GB, 1000 * GB];

export function RoomLimits() {
  const limits = useSignal<FileLimitsView | null>(null);
  const take = (taken: FileLimitsView) => limits.value = taken;
  useEffect(() => void fileApi.limits().then(take, report), []);
  if (limits.value === null) return null;
  const { fileBytes, quota } = limits.value;
  const set = (room: { fileBytes?: number; quota?: number }) =>
    void fileApi.setRoom(room).then(take, report);
  const sizes = (usual: readonly number[], now: number) =>
    [...new Set([...usual, now])].sort((a, b) => a - b)
      .map((size) => [String(size), text.files.upTo(sizeOf(size))] as const);
  return (
    <>
      <SizeChoice
        label={text.files.largest}
        value={String(fileBytes)}
        sizes={sizes(LARGEST, fileBytes)}
        onChange={(bytes) => set({ fileBytes: Number(bytes) })}
      />
      <SizeChoice
        label={text.files.inAll}
        value={String(quota)}
        sizes={sizes(IN_ALL, quota)}
        onChange={(bytes) => set({ quota: Number(bytes) })}
      />
    </>
  );
}
