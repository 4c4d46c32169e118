/** What is written to and may take it slowly: a client's connection, a component's. */
export interface Crowdable {
  /** Resolves once it has room again, it closed, or `ms` are over. */
  room(ms: number): Promise<void>;
}

/** Parts of the queue: past the first, who writes is held back; past the second, turned away. */
export const CROWDED = 0.5;
export const FULL = 0.75;
