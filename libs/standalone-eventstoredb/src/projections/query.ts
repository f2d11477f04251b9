import { QueryError, type Token, tokensOf } from './query-tokens.js';

/** What a query computes with: values of JSON, and nothing that could be called. */
export type Expression =
  | { readonly kind: 'value'; readonly value: unknown }
  /** A field of the event: `ev.data.some` is ['data', 'some']; [] is the event itself. */
  | { readonly kind: 'event'; readonly path: readonly string[] }
  | { readonly kind: 'object'; readonly fields: readonly (readonly [string, Expression])[] }
  | { readonly kind: 'add' | 'multiply' | 'repeat'; readonly left: Expression; readonly right: Expression };

export interface Statement {
  readonly call: 'linkTo' | 'emit';
  readonly args: readonly Expression[];
}

export interface Query {
  readonly source:
    { readonly kind: 'all' } | { readonly kind: 'streams' | 'category'; readonly names: readonly string[] };
  /** By event type; `$any` for those that have none. */
  readonly handlers: ReadonlyMap<string, readonly Statement[]>;
}

/**
 * The part of the projections' language that links and copies events: `fromAll()`, `fromStream(s)`, `fromStreams(…)` or
 * `fromCategory(c)`, then `.when({ type: function (state, event) { linkTo(…); emit(…); } })`, with texts, numbers, objects,
 * fields of the event, `+`, `*` and `repeat`. It is read and computed here, never run as code. Throws {@link QueryError}.
 */
export function parseQuery(text: string): Query {
  const parser = new Parser(tokensOf(text));
  const query = parser.query();
  parser.expectEnd();
  return query;
}

class Parser {
  private at = 0;
  private eventName = '';

  constructor(private readonly tokens: readonly Token[]) {}

  query(): Query {
    const source = this.source();
    this.take('.');
    if (this.name() !== 'when') throw new QueryError('only .when(…) can follow the source');
    this.take('(');
    const handlers = new Map<string, Statement[]>();
    this.list('{', '}', () => {
      const [type, statements] = this.handler();
      handlers.set(type, statements);
    });
    this.take(')');
    this.skip(';');
    return { source, handlers };
  }

  expectEnd(): void {
    if (this.peek.kind !== 'end') throw new QueryError(`'${this.peek.text}' is not understood`);
  }

  private get peek(): Token {
    return this.tokens[this.at] as Token;
  }
  private next(): Token {
    return this.tokens[this.at++] as Token;
  }
  private is(sign: string): boolean {
    return this.peek.kind === 'sign' && this.peek.text === sign;
  }
  private skip(sign: string): boolean {
    if (!this.is(sign)) return false;
    this.at++;
    return true;
  }
  private take(sign: string): void {
    if (!this.skip(sign)) throw new QueryError(`'${this.peek.text}' is not understood, '${sign}' is expected`);
  }
  private name(): string {
    const token = this.next();
    if (token.kind !== 'name') throw new QueryError(`'${token.text}' is not a name`);
    return token.text;
  }
  private list(open: string, close: string, item: () => void): void {
    this.take(open);
    while (!this.skip(close)) {
      item();
      if (!this.is(close)) this.take(',');
    }
  }

  private source(): Query['source'] {
    const from = this.name();
    const names: string[] = [];
    const text = (): void => {
      if (this.is('[')) return this.list('[', ']', text);
      const token = this.next();
      if (token.kind !== 'string') throw new QueryError(`'${token.text}' is not the name of a stream`);
      names.push(token.text);
    };
    this.list('(', ')', text);
    if (from === 'fromAll' && names.length === 0) return { kind: 'all' };
    if ((from === 'fromStream' || from === 'fromStreams') && names.length > 0) return { kind: 'streams', names };
    if (from === 'fromCategory' && names.length === 1) return { kind: 'category', names };
    throw new QueryError(`${from} with ${names.length} names is not understood`);
  }

  /** `type: function (state, event) {…}`, `type: (state, event) => {…}` or `type(state, event) {…}`. */
  private handler(): [string, Statement[]] {
    const token = this.next();
    if (token.kind !== 'name' && token.kind !== 'string') throw new QueryError(`'${token.text}' is no event type`);
    const arrow = this.skip(':') && !this.isFunction();
    const parameters: string[] = [];
    this.list('(', ')', () => parameters.push(this.name()));
    if (arrow) this.take('=>');
    this.eventName = parameters[1] ?? '';
    const statements: Statement[] = [];
    this.take('{');
    while (!this.skip('}')) {
      if (this.skip(';')) continue;
      const statement = this.statement();
      if (statement !== undefined) statements.push(statement);
    }
    return [token.text, statements];
  }

  private isFunction(): boolean {
    if (this.peek.text !== 'function') return false;
    this.at++;
    return true;
  }

  /** `return …` is read, and does nothing: a projection has no state here. */
  private statement(): Statement | undefined {
    const call = this.name();
    if (call === 'return') {
      if (!this.is(';') && !this.is('}')) this.expression();
      return undefined;
    }
    if (call !== 'linkTo' && call !== 'emit') throw new QueryError(`'${call}' is not understood`);
    const args: Expression[] = [];
    this.list('(', ')', () => args.push(this.expression()));
    if (args.length < (call === 'emit' ? 3 : 2))
      throw new QueryError(`${call} needs more than ${args.length} arguments`);
    return { call, args };
  }

  private expression(): Expression {
    let left = this.product();
    while (this.skip('+')) left = { kind: 'add', left, right: this.product() };
    return left;
  }

  private product(): Expression {
    let left = this.operand();
    while (this.skip('*')) left = { kind: 'multiply', left, right: this.operand() };
    return left;
  }

  private operand(): Expression {
    let operand = this.primary();
    while (this.skip('.')) {
      const name = this.name();
      if (name === 'repeat' && this.skip('(')) {
        operand = { kind: 'repeat', left: operand, right: this.expression() };
        this.take(')');
      } else if (operand.kind === 'event') operand = { kind: 'event', path: [...operand.path, name] };
      else throw new QueryError(`.${name} is not understood`);
    }
    return operand;
  }

  private primary(): Expression {
    if (this.is('{')) return this.object();
    if (this.skip('(')) {
      const inner = this.expression();
      this.take(')');
      return inner;
    }
    const { kind, text } = this.next();
    if (kind === 'string') return { kind: 'value', value: text };
    if (kind === 'number') return { kind: 'value', value: Number(text) };
    const constant = new Map<string, unknown>(Object.entries({ null: null, true: true, false: false }));
    if (kind === 'name' && constant.has(text)) return { kind: 'value', value: constant.get(text) };
    if (kind === 'name' && text === this.eventName) return { kind: 'event', path: [] };
    throw new QueryError(`'${text}' is not understood`);
  }

  private object(): Expression {
    const fields: [string, Expression][] = [];
    this.list('{', '}', () => {
      const { kind, text } = this.next();
      if (kind !== 'name' && kind !== 'string') throw new QueryError(`'${text}' is not the name of a field`);
      this.take(':');
      fields.push([text, this.expression()]);
    });
    return { kind: 'object', fields };
  }
}
