import type { Database } from "./database.ts";
import { upsert } from "./upsert.ts";

/** What somebody is to another's node (XEP-0060 section 4.1); only the account itself is its owner. */
export type PepAffiliation = "publisher" | "publish-only" | "member" | "outcast";

/** Explicit affiliations with nodes. Persons are local parts of this domain's addresses. */
export class PepAffiliations {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = statements(db);
  }

  of(account: string, node: string): Map<string, PepAffiliation> {
    const rows = this.#statements.of.all(account, node);
    return new Map(rows.map(({ person, affiliation }) => [person, affiliation]));
  }

  get(account: string, node: string, person: string): PepAffiliation | undefined {
    return this.#statements.get.get(account, node, person)?.affiliation;
  }

  /** With all nodes of one account that `person` has any with. */
  between(account: string, person: string): { node: string; affiliation: PepAffiliation }[] {
    return this.#statements.between.all(account, person);
  }

  /** The node must be there. */
  set(account: string, node: string, person: string, affiliation: PepAffiliation | "none"): void {
    if (affiliation === "none") this.#statements.remove.run(account, node, person);
    else this.#statements.put.run(account, node, person, affiliation);
  }

  /** Who comes later under the same name is somebody else. */
  forget(person: string): void {
    this.#statements.forget.run(person);
  }
}

function statements(db: Database) {
  return {
    of: db.prepare((q, account: string, node: string) =>
      q.selectFrom("pep_affiliation").select(["person", "affiliation"])
        .where("account", "=", account).where("node", "=", node).orderBy("person")
    ),
    get: db.prepare((q, account: string, node: string, person: string) =>
      q.selectFrom("pep_affiliation").select("affiliation")
        .where("account", "=", account).where("node", "=", node).where("person", "=", person)
    ),
    between: db.prepare((q, account: string, person: string) =>
      q.selectFrom("pep_affiliation").select(["node", "affiliation"])
        .where("account", "=", account).where("person", "=", person).orderBy("node")
    ),
    put: db.prepare((
      q,
      account: string,
      node: string,
      person: string,
      affiliation: PepAffiliation,
    ) =>
      upsert(
        db,
        q.insertInto("pep_affiliation").values({ account, node, person, affiliation }),
        ["account", "node", "person"],
        ["affiliation"],
      )
    ),
    remove: db.prepare((q, account: string, node: string, person: string) =>
      q.deleteFrom("pep_affiliation")
        .where("account", "=", account).where("node", "=", node).where("person", "=", person)
    ),
    forget: db.prepare((q, person: string) =>
      q.deleteFrom("pep_affiliation").where("person", "=", person)
    ),
  };
}
