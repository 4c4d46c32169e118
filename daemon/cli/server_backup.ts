import { askServer, copyDatabase } from "../app/mod.ts";
import { type Answer, expectWords, type Invocation } from "./verb.ts";

export async function serverBackup({ words, state }: Invocation): Promise<Answer> {
  const [file] = expectWords(words, "FILE") as [string];
  const { path } = await askServer(state, "backupSource", {});
  const bytes = await copyDatabase(path, file);
  return { value: { file, bytes }, text: `${file}: ${bytes} bytes` };
}
