export type * from "../views/mod.ts";
