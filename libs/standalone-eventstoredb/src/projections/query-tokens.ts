/** A query that is beyond what this server understands. */
export class QueryError extends Error {}

export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'sign' | 'end';
  /** The name, sign or string itself; of a number, its digits. */
  readonly text: string;
}

const SPACE = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)+/y;
const PATTERNS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['name', /[A-Za-z_$][\w$]*/y],
  ['number', /\d+/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y],
  ['sign', /=>|[()[\]{}.,:;+*]/y],
];
/** Longer queries could nest deeper than the stack is. */
const MAX_TOKENS = 1000;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** The tokens of a query, an 'end' behind them. Throws {@link QueryError} on what is none. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  for (let at = skipSpace(source, 0); at < source.length; at = skipSpace(source, at)) {
    const token = tokenAt(source, at);
    if (tokens.length >= MAX_TOKENS) throw new QueryError('it is too long');
    tokens.push({ kind: token.kind, text: token.kind === 'string' ? unquoted(token.text) : token.text });
    at += token.text.length;
  }
  return [...tokens, { kind: 'end', text: 'the end' }];
}

function skipSpace(source: string, at: number): number {
  SPACE.lastIndex = at;
  return SPACE.test(source) ? SPACE.lastIndex : at;
}

function tokenAt(source: string, at: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) return { kind, text };
  }
  throw new QueryError(`'${source.slice(at, at + 10)}' is not understood`);
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character);
}
