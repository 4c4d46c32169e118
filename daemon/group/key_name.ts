/** Names a key of the graph: a node, and which of its keys. */
export interface KeyName {
  readonly node: number;
  readonly version: number;
}
