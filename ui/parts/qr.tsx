/** A QR code as one path: dark on white in both themes, since scanners expect it. */
import { encode } from "uqr";

const QUIET = 4;

/** The path of a code's dark squares, one unit a module, quiet zone included. */
export function qrPath(data: boolean[][]): string {
  let path = "";
  data.forEach((row, y) =>
    row.forEach((dark, x) => {
      if (dark) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
    })
  );
  return path;
}

export function QrCode({ value, label }: { value: string; label: string }) {
  const { data, size } = encode(value, { border: 0, ecc: "M" });
  const side = size + 2 * QUIET;
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${side} ${side}`}
      shape-rendering="crispEdges"
    >
      <rect width={side} height={side} class="qr-light" />
      <path d={qrPath(data)} class="qr-dark" />
    </svg>
  );
}
