import { useId } from "preact/hooks";

export interface SizeChoiceProps {
  label: string;
  value: string;
  /** Each with what it is called. */
  sizes: readonly (readonly [value: string, name: string])[];
  onChange: (value: string) => void;
}

/** One of some sizes. */
export function SizeChoice({ label, value, sizes, onChange }: SizeChoiceProps) {
  const id = useId();
  return (
    <div class="field file-setting">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="input"
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      >
        {sizes.map(([size, name]) => <option key={size} value={size}>{name}</option>)}
      </select>
    </div>
  );
}
