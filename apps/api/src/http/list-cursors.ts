import { Injectable } from '@nestjs/common';
import type { Json } from '#libs/kernel';
import { buildText, isSameBuild, parseBuild, ReadStore, type VersionedName } from '#libs/read-store';
import { cursorInvalid, decodeCursor, encodeCursor, type Cursor } from './cursor.js';

/** A page of a list. */
export interface OpenList {
  /** Where the page begins; undefined: at the beginning of the list. */
  readonly cursor: Cursor | undefined;
  /** The cursor of the next page. */
  next(at: Omit<Cursor, 'build'>): string;
}

/** Lists in pages that all come from the build of the read model that the first one came from. */
@Injectable()
export class ListCursors {
  constructor(private readonly store: ReadStore) {}

  /**
   * @param list what makes the list: operation, community and filters
   * @param fields of a place in it
   * @throws DomainError CURSOR_INVALID: it is another list's, or its build has been dropped
   */
  async open(list: Json, model: VersionedName, text: string | undefined, fields: number): Promise<OpenList> {
    const live = await this.store.liveBuild(model);
    if (text === undefined) return openOn(list, buildText(live), undefined);
    const cursor = decodeCursor(list, text, fields);
    const build = parseBuild(cursor.build);
    if (!build) throw cursorInvalid();
    if (!isSameBuild(build, live)) {
      const known = (await this.store.registry.find(model.name))?.builds ?? [];
      const isKept = known.some((one) => isSameBuild(one, build) && one.state === 'retired');
      if (!isKept) throw cursorInvalid();
      this.store.pin(model, build);
    }
    return openOn(list, cursor.build, cursor);
  }
}

function openOn(list: Json, build: string, cursor: Cursor | undefined): OpenList {
  return { cursor, next: ({ position, place }) => encodeCursor(list, { position, build, place }) };
}
