import { expect, it } from '@jest/globals';
import type { Document } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

async function value(expression: unknown): Promise<unknown> {
  await subject.coll.insertOne({ at: new Date('2021-03-14T06:30:00Z') });
  return (await subject.coll.aggregate([{ $project: { v: expression } }]).next())?.['v'];
}

const READ: readonly (readonly [text: string, date: string, options?: Document])[] = [
  ['2017-07-04T11:56:02Z', '2017-07-04T11:56:02Z'],
  ['2017-07-04T11:56:02.81Z', '2017-07-04T11:56:02.810Z'],
  ['2017-07-04T11:56.02.8', '2017-07-04T11:56:02.800Z'],
  ['2017-07-04T11:56.02', '2017-07-04T10:56:02Z', { timezone: 'Europe/London' }],
  ['2017-07-06 11:36:54', '2017-07-06T11:36:54Z'],
  ['20170706T113654', '2017-07-06T11:36:54Z'],
  ['2017-07-14T12:02:44.771 GMT+02:00', '2017-07-14T10:02:44.771Z'],
  ['2017-07-14T12:02:44.771+0330', '2017-07-14T08:32:44.771Z'],
  ['2017-07-14T12:02:44.771 CEST', '2017-07-14T10:02:44.771Z'],
  ['2017-07-14T12:02:44.771 L', '2017-07-14T01:02:44.771Z'],
  ['July 4th, 2017', '2017-07-04T00:00:00Z'],
  ['July 4th, 2017 12:39:30 BST', '2017-07-04T11:39:30Z'],
  ['July 4th, 2017 12pm', '2017-07-04T12:00:00Z'],
  ['Tue, 04 Jul 2017 11:56:02 GMT', '2017-07-04T11:56:02Z'],
  ['7/4/17', '2017-07-04T00:00:00Z'],
  ['04-07-2017', '2017-07-04T00:00:00Z'],
  ['2017-Jul-04 noon', '2017-07-04T12:00:00Z'],
  ['2017-07-04 12:48:07 GMT-0200', '2017-07-04T14:48:07Z'],
  ['05 12 1988', '1988-12-05T00:00:00Z', { format: '%d %m %Y' }],
  ['1992 % 04 % 26', '1992-04-26T00:00:00Z', { format: '%Y %% %m %% %d' }],
  ['Day: 05 Month: 12 Year: 1988', '1988-12-05T00:00:00Z', { format: 'Day: %d Month: %m Year: %Y' }],
  ['4/26/1992:+0445', '1992-04-25T19:15:00Z', { format: '%m/%d/%Y:%z' }],
  ['4/26/1992:+285', '1992-04-25T19:15:00Z', { format: '%m/%d/%Y:%Z' }],
  ['26 april 1992', '1992-04-26T00:00:00Z', { format: '%d %B %Y' }],
  ['2017-060', '2017-03-01T00:00:00Z', { format: '%Y-%j' }],
  ['2017', '2017-01-02T00:00:00Z', { format: '%G' }],
  ['2017, Week 53', '2018-01-01T00:00:00Z', { format: '%G, Week %V' }],
  ['53.7.2017', '2018-01-07T00:00:00Z', { format: '%V.%u.%G' }],
];

it.each(READ)('%s is %s', async (dateString, date, options = {}) => {
  expect(await value({ $dateFromString: { dateString, ...options } })).toEqual(new Date(date));
});

