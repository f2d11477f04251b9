import { readFileSync } from 'node:fs';
import { parsePublishedDays } from '#libs/calendar';
import { DomainError } from '#libs/kernel';
import { WorkCalendars } from '#libs/service-desk';

/**
 * The work calendars with the days of a file `date,day` that the calendar library does not have yet; without a file those of the
 * library. The file is read again at every call, so that a schedule can be added while the clocks run.
 * @throws DomainError FILE_NOT_FOUND, FILE_INVALID, SCHEDULE_INVALID, DATE_INVALID
 */
export function publishedSchedule(path: string | undefined): () => WorkCalendars {
  if (path === undefined) {
    const calendars = new WorkCalendars();
    return () => calendars;
  }
  let known: { readonly text: string; readonly calendars: WorkCalendars } | undefined;
  return () => {
    const text = readText(path);
    if (known?.text !== text) known = { text, calendars: new WorkCalendars(parsePublishedDays(text)) };
    return known.calendars;
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new DomainError('FILE_NOT_FOUND', `there is no file ${path}`);
    throw new DomainError('FILE_INVALID', `cannot read ${path}: ${code}`);
  }
}
