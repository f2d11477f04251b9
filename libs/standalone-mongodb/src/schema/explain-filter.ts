import { docOf, type PlainObject } from '../bson/build.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { RegExpValue, typeName, type Value } from '../bson/values.js';
import { compileExpression, type Variables } from '../aggregate/expression.js';
import { compileFilter } from '../query/filter.js';
import { visitPath } from '../query/path.js';
import { compileSchema, explainSchema } from './json-schema.js';

/** One clause of a filter, which mongod explains on its own. */
interface Clause {
  readonly filter: Doc;
  /** `inverted`: why it does match, below a negation. */
  explain(doc: Doc, inverted: boolean): PlainObject;
}

/** mongod's account of why a document does not match a validator's filter. */
export function explainFilter(filter: Doc, doc: Doc, variables: Variables): Doc {
  return docOf(explainAll(clausesOf(filter, variables), doc, false));
}

function explainAll(clauses: readonly Clause[], doc: Doc, inverted: boolean): PlainObject {
  const [only] = clauses;
  if (clauses.length === 1 && only !== undefined) return only.explain(doc, inverted);
  return listed('$and', clauses, doc, inverted);
}

/** `$and`, `$or`, `$nor`: the clauses at fault, by their place. */
function listed(operatorName: string, clauses: readonly Clause[], doc: Doc, inverted: boolean): PlainObject {
  const wantMatch = inverted !== (operatorName === '$nor');
  const atFault = clauses.flatMap((clause, index) =>
    compileFilter(clause.filter).matches(doc) === wantMatch ? [{ index, details: clause.explain(doc, wantMatch) }] : [],
  );
  return { operatorName, [inverted ? 'clausesSatisfied' : 'clausesNotSatisfied']: atFault };
}

function clausesOf(filter: Doc, variables: Variables): Clause[] {
  return filter.fields.flatMap((field) => {
    if (field.name === '$comment') return [];
    if (field.name.startsWith('$')) return [topLevel(field, variables)];
    return fieldClauses(field);
  });
}

function topLevel(field: Field, variables: Variables): Clause {
  const filter = Doc.of([field]);
  switch (field.name) {
    case '$and':
    case '$or':
    case '$nor': {
      const clauses = (field.value as Arr).items.map((item): Clause => {
        const inner = clausesOf(item as Doc, variables);
        return { filter: item as Doc, explain: (doc, inverted) => explainAll(inner, doc, inverted) };
      });
      return { filter, explain: (doc, inverted) => listed(field.name, clauses, doc, inverted) };
    }
    case '$jsonSchema': {
      const schema = compileSchema(field.value);
      const matched = { operatorName: '$jsonSchema', reason: 'schema matched' };
      const described = (doc: Doc) =>
        Object.fromEntries(explainSchema(schema, doc).fields.map((part) => [part.name, part.value]));
      return { filter, explain: (doc, inverted) => (inverted ? matched : described(doc)) };
    }
    case '$expr': {
      const expression = compileExpression(field.value);
      return {
        filter,
        explain: (doc, inverted) => ({
          operatorName: '$expr',
          specifiedAs: filter,
          reason: inverted ? 'expression did match' : 'expression did not match',
          expressionResult: expression(doc, variables),
        }),
      };
    }
  }
  return { filter, explain: () => ({ operatorName: field.name, specifiedAs: filter }) };
}

function fieldClauses(field: Field): Clause[] {
  const { name: path, value } = field;
  const operators = value instanceof Doc && value.fields[0]?.name.startsWith('$') === true ? value : undefined;
  if (operators !== undefined) {
    const given = operators.fields.filter(({ name }) => name !== '$options' && name !== '$comment');
    return given.map((operator) => operatorClause(path, operator, operators));
  }
  const operatorName = value instanceof RegExpValue ? '$regex' : '$eq';
  return [leaf(path, operatorName, Doc.of([field]))];
}

function operatorClause(path: string, operator: Field, all: Doc): Clause {
  const parts =
    operator.name === '$regex'
      ? all.fields.filter(({ name }) => name.startsWith('$regex') || name === '$options')
      : [operator];
  const filter = Doc.of([Field.of(path, Doc.of(parts))]);
  if (operator.name !== '$not') return leaf(path, operator.name, filter);
  const inner = fieldClauses(Field.of(path, operator.value));
  return {
    filter,
    explain: (doc, inverted) => ({ operatorName: '$not', details: explainAll(inner, doc, !inverted) }),
  };
}

