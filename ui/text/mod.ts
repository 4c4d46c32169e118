/** The words of the dashboard, in the language chosen. */
import { en, type Text } from "./en.ts";

export const text: Text = en;
export type { Text };
