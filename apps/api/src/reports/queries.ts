import { IsOptional, IsString, Matches } from 'class-validator';

/** What every query may ask for. */
export class QueryRequest {
  /** A position that a command was answered with: the answer reflects it, or says that it is behind. */
  @IsOptional()
  @Matches(/^[0-9]{1,19}$/)
  after?: string;

  /** How long to wait for it, in milliseconds. */
  @IsOptional()
  @Matches(/^[0-9]{1,5}$/)
  waitMs?: string;

  /** The answer as it was when everything up to this position, and nothing else, was folded. */
  @IsOptional()
  @Matches(/^[0-9]{1,19}$/)
  at?: string;
}

/** A list in pages. */
export class PageRequest extends QueryRequest {
  /** At most so many, 1 to 1000. */
  @IsOptional()
  @Matches(/^(?:[1-9][0-9]{0,2}|1000)$/)
  limit?: string;

  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsString()
  cursor?: string;
}

const DEFAULT_LIMIT = 100;

export function limitOf({ limit }: PageRequest): number {
  return limit === undefined ? DEFAULT_LIMIT : Number(limit);
}

/** The first items of a list, and whether there are more; the rest of the source is not read. */
export async function firstOf<T>(items: AsyncIterable<T>, limit: number): Promise<{ items: T[]; more: boolean }> {
  const taken: T[] = [];
  for await (const item of items) {
    if (taken.length === limit) return { items: taken, more: true };
    taken.push(item);
  }
  return { items: taken, more: false };
}
