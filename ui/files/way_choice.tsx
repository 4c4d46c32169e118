import { useId } from "preact/hooks";
import type { FileWay } from "../api/views.ts";
import { text } from "../text/mod.ts";

export interface WayChoiceProps {
  inGroup: boolean;
  /** null: the best there is. */
  way: FileWay | null;
  onChange: (way: FileWay | null) => void;
}

/** How files travel, for who wants to say so. */
export function WayChoice({ inGroup, way, onChange }: WayChoiceProps) {
  const id = useId();
  const words = text.files.ways;
  const ways: readonly FileWay[] = inGroup ? ["upload", "group"] : ["direct", "upload", "ibb"];
  return (
    <div class="field file-setting">
      <label for={id}>{words.label}</label>
      <select
        id={id}
        class="input"
        value={way ?? ""}
        onChange={({ currentTarget: { value } }) =>
          onChange(ways.find((one) => one === value) ?? null)}
      >
        <option value="">{words.any}</option>
        {ways.map((one) => <option key={one} value={one}>{words[one]}</option>)}
      </select>
    </div>
  );
}