const REFUSED: readonly (readonly [expression: Document, code: number, message?: string])[] = [
  [{ $dateFromString: { dateString: 'July 4th' } }, 241, 'an incomplete date/time string has been found'],
  [{ $dateFromString: { dateString: '12:50:53' } }, 241, 'an incomplete date/time string has been found'],
  [{ $dateFromString: { dateString: '2017, 12:50:53' } }, 241, 'Error parsing date string'],
  [{ $dateFromString: { dateString: '2017-02-31' } }, 241, 'Error parsing date string'],
  [{ $dateFromString: { dateString: 5 } }, 241, "$dateFromString requires that 'dateString' be a string"],
  [{ $dateFromString: { dateString: '2017-07-12T22:23:55 GMT+02:00', timezone: 'Europe/Amsterdam' } }, 241],
  [{ $dateFromString: { dateString: '2017-07-12T22:23:55Z', timezone: 'Europe/Amsterdam' } }, 241],
  [{ $dateFromString: { dateString: '2017-07-12T22:23:55 Europe/Amsterdam' } }, 241],
  [{ $dateFromString: { dateString: '2018-01', format: '%Y-%m-%d' } }, 241],
  [{ $dateFromString: { dateString: '2018-01', format: '%Y' } }, 241, 'Trailing data'],
  [{ $dateFromString: { dateString: '1992', format: '%n' } }, 18536, 'Invalid format character'],
  [{ $dateFromString: { dateString: '1992', format: '%Y%' } }, 18535],
  [{ $dateFromString: { dateString: '4/26/1992', format: 5 } }, 40684],
  [{ $dateFromString: { dateString: '12/31/2018', format: '%m/%d/%G' } }, 241, 'Mixing of ISO dates'],
  [{ $dateToString: { date: '$at', format: '%n' } }, 18536],
  [{ $dateToString: { date: '$at', format: 5 } }, 18533],
  [{ $dateTrunc: { date: '$at', unit: 5 } }, 5439013],
  [{ $dateTrunc: { date: 5, unit: 'day' } }, 5166307, "$dateTrunc requires 'date' to be a date, but got int"],
  [{ $dateTrunc: { date: '$at', unit: 'day', timezone: 'Nowhere' } }, 40485, "$dateTrunc parameter 'timezone'"],
  [{ $dateTrunc: { date: '$at', unit: 'week', startOfWeek: 'frob' } }, 5439016],
  [{ $dateDiff: { startDate: '$at', endDate: '$at', unit: 'frob' } }, 9, 'unknown time unit value: frob'],
  [{ $dateAdd: { startDate: '$at', unit: 'day', amount: 1.5 } }, 5166405],
  [{ $dateToParts: { date: '$at', iso8601: 1 } }, 40521],
  [{ $hour: ['$at', '$at'] }, 40536],
];

it.each(REFUSED)('%j: %i', async (expression, code, message = '') => {
  const failure = value(expression);
  await expect(failure).rejects.toMatchObject({ code });
  await expect(failure).rejects.toThrow(message);
});

const ZONE = { timezone: 'America/New_York' };

// On 14 March 2021 clocks went from 02:00 to 03:00 in New York (07:00 UTC), on 7 November back (06:00 UTC).
it.each<[Document, unknown]>([
  [{ $dateAdd: { startDate: '$at', unit: 'hour', amount: 1, ...ZONE } }, new Date('2021-03-14T07:30:00Z')],
  [{ $dateAdd: { startDate: '$at', unit: 'day', amount: 1, ...ZONE } }, new Date('2021-03-15T05:30:00Z')],
  [{ $dateAdd: { startDate: '$at', unit: 'month', amount: 1, ...ZONE } }, new Date('2021-04-14T05:30:00Z')],
  [{ $dateSubtract: { startDate: '$at', unit: 'quarter', amount: 1 } }, new Date('2020-12-14T06:30:00Z')],
  [
    { $dateAdd: { startDate: new Date('2021-01-31T00:00:00Z'), unit: 'month', amount: 1 } },
    new Date('2021-02-28T00:00:00Z'),
  ],
  [{ $dateTrunc: { date: '$at', unit: 'day', ...ZONE } }, new Date('2021-03-14T05:00:00Z')],
  [{ $dateTrunc: { date: new Date('2021-03-15T01:00:00Z'), unit: 'day', ...ZONE } }, new Date('2021-03-14T05:00:00Z')],
  [{ $dateTrunc: { date: '$at', unit: 'week', startOfWeek: 'Monday' } }, new Date('2021-03-08T00:00:00Z')],
  [{ $dateDiff: { startDate: '$at', endDate: new Date('2021-03-15T04:00:00Z'), unit: 'day', ...ZONE } }, 1n],
  [{ $dateDiff: { startDate: '$at', endDate: new Date('2021-03-15T04:00:00Z'), unit: 'hour', ...ZONE } }, 22n],
  [{ $dateDiff: { startDate: new Date('2020-12-31'), endDate: new Date('2021-01-01'), unit: 'year' } }, 1n],
  [{ $dateDiff: { startDate: '$at', endDate: new Date('2021-03-13'), unit: 'week' } }, -1n],
  [{ $dateToString: { date: '$at', ...ZONE } }, '2021-03-14T01:30:00.000'],
  [{ $dateToString: { date: '$at', format: '%H:%M %z %Z', ...ZONE } }, '01:30 -0500 -300'],
  [{ $dateToString: { date: '$none', onNull: 'none' } }, 'none'],
  [{ $dateToParts: { date: '$at', iso8601: true, timezone: '$none' } }, null],
  [{ $add: ['$at', 0.5] }, new Date('2021-03-14T06:30:00.001Z')],
  [{ $subtract: ['$at', 1.2] }, new Date('2021-03-14T06:29:59.999Z')],
  [{ $convert: { input: 'frob', to: 'date', onError: { $year: '$at' } } }, 2021],
])('%j', async (expression, expected) => {
  expect(await value(expression)).toEqual(expected);
});
