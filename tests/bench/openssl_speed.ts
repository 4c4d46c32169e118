/**
 * What the `openssl` tool needs for one piece of `bytes` bytes, in milliseconds: as many as it can
 * in a second, one after the other. Undefined where the tool is absent or does not know the cipher.
 * @param algorithm such as `aes-256-gcm`
 */
export async function opensslSpeed(algorithm: string, bytes: number): Promise<number | undefined> {
  const args = ["speed", "-mr", "-bytes", String(bytes), "-seconds", "1", "-evp", algorithm];
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("openssl", { args, stderr: "null" }).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const perSecond = readSpeed(new TextDecoder().decode(output.stdout));
  return perSecond === undefined ? undefined : bytes / perSecond * 1000;
}

/** Bytes a second in what `openssl speed -mr` printed: `+F:22:NAME:BYTES` a second. */
export function readSpeed(printed: string): number | undefined {
  const figure = Number(/^\+F:\d+:[^:]+:([\d.]+)\s*$/m.exec(printed)?.[1]);
  return figure > 0 ? figure : undefined;
}
