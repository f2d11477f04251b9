import type { FindCursor } from 'mongodb';

/**
 * A cursor's documents as they came from the server, a batch at a time: awaiting each of a million documents would cost more than reading them.
 * The cursor is closed however the loop ends.
 */
export async function* pagesOf<Doc>(cursor: FindCursor<Doc>): AsyncGenerator<Doc[]> {
  try {
    while (await cursor.hasNext()) yield cursor.readBufferedDocuments();
  } finally {
    await cursor.close();
  }
}
