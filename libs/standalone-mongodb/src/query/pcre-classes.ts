/** Ranges of code points, in order. */
type Ranges = readonly (readonly [number, number])[];

const SPACE: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
];
const DIGIT: Ranges = [[0x30, 0x39]];
const UPPER: Ranges = [[0x41, 0x5a]];
const LOWER: Ranges = [[0x61, 0x7a]];
const WORD: Ranges = [...DIGIT, ...UPPER, [0x5f, 0x5f], ...LOWER];
const HORIZONTAL: Ranges = [
  ...([0x09, 0x20, 0xa0, 0x1680, 0x180e].map((code) => [code, code]) as [number, number][]),
  ...([
    [0x2000, 0x200a],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
  ] as [number, number][]),
];
const VERTICAL: Ranges = [
  [0x0a, 0x0d],
  [0x85, 0x85],
  [0x2028, 0x2029],
];

/** What `[:name:]` stands for. */
const POSIX = new Map<string, Ranges>([
  ['alpha', [...UPPER, ...LOWER]],
  ['digit', DIGIT],
  ['alnum', [...DIGIT, ...UPPER, ...LOWER]],
  ['upper', UPPER],
  ['lower', LOWER],
  ['space', SPACE],
  [
    'blank',
    [
      [0x09, 0x09],
      [0x20, 0x20],
    ],
  ],
  ['word', WORD],
  ['xdigit', [...DIGIT, [0x41, 0x46], [0x61, 0x66]]],
  [
    'cntrl',
    [
      [0x00, 0x1f],
      [0x7f, 0x7f],
    ],
  ],
  ['print', [[0x20, 0x7e]]],
  ['graph', [[0x21, 0x7e]]],
  ['ascii', [[0x00, 0x7f]]],
  [
    'punct',
    [
      [0x21, 0x2f],
      [0x3a, 0x40],
      [0x5b, 0x60],
      [0x7b, 0x7e],
    ],
  ],
]);

const TYPES = new Map<string, Ranges>([
  ['d', DIGIT],
  ['w', WORD],
  ['s', SPACE],
  ['h', HORIZONTAL],
  ['v', VERTICAL],
]);

const LAST = 0x10ffff;

function complement(ranges: Ranges): Ranges {
  const rest: [number, number][] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) rest.push([next, from - 1]);
    next = to + 1;
  }
  return [...rest, [next, LAST]];
}

function textOf(ranges: Ranges): string {
  const point = (code: number): string => `\\u{${code.toString(16)}}`;
  return ranges.map(([from, to]) => (from === to ? point(from) : `${point(from)}-${point(to)}`)).join('');
}

/** The members of `\d`, `\W`, `\h` and the like, as they stand in a class; undefined for other letters. */
export function typeMembers(letter: string): string | undefined {
  const ranges = TYPES.get(letter.toLowerCase());
  if (ranges === undefined) return undefined;
  return textOf(letter === letter.toLowerCase() ? ranges : complement(ranges));
}

/** The members of `[:name:]` or `[:^name:]`; undefined for names that PCRE has not. */
export function posixMembers(name: string): string | undefined {
  const ranges = POSIX.get(name.replace(/^\^/, ''));
  return ranges === undefined ? undefined : textOf(name.startsWith('^') ? complement(ranges) : ranges);
}

/** A property in JavaScript's words: general categories as they are, other names are scripts. */
export function propertyText(letter: string, given: string): string {
  const negative = given.startsWith('^');
  const name = negative ? given.slice(1) : given;
  const isNegative = negative !== (letter === 'P');
  const known = name === 'Any' || /^[A-Z][a-z]?$/.test(name) ? name : `Script=${name}`;
  return `\\${isNegative ? 'P' : 'p'}{${known}}`;
}