type Reasons = readonly [failed: string, held: string];
const COMPARISON: Reasons = ['comparison failed', 'comparison succeeded'];
const MEMBERSHIP: Reasons = ['no matching value found in array', 'matching value found in array'];
const BITS: Reasons = ['bitwise operator failed to match', 'bitwise operator matched successfully'];

const REASONS: Readonly<Record<string, Reasons>> = {
  $eq: COMPARISON,
  $gt: COMPARISON,
  $gte: COMPARISON,
  $lt: COMPARISON,
  $lte: COMPARISON,
  // The reasons of a negation are those of the operator inside.
  $ne: [COMPARISON[1], COMPARISON[0]],
  $in: MEMBERSHIP,
  $nin: [MEMBERSHIP[1], MEMBERSHIP[0]],
  $exists: ['path does not exist', 'path does exist'],
  $type: ['type did not match', 'type did match'],
  $regex: ['regular expression did not match', 'regular expression did match'],
  $mod: ['$mod did not evaluate to expected remainder', '$mod did evaluate to expected remainder'],
  $size: ['array length was not equal to given size', 'array length was equal to given size'],
  $all: ['array did not contain all specified values', 'array did contain all specified values'],
  $elemMatch: ['array did not satisfy the child predicate', 'array did satisfy the child predicate'],
  $bitsAllSet: BITS,
  $bitsAllClear: BITS,
  $bitsAnySet: BITS,
  $bitsAnyClear: BITS,
};

const NUMBERS = ['decimal', 'double', 'int', 'long'];
/** Operators that look only at some types, and say so when there is none of them. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  $regex: ['regex', 'string', 'symbol'],
  $mod: NUMBERS,
  $size: ['array'],
  $elemMatch: ['array'],
  ...Object.fromEntries(
    Object.keys(REASONS).flatMap((name) => (name.startsWith('$bits') ? [[name, ['binData', ...NUMBERS]]] : [])),
  ),
};
const WHOLE_ARRAYS = ['$size', '$elemMatch', '$all'];

function leaf(path: string, operatorName: string, filter: Doc): Clause {
  const [failed, held] = REASONS[operatorName] ?? COMPARISON;
  return {
    filter,
    explain: (doc, inverted) => {
      const base = { operatorName, specifiedAs: filter };
      if (operatorName === '$exists') {
        const wanted = (filter.get(path) as Doc).get('$exists');
        return { ...base, reason: (wanted === false) === inverted ? failed : held };
      }
      const found = consideredAt(doc, path, !WHOLE_ARRAYS.includes(operatorName));
      if (found === undefined) return { ...base, reason: 'field was missing' };
      const types = [...new Set(found.map(typeName))].sort();
      const expected = EXPECTED[operatorName];
      if (expected !== undefined && !types.some((type) => expected.includes(type))) {
        return {
          ...base,
          reason: 'type did not match',
          ...typesAs('considered', types),
          ...typesAs('expected', expected),
          ...considered(found),
        };
      }
      const extra = operatorName === '$type' ? typesAs('considered', types) : {};
      return { ...base, reason: inverted ? held : failed, ...considered(found), ...extra };
    },
  };
}

function considered(found: readonly Value[]): PlainObject {
  return found.length === 1 ? { consideredValue: found[0] } : { consideredValues: Arr.of(found) };
}

function typesAs(prefix: string, types: readonly string[]): PlainObject {
  if (types.length === 0) return {};
  return types.length === 1 ? { [`${prefix}Type`]: types[0] } : { [`${prefix}Types`]: types };
}

/** The values at a path; an array's elements in its place when it is looked through. undefined: no such path. */
function consideredAt(doc: Doc, path: string, through: boolean): readonly Value[] | undefined {
  const found: Value[] = [];
  let exists = false;
  visitPath(doc, path.split('.'), false, (value) => {
    if (value === undefined) return false;
    exists = true;
    if (through && value instanceof Arr) found.push(...value.items);
    else found.push(value);
    return false;
  });
  return exists ? found : undefined;
}
