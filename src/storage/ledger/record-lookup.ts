import { timeOfId } from "../../domain/id.ts";
import { dayOf } from "../../domain/ledger/periods.ts";
import type { LedgerArchive } from "./ledger-archive.ts";
import type { LedgerDays } from "./ledger-days.ts";
import type { LedgerRecords } from "./ledger-records.ts";

/** Finds the records of a ledger object by their ids, in its database and in R2. */
export class RecordLookup {
  readonly #days: LedgerDays;
  readonly #records: LedgerRecords;
  readonly #archive: LedgerArchive;

  constructor(days: LedgerDays, records: LedgerRecords, archive: LedgerArchive) {
    this.#days = days;
    this.#records = records;
    this.#archive = archive;
  }

  /** The records of those ids that have one, in their order. */
  async find(ids: readonly string[]): Promise<string[]> {
    const found = this.#records.find(ids);
    for (const id of this.#archivedOnly(ids.filter((each) => !found.has(each)))) {
      const record = await this.#archive.find(id);
      if (record !== undefined) found.set(id, record);
    }
    return ids.flatMap((id) => found.get(id) ?? []);
  }

  /**
   * What R2 has of those ids that the database has no record of, and that R2 may have one of. A day
   * may be archived while this looks, so it looks again until nothing is left open.
   */
  async findArchived(ids: readonly string[]): Promise<Map<string, string | undefined>> {
    const looked = new Map<string, string | undefined>();
    const sorted = ids.toSorted();
    for (;;) {
      const open = this.#archivedOnly(sorted.filter((id) => !looked.has(id)));
      if (open.length === 0) return looked;
      for (const id of open) looked.set(id, await this.#archive.find(id));
    }
  }

  /** Those of some ids of whose records R2 alone may have one. */
  #archivedOnly(ids: readonly string[]): string[] {
    const archived = ids.filter((id) => this.#days.isArchived(dayOf(timeOfId(id))));
    const known = this.#records.find(archived);
    return archived.filter((id) => !known.has(id));
  }
}
