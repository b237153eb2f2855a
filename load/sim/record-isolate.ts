import { Life } from "../proofs/world/life.ts";
import { IsolateRecords } from "./isolate-records.ts";
import type { Place } from "./places.ts";
import type { ScaleWorld } from "./scale-world.ts";

/** An isolate that only reads records. */
export class RecordIsolate {
  readonly life: Life;
  readonly records: IsolateRecords;
  usedAt: number;

  constructor(world: ScaleWorld, name: string, place: Place) {
    this.life = new Life(name);
    this.records = new IsolateRecords(world, place);
    this.usedAt = world.ground.clock.elapsed();
  }
}
